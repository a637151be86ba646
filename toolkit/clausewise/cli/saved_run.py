"""Recorded runs, read from their folders, and the verdict on merged ones."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from clausewise.cli.show import say
from clausewise.errors import ConfigError
from clausewise.exchange import Exchange
from clausewise.near_file import near_file
from clausewise.options import GatePolicy
from clausewise.recordings import ndjson
from clausewise.results import gate
from clausewise.results.logbook import LOGBOOK
from clausewise.results.merge import Part
from clausewise.results.record import Run, decode
from clausewise.runner.resumption import unfinished_run


def read(path: Path) -> Part:
    """A run and its exchanges, from run.json or from the folder that holds it; from what a folder holds of a run that
    did not reach its end, where that is newer than any run.json there.

    Raises ConfigError when it cannot be read. Exchanges that cannot be read are left out, with a note on stderr.
    """
    file = path / "run.json" if path.is_dir() else path
    if path.is_dir() and _is_newer(path / LOGBOOK, file):
        unfinished = unfinished_run(path)
        assert unfinished is not None
        return Part(str(file), *unfinished)
    try:
        content = file.read_bytes()
    except OSError as error:
        remedy = near_file(file) if isinstance(error, FileNotFoundError) else None
        raise ConfigError(f"cannot read the run record {file}: {error.strerror}", remedy=remedy) from None
    run = decode(content, str(file))
    # Only the name is used: a record must not make us read files in other folders.
    recording = file.parent / Path(run.exchanges).name
    if not recording.is_file():
        say(f"note: {recording} does not exist; reports show no requests and responses", err=True)
        return Part(str(file), run)
    exchanges: list[Exchange] = []
    for entry in ndjson.read(recording):
        if isinstance(entry, Exchange):
            exchanges.append(entry)
        else:
            say(f"note: {entry.source}: {entry.message}", err=True)
    return Part(str(file), run, sorted(exchanges, key=lambda exchange: exchange.id))


def _is_newer(file: Path, other: Path) -> bool:
    """Whether `file` is there, and was written to after the `other`, or that is not there."""
    try:
        written = file.stat().st_mtime_ns
        return not other.exists() or other.stat().st_mtime_ns < written
    except OSError:
        return False


def judged(run: Run, policy: GatePolicy) -> Run:
    """A merged run with its verdict by `policy`. Findings that its parts knew are known."""
    known = gate.read_baseline(policy.baseline) if policy.baseline else frozenset()
    known |= {finding.id for finding in run.findings if finding.state == "known"}
    return gate.apply_policy(run, policy, baseline=known, today=datetime.now(UTC).date())
