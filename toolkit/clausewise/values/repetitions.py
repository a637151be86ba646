"""A pattern with its repetitions at their ends, and just beyond.

`^[0-9]*(,[0-9]+)*$` was written for `1,2`, and describes `,2` as well; `^[a-z]*(,[a-z]*)*$` describes `,,`. Whoever
takes such texts apart seldom expects that.
"""

from __future__ import annotations

from collections.abc import Iterator

from clausewise.contract.regular_expression import Look, Node, Repeat, changed, children


def at_ends(pattern: Node) -> Iterator[Node]:
    """The pattern with one of its repetitions twice where what is repeated in it is left out, for each that has such;
    then with one of them left out where those after it are there."""
    every = list(_repetitions(pattern))
    for one in every:
        if one.high not in (0, 1) and any(inner.low == 0 for inner in _repetitions(one.part)):
            yield _repeated(pattern, one, max(2, one.low), others=0)
    for number, one in enumerate(every):
        within = sum(1 for _ in _repetitions(one.part))
        if one.low == 0 and number + within + 1 < len(every):
            yield _repeated(pattern, one, 0, others=1)


def beyond_ends(pattern: Node) -> Iterator[Node]:
    """The pattern with one of its repetitions once more than it allows, for each that has such a limit, then once less
    than it demands. Whoever writes `[0-9]{6,12}` anew in a program often forgets one of the two."""
    every = list(_repetitions(pattern))
    for one in every:
        # A second `s` in `https?` is a wrong letter, and those are tried anyway.
        if one.high is not None and one.high > 1:
            yield _repeated(pattern, one, one.high + 1, others=0)
    for one in every:
        if one.low > 0:
            yield _repeated(pattern, one, one.low - 1, others=0)


def _repetitions(node: Node) -> Iterator[Repeat]:
    """The repetitions in a pattern, those in its conditions aside."""
    if isinstance(node, Look):
        return
    if isinstance(node, Repeat):
        yield node
    for child in children(node):
        yield from _repetitions(child)


def _repeated(pattern: Node, one: Repeat, often: int, *, others: int) -> Node:
    """The pattern with `one` of its repetitions so `often`, and each of the `others` at least as often as this says."""

    def change(node: Node) -> Node | None:
        if isinstance(node, Look):
            return node
        if not isinstance(node, Repeat):
            return None
        count = often if node is one else max(others, node.low)
        return Repeat(changed(node.part, change), count, count, f"{{{count}}}")

    return changed(pattern, change)
