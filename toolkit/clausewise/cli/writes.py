"""What a run may write, said before its first request, and what it wrote, said after the last one; on stderr."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from clausewise.cli.show import say
from clausewise.wording import counted

if TYPE_CHECKING:
    from clausewise.runner.events import Event, RunBegins
    from clausewise.runner.rehearsal import Rehearsal
    from clausewise.runner.writes import Written

#: operations that a sentence names
_NAMED = 6


def announce(event: Event) -> None:
    """A listener that says what the run may write, before it begins."""
    from clausewise.runner.events import RunBegins

    if isinstance(event, RunBegins):
        for line in before(event):
            say(line, err=True)


def before(begins: RunBegins) -> Iterator[str]:
    """What a run may create, change and remove."""
    leave = begins.leave
    if leave.limit == 0:
        if leave.why:
            yield f"writes: none; only GET, HEAD, OPTIONS and TRACE are sent: {leave.why}"
        return
    if leave.limit is None:
        most = "any number of requests that may change data"
    else:
        most = f"at most {counted(leave.limit, 'request')} that may change data, clean-up included"
    yield f"writes: {begins.target} is sent {most}{_creations(begins.creates)}"
    if begins.journal is not None:
        yield f"writes: {begins.journal} lists what is created; it is removed at the end"
    if begins.asks_for_token:
        yield "writes: a POST that asks for a token is not counted"
    if begins.left_before:
        left = counted(begins.left_before, "resource")
        yield f"writes: an earlier run left {left} there: clausewise cleanup {begins.journal}"


def after(written: Written, journal: Path) -> Iterator[str]:
    """What a run created, removed and left."""
    if not written.sent:
        return
    limit = f" of {written.limit}" if written.limit is not None else ""
    yield (
        f"writes: {written.sent}{limit} sent; created {counted(sum(written.made.values()), 'resource')}, removed "
        f"{sum(written.removed.values())}, left {sum(written.left.values())}{_places(written.left)}"
    )
    for operation, count in written.unanswered.items():
        yield f"writes: {counted(count, 'request')} of {operation} got no answer, and may have created something"
    if written.left:
        yield f"writes: to try again to remove what is left: clausewise cleanup {journal}"


def rehearsed(rehearsal: Rehearsal, limit: int | None) -> Iterator[str]:
    """What a run would send, by operation and method."""
    yield "nothing was sent; against a server that follows the contract, the run would send about:"
    width = max((len(name) for name, _ in rehearsal.counts), default=0)
    for (name, method), count in rehearsal.counts.items():
        yield f"  {name:{width}}  {method:7} {count:6}"
    of = f" (--allow-writes allows {limit})" if limit is not None else ""
    yield f"{counted(rehearsal.total, 'request')}, {rehearsal.writes} of which may change data{of}"


def _creations(creates: tuple[tuple[str, str], ...]) -> str:
    named = [
        f"{one} may create, {undo} removes" if undo else f"{one} may create, and nothing is known that removes"
        for one, undo in creates[:_NAMED]
    ]
    if len(creates) > _NAMED:
        named.append(f"{len(creates) - _NAMED} more may create")
    return f": {'; '.join(named)}" if named else ""


def _places(counts: Mapping[str, int]) -> str:
    return f" ({', '.join(f'{count} in {path}' for path, count in sorted(counts.items()))})" if counts else ""
