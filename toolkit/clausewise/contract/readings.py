"""Texts as values: what came without types of its own is read as its schema has it.

The parts of a URL, headers, the fields of a form, plain text and the leaves of XML are texts. Only the schema says
which value a text stands for: `1` is a number where a number may stand, and a string where a string must. Where several
values are possible, the text stands for the one that keeps the schema, so that nobody is blamed for a guess.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from clausewise.contract.patterns import matcher
from clausewise.contract.validators import checker
from clausewise.media.codec import Either, File, Typed
from clausewise.media.json import parse_json
from clausewise.spec.pointer import descend, from_pointer
from clausewise.spec.subschemas import UNIONS

if TYPE_CHECKING:
    from clausewise.contract.message import Message


#: what came: a text, the raw items of an array, the raw members of an object, bytes, a file, a typed value, or
#: any of several of these
Raw = str | bytes | File | Typed | Either | list[Any] | dict[str, Any]

#: a number of JSON (RFC 8259 section 6)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")

#: the names of an array's members where an object stands for it: `p[0]=a&p[1]=b`
_INDEX = re.compile(r"0|[1-9][0-9]{0,5}")

#: type that a keyword is about -> these keywords, which tell what a schema without `type` means
_ABOUT = {
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "array": ("items", "prefixItems", "contains", "minItems", "maxItems", "uniqueItems", "unevaluatedItems"),
    "object": (
        *("properties", "patternProperties", "additionalProperties", "unevaluatedProperties", "propertyNames"),
        *("required", "minProperties", "maxProperties", "dependentRequired", "dependentSchemas"),
    ),
}

_CONTAINERS = frozenset({"array", "object"})

#: alternatives of unions that are tried for one value: where unions are nested in each other, their number multiplies
_ATTEMPTS = 500


def reading(message: Message | None, *raws: Raw) -> Any:
    """The value that a part of a message stands for, which came in one form, or may be taken apart in several.

    The first of the possible values that keeps the schema; where none does, the one that comes closest by its types, so
    that the breach is one of the keyword that is meant. Without a schema (None), a text is a string.
    """
    if message is None:
        return _ANY.read(raws[0])
    return message.reader.read(*raws)


class Reader:
    """How texts at one place of a message are read. It is made from the schemas that apply there, `parts` of `root`."""

    def __init__(self, schemas: Sequence[Any], root: Any, decided: frozenset[int] = frozenset()) -> None:
        self._schemas = tuple(schemas)
        self._root = root
        #: the ids of the unions and conditions of which an alternative is among the schemas
        self._decided = decided
        self._parts = list(_parts(self._schemas, root, set()))
        self._unions = [union for union in _unions_of(self._parts) if id(union) not in decided]
        self._conditions = [part for part in self._parts if "if" in part and id(part) not in decided]
        self._further: dict[tuple[int, ...], Reader] = {}
        #: the types that a value may have here, an integer's as "number"; None where it may have any
        self._allowed = _types(self._parts, root, frozenset())
        #: the types that a value is meant to have: where it may have any, what the keywords are about
        self.types = self._meant() if self._allowed is None else self._allowed
        #: the one type of a text; "" where the text itself decides
        self._only = next(iter(self.types)) if len(self.types) == 1 and not self.types & _CONTAINERS else ""

    def read(self, *raws: Raw) -> Any:
        """As `reading`."""
        raw = raws[0]
        if self._only and type(raw) is str and len(raws) == 1:
            # What most parameters and headers are costs no validation.
            return raw if self._only == "string" else self._of_text(raw, _Effort())[0]
        if len(raws) == 1:
            return self._read(raw, _Effort())[0]
        return self._first_kept(((self, raw) for raw in raws), _Effort())[0]

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of the members that the schemas describe, those of alternatives included."""
        return frozenset(name for part in self._all for name in part.get("properties", ()))

    def takes_name(self, name: str) -> bool:
        """Whether a member that the schemas do not name may have this name: because of a pattern, or because they
        describe additional members, or none at all."""
        if any(matcher(pattern)(name) for part in self._all for pattern in part.get("patternProperties", ())):
            return True
        described = [part[keyword] for part in self._all for keyword in _ADDITIONAL if keyword in part]
        if described:
            return any(schema is not False for schema in described)
        return not any(keyword in part for part in self._all for keyword in ("properties", "patternProperties"))

    @cached_property
    def _all(self) -> list[dict[str, Any]]:
        """Every schema that may apply to the value, those of alternatives included."""
        return list(_with_alternatives(self._parts, self._root))

    @cached_property
    def _takes(self) -> Any:
        return checker(list(self._schemas), self._root)

    def _meant(self) -> frozenset[str]:
        meant = {kind for kind, about in _ABOUT.items() if any(word in part for part in self._all for word in about)}
        return frozenset({"string", *meant})

    def _read(self, raw: Any, effort: _Effort) -> tuple[Any, int]:
        """A value, and how many texts in it have none of the types that they may have."""
        if isinstance(raw, Typed):
            return raw.value, 0
        if isinstance(raw, Either):
            return self._first_kept(((self, each) for each in raw.raws), effort)
        if isinstance(raw, File | bytes):
            raw = self._text_of(raw)
        if not isinstance(raw, str):
            applied = self._applied(raw)
            if applied is not self:
                return applied._read(raw, effort)
        if self._unions and (not isinstance(raw, str) or self.types & _CONTAINERS):
            return self._first_kept(((reader, raw) for reader in self._alternatives()), effort)
        if isinstance(raw, str):
            return self._of_text(raw, effort)
        if isinstance(raw, dict):
            return self._of_members(raw, effort)
        return self._of_items(raw, effort)

    def _first_kept(self, forms: Iterable[tuple[Reader, Any]], effort: _Effort) -> tuple[Any, int]:
        """The first form that keeps the schemas; where none does, the one with the fewest texts of a wrong type."""
        closest: tuple[Any, int] | None = None
        for reader, raw in forms:
            found = reader._read(raw, effort)
            if effort.is_spent():
                return closest or found
            if self._takes(found[0]):
                return found
            if closest is None or found[1] < closest[1]:
                closest = found
        assert closest is not None
        return closest

    def _of_text(self, text: str, effort: _Effort) -> tuple[Any, int]:
        if self._only == "number":
            number = _number(text)
            return (text, 1) if number is None else (number, 0)
        found = list(self._values_of(text, effort))
        if not found:
            return text, 0 if "string" in self.types else 1
        if len(found) == 1:
            return found[0]
        return next((each for each in found if self._takes(each[0])), min(found, key=lambda each: each[1]))

    def _values_of(self, text: str, effort: _Effort) -> Iterator[tuple[Any, int]]:
        """The values of its types that a text may stand for, a string last but for null: the text `null` is a word."""
        types = self.types
        if "number" in types and (number := _number(text)) is not None:
            yield number, 0
        if "boolean" in types and text in ("true", "false"):
            yield text == "true", 0
        if types & _CONTAINERS and text[:1] in ("[", "{"):
            value = _json(text)
            if ("array" in types and isinstance(value, list)) or ("object" in types and isinstance(value, dict)):
                yield value, 0
        if "array" in types:
            yield self._of_items([text], effort)
        if "string" in types:
            yield text, 0
        if "null" in types and text in ("null", ""):
            yield None, 0

    def _of_items(self, raw: list[Any], effort: _Effort) -> tuple[list[Any], int]:
        off, value = int("array" not in self.types), []
        for index, item in enumerate(raw):
            found, misfits = self._item(index)._read(item, effort)
            value.append(found)
            off += misfits
        return value, off

    def _of_members(self, raw: dict[str, Any], effort: _Effort) -> tuple[Any, int]:
        if "array" in self.types and all(map(_INDEX.fullmatch, raw)):
            return self._of_items([raw[name] for name in sorted(raw, key=int)], effort)
        off, value = int("object" not in self.types), {}
        for name, member in raw.items():
            value[name], misfits = self._member(name)._read(member, effort)
            off += misfits
        return value, off

    def _text_of(self, raw: File | bytes) -> str:
        """The text in bytes; as many characters as there are octets, where they are binary or not UTF-8."""
        content = raw.content if isinstance(raw, File) else raw
        if not any(part.get("format") == "binary" for part in self._parts):
            try:
                return content.decode()
            except UnicodeDecodeError:
                pass
        return content.decode("latin-1")

    def _alternatives(self) -> Iterator[Reader]:
        """A reader for each alternative of the first union that is not decided."""
        union = self._unions[0]
        return (self._with([alternative], {id(union)}) for alternative in union)

    def _applied(self, raw: Any) -> Reader:
        """A reader with what the conditions and the members of a raw array or object add to the schemas."""
        added: list[Any] = []
        for part in self._conditions:
            value = Reader([*self._schemas, part["if"]], self._root, self._decided | {id(part)}).read(raw)
            met = checker([part["if"]], self._root)(value)
            added += [part["if"], part["then"]] if met and "then" in part else [part["else"]] if "else" in part else []
        if isinstance(raw, dict):
            added += [
                schema
                for part in self._parts
                for name, schema in part.get("dependentSchemas", {}).items()
                if name in raw and not any(schema is other for other in self._schemas)
            ]
        return self._with(added, set(map(id, self._conditions))) if added else self

    def _item(self, index: int) -> Reader:
        return self._below([schema for part in self._parts for schema in _schemas_of_item(part, index)])

    def _member(self, name: str) -> Reader:
        return self._below([schema for part in self._parts for schema in _schemas_of_member(part, name)])

    def _with(self, added: list[Any], decided: set[int]) -> Reader:
        """A reader for the same value with more schemas."""
        key = (0, *map(id, added), *sorted(decided))
        if key not in self._further:
            self._further[key] = Reader([*self._schemas, *added], self._root, self._decided | decided)
        return self._further[key]

    def _below(self, schemas: list[Any]) -> Reader:
        """A reader for a value inside this one."""
        key = (1, *map(id, schemas))
        if key not in self._further:
            self._further[key] = Reader(schemas, self._root)
        return self._further[key]


#: of the members that no other keyword describes
_ADDITIONAL = ("additionalProperties", "unevaluatedProperties")


class _Effort:
    """How many alternatives may still be tried for one value."""

    def __init__(self) -> None:
        self._left = _ATTEMPTS

    def is_spent(self) -> bool:
        self._left -= 1
        return self._left < 0


def _parts(schemas: Iterable[Any], root: Any, seen: set[int]) -> Iterator[dict[str, Any]]:
    """`schemas`, and those that they include by `$ref` and `allOf`."""
    for schema in schemas:
        if isinstance(schema, dict) and id(schema) not in seen:
            seen.add(id(schema))
            yield schema
            if "$ref" in schema:
                yield from _parts([_referred(schema, root)], root, seen)
            yield from _parts(schema.get("allOf", ()), root, seen)


def _referred(schema: dict[str, Any], root: Any) -> Any:
    return descend(root, from_pointer(schema["$ref"].removeprefix("#")))


def _unions_of(parts: Iterable[dict[str, Any]]) -> list[list[Any]]:
    return [part[keyword] for part in parts for keyword in UNIONS if keyword in part]


def _with_alternatives(parts: Iterable[dict[str, Any]], root: Any) -> Iterator[dict[str, Any]]:
    """`parts`, and every schema that may apply beside them to the same value."""
    seen: set[int] = set()
    pending = list(parts)
    while pending:
        part = pending.pop(0)
        if id(part) not in seen:
            seen.add(id(part))
            yield part
            branches = [schema for union in _unions_of([part]) for schema in union]
            branches += [part[keyword] for keyword in ("then", "else") if keyword in part]
            branches += part.get("dependentSchemas", {}).values()
            pending += _parts(branches, root, set())


def _types(parts: Iterable[dict[str, Any]], root: Any, above: frozenset[int]) -> frozenset[str] | None:
    """The types that a value may have by all of `parts`; None where they leave it open."""
    found: frozenset[str] | None = None
    for part in parts:
        if id(part) in above:
            continue
        if "type" in part:
            declared = part["type"]
            named = {declared} if isinstance(declared, str) else set(declared)
            found = _both(found, frozenset("number" if name == "integer" else name for name in named))
        elif "const" in part or "enum" in part:
            found = _both(found, frozenset(map(_type_of, [part["const"]] if "const" in part else part["enum"])))
        for union in _unions_of([part]):
            here = above | {id(part)}
            branches = [_types(_parts([schema], root, set()), root, here) for schema in union if schema is not False]
            if None not in branches:
                found = _both(found, frozenset(name for branch in branches if branch for name in branch))
    return found


def _both(one: frozenset[str] | None, other: frozenset[str]) -> frozenset[str]:
    return other if one is None else one & other


def _type_of(value: Any) -> str:
    names = {bool: "boolean", int: "number", float: "number", str: "string", list: "array", dict: "object"}
    return names.get(type(value), "null")


def _schemas_of_member(part: dict[str, Any], name: str) -> list[Any]:
    """The schemas that one schema has for the member `name` (JSON Schema 2020-12, Core 10.3.2)."""
    properties = part.get("properties", {})
    found = [properties[name]] if name in properties else []
    found += [schema for pattern, schema in part.get("patternProperties", {}).items() if matcher(pattern)(name)]
    return found or [part[keyword] for keyword in _ADDITIONAL if keyword in part]


def _schemas_of_item(part: dict[str, Any], index: int) -> list[Any]:
    """The schemas that one schema has for the item at `index` (JSON Schema 2020-12, Core 10.3.1)."""
    prefix = part.get("prefixItems", ())
    if index < len(prefix):
        return [prefix[index]]
    return [part[keyword] for keyword in ("items", "unevaluatedItems", "contains") if keyword in part][:1]


def _number(text: str) -> int | float | None:
    if not _NUMBER.fullmatch(text):
        return None
    try:
        number: int | float = json.loads(text)
    except ValueError:  # more digits than Python converts
        return None
    return number if math.isfinite(number) else None


def _json(text: str) -> Any:
    try:
        return parse_json(text.encode("utf-8", "surrogatepass"))
    except ValueError:
        return None


_ANY = Reader([], True)
