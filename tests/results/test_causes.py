"""Which faults have one cause."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clausewise.results.causes import Cause, Causes, grouped, sentence

_NULLS, _CRASH, _AT = ("nulls", ""), ("crash", "500 x type"), ("crash", "500 x at body/a")


def having(*shared: Cause, followed: tuple[Cause, ...] = ()) -> Causes:
    return Causes(frozenset(shared), frozenset(followed))


@pytest.mark.parametrize(
    ("causes", "groups"),
    [
        pytest.param({"a": having(), "b": having()}, [["a"], ["b"]], id="nothing in common"),
        pytest.param({"a": having(_NULLS), "b": having(_NULLS)}, [["a", "b"]], id="one cause"),
        pytest.param({"a": having(_NULLS), "b": having(_CRASH)}, [["a"], ["b"]], id="two causes"),
        pytest.param(
            {"a": having(_NULLS), "b": having(_NULLS, _CRASH), "c": having(_CRASH)}, [["a", "b", "c"]], id="a chain"
        ),
        pytest.param(
            {"a": having(followed=(_AT,)), "b": having(followed=(_AT,))}, [["a"], ["b"]], id="two that only follow"
        ),
        pytest.param(
            {"a": having(followed=(_AT,)), "b": having(followed=(_AT,)), "c": having(_AT)},
            [["a", "b", "c"]],
            id="two that follow one",
        ),
    ],
)
def test_faults_that_share_a_cause_are_one(causes: dict[str, Causes], groups: list[list[str]]) -> None:
    assert [members for members, _ in grouped(causes)] == groups


_SOME = st.frozensets(st.sampled_from([_NULLS, _CRASH, _AT, ("member", "a"), ("member", "b")]), max_size=2)


@pytest.mark.slow
@given(st.dictionaries(st.sampled_from("abcdefgh"), st.builds(Causes, _SOME, _SOME)), st.randoms())
def test_the_order_of_faults_does_not_matter(causes: dict[str, Causes], rng: random.Random) -> None:
    shuffled = list(causes.items())
    rng.shuffle(shuffled)
    assert grouped(dict(shuffled)) == grouped(causes)


@pytest.mark.parametrize(
    ("causes", "places", "faults", "expected"),
    [
        ([_NULLS], 2, 2, "the server takes null for other types in 2 places; for example, a is null"),
        ([("member", "a")], 3, 2, "the same fault occurs in 3 places; for example, a is null"),
        ([("member", "a")], 3, 1, "a is null"),
        ([_NULLS], 1, 2, "a is null"),
    ],
)
def test_a_sentence_names_cause_and_places(causes: list[Cause], places: int, faults: int, expected: str) -> None:
    assert sentence(causes, places, "a is null", faults=faults) == expected
