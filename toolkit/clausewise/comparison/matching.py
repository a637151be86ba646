"""Matches the operations of two documents: by method and URL, of server and path together."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence

from clausewise.comparison.servers import Servers, full_paths, unnamed
from clausewise.spec.operations import Operation

#: an operation with its servers
Served = tuple[Operation, Servers]


def match_operations(
    old: Sequence[Served], new: Sequence[Served]
) -> tuple[list[tuple[Served, Served]], list[Operation], list[Operation]]:
    """Operations of both documents, in the order of the new one; removed ones; and added ones.

    The same path on a server with another URL is the same operation, unless the old URL is that of another one now.
    """
    found: dict[int, Served] = {}
    taken: set[str] = set()

    def match_by(keys: Callable[[Served], Iterable[Hashable]]) -> None:
        there = {key: served for served in reversed(old) if served[0].key not in taken for key in keys(served)}
        for number, served in enumerate(new):
            one = next((there[key] for key in keys(served) if key in there), None) if number not in found else None
            if one is not None and one[0].key not in taken:
                taken.add(one[0].key)
                found[number] = one

    def by_url(served: Served) -> Iterable[Hashable]:
        return [(served[0].method, path) for path in sorted(full_paths(*served))]

    match_by(lambda served: [(served[0].method, served[0].path, full_paths(*served))])
    match_by(by_url)
    match_by(lambda served: [(served[0].method, served[0].path)])
    match_by(lambda served: [(served[0].method, unnamed(served[0].path))])
    matched = [(found[number], served) for number, served in enumerate(new) if number in found]
    added = [operation for number, (operation, _) in enumerate(new) if number not in found]
    return matched, [operation for operation, _ in old if operation.key not in taken], added
