"""Cases of alternatives, of members of objects, and of what only requests or only responses have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.comparison.peer.documents import (
    INTEGER,
    TEXT,
    TEXTS,
    Case,
    Document,
    Documents,
    Schemas,
    answered,
    asked,
    cases,
    in_filter,
    in_header,
    member,
    members,
    of_3_0,
    pairs,
    sent,
)

NAME = members(name=TEXT)
A = members(a=TEXT)
NEEDS_A = members("a", a=TEXT)
READ_ONLY, WRITE_ONLY = {**TEXT, "readOnly": True}, {**TEXT, "writeOnly": True}


def _alike(keyword: str, number: int) -> Document:
    """Alternatives of which all but the first are the same, in the body and in one of its members."""
    breeds = {"type": "object", keyword: [NAME] * number}
    return {keyword: [members(name=TEXT, breed=breeds), *[NAME] * (number - 1)]}


def _nullable(schema: Any) -> Document:
    return {"oneOf": [{"type": "null"}, schema]}


def _optional(schema: Any) -> Document:
    return {"type": ["string", "null"]} if schema == TEXT else _nullable(schema)


COLOUR = {**TEXT, "enum": ["red", "blue"]}
OWNER = members("a", a=TEXT, b=INTEGER)

#: the body of a request and of a response
COMPOSED: Schemas = {
    "anyOf, one of three alike": (_alike("anyOf", 3), _alike("anyOf", 2), "b--b"),
    "oneOf, one of three alike": (_alike("oneOf", 3), _alike("oneOf", 2), "BooB"),
    "allOf, one of three alike": (_alike("allOf", 3), _alike("allOf", 2), "-bb-"),
    "allOf, a part that asserts nothing": (
        {"allOf": [NAME]},
        {"allOf": [NAME, {"description": "one more"}]},
        "----",
    ),
    "allOf in a member, a part that asserts nothing": (
        member({"allOf": [NAME]}),
        member({"allOf": [NAME, {"description": "one more"}]}),
        "----",
    ),
    "allOf, a member that is gone": (
        {"allOf": [NAME, members(other=TEXT, gone=TEXT)]},
        {"allOf": [NAME, members("new", other=INTEGER, new=TEXT)]},
        "B   ",
    ),
    "a limit beside an allOf of objects": (
        member({"maxLength": 9, "allOf": [NAME]}),
        member({"maxLength": 5, "allOf": [NAME]}),
        "b   ",
    ),
    "oneOf around the body": (OWNER, {"oneOf": [OWNER, NAME]}, "BB  "),
    "required by one part of two": ({"allOf": [NEEDS_A, NEEDS_A]}, {"allOf": [A, NEEDS_A]}, " b  "),
    "required by one part of two, flattened": ({"allOf": [NEEDS_A, NEEDS_A]}, {"allOf": [A, NEEDS_A]}, " -  "),
    "a member required by one part of two": (
        member({"allOf": [NEEDS_A, NEEDS_A]}),
        member({"allOf": [A, NEEDS_A]}),
        " b  ",
    ),
    "a member with the name of an allOf": (
        members(**{"allOf[x]": NEEDS_A}),
        members(**{"allOf[x]": A}),
        " B  ",
    ),
    "nullable in a oneOf": (OWNER, _nullable(OWNER), "- B "),
    "nullable members": (
        members(colour=COLOUR, owner=OWNER, name=TEXT),
        members(colour=_optional(COLOUR), owner=_optional(OWNER), name=_optional(TEXT)),
        "- B ",
    ),
    "a nullable member": (member(COLOUR), member(_nullable(COLOUR)), " B -"),
    "a nullable member of a member": (member(member(TEXT)), member(member(_optional(TEXT))), " B  "),
    "a nullable member with fewer values": (
        member(COLOUR),
        member(_nullable({**TEXT, "enum": ["red"]})),
        "B   ",
    ),
    "members of further members": (
        {"type": "object", "additionalProperties": members("id", "kind", id=INTEGER, kind=TEXT)},
        {"type": "object", "additionalProperties": members("id", id=INTEGER)},
        " B  ",
    ),
    "type within an allOf": ({"allOf": [members(a=TEXT)]}, {"allOf": [members(a=INTEGER)]}, " B  "),
}

#: the members of an object
OBJECTS: Schemas = {
    "required": (A, NEEDS_A, "B--B"),
    "required, with a default": (A, members("a", a={**TEXT, "default": "x"}), "B   "),
    "required in items": ({"type": "array", "items": A}, {"type": "array", "items": NEEDS_A}, "B   "),
    "required in items, with a default": (
        {"type": "array", "items": members(a={**TEXT, "default": "x"})},
        {"type": "array", "items": members("a", a={**TEXT, "default": "x"})},
        "B   ",
    ),
    "required in an anyOf": (member({"anyOf": [A, INTEGER]}), member({"anyOf": [NEEDS_A, INTEGER]}), "B  B"),
    "required in a oneOf": (member({"oneOf": [A, INTEGER]}), member({"oneOf": [NEEDS_A, INTEGER]}), "   B"),
    "required in an allOf": (member({"allOf": [A, NAME]}), member({"allOf": [NEEDS_A, NAME]}), "   B"),
    "required in a member": (member(A), member(NEEDS_A), "B   "),
    "new, required": (A, members("b", a=TEXT, b=TEXT), "B-BB"),
    "new, required, with a default": (A, members("b", a=TEXT, b={**TEXT, "default": "x"}), "B   "),
    "new, optional": (A, members(a=TEXT, b=TEXT), "--Bo"),
    "new, one of two required": (A, members("b", a=TEXT, b=TEXT, c=TEXT), "B   "),
    "new in an allOf, required": ({"allOf": [A, NAME]}, {"allOf": [members("b", a=TEXT, b=TEXT), NAME]}, " - B"),
    "new in items": ({"items": A}, {"items": members(a=TEXT, b=TEXT)}, "  B "),
    "a name that is no member, required": (A, members("z", a=TEXT), "o   "),
    "optional and gone": (members("a", "b", a=TEXT, b=TEXT), members("a", a=TEXT), " B  "),
    "read-only, required": (members(a=READ_ONLY), members("a", a=READ_ONLY), "-   "),
    "read-only, new, required": (A, members("b", a=TEXT, b=READ_ONLY), "-   "),
    "read-only, with another type": (members(a=INTEGER), members(a=READ_ONLY), "o   "),
    "write-only, required": (members(a=WRITE_ONLY), members("a", a=WRITE_ONLY), " - -"),
    "write-only, new": (A, members(a=TEXT, b=WRITE_ONLY), " - -"),
    "write-only, new, required": (A, members("b", a=TEXT, b=WRITE_ONLY), " - -"),
    "optional, read-only": (A, members(a=READ_ONLY), "o---"),
    "optional, write-only": (A, members(a=WRITE_ONLY), "-o--"),
    "required, read-only": (NEEDS_A, members("a", a=READ_ONLY), "o-o-"),
    "required, write-only": (NEEDS_A, members("a", a=WRITE_ONLY), "-o-b"),
}

#: an object or a value in a parameter
ASKED: Schemas = {
    "nullable in a oneOf": (COLOUR, _nullable(COLOUR), "-B"),
    "nullable": (TEXT, _optional(TEXT), "-B"),
}

_CAT, _DOG = "#/components/schemas/Cat", "#/components/schemas/Dog"
_PETS = {
    "Cat": members("pet", pet=TEXT, kind=TEXT, age=INTEGER),
    "Dog": members("pet", pet=TEXT, name=TEXT),
}
DISCRIMINATORS: dict[str, tuple[Any, Any, str]] = {
    "discriminator": (None, {"propertyName": "pet", "mapping": {"dog": _DOG, "cat": _CAT}}, "oooo"),
    "mapping of a discriminator": (
        {"propertyName": "pet", "mapping": {"dog": _DOG, "cat": _CAT}},
        {"propertyName": "pet", "mapping": {"dog": _DOG, "cats": _CAT}},
        "oo  ",
    ),
    "name of a discriminator": (
        {"propertyName": "pet", "mapping": {"dog": _DOG, "cat": _CAT}},
        {"propertyName": "kind", "mapping": {"dog": _DOG, "cat": _CAT}},
        "oo  ",
    ),
}


def pet_sent(discriminator: Any) -> Document:
    return sent(_pet(discriminator), **_PETS)


def pet_answered(discriminator: Any) -> Document:
    return answered(_pet(discriminator), **_PETS)


def _pet(discriminator: Any) -> Document:
    found = {"oneOf": [{"$ref": _CAT}, {"$ref": _DOG}]}
    return found if discriminator is None else {**found, "discriminator": discriminator}


def _node(**rules: Any) -> Document:
    node = members(created={**TEXT, **rules}, next={"$ref": "#/components/schemas/Node"})
    return sent(member({"$ref": "#/components/schemas/Node"}), Node=node)


def _streamed(item: Any, *, back: bool) -> Document:
    """A sequence of OpenAPI 3.2 whose items have this schema."""
    content = {"content": {"application/jsonl": {} if item is None else {"itemSchema": item}}}
    made = {"responses": {"200": {"description": "", **content}}} if back else {"requestBody": content}
    described = {"responses": {"200": {"description": ""}}, **made}
    return {"openapi": "3.2.0", "paths": {"/things": {"post": {"operationId": "it", **described}}}}


OTHERS: Documents = {
    "pattern of a schema within itself": (_node(), _node(pattern="^[a-z]+$"), "B"),
    "schema of items, sent": (_streamed(None, back=False), _streamed(NAME, back=False), "B"),
    "schema of items gone, sent": (_streamed(NAME, back=False), _streamed(None, back=False), "-"),
    "schema of items, answered": (_streamed(None, back=True), _streamed(NAME, back=True), "-"),
    "schema of items gone, answered": (_streamed(NAME, back=True), _streamed(None, back=True), "B"),
    "the members of a header, nullable": (in_header(member(COLOUR)), in_header(member(_nullable(COLOUR))), "-"),
    "the members of a header, not nullable": (in_header(member(_nullable(COLOUR))), in_header(member(COLOUR)), "B"),
    "nullable list of 3.0": (
        of_3_0(answered(member(TEXTS))),
        of_3_0(answered(member({**TEXTS, "nullable": True}))),
        "B",
    ),
}


def composition_cases() -> Iterator[Case]:
    yield from cases("composed", COMPOSED, sent, answered)
    yield from cases("object", OBJECTS, sent, answered)
    yield from cases("parameter", ASKED, asked)
    yield from cases("member of a parameter", ASKED, in_filter)
    yield from cases("discriminator", DISCRIMINATORS, pet_sent, pet_answered)
    yield from pairs(OTHERS)
