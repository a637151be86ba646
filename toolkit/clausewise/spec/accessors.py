"""Places of a document read as what the standard wants there, with an error that names the place where they are not."""

from __future__ import annotations

from typing import Any

from clausewise.spec.pointer import Source
from clausewise.spec.resolve import Sources


def mapping(sources: Sources, source: Source, *, optional: bool = False) -> dict[str, Any]:
    """The object at `source`; {} when it is absent and may be. Raises SpecError for anything else."""
    try:
        value = sources.value(source)
    except KeyError:
        value = None
    if value is None and optional:
        return {}
    if not isinstance(value, dict):
        raise sources.error(source, f'"{source.tokens[-1]}" must be an object, not {_kind(value)}')
    return value


def _kind(value: Any) -> str:
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "an array"}
    return "missing" if value is None else names.get(type(value), "an object")


def array(sources: Sources, source: Source) -> list[Any]:
    """An optional array; [] when absent. Raises SpecError for anything else."""
    try:
        value = sources.value(source)
    except KeyError:
        return []
    if not isinstance(value, list):
        raise sources.error(source, f'"{source.tokens[-1]}" must be an array, not {_kind(value)}')
    return value


def json_object(sources: Sources, source: Source) -> tuple[Source, dict[str, Any]]:
    """The object at `source`, its `$ref` followed, and where it stands. Raises SpecError for anything else."""
    at, value = sources.follow(source)
    if not isinstance(value, dict):
        raise sources.error(at, f"an object is expected here, not {_kind(value)}")
    return at, value
