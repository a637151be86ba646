"""What is uploaded is what is downloaded."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import Compile
from tests.servers.small import Answer, Call, drive

_ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[0-9]+$"}}
_BYTES = {"schema": {"type": "string", "format": "binary"}}
_BOOK = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
_NEW = {"type": "object", "required": ["title"], "properties": {"title": {"type": "string", "maxLength": 40}}}


def _operation(success: str, shown: Any = None, taken: Any = None, *refusals: str) -> dict[str, Any]:
    found: dict[str, Any] = {"responses": {success: {"description": "", **({"content": shown} if shown else {})}}}
    found["responses"] |= {status: {"description": ""} for status in (*refusals, "404")}
    return found | ({"requestBody": {"required": True, "content": taken}} if taken else {})


_DOCUMENT: dict[str, Any] = {
    "paths": {
        "/books": {"post": _operation("201", {"application/json": {"schema": _BOOK}}, None, "400", "415")},
        "/books/{id}/cover": {
            "parameters": [_ID],
            "get": {"operationId": "getCover", **_operation("200", {"image/png": _BYTES})},
            "put": {"operationId": "putCover", **_operation("204", None, {"image/png": _BYTES}, "415")},
        },
        "/books/{id}": {
            "parameters": [_ID],
            "get": {"operationId": "getBook", **_operation("200", {"application/json": {"schema": _BOOK}})},
        },
    }
}
_DOCUMENT["paths"]["/books"]["post"]["requestBody"] = {
    "required": True,
    "content": {"application/json": {"schema": _NEW}},
}


class Books:
    """Keeps a cover for each book, as `altered`."""

    def __init__(self, altered: Callable[[bytes], bytes], *, signature: bytes = b"") -> None:
        self._altered, self._signature = altered, signature
        self._covers: dict[str, bytes | None] = {}
        self._numbers = itertools.count(1)

    def __call__(self, call: Call) -> Answer:
        if call.path == "/books":
            if not isinstance(call.body, dict) or not isinstance(call.body.get("title"), str):
                return 400, None
            key = str(next(self._numbers))
            self._covers[key] = None
            return 201, {"id": key}
        _, _, key, *cover = call.path.split("/")
        if key not in self._covers:
            return 404, None
        if not cover:
            return 200, {"id": key}
        if call.method == "PUT":
            if call.headers.get("content-type") != "image/png" or not call.content.startswith(self._signature):
                return 415, None
            self._covers[key] = self._altered(call.content)
            return 204, None
        kept = self._covers[key]
        return (404, None) if kept is None else (200, kept, {"content-type": "image/png"})


def told(compiled: Compile, server: Books) -> list[tuple[str, str]]:
    run = drive(compiled(_DOCUMENT), server, phases=("baseline", "lifecycle")).run
    return [(finding.rule, finding.message.partition(" then gives it ")[2]) for finding in run.findings]


@pytest.mark.parametrize(
    ("altered", "words"),
    [
        (bytes.strip, "without the blanks at its ends"),
        (lambda _: b"", "without content"),
        (lambda content: content[:20], "cut to 20 bytes"),
        (lambda content: content[:65_536], "cut to 65536 bytes"),
        (lambda content: content.replace(b"\r\n", b"\n"), "with other ends of lines"),
        (
            lambda content: content.decode("utf-8", "replace").encode(),
            "as a text, with other bytes for those that are no UTF-8",
        ),
        (lambda content: content.decode("latin-1").encode(), "as a text, with other bytes for those that are no UTF-8"),
        (lambda content: content + b"\n", "with 1 more byte around it"),
    ],
    ids=["stripped", "emptied", "cut", "cut at 64 KiB", "lines", "replaced", "latin-1", "longer"],
)
def test_a_file_that_comes_back_altered_is_one_finding(
    compiled: Compile, altered: Callable[[bytes], bytes], words: str
) -> None:
    assert told(compiled, Books(altered)) == [("echo-mismatch", words)]


def test_a_server_that_takes_no_large_file_is_asked_with_a_small_one(compiled: Compile) -> None:
    class Small(Books):
        """Takes a kilobyte."""

        def __call__(self, call: Call) -> Answer:
            return (415, None) if len(call.content) > 1000 else super().__call__(call)

    assert told(compiled, Small(bytes.strip)) == [("echo-mismatch", "without the blanks at its ends")]


@pytest.mark.parametrize(
    "server",
    [
        lambda: Books(lambda content: content),
        lambda: Books(lambda content: content[::-1]),
        lambda: Books(lambda content: content, signature=b"\x89PNG"),
    ],
    ids=["as it was", "another thing", "of one kind only"],
)
def test_other_files_are_none(compiled: Compile, server: Callable[[], Books]) -> None:
    assert told(compiled, server()) == []


@pytest.mark.parametrize(
    ("altered", "rules"), [(bytes, []), (bytes.strip, ["echo-mismatch"])], ids=["kept", "stripped"]
)
def test_what_there_is_one_of_is_compared_as_well(
    compiled: Compile, altered: Callable[[bytes], bytes], rules: list[str]
) -> None:
    item = {
        name: operation for name, operation in _DOCUMENT["paths"]["/books/{id}/cover"].items() if name != "parameters"
    }
    kept = {"logo": b"none yet"}

    def answer(call: Call) -> Answer:
        if call.method == "PUT":
            if call.headers.get("content-type") != "image/png":
                return 415, None
            kept["logo"] = altered(call.content)
            return 204, None
        return 200, kept["logo"], {"content-type": "image/png"}

    run = drive(compiled({"paths": {"/logo": item}}), answer, phases=("baseline", "lifecycle")).run
    assert [finding.rule for finding in run.findings] == rules
