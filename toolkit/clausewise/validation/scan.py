"""Checks all sources into one collector, one after the other; recordings of lines in chunks, by several workers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from clausewise.contract.contract import Contract
from clausewise.contract.operation import OperationContract
from clausewise.errors import Location, UsageError
from clausewise.exchange import Exchange
from clausewise.recordings.entry import Entry, RecordedExchange, Skipped
from clausewise.recordings.files import HEAD, STDIN, BrokenStreamError, opened, pauses, unpacked
from clausewise.recordings.foreign import why_not_read
from clausewise.recordings.formats import Format, format_of
from clausewise.recordings.sources import expand
from clausewise.results import record
from clausewise.spec.defects import Defect
from clausewise.validation.collector import TrafficCollector
from clausewise.validation.examiner import EvidenceMode, Examiner
from clausewise.validation.limits import ScanLimits
from clausewise.validation.sights import Sight, Sights
from clausewise.validation.summary import ScanResult
from clausewise.wording import byte_size

if TYPE_CHECKING:
    from clausewise.validation.parts import Parts


#: the place of exchanges that no file holds
PROGRAM = "exchanges"


class ScanOptions(msgspec.Struct, frozen=True):
    """The sources to check, and how."""

    #: files, folders, globs, URLs that fsspec can open, or "-"
    sources: tuple[str, ...] = ()
    #: whether to check the examples in the contract itself
    examples: bool = False
    #: key of the operation of all payloads; None where there are none
    operation: str | None = None
    #: which body payloads are
    direction: Literal["request", "response"] = "request"
    #: status of payloads that are responses
    status: int = 200
    evidence: EvidenceMode = "sampled"
    #: number of processes for recordings of lines
    jobs: int = 1
    #: address of a Dask scheduler; None for this machine
    cluster: str | None = None
    limits: ScanLimits = ScanLimits()
    #: whether the clauses of operations without an exchange are listed as well
    all_operations: bool = False
    #: whether to look at the contract's document itself: what is not valid in it, and what no test can show
    document: bool = False


class ScanProgress(msgspec.Struct, frozen=True):
    """The progress of a scan that is not at its end."""

    #: bytes read of a recording of lines; None where something else is read, as a whole
    done: int | None
    #: the size of the recording; None where that is unknown
    total: int | None
    exchanges: int
    faults: int
    #: the faults that were seen for the first time since the progress before
    new: tuple[Sight, ...] = ()


#: receives the progress of a scan, as long as there is more to do
Show = Callable[[ScanProgress], None]


def scan(
    contract: Contract, options: ScanOptions, show: Show | None = None, exchanges: Iterable[Exchange] = ()
) -> ScanResult:
    """Read and check everything, recorded `exchanges` of a program first. After a KeyboardInterrupt it returns what was
    checked so far.

    Raises UsageError for a source that does not exist and for a payload without an operation.
    """
    return _Scan(contract, options, show).run(exchanges)


class _Scan:
    def __init__(self, contract: Contract, options: ScanOptions, show: Show | None) -> None:
        self._contract = contract
        self._options = options
        self._show = show
        self._sights = Sights(contract)
        #: those that were not shown yet
        self._new: list[Sight] = []
        self._collector = TrafficCollector()
        self._failed: list[record.Trouble] = []
        self._defects: tuple[Defect, ...] | None = None
        self._traffic = False
        #: whether a program gave exchanges
        self._programs = False
        self._parts: Parts | None = None

    def run(self, exchanges: Iterable[Exchange]) -> ScanResult:
        started, clock = datetime.now(UTC), perf_counter()
        files = expand(self._options.sources)
        interrupted = False
        try:
            self._exchanges(exchanges)
            if self._options.document:
                self._document()
            if self._options.examples:
                self._examples()
            for file in files:
                self._report(self._collector.checked)
                self._file(file)
        except KeyboardInterrupt:
            interrupted = True
        finally:
            if self._parts is not None:
                # An interruption that comes once more must not lose what was found.
                with suppress(KeyboardInterrupt):
                    self._parts.close()
        return ScanResult(
            collector=self._collector,
            sources=self._sources(),
            evidence=self._options.evidence,
            started=started,
            seconds=perf_counter() - clock,
            traffic=self._traffic,
            failed=tuple(self._failed),
            interrupted=interrupted,
            defects=self._defects,
            all_operations=self._options.all_operations,
        )

    def _sources(self) -> tuple[str, ...]:
        programs = [PROGRAM] if self._programs else []
        examples = [self._contract.name] if self._options.examples or self._options.document else []
        return (*programs, *examples, *self._options.sources)

    def _exchanges(self, exchanges: Iterable[Exchange]) -> None:
        def entries() -> Iterator[Entry]:
            for number, exchange in enumerate(exchanges, 1):
                self._traffic = self._programs = True
                yield RecordedExchange(exchange, Location(PROGRAM, 1, 1, f"/{number}"))

        self._take(entries())

    def _take(self, entries: Iterable[Entry]) -> None:
        """Check entries one by one, and keep what was found if that is interrupted."""
        examiner = Examiner(self._contract, self._options.evidence)
        try:
            for entry in entries:
                self._report(self._collector.checked + examiner.collector.checked)
                known = len(examiner.collector.faults)
                examiner.take(entry)
                self._see(examiner.collector, known)
        finally:
            self._collector = self._collector.merge(examiner.collector)

    def _see(self, collector: TrafficCollector, known: int = 0) -> None:
        """Note the faults of a part of what is scanned that are new, but for the first ones, which are `known`."""
        if self._show is not None and len(collector.faults) > known:
            self._new += self._sights.new_in(collector, known)

    def _report(self, checked: int, done: int | None = None, total: int | None = None) -> None:
        """Show how far the scan is. There is more to do."""
        if self._show is not None:
            new, self._new = tuple(self._new), []
            self._show(ScanProgress(done, total, checked, self._sights.count, new))

    def _document(self) -> None:
        from clausewise.lint.document import examine

        self._defects = examine(self._contract)
        self._collector.checked += 1

    def _examples(self) -> None:
        from clausewise.validation.examples import check_examples

        known = len(self._collector.faults)
        for _ in check_examples(self._contract, self._collector):
            self._report(self._collector.checked)
            self._see(self._collector, known)
            known = len(self._collector.faults)

    def _file(self, file: str) -> None:
        options = self._options
        with opened(file) as stream:
            source, packed = unpacked(stream)
            try:
                head = next(source, b"")
            except BrokenStreamError as error:
                self._collector.add_unreadable(file, str(error))
                return
            unread = why_not_read(file, head[:HEAD]) if options.operation is None else ""
            if unread:
                self._not_read(file, unread)
                return
            found = format_of(file, head[:HEAD]) if options.operation is None else None
            self._traffic = self._traffic or (found is not None and found.traffic)
            if found is not None and found.read is None:
                size = None if packed or file == STDIN else _size(stream)
                self._lines(file, size, head, source, lambda: pauses(stream))
                return
            content, trouble = _all(head, source, options.limits.largest_document)
        if trouble is not None:
            self._collector.add_unreadable(file, trouble)
        if content is not None:
            self._take(self._entries(found, content, file))

    def _not_read(self, file: str, why: str) -> None:
        """A file that cannot be read: trouble where it was named, and left out where a folder was."""
        add = self._collector.add_skipped if self._is_in_folder(file) else self._collector.add_unreadable
        add(file, why)

    def _is_in_folder(self, file: str) -> bool:
        """Whether a file was found in a folder that was named."""
        return file not in self._options.sources and any(Path(name).is_dir() for name in self._options.sources)

    def _lines(
        self, file: str, size: int | None, head: bytes, rest: Iterator[bytes], pauses: Callable[[], bool]
    ) -> None:
        """Check a recording of lines; places in its chunks become places in the file."""
        from clausewise.recordings.chunks import count_breaks
        from clausewise.validation.parts import Parts

        options = self._options
        if self._parts is None:
            self._parts = Parts(self._contract, options.evidence, options.jobs, options.cluster, options.limits)
        lines = 0
        for outcome in self._parts.check(file, size, head, rest, pauses):
            chunk = outcome.chunk
            if outcome.examined is not None:
                found = outcome.examined.collector.moved(lines)
                self._collector = self._collector.merge(found)
                self._see(found)
                lines += outcome.examined.breaks
            else:
                breaks = count_breaks(chunk)
                uncounted = "; later line numbers do not count its lines" if breaks is None else ""
                self._failed.append(record.Trouble(chunk.name, f"not checked: {outcome.why}{uncounted}"))
                lines += breaks or 0
            if chunk.stop != size:
                self._report(self._collector.checked, chunk.stop, size)

    def _entries(self, found: Format | None, content: bytes, file: str) -> Iterable[Entry]:
        if found is not None and found.read is not None:
            return found.read(content, file, self._contract)
        operation = self._operation()
        if operation is None:
            if self._is_in_folder(file):
                return [
                    Skipped(file, "is not a recording; to check it as a payload, name the file and give --operation")
                ]
            raise UsageError(
                f"{file} is neither a document nor a recording; a payload needs an operation",
                remedy="give --operation ID, and --as request or --as response",
            )
        from clausewise.recordings.payload import read_payload

        return [read_payload(content, file, operation, self._options.direction, self._options.status)]

    def _operation(self) -> OperationContract | None:
        """The operation of payloads: the given one, or the only one; else None."""
        if self._options.operation is not None:
            return self._contract.operation(self._options.operation)
        operations = self._contract.operations
        return operations[0] if len(operations) == 1 else None


def _all(head: bytes, source: Iterator[bytes], largest: int) -> tuple[bytes | None, str | None]:
    """All bytes of a source, and what is wrong after them; None instead of the bytes where they are too many."""
    parts, size = [head], len(head)
    try:
        for piece in source:
            parts.append(piece)
            size += len(piece)
            if size > largest:
                return (
                    None,
                    f"has more than {byte_size(largest)}, but only NDJSON (one exchange a line) may be that large",
                )
    except BrokenStreamError as error:
        return b"".join(parts), str(error)
    return b"".join(parts), None


def _size(stream: Any) -> int | None:
    """The size of a file in bytes; None where it cannot be read in ranges."""
    if not stream.seekable():
        return None
    size: int = stream.seek(0, 2)
    return size
