"""Objects and arrays where OpenAPI requires them. Anything else is an error with its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from clausewise.spec.defects import DefectLog
from clausewise.spec.pointer import Source

if TYPE_CHECKING:
    from clausewise.spec.resolve import Sources

_T = TypeVar("_T")

_AN_OBJECT = "write it as an object: keys with values"


def object_at(sources: Sources, source: Source, *, optional: bool = False) -> dict[str, Any]:
    """The object at `source`; {} when it is absent and `optional`. Raises SpecError for anything else."""
    try:
        value = sources.value(source)
    except KeyError:
        value = None
    if value is None and optional:
        return {}
    if not isinstance(value, dict):
        message = f'"{source.tokens[-1]}" must be an object, not {_type_name(value)}'
        raise sources.error(source, message, _AN_OBJECT)
    return value


def _type_name(value: Any) -> str:
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "an array"}
    return "missing" if value is None else names.get(type(value), "an object")


def array_at(sources: Sources, source: Source) -> list[Any]:
    """An optional array; [] when absent. Raises SpecError for anything else."""
    try:
        value = sources.value(source)
    except KeyError:
        return []
    if not isinstance(value, list):
        message = f'"{source.tokens[-1]}" must be an array, not {_type_name(value)}'
        raise sources.error(source, message, "write it as a list, even of one element")
    return value


def resolved_object(sources: Sources, source: Source) -> tuple[Source, dict[str, Any]]:
    """The object at `source` with its `$ref` resolved, and its place. Raises SpecError for anything else."""
    at, value = sources.follow(source)
    if not isinstance(value, dict):
        message = f"expected an object, got {_type_name(value)}"
        raise sources.error(at, message, _AN_OBJECT)
    return at, value


def component(
    sources: Sources, entry: Source, log: DefectLog, kind: str, read: Callable[[Source, dict[str, Any], DefectLog], _T]
) -> _T:
    """What `read` makes of the object at `entry`, a parameter for example. Of one behind a `$ref` it is made once for
    all that lead there, unless something in it is not valid: that is a defect of each of them. Raises SpecError."""
    at, value = resolved_object(sources, entry)
    if at == entry:
        return read(at, value, log)
    known: dict[tuple[str, Source], _T] = sources.components
    if (kind, at) in known:
        return known[kind, at]
    own = log.apart()
    try:
        found = read(at, value, own)
    finally:
        for defect in own.defects:
            log.take(defect)
    if not own.defects:
        known[kind, at] = found
    return found
