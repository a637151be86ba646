"""Strings of a length, a pattern, a format."""

from __future__ import annotations

import random
import re

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clausewise.contract.formats import ASSERTED, CHECKS
from clausewise.values.strings import FORMATS, for_pattern, is_backwards, of_length


@given(base=st.text(max_size=12), length=st.integers(0, 40))
def test_any_length_can_be_had_where_everything_fits(base: str, length: int) -> None:
    made = of_length(base, length, lambda _: True)
    assert made is not None
    assert len(made) == length


@given(length=st.integers(3, 60))
def test_what_stands_around_is_kept(length: int) -> None:
    made = of_length("a-7", length, lambda text: re.fullmatch(r"a+-\d", text) is not None)
    assert made == "a" * (length - 2) + "-7"


@pytest.mark.parametrize("length", [24, 80, 5000])
def test_a_long_uri_has_a_long_path(length: int) -> None:
    made = of_length("https://example.com", length, lambda _: True)
    assert made == "https://example.com/" + "a" * (length - 20)


@pytest.mark.parametrize("length", [15, 16, 17, 40, 79, 80, 81, 144, 200])
def test_a_long_address_has_labels_of_a_host(length: int) -> None:
    made = of_length("ada@example.com", length, lambda _: True)
    assert made is not None and len(made) == length
    name, _, host = made.partition("@")
    assert name == "ada"
    assert all(1 <= len(label) <= 63 for label in host.split("."))


def test_no_string_is_made_up_that_does_not_fit() -> None:
    assert of_length("abc", 5, lambda text: text == "abc") is None


@pytest.mark.parametrize("pattern", ["^[a-z]{2,5}$", r"^\d+\.\d+$", "^(foo|bar)-x?$", "^[^/]+/[^/]+$", r"^\w+@\w+$"])
def test_a_drawn_string_matches(pattern: str) -> None:
    drawn = for_pattern(pattern, random.Random(1), lambda text: re.search(pattern, text) is not None)
    assert drawn is not None
    assert re.search(pattern, drawn)
    assert drawn == for_pattern(pattern, random.Random(1), lambda text: re.search(pattern, text) is not None)


@pytest.mark.parametrize("pattern", ["(", "^x(?<!x+)y$", "a{99999999999}"])
def test_a_pattern_that_cannot_be_drawn_from_gives_nothing(pattern: str) -> None:
    assert for_pattern(pattern, random.Random(1), lambda _: True) is None


@pytest.mark.parametrize(
    "pattern",
    [r"^\p{Lu}\p{Ll}+ \p{N}{3}$", r"^[\p{L}\p{Nd}_-]+$", r"^\P{L}+$", r"^\p{Script=Greek}{2}$", r"^\p{sc=Han}\p{Sc}$"],
)
def test_a_string_is_drawn_of_characters_by_their_properties(pattern: str) -> None:
    fits = jsonschema_rs.Draft202012Validator({"pattern": pattern}).is_valid
    drawn = for_pattern(pattern, random.Random(1), fits)
    assert drawn is not None and fits(drawn)


def test_a_pattern_whose_strings_do_not_fit_gives_nothing() -> None:
    assert for_pattern("^a$", random.Random(1), lambda _: False) is None


def test_every_asserted_format_has_a_value() -> None:
    assert FORMATS.keys() == ASSERTED


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_the_value_of_a_format_is_valid_and_not_everything_is(name: str) -> None:
    validator = jsonschema_rs.Draft202012Validator({"format": name}, validate_formats=True, formats=CHECKS)
    assert validator.is_valid(FORMATS[name])
    assert not validator.is_valid("{ %%% (")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"from": 2, "to": 1}, True),
        ({"from": 1, "to": 2}, False),
        ({"from": 2, "to": 2}, False),
        ({"createdFrom": "2024-02-01", "createdTo": "2024-01-01"}, True),
        ({"created_after": "2024-02-01", "created_before": "2024-01-01"}, True),
        ({"startDate": "2024-02-01", "endDate": "2024-01-01"}, True),
        ({"price_min": 9.5, "price_max": 1}, True),
        ({"minPrice": 9, "maxWeight": 1}, False),
        ({"from": 2, "until": 1, "to": 3}, True),
        ({"from": "b", "to": 1}, False),
        ({"from": True, "to": False}, False),
        ({"from": 2}, False),
        ({"from": 2, "other": 1}, False),
    ],
)
def test_a_range_is_backwards_from_either_end(values: dict[str, object], expected: bool) -> None:
    assert any(is_backwards(values, name) for name in values) is expected
