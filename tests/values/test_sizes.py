"""Values are bounded: no schema makes one of a billion items, or of a chain of members that doubles each time."""

from __future__ import annotations

import random
from typing import Any

import pytest

from clausewise.generation.edge_values import may_be_refused
from clausewise.values.generate import generate
from clausewise.values.places import places_in
from clausewise.values.sizes import CHARACTERS, LARGEST, LONGEST, MOST, VALUES, out_of_reach, sample, size_of
from clausewise.values.typical import NoValueError, TooLargeError
from tests.conftest import MessageOf, Schema

_TEXT: Schema = {"type": "string", "maxLength": 3}


def doubling(levels: int, *, required: bool = True) -> dict[str, Schema]:
    """Components, each with two members of the next one: `levels` of them make 2^levels texts."""

    def component(level: int) -> Schema:
        below = {"$ref": f"#/components/schemas/S{level + 1}"}
        return {"type": "object", "required": ["a", "b"] if required else [], "properties": {"a": below, "b": below}}

    return {**{f"S{level}": component(level) for level in range(levels)}, f"S{levels}": _TEXT}


def array(**keywords: Any) -> Schema:
    return {"type": "array", "items": {"type": "integer"}, **keywords}


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        (array(minItems=10**9), "its schema has minItems 1,000,000,000, and values are made up to 10,000"),
        (array(minItems=10**6, uniqueItems=True), "minItems 1,000,000"),
        ({"type": "object", "minProperties": 10**6}, "minProperties 1,000,000"),
        ({"type": "string", "minLength": 10**8}, "minLength 100,000,000, and values are made up to 100,000"),
        (
            {"type": "object", "required": ["a"], "properties": {"a": array(minItems=10**9)}},
            "no value was found for the required `a`: its schema has minItems",
        ),
        ({"$ref": "#/components/schemas/S0"}, "more than 20,000 members and items"),
        (array(minItems=MOST, items=array(minItems=3)), "more than 20,000 members and items"),
        (array(minItems=50, items={"type": "string", "minLength": LONGEST}), "more than 20,000 members and items"),
    ],
    ids=["items", "different items", "members", "text", "member", "doubling members", "items in items", "long items"],
)
def test_a_value_that_would_be_too_large_is_not_made(schema: Schema, why: str, message_of: MessageOf) -> None:
    with pytest.raises(NoValueError, match=why):
        generate(message_of(schema, **doubling(25)), random.Random(1), optional=False)


@pytest.mark.parametrize("schema", [array(minItems=MOST), array(minItems=MOST, uniqueItems=True)])
def test_what_is_large_and_possible_is_made(schema: Schema, message_of: MessageOf) -> None:
    assert len(generate(message_of(schema), random.Random(1), optional=False)) == MOST


def test_optional_members_are_left_out_where_they_would_be_too_many(message_of: MessageOf) -> None:
    schema: Schema = {"type": "object", "properties": {f"p{n}": _TEXT for n in range(LARGEST)}, "required": ["last"]}
    value = generate(message_of(schema), random.Random(1), optional=True)
    assert "last" in value and LARGEST // 4 < size_of(value) <= LARGEST


def test_an_optional_member_that_is_too_large_is_left_out(message_of: MessageOf) -> None:
    schema: Schema = {"type": "object", "properties": {"a": array(minItems=10**9), "b": {"const": 1}}}
    assert generate(message_of(schema), random.Random(1), optional=True) == {"b": 1}


def test_the_error_for_the_whole_is_told_from_that_for_a_part() -> None:
    assert issubclass(TooLargeError, NoValueError)


def test_a_value_has_the_size_of_all_its_parts() -> None:
    assert size_of({"a": [1, 2], "b": "x" * (2 * CHARACTERS)}) == 1 + 1 + 2 + 1 + 2


def test_few_of_many_values_are_the_first_the_last_and_some_between() -> None:
    few = sample(range(100_000))
    assert len(few) == len(set(few)) == VALUES and few[0] == 0 and few[-1] == 99_999
    assert sample("abc") == "abc"


@pytest.mark.parametrize(
    ("keyword", "limit", "within_reach"),
    [
        ("maxItems", MOST - 1, True),
        ("maxItems", MOST, False),
        ("minItems", MOST, True),
        ("maxLength", LONGEST, False),
        ("maxProperties", 10**9, False),
        ("maximum", 10**300, True),
    ],
)
def test_a_limit_beyond_the_sizes_of_values_is_out_of_reach(
    keyword: str, limit: int, within_reach: bool, message_of: MessageOf
) -> None:
    clauses = message_of({keyword: limit}).clauses
    (reason,) = [out_of_reach(clause) for clause in clauses if clause.keyword == keyword]
    assert (reason == "") == within_reach
    assert within_reach or f"its limit of {limit:,}" in reason


def test_equal_items_are_noticed_among_many() -> None:
    items = [{"number": number} for number in range(20_000)]
    assert not may_be_refused(items)
    assert may_be_refused([*items, {"number": 0}])


def test_alternatives_that_lead_back_to_each_other_have_an_end(message_of: MessageOf) -> None:
    one: Schema = {"anyOf": [{"$ref": "#/components/schemas/Two"}]}
    two: Schema = {"oneOf": [{"$ref": "#/components/schemas/One"}]}
    message = message_of({"$ref": "#/components/schemas/One"}, One=one, Two=two)
    assert [place.location for place in places_in(message, "text")] == [()]
