"""Cases of parameters and of request bodies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.comparison.peer.documents import (
    INTEGER,
    JSON,
    NUMBER,
    TEXT,
    TEXTS,
    Case,
    Document,
    Documents,
    Schemas,
    asked,
    cases,
    in_filter,
    in_header,
    member,
    members,
    operation,
    pairs,
    sent,
)
from tests.comparison.peer.keywords import LIMITS


def in_path(schema: Any) -> Document:
    return asked(schema, "path")


#: the schema of a parameter
PARAMETERS: Schemas = {
    **{
        title: (loose, tight, "B-")
        for title, (loose, tight, _) in LIMITS.items()
        if title.startswith(("max", "min", "ex")) and "properties" not in title
    },
    "max set": (NUMBER, {**NUMBER, "maximum": 5}, "B"),
    "min set": (NUMBER, {**NUMBER, "minimum": 5}, "B"),
    "exclusive min and max set": (INTEGER, {**INTEGER, "exclusiveMinimum": 0, "exclusiveMaximum": 9}, "B"),
    "max length set": (TEXT, {**TEXT, "maxLength": 5}, "B"),
    "min items set": (TEXTS, {**TEXTS, "minItems": 3}, "B"),
    "enum": (TEXT, {**TEXT, "enum": ["a"]}, "B-"),
    "enum value": ({**TEXT, "enum": ["a", "b"]}, {**TEXT, "enum": ["a"]}, "B-"),
    "pattern": (TEXT, {**TEXT, "pattern": "^[a-z]+$"}, "B-"),
    "pattern, another": ({**TEXT, "pattern": "[0-9a-f]+"}, {**TEXT, "pattern": "[0-9]+"}, "B"),
    "pattern, wider": ({**TEXT, "pattern": "[0-9]+"}, {**TEXT, "pattern": ".*"}, "-"),
    "type": (TEXT, INTEGER, "B"),
    "format": (TEXT, {**TEXT, "format": "uuid"}, "B"),
    "format, another": ({**TEXT, "format": "uuid"}, {**TEXT, "format": "uri"}, "B"),
    "list of types": ({"type": ["integer", "boolean"]}, INTEGER, "B-"),
    "list of types, any text": (INTEGER, {"type": ["integer", "string"]}, "-"),
    "list of types, wider": ({"type": ["integer", "string"]}, {"type": ["number", "string"]}, "-"),
    "default": (TEXT, {**TEXT, "default": "a"}, "--"),
    "default, another": ({**TEXT, "default": "a"}, {**TEXT, "default": "b"}, "-"),
    "extensible value": (
        {**TEXT, "x-extensible-enum": ["a", "b"]},
        {**TEXT, "x-extensible-enum": ["a"]},
        "B",
    ),
    "nothing admitted": (TEXT, False, "B-"),
    "deprecated schema": (TEXT, {**TEXT, "deprecated": True}, "-"),
}

#: a member of a parameter
FILTERS: Schemas = {
    "enum value": ({**TEXT, "enum": ["a", "b"]}, {**TEXT, "enum": ["a"]}, "B-"),
    "enum": ({**TEXT, "enum": ["a", "b"]}, TEXT, "-"),
    "nothing admitted": (TEXT, False, "B-"),
    "list of types": ({"type": ["integer", "boolean"]}, INTEGER, "B-"),
}

#: an object in a header field
HEADERS: Schemas = {
    "new, required": (members(a=TEXT), members("b", a=TEXT, b=TEXT), "B"),
    "new": (members(a=TEXT), members(a=TEXT, b=TEXT), "-"),
    "required": (members(a=TEXT), members("a", a=TEXT), "B-"),
    "enum": (members(a=TEXT), members(a={**TEXT, "enum": ["x"]}), "B"),
}

#: the type and format of a parameter, wherever it stands
TYPES: Schemas = {
    "type": ({**TEXT, "format": "uuid"}, {**INTEGER, "format": "uuid"}, "B"),
    "format": ({**TEXT, "format": "uuid"}, {**TEXT, "format": "uri"}, "B"),
}


def _filtered(schema: Any) -> Document:
    """A parameter whose value is JSON."""
    return operation(
        method="get", parameters=[{"name": "q", "in": "query", "content": {JSON: {"schema": member(schema)}}}]
    )


def _of_path(*parameters: Document) -> Document:
    found = operation(method="get")
    found["paths"]["/things"]["parameters"] = [*parameters]
    return found


def _parameter(place: str = "query", **described: Any) -> Document:
    return {"name": "q", "in": place, "schema": TEXT, **described}


def _renamed(name: str, **schema: Any) -> Document:
    parameter = {"name": name, "in": "path", "required": True, "schema": {**TEXT, **schema}}
    return operation(f"/things/{{{name}}}/x", "get", parameters=[parameter])


def _with_body(schema: Any = None, *, media: tuple[str, ...] = (JSON,), **described: Any) -> Document:
    content = {name: {} if schema is None else {"schema": schema} for name in media}
    return operation(requestBody={"content": content, **described})


NONE = operation(method="get")
NO_BODY = operation()
STAYS: Document = {"deprecated": True, "x-sunset": "9999-01-01"}
PAST: Document = {"deprecated": True, "x-sunset": "2001-01-01"}
NO_DAY: Document = {"deprecated": True, "x-sunset": "soon"}
DEPRECATED: Document = {"deprecated": True}
NINE, FIVE = (_of_path(_parameter(schema={**TEXTS, "maxItems": number})) for number in (9, 5))

PAIRS: Documents = {
    **{
        f"new in the {place}, {'required' if required else 'optional'}": (
            NONE,
            asked(place=place, required=required),
            "B" if required else "-",
        )
        for place in ("header", "query", "cookie")
        for required in (True, False)
    },
    **{
        f"new in the {place} of a path, with a default": (
            _of_path(),
            _of_path(_parameter(place, required=required, schema={**TEXT, "default": "a"})),
            "B" if required else "-",
        )
        for place in ("header", "query", "cookie")
        for required in (True,)
    },
    "new in a path": (
        operation("/things/{a}", parameters=[{**_parameter("path", name="a"), "required": True}]),
        operation("/things/{a}/{b}", parameters=[{**_parameter("path", name=n), "required": True} for n in "ab"]),
        "B",
    ),
    "a parameter of a path is new": (_of_path(), _of_path(_parameter(schema={**TEXT, "default": "a"})), "-"),
    "fewer items in a parameter of a path": (NINE, FIVE, "o"),
    "fewer items in a parameter of a path, flattened": (NINE, FIVE, "B"),
    "required": (asked(place="header"), asked(place="header", required=True), "B"),
    "optional": (asked(place="header", required=True), asked(place="header"), "-"),
    "a required one with another default": (
        asked({**TEXT, "default": "a"}, required=True),
        asked({**TEXT, "default": "b"}, required=True),
        "-",
    ),
    "renamed": (_renamed("group"), _renamed("id"), "-"),
    "renamed, with another default": (_renamed("group", default="a"), _renamed("id", default="b"), "-"),
    "gone": (asked(), NONE, "B"),
    "gone before its sunset": (asked(**STAYS), NONE, "B"),
    "gone after its sunset": (asked(**PAST), NONE, "-"),
    "gone after a deprecation": (asked(**DEPRECATED), NONE, "-"),
    "gone, with a sunset that is no date": (asked(**NO_DAY), NONE, "B"),
    "gone from a draft": (
        operation(method="get", parameters=[_parameter()], **{"x-stability-level": "alpha"}),
        operation(method="get", **{"x-stability-level": "alpha"}),
        "-",
    ),
    "deprecated": (asked(), asked(**DEPRECATED), "-"),
    "deprecated until a day": (asked(), asked(**STAYS), "-"),
    "deprecated until no date": (asked(), asked(**NO_DAY), "B"),
    "no longer deprecated": (asked(**STAYS), asked(), "-"),
    "sunset gone": (asked(**STAYS), asked(**DEPRECATED), "B"),
    "sunset gone, renamed": (
        operation("/a/{x}", parameters=[{**_parameter("path", name="x"), "required": True, **STAYS}]),
        operation("/a/{y}", parameters=[{**_parameter("path", name="y"), "required": True, **DEPRECATED}]),
        "B",
    ),
    "sunset earlier": (asked(**STAYS), asked(**PAST), "B"),
    "sunset no date any more": (asked(**STAYS), asked(**NO_DAY), "B"),
    "sunset was no date": (asked(**NO_DAY), asked(**STAYS), "b"),
    "another extension gone": (asked(**{**DEPRECATED, "x-other": 1}), asked(**DEPRECATED), "-"),
    "sunset unchanged": (asked(**STAYS), asked(**STAYS), "-"),
    "content from a number to a text": (_filtered(NUMBER), _filtered(TEXT), "B"),
    "content from a text to a number": (_filtered(TEXT), _filtered(NUMBER), "B"),
    "content from an integer to a number": (_filtered(INTEGER), _filtered(NUMBER), "-"),
    "a list that is not exploded": (asked(TEXTS), asked(TEXTS, explode=False), "B"),
    "a list that is exploded, as by default": (asked(TEXTS), asked(TEXTS, explode=True), "-"),
    "one value that is not exploded": (asked(), asked(explode=False), "-"),
    "any value that is not exploded": (asked({}), asked({}, explode=False), "B"),
    "a list with pipes": (asked(TEXTS), asked(TEXTS, style="pipeDelimited"), "B"),
    "a list with pipes, as by default": (
        asked(TEXTS, style="pipeDelimited"),
        asked(TEXTS, style="pipeDelimited", explode=False),
        "-",
    ),
    "a path with a label": (asked(place="path"), asked(place="path", style="label"), "B"),
    "reserved characters": (asked(), asked(allowReserved=True), "-"),
    "no reserved characters": (asked(allowReserved=True), asked(), "B"),
    "body new, required": (NO_BODY, _with_body({"type": "object"}, required=True), "B"),
    "body new": (NO_BODY, _with_body({"type": "object"}), "-"),
    "body gone": (_with_body({"type": "object"}), NO_BODY, "B"),
    "body required": (_with_body(TEXT), _with_body(TEXT, required=True), "B"),
    "body optional": (_with_body(TEXT, required=True), _with_body(TEXT), "-"),
    "media type gone": (_with_body(TEXT, media=(JSON, "text/csv")), _with_body(TEXT, media=("text/csv",)), "B"),
    "media type new": (_with_body(TEXT, media=(JSON,)), _with_body(TEXT, media=(JSON, "text/csv")), "-"),
    "enum of a text": (
        _with_body({**TEXT, "enum": ["a"]}, media=("text/plain",)),
        _with_body(TEXT, media=("text/plain",)),
        "-",
    ),
    "the same document": (sent(member(TEXT)), sent(member(TEXT)), "-"),
}


def request_cases() -> Iterator[Case]:
    yield from cases("parameter", PARAMETERS, asked)
    yield from cases("filter", FILTERS, in_filter)
    yield from cases("header object", HEADERS, in_header)
    for place in (in_path, in_header):
        yield from cases("parameter type", TYPES, place)
    yield from (case._replace(title=f"{case.title} (parameter or body)") for case in pairs(PAIRS))
