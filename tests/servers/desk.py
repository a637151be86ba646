"""A desk that takes a login form and an upload: written by hand, with parsers of Python's own, and with faults.

It knows nothing of the document below: what it checks is written once more, as a developer would.
"""

from __future__ import annotations

import email
import email.policy
import json
import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl

from tests.servers.small import Answer, Call, not_offered

_ANSWERS = {
    "200": {"description": "done", "content": {"application/json": {"schema": {"type": "object"}}}},
    "400": {"description": "refused", "content": {"application/json": {"schema": {"type": "object"}}}},
}

LOGIN = "application/x-www-form-urlencoded"
UPLOAD = "multipart/form-data"

DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "desk", "version": "1"},
    "paths": {
        "/login": {
            "post": {
                "operationId": "login",
                "requestBody": {
                    "required": True,
                    "content": {
                        LOGIN: {
                            "schema": {
                                "type": "object",
                                "required": ["username", "password"],
                                "additionalProperties": False,
                                "properties": {
                                    "username": {"type": "string", "minLength": 2, "maxLength": 12},
                                    "password": {"type": "string", "minLength": 8},
                                    "remember": {"type": "boolean"},
                                    "attempts": {"type": "integer", "minimum": 0, "maximum": 9},
                                    "roles": {
                                        "type": "array",
                                        "maxItems": 2,
                                        "items": {"type": "string", "enum": ["admin", "user", "guest"]},
                                    },
                                    "flags": {
                                        "type": "array",
                                        "maxItems": 2,
                                        "items": {"type": "string", "enum": ["x", "y", "z"]},
                                    },
                                    "device": {
                                        "type": "object",
                                        "required": ["os"],
                                        "properties": {
                                            "os": {"type": "string", "enum": ["mac", "win"]},
                                            "build": {"type": "integer", "minimum": 1},
                                        },
                                    },
                                    "place": {
                                        "type": "object",
                                        "required": ["lat"],
                                        "properties": {"lat": {"type": "integer", "maximum": 90}},
                                    },
                                },
                            },
                            "encoding": {
                                "flags": {"style": "form", "explode": False},
                                "device": {"style": "deepObject", "explode": True},
                                "place": {"contentType": "application/json"},
                            },
                        }
                    },
                },
                "responses": _ANSWERS,
            }
        },
        "/uploads": {
            "post": {
                "operationId": "upload",
                "requestBody": {
                    "required": True,
                    "content": {
                        UPLOAD: {
                            "schema": {
                                "type": "object",
                                "required": ["meta", "file"],
                                "properties": {
                                    "meta": {
                                        "type": "object",
                                        "required": ["title"],
                                        "properties": {
                                            "title": {"type": "string", "maxLength": 20},
                                            "pages": {"type": "integer", "minimum": 1},
                                        },
                                    },
                                    "file": {"type": "string", "format": "binary", "maxLength": 3000},
                                    "icon": {"type": "string", "format": "binary"},
                                    "note": {"type": "string", "maxLength": 30},
                                    "copies": {"type": "integer", "maximum": 9},
                                    "tags": {
                                        "type": "array",
                                        "maxItems": 3,
                                        "items": {"type": "string", "maxLength": 8},
                                    },
                                },
                            },
                            "encoding": {
                                "icon": {"contentType": "image/png, image/jpeg"},
                                "note": {"contentType": "text/markdown"},
                            },
                        }
                    },
                },
                "responses": _ANSWERS,
            }
        },
    },
}


class Refused(Exception):
    """A request breaks what the desk wants."""


def _need(met: bool, why: str) -> None:
    if not met:
        raise Refused(why)


#: fault -> the pointer of the one clause that it breaks, below the schema of its form
FAULTS: dict[str, tuple[str, str]] = {
    "no-password": ("login", "required/1"),
    "short-username": ("login", "properties/username/minLength"),
    "long-username": ("login", "properties/username/maxLength"),
    "any-remember": ("login", "properties/remember/type"),
    "many-attempts": ("login", "properties/attempts/maximum"),
    "any-role": ("login", "properties/roles/items/enum"),
    "many-roles": ("login", "properties/roles/maxItems"),
    "many-flags": ("login", "properties/flags/maxItems"),
    "any-system": ("login", "properties/device/properties/os/enum"),
    "no-system": ("login", "properties/device/required/0"),
    "build-zero": ("login", "properties/device/properties/build/minimum"),
    "north-of-north": ("login", "properties/place/properties/lat/maximum"),
    "other-fields": ("login", "additionalProperties"),
    "no-file": ("upload", "required/1"),
    "no-meta": ("upload", "required/0"),
    "no-title": ("upload", "properties/meta/required/0"),
    "long-title": ("upload", "properties/meta/properties/title/maxLength"),
    "zero-pages": ("upload", "properties/meta/properties/pages/minimum"),
    "text-pages": ("upload", "properties/meta/properties/pages/type"),
    "large-file": ("upload", "properties/file/maxLength"),
    "long-note": ("upload", "properties/note/maxLength"),
    "many-copies": ("upload", "properties/copies/maximum"),
    "many-tags": ("upload", "properties/tags/maxItems"),
    "long-tag": ("upload", "properties/tags/items/maxLength"),
    "any-icon": ("upload", "encoding/icon/contentType"),
}


def desk(faults: Iterable[str] = ()) -> Callable[[Call], Answer]:
    """The desk with these faults."""
    here = frozenset(faults)

    def answer(call: Call) -> Answer:
        take = {"/login": _login, "/uploads": _upload}.get(call.path)
        if take is None:
            return 404, {"message": "no such page"}
        if call.method != "POST":
            return not_offered("POST")
        try:
            take(call, here)
        except Refused as why:
            return 400, {"message": str(why)}
        return 200, {"taken": True}

    return answer


def _is_whole(written: str, low: int, high: int) -> bool:
    return re.fullmatch(r"-?\d+", written, re.ASCII) is not None and low <= int(written) <= high


def _login(call: Call, faults: frozenset[str]) -> None:
    _need(call.headers.get("content-type", "").partition(";")[0] == LOGIN, "a form is wanted")
    try:
        pairs = parse_qsl(call.content.decode(), keep_blank_values=True, errors="strict")
    except ValueError:
        raise Refused("the form is not UTF-8") from None
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    known = {"username", "password", "remember", "attempts", "roles", "flags", "device[os]", "device[build]", "place"}
    _need(fields.keys() <= known or "other-fields" in faults, "other fields")
    for name in fields.keys() - {"roles"}:
        _need(len(fields[name]) == 1, f"{name} is there twice")
    one = {name: values[0] for name, values in fields.items()}
    _need("username" in one, "no username")
    _need(len(one["username"]) >= 2 or "short-username" in faults, "the username is short")
    _need(len(one["username"]) <= 12 or "long-username" in faults, "the username is long")
    _need("password" in one or "no-password" in faults, "no password")
    _need(len(one.get("password", "12345678")) >= 8, "the password is short")
    _need(one.get("remember", "true") in ("true", "false") or "any-remember" in faults, "remember")
    _need(_is_whole(one.get("attempts", "0"), 0, 99_999 if "many-attempts" in faults else 9), "attempts")
    roles = fields.get("roles", [])
    _need(len(roles) <= (99 if "many-roles" in faults else 2), "many roles")
    _need(set(roles) <= {"admin", "user", "guest"} or "any-role" in faults, "roles")
    flags = one["flags"].split(",") if one.get("flags") else []
    _need(len(flags) <= (99 if "many-flags" in faults else 2) and set(flags) <= {"x", "y", "z"}, "flags")
    if "device[os]" in one or "device[build]" in one:
        _need("device[os]" in one or "no-system" in faults, "no system")
    _need(one.get("device[os]", "mac") in ("mac", "win") or "any-system" in faults, "system")
    _need(_is_whole(one.get("device[build]", "1"), 0 if "build-zero" in faults else 1, 10**30), "build")
    if "place" in one:
        place = _json(one["place"])
        lat: Any = place.get("lat")
        _need(isinstance(lat, int) and not isinstance(lat, bool), "lat")
        _need(lat <= (10**9 if "north-of-north" in faults else 90), "lat")


def _json(written: str | bytes) -> dict[str, Any]:
    try:
        value = json.loads(written)
    except ValueError:
        raise Refused("no JSON") from None
    _need(isinstance(value, dict), "no object")
    assert isinstance(value, dict)
    return value


def _upload(call: Call, faults: frozenset[str]) -> None:
    parts = parts_of(call)
    for name in parts.keys() - {"tags"}:
        _need(len(parts[name]) == 1, f"{name} is there twice")
    _need("meta" in parts or "no-meta" in faults, "no meta")
    if "meta" in parts:
        kind, content = parts["meta"][0]
        _need(kind == "application/json", "meta is no JSON")
        meta = _json(content)
        title: Any = meta.get("title", "" if "no-title" in faults else None)
        pages: Any = meta.get("pages", 1)
        _need(isinstance(title, str), "title")
        _need(len(title) <= (10**6 if "long-title" in faults else 20), "title")
        if "text-pages" in faults and isinstance(pages, str) and pages.isdigit():
            pages = int(pages)
        whole = isinstance(pages, int) and not isinstance(pages, bool)
        _need((whole or isinstance(pages, float)) and pages == int(pages), "pages")
        _need(pages >= (0 if "zero-pages" in faults else 1) or "zero-pages" in faults, "pages")
    _need("file" in parts or "no-file" in faults, "no file")
    for _, content in parts.get("file", []):
        _need(len(content) <= (10**6 if "large-file" in faults else 3000), "the file is large")
    for kind, _ in parts.get("icon", []):
        _need(kind in ("image/png", "image/jpeg") or "any-icon" in faults, f"an icon of {kind}")
    for kind, content in parts.get("note", []):
        _need(kind == "text/markdown", f"a note of {kind}")
        _need(len(_text(content)) <= (10**6 if "long-note" in faults else 30), "the note is long")
    for _, content in parts.get("copies", []):
        _need(_is_whole(_text(content), -(10**30), 99_999 if "many-copies" in faults else 9), "copies")
    tags = [_text(content) for _, content in parts.get("tags", [])]
    _need(len(tags) <= (99 if "many-tags" in faults else 3), "many tags")
    _need(all(len(tag) <= (10**6 if "long-tag" in faults else 8) for tag in tags), "a long tag")


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except ValueError:
        raise Refused("not UTF-8") from None


def parts_of(call: Call) -> dict[str, list[tuple[str, bytes]]]:
    """Media type and content of each part by its name, as `email` reads them."""
    kind = call.headers.get("content-type", "")
    _need(kind.partition(";")[0] == UPLOAD, "an upload is wanted")
    head = f"Content-Type: {kind}\r\n\r\n".encode("latin-1")
    message = email.message_from_bytes(head + call.content, policy=email.policy.HTTP)
    _need(message.is_multipart(), "no parts")
    found: dict[str, list[tuple[str, bytes]]] = {}
    for part in message.iter_parts():
        disposition = part["Content-Disposition"]
        _need(disposition is not None and "name" in disposition.params, "a part without a name")
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        found.setdefault(disposition.params["name"], []).append((part.get_content_type(), content))
    return found
