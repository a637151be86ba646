"""Checks recordings of lines, of any size, in chunks: in this process, in several, or on a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

from clausewise.contract.contract import Contract
from clausewise.recordings.chunks import Chunk, blocks, ranges
from clausewise.validation.chunk import Setup, prepare
from clausewise.validation.examiner import EvidenceMode
from clausewise.validation.limits import ScanLimits
from clausewise.validation.workers import Outcome, Processes, Workers, alone, forks


class Parts:
    """Checks the chunks of one file after the other; workers are started for the first large file."""

    def __init__(
        self, contract: Contract, evidence: EvidenceMode, jobs: int, cluster: str | None, limits: ScanLimits
    ) -> None:
        self._contract = contract
        self._evidence = evidence
        self._jobs = jobs
        self._cluster = cluster
        self._limits = limits
        self._alone: Setup | None = None
        self._shared: Setup | None = None
        self._workers: Workers | None = None

    def check(
        self, file: str, size: int | None, head: bytes, rest: Iterator[bytes], pauses: Callable[[], bool]
    ) -> Iterator[Outcome]:
        """The outcome of each chunk of a file, in their order.

        A file of `size` bytes is read in ranges; a stream without a size consists of its `head` and the `rest`, and
        `pauses` says whether nothing comes from it at the moment.
        """
        limits = self._limits.chunks
        pieces = chain((head,), rest)
        chunks = ranges(file, size, limits) if size is not None else blocks(file, pieces, limits, pauses)
        if self._cluster is None and (self._jobs == 1 or (size is not None and size <= limits.size)):
            if self._alone is None:
                self._alone = prepare(self._contract, self._evidence, packed=False)
            return alone(self._alone, chunks)
        return self._together(chunks)

    def _together(self, chunks: Iterator[Chunk]) -> Iterator[Outcome]:
        if self._shared is None:
            packed = self._cluster is not None or not forks()
            self._shared = prepare(self._contract, self._evidence, packed=packed)
        if self._workers is None:
            self._workers = self._open()
        return self._workers.check(self._shared, chunks)

    def _open(self) -> Workers:
        if self._cluster is None:
            return Workers(Processes(self._jobs), self._limits.patience)
        from clausewise.validation.cluster import Cluster

        return Workers(Cluster(self._cluster, self._limits.connecting), self._limits.patience)

    def close(self) -> None:
        """Stop the workers."""
        if self._workers is not None:
            self._workers.close()
