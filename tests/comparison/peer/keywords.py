"""Cases of the keywords of a schema, in bodies and members of requests and responses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.comparison.peer.documents import (
    INTEGER,
    NUMBER,
    TEXT,
    TEXTS,
    Case,
    Document,
    Schemas,
    answered,
    asked,
    cases,
    member,
    members,
    of_3_0,
    sent,
    with_header,
)

OBJECT: Document = {"type": "object"}
PAIR: Document = {"type": "array", "prefixItems": [TEXT, INTEGER]}
NAMED = members(name=TEXT)
SPECIAL = {"if": member({"const": "x"}, "name"), "then": {"required": ["name"]}, "else": member(TEXT, "name")}

#: keyword -> a value; each is set where no keyword was, and unset
BOUNDS: dict[str, Any] = {
    "maximum": 5,
    "minimum": 5,
    "exclusiveMaximum": 5,
    "exclusiveMinimum": 5,
    "multipleOf": 5,
    "maxLength": 5,
    "minLength": 5,
    "maxItems": 5,
    "minItems": 5,
    "maxProperties": 5,
    "minProperties": 5,
}

#: a limit and a narrower one
LIMITS: Schemas = {
    "max": ({**NUMBER, "maximum": 9}, {**NUMBER, "maximum": 5}, "B -B"),
    "min": ({**NUMBER, "minimum": 5}, {**NUMBER, "minimum": 9}, "B -B"),
    "exclusive max": ({**NUMBER, "exclusiveMaximum": 9}, {**NUMBER, "exclusiveMaximum": 5}, "B -B"),
    "exclusive min": ({**NUMBER, "exclusiveMinimum": 5}, {**NUMBER, "exclusiveMinimum": 9}, "B -B"),
    "max length": ({**TEXT, "maxLength": 9}, {**TEXT, "maxLength": 5}, "B -B"),
    "min length": ({**TEXT, "minLength": 3}, {**TEXT, "minLength": 5}, "B -B"),
    "max items": ({**TEXTS, "maxItems": 9}, {**TEXTS, "maxItems": 5}, "B -B"),
    "min items": ({**TEXTS, "minItems": 3}, {**TEXTS, "minItems": 5}, "B  B"),
    "max properties": ({**OBJECT, "maxProperties": 9}, {**OBJECT, "maxProperties": 5}, "B -B"),
    "min properties": ({**OBJECT, "minProperties": 3}, {**OBJECT, "minProperties": 5}, "B  B"),
    "multiple of, a multiple": ({**NUMBER, "multipleOf": 2}, {**NUMBER, "multipleOf": 4}, "B--B"),
}

#: the cases of a body, and of a member as well
KEYWORDS: Schemas = {
    **LIMITS,
    "max set": (NUMBER, {**NUMBER, "maximum": 5}, "B   "),
    "min set": (NUMBER, {**NUMBER, "minimum": 5}, "B   "),
    "max length set": (TEXT, {**TEXT, "maxLength": 5}, "B   "),
    "min items set": (TEXTS, {**TEXTS, "minItems": 3}, "B   "),
    "max items set": (TEXTS, {**TEXTS, "maxItems": 5}, "B   "),
    "max properties set": (OBJECT, {**OBJECT, "maxProperties": 5}, "B   "),
    "exclusive max set": (NUMBER, {**NUMBER, "exclusiveMaximum": 5}, "B   "),
    "exclusive min set": (NUMBER, {**NUMBER, "exclusiveMinimum": 5}, "B   "),
    "unique items": (TEXTS, {**TEXTS, "uniqueItems": True}, "B -B"),
    "multiple of": (NUMBER, {**NUMBER, "multipleOf": 5}, "B -B"),
    "multiple of, another": ({**NUMBER, "multipleOf": 2}, {**NUMBER, "multipleOf": 3}, "BB  "),
    "const": (TEXT, {**TEXT, "const": "a"}, "B--B"),
    "const, another": ({**TEXT, "const": "a"}, {**TEXT, "const": "b"}, "BB  "),
    "enum": (TEXT, {**TEXT, "enum": ["a"]}, "B -B"),
    "list of types": ({"type": ["string", "integer"]}, TEXT, "B--B"),
    "type": (TEXT, INTEGER, "BB  "),
    "type, wider": (INTEGER, NUMBER, "-BB-"),
    "contains": (TEXTS, {**TEXTS, "contains": INTEGER}, "B--B"),
    "min contains": ({"contains": INTEGER, "minContains": 1}, {"contains": INTEGER, "minContains": 2}, "B--B"),
    "max contains": ({"contains": INTEGER, "maxContains": 6}, {"contains": INTEGER, "maxContains": 5}, "B--B"),
    "content schema": (TEXT, {**TEXT, "contentSchema": INTEGER}, "B--B"),
    "content encoding": ({**TEXT, "contentEncoding": "base64"}, {**TEXT, "contentEncoding": "base32"}, "BB  "),
    "content media type": (
        {**TEXT, "contentMediaType": "application/json"},
        {**TEXT, "contentMediaType": "text/plain"},
        "BB  ",
    ),
    "dependent required": (OBJECT, {**OBJECT, "dependentRequired": {"a": ["b"]}}, "B--B"),
    "dependent required, one more": (
        {**OBJECT, "dependentRequired": {"a": ["b"]}},
        {**OBJECT, "dependentRequired": {"a": ["b", "c"]}},
        "Bb  ",
    ),
    "dependent schema": (NAMED, {**NAMED, "dependentSchemas": {"name": members(mail=TEXT)}}, "b-oB"),
    "then": ({"if": TEXT}, {"if": TEXT, "then": {"maxLength": 5}}, "B--B"),
    "else": ({"if": TEXT}, {"if": TEXT, "else": INTEGER}, "B--B"),
    "pattern properties": (OBJECT, {**OBJECT, "patternProperties": {"^x-": TEXT}}, "B--B"),
    "property names": (OBJECT, {**OBJECT, "propertyNames": {"pattern": "^[a-z]"}}, "B--B"),
    "unevaluated properties": (NAMED, {**NAMED, "unevaluatedProperties": False}, "B--B"),
    "unevaluated items": (PAIR, {**PAIR, "unevaluatedItems": False}, "B--B"),
    "prefix items": (TEXTS, {**TEXTS, "prefixItems": [INTEGER]}, "BBBB"),
    "default": (TEXT, {**TEXT, "default": "a"}, "----"),
    "default, another": ({**TEXT, "default": "a"}, {**TEXT, "default": "b"}, "--  "),
}

#: of a body alone
BODIES: Schemas = {
    "if, then and else": (NAMED, {**NAMED, **SPECIAL}, "B--B"),
    "prefix items like the others": (TEXTS, {**TEXTS, "prefixItems": [TEXT]}, "----"),
    "enum value": ({**TEXT, "enum": ["a", "b"]}, {**TEXT, "enum": ["a"]}, "B-- "),
    "another type": (NUMBER, TEXT, "BB  "),
    "type, narrower, with a format": (NUMBER, {**INTEGER, "format": "int32"}, "B-  "),
    "fewer items": ({**TEXTS, "minItems": 5}, {**TEXTS, "minItems": 3}, "-   "),
    "prefix items in another order": (PAIR, {"type": "array", "prefixItems": [INTEGER, TEXT]}, "B   "),
    "no further items": (PAIR, {**PAIR, "items": False}, "Bb  "),
    "object of a list": ({"type": "array", "items": NAMED}, NAMED, "B B "),
    "type and enum": (TEXT, {**INTEGER, "enum": [1, 2]}, "B   "),
    "no type": (TEXT, {}, "-   "),
    "format of an object": (NAMED, {**NAMED, "format": "uuid"}, "b   "),
    "limits of an object": (
        {**OBJECT, "exclusiveMinimum": 0, "exclusiveMaximum": 100},
        {**OBJECT, "exclusiveMinimum": 5, "exclusiveMaximum": 50},
        "b   ",
    ),
    "not": (
        {**OBJECT, "not": members("gone", "kept", gone=TEXT, kept={**TEXT, "maxLength": 9})},
        {**OBJECT, "not": members("new", "kept", new=TEXT, kept={**TEXT, "maxLength": 5})},
        "B   ",
    ),
    "nothing admitted": (TEXT, False, "BB-o"),
    # None is no schema.
    "schema": (None, NAMED, "B--B"),
    "schema that admits nothing": (None, False, "BB-B"),
    "schema that admits everything": (None, True, "----"),
}

#: of a member alone
MEMBERS: Schemas = {
    "if, then and else": (OBJECT, {**OBJECT, **SPECIAL}, "B-oB"),
    "no type": (TEXT, {}, "-   "),
    "enum value": ({**TEXT, "enum": ["a", "b"]}, {**TEXT, "enum": ["a"]}, "B--B"),
    "type, narrower": (NUMBER, INTEGER, "B-  "),
    "format": ({**TEXT, "format": "date"}, {**TEXT, "format": "uuid"}, "BB  "),
    "nullable": (TEXT, {"type": ["string", "null"]}, " B -"),
    "nothing admitted": (TEXT, False, "Bo-B"),
    "lower max of answers": ({**NUMBER, "maximum": 9}, {**NUMBER, "maximum": 5}, " -  "),
    "lower max length of answers": ({**TEXT, "maxLength": 9}, {**TEXT, "maxLength": 5}, " -  "),
    "max length of answers": (TEXT, {**TEXT, "maxLength": 5}, " --B"),
    "min length, lower": ({**TEXT, "minLength": 5}, {**TEXT, "minLength": 3}, "-B  "),
    "min items, lower": ({**TEXTS, "minItems": 5}, {**TEXTS, "minItems": 3}, "-BB-"),
    "list or object": (TEXTS, OBJECT, "B B "),
    "list of types, and one": ({"type": ["string", "integer"]}, TEXT, "B   "),
    "text with a format": ({**INTEGER, "format": "int32"}, {**TEXT, "format": "string"}, "B   "),
    "format of a number": ({**INTEGER, "format": "int32"}, {**INTEGER, "format": "uuid"}, "b   "),
    "format that is gone": ({**TEXT, "format": "date-time"}, TEXT, "-B  "),
    "type of items": ({"type": "array", "items": NAMED}, {"type": "array", "items": members(name=INTEGER)}, " B  "),
    "type of further members": ({"additionalProperties": INTEGER}, {"additionalProperties": TEXT}, " B  "),
    "type of members of further members": (
        {"additionalProperties": members(a=INTEGER)},
        {"additionalProperties": members(a=TEXT)},
        " B  ",
    ),
    "pattern": (TEXT, {**TEXT, "pattern": "^[a-z]+$"}, "B--B"),
    "pattern, wider": ({**TEXT, "pattern": "^[a-z]+$"}, {**TEXT, "pattern": ".*"}, "-B  "),
    "pattern, wider by its values": ({**TEXT, "pattern": "^[a-z]+$"}, {**TEXT, "pattern": ".+"}, "bB  "),
    "items with rules are gone": ({"items": member({**INTEGER, "maximum": 100})}, {}, "-   "),
    "deprecated": (TEXT, {**TEXT, "deprecated": True}, "----"),
    "deprecated until a day": (TEXT, {**TEXT, "deprecated": True, "x-sunset": "9999-01-01"}, "--  "),
    "deprecated until a day that is past": (TEXT, {**TEXT, "deprecated": True, "x-sunset": "2001-01-01"}, "BB  "),
    "deprecated until no date": (TEXT, {**TEXT, "deprecated": True, "x-sunset": "soon"}, "BB  "),
    "stability": ({**TEXT, "x-stability-level": "draft"}, {**TEXT, "x-stability-level": "stable"}, "--BB"),
    "extensible value": (
        {**TEXT, "x-extensible-enum": ["a", "b"]},
        {**TEXT, "x-extensible-enum": ["a"]},
        "B   ",
    ),
}

#: of a member that requests do not have
READ_ONLY: Schemas = {
    **{
        title: (loose, tight, "-")
        for title, (loose, tight, _) in LIMITS.items()
        if title.startswith(("max", "min", "ex"))
    },
    "enum value": ({**TEXT, "enum": ["a", "b"]}, {**TEXT, "enum": ["a"]}, "-"),
    "enum": ({**TEXT, "enum": ["a", "b"]}, TEXT, "-"),
}
del READ_ONLY["min length"], READ_ONLY["min items"], READ_ONLY["min properties"]

#: of a member that responses do not have
WRITE_ONLY: Schemas = {
    "enum value": ({**TEXT, "enum": ["a", "b"]}, {**TEXT, "enum": ["a"]}, "--"),
    "enum": ({**TEXT, "enum": ["a", "b"]}, TEXT, "-"),
}

#: of a header field of a response
HEADERS: Schemas = {
    "type": (TEXT, INTEGER, "B"),
    "type, wider": (INTEGER, NUMBER, "B-"),
    "nullable": (TEXT, {"type": ["string", "null"]}, "B-"),
}

#: in OpenAPI 3.0
OF_3_0: Schemas = {
    "nullable of 3.0": (TEXT, {**TEXT, "nullable": True}, "-BB-"),
}

EXCLUSIVE: Schemas = {
    "exclusive without a limit": (
        {**INTEGER, "exclusiveMaximum": False},
        {**INTEGER, "exclusiveMaximum": True},
        "b",
    ),
    "not exclusive without a limit": (INTEGER, {**INTEGER, "exclusiveMaximum": False}, "-"),
    "no longer exclusive without a limit": ({**INTEGER, "exclusiveMaximum": True}, INTEGER, "-"),
}


def member_sent(schema: Any) -> Document:
    return sent(member(schema))


def member_answered(schema: Any) -> Document:
    return answered(member(schema))


def read_only(schema: Any) -> Document:
    return sent(member({**schema, "readOnly": True}))


def write_only(schema: Any) -> Document:
    return answered(member({**schema, "writeOnly": True}))


def older_sent(schema: Any) -> Document:
    return of_3_0(sent(schema))


def older_answered(schema: Any) -> Document:
    return of_3_0(answered(schema))


def older_member_sent(schema: Any) -> Document:
    return of_3_0(member_sent(schema))


def older_member_answered(schema: Any) -> Document:
    return of_3_0(member_answered(schema))


def keyword_cases() -> Iterator[Case]:
    yield from cases("bound", _bounds("B", "-"), sent, member_sent, asked)
    yield from cases("bound", _bounds("-", "B"), answered, member_answered, with_header)
    for places in ((sent, answered), (member_sent, member_answered)):
        yield from cases("keyword", KEYWORDS, *places)
    yield from cases("body", BODIES, sent, answered)
    yield from cases("member", MEMBERS, member_sent, member_answered)
    yield from cases("limit", READ_ONLY, read_only)
    yield from cases("value", WRITE_ONLY, write_only)
    yield from cases("header", HEADERS, with_header)
    for places in ((older_sent, older_answered), (older_member_sent, older_member_answered)):
        yield from cases("3.0", OF_3_0, *places)
    yield from cases("3.0", EXCLUSIVE, older_member_sent)


def _bounds(set_mark: str, unset_mark: str) -> Schemas:
    """Each keyword, set and unset in three places."""
    marks = set_mark * 3 + unset_mark * 3
    # Without `contains` these two have no effect.
    idle = {"minContains": 5, "maxContains": 5}
    return {
        **{name: ({}, {name: value}, marks) for name, value in BOUNDS.items()},
        **{name: ({}, {name: value}, marks.replace("B", "b")) for name, value in idle.items()},
    }
