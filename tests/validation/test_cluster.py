"""A real Dask scheduler with real workers gives the record that one process gives, even when a worker dies."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import msgspec
import pytest

from clausewise.contract.contract import Contract
from clausewise.errors import UsageError
from clausewise.recordings.chunks import ChunkLimits
from clausewise.results import record
from clausewise.validation.limits import ScanLimits
from clausewise.validation.scan import ScanOptions, ScanProgress, scan
from clausewise.validation.summary import record_scan
from tests.validation.traffic import faults, write

pytest.importorskip("distributed", reason="needs the extra cluster")

_QUIET = {"DASK_DISTRIBUTED__LOGGING__DISTRIBUTED": "warning", "DASK_DISTRIBUTED__ADMIN__TICK__LIMIT": "60s"}


class Cluster:
    """A scheduler and two workers, each a process."""

    def __init__(self, address: str, workers: list[subprocess.Popen[str]]) -> None:
        self.address = address
        self.workers = workers


def _start(stack: ExitStack, *arguments: str) -> subprocess.Popen[str]:
    process = stack.enter_context(
        subprocess.Popen(
            [sys.executable, "-m", *arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **_QUIET, "DASK_DISTRIBUTED__LOGGING__DISTRIBUTED": "info"},
        )
    )
    stack.callback(process.kill)
    return process


def _wait_for(process: subprocess.Popen[str], pattern: str) -> str:
    assert process.stderr is not None
    for written in process.stderr:
        if found := re.search(pattern, written):
            return found[found.re.groups]
    raise AssertionError(f"it ended with {process.wait()} before it said {pattern}")


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with ExitStack() as stack:
        local = ("--host", "127.0.0.1", "--no-dashboard")
        scheduler = _start(stack, "distributed.cli.dask_scheduler", *local, "--port", "0")
        address = _wait_for(scheduler, r"Scheduler at:\s+(tcp://\S+)")
        workers = [
            _start(
                stack,
                *("distributed.cli.dask_worker", address, *local, "--no-nanny", "--nthreads", "1"),
                *("--local-directory", str(tmp_path / f"worker-{number}")),
            )
            for number in range(2)
        ]
        for worker in workers:
            _wait_for(worker, r"Registered to:\s+(tcp://\S+)")
        yield Cluster(address, workers)


_LIMITS = ScanLimits(chunks=ChunkLimits(100_000), patience=0.2)


def _timeless(run: record.Run) -> record.Run:
    return msgspec.structs.replace(run, started="", seconds=0.0)


def test_a_worker_is_killed_and_the_record_is_the_same(shipped: Contract, cluster: Cluster, tmp_path: Path) -> None:
    path = write(tmp_path / "traffic.ndjson", faults(6_000, every=97))
    local = record_scan(shipped, scan(shipped, ScanOptions(sources=(str(path),), jobs=1, limits=_LIMITS)))
    told: list[int] = []

    def kill_one(progress: ScanProgress) -> None:
        if progress.done is None:
            return
        told.append(progress.done)
        if len(told) == 3:
            cluster.workers[0].send_signal(signal.SIGKILL)

    url = path.as_uri()
    options = ScanOptions(sources=(url,), cluster=cluster.address, limits=_LIMITS)
    remote = record_scan(shipped, scan(shipped, options, kill_one))

    assert cluster.workers[0].wait(timeout=10) == -signal.SIGKILL
    assert told[2] < path.stat().st_size / 2
    assert remote.run.scan is not None and remote.run.scan.failed == ()
    assert remote.run.requests > 5_000 and len(remote.run.findings) == 3
    written = record.encode(_timeless(remote.run)).decode().replace(url, str(path))
    assert written == record.encode(_timeless(local.run)).decode()


def test_no_scheduler(shipped: Contract, tmp_path: Path) -> None:
    path = write(tmp_path / "traffic.ndjson", faults(3, every=9))
    options = ScanOptions(sources=(str(path),), cluster="tcp://127.0.0.1:9", limits=ScanLimits(connecting=1))
    with pytest.raises(UsageError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        scan(shipped, options)


def test_all_workers_are_gone(shipped: Contract, cluster: Cluster, tmp_path: Path) -> None:
    """What nobody could check is named, and what was found before is kept."""
    path = write(tmp_path / "traffic.ndjson", faults(3_000, every=97))

    def kill_all(progress: ScanProgress) -> None:
        if progress.done is not None:
            for worker in cluster.workers:
                worker.kill()

    scanned = scan(shipped, ScanOptions(sources=(str(path),), cluster=cluster.address, limits=_LIMITS), kill_all)
    assert 0 < scanned.collector.checked < 3_000
    assert scanned.failed[0].source.startswith(f"{path}, bytes ")
    assert "has no workers left" in scanned.failed[-1].message
