"""Notes to create, read, replace and delete, by hand: plain WSGI, and faults that mostly take several requests."""

from __future__ import annotations

import json
import math
from collections.abc import Collection
from typing import Any
from urllib.parse import parse_qs

FAULTS = {
    "use-after-delete": "a deleted note can still be read",
    "created-not-found": "a created note cannot be read",
    "open-list": "the list needs no credentials",
    "any-credentials": "credentials need not be the right ones",
    "crash-after-replace": "500 where a note is read that was replaced",
    "crash-on-long-text": "500 where a note's text has more than 15 characters",
}

#: what the server takes for valid
CREDENTIALS = ("Authorization", "Bearer let-me-in")

_NOTE = {
    "type": "object",
    "required": ["text"],
    "properties": {
        "text": {"type": "string", "minLength": 1, "maxLength": 20},
        "stars": {"type": "integer", "minimum": 0, "maximum": 5},
    },
}
_STORED = {
    "type": "object",
    "required": ["id", "text"],
    "properties": {"id": {"type": "string", "pattern": "^n[0-9]+$"}, "text": {"type": "string"}},
}
_ERROR = {"type": "object", "required": ["message"], "properties": {"message": {"type": "string"}}}
_LIMIT = {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 50}}
_ID = {"name": "noteId", "in": "path", "required": True, "schema": {"type": "string"}}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


def _operation(key: str, success: dict[str, Any], *refusals: str, **rest: Any) -> dict[str, Any]:
    refused = {status: {"description": "refused", **_json(_ERROR)} for status in ("401", *refusals)}
    return {"operationId": key, "responses": {**success, **refused}, **rest}


_BODY = {"requestBody": {"required": True, **_json(_NOTE)}}
_ONE = {"description": "the note", **_json(_STORED)}
_MANY = {"description": "the notes", **_json({"type": "array", "items": _STORED})}

DOCUMENT: dict[str, Any] = {
    "info": {"title": "notes", "version": "1"},
    "security": [{"token": []}],
    "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    "paths": {
        "/notes": {
            "get": _operation("listNotes", {"200": _MANY}, "400", parameters=[_LIMIT]),
            "post": _operation("createNote", {"201": _ONE}, "400", **_BODY),
        },
        "/notes/{noteId}": {
            "parameters": [_ID],
            "get": _operation("getNote", {"200": _ONE}, "404"),
            "put": _operation("replaceNote", {"200": _ONE}, "400", "404", **_BODY),
            "delete": _operation("deleteNote", {"204": {"description": "deleted"}}, "404"),
        },
    },
}


class Refused(Exception):
    """The request breaks a rule."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Notes:
    """The server as a WSGI app, with the named faults."""

    def __init__(self, faults: Collection[str] = ()) -> None:
        assert set(faults) <= FAULTS.keys()
        self._faults = faults
        self.notes: dict[str, dict[str, Any]] = {}
        self._replaced: set[str] = set()
        self._created = 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        offered = ("GET", "POST") if environ["PATH_INFO"] == "/notes" else ("GET", "PUT", "DELETE")
        try:
            status, answer = self._answer(environ, offered)
        except Refused as refused:
            status, answer = refused.status, {"message": str(refused)}
        body = b"" if status == 204 else json.dumps(answer).encode()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        start_response(f"{status} -", [*headers, *([("Allow", ", ".join(offered))] if status == 405 else [])])
        return [body]

    def _answer(self, environ: dict[str, Any], offered: tuple[str, ...]) -> tuple[int, Any]:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if path != "/notes" and not path.startswith("/notes/"):
            raise Refused(404, "no such path")
        if method not in offered:
            raise Refused(405, "not offered")
        self._authorise(environ.get("HTTP_AUTHORIZATION", ""), method, path)
        if path == "/notes":
            return self._list(environ) if method == "GET" else self._create(environ)
        return self._one(method, path.removeprefix("/notes/"), environ)

    def _authorise(self, given: str, method: str, path: str) -> None:
        if "open-list" in self._faults and (method, path) == ("GET", "/notes"):
            return
        kind, _, token = given.partition(" ")
        if kind.lower() != "bearer" or not token.strip():
            raise Refused(401, "credentials are missing")
        if given != CREDENTIALS[1] and "any-credentials" not in self._faults:
            raise Refused(401, "credentials are wrong")

    def _list(self, environ: dict[str, Any]) -> tuple[int, Any]:
        for written in parse_qs(environ["QUERY_STRING"], keep_blank_values=True).get("limit", []):
            try:
                number = float(written)
            except ValueError:
                number = math.nan
            if number not in range(1, 51):
                raise Refused(400, "limit is a number from 1 to 50")
        return 200, list(self.notes.values())[:50]

    def _create(self, environ: dict[str, Any]) -> tuple[int, Any]:
        note = _read(environ)
        if "crash-on-long-text" in self._faults and len(note["text"]) > 15:
            return 500, {}
        self._created += 1
        stored = {"id": f"n{self._created}", **note}
        if "created-not-found" not in self._faults:
            self.notes[stored["id"]] = stored
        return 201, stored

    def _one(self, method: str, key: str, environ: dict[str, Any]) -> tuple[int, Any]:
        if method == "PUT":
            note = _read(environ)
        if key not in self.notes:
            raise Refused(404, "there is no such note")
        if method == "PUT":
            self.notes[key] = {"id": key, **note}
            self._replaced.add(key)
        elif method == "DELETE":
            if "use-after-delete" not in self._faults:
                del self.notes[key]
            return 204, None
        elif key in self._replaced and "crash-after-replace" in self._faults:
            return 500, {}
        return 200, self.notes[key]


def _read(environ: dict[str, Any]) -> dict[str, Any]:
    if environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower() != "application/json":
        raise Refused(400, "the body must be application/json")
    try:
        note = json.loads(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
    except ValueError:
        raise Refused(400, "the body is not JSON") from None
    if not isinstance(note, dict) or not isinstance(note.get("text"), str) or not 1 <= len(note["text"]) <= 20:
        raise Refused(400, "text has 1 to 20 characters")
    stars = note.get("stars", 0)
    if isinstance(stars, bool) or not isinstance(stars, (int, float)) or stars not in range(6):
        raise Refused(400, "stars is an integer from 0 to 5")
    return {"text": note["text"], **({"stars": int(stars)} if "stars" in note else {})}
