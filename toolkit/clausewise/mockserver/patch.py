"""A resource as a request changes it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from clausewise.media.types import essence
from clausewise.spec.pointer import from_pointer
from clausewise.values.edit import get, put, take_out

_JSON_PATCH = "application/json-patch+json"
_MERGE_PATCH = "application/merge-patch+json"


def changed_by(document: dict[str, Any], sent: Any, method: str, content_type: str) -> dict[str, Any]:
    """`document` as a request with `method` and the body `sent`, of this media type, changes it.

    A JSON Patch (RFC 6902) changes what it names, a merge patch (RFC 7396) and another PATCH what they have, also
    inside of objects; a PUT replaces whole members. What the body leaves out stays.
    """
    kind = essence(content_type)
    if kind == _JSON_PATCH and isinstance(sent, list):
        for step in sent:
            with suppress(KeyError, IndexError, TypeError, ValueError):
                document = _stepped(document, step)
        return document
    if not isinstance(sent, dict):
        return document
    if method != "PATCH":
        return {**document, **sent}
    return _merged(document, sent, removes=kind == _MERGE_PATCH)


def _merged(old: Any, sent: dict[str, Any], *, removes: bool) -> dict[str, Any]:
    merged = dict(old) if isinstance(old, dict) else {}
    for name, value in sent.items():
        if value is None and removes:
            merged.pop(name, None)
        else:
            merged[name] = _merged(merged.get(name), value, removes=removes) if isinstance(value, dict) else value
    return merged


def _stepped(document: dict[str, Any], step: dict[str, Any]) -> dict[str, Any]:
    """`document` after one operation of a JSON Patch. Raises where the operation does not fit."""
    at = from_pointer(step["path"])
    match step["op"]:
        case "add":
            changed = _added(document, at, step["value"])
        case "replace":
            changed = put(document, at, step["value"])
        case "remove":
            changed = take_out(document, at)
        case "copy":
            changed = _added(document, at, get(document, from_pointer(step["from"])))
        case "move":
            moved = get(document, from_pointer(step["from"]))
            changed = _added(take_out(document, from_pointer(step["from"])), at, moved)
        case _:
            return document
    return changed if isinstance(changed, dict) else document


def _added(document: Any, at: tuple[str, ...], value: Any) -> Any:
    """`document` with `value` at the place, before the item that an array has there; "-" is its end."""
    if not at:
        return value
    parent = get(document, at[:-1])
    if not isinstance(parent, list):
        return put(document, at, value)
    index = len(parent) if at[-1] == "-" else int(at[-1])
    return put(document, at[:-1], [*parent[:index], value, *parent[index:]])
