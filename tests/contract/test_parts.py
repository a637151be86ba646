"""Which of the documented media types covers a body, and which of them a schema judges."""

from __future__ import annotations

from typing import Any

import pytest

from clausewise.contract.parts import ResponseContract
from tests.conftest import Compile

_SCHEMA = {"schema": {"type": "object"}}


def response(compiled: Compile, content: dict[str, Any]) -> ResponseContract:
    """A documented response with these media types."""
    responses = {"200": {"description": "", "content": content}}
    return (
        compiled({"paths": {"/": {"get": {"operationId": "get", "responses": responses}}}})
        .operation("get")
        .responses["200"]
    )


@pytest.mark.parametrize(
    ("documented", "content_type", "name", "codec"),
    [
        (["application/json"], "Application/JSON; charset=utf-8", "application/json", "JSON"),
        (["application/json", "*/*"], "text/html", "*/*", "text"),
        (["*/*"], "application/json", "*/*", "JSON"),
        (["*/*"], "", "*/*", "binary data"),
        (["application/*", "application/problem+json"], "application/problem+json", "application/problem+json", "JSON"),
        (["application/*", "*/*"], "application/xml", "application/*", "XML"),
        (["application/json"], "text/plain", None, None),
        (["application/json"], "", None, None),
        ([], "application/json", None, None),
    ],
)
def test_a_body_has_the_closest_media_type_and_is_read_as_what_it_was_sent_as(
    compiled: Compile, documented: list[str], content_type: str, name: str | None, codec: str | None
) -> None:
    entry = response(compiled, {each: {} for each in documented}).content_for(content_type)
    assert (entry and entry.name) == name
    assert (entry and entry.codec_of(content_type).name) == codec


@pytest.mark.parametrize(
    ("content", "judged", "with_schema"),
    [
        ({"text/plain": _SCHEMA, "application/json": _SCHEMA}, "application/json", "application/json"),
        ({"text/json": {}, "application/json": _SCHEMA}, "text/json", "application/json"),
        ({"application/json": {}}, "application/json", None),
        ({"text/plain": _SCHEMA, "*/*": _SCHEMA}, None, None),
        ({}, None, None),
    ],
    ids=["a second one", "the first has no schema", "no schema", "none that is judged", "no body"],
)
def test_the_media_type_that_a_schema_judges(
    compiled: Compile, content: dict[str, Any], judged: str | None, with_schema: str | None
) -> None:
    found = response(compiled, content)
    assert (found.judged and found.judged.name) == judged
    assert (found.with_schema and found.with_schema.name) == with_schema
    assert [name for name, entry in found.content.items() if entry.message is not None] == [
        name for name in content if content[name] and found.content[name].codec.judged
    ]
