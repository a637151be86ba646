"""The documents of the cases, and how their tables are written.

A case is a title, the old document, the new one, and a mark:

- `B`: oasdiff calls it breaking, and so do we; `-`: neither does
- `b`: oasdiff calls it breaking, and we do not; `o`: only we do

A table of schemas has one mark for each place and way: four for a request and a response, and for the way back in
both ("B--B"); " " where oasdiff has no such case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

Document = dict[str, Any]

TEXT, INTEGER, NUMBER = {"type": "string"}, {"type": "integer"}, {"type": "number"}
TEXTS: Document = {"type": "array", "items": TEXT}
JSON = "application/json"


class Case(NamedTuple):
    title: str
    old: Document
    new: Document
    mark: str


#: title -> the old schema, the new one, and the marks
Schemas = Mapping[str, tuple[Any, Any, str]]
#: title -> the old document, the new one, and the mark
Documents = Mapping[str, tuple[Document, Document, str]]


def operation(path: str = "/things", method: str = "post", **described: Any) -> Document:
    """A document with one operation."""
    return {"paths": {path: {method: {"operationId": "it", "responses": {"200": {"description": ""}}, **described}}}}


def sent(schema: Any, **schemas: Any) -> Document:
    """One operation whose request body has this schema; `schemas` are the document's components."""
    found = operation(requestBody={"content": {JSON: described(schema)}})
    return {**found, "components": {"schemas": schemas}} if schemas else found


def answered(schema: Any, **schemas: Any) -> Document:
    """One operation whose response has this schema."""
    found = answer(content={JSON: described(schema)})
    return {**found, "components": {"schemas": schemas}} if schemas else found


def described(schema: Any) -> Document:
    """A media type with this schema; without one for None."""
    return {} if schema is None else {"schema": schema}


def answer(**fields: Any) -> Document:
    return operation(responses={"200": {"description": "", **fields}})


def with_header(schema: Any = None, **described: Any) -> Document:
    """One operation whose response has a header field."""
    return answer(headers={"X-Rate": {"schema": INTEGER if schema is None else schema, **described}})


def asked(schema: Any = None, place: str = "query", **described: Any) -> Document:
    """One operation with a parameter."""
    parameter = {"name": "q", "in": place, "schema": TEXT if schema is None else schema, **described}
    path = "/things/{q}" if place == "path" else "/things"
    return operation(path, "get", parameters=[{**parameter, **({"required": True} if place == "path" else {})}])


def in_header(schema: Any) -> Document:
    return asked(schema, "header")


def in_filter(schema: Any) -> Document:
    """One operation with a parameter that is an object with this member."""
    return asked(member(schema), style="deepObject", explode=True)


def member(schema: Any, name: str = "p") -> Document:
    return {"type": "object", "properties": {name: schema}}


def members(*required: str, **properties: Any) -> Document:
    """An object with these members, some of which it requires."""
    return {"type": "object", "properties": properties, **({"required": [*required]} if required else {})}


def of_3_0(document: Document) -> Document:
    return {"openapi": "3.0.3", **document}


Place = Callable[[Any], Document]


def cases(name: str, table: Schemas, *places: Place) -> Iterator[Case]:
    """The cases of a table of schemas; the marks are of the places in turn, and then of the way back in them."""
    for title, (one, two, marks) in table.items():
        ways = [(one, two, place, "") for place in places] + [(two, one, place, ", back") for place in places]
        for (before, after, place, back), mark in zip(ways, marks, strict=False):
            if mark != " ":
                words = place.__name__.replace("_", " ")
                yield Case(f"{title} ({name}, {words}{back})", place(before), place(after), mark)


def pairs(table: Documents) -> Iterator[Case]:
    for title, (old, new, mark) in table.items():
        yield Case(title, old, new, mark)
