"""Where a document of OpenAPI 3.0 has a `nullable` that has no effect by the letter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from clausewise.spec.dialects import nullable_in_vain
from clausewise.spec.pointer import Source
from clausewise.spec.resolve import Sources
from clausewise.spec.structure import ANYTHING, kind_below, kind_of, members
from clausewise.wording import counted


def about_nullable(sources: Sources) -> tuple[str, ...]:
    """A sentence about these places in the files that were read so far, with the first and the count; none where there
    are none."""
    if sources.dialect.name != "3.0":
        return ()
    found = list(_in_vain(sources))
    return (_sentence(sources, found),) if found else ()


def _sentence(sources: Sources, found: list[Source]) -> str:
    others = f" (so in {counted(len(found), 'schema')}, this is the first)" if len(found) > 1 else ""
    result = (
        "clausewise allows null, as its author means it"
        if sources.nullable == "meant"
        else 'with nullable = "letter", clausewise refuses null'
    )
    return (
        f"{sources.locate(found[0].child('nullable'))}: by the letter of OpenAPI 3.0.3, `nullable: true` has no effect "
        f"without a `type` beside it{others}: write it with `type`; {result}"
    )


def _in_vain(sources: Sources) -> Iterator[Source]:
    """Each of the places in the files, in the order of the document."""
    for file, tree in sources.trees:
        # Not recursive: a document may be nested deeper than Python's stack.
        waiting: list[tuple[tuple[str, ...], Any, str | None]] = [((), tree, kind_of(tree))]
        seen: set[int] | None = None if sources.stands_once(file) else set()
        while waiting:
            tokens, value, kind = waiting.pop()
            if seen is not None and id(value) in seen:
                continue
            if seen is not None:
                seen.add(id(value))
            elif kind == "path item" and not _has_nullable(value):
                continue
            if kind in ("schema", ANYTHING) and isinstance(value, dict) and nullable_in_vain(value):
                yield Source(file, tokens)
            for token in reversed([*members(kind, value)]):
                below = value[int(token)] if isinstance(value, list) else value[token]
                waiting.append(((*tokens, token), below, kind_below(kind, token)))


def _has_nullable(value: Any) -> bool:
    """Whether there may be a `nullable` in a part of a JSON document: of thousands of paths, few have one, and to see
    that in the text takes less time than to walk through them."""
    try:
        return b'"nullable"' in msgspec.json.encode(value)
    except UnicodeEncodeError:
        # Half of a surrogate pair.
        return True
