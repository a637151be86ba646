"""A kennel with a document of Swagger 2.0: written by hand, with parsers of Python's own, and with faults.

It knows nothing of the document below: what it checks is written once more, as a developer would.
"""

from __future__ import annotations

import base64
import email
import email.policy
import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl, unquote

from tests.servers.small import Answer, Call, not_offered

DOCUMENT: dict[str, Any] = {
    "swagger": "2.0",
    "info": {"title": "kennel", "version": "1"},
    "consumes": ["application/json"],
    "produces": ["application/json"],
    "securityDefinitions": {"login": {"type": "basic"}},
    "parameters": {"Limit": {"name": "limit", "in": "query", "type": "integer", "minimum": 1, "maximum": 50}},
    "responses": {
        "Refused": {"description": "refused", "schema": {"$ref": "#/definitions/Refusal"}},
        "Dogs": {
            "description": "dogs",
            "schema": {"type": "array", "items": {"$ref": "#/definitions/Animal"}},
            "headers": {"X-Total": {"type": "integer", "minimum": 0}},
        },
    },
    "definitions": {
        "Refusal": {"type": "object", "required": ["message"], "properties": {"message": {"type": "string"}}},
        "Animal": {
            "type": "object",
            "discriminator": "kind",
            "required": ["kind", "name"],
            "properties": {
                "id": {"type": "integer", "readOnly": True},
                "kind": {"type": "string"},
                "name": {"type": "string", "minLength": 1, "maxLength": 10},
                "note": {"type": "string", "maxLength": 20, "x-nullable": True},
            },
        },
        "Dog": {
            "allOf": [
                {"$ref": "#/definitions/Animal"},
                {"type": "object", "required": ["tricks"], "properties": {"tricks": {"type": "integer", "minimum": 0}}},
            ]
        },
        "Cat": {
            "allOf": [
                {"$ref": "#/definitions/Animal"},
                {"type": "object", "properties": {"indoor": {"type": "boolean"}}},
            ]
        },
    },
    "paths": {
        "/animals": {
            "get": {
                "operationId": "list",
                "parameters": [
                    {"$ref": "#/parameters/Limit"},
                    {
                        "name": "kinds",
                        "in": "query",
                        "type": "array",
                        "collectionFormat": "pipes",
                        "maxItems": 2,
                        "items": {"type": "string", "enum": ["Dog", "Cat", "Fish"]},
                    },
                    {
                        "name": "spots",
                        "in": "query",
                        "type": "array",
                        "collectionFormat": "ssv",
                        "items": {
                            "type": "array",
                            "collectionFormat": "csv",
                            "minItems": 2,
                            "maxItems": 2,
                            "items": {"type": "integer", "maximum": 9},
                        },
                    },
                    {
                        "name": "ids",
                        "in": "query",
                        "type": "array",
                        "collectionFormat": "multi",
                        "items": {"type": "integer"},
                        "maxItems": 3,
                    },
                    {
                        "name": "X-Marks",
                        "in": "header",
                        "type": "array",
                        "collectionFormat": "tsv",
                        "items": {"type": "integer", "minimum": 1},
                    },
                ],
                "responses": {"200": {"$ref": "#/responses/Dogs"}, "400": {"$ref": "#/responses/Refused"}},
            },
            "post": {
                "operationId": "add",
                "security": [{"login": []}],
                "parameters": [
                    {"name": "animal", "in": "body", "required": True, "schema": {"$ref": "#/definitions/Animal"}}
                ],
                "responses": {
                    "201": {"description": "added", "schema": {"$ref": "#/definitions/Animal"}},
                    "400": {"$ref": "#/responses/Refused"},
                    "401": {"description": "who are you?"},
                    "415": {"description": "JSON is wanted"},
                },
            },
        },
        "/forms/{code}": {
            "parameters": [{"name": "code", "in": "path", "required": True, "type": "string", "pattern": "^[a-z]{3}$"}],
            "post": {
                "operationId": "fill",
                "consumes": ["application/x-www-form-urlencoded"],
                "parameters": [
                    {"name": "owner", "in": "formData", "required": True, "type": "string", "minLength": 2},
                    {"name": "nights", "in": "formData", "type": "integer", "minimum": 1, "maximum": 30},
                    {
                        "name": "meals",
                        "in": "formData",
                        "type": "array",
                        "maxItems": 2,
                        "items": {"type": "string", "enum": ["dry", "raw", "none"]},
                    },
                ],
                "responses": {
                    "200": {"description": "filled", "schema": {"type": "object"}},
                    "400": {"$ref": "#/responses/Refused"},
                    "415": {"description": "a form is wanted"},
                },
            },
        },
        "/photos": {
            "post": {
                "operationId": "upload",
                "consumes": ["multipart/form-data"],
                "parameters": [
                    {"name": "photo", "in": "formData", "required": True, "type": "file"},
                    {"name": "title", "in": "formData", "type": "string", "maxLength": 8},
                ],
                "responses": {
                    "200": {"description": "kept", "schema": {"type": "object"}},
                    "400": {"$ref": "#/responses/Refused"},
                    "415": {"description": "a form is wanted"},
                },
            },
            "get": {
                "operationId": "download",
                "produces": ["image/png"],
                "responses": {"200": {"description": "a photo", "schema": {"type": "file"}}},
            },
        },
    },
}

_FORM = "/paths/~1forms~1{code}/post/parameters"
_LIST = "/paths/~1animals/get/parameters"

#: fault -> the rule and the place of the one finding that it is
FAULTS: dict[str, tuple[str, str]] = {
    "any-limit": ("invalid-request-accepted", "#/parameters/Limit/maximum"),
    "many-kinds": ("invalid-request-accepted", f"#{_LIST}/1/maxItems"),
    "any-kind": ("invalid-request-accepted", f"#{_LIST}/1/items/enum"),
    "long-spot": ("invalid-request-accepted", f"#{_LIST}/2/items/maxItems"),
    "far-spot": ("invalid-request-accepted", f"#{_LIST}/2/items/items/maximum"),
    "many-ids": ("invalid-request-accepted", f"#{_LIST}/3/maxItems"),
    "zero-mark": ("invalid-request-accepted", f"#{_LIST}/4/items/minimum"),
    "any-code": ("invalid-request-accepted", "#/paths/~1forms~1{code}/parameters/0/pattern"),
    "no-login": ("auth-not-enforced", "#/paths/~1animals/post/security/0"),
    "no-tricks": ("invalid-request-accepted", "#/definitions/Dog/allOf/1/required/0"),
    "long-name": ("invalid-request-accepted", "#/definitions/Animal/properties/name/maxLength"),
    "no-null": ("valid-request-rejected", "#/definitions/Animal/properties/note/type"),
    "no-owner": ("invalid-request-accepted", f"#{_FORM}/0/required"),
    "short-owner": ("invalid-request-accepted", f"#{_FORM}/0/minLength"),
    "many-nights": ("invalid-request-accepted", f"#{_FORM}/1/maximum"),
    "many-meals": ("invalid-request-accepted", f"#{_FORM}/2/maxItems"),
    "any-meal": ("invalid-request-accepted", f"#{_FORM}/2/items/enum"),
    "no-photo": ("invalid-request-accepted", "#/paths/~1photos/post/parameters/0/required"),
    "long-title": ("invalid-request-accepted", "#/paths/~1photos/post/parameters/1/maxLength"),
    "text-total": ("response-header", "#/responses/Dogs/headers/X-Total/type"),
    "text-tricks": ("response-schema", "#/definitions/Dog/allOf/1/properties/tricks/type"),
}

_PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


class Refused(Exception):
    """A request breaks what the kennel wants."""


def _need(met: bool, why: str) -> None:
    if not met:
        raise Refused(why)


def _whole(written: str, low: int = -(2**63), high: int = 2**63 - 1) -> bool:
    return re.fullmatch(r"-?(0|[1-9][0-9]*)", written, re.ASCII) is not None and low <= int(written) <= high


def kennel(faults: Iterable[str] = ()) -> Callable[[Call], Answer]:
    """The kennel with these faults."""
    here = frozenset(faults)
    kept: list[dict[str, Any]] = [{"id": 1, "kind": "Dog", "name": "Rex", "tricks": 3}]

    def answer(call: Call) -> Answer:
        offered: dict[str, Callable[[Call, frozenset[str], list[dict[str, Any]]], Answer]]
        if call.path == "/animals":
            offered = {"GET": _list, "POST": _add}
        elif call.path == "/photos":
            offered = {"GET": _download, "POST": _upload}
        elif re.fullmatch(r"/forms/[^/]+", call.path):
            offered = {"POST": _fill}
        else:
            return 404, {"message": "no such page"}
        if call.method not in offered:
            return not_offered(*offered)
        try:
            return offered[call.method](call, here, kept)
        except Refused as why:
            return 400, {"message": str(why)}

    return answer


def _list(call: Call, faults: frozenset[str], kept: list[dict[str, Any]]) -> Answer:
    query: dict[str, list[str]] = {}
    for name, value in parse_qsl(call.query, keep_blank_values=True):
        query.setdefault(name, []).append(value)
    limit = query.get("limit", ["50"])[0]
    _need(_whole(limit, 1, 2**63 - 1 if "any-limit" in faults else 50), "limit")
    for written in query.get("kinds", []):
        kinds = written.split("|")
        _need(len(kinds) <= 2 or "many-kinds" in faults, "kinds")
        _need(set(kinds) <= {"Dog", "Cat", "Fish"} or "any-kind" in faults, "kind")
    for written in query.get("spots", []):
        for spot in written.split(" "):
            parts = spot.split(",")
            _need(len(parts) == 2 or (len(parts) > 2 and "long-spot" in faults), "spot")
            _need(all(_whole(part) for part in parts), "spot of integers")
            _need(all(int(part) <= 9 for part in parts) or "far-spot" in faults, "spot")
    ids = query.get("ids", [])
    _need(all(_whole(each) for each in ids), "ids")
    _need(len(ids) <= 3 or "many-ids" in faults, "ids")
    if "x-marks" in call.headers:
        for mark in call.headers["x-marks"].split("\t"):
            _need(_whole(mark.strip(), 0 if "zero-mark" in faults else 1), "mark")
    total = "some" if "text-total" in faults else str(len(kept))
    shown = [_shown(animal, faults) for animal in kept[: int(limit)]]
    return 200, shown, {"x-total": total}


def _shown(animal: dict[str, Any], faults: frozenset[str]) -> dict[str, Any]:
    return {**animal, "tricks": "some"} if "text-tricks" in faults and animal["kind"] == "Dog" else animal


def _add(call: Call, faults: frozenset[str], kept: list[dict[str, Any]]) -> Answer:
    if "no-login" not in faults:
        scheme, _, written = call.headers.get("authorization", "").partition(" ")
        try:
            known = scheme == "Basic" and base64.b64decode(written, validate=True) == b"user:secret"
        except ValueError:
            known = False
        if not known:
            return 401, {"message": "who are you?"}, {"www-authenticate": 'Basic realm="kennel"'}
    if call.headers.get("content-type", "").partition(";")[0] != "application/json":
        return 415, None
    animal = call.body
    _need(isinstance(animal, dict), "an object is wanted")
    _need(animal.get("kind") in ("Dog", "Cat", "Animal"), "kind")
    name, note = animal.get("name"), animal.get("note", "")
    _need(isinstance(name, str) and len(name) >= 1, "name")
    _need(len(name) <= 10 or "long-name" in faults, "name")
    if note is not None or "no-null" in faults:
        _need(isinstance(note, str) and len(note) <= 20, "note")
    if animal["kind"] == "Dog":
        if "tricks" in animal or "no-tricks" not in faults:
            tricks = animal.get("tricks")
            whole = isinstance(tricks, int | float) and not isinstance(tricks, bool) and tricks == int(tricks)
            _need(whole and tricks >= 0, "tricks")
    elif animal["kind"] == "Cat":
        _need(isinstance(animal.get("indoor", True), bool), "indoor")
    made = {**animal, "id": len(kept) + 1}
    if made["kind"] == "Dog":
        made.setdefault("tricks", 0)
    kept.append({**made, "name": name[:10]})
    return 201, _shown(made, faults)


def _fill(call: Call, faults: frozenset[str], _kept: list[dict[str, Any]]) -> Answer:
    code = unquote(call.path.rpartition("/")[2])
    _need(re.fullmatch(r"[a-z]{3}", code) is not None or "any-code" in faults, "code")
    if call.headers.get("content-type", "").partition(";")[0] != "application/x-www-form-urlencoded":
        return 415, None
    try:
        fields = dict(parse_qsl(call.content.decode(), keep_blank_values=True, errors="strict"))
    except ValueError:
        raise Refused("the form is not UTF-8") from None
    if "owner" in fields or "no-owner" not in faults:
        _need(len(fields.get("owner", "")) >= (0 if "short-owner" in faults else 2), "owner")
        _need("owner" in fields, "owner")
    if "nights" in fields:
        _need(_whole(fields["nights"], 1, 2**63 - 1 if "many-nights" in faults else 30), "nights")
    if "meals" in fields:
        meals = fields["meals"].split(",")
        _need(len(meals) <= 2 or "many-meals" in faults, "meals")
        _need(set(meals) <= {"dry", "raw", "none"} or "any-meal" in faults, "meal")
    return 200, {"filled": True}


def _upload(call: Call, faults: frozenset[str], _kept: list[dict[str, Any]]) -> Answer:
    content_type = call.headers.get("content-type", "")
    if content_type.partition(";")[0] != "multipart/form-data":
        return 415, None
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    message = email.message_from_bytes(head + call.content, policy=email.policy.HTTP)
    _need(message.is_multipart(), "a form is wanted")
    parts = {part.get_param("name", header="content-disposition"): part for part in message.iter_parts()}
    _need("photo" in parts or "no-photo" in faults, "photo")
    if "title" in parts:
        title = bytes(parts["title"].get_payload(decode=True)).decode("utf-8", "replace")
        _need(len(title) <= 8 or "long-title" in faults, "title")
    return 200, {"kept": True}


def _download(_call: Call, _faults: frozenset[str], _kept: list[dict[str, Any]]) -> Answer:
    return 200, _PNG, {"content-type": "image/png"}
