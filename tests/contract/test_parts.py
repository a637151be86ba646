"""Which of the documented media types covers a body, and which of them a schema judges."""

from __future__ import annotations

from typing import Any

import pytest

from clausewise.contract.parts import ResponseContract
from tests.conftest import Compile

_SCHEMA = {"schema": {"type": "object"}}
_TEXT = {"schema": {"type": "string"}}
_BYTES = {"schema": {"type": "string", "format": "binary"}}


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
        ({"text/plain": _SCHEMA, "*/*": _SCHEMA}, "*/*", "*/*"),
        ({"text/plain": _SCHEMA, "image/png": _SCHEMA}, None, None),
        ({"text/plain": _TEXT, "*/*": _SCHEMA}, "*/*", "*/*"),
        ({"*/*": _BYTES, "text/*": _TEXT}, "text/*", "text/*"),
        ({}, None, None),
    ],
    ids=[
        *("a second one", "the first has no schema", "no schema", "a range", "none that is judged"),
        *("JSON before text", "bytes", "no body"),
    ],
)
def test_the_media_type_that_a_schema_judges(
    compiled: Compile, content: dict[str, Any], judged: str | None, with_schema: str | None
) -> None:
    found = response(compiled, content)
    assert (found.judged and found.judged.name) == judged
    assert (found.with_schema and found.with_schema.name) == with_schema
    assert [name for name, entry in found.content.items() if entry.message is not None] == [
        name for name in content if content[name] and found.content[name].is_judged
    ]


@pytest.mark.parametrize(
    ("content_type", "name"),
    [
        ("application/json", "application/json"),
        ("application/json; charset=utf-8", "application/json"),
        ("application/json; version=2", "application/json; version=2"),
        ("application/json;charset=utf-8;Version=2", "application/json; version=2"),
        ("application/json; version=3", "application/json"),
        ("application/x+json", "application/*+json"),
        ("text/x; a=1", "text/x;a=1"),
        ("text/x", "text/x;a=1"),
        ("text/x; a=2", None),
    ],
)
def test_parameters_tell_media_types_apart_and_a_charset_does_not(
    compiled: Compile, content_type: str, name: str | None
) -> None:
    documented = ["application/json; version=2", "application/json", "application/*+json", "text/x;a=1"]
    entry = response(compiled, {each: {} for each in documented}).content_for(content_type)
    assert (entry and entry.name) == name


@pytest.mark.parametrize(
    ("name", "schema", "sent_as"),
    [
        ("*/*", {"type": "object"}, "application/json"),
        ("*/*", {"type": ["string", "null"]}, "application/json"),
        ("*/*", {}, "application/json"),
        ("*/*", {"type": "string"}, "text/plain"),
        ("application/*", {"type": "array"}, "application/json"),
        ("application/*", {"type": "string", "format": "binary"}, "application/octet-stream"),
        ("text/*", {"type": "integer"}, "text/plain"),
        ("image/*", {"type": "string"}, "image/png"),
        ("application/json; version=2", {"type": "integer"}, "application/json; version=2"),
    ],
)
def test_a_range_is_sent_as_what_its_schema_describes(
    compiled: Compile, name: str, schema: dict[str, Any], sent_as: str
) -> None:
    assert response(compiled, {name: {"schema": schema}}).content[name].sent_as == sent_as
