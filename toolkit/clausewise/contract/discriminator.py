"""The Discriminator Object (OpenAPI 3.1 section 4.8.25): which value selects which branch of a union."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from clausewise.errors import SpecError
from clausewise.spec.pointer import Source
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
    reference, and so has no name to be selected by.

    Raises SpecError where it names no property, and where it maps a value to a schema that does not exist.
    """
    at = owner.child("discriminator")
    discriminator = sources.value(at)
    property_name = property_name_of(sources, at)
    union = owner.child(keyword)
    parts = sources.value(union)
    if not all(isinstance(part, dict) and isinstance(part.get("$ref"), str) for part in parts):
        return None
    branches = {
        sources.target(union.child(index), part["$ref"]): union.child(index) for index, part in enumerate(parts)
    }
    selected = mapped(sources, owner, discriminator.get("mapping") or {})
    for target in branches:
        if target not in selected.values() and target.tokens:
            selected[target.tokens[-1]] = target
    return Discriminator(property_name, selected, branches, at.child("mapping") if "mapping" in discriminator else None)


def property_name_of(sources: Sources, at: Source) -> str:
    """The property that the discriminator at `at` names. Raises SpecError where it names none."""
    discriminator = sources.value(at)
    name = discriminator.get("propertyName") if isinstance(discriminator, dict) else None
    if not isinstance(name, str):
        message, remedy = (
            'a discriminator must have a "propertyName"',
            "write the name of the property that selects the branch",
        )
        raise sources.error(at, message, remedy)
    return name


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
        pointer = f"#/components/schemas/{reference}" if named else str(reference)
        try:
            selected[value] = sources.target(owner, pointer)
        except SpecError as error:
            message = f'"mapping" maps "{value}" to "{reference}", and {error.message}'
            raise sources.error(at.child(value), message, error.remedy) from None
    return selected


def _is_component(sources: Sources, file: str, name: str) -> bool:
    try:
        sources.value(Source(file, ("components", "schemas", name)))
    except KeyError:
        return False
    return True
