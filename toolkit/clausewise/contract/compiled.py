"""A schema with what is made of it once, for every message that has it: a validator, its weight, its clauses.

Most messages begin with a `$ref` to a component, and many with the same: in a contract of a thousand operations each
has the same error. Such messages share what is made of the component.
"""

from __future__ import annotations

import json
from functools import cached_property, lru_cache
from typing import Any

import jsonschema_rs
import msgspec

from clausewise.contract.clause import Clause, Direction
from clausewise.contract.clauses import WalkedSchema, for_operation, walk
from clausewise.contract.formats import CHECKS
from clausewise.contract.generated import GeneratedSchema
from clausewise.contract.inheritance import inheritance_of
from clausewise.contract.patterns import ENGINE
from clausewise.contract.schemas import generate
from clausewise.contract.weight import weight
from clausewise.errors import SpecError
from clausewise.spec.operations import Form
from clausewise.spec.pointer import Source
from clausewise.spec.resolve import Sources
from clausewise.spec.subschemas import APPLICATORS

#: keywords with which the clauses that apply depend on the value, and not on its shape alone
_CHOOSING = (
    *(name for name, each in APPLICATORS.items() if each.applies == "in place" and name not in ("allOf", "not")),
    "prefixItems",
)


class CompiledSchema:
    """What is made of a generated schema, each when it is first used."""

    def __init__(self, generated: GeneratedSchema) -> None:
        self._generated = generated
        #: part of a message, and media type -> the operation whose clauses were found there first, and those
        self._walks: dict[tuple[str, str], tuple[str, WalkedSchema]] = {}

    @cached_property
    def validator(self) -> Any:
        """The validator. Raises jsonschema_rs.ValidationError where the metaschema refuses the schema, and ValueError
        where it has a text that is none."""
        return jsonschema_rs.Draft202012Validator(
            self._generated.schema, validate_formats=True, formats=CHECKS, pattern_options=ENGINE, offline=True
        )

    @cached_property
    def weight(self) -> int:
        """The schema's weight. Raises RecursionError for one that is nested too deeply."""
        return weight(self._generated.schema)

    @cached_property
    def chooses(self) -> bool:
        """Whether different clauses may apply to values of one shape."""
        written = json.dumps(self._generated.schema)
        return any(f'"{keyword}":' in written for keyword in _CHOOSING)

    def walked(self, operation: str, direction: Direction, part: str, media: str) -> WalkedSchema:
        """The clauses of the schema in a part of the messages of an operation."""
        first, found = self._first(operation, direction, part, media)
        return found if first == operation else for_operation(found, first, operation)

    def alike(self, operation: str, direction: Direction, part: str, media: str) -> tuple[Clause, ...]:
        """The same clauses, of this operation or of another."""
        return self._first(operation, direction, part, media)[1].clauses

    def _first(self, operation: str, direction: Direction, part: str, media: str) -> tuple[str, WalkedSchema]:
        if (part, media) not in self._walks:
            self._walks[part, media] = operation, walk(self._generated, operation, direction, part, media)
        return self._walks[part, media]


def compile_schema(
    sources: Sources, schema: Source | Form, direction: Direction, *, array: Source | None = None, checked: bool = False
) -> tuple[GeneratedSchema, CompiledSchema]:
    """The schema that `generate` gives, and what is made of it: where `schema` is no more than a `$ref`, together with
    all others to the same place. Raises TooLargeError."""
    target = _referred_to(sources, schema) if array is None and isinstance(schema, Source) else None
    if target is None:
        generated = generate(sources, schema, direction, array=array, checked=checked)
        return generated, CompiledSchema(generated)
    assert isinstance(schema, Source)
    known = _known(sources, direction, checked)
    key = target, tuple(sorted(sources.dynamic_anchors(schema).items()))
    if key not in known:
        generated = generate(sources, schema, direction, checked=checked)
        known[key] = generated, CompiledSchema(generated)
    generated, compiled = known[key]
    return msgspec.structs.replace(generated, root=schema), compiled


def _referred_to(sources: Sources, schema: Source) -> Source | None:
    """The place that a schema leads to which is no more than a `$ref`; None for any other."""
    value = sources.value(schema)
    if not isinstance(value, dict) or value.keys() != {"$ref"} or not isinstance(value["$ref"], str):
        return None
    try:
        # A kind of a discriminated family is judged by where it stands.
        return None if inheritance_of(sources).families_of(schema) else sources.target(schema, value["$ref"])
    except SpecError:
        return None


@lru_cache(maxsize=8)
def _known(
    _sources: Sources, _direction: Direction, _checked: bool
) -> dict[tuple[Source, tuple[tuple[str, Source], ...]], tuple[GeneratedSchema, CompiledSchema]]:
    """What was compiled so far for messages of one direction, by where a `$ref` leads, and the dynamic anchors around
    it."""
    return {}
