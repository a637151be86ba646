"""Collects the assertions about one place of a message from all schemas that apply there.

Keywords in `$ref`, `allOf`, `if` and `dependentSchemas` count like keywords of the schema itself: for a message it
makes no difference where a keyword is written, so it makes none for the comparison of two contracts.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from typing import Any, Literal

import msgspec

from clausewise.comparison.strictness import Assertion, always_holds, canonical
from clausewise.contract.clause import STEPS, Direction, Severity
from clausewise.contract.clauses import asserts
from clausewise.contract.formats import INTEGER_RANGES
from clausewise.contract.generated import SEVERITY, GeneratedSchema
from clausewise.contract.hidden import is_hidden
from clausewise.contract.keywords import KEYWORDS, bounds_of_contains
from clausewise.contract.patterns import matcher
from clausewise.contract.unjudged import Unjudged
from clausewise.spec.pointer import descend, from_pointer, to_pointer
from clausewise.spec.subschemas import APPLICATORS, UNIONS, subschemas_of, with_subschemas

#: keywords without assertions
_ANNOTATIONS = frozenset(
    {
        *("title", "description", "summary", "default", "examples", "deprecated", "readOnly", "writeOnly"),
        *("$comment", "$schema", "$id", "$anchor", "contentEncoding", "contentMediaType", "contentSchema", SEVERITY),
    }
)


#: keyword of a schema of which something is unknown
MARK = "x-clausewise-unknown"

#: annotations that are compared
_COMPARED = (
    *("default", "deprecated", "x-sunset", "x-stability-level", "x-extensible-enum"),
    *("contentEncoding", "contentMediaType", "contentSchema"),
)


class AppliedSchema(msgspec.Struct, frozen=True):
    """A schema that applies to a place of a message."""

    #: its JSON Pointer in the generated schema
    location: str
    severity: Severity = "error"
    #: the description beside an advisory severity
    note: str = ""
    #: the `if` schemas that it depends on, in canonical form, and whether the value must be valid against them
    conditions: frozenset[tuple[str, bool]] = frozenset()


#: the schemas that apply to one place
AppliedSchemas = tuple[AppliedSchema, ...]


class UnionBranch(msgspec.Struct, frozen=True):
    """One alternative of a union."""

    label: str
    #: the origin of the label: a discriminator's value, a name, its type or its number; "alone" is a schema without a
    #: union, which is compared with branches
    named_by: Literal["discriminator", "name", "type", "number", "alone"]
    schemas: AppliedSchemas


class SchemaUnion(msgspec.Struct, frozen=True):
    """`oneOf`, `anyOf`, or either of them with a discriminator."""

    #: "oneOf", "anyOf" or "discriminator"
    keyword: str
    schema: AppliedSchema
    branches: tuple[UnionBranch, ...]


class Unknown(msgspec.Struct, frozen=True):
    """What a schema says that nobody knows the meaning of: it is not valid, or is decided by what cannot be read."""

    #: equal for what is written alike
    canonical: str
    #: why, with the file and the line
    reason: str
    #: its JSON Pointer in the generated schema
    location: str


class Constraints(msgspec.Struct):
    """The assertions about one place, and the places below it."""

    assertions: list[Assertion] = msgspec.field(default_factory=list)
    #: schemas of each member by name
    members: dict[str, list[AppliedSchema]] = msgspec.field(default_factory=dict)
    #: schemas of items and of members without a name of their own, by keyword and index or pattern
    unnamed: dict[tuple[str, str], list[AppliedSchema]] = msgspec.field(default_factory=dict)
    unions: list[SchemaUnion] = msgspec.field(default_factory=list)
    #: annotations, and formats that are not asserted: keyword -> its value and location
    annotations: dict[str, tuple[Any, str]] = msgspec.field(default_factory=dict)
    unknown: list[Unknown] = msgspec.field(default_factory=list)

    @property
    def closed(self) -> bool:
        """Whether it forbids members that are not documented."""
        forbidding = ("additionalProperties", "unevaluatedProperties")
        return any(
            each.keyword in forbidding and each.value is False and each.severity == "error" for each in self.assertions
        )

    @property
    def ends(self) -> bool:
        """Whether it forbids items after the numbered ones, which a limit of their number says."""
        return any(each.keyword == "maxItems" and each.location.endswith("/items") for each in self.assertions)

    def rest(self, keyword: str) -> AppliedSchemas:
        """The schemas that apply, where no schema of `keyword` does, to the items or members that it is about."""
        others = "items" if keyword in ("items", "prefixItems") else "additionalProperties"
        unevaluated = "unevaluatedItems" if others == "items" else "unevaluatedProperties"
        found = self.unnamed.get((others, ""), []) if keyword != others else []
        return tuple(found or self._applied(others) or self._applied(unevaluated))

    def rest_of(self, name: str) -> AppliedSchemas:
        """The schemas that apply to the member `name` where it has none of its own."""
        patterned = [
            applied
            for (keyword, pattern), schemas in self.unnamed.items()
            if keyword == "patternProperties" and matcher(pattern)(name)
            for applied in schemas
        ]
        return tuple(patterned) or self.rest("properties")

    def _applied(self, keyword: str) -> list[AppliedSchema]:
        """The schemas of the members or items that no other keyword is about, where the keyword is an assertion."""
        return [
            AppliedSchema(each.location, each.severity, each.note, each.conditions)
            for each in self.assertions
            if each.keyword == keyword
        ]

    @property
    def forbidden(self) -> bool:
        """Whether no value is valid here."""
        return any(each.keyword == "false" and not each.conditions for each in self.assertions)

    @property
    def unconstrained(self) -> bool:
        """Whether every value is valid here."""
        return not (self.assertions or self.members or self.unnamed or self.unions or self.unknown)


class MessageSchemas:
    """All schemas of a document that apply to messages of one direction."""

    def __init__(self, generated: GeneratedSchema, direction: Direction) -> None:
        self.generated = generated
        self.direction = direction
        #: canonical form of an `if` -> the location of the first such `if`
        self.condition_locations: dict[str, str] = {}
        self._schemas: dict[str, Any] = {}
        self._unjudged = {node + each.below for node, found in generated.unjudged.items() for each in found}
        #: pointer of a schema -> what is unknown of it
        self.unknown = _unknown(generated)
        #: the generated schema, with a mark in each schema of which something is unknown
        self.schema = _marked(generated.schema, self.unknown)
        self._constraints: dict[AppliedSchemas, Constraints] = {}
        self._canonical: dict[str, Any] = {}
        #: the property schemas of discriminators; their values are compared by branch
        self._discriminating = {
            f"{location}/properties{to_pointer((name,))}" for location, name in generated.discriminators.items()
        }

    def constraints(self, schemas: AppliedSchemas) -> Constraints:
        """The assertions of `schemas` together."""
        constraints = self._constraints.get(schemas)
        if constraints is None:
            constraints = self._constraints[schemas] = Constraints()
            seen: set[AppliedSchema] = set()
            for applied in schemas:
                self._collect(constraints, applied, seen)
        return constraints

    def canonical(self, location: str) -> str:
        """The canonical form of the schema at `location`, which is equal for schemas with the same assertions."""
        return canonical(self._resolved(location, ())[0])

    def is_judged(self, location: str | None) -> bool:
        """Whether a value can break what stands at `location`: a pattern that cannot be read, for example, is not
        judged."""
        return location not in self._unjudged

    def _at(self, location: str) -> Any:
        if location not in self._schemas:
            self._schemas[location] = descend(self.schema, from_pointer(location))
        return self._schemas[location]

    def _collect(self, constraints: Constraints, applied: AppliedSchema, seen: set[AppliedSchema]) -> None:
        if applied in seen:
            return
        seen.add(applied)
        schema = self._at(applied.location)
        constraints.unknown += self.unknown.get(applied.location, ())
        if isinstance(schema, bool):
            if not schema:
                self._assert(constraints, applied, "false", None, applied.location)
            return
        if SEVERITY in schema:
            note = str(schema.get("description", "")).strip().rstrip(".")
            applied = msgspec.structs.replace(applied, severity=schema[SEVERITY], note=note)
        for keyword, value in schema.items():
            self._keyword(constraints, applied, keyword, value, schema, seen)
        if not applied.conditions:
            self._annotate(constraints, applied.location, schema)
        for unjudged in self.generated.unjudged.get(applied.location, ()):
            if unjudged.keyword in KEYWORDS and not unjudged.is_invalid:
                self._assert(constraints, applied, unjudged.keyword, unjudged.value, applied.location + unjudged.below)

    def _keyword(
        self,
        constraints: Constraints,
        applied: AppliedSchema,
        keyword: str,
        value: Any,
        schema: dict[str, Any],
        seen: set[AppliedSchema],
    ) -> None:
        at = f"{applied.location}/{keyword}"
        if keyword == "$ref":
            self._collect(constraints, _below(applied, value.removeprefix("#")), seen)
        elif keyword in STEPS and value is not False:
            for child in subschemas_of(keyword, value, applied.location):
                below = _below(applied, child.pointer)
                if keyword != "properties":
                    constraints.unnamed.setdefault((keyword, child.name), []).append(below)
                elif not is_hidden(child.schema):
                    constraints.members.setdefault(child.name, []).append(below)
        elif keyword == "items":
            self._assert(constraints, applied, "maxItems", len(schema.get("prefixItems", ())), at)
        elif keyword == "allOf":
            self._all_of(constraints, applied, at, value, seen)
        elif keyword in ("then", "else") and "if" in schema:
            condition = self.canonical(f"{applied.location}/if")
            self.condition_locations.setdefault(condition, f"{applied.location}/if")
            self._collect(constraints, _below(applied, at, (condition, keyword == "then")), seen)
        elif keyword == "dependentSchemas":
            for dependent in subschemas_of(keyword, value, applied.location):
                present = (f"present {dependent.name}", True)
                self._collect(constraints, _below(applied, dependent.pointer, present), seen)
        elif keyword in UNIONS:
            if not _admits_everything(keyword, value):
                branches = tuple(self._branch(_below(applied, f"{at}/{index}"), index) for index in range(len(value)))
                constraints.unions.append(SchemaUnion(keyword, _below(applied, at), branches))
        elif keyword == "required":
            for index, name in enumerate(value):
                constraints.members.setdefault(name, [])
                self._assert(constraints, applied, keyword, True, f"{at}/{index}", name)
        elif keyword == "dependentRequired":
            for trigger, names in value.items():
                for index, name in enumerate(names):
                    constraints.members.setdefault(name, [])
                    self._assert(constraints, applied, keyword, trigger, f"{at}{to_pointer((trigger,))}/{index}", name)
        elif keyword == "contains":
            self._contains(constraints, applied, schema, at)
        elif keyword == "enum" and applied.location in self._discriminating:
            return
        elif schema.get("format") == "int64" and value in INTEGER_RANGES["int64"] and keyword in ("minimum", "maximum"):
            return  # what numbers are sent as on the wire, and no limit that anyone chose
        elif keyword in KEYWORDS and asserts(keyword, value) and not always_holds(keyword, value):
            self._assert(constraints, applied, keyword, value, at)

    @staticmethod
    def _annotate(constraints: Constraints, location: str, schema: dict[str, Any]) -> None:
        for keyword in _COMPARED:
            if keyword in schema:
                constraints.annotations.setdefault(keyword, (schema[keyword], f"{location}/{keyword}"))
        if "format" in schema and (schema["format"] == "int64" or not asserts("format", schema["format"])):
            constraints.annotations.setdefault("format", (schema["format"], f"{location}/format"))

    def _contains(self, constraints: Constraints, applied: AppliedSchema, schema: dict[str, Any], at: str) -> None:
        """`contains` with the number of items that have to match, which keywords beside it give."""
        bounds = {"min": schema.get("minContains", 1), "max": schema.get("maxContains")}
        if bounds != {"min": 0, "max": None}:
            text = canonical({"schema": self.canonical(at), **bounds})
            note = ", ".join(filter(None, (applied.note, bounds_of_contains(schema))))
            constraints.assertions.append(
                Assertion("contains", schema["contains"], text, at, applied.severity, note, applied.conditions)
            )

    def _assert(
        self, constraints: Constraints, applied: AppliedSchema, keyword: str, value: Any, at: str, member: str = ""
    ) -> None:
        is_there = keyword in APPLICATORS and isinstance(value, dict) and at not in self._unjudged
        text = self.canonical(at) if is_there else canonical(value)
        value = self.generated.spelled.get(at, value)  # a pattern as its author spells it
        constraints.assertions.append(
            Assertion(keyword, value, text, at, applied.severity, applied.note, applied.conditions, member)
        )

    def _all_of(
        self, constraints: Constraints, applied: AppliedSchema, at: str, parts: list[Any], seen: set[AppliedSchema]
    ) -> None:
        index = 0
        while index < len(parts):
            here = f"{at}/{index}"
            self._collect(constraints, _below(applied, here), seen)
            index += 1
            if here not in self.generated.discriminators:
                continue
            branches = []
            while label := self.generated.branches.get(f"{at}/{index}/then"):
                branches.append(UnionBranch(label, "discriminator", (_below(applied, f"{at}/{index}/then"),)))
                index += 1
            constraints.unions.append(SchemaUnion("discriminator", _below(applied, here), tuple(branches)))

    def _branch(self, applied: AppliedSchema, index: int) -> UnionBranch:
        schema = self._at(applied.location)
        if isinstance(schema, dict):
            if "title" in schema:
                return UnionBranch(str(schema["title"]), "name", (applied,))
            if "$ref" in schema:
                return UnionBranch(str(schema["$ref"]).rpartition("/")[2], "name", (applied,))
            if isinstance(schema.get("type"), str):
                return UnionBranch(schema["type"], "type", (applied,))
        return UnionBranch(str(index), "number", (applied,))

    def _resolved(self, location: str, above: tuple[str, ...]) -> tuple[Any, bool]:
        """The schema at `location` with resolved references and without annotations, and whether it is complete.

        A reference to a schema around it becomes a number of levels, which is incomplete: it depends on `above`.
        """
        if location in self._canonical:
            return self._canonical[location], True
        schema = self._at(location)
        if not isinstance(schema, dict):
            return schema, True
        if location in above:
            return {"$up": len(above) - above.index(location)}, False
        above = (*above, location)
        resolved, complete = {}, True
        for keyword, value in schema.items():
            below: list[tuple[Any, bool]] = []
            if keyword in _ANNOTATIONS or keyword.startswith("x-") or keyword == "$defs":
                continue
            if keyword == "$ref":
                below = [self._resolved(value.removeprefix("#"), above)]
                resolved[keyword] = below[0][0]
            elif keyword in APPLICATORS:
                parts = tuple(subschemas_of(keyword, value, location))
                below = [self._resolved(each.pointer, above) for each in parts]
                resolved[keyword] = with_subschemas(keyword, parts, [each for each, _ in below])
            elif keyword in ("required", "enum", "type") and isinstance(value, list):
                resolved[keyword] = sorted(value, key=canonical)
            else:
                resolved[keyword] = value
            complete = complete and all(each for _, each in below)
        for unjudged in self.generated.unjudged.get(location, ()):
            resolved[f"{unjudged.keyword}, unjudged"] = unjudged.value
        if location in self.unknown:
            resolved["unknown"] = [each.canonical for each in self.unknown[location]]
        result = resolved["$ref"] if list(resolved) == ["$ref"] else resolved
        if complete:
            self._canonical[location] = result
        return result, complete


def _below(applied: AppliedSchema, location: str, condition: tuple[str, bool] | None = None) -> AppliedSchema:
    conditions = applied.conditions | {condition} if condition else applied.conditions
    return AppliedSchema(location, applied.severity, applied.note, conditions)


def _admits_everything(union: str, alternatives: list[Any]) -> bool:
    """Whether every value keeps a union, because it keeps one alternative, and no other one can be in the way."""
    return (union == "anyOf" or len(alternatives) == 1) and any(map(_asserts_nothing, alternatives))


def _asserts_nothing(schema: Any) -> bool:
    """Whether a schema has neither an assertion nor an annotation that is compared."""
    said = {"readOnly", "writeOnly", MARK, *_COMPARED}
    return schema is True or (
        isinstance(schema, dict)
        and all((each in _ANNOTATIONS or each.startswith("x-")) and each not in said for each in schema)
    )


def _is_unknown(unjudged: Unjudged) -> bool:
    """Whether nobody knows what a keyword asserts, so that it is not compared; others are, as they are written."""
    if unjudged.keyword in _ANNOTATIONS - {"readOnly", "writeOnly"}:
        return False
    return unjudged.is_invalid or unjudged.keyword not in KEYWORDS


def _unknown(generated: GeneratedSchema) -> dict[str, list[Unknown]]:
    """What is unknown of each schema, by its pointer."""
    found: dict[str, list[Unknown]] = {}
    for node, keywords in generated.unjudged.items():
        for each in filter(_is_unknown, keywords):
            text, at = canonical([each.keyword, each.value, each.bound]), node + each.below
            # A member without a schema is unknown by itself.
            is_member = each.keyword == "properties" and each.below != "/properties"
            found.setdefault(at if is_member else node, []).append(Unknown(text, each.reason, at))
    for node, errors in generated.faults.items():
        for error in errors:
            found.setdefault(node, []).append(Unknown(error.message, f"{error.message}, {error.location}", node))
    return found


def _marked(schema: dict[str, Any] | bool, unknown: Iterable[str]) -> dict[str, Any] | bool:
    """The schema with a mark at each of the pointers; at a member that is unknown, in place of its schema."""
    if not unknown:
        return schema
    whole = deepcopy(schema)
    for location in unknown:
        *above, last = from_pointer(location)
        try:
            parent = descend(whole, tuple(above))
        except KeyError:
            continue  # it stood in a part that was taken out, and is unknown with that
        if isinstance(parent, list):
            parent[int(last)] = _with_mark(parent[int(last)])
        elif last in parent or above[-1:] == ["properties"]:
            parent[last] = _with_mark(parent.get(last))
    return whole


def _with_mark(schema: Any) -> dict[str, Any]:
    return {**(schema if isinstance(schema, dict) else {}), MARK: True}
