"""Looks for values that the schemas of one version admit at a place and those of the other refuse.

A value found is evidence, which two schema engines confirm. That none is found in the budget is none: structure may
decide more, and a schema of which no value can be made is not judged.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice
from typing import Any

import msgspec

from clausewise.comparison.candidates import Refusing, candidates
from clausewise.comparison.constraints import MARK, AppliedSchemas, Constraints, MessageSchemas
from clausewise.comparison.strictness import Assertion, canonical
from clausewise.contract.generated import SEVERITY
from clausewise.contract.second_engine import python_validator
from clausewise.contract.validators import checker
from clausewise.spec.pointer import descend, from_pointer
from clausewise.values.shape import shape_of

#: values that are tried at one place
_BUDGET = 600

#: definitions that the schemas of one place are compiled with; values do not reach what lies beyond
_DEFINITIONS = 150

#: how definitions of the refusing side are named beside those of the other
_OTHER = "other "

#: values that have to be admitted before "no difference found" means anything
_ENOUGH = 3

_SEED = 20


class Witness(msgspec.Struct, frozen=True):
    """A value that the first schemas admit and the second refuse."""

    value: Any

    def __str__(self) -> str:
        return json.dumps(self.value, ensure_ascii=False)


class Search:
    """The search at one place: which values do `admitting` schemas take that `refusing` ones do not."""

    def __init__(
        self,
        admitting: MessageSchemas,
        admitted: AppliedSchemas,
        refusing: MessageSchemas,
        refused: AppliedSchemas,
    ) -> None:
        self._admitting, self._admitted = admitting, admitted
        self._refusing, self._refused = refusing, refused
        ours, definitions = _part(admitting, admitted, beyond=False)
        theirs, others = _part(refusing, refused, beyond=True)
        self._schemas = ours
        self._admits = checker(ours, {"$defs": definitions})
        self._takes = checker(theirs, {"$defs": others})
        self._second = (ours, definitions), (theirs, others)
        self._root = {"$defs": definitions | {f"{_OTHER}{name}": _renamed(each) for name, each in others.items()}}
        #: values that were tried and that the first schemas admit
        self.admitted = 0
        self._tried: list[Any] = []
        #: location of a keyword of the refusing schemas -> whether it refuses a value
        self._refusals: dict[str, Callable[[Any], bool]] = {}

    def witnesses(self) -> Iterator[Witness]:
        """Values that only the first schemas admit, each once."""
        seen = set[str]()
        rng = random.Random(_SEED)
        tried = candidates(self._schemas, self._root, self._refusing_parts(), rng)
        with suppress(RecursionError):
            for value in islice(tried, _BUDGET):
                written = json.dumps(value, sort_keys=True)
                if written in seen:
                    continue
                seen.add(written)
                self._tried.append(value)
                if self._admits(value):
                    self.admitted += 1
                    if not self._takes(value):
                        yield Witness(self._smaller(value))

    @property
    def is_exhausted(self) -> bool:
        """Whether every value that the first schemas admit was tried, so that there is no other witness."""
        listed = shape_of(self._schemas, self._root).enum
        return listed is not None and set(map(canonical, listed)) <= set(map(canonical, self._tried))

    @property
    def found_enough(self) -> bool:
        """Whether that none of the values tried is a witness means anything."""
        return self.admitted >= _ENOUGH or (self.admitted > 0 and shape_of(self._schemas, self._root).enum is not None)

    def is_of(self, location: str, witness: Witness) -> bool:
        """Whether a value keeps the schema at `location` of those that admit it."""
        definitions = self._root["$defs"]
        return checker([_at(self._admitting, location)], {"$defs": definitions})(witness.value)

    def is_refused_by(self, location: str, witness: Witness) -> bool:
        """Whether the keyword at `location` of the refusing schemas refuses a value, as far as it says so by itself."""
        return self._refusal(location)(witness.value)

    def has_tried(self, location: str) -> bool:
        """Whether the keyword at `location` of the refusing schemas refuses one of the values tried. Where it refuses
        none, they show nothing of it."""
        return any(map(self._refusal(location), self._tried))

    def _refusal(self, location: str) -> Callable[[Any], bool]:
        if location not in self._refusals:
            self._refusals[location] = refused_by(self._refusing, location)
        return self._refusals[location]

    def confirmed(self, witness: Witness) -> bool:
        """Whether the second schema engine admits and refuses the same."""
        verdicts = []
        for schemas, definitions in self._second:
            try:
                schema = {"$defs": definitions, "allOf": schemas or [True]}
                verdicts.append(bool(python_validator(schema).is_valid(witness.value)))
            except (re.error, RecursionError):
                return False
        return verdicts == [True, False]

    def _smaller(self, value: Any) -> Any:
        """`value` without the members that are not needed."""
        if not isinstance(value, dict):
            return value
        for name in list(value):
            less = {other: member for other, member in value.items() if other != name}
            if self._admits(less) and not self._takes(less):
                value = less
        return value

    def _refusing_parts(self) -> Refusing:
        parts = [*_with_branches(self._refusing, self._refused)]
        every = [*parts, *_with_branches(self._admitting, self._admitted)]
        triggers = (str(each.value) for part in every for each in part.assertions if each.keyword == _DEPENDENT)
        alternatives = [*_alternatives(self._admitting, self._admitted)]
        alternatives += map(_renamed, _alternatives(self._refusing, self._refused))
        return Refusing(
            [_with_renamed(each) for part in parts for each in part.assertions if each.severity == "error"],
            alternatives,
            [*dict.fromkeys((*(name for part in every for name in part.members), *triggers))],
            [
                (keyword, name, _renamed(_at(self._refusing, schemas[0].location)))
                for part in parts
                for (keyword, name), schemas in part.unnamed.items()
            ],
        )


def _with_branches(schemas: MessageSchemas, applied: AppliedSchemas, depth: int = 2) -> Iterator[Constraints]:
    """What the schemas assert, and what the alternatives of their unions do."""
    constraints = schemas.constraints(applied)
    yield constraints
    for union in constraints.unions if depth else ():
        for branch in union.branches:
            yield from _with_branches(schemas, branch.schemas, depth - 1)


def _alternatives(schemas: MessageSchemas, applied: AppliedSchemas) -> Iterator[Any]:
    """The alternatives of the unions among the schemas, each with the value of a discriminator that selects it."""
    for union in schemas.constraints(applied).unions:
        for branch in union.branches:
            locations = [each.location for each in branch.schemas]
            if union.keyword == "discriminator":
                locations += [f"{at.removesuffix('/then')}/if" for at in locations]
            yield {"allOf": [_at(schemas, at) for at in locations]}


def refused_by(schemas: MessageSchemas, location: str) -> Callable[[Any], bool]:
    """Whether the keyword at `location` refuses a value, as far as it says so by itself."""
    tokens = from_pointer(location)
    keyword = next((token for token in reversed(tokens) if token in _ALONE), None)
    if keyword is None or (tokens[-1] != keyword and tokens[-2:-1] != (keyword,)):
        return lambda _value: True
    at = len(tokens) - 1 - tokens[::-1].index(keyword)
    written = descend(schemas.generated.schema, tokens[: at + 1])
    if keyword == "required" and len(tokens) > at + 1:
        written = [written[int(tokens[at + 1])]]
    keeps = checker([{keyword: written}], {"$defs": _definitions(schemas, [written], beyond=False)})
    return lambda value: not keeps(value)


_DEPENDENT = "dependentRequired"

#: keywords that refuse by themselves all that they refuse beside others
_ALONE = frozenset(
    (
        *("type", "enum", "const", "required", "format", "pattern", "multipleOf", "uniqueItems"),
        *("maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "minLength", "maxLength"),
        *("minItems", "maxItems", "minProperties", "maxProperties", "items", "propertyNames", "not"),
        *("unevaluatedProperties", "unevaluatedItems"),
    )
)


def _part(schemas: MessageSchemas, applied: AppliedSchemas, *, beyond: bool) -> tuple[list[Any], dict[str, Any]]:
    """The schemas of a place and the definitions that they refer to. Of very many, those that are farthest away are
    `beyond`, and so is what nobody knows the meaning of: a schema that takes everything or nothing, so that what is
    found holds of the whole as well."""
    nodes = [_binding(_at(schemas, each.location), beyond=beyond) for each in applied]
    return nodes, _definitions(schemas, nodes, beyond=beyond)


def _definitions(schemas: MessageSchemas, nodes: list[Any], *, beyond: bool) -> dict[str, Any]:
    root = schemas.schema
    defined = root.get("$defs", {}) if isinstance(root, dict) else {}
    definitions: dict[str, Any] = {}
    pending = [name for node in nodes for name in _references(node)]
    for name in pending:
        if name not in definitions:
            near = len(definitions) < _DEFINITIONS
            definitions[name] = _binding(defined[name], beyond=beyond) if near else beyond
            pending += _references(definitions[name])
    return definitions


def _at(schemas: MessageSchemas, location: str) -> Any:
    return descend(schemas.schema, from_pointer(location))


def _binding(node: Any, *, beyond: bool) -> Any:
    """A schema without the parts that are only advisory; those of which something is unknown are `beyond`."""
    if isinstance(node, dict):
        if node.get(SEVERITY, "error") != "error":
            return True
        if MARK in node:
            return beyond
        return {keyword: _binding(value, beyond=beyond) for keyword, value in node.items()}
    return [_binding(item, beyond=beyond) for item in node] if isinstance(node, list) else node


def _references(node: Any) -> Iterator[str]:
    """The names of the definitions that a schema refers to."""
    if isinstance(node, dict):
        reference = node.get("$ref")
        if isinstance(reference, str):
            yield from_pointer(reference.removeprefix("#"))[1]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for item in node:
            yield from _references(item)


def _renamed(node: Any) -> Any:
    """A schema that refers to the definitions of the refusing side."""
    if isinstance(node, dict):
        return {
            keyword: value.replace("#/$defs/", f"#/$defs/{_OTHER}", 1)
            if keyword == "$ref" and isinstance(value, str)
            else _renamed(value)
            for keyword, value in node.items()
        }
    return [_renamed(item) for item in node] if isinstance(node, list) else node


def _with_renamed(assertion: Assertion) -> Assertion:
    if not isinstance(assertion.value, dict):
        return assertion
    return msgspec.structs.replace(assertion, value=_renamed(assertion.value))
