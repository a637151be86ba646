"""Links from a response to operations that can use values of it (OpenAPI 3.1 section 4.8.20)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from clausewise.errors import SpecError
from clausewise.spec.accessors import object_at, resolved_object
from clausewise.spec.pointer import Source

if TYPE_CHECKING:
    from clausewise.spec.resolve import Sources


class Link(msgspec.Struct, frozen=True):
    """One entry of a response's `links`."""

    name: str
    #: its place, `$ref` resolved
    source: Source
    #: `operationId` of the linked operation; None where an `operationRef` names it
    operation_id: str | None
    #: where the linked operation is described, `$ref` resolved; None where an `operationId` names it
    operation: Source | None
    #: parameter name as written ("id" or "path.id") -> runtime expression or value
    parameters: dict[str, Any]
    #: runtime expression or value for the body, or an object or array of such; None where the link names none
    body: Any = None


def read_links(sources: Sources, owner: Source) -> Iterator[Link]:
    """The links of a response, or of the components, without those that name no operation."""
    for name in object_at(sources, owner.child("links"), optional=True):
        at, link = resolved_object(sources, owner.child("links", name))
        identity, reference = link.get("operationId"), link.get("operationRef")
        operation = _operation_at(sources, at, reference) if isinstance(reference, str) else None
        if isinstance(identity, str) or operation is not None:
            parameters = object_at(sources, at.child("parameters"), optional=True)
            target = identity if isinstance(identity, str) else None
            yield Link(name, at, target, operation, dict(parameters), link.get("requestBody"))


def _operation_at(sources: Sources, link: Source, reference: str) -> Source | None:
    """Where the operation is described that an `operationRef` names, in this document or another file of the contract;
    None where it names none."""
    # What stands there may lead on by a `$ref`, and a pointer does not go through that.
    to_path_item, _, method = reference.rpartition("/")
    for base in dict.fromkeys((link, Source("", link.tokens))):
        # A link in a file of its own may mean the paths of the root document.
        try:
            found = sources.target(base, to_path_item, "operationRef")
            if found.tokens[-2:-1] == ("paths",):
                path_item, _ = resolved_object(sources, found)
                return resolved_object(sources, path_item.child(method))[0]
        except (SpecError, KeyError):
            continue
    return None
