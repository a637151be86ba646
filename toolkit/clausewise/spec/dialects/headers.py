"""The headers of a response, which every version of OpenAPI documents by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from clausewise.spec.accessors import object_at
from clausewise.spec.defects import DefectLog
from clausewise.spec.operations import Header
from clausewise.spec.pointer import Source

if TYPE_CHECKING:
    from clausewise.spec.resolve import Sources


def headers_of(
    sources: Sources, response: Source, log: DefectLog, read: Callable[[Sources, Source, DefectLog], Header]
) -> tuple[Header, ...]:
    """The headers of the response at a place, each as `read` gives it; `Content-Type` is ignored (OpenAPI 3.1 section
    4.8.17)."""
    at, none = response.child("headers"), dict[str, Any]()
    names = log.attempt(lambda: object_at(sources, at, optional=True), none)
    named = (name for name in names if name.lower() != "content-type")
    found = (log.attempt(partial(read, sources, at.child(name), log), None) for name in named)
    return tuple(header for header in found if header is not None)
