"""Keywords that cannot be judged: they are not valid, have a pattern that cannot be read, or such a one decides about
them.

A validator gets the schema without them, so it takes more values than the document means, and never fewer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import msgspec

from clausewise.contract.keywords import KEYWORDS, describe, show
from clausewise.spec.pointer import Source
from clausewise.spec.subschemas import subschemas

_T = TypeVar("_T")


class Unjudged(msgspec.Struct, frozen=True):
    """A keyword of a schema that the validator does not get."""

    keyword: str
    #: its value as in the document; of `patternProperties` the name in it
    value: Any
    #: its pointer from the node on: "/pattern"
    below: str
    #: why it cannot be judged, as a sentence
    reason: str
    #: whether the document is not valid here, or in a schema that decides about it: nobody knows what it asserts
    is_invalid: bool = False
    #: whether it is a pattern that ECMA-262 reads, though as something else than its author means
    is_meant_otherwise: bool = False
    #: keywords that have no meaning without it, and that the validator does not get either
    bound: tuple[tuple[str, Any], ...] = ()

    @property
    def is_unreadable(self) -> bool:
        """Whether it is, or has as a name, a pattern that cannot be read."""
        return not self.is_invalid and self.keyword in ("pattern", "patternProperties")

    def text(self, name: str) -> str:
        """What it asserts of the value that a sentence calls `name`."""
        if self.is_invalid:
            return f"{name} keeps its `{self.keyword}`"
        if self.keyword in KEYWORDS and not (self.keyword == "additionalProperties" and self.value is not False):
            return describe(self.keyword, self.value, name)
        return f"{name} {_PREDICATES[self.keyword]} {self.value if isinstance(self.value, str) else show(self.value)}"


#: keyword that is no clause by itself -> what a sentence says of it
_PREDICATES = {
    "patternProperties": "has a schema of their own for members whose names match",
    "additionalProperties": "has, beside its documented members, only such that match",
    "if": "keeps what the document says for the condition",
}

#: keyword with a schema that decides about others, or is a clause as a whole -> keywords without a meaning without it
_DECIDED = {
    "if": ("then", "else"),
    "contains": ("minContains", "maxContains"),
    **dict.fromkeys(("not", "propertyNames", "unevaluatedProperties", "unevaluatedItems"), ()),
}

#: pointer of a schema node -> the keywords of that node that cannot be judged
Found = dict[str, list[Unjudged]]


def relax(schema: dict[str, Any], found: Found, origins: dict[str, Source]) -> None:
    """Take out of a generated schema, in place, what a pattern that is missing in it decides about.

    A schema without its pattern takes more values. Where more values are right for one part, fewer are for `not`, for a
    `oneOf` and for what an `if` or a `contains` decides.
    """
    _Relaxation(schema, found, origins).run()


class _Relaxation:
    def __init__(self, schema: dict[str, Any], found: Found, origins: dict[str, Source]) -> None:
        self._schema = schema
        self._found = found
        self._origins = origins
        self._first = next(iter(found.values()))[0]
        definitions = schema.get("$defs", {})
        self._loose = {name for name in definitions if self._is_below(f"/$defs/{name}")}
        referring = {name: set(_references(definition)) for name, definition in definitions.items()}
        while further := {
            name for name in definitions if name not in self._loose and not referring[name].isdisjoint(self._loose)
        }:
            self._loose |= further

    def run(self) -> None:
        self._node({keyword: value for keyword, value in self._schema.items() if keyword != "$defs"}, "")
        # The root is changed itself, and its definitions stay where they are.
        for name in list(self._schema.get("$defs", {})):
            self._node(self._schema["$defs"][name], f"/$defs/{name}")

    def _is_below(self, pointer: str) -> bool:
        return any(_stands_in(node, pointer) for node in self._found)

    def _is_loose(self, schema: Any, pointer: str) -> bool:
        """Whether a schema, or what it refers to, lacks a pattern."""
        return self._is_below(pointer) or not self._loose.isdisjoint(_references(schema))

    def _node(self, node: Any, pointer: str) -> None:
        if not isinstance(node, dict):
            return
        for child in subschemas(node, pointer):
            self._node(child.schema, child.pointer)
        owner = self._schema if pointer == "" else node
        lost = any(each.keyword == "patternProperties" for each in self._found.get(pointer, ()))
        for keyword in ("additionalProperties", "unevaluatedProperties"):
            if keyword in owner and lost:
                self._take(owner, keyword, pointer)
        for keyword, bound in _DECIDED.items():
            if keyword in owner and self._is_loose(owner[keyword], f"{pointer}/{keyword}"):
                self._take(owner, keyword, pointer, bound)
        parts = owner.get("oneOf", ())
        if any(self._is_loose(part, f"{pointer}/oneOf/{index}") for index, part in enumerate(parts)):
            self._take(owner, "oneOf", pointer)
            below = "/anyOf" if "anyOf" not in owner else f"/allOf/{len(owner.get('allOf', ()))}/anyOf"
            if "anyOf" in owner:
                owner.setdefault("allOf", []).append({"anyOf": parts})
            else:
                owner["anyOf"] = parts
            self._move(f"{pointer}/oneOf", f"{pointer}{below}")

    def _take(self, node: dict[str, Any], keyword: str, pointer: str, bound: tuple[str, ...] = ()) -> None:
        at = f"{pointer}/{keyword}"
        inside = (each for place, found in self._found.items() if _stands_in(place, at) for each in found)
        cause, value = next(inside, self._first), node.pop(keyword)
        others = tuple((other, node.pop(other)) for other in bound if other in node)
        taken = Unjudged(keyword, value, f"/{keyword}", cause.reason, cause.is_invalid, bound=others)
        self._found.setdefault(pointer, []).append(taken)

    def _move(self, old: str, new: str) -> None:
        """Keep the places of what stands at another pointer now."""
        self._origins |= _moved(self._origins, old, new)
        self._found |= _moved(self._found, old, new)


def _moved(places: Mapping[str, _T], old: str, new: str) -> dict[str, _T]:
    """What stands in `old`, at the pointers that it has in `new`."""
    return {new + key.removeprefix(old): value for key, value in places.items() if _stands_in(key, old)}


def _stands_in(pointer: str, outer: str) -> bool:
    return pointer == outer or pointer.startswith(f"{outer}/")


def _references(schema: Any) -> Iterator[str]:
    """The names of the definitions that a schema refers to."""
    if isinstance(schema, Mapping):
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"].removeprefix("#/$defs/")
        for child in subschemas(schema):
            yield from _references(child.schema)
