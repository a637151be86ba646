"""Lines of NDJSON in, a TrafficCollector out; fast where most of very many lines are valid."""

from __future__ import annotations

from clausewise.contract.contract import Contract
from clausewise.errors import Location
from clausewise.exchange import Unreadable
from clausewise.recordings import ndjson
from clausewise.recordings.entry import RecordedExchange
from clausewise.validation.collector import TrafficCollector
from clausewise.validation.examiner import EvidenceMode, Examiner, encodable
from clausewise.validation.fast_path import FastPath, Head

#: the sample of exchanges that differ only in their bodies: the first 5 of a part of a file, then one in 1000
_FIRST, _EVERY = 5, 1000


class LineExaminer(Examiner):
    """An Examiner that learns from the parts of a file, to check the next ones faster."""

    def __init__(self, contract: Contract, evidence: EvidenceMode) -> None:
        super().__init__(contract, evidence)
        self._fast = FastPath(contract)
        #: lines of this part in which something was wrong
        self._odd = 0

    def examine(self, lines: list[bytes], file: str) -> TrafficCollector:
        """The collector of some lines, the first of which is line 1.

        The result does not depend on earlier lines; they only make it faster.
        """
        self.collector, self._odd = TrafficCollector(), 0
        self._fast.start()
        if self._mode == "all":
            for number, content in enumerate(lines, 1):
                if content and not content.isspace():
                    self._fully(content, file, number)
        else:
            self._mostly_fast(lines, file, sampled=self._mode == "sampled")
        return self.collector

    def _mostly_fast(self, lines: list[bytes], file: str, *, sampled: bool) -> None:
        match = self._fast.match
        for number, content in enumerate(lines, 1):
            head = match(content)
            if head is None:
                if not content or content.isspace():
                    continue
                head = self._learn(content, file, number, sampled=sampled)
                if head is None:
                    continue
            head.count += 1
            if sampled and _is_in_sample(head.count):
                head.sampled += 1
                self._fully(content, file, number)
        for head in self._fast.heads():
            self.collector.count(head.evidence, head.count - head.sampled)
            self.collector.checked += head.count - head.sampled
            self.collector.touched.add(head.operation)
            if head.accepted:
                self.collector.accepted.add(head.operation)

    def _learn(self, content: bytes, file: str, number: int, *, sampled: bool) -> Head | None:
        """The head of a line in which nothing is wrong, for later lines; else None, and its faults are counted."""
        recorded = self._read(content, file, number)
        judged = self.judge(recorded, evidence=False) if recorded is not None else None
        if recorded is None or judged is None:
            return None
        operation, checked = judged
        if not checked.observations:
            self._fast.learn(operation, recorded.exchange, checked.evidence)
            head = self._fast.match(content)
            if head is not None:
                return head
        self._odd += 1
        if sampled and _is_in_sample(self._odd):
            judged = self.judge(recorded, evidence=True) or judged
        self.count(*judged, recorded)
        return None

    def _fully(self, content: bytes, file: str, number: int) -> None:
        """Count a line with all its evidence."""
        recorded = self._read(content, file, number)
        judged = self.judge(recorded, evidence=True) if recorded is not None else None
        if recorded is not None and judged is not None:
            self.count(*judged, recorded)

    def _read(self, content: bytes, file: str, number: int) -> RecordedExchange | None:
        location = Location(file, number, 1)
        name = f"{file}:{number}"
        exchange = ndjson.decode(content, name)
        if isinstance(exchange, Unreadable):
            self.collector.add_unreadable(location, exchange.message)
            return None
        # Two recordings may use the same ids, and a place helps more than an id.
        return encodable(ndjson.located(exchange, name, location))


def _is_in_sample(number: int) -> bool:
    return number <= _FIRST or number % _EVERY == 0
