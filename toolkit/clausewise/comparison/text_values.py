"""Parameters whose values are text: what one version reads as a number or one item, the other may read as text or as a
list (OpenAPI 3.1 section 4.8.12)."""

from __future__ import annotations

from typing import Any

import msgspec

from clausewise.comparison.located import LocatedDifference
from clausewise.contract.keywords import name_of
from clausewise.errors import SpecError
from clausewise.spec.operations import Parameter
from clausewise.spec.pointer import Source
from clausewise.spec.resolve import Sources

#: annotations, and what every text of a number keeps
_SAYS_NOTHING = frozenset({"title", "description", "default", "example", "examples", "deprecated", "nullable"})

_WRITTEN_ALIKE = frozenset({"integer", "number", "boolean"})


class Reading(msgspec.Struct, frozen=True):
    """How the text of a parameter that was one value is read now."""

    difference: LocatedDifference
    #: the schema of what is compared with the old one; None where there is nothing to compare
    schema: Source | None


def reading(before: Sources, old: Parameter, after: Sources, new: Parameter) -> Reading | None:
    """The reading where one value became a list of such, or a number became any text: every text that was valid still
    is one. None for anything else."""
    if old.schema is None or new.schema is None or (old.media_type or new.media_type):
        return None
    (_, one), (at, two) = _schema(before, old.schema), _schema(after, new.schema)
    part = f"{new.location}.{new.name}"
    types = _types(one)
    if not types or types & {"array", "object"}:
        return None
    if _types(two) == {"array"} and new.style in ("form", "simple") and isinstance(two.get("items"), dict):
        if two.get("minItems", 0) > 1 or (not new.explode and "string" in types):
            # A comma in the text is one between items now.
            return None
        text = f"{name_of((), part)} is a list; before, it was one value"
        _, items = _schema(after, at.child("items"))
        return Reading(_compatible(part, text, old, new), None if _is_any_text(items) else at.child("items"))
    if types <= _WRITTEN_ALIKE and _is_any_text(two):
        text = f"{name_of((), part)} is any text; before, it was {' or '.join(sorted(types))}"
        return Reading(_compatible(part, text, old, new), None)
    return None


def is_one_value(sources: Sources, source: Source | None) -> bool:
    """Whether a schema allows neither a list nor an object, for which alone `explode` means something."""
    types = _types(_schema(sources, source)[1]) if source is not None else set()
    return bool(types) and not types & {"array", "object"}


def _is_any_text(schema: dict[str, Any]) -> bool:
    return _types(schema) == {"string"} and not schema.keys() - _SAYS_NOTHING - {"type"}


def _compatible(part: str, text: str, old: Parameter, new: Parameter) -> LocatedDifference:
    reason = "what was valid is read as a text or as a list of one item"
    return LocatedDifference("compatible", "loosened", f"request.{part}", text, reason, old.schema, new.schema)


def _schema(sources: Sources, source: Source) -> tuple[Source, dict[str, Any]]:
    """A schema with its `$ref` resolved; an empty one where it is none."""
    try:
        at, schema = sources.follow(source)
    except SpecError:
        return source, {}
    return at, schema if isinstance(schema, dict) else {}


def _types(schema: dict[str, Any]) -> set[str]:
    """The types that a schema names, by itself or in alternatives."""
    named = schema.get("type")
    if named is not None:
        return {name for name in (named if isinstance(named, list) else [named]) if isinstance(name, str)}
    for keyword in ("anyOf", "oneOf"):
        parts = schema.get(keyword)
        if isinstance(parts, list) and parts and all(isinstance(part, dict) and "type" in part for part in parts):
            return set().union(*map(_types, parts))
    return set()
