"""Values for forms, as a form can hold them."""

from __future__ import annotations

from typing import Any

import pytest

from clausewise.contract.parts import MediaContract
from clausewise.generation.form_values import fitted
from tests.conftest import Compile

_TEXT = {"type": "string"}
_FILE = {"type": "string", "format": "binary"}


def entry_of(compiled: Compile, schema: dict[str, Any], encoding: dict[str, Any] | None = None) -> MediaContract:
    content = {"multipart/form-data": {"schema": {"type": "object", **schema}, "encoding": encoding or {}}}
    operation = {"operationId": "send", "requestBody": {"content": content}, "responses": {"200": {"description": ""}}}
    document = {"openapi": "3.0.3", "paths": {"/send": {"post": operation}}}
    body = compiled(document).operation("send").body
    assert body is not None and body.judged is not None
    return body.judged


def test_null_is_left_out_or_where_it_is_required_replaced(compiled: Compile) -> None:
    optional = {**_TEXT, "nullable": True}
    meta = {"type": "object", "properties": {"a": optional}}
    members = {"name": optional, "note": optional, "tags": {"type": "array", "items": optional}, "meta": meta}
    entry = entry_of(compiled, {"required": ["name"], "properties": members})
    value = fitted(entry, {"name": None, "note": None, "tags": ["x", None], "meta": {"a": None}}, generated=False)
    assert isinstance(value.pop("name"), str)
    assert value == {"tags": ["x"], "meta": {"a": None}}


@pytest.mark.parametrize(
    ("media_type", "start"),
    [
        ("image/png", b"\x89PNG\r\n"),
        ("image/*", b"\x89PNG\r\n"),
        ("application/pdf, image/gif", b"%PDF"),
        ("x/y", b"word"),
    ],
)
def test_a_generated_file_is_what_its_media_type_says(compiled: Compile, media_type: str, start: bytes) -> None:
    entry = entry_of(compiled, {"properties": {"file": _FILE}}, {"file": {"contentType": media_type}})
    value = fitted(entry, {"file": "word"}, generated=True)
    assert value["file"].encode("latin-1").startswith(start)
    assert fitted(entry, {"file": "word"}, generated=False) == {"file": "word"}


def test_a_file_is_no_larger_than_its_schema_allows(compiled: Compile) -> None:
    small = {**_FILE, "maxLength": 4}
    entry = entry_of(compiled, {"properties": {"file": small}}, {"file": {"contentType": "image/png"}})
    assert fitted(entry, {"file": "word"}, generated=True) == {"file": "word"}
