"""Links from a response to operations that can use values of it (OpenAPI 3.1 section 4.8.20)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from clausewise.spec.accessors import object_at, resolved_object
from clausewise.spec.pointer import Source, from_fragment

if TYPE_CHECKING:
    from clausewise.spec.resolve import Sources


class Link(msgspec.Struct, frozen=True):
    """One entry of a response's `links`."""

    #: `operationId` of the linked operation; None where an `operationRef` names it
    operation_id: str | None
    #: its path template and upper-case method; None where an `operationId` names it
    operation: tuple[str, str] | None
    #: parameter name as written ("id" or "path.id") -> runtime expression or value
    parameters: dict[str, Any]
    #: runtime expression or value for the body, or an object or array of such; None where the link names none
    body: Any = None


def read_links(sources: Sources, response: Source) -> Iterator[Link]:
    """The links of a response, without those that name no operation."""
    for name in object_at(sources, response.child("links"), optional=True):
        at, link = resolved_object(sources, response.child("links", name))
        identity, reference = link.get("operationId"), link.get("operationRef")
        operation = _path_and_method(reference) if isinstance(reference, str) else None
        if isinstance(identity, str) or operation is not None:
            parameters = object_at(sources, at.child("parameters"), optional=True)
            target = identity if isinstance(identity, str) else None
            yield Link(target, operation, dict(parameters), link.get("requestBody"))


def _path_and_method(reference: str) -> tuple[str, str] | None:
    """Path and method of an `operationRef` within the same document; None for any other."""
    try:
        tokens = from_fragment(reference.removeprefix("#"))
    except ValueError:
        return None
    return (tokens[1], tokens[2].upper()) if len(tokens) == 3 and tokens[0] == "paths" else None
