"""The Discriminator Object (OpenAPI 3.1 section 4.8.25): which value selects which branch of a union."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from clausewise.errors import SpecError
from clausewise.spec.pointer import Source, to_pointer
from clausewise.spec.resolve import Sources


class Discriminator(msgspec.Struct, frozen=True):
    """The discriminator of one union."""

    property_name: str
    #: value of the property -> the schema that it selects
    selected: dict[str, Source]
    #: schema -> the branch of the union that refers to it
    branches: dict[Source, Source]
    #: where the document maps values; None where the names of the schemas are the values
    mapping: Source | None


def read_discriminator(sources: Sources, owner: Source, keyword: str) -> Discriminator | None:
    """The discriminator beside the union `keyword` of the schema at `owner`; None where a branch is not a
    reference, and so has no name to be selected by, and where every other value, or none, selects a default.

    Raises SpecError where it names no property, and where it maps a value to a schema that does not exist.
    """
    property_name, mapping = property_name_of(sources, owner), mapping_of(sources.value(owner))
    union = owner.child(keyword)
    parts = sources.value(union)
    if has_default(sources.value(owner)):
        return None
    if not all(isinstance(part, dict) and isinstance(part.get("$ref"), str) for part in parts):
        return None
    branches = {
        sources.target(union.child(index), part["$ref"]): union.child(index) for index, part in enumerate(parts)
    }
    selected = mapped(sources, owner, mapping)
    for target in branches:
        if target not in selected.values() and target.tokens:
            selected[target.tokens[-1]] = target
    mapping_at = owner.child("discriminator", "mapping") if mapping else None
    return Discriminator(property_name, selected, branches, mapping_at)


def property_name_of(sources: Sources, owner: Source) -> str:
    """The property that the discriminator of the schema at `owner` names. Raises SpecError where it names none."""
    name = named_property(sources.value(owner))
    if name is None:
        message, remedy = (
            'a discriminator must have a "propertyName"',
            "write the name of the property that selects the branch",
        )
        raise sources.error(owner.child("discriminator"), message, remedy)
    return name


def named_property(schema: dict[str, Any]) -> str | None:
    """The property that the discriminator of a schema names: itself (Swagger 2.0), or its `propertyName`; None where it
    names none."""
    discriminator = schema.get("discriminator")
    name = discriminator.get("propertyName") if isinstance(discriminator, dict) else discriminator
    return name if isinstance(name, str) else None


def property_name_at(sources: Sources, owner: Source) -> Source:
    """Where the discriminator of the schema at `owner` names its property."""
    at = owner.child("discriminator")
    return at.child("propertyName") if isinstance(sources.value(at), dict) else at


def has_default(schema: dict[str, Any]) -> bool:
    """Whether the discriminator of a schema has a `defaultMapping` (OpenAPI 3.2 section 4.25): then every value selects
    a schema, and the schemas alone decide."""
    discriminator = schema["discriminator"]
    return isinstance(discriminator, dict) and "defaultMapping" in discriminator


def mapping_of(schema: dict[str, Any]) -> Any:
    """The `mapping` of the discriminator of a schema; {} where it has none."""
    discriminator = schema["discriminator"]
    return (discriminator.get("mapping") if isinstance(discriminator, dict) else None) or {}


def mapped(sources: Sources, owner: Source, mapping: Any) -> dict[str, Source]:
    """The values in the `mapping` of the discriminator of `owner`, and the schemas that it gives for them by name or by
    reference. Raises SpecError for a schema that does not exist."""
    at = owner.child("discriminator", "mapping")
    if not isinstance(mapping, dict):
        raise sources.error(at, '"mapping" must be an object', "map each value to the name of a schema")
    selected: dict[str, Source] = {}
    for value, reference in mapping.items():
        named = re.fullmatch(r"[A-Za-z0-9._-]+", str(reference)) and (
            "." not in str(reference) or _is_component(sources, owner.file, str(reference))
        )
        shared = to_pointer(sources.dialect.shared_schemas)
        pointer = f"#{shared}/{reference}" if named else str(reference)
        try:
            selected[value] = sources.target(owner, pointer)
        except SpecError as error:
            message = f'"mapping" maps "{value}" to "{reference}", and {error.message}'
            raise sources.error(at.child(value), message, error.remedy) from None
    return selected


def _is_component(sources: Sources, file: str, name: str) -> bool:
    try:
        sources.value(Source(file, (*sources.dialect.shared_schemas, name)))
    except KeyError:
        return False
    return True
