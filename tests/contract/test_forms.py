"""How the members of a form are written, by `encoding`, by the type of their schemas, and by the version of OpenAPI."""

from __future__ import annotations

from typing import Any

import pytest

from clausewise.contract.parts import MediaContract
from clausewise.contract.request import judge_request
from clausewise.exchange import Request
from clausewise.media.members import Member
from tests.conftest import Compile

_URLENCODED, _MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}
_POINT = {"type": "object", "properties": {"x": {"type": "integer"}}}
_FILE = {"type": "string", "format": "binary"}


def document(media: str, schema: Any, encoding: Any, version: str) -> dict[str, Any]:
    form = {"type": "object", "properties": {"a": schema}}
    content = {media: {"schema": form, **({} if encoding is None else {"encoding": {"a": encoding}})}}
    operation = {"operationId": "send", "requestBody": {"content": content}, "responses": {"200": {"description": ""}}}
    return {"openapi": f"{version}.0", "paths": {"/send": {"post": operation}}}


def entry_of(compiled: Compile, media: str, schema: Any, encoding: Any, version: str) -> MediaContract:
    body = compiled(document(media, schema, encoding, version)).operation("send").body
    assert body is not None and body.judged is not None
    return body.judged


_OCTETS = Member(default_type="application/octet-stream", is_file=True)
_JSON = Member(default_type="application/json")
_PIPES = Member(is_list=True, style="pipeDelimited", explode=False)


@pytest.mark.parametrize(
    ("version", "media", "schema", "encoding", "member"),
    [
        ("3.0", _MULTIPART, _TEXT, None, Member()),
        ("3.0", _MULTIPART, _FILE, None, _OCTETS),
        ("3.0", _URLENCODED, _FILE, None, Member()),
        ("3.0", _MULTIPART, _POINT, None, _JSON),
        ("3.0", _URLENCODED, _POINT, None, _JSON),
        ("3.0", _MULTIPART, _TEXTS, None, Member(is_list=True)),
        ("3.0", _MULTIPART, {"type": "array", "items": _POINT}, None, Member((), "application/json", is_list=True)),
        ("3.0", _MULTIPART, {}, None, Member()),
        ("3.1", _MULTIPART, {}, None, _OCTETS),
        ("3.1", _MULTIPART, {"contentMediaType": "image/png"}, None, Member(default_type="image/png", is_file=True)),
        ("3.1", _MULTIPART, {**_TEXT, "contentMediaType": "image/png", "contentEncoding": "base64"}, None, Member()),
        ("3.1", _MULTIPART, {"anyOf": [_FILE, {"type": "null"}]}, None, _OCTETS),
        ("3.0", _MULTIPART, _TEXT, {"contentType": "text/csv, text/x"}, Member(("text/csv", "text/x"))),
        (
            "3.0",
            _MULTIPART,
            _FILE,
            {"contentType": "image/*"},
            Member(("image/*",), "application/octet-stream", is_file=True),
        ),
        ("3.0", _URLENCODED, _TEXTS, {"explode": False}, Member(is_list=True, style="form", explode=False)),
        ("3.0", _MULTIPART, _TEXTS, {"explode": False}, Member(is_list=True)),
        ("3.1", _MULTIPART, _TEXTS, {"explode": False}, Member(is_list=True, style="form", explode=False)),
        (
            "3.0",
            _URLENCODED,
            _TEXTS,
            {"style": "pipeDelimited"},
            Member(is_list=True, style="pipeDelimited", explode=False),
        ),
        ("3.0", _URLENCODED, _TEXT, {"style": "form", "allowReserved": True}, Member(allow_reserved=True)),
        (
            "3.0",
            _URLENCODED,
            _POINT,
            {"style": "deepObject"},
            Member(style="deepObject", explode=False, names=frozenset("x"), flat_names=frozenset("x")),
        ),
    ],
)
def test_how_a_member_is_written(
    compiled: Compile, version: str, media: str, schema: Any, encoding: Any, member: Member
) -> None:
    assert entry_of(compiled, media, schema, encoding, version).members.get("a", Member()) == member


@pytest.mark.parametrize(
    ("head", "broken"),
    [
        ("Content-Type: image/png\r\nX-Size: 3\r\n", []),
        ("Content-Type: IMAGE/PNG; a=b\r\nx-size: 3\r\n", []),
        ("X-Size: 3\r\n", []),
        ("Content-Type: text/plain\r\nX-Size: 3\r\n", ["contentType"]),
        ("Content-Type: image/png\r\n", ["required"]),
        ("Content-Type: image/png\r\nX-Size: 9\r\n", ["maximum"]),
        ("Content-Type: image/png\r\nX-Size: big\r\n", ["type"]),
    ],
)
def test_the_parts_of_a_form_have_clauses(compiled: Compile, head: str, broken: list[str]) -> None:
    size = {"required": True, "schema": {"type": "integer", "maximum": 5}}
    described = {"contentType": "image/png, image/jpeg", "headers": {"X-Size": size}}
    operation = compiled(document(_MULTIPART, _FILE, described, "3.0")).operation("send")
    body = f'--B\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n{head}\r\n\x00\r\n--B--'.encode()
    request = Request("POST", "/send", (("Content-Type", f"{_MULTIPART}; boundary=B"),), body)
    judgement = judge_request(operation, request, {})
    assert [breach.clause.keyword for breach in judgement.breaches] == broken
    assert all(breach.location[:2] == ("body", "a") for breach in judgement.breaches)


@pytest.mark.parametrize(
    ("content", "broken"),
    [
        (b"a=5", []),
        (b"a=5&a=7", []),
        (b"a=x", [("a", "0")]),
        (b"", []),
        (b"b=1", []),
        (b"a=5&a=x", [("a", "1")]),
    ],
)
def test_the_fields_of_a_form_are_read_as_their_schemas_have_them(
    compiled: Compile, content: bytes, broken: list[tuple[str, ...]]
) -> None:
    numbers = {"type": "array", "items": {"type": "integer"}}
    operation = compiled(document(_URLENCODED, numbers, None, "3.1")).operation("send")
    request = Request("POST", "/send", (("Content-Type", _URLENCODED),), content)
    assert [breach.location[1:] for breach in judge_request(operation, request, {}).breaches] == broken
