"""Matches the operations of two documents: by method and URL, of server and path together."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from clausewise.comparison.servers import ServerReader, Servers, full_paths, unnamed
from clausewise.spec.operations import Operation
from clausewise.spec.specification import Specification

#: an operation with its servers
Served = tuple[Operation, Servers]


class Matching(msgspec.Struct, frozen=True):
    """The operations of both documents, those that clients call first, then webhooks and callbacks, whose servers are
    the clients' own: None."""

    matched: list[tuple[tuple[Operation, Servers | None], tuple[Operation, Servers | None]]]
    removed: list[Operation]
    added: list[Operation]


def match(old: Specification, new: Specification) -> Matching:
    """The operations of both documents, matched."""
    one, two = ServerReader(old.sources), ServerReader(new.sources)
    before = [(operation, one.of(operation)) for operation in old.operations]
    after = [(operation, two.of(operation)) for operation in new.operations]
    served, removed, added = _match_operations(before, after)
    matching = Matching([*served], removed, added)
    hooks = {(operation.kind, operation.method, operation.path): operation for operation in old.webhooks}
    later = {(operation.kind, operation.method, operation.path): operation for operation in new.webhooks}
    _match_named(matching, hooks, later)
    for (earlier, _), (operation, _) in served:
        _match_named(matching, _callbacks(earlier), _callbacks(operation))
    return matching


def _callbacks(operation: Operation) -> dict[Hashable, Operation]:
    return {(each.name, each.url, each.operation.method): each.operation for each in operation.callbacks}


def _match_named(matching: Matching, old: Mapping[Any, Operation], new: Mapping[Any, Operation]) -> None:
    matching.matched.extend(((old[name], None), (new[name], None)) for name in new if name in old)
    matching.removed.extend(operation for name, operation in old.items() if name not in new)
    matching.added.extend(operation for name, operation in new.items() if name not in old)


def _match_operations(
    old: Sequence[Served], new: Sequence[Served]
) -> tuple[list[tuple[Served, Served]], list[Operation], list[Operation]]:
    """Operations of both documents, in the order of the new one; removed ones; and added ones.

    The same path on a server with another URL is the same operation, unless the old URL is that of another one now.
    """
    #: by their numbers, the operation of the new document -> that of the old one
    found: dict[int, int] = {}
    taken: set[int] = set()

    def match_by(keys: Callable[[Served], Iterable[Hashable]]) -> None:
        left = (number for number in reversed(range(len(old))) if number not in taken)
        there = {key: number for number in left for key in keys(old[number])}
        for number, served in enumerate(new):
            one = next((there[key] for key in keys(served) if key in there), None) if number not in found else None
            if one is not None and one not in taken:
                taken.add(one)
                found[number] = one

    def by_url(served: Served) -> Iterable[Hashable]:
        return [(served[0].method, path) for path in sorted(full_paths(*served))]

    match_by(lambda served: [(served[0].method, served[0].path, full_paths(*served))])
    match_by(by_url)
    match_by(lambda served: [(served[0].method, served[0].path)])
    match_by(lambda served: [(served[0].method, unnamed(served[0].path))])
    matched = [(old[found[number]], served) for number, served in enumerate(new) if number in found]
    added = [operation for number, (operation, _) in enumerate(new) if number not in found]
    return matched, [operation for number, (operation, _) in enumerate(old) if number not in taken], added
