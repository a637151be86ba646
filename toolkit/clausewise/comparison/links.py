"""Compares the links of a response (OpenAPI 3.1 section 4.8.20): what clients are led to from it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from clausewise.comparison.located import LocatedDifference
from clausewise.contract.keywords import show
from clausewise.spec.accessors import object_at, resolved_object
from clausewise.spec.pointer import Source
from clausewise.spec.resolve import Sources

#: fields of a link that say what is called, and how
_FIELDS = ("operationId", "operationRef", "parameters", "requestBody", "server")


def compare_links(
    status: str, before: Sources, old: Source, after: Sources, new: Source
) -> Iterator[LocatedDifference]:
    """The differences between the links of the responses at `old` and `new`."""
    one, two = _links(before, old), _links(after, new)
    where = f"response.{status}.link"
    for name, (at, link) in one.items():
        if name not in two:
            text, reason = f"the link `{name}` is no longer documented", "clients that follow it are led nowhere"
            yield LocatedDifference("risky", "removed", f"{where}.{name}", text, reason, at, None)
            continue
        there, other = two[name]
        for field in _FIELDS:
            if link.get(field) != other.get(field):
                text = f"the link `{name}` has {_shown(field, other)}; before, {_shown(field, link)}"
                reason = "clients that follow it call something else"
                places = (at.child(field) if field in link else at, there.child(field) if field in other else there)
                yield LocatedDifference("risky", "changed", f"{where}.{name}", text, reason, *places)
    for name, (there, _) in two.items():
        if name not in one:
            reason = "clients do not depend on it yet"
            yield LocatedDifference(
                "compatible", "added", f"{where}.{name}", f"the link `{name}` is new", reason, None, there
            )


def _shown(field: str, link: dict[str, Any]) -> str:
    return f"the {field} {show(link[field])}" if field in link else f"no {field}"


def _links(sources: Sources, response: Source) -> dict[str, tuple[Source, dict[str, Any]]]:
    at = response.child("links")
    return {
        name: resolved_object(sources, at.child(name))
        for name in object_at(sources, at, optional=True)
        if not name.startswith("x-")
    }
