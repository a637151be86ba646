"""Rules of the standard about single objects of a document that its JSON Schema does not have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from clausewise.contract.keywords import show
from clausewise.spec.defects import Defect
from clausewise.spec.pointer import Source
from clausewise.spec.resolve import Sources
from clausewise.spec.structure import kind_below, kind_of, members

#: the name of a header field (RFC 9110 section 5.1)
_FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")

_WITH_EXAMPLES = frozenset({"parameter", "header", "media type"})


def breaches_of_objects(sources: Sources) -> Iterator[Defect]:
    """The breaches in the root document."""
    tree = sources.root.tree
    waiting: list[tuple[Source, Any, str | None]] = [(Source(""), tree, kind_of(tree))]
    seen: set[int] = set()
    while waiting:
        source, value, kind = waiting.pop()
        if id(value) in seen:
            # An alias of YAML leads to it again.
            continue
        seen.add(id(value))
        if isinstance(value, dict):
            for at, message, remedy in _of(source, value, kind):
                yield Defect(str(at), sources.locate(at), message, remedy, kind="standard")
        for token in members(kind, value):
            child = value[int(token)] if isinstance(value, list) else value[token]
            waiting.append((source.child(token), child, kind_below(kind, token)))


def _of(source: Source, value: dict[str, Any], kind: str | None) -> Iterator[tuple[Source, str, str]]:
    if kind in _WITH_EXAMPLES and "example" in value and "examples" in value:
        yield source.child("example"), "`example` and `examples` exclude each other", "write one of them"
    if kind == "parameter" and value.get("in") == "header" and not _is_name(value.get("name")):
        message = f'"{value.get("name")}" cannot be the name of a header field'
        yield source.child("name"), message, "leave out what no name may have (RFC 9110 section 5.1)"
    if kind == "header{}":
        for name in value:
            if not _is_name(name):
                remedy = "leave out what no name may have (RFC 9110 section 5.1)"
                yield source.child(name), f'"{name}" cannot be the name of a header field', remedy
    if kind == "server variable":
        allowed, default = value.get("enum"), value.get("default")
        if isinstance(allowed, list) and allowed and "default" in value and default not in allowed:
            yield source.child("default"), f"the default {show(default)} is not in `enum`", "write one of its values"
    xml = value.get("xml") if kind == "schema" else None
    if isinstance(xml, dict) and "nodeType" in xml:
        for field in ("attribute", "wrapped"):
            if field in xml:
                at = source.child("xml", field)
                yield at, f"`{field}` and `nodeType` exclude each other", "write `nodeType` alone"


def _is_name(name: Any) -> bool:
    return isinstance(name, str) and _FIELD_NAME.fullmatch(name) is not None
