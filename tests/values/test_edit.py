"""One place of a value changed, the value itself untouched."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clausewise.values.edit import Location, get, locate, put, take_out

_VALUE: dict[str, Any] = {"a": [{"b": 1}, {"b": 2}], "c": {}}

_NAMES = st.sampled_from("abc")
_JSON = st.recursive(
    st.integers(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner), max_leaves=8
)


@st.composite
def places(draw: st.DrawFn) -> tuple[Any, Location]:
    """A value and the location of something in it."""
    value = draw(_JSON)
    location: Location = ()
    here: Any = value
    while isinstance(here, (list, dict)) and here and draw(st.booleans()):
        steps: list[Any] = sorted(here) if isinstance(here, dict) else list(range(len(here)))
        step = draw(st.sampled_from(steps))
        location, here = (*location, step), here[step]
    return value, location


@given(places())
def test_what_is_put_can_be_got_and_nothing_else_changes(place: tuple[Any, Location]) -> None:
    value, location = place
    before = copy.deepcopy(value)
    changed = put(value, location, "new")
    assert get(changed, location) == "new"
    assert put(changed, location, get(value, location)) == before == value


@given(places())
def test_taking_out_leaves_the_value_as_it_was(place: tuple[Any, Location]) -> None:
    value, location = place
    before = copy.deepcopy(value)
    if location:
        parent = get(take_out(value, location), location[:-1])
        assert len(parent) == len(get(value, location[:-1])) - 1
    assert value == before


@pytest.mark.parametrize(
    ("location", "result"),
    [
        (("c", "d"), {"a": [{"b": 1}, {"b": 2}], "c": {"d": 0}}),
        (("a", "1", "b"), {"a": [{"b": 1}, {"b": 0}], "c": {}}),
        (("a", 2), {"a": [{"b": 1}, {"b": 2}, 0], "c": {}}),
        (("e",), {**_VALUE, "e": 0}),
        ((), 0),
    ],
)
def test_put(location: Location, result: Any) -> None:
    assert put(_VALUE, location, 0) == result


@pytest.mark.parametrize("location", [("z",), ("a", 5), ("c", "z"), ("c", "z", "y")])
def test_taking_out_what_is_not_there_changes_nothing(location: Location) -> None:
    assert take_out(_VALUE, location) == _VALUE


@pytest.mark.parametrize("name", ["²", "x", "9"])
def test_a_name_that_is_no_index_leads_nowhere_in_an_array(name: str) -> None:
    assert locate(["a"], (name,)) is None
