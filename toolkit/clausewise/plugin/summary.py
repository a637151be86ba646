"""The end of a session: merges what each process observed, records and reports it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import msgspec

from clausewise.conformance.second_opinion import disagreement
from clausewise.contract.remarks import remarks
from clausewise.plugin.collector import LOCAL, SessionCollector, Share
from clausewise.plugin.contracts import Contracts
from clausewise.results import gate, record
from clausewise.results.collector import EXCHANGES, RunInfo, to_run
from clausewise.results.record import percent


class SessionOutcome(msgspec.Struct, frozen=True):
    """The outcome of all tests."""

    runs: tuple[record.Run, ...]
    #: for each of them, what a reader of its document should know of how it is read
    remarks: tuple[tuple[str, ...], ...] = ()
    #: folders of the reports
    folders: tuple[Path, ...] = ()
    #: why the session fails although every test passed; "" where it does not
    failure: str = ""


def shares(contracts: Contracts) -> bytes:
    """What this worker observed, for the controller."""
    used = [(file, one.share) for file, one in contracts.collectors.items() if one.share.requests]
    return msgspec.msgpack.encode([(file, _slim(share)) for file, share in used])


def _slim(share: Share) -> Share:
    return msgspec.structs.replace(share, collector=share.collector.without_plain_exchanges())


def take_shares(contracts: Contracts, content: bytes) -> None:
    """Merge what one worker observed."""
    for file, share in msgspec.msgpack.decode(content, type=list[tuple[str, Share]]):
        collector = contracts.collector(file or None)
        collector.share = collector.share.merge(share)


def close(contracts: Contracts) -> SessionOutcome:
    """Record and report what was observed. Raises ClausewiseError when a report cannot be written."""
    used = [collector for collector in contracts.collectors.values() if collector.share.requests]
    runs = [_recorded(collector, contracts) for collector in used]
    folders = _folders(contracts, runs)
    for collector, run, folder in zip(used, runs, folders, strict=False):
        _write(collector.share, run, folder, contracts.options.output.reports)
    too_little = _too_little(contracts.options.policy.min_coverage, runs)
    noted = tuple(tuple(remarks(one.contract, one.contract.operations)) for one in used)
    return SessionOutcome(tuple(runs), noted, tuple(folders), too_little)


def _write(share: Share, run: record.Run, folder: Path, formats: tuple[str, ...]) -> None:
    from clausewise.recordings import ndjson
    from clausewise.report.folder import SHORT_WAIT, claimed
    from clausewise.report.write import write_reports

    exchanges = [share.collector.exchanges[name] for name in sorted(share.collector.exchanges)]
    with claimed(folder, SHORT_WAIT):
        write_reports(run, folder, formats, exchanges)
        ndjson.write(folder / EXCHANGES, exchanges)


def _recorded(collector: SessionCollector, contracts: Contracts) -> record.Run:
    options, share, contract = contracts.options, collector.share, collector.contract
    now = datetime.now(UTC)
    info = RunInfo(
        started=share.started,
        seconds=(now - share.started).total_seconds(),
        seed=options.run.seed,
        target=share.target or record.TargetInfo("recording", "pytest"),
        base_url=share.base_url or LOCAL,
        requests=share.requests,
    )
    run = to_run(contract, contract.operations, share.collector, info, disagreement)
    if share.target is not None:
        refusing = [one for key, one in share.unaccepted.items() if key not in share.collector.accepted]
        run = msgspec.structs.replace(run, unaccepted=tuple(refusing))
    run = collector.redactor.record(run)
    policy = options.policy
    known = gate.read_baseline(policy.baseline) if policy.baseline is not None else frozenset()
    return gate.apply_policy(run, policy, baseline=known, today=now.date())


def _folders(contracts: Contracts, runs: Sequence[record.Run]) -> list[Path]:
    """The folder of the reports of each run; with several contracts each has its own."""
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
    # Exact: 99.9 as a float is slightly less than 99.9.
    if total and upheld * 100 >= Fraction(str(wanted)) * total:
        return ""
    return f"contract coverage is {percent(upheld, total) if total else '0%'}; {wanted:g}% is required"


def _sum(runs: Sequence[record.Run], name: str) -> int:
    return sum(getattr(run.coverage.clauses, name) for run in runs)
