"""A server with three collections, checked by hand, and faults that show in many places but have one cause each.

Nothing here comes from clausewise or from a schema library. Without faults it is correct.
"""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Collection
from typing import Any
from urllib.parse import parse_qsl

from tests.servers.small import Answer, Call

FAULTS: dict[str, str] = {
    "query-handler": "one handler turns every bad query into 500",
    "query-handler-in-text": "the same with 503, and a text that repeats the value",
    "body-handler": "one handler turns every value of a wrong type in a body into 500",
    "unguarded": "no operation asks for credentials",
    "coerces": "strings are taken for numbers and booleans",
    "nulls": "null is taken for every type",
    "nul": "500 where any text holds a NUL",
    "null-note": "every answer has the note null",
    "any-media-type": "bodies of other media types are taken",
    "any-isbn": "any text is taken for a UUID",
}

_COLLECTIONS = ("books", "loans", "members")

_PROPERTIES: dict[str, Any] = {
    "title": {"type": "string", "minLength": 1, "maxLength": 200},
    "pages": {"type": "integer", "minimum": 1, "maximum": 1000},
    "lent": {"type": "boolean"},
    "isbn": {"type": "string", "format": "uuid"},
}


def _answer(description: str, schema: Any = None) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema or {"type": "object"}}}}


def _collection(name: str) -> dict[str, Any]:
    """The two operations of one collection; each has schemas of its own."""
    thing = {"type": "object", "required": ["title", "note"], "properties": {**_PROPERTIES, "note": {"type": "string"}}}
    body = {"type": "object", "required": ["title"], "properties": _PROPERTIES}
    refusals = {"400": _answer("refused"), "401": _answer("no credentials"), "415": _answer("no JSON")}
    parameters = [
        {"name": "page", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 1000}},
        {"name": "open", "in": "query", "schema": {"type": "boolean"}},
    ]
    made = {"201": _answer("made", thing), **refusals}
    listed = {"200": _answer("listed", {"type": "array", "items": thing}), **refusals}
    content = {"required": True, "content": {"application/json": {"schema": body}}}
    return {
        "get": {"operationId": f"list-{name}", "parameters": parameters, "responses": listed},
        "post": {"operationId": f"make-{name}", "requestBody": content, "responses": made},
    }


CONTRACT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "library", "version": "1"},
    "security": [{"token": []}],
    "paths": {f"/{name}": _collection(name) for name in _COLLECTIONS},
    "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
}


class Refused(Exception):
    """The request breaks a rule."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def library(faults: Collection[str] = ()) -> Callable[[Call], Answer]:
    """The server, with the named faults."""
    assert FAULTS.keys() >= set(faults)
    kept: dict[str, list[dict[str, Any]]] = {name: [] for name in _COLLECTIONS}
    numbers = itertools.count(1)

    def answer(call: Call) -> Answer:
        try:
            return handle(call)
        except Refused as refused:
            return refused.status, {"message": str(refused), "request": str(uuid.uuid4())}

    def handle(call: Call) -> Answer:
        name = call.path.strip("/")
        if name not in kept:
            raise Refused(404, "no such path")
        if call.method not in ("GET", "POST"):
            return 405, {"message": "not offered"}, {"allow": "GET, POST"}
        if not call.headers.get("authorization", "").startswith("Bearer ") and "unguarded" not in faults:
            raise Refused(401, "credentials are missing")
        if call.method == "GET":
            try:
                _query(call.query, faults)
            except Refused:
                if "query-handler" in faults:
                    raise Refused(500, f"RequestValidationError in request {next(numbers)}") from None
                if "query-handler-in-text" in faults:
                    return 503, f"<h1>Cannot read the query</h1> {call.query} in request {next(numbers)}".encode()
                raise
            return 200, kept[name]
        is_json = call.headers.get("content-type", "").partition(";")[0] == "application/json"
        if not is_json and "any-media-type" not in faults:
            raise Refused(415, "JSON is wanted")
        if not isinstance(call.body, dict):
            raise Refused(400, "an object is wanted")
        made = _checked(call.body, faults)
        made["note"] = None if "null-note" in faults else "as made"
        kept[name] = [*kept[name], made][-3:]
        return 201, made

    return answer


def _query(query: str, faults: Collection[str]) -> None:
    sent = dict(parse_qsl(query, keep_blank_values=True))
    if "page" in sent:
        page = sent["page"]
        if not page.isascii() or not page.removeprefix("-").isdigit() or not 1 <= int(page) <= 1000:
            raise Refused(400, f"the page {page} is none")
    allowed = ("true", "false", "yes", "no") if "coerces" in faults else ("true", "false")
    if sent.get("open", "true") not in allowed:
        raise Refused(400, "open is true or false")


def _checked(body: dict[str, Any], faults: Collection[str]) -> dict[str, Any]:
    """The valid members of a body."""
    if "title" not in body:
        raise Refused(400, "title is missing")
    unset = {"title": "none", "pages": 1, "lent": False, "isbn": str(uuid.UUID(int=0))}
    made = {}
    for name, value in body.items():
        if name not in unset:
            continue
        if value is None and "nulls" in faults:
            value = unset[name]
        elif "coerces" in faults:
            value = _coerced(name, value)
        _check_type(name, value, faults)
        if "nul" in faults and isinstance(value, str) and "\0" in value:
            raise Refused(500, "invalid byte sequence for encoding UTF8")
        if name == "title" and not 1 <= len(value) <= 200:
            raise Refused(400, "title has the wrong length")
        if name == "pages" and not 1 <= value <= 1000:
            raise Refused(400, "pages is out of range")
        if name == "isbn":
            value = _uuid(value, faults)
        made[name] = value
    return made


def _uuid(value: str, faults: Collection[str]) -> str:
    try:
        wanted = str(uuid.UUID(value)) == value.lower()
    except ValueError:
        wanted = False
    if not wanted and "any-isbn" not in faults:
        raise Refused(400, "isbn is no UUID")
    return value if wanted else str(uuid.UUID(int=0))


def _coerced(name: str, value: Any) -> Any:
    if name == "pages" and isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    if name == "lent" and value in ("true", "yes", "false", "no"):
        return value in ("true", "yes")
    return value


def _check_type(name: str, value: Any, faults: Collection[str]) -> None:
    if name == "pages" and isinstance(value, float) and value.is_integer():
        value = int(value)
    wanted = {"title": str, "pages": int, "lent": bool, "isbn": str}[name]
    if type(value) is not wanted:
        status = 500 if "body-handler" in faults else 400
        raise Refused(status, f"{name} has the wrong type")
