"""The matrix of operations with statuses, media types and union branches, and their verdicts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from clausewise.exchange import Exchange
from clausewise.report.html.findings import media_type
from clausewise.results.record import ClauseVerdict, Run, Verdict

#: a body and the labels of the union branches after it, as `contract.clause.where` writes them
_BRANCH = re.compile(r"(request|response)\.(?:[^.\[]+\.)?body((?:\[[^\]]+\])+)")


class Cell(msgspec.Struct, frozen=True):
    """The clauses of one operation that belong to one column."""

    label: str
    verdict: Verdict
    upheld: int
    violated: int
    untested: int
    #: exchanges with this status; 0 for other cells
    seen: int = 0

    @property
    def total(self) -> int:
        """The number of clauses."""
        return self.upheld + self.violated + self.untested


class Row(msgspec.Struct, frozen=True):
    """One operation."""

    operation: str
    #: a cell for each status of the matrix; None where the operation does not document it
    statuses: tuple[Cell | None, ...]
    #: undocumented statuses of responses: (status, count)
    undocumented: tuple[tuple[str, int], ...]
    media_types: tuple[Cell, ...]
    branches: tuple[Cell, ...]


class Matrix(msgspec.Struct, frozen=True):
    """All operations with the statuses of the contract."""

    statuses: tuple[str, ...]
    rows: tuple[Row, ...]


def matrix(run: Run, exchanges: Sequence[Exchange]) -> Matrix:
    """The matrix of a run; `exchanges` give the count of each status."""
    clauses: dict[str, list[ClauseVerdict]] = {}
    for clause in run.clauses:
        clauses.setdefault(clause.operation, []).append(clause)
    came: dict[str, dict[str, int]] = {}
    for exchange in exchanges:
        probe = exchange.probe
        # A request with an undocumented method belongs to no operation.
        if probe is not None and exchange.response is not None and not (probe.clause or "").endswith(" methods"):
            counts = came.setdefault(probe.operation, {})
            status = str(exchange.response.status)
            counts[status] = counts.get(status, 0) + 1
    statuses = sorted({_status(clause) for clause in run.clauses if clause.direction == "response"})
    unlisted: dict[str, Counter[str]] = {}
    for group in run.unlisted or ():
        if group.verdict == "untested":
            unlisted.setdefault(group.operation, Counter())[group.where.partition(".")[2]] += group.clauses
    rows = tuple(
        _row(operation, of, statuses, came.get(operation, {}), unlisted.get(operation, Counter()))
        for operation, of in clauses.items()
    )
    return Matrix(tuple(statuses), rows)


def _row(
    operation: str, clauses: list[ClauseVerdict], statuses: list[str], came: dict[str, int], unlisted: Counter[str]
) -> Row:
    """`unlisted` are the untested clauses of each status that are counted only."""
    by_status: dict[str, list[ClauseVerdict]] = {}
    by_media_type: dict[str, list[ClauseVerdict]] = {}
    by_branch: dict[str, list[ClauseVerdict]] = {}
    for clause in clauses:
        if clause.direction == "response":
            by_status.setdefault(_status(clause), []).append(clause)
        if clause.keyword == "content":
            label = f"{'→' if clause.direction == 'request' else '←'} {media_type(clause)}"
            by_media_type.setdefault(label, []).append(clause)
        branch = _BRANCH.match(clause.where)
        if branch is not None:
            arrow = "→" if branch[1] == "request" else "←"
            by_branch.setdefault(f"{arrow} {branch[2][1:-1].replace('][', ' / ')}", []).append(clause)
    seen: dict[str, int] = {}
    undocumented = []
    for status, count in sorted(came.items()):
        documented = next((name for name in (status, f"{status[0]}XX", "default") if name in by_status), None)
        if documented is None:
            undocumented.append((status, count))
        else:
            seen[documented] = seen.get(documented, 0) + count
    return Row(
        operation,
        tuple(
            _cell(name, by_status[name], seen.get(name, 0), unlisted[name]) if name in by_status else None
            for name in statuses
        ),
        tuple(undocumented),
        tuple(_cell(name, chosen) for name, chosen in by_media_type.items()),
        tuple(_cell(name, chosen) for name, chosen in by_branch.items()),
    )


def _status(clause: ClauseVerdict) -> str:
    return clause.where.split(".", 2)[1].partition("[")[0]


def _cell(label: str, clauses: Iterable[ClauseVerdict], seen: int = 0, unlisted: int = 0) -> Cell:
    verdicts = [clause.verdict for clause in clauses]
    upheld, violated, untested = (verdicts.count(name) for name in ("upheld", "violated", "untested"))
    verdict: Verdict = "violated" if violated else "upheld" if upheld else "untested"
    return Cell(label, verdict, upheld, violated, untested + unlisted, seen)
