"""OpenAPI 3.2: what its documents have beside those of 3.1.

A path item has any method, and a parameter may be the whole query. `itemSchema`, `nodeType` of XML, cookies of the
style `cookie` and examples with a `dataValue` are read wherever they stand.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from clausewise.spec.accessors import object_at
from clausewise.spec.defects import DefectLog
from clausewise.spec.dialects.base import Request
from clausewise.spec.dialects.v3 import METHODS, OPENAPI_31, STYLES, operations_of, request_of
from clausewise.spec.pointer import Source

if TYPE_CHECKING:
    from clausewise.spec.resolve import Sources

#: the methods that have a field of their own in a path item (section 4.10)
_FIELDS = (*METHODS, "query")

#: what can be a method (RFC 9110 section 5.6.2)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def _operations(sources: Sources, path_item: Source, log: DefectLog) -> list[tuple[str, Source]]:
    item, at = object_at(sources, path_item), path_item.child("additionalOperations")
    found = operations_of(sources, path_item, log)
    found += [("QUERY", path_item.child("query"))] if "query" in item else []
    for method in log.attempt(lambda: object_at(sources, at, optional=True), dict[str, object]()):
        if method.startswith("x-"):
            continue
        if method.lower() in _FIELDS and method.isupper():
            message = f"{method} has a field of its own in a path item"
            log.add(sources.error(at.child(method), message, f"write it as `{method.lower()}` in the path item"))
        elif not _TOKEN.fullmatch(method):
            message, remedy = f'"{method}" cannot be the method of a request', "write letters, digits and hyphens"
            log.add(sources.error(at.child(method), message, remedy))
        else:
            found.append((method, at.child(method)))
    return found


def _request(sources: Sources, path_item: Source, operation: Source, log: DefectLog) -> Request:
    request = request_of(sources, path_item, operation, log, styles={**STYLES, "querystring": "form"})
    whole = [one for one in request.parameters if one.location == "querystring"]
    others = [one for one in request.parameters if one.location == "query"]
    if len(whole) > 1 or (whole and others):
        # Section 4.12.1: it stands at most once, and excludes parameters of the query.
        other = (*whole[1:], *others)[0]
        message = f'the parameter "{whole[0].name}" is the whole query, so there can be no "{other.name}" beside it'
        log.add(sources.error(other.source, message, "remove one of them"))
    return request


OPENAPI_32 = msgspec.structs.replace(
    OPENAPI_31, name="3.2", title="OpenAPI 3.2", operations=_operations, request=_request
)
