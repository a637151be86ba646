"""Examples of bodies that are no JSON: a document may show them as values, or as the text of the body."""

from __future__ import annotations

from typing import Any

import pytest

from clausewise.validation.collector import TrafficCollector
from clausewise.validation.examples import check_examples
from tests.conftest import Compile

_PET = {
    "type": "object",
    "xml": {"name": "pet"},
    "required": ["id"],
    "properties": {"id": {"type": "integer", "xml": {"attribute": True}}},
}
_FORM = "application/x-www-form-urlencoded"


def _messages(compiled: Compile, media_type: str, media: dict[str, Any]) -> list[str]:
    """What is wrong with the examples of a response of this media type."""
    responses = {"200": {"description": "", "content": {media_type: media}}}
    contract = compiled({"paths": {"/": {"get": {"operationId": "get", "responses": responses}}}})
    collector = TrafficCollector()
    check_examples(contract, collector)
    return [fault.shown.message for fault in collector.faults.values()]


@pytest.mark.parametrize(
    ("media_type", "schema", "example"),
    [
        ("application/xml", _PET, "<pet id='1'/>"),
        ("application/xml", _PET, {"id": 1}),
        ("application/yaml", _PET, "id: 1\n"),
        ("application/x-ndjson", {"type": "array", "items": _PET}, '{"id": 1}\n{"id": 2}\n'),
        ("application/x-ndjson", _PET, [{"id": 1}]),
        ("text/event-stream", {"type": "array", "items": {"required": ["data"]}}, "data: 1\n\n"),
        (_FORM, _PET, "id=1"),
        ("multipart/form-data", _PET, "--x\r\n..."),
        ("text/plain", {"type": "integer"}, "1"),
    ],
)
def test_an_example_may_be_the_text_of_the_body(
    compiled: Compile, media_type: str, schema: dict[str, Any], example: Any
) -> None:
    assert not _messages(compiled, media_type, {"schema": schema, "example": example})


@pytest.mark.parametrize(
    ("media_type", "example", "fault"),
    [
        ("application/xml", "<pet id='x'/>", "`id` is an integer"),
        ("application/xml", "<dog/>", "its root element is `dog`"),
        ("application/yaml", "id: [", "is not YAML"),
        ("application/json", '{"id": 1}', "is an object"),
    ],
)
def test_what_is_wrong_with_the_text_of_a_body(compiled: Compile, media_type: str, example: str, fault: str) -> None:
    (message,) = _messages(compiled, media_type, {"schema": _PET, "example": example})
    assert fault in message


def test_the_example_of_an_item_is_no_example_of_the_sequence(compiled: Compile) -> None:
    media = {"schema": {**_PET, "example": {"id": 1}}}
    assert not _messages(compiled, "application/x-ndjson", media)
