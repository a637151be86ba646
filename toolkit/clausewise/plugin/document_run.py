"""The run of a document that is collected as tests. It starts when the first item needs its verdict, and once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from clausewise.contract.clause import Clause
from clausewise.errors import ClausewiseError, Location
from clausewise.options import TargetSpec
from clausewise.phase_table import ROWS
from clausewise.plugin.collector import SessionCollector
from clausewise.plugin.contracts import Contracts
from clausewise.results import gate
from clausewise.results.record import ClauseVerdict, Finding
from clausewise.results.unaccepted import unaccepted_sentence
from clausewise.runner.journal import JOURNAL
from clausewise.runner.run import Result, run
from clausewise.runner.targets import open_target
from clausewise.spec.pointer import Source
from clausewise.transport.budget import BudgetSpent

#: operation -> keys of the clauses of its selected items; None for all
Wanted = Mapping[str, frozenset[str] | None]


class ItemVerdict(msgspec.Struct, frozen=True):
    """The verdict on one item."""

    #: findings that fail it
    faults: tuple[Finding, ...] = ()
    #: findings that are only warnings
    warnings: tuple[Finding, ...] = ()
    #: why it was not tested; "" where it was
    untested: str = ""
    #: what its operation answered, where it accepted no request, which fails it
    refusals: tuple[str, ...] = ()
    #: the same, where that is only a warning, and what the run has left on the server
    remarks: tuple[str, ...] = ()
    #: why its violation does not fail it (known, waived, or reported by another item); "" where it does
    excused: str = ""


class DocumentRun:
    """Tests one document against the target."""

    def __init__(
        self, contracts: Contracts, collector: SessionCollector, wanted: Callable[[], Wanted], *, at_once: bool
    ) -> None:
        self._contracts = contracts
        self._collector = collector
        self._options = contracts.options
        #: called when the first item runs: the items are not selected earlier
        self._wanted = wanted
        #: whether there is one run for all operations; otherwise each has its own
        self._at_once = at_once
        #: operation -> its run, or the error that prevented it
        self._results: dict[str, Result | ClausewiseError] = {}
        #: ids of the errors that an item has raised, and of the results whose leftovers it has told
        self._raised: set[int] = set()

    def locate(self, source: Source) -> Location:
        """File, line and column of a place in the document."""
        return self._collector.contract.locate(source)

    def clause(self, operation: str, clause: Clause) -> ItemVerdict:
        """The verdict on a clause. Raises ClausewiseError, once, where the run failed."""
        result = self._result(operation)
        if not isinstance(result, Result):
            return ItemVerdict(untested=str(result))
        verdict = self._verdicts(result)[clause.operation, clause.where, clause.id, clause.keyword]
        if verdict.verdict in ("untested", "unbreakable"):
            return ItemVerdict(untested=verdict.reason)
        if verdict.verdict == "upheld":
            return ItemVerdict()
        return self._judged(_findings_on(verdict, result), verdict.text)

    def others(self, operation: str) -> ItemVerdict:
        """The verdict on the findings of an operation that belong to none of its clauses. Raises like `clause`."""
        result = self._result(operation)
        if not isinstance(result, Result):
            return ItemVerdict(untested=str(result))
        on_clauses = {
            finding.id
            for verdict in result.run.clauses
            if verdict.verdict == "violated" and verdict.operation == operation
            for finding in _findings_on(verdict, result)
        }
        rest = [one for one in result.run.findings if operation in one.operations and one.id not in on_clauses]
        new = (one for one in result.run.unaccepted or () if one.operation == operation and one.state == "new")
        refusals = tuple(unaccepted_sentence([one]) for one in new)
        judged = msgspec.structs.replace(self._judged(rest, ""), remarks=self._left(result))
        if self._options.policy.unaccepted == "warn":
            return msgspec.structs.replace(judged, remarks=(*judged.remarks, *refusals))
        return msgspec.structs.replace(judged, refusals=refusals)

    @property
    def _journal(self) -> Path:
        """The file that lists what runs of this process create on a server."""
        part = "" if self._collector.part == "main" else f"{self._collector.part}-"
        return self._options.output.output_dir / f"{part}{JOURNAL}"

    def _left(self, result: Result) -> tuple[str, ...]:
        """What a run has left on the server, said once."""
        if not result.left or id(result) in self._raised:
            return ()
        self._raised.add(id(result))
        where = ", ".join(f"{count} in {path}" for path, count in sorted(result.left.items()))
        again = f": clausewise cleanup {self._journal}" if self._journal.exists() else ""
        return (f"resources that the run created could not be deleted ({where}){again}",)

    def _judged(self, findings: list[Finding], text: str) -> ItemVerdict:
        new = [finding for finding in findings if finding.state == "new"]
        excused = [f"{finding.state}: {finding.message}" for finding in findings if finding.state != "new"]
        if text and not findings:
            excused = [f"{text}: broken only by a value from a request, which the test of the request's clause reports"]
        return ItemVerdict(
            faults=tuple(finding for finding in new if finding.severity == "error"),
            warnings=tuple(finding for finding in new if finding.severity != "error"),
            excused="" if new or not excused else excused[0],
        )

    @staticmethod
    def _verdicts(result: Result) -> dict[tuple[str, str, str, str], ClauseVerdict]:
        return {(one.operation, one.where, one.id, one.keyword): one for one in result.run.clauses}

    def _result(self, operation: str) -> Result | ClausewiseError:
        if operation not in self._results:
            wanted = self._wanted()
            keys = tuple(wanted) if self._at_once else (operation,)
            try:
                outcome: Result | ClausewiseError = self._run({key: wanted[key] for key in keys})
            except ClausewiseError as error:
                outcome = error
            self._results |= dict.fromkeys(keys, outcome)
        result = self._results[operation]
        problem = result.stopped if isinstance(result, Result) else result
        if problem is not None and not isinstance(problem, BudgetSpent) and id(problem) not in self._raised:
            self._raised.add(id(problem))
            raise problem
        return result

    def _run(self, wanted: Wanted) -> Result:
        everything = any(keys is None for keys in wanted.values())
        options = msgspec.structs.replace(
            self._options.run,
            operations=tuple(wanted),
            phases=self._options.run.phases if everything else _ENOUGH,
            max_requests=self._contracts.requests_left,
            rate=self._contracts.rate,
        )
        contract = self._collector.contract
        target = open_target(self._options.target or TargetSpec(mock=True), contract, options)
        result = run(
            contract,
            target,
            options,
            clauses={operation: keys for operation, keys in wanted.items() if keys is not None},
            part=f"run of {self._collector.part}",
            journal=self._journal if target.kind == "url" else None,
            writes_spent=self._contracts.writes_spent,
        )
        self._contracts.writes_spent += result.written.sent
        if self._contracts.requests_left is not None:
            self._contracts.requests_left = max(0, self._contracts.requests_left - result.run.requests)
        self._collector.take_run(result)
        if result.interrupted:
            raise KeyboardInterrupt
        policy = self._options.policy
        known = gate.read_baseline(policy.baseline) if policy.baseline is not None else frozenset()
        judged = gate.apply_policy(result.run, policy, baseline=known, today=datetime.now(UTC).date())
        return msgspec.structs.replace(result, run=judged)


#: the phases that test single clauses of requests
_ENOUGH = tuple(row.name for row in ROWS.values() if row.by_clause)


def _findings_on(verdict: ClauseVerdict, result: Result) -> list[Finding]:
    return [finding for finding in result.run.findings if finding.is_at(verdict.operation, verdict.id)]
