"""The logbook of a run: each exchange and what it shows, on disk as soon as it is known.

The exchanges stand in one file, which is a recording; what they show stands in another, one exchange a line. A run that
is killed leaves both, up to their last whole lines: its reports are made from them, and it can go on from them. Nothing
in memory grows with the number of requests but the ids of the exchanges.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path

import msgspec

from clausewise.contract.operation import OperationContract
from clausewise.errors import ConfigError
from clausewise.exchange import Exchange
from clausewise.recordings import ndjson
from clausewise.recordings.exchange_file import ExchangeFile
from clausewise.recordings.line_file import LineFile, Use
from clausewise.results import record
from clausewise.results.collector import EXCHANGES
from clausewise.results.evidence import Checked, Evidence, Observation, Outcome, UntestedReason
from clausewise.results.ledger import Ledger

#: name of the file of what the exchanges show, beside theirs; it is there until the run has come to its end
LOGBOOK = "logbook.ndjson"

VERSION = 1


class KeptDocument(msgspec.Struct, frozen=True):
    """A document that no file holds: without it, an unfinished run could not be reported."""

    #: as messages name it
    name: str
    #: where it is, then the URLs that redirect there
    urls: tuple[str, ...]
    text: str


class Beginning(msgspec.Struct, frozen=True):
    """The first line: which run it is."""

    version: int
    tool: record.Tool
    #: when it began, in UTC
    started: datetime
    seed: int
    #: the document as it was named, and of each of its files the SHA-256 in hex, and the folder
    spec: str
    sources: tuple[str, ...]
    folders: tuple[str, ...]
    target: record.TargetInfo
    #: put before a request's path in curl commands
    base_url: str
    #: keys of the operations under test
    operations: tuple[str, ...]
    #: what decides which requests are sent, by the name of the option; nothing secret
    options: dict[str, str]
    #: the documents that no file holds; the first is the contract itself where `spec` is no file
    documents: tuple[KeptDocument, ...] = ()
    #: the overlays of the document, and what stands for URLs
    overlays: tuple[str, ...] = ()
    refs: dict[str, str] = {}


class Shown(msgspec.Struct, frozen=True, omit_defaults=True):
    """A further line: what one exchange shows, or, `later`, what was found about it after others."""

    #: id of the exchange
    exchange: str
    #: outcome -> the clauses that it shows it of, by their numbers in the contract
    evidence: dict[Outcome, tuple[int, ...]] = {}
    observations: tuple[Observation, ...] = ()
    #: key of the operation that accepted a request which it should accept; "" for none
    accepted: str = ""
    #: what it asked, for `Logbook.earlier`; "" where that is to be asked again
    asked: str = ""
    later: bool = False


_BEGINNING = msgspec.json.Decoder(Beginning)
_SHOWN = msgspec.json.Decoder(Shown)


def beginning_of(folder: Path) -> Beginning | None:
    """The beginning of the run that `folder` holds the logbook of; None where there is none: no run was cut short.

    Raises ConfigError where it cannot be read.
    """
    file = folder / LOGBOOK
    try:
        with file.open("rb") as stream:
            line = stream.readline()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(f"cannot read {file}: {error.strerror}") from None
    try:
        beginning = ndjson.decode_line(line, _BEGINNING)
    except msgspec.DecodeError as error:
        raise ConfigError(f"{file} is not the logbook of a run: {error}") from None
    if beginning.version != VERSION:
        raise ConfigError(f"{file} is of version {beginning.version}; this clausewise reads version {VERSION}")
    return beginning


class Logbook:
    """Everything that a run observes. Reports are made from it as from a `Collector`."""

    def __init__(
        self, operations: Iterable[OperationContract], beginning: Beginning, folder: Path | None, part: str = "run"
    ) -> None:
        """An empty logbook of `operations`. Its files are made when the first exchange comes: in `folder`, or without
        names where there is none."""
        self.ledger = Ledger(part)
        #: keys of the operations that accepted a request which they should accept
        self.accepted: set[str] = set()
        #: clause key -> why there was no probe of it
        self.untested: dict[str, UntestedReason] = {}
        #: exchange id -> subject and aspect of the finding that explains its failure
        self.causes: dict[str, tuple[str, str]] = {}
        #: number of faults seen
        self.observed = 0
        #: which run it is
        self.beginning = beginning
        self._folder = folder
        self._files: tuple[ExchangeFile, LineFile] | None = None
        called = list(operations)
        received = [callback.operation for operation in called for callback in operation.callbacks]
        self._clauses = [clause.key for operation in (*called, *received) for clause in operation.clauses]
        self._numbers = {key: number for number, key in enumerate(self._clauses)}
        #: exchange id -> what was found about it later
        self._later: dict[str, list[Observation]] = {}
        #: what was asked -> the ids of the exchanges of an earlier process that asked it, the last one first
        self._asked: dict[str, list[str]] = {}

    @classmethod
    def read(
        cls, folder: Path, operations: Iterable[OperationContract], beginning: Beginning, use: Use, part: str = "run"
    ) -> Logbook:
        """The logbook in `folder` that has this `beginning`, to "read" it or to "append" to it.

        Raises ConfigError where it is damaged, and OSError.
        """
        book = cls(operations, beginning, folder, part)
        lines = LineFile(folder / LOGBOOK, use)
        known: set[str] = set()
        try:
            exchanges = ExchangeFile(LineFile(folder / EXCHANGES, use))
            book._files = exchanges, lines
            for line in islice(lines, 1, None):
                shown = ndjson.decode_line(line, _SHOWN)
                if shown.exchange not in exchanges:
                    raise ConfigError(f"{folder / EXCHANGES} lacks the exchange {shown.exchange}")
                known.add(shown.exchange)
                book._count(shown)
                if shown.asked:
                    book._asked.setdefault(shown.asked, []).insert(0, shown.exchange)
        except (msgspec.DecodeError, IndexError) as error:
            raise ConfigError(f"the record of the run in {folder} is damaged: {error}") from None
        for name in exchanges.keys() - known:
            # The process ended before it knew what this one shows.
            exchanges.forget(name)
        return book

    @property
    def exchanges(self) -> Mapping[str, Exchange]:
        """Exchange id -> exchange, secrets masked; as they came."""
        return self._files[0] if self._files is not None else {}

    def add(self, exchange: Exchange, checked: Checked, *, accepted: str = "", asked: str = "") -> None:
        """Write down an exchange and what it shows, both without secrets. Raises OSError when that fails."""
        exchanges, _ = self._opened()
        exchanges.add(exchange)
        evidence: dict[Outcome, list[int]] = {}
        for each in checked.evidence:
            evidence.setdefault(each.outcome, []).append(self._numbers[each.clause])
        numbers = {outcome: tuple(found) for outcome, found in evidence.items()}
        self._write(Shown(exchange.id, numbers, checked.observations, accepted, asked))

    def add_later(self, observation: Observation) -> None:
        """Write down a fault that an exchange shows together with others, once: a run that goes on may see it again.
        Raises OSError when that fails."""
        if observation in self._later.get(observation.exchange, ()):
            return
        broken = self._numbers.get(observation.clause or "")
        evidence: dict[Outcome, tuple[int, ...]] = {} if broken is None else {"broken": (broken,)}
        self._write(Shown(observation.exchange, evidence, (observation,), later=True))

    @property
    def has_earlier(self) -> bool:
        """Whether there are exchanges of an earlier process."""
        return bool(self._asked)

    def earlier(self, asked: str) -> Exchange | None:
        """An exchange of an earlier process that asked the same, each once; None where there is none."""
        names = self._asked.get(asked)
        return self.exchanges[names.pop()] if names else None

    def by_exchange(self) -> Iterator[tuple[str, Sequence[Observation]]]:
        """The faults that were seen, by the exchange that shows them."""
        for shown in self._shown():
            if not shown.later and (shown.observations or shown.exchange in self._later):
                yield shown.exchange, (*shown.observations, *self._later.get(shown.exchange, ()))

    def change(self, exchange: Callable[[Exchange], Exchange], text: Callable[[str], str]) -> None:
        """Write all anew, the exchanges and the messages about them changed. Raises OSError when that fails."""

        def changed(seen: Observation) -> Observation:
            return msgspec.structs.replace(seen, message=text(seen.message))

        def line(written: bytes) -> bytes:
            if b'"observations":' not in written:
                return written
            shown = ndjson.decode_line(written, _SHOWN)
            observations = tuple(map(changed, shown.observations))
            return ndjson.encode_line(msgspec.structs.replace(shown, observations=observations))

        if self._files is not None:
            exchanges, lines = self._files
            exchanges.change(exchange)
            lines.change(line)
            self._later = {name: list(map(changed, seen)) for name, seen in self._later.items()}

    def close(self) -> None:
        """The run has come to its end: the recording stays, and what only an unfinished run needs is removed."""
        if self._files is not None:
            self._files[1].remove()

    def _shown(self) -> Iterator[Shown]:
        lines = self._files[1] if self._files is not None else ()
        return (ndjson.decode_line(line, _SHOWN) for line in islice(lines, 1, None))

    def _opened(self) -> tuple[ExchangeFile, LineFile]:
        if self._files is None:
            names = [self._folder / name if self._folder is not None else None for name in (EXCHANGES, LOGBOOK)]
            recording, lines = map(LineFile, names)
            lines.add(ndjson.encode_line(self.beginning))
            self._files = ExchangeFile(recording), lines
        return self._files

    def _write(self, shown: Shown) -> None:
        _, lines = self._opened()
        lines.add(ndjson.encode_line(shown))
        self._count(shown)

    def _count(self, shown: Shown) -> None:
        self.ledger.add(
            Evidence(self._clauses[number], outcome)
            for outcome, numbers in shown.evidence.items()
            for number in numbers
        )
        self.observed += len(shown.observations)
        if shown.accepted:
            self.accepted.add(shown.accepted)
        if shown.later:
            self._later.setdefault(shown.exchange, []).extend(shown.observations)
