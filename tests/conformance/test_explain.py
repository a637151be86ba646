"""How a finding names the place of a value."""

from __future__ import annotations

from typing import Any

import pytest

from clausewise.conformance.explain import explain
from tests.conftest import Compile, MessageOf
from tests.servers.small import Answer, Call, drive, not_offered

_NUMBERS = {"type": "array", "items": {"type": "integer"}}


@pytest.mark.parametrize(
    ("schema", "body", "place"),
    [
        (_NUMBERS, [1, "a"], '`[1]` = "a"'),
        ({"type": "array", "items": {"properties": {"age": {"type": "integer"}}}}, [{"age": "a"}], '`[0].age` = "a"'),
        ({"properties": {"ages": _NUMBERS}}, {"ages": ["a"]}, '`ages[0]` = "a"'),
        ({"type": "object"}, ["a"], 'the body = ["a"]'),
    ],
)
def test_items_are_named_by_their_index(compiled: Compile, schema: Any, body: Any, place: str) -> None:
    content = {"application/json": {"schema": schema}}
    responses = {"200": {"description": "listed", "content": content}, "405": {"description": "no"}}

    def answer(call: Call) -> Answer:
        return (200, body) if call.method == "GET" else not_offered("GET")

    document = {
        "openapi": "3.1.0",
        "info": {"title": "items", "version": "1"},
        "paths": {"/items": {"get": {"responses": responses}}},
    }
    (finding,) = drive(compiled(document), answer, phases=("baseline",)).run.findings
    assert finding.message.startswith(f"the 200 response has {place}; ")


@pytest.mark.parametrize(("count", "more"), [(8, ""), (12, " and 4 more")])
def test_of_many_names_eight_are_listed(message_of: MessageOf, count: int, more: str) -> None:
    message = message_of({"anyOf": [{"type": "integer"}, {"type": "string"}]})
    breach, *_ = message.judge({f"p{number}": 1 for number in range(count)}).breaches
    text = explain(breach, "the 200 response").partition(";")[0]
    assert text.count("`") == 2 * 8 and text.endswith(more or "`")


@pytest.mark.parametrize(("digits", "is_meant"), [(1, True), (20, True), (100_000, False)])
def test_a_number_in_quotation_marks_is_meant_as_such_where_a_person_can_read_it(
    message_of: MessageOf, digits: int, is_meant: bool
) -> None:
    breach, *_ = message_of({"type": "integer"}).judge("9" * digits).breaches
    text = explain(breach, "the 200 response")
    assert ("did you mean" in text) is is_meant and len(text) < 1000
