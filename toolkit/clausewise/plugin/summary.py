"""The end of a session: what each process saw is brought together, recorded, reported, and told on the terminal."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import msgspec

from clausewise.conformance.second_opinion import disagreement
from clausewise.exchange import Exchange
from clausewise.plugin.collector import Tally
from clausewise.plugin.contracts import Contracts
from clausewise.results import gate, record
from clausewise.results.collector import EXCHANGES, Collector, RunInfo
from clausewise.results.evidence import Observation
from clausewise.results.ledger import Ledger
from clausewise.results.record import percent


class _Share(msgspec.Struct, frozen=True):
    """What one worker saw of a contract."""

    file: Path
    ledger: Ledger
    observations: list[Observation]
    exchanges: dict[str, Exchange]
    accepted: set[str]
    untested: dict[str, str]
    causes: dict[str, tuple[str, str]]
    requests: int
    started: datetime
    target: record.TargetInfo
    base_url: str


class Closed(msgspec.Struct, frozen=True):
    """What all tests together showed."""

    runs: tuple[record.Run, ...]
    #: where reports were written
    folders: tuple[Path, ...] = ()
    #: why the session fails though every test has passed; "" where it does not
    failure: str = ""


def shares(contracts: Contracts) -> bytes:
    """What this worker saw, for the process that it works for."""
    return pickle.dumps([_share(file, tally) for file, tally in contracts.tallies.items() if tally.requests])


def _share(file: Path, tally: Tally) -> _Share:
    collector = tally.collector
    shown = {observation.exchange for observation in collector.observations}
    return _Share(
        file=file,
        ledger=collector.ledger,
        observations=collector.observations,
        exchanges={name: collector.exchanges[name] for name in shown},
        accepted=collector.accepted,
        untested=collector.untested,
        causes=collector.causes,
        requests=tally.requests,
        started=tally.started,
        target=tally.target,
        base_url=tally.base_url,
    )


def take_shares(contracts: Contracts, written: bytes) -> None:
    """Take in what one worker saw."""
    for share in pickle.loads(written):
        _take(contracts.tally(share.file), share)


def _take(tally: Tally, share: _Share) -> None:
    other = Collector(tally.contract, tally.contract.operations)
    other.ledger, other.observations, other.exchanges = share.ledger, share.observations, share.exchanges
    other.accepted, other.untested, other.causes = share.accepted, share.untested, share.causes
    tally.collector.merge(other)
    tally.requests += share.requests
    tally.started = min(tally.started, share.started)
    tally.base_url = share.base_url
    if share.target.kind != "recording":
        tally.target = share.target


def close(contracts: Contracts) -> Closed:
    """Record and report what was seen. Raises ClausewiseError where a report cannot be written."""
    used = [tally for tally in contracts.tallies.values() if tally.requests]
    runs = [_recorded(tally, contracts) for tally in used]
    folders = _folders(contracts, runs)
    for tally, run, folder in zip(used, runs, folders, strict=False):
        _write(tally, run, folder, contracts.options.output.reports)
    return Closed(tuple(runs), tuple(folders), _too_little(contracts.options.policy.min_coverage, runs))


def _write(tally: Tally, run: record.Run, folder: Path, formats: tuple[str, ...]) -> None:
    from clausewise.recordings import ndjson
    from clausewise.report.write import write_reports

    exchanges = [tally.collector.exchanges[name] for name in sorted(tally.collector.exchanges)]
    write_reports(run, folder, formats, exchanges)
    ndjson.write(folder / EXCHANGES, exchanges)


def _recorded(tally: Tally, contracts: Contracts) -> record.Run:
    options = contracts.options
    now = datetime.now(UTC)
    seconds = (now - tally.started).total_seconds()
    run = tally.collector.to_run(
        RunInfo(tally.started, seconds, options.run.seed, tally.target, tally.base_url, tally.requests), disagreement
    )
    policy = options.policy
    known = gate.read_baseline(policy.baseline) if policy.baseline is not None else frozenset()
    return gate.apply_policy(run, policy, baseline=known, today=now.date())


def _folders(contracts: Contracts, runs: Sequence[record.Run]) -> list[Path]:
    """Where the reports of each run go: with more than one contract, each has a folder of its own."""
    folder = contracts.options.output.output_dir
    if not contracts.options.output.reports:
        return []
    if len(runs) == 1:
        return [folder]
    names: dict[str, int] = {}
    found = []
    for run in runs:
        name = Path(run.spec.file).stem
        names[name] = names.get(name, 0) + 1
        found.append(folder / (name if names[name] == 1 else f"{name}-{names[name]}"))
    return found


def _too_little(wanted: float | None, runs: Sequence[record.Run]) -> str:
    if wanted is None:
        return ""
    upheld, total = _sum(runs, "upheld"), _sum(runs, "total")
    # Exact: 99.9 as a float is a little less than what was written.
    if total and upheld * 100 >= Fraction(str(wanted)) * total:
        return ""
    return f"contract coverage is {percent(upheld, total) if total else '0%'}, and {wanted:g}% is required"


def _sum(runs: Sequence[record.Run], name: str) -> int:
    return sum(getattr(run.coverage.clauses, name) for run in runs)


def table(run: record.Run, *, brief: bool) -> Iterator[str]:
    """The coverage of a contract, operation by operation; of those that no test has met only the number."""
    counts: dict[str, dict[str, int]] = {}
    tried: set[str] = set()
    for clause in run.clauses:
        row = counts.setdefault(clause.operation, dict.fromkeys(("upheld", "violated", "untested"), 0))
        row[clause.verdict] += 1
        if clause.tried:
            tried.add(clause.operation)
    shown = [name for name in counts if name in tried] if not brief else []
    width = max((len(name) for name in (*shown, "Operation")), default=0)
    yield f"{'Operation':<{width}}  Clauses  Upheld  Violated  Untested  Cover"
    yield "-" * (width + 45)
    for name in shown:
        yield _row(name, width, **counts[name])
    if len(shown) < len(counts) and not brief:
        yield f"{len(counts) - len(shown)} of {len(counts)} operations were met by no test"
    clauses = run.coverage.clauses
    yield _row("TOTAL", width, clauses.upheld, clauses.violated, clauses.untested)


def _row(name: str, width: int, upheld: int, violated: int, untested: int) -> str:
    total = upheld + violated + untested
    return f"{name:<{width}}  {total:>7}  {upheld:>6}  {violated:>8}  {untested:>8}  {percent(upheld, total):>5}"


def findings(run: record.Run) -> Iterator[str]:
    """Each finding on a line of its own, however many tests have met it."""
    for finding in run.findings:
        often = "once" if finding.count == 1 else f"{finding.count} times"
        state = "" if finding.state == "new" else f", {finding.state}"
        yield f"{finding.location}: {finding.severity}[{finding.rule}] {finding.message} ({often}{state})"
