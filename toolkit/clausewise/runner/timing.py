"""How long answers took: which are slower than the user allows, and which are ten times slower than others like them.

A slow answer may come from our own traffic, or from a server that has just started. So the request is sent again at the
end of the run, alone, and its fastest answer counts. A write that was accepted is not sent again: there, each of
several slow answers counts.
"""

from __future__ import annotations

import statistics
from collections import defaultdict, deque
from collections.abc import Callable, Generator, Iterable
from urllib.parse import urlsplit

import msgspec

from clausewise.contract.operation import OperationContract
from clausewise.exchange import Exchange, Probe, query_parts
from clausewise.generation.prover import Case
from clausewise.phases.base import PhaseInterrupted, PhaseResult, Steps
from clausewise.results.evidence import Observation
from clausewise.results.record import SlowAnswer
from clausewise.transport.budget import is_write
from clausewise.values.words import words

#: the slowest answers that a report lists
_LISTED = 5

#: how often a slow request is sent again, and how many slow answers count where it is not
_TRIES, _WITHOUT_TRY = 2, 3

#: how many times as long as others like it a request takes, and how many seconds at least, to be worth a note
_TIMES, _LEAST = 10, 0.2

#: how many times as many bytes as others a request or its answer may have, to be like them
_LIKE = 4

#: answers of one operation that are compared, the latest ones, and its slowest ones that are kept
_COMPARED, _KEPT = 500, 3

#: words in the names of parameters that say how long the server is to take
_WAITS = frozenset({"wait", "timeout", "delay", "sleep", "poll", "polling", "pause", "duration", "latency"})

#: steps that give a fault, or none
_Tried = Generator[Iterable[Case], list[Exchange], Observation | None]


class _Answers(msgspec.Struct, eq=False):
    """The answers of one operation to requests that it accepted, or to those that it refused."""

    #: seconds that each took, bytes that were sent, and bytes that came
    measured: deque[tuple[float, int, int]] = msgspec.field(default_factory=lambda: deque(maxlen=_COMPARED))
    #: slowest first
    slowest: list[Exchange] = []

    def add(self, exchange: Exchange) -> None:
        self.measured.append((_seconds(exchange), *_sizes(exchange)))
        self.slowest = _slowest([*self.slowest, exchange], _KEPT)


class Timing:
    """Keeps account of the seconds that answers took."""

    def __init__(self, limit: float | None) -> None:
        """`limit` is the longest time that an answer may take, in seconds; None for any."""
        self._limit = limit
        self._answers: dict[tuple[OperationContract, bool], _Answers] = defaultdict(_Answers)
        #: those whose slow requests were sent again
        self._judged: set[tuple[OperationContract, bool]] = set()
        self._listed: list[SlowAnswer] = []

    def take(self, operation: OperationContract, exchange: Exchange) -> None:
        """Take note of an answer, if it is one. A crash is a finding already, however long it took."""
        if exchange.response is None or exchange.response.status >= 500:
            return
        self._answers[operation, exchange.accepted].add(exchange)
        if self._limit is not None:
            self._listed.append(SlowAnswer(operation.key, exchange.id, round(_seconds(exchange), 3)))
            self._listed = sorted(self._listed, key=lambda each: each.seconds, reverse=True)[:_LISTED]

    @property
    def slowest(self) -> tuple[SlowAnswer, ...]:
        """The slowest answers, slowest first; none without a limit."""
        return tuple(self._listed)

    def steps(self, on_observation: Callable[[Observation], None]) -> Steps:
        """Send slow requests again, one at a time; `on_observation` hears of those that are slow each time."""
        try:
            for (operation, accepted), answers in list(self._answers.items()):
                judged = self._beyond_limit if self._is_over(answers) else _unlike_others
                observation = yield from judged(operation, answers)
                self._judged.add((operation, accepted))
                if observation is not None:
                    on_observation(observation)
        except PhaseInterrupted:
            pass
        return PhaseResult()

    @property
    def notes(self) -> tuple[str, ...]:
        """What is not known, because the run ended before requests were sent again."""
        waiting = [key for key, found in self._answers.items() if self._is_over(found) and key not in self._judged]
        names = list(dict.fromkeys(operation.key for operation, _ in waiting))
        if not names:
            return ()
        return (
            f"{', '.join(names)} took longer than max-response-time allows, and the run ended before the requests were "
            "sent again: it is not known whether they are slow each time",
        )

    def _is_over(self, answers: _Answers) -> bool:
        return self._limit is not None and _seconds(answers.slowest[0]) > self._limit

    def _beyond_limit(self, operation: OperationContract, answers: _Answers) -> _Tried:
        """The fault of an operation whose answers are slower than the limit."""
        assert self._limit is not None
        shown = answers.slowest[0]
        if _is_repeatable(shown):
            counted_answers = [shown, *(yield from _again(operation, [shown] * _TRIES))]
            enough = 1 + _TRIES
        else:
            counted_answers, enough = answers.slowest, _WITHOUT_TRY
        fastest = min(map(_seconds, counted_answers))
        if len(counted_answers) < enough or fastest <= self._limit:
            return None
        message = (
            f"{operation.key} took {fastest:.3g} s or more to answer, {len(counted_answers)} times of as many; "
            f"max-response-time allows {self._limit:g} s"
        )
        return Observation.of(
            "slow-response", operation.key, counted_answers[-1], message, where="response", seen="beyond the limit"
        )


def _unlike_others(operation: OperationContract, answers: _Answers) -> _Tried:
    """The note on a request that takes ten times as long as others of its operation that are as large."""
    typical, sent, came = (statistics.median(column) for column in zip(*answers.measured, strict=True))
    for slow in answers.slowest:
        if _seconds(slow) < max(_LEAST, _TIMES * typical):
            return None
        own_sent, own_came = _sizes(slow)
        is_larger = own_sent > _LIKE * sent + 100 or own_came > _LIKE * came + 100
        if is_larger or not _is_repeatable(slow) or _asks_to_wait(slow):
            continue
        tries = yield from _again(operation, [slow] * _TRIES)
        fastest = min(map(_seconds, tries), default=0.0)
        if len(tries) < _TRIES or fastest < max(_LEAST, _TIMES * typical):
            continue
        note = f" where {slow.probe.note}" if slow.probe is not None and slow.probe.deviates_at else ""
        message = (
            f"{operation.key} takes {fastest:.2g} s{note}, each time; other requests as large take {typical:.2g} s"
        )
        return Observation.of(
            "slow-response",
            operation.key,
            tries[-1],
            message,
            severity="note",
            where="response",
            seen="slower than others",
        )
    return None


def _again(
    operation: OperationContract, exchanges: Iterable[Exchange]
) -> Generator[Iterable[Case], list[Exchange], list[Exchange]]:
    """The answers to requests that are sent again, one after the other, with the status that they had."""
    answers: list[Exchange] = []
    for exchange in exchanges:
        probe = Probe(operation.key, "timing", "a slow request that was sent again, alone", "any")
        for answer in (yield [Case(exchange.request, probe)]):
            if answer.response is not None and answer.accepted == exchange.accepted:
                answers.append(answer)
    return answers


def _is_repeatable(exchange: Exchange) -> bool:
    return not is_write(exchange.request) or not exchange.accepted


def _asks_to_wait(exchange: Exchange) -> bool:
    names = (name for name, _ in query_parts(urlsplit(exchange.request.target).query))
    return any(_WAITS & set(words(name)) for name in names)


def _slowest(exchanges: Iterable[Exchange], most: int) -> list[Exchange]:
    return sorted(exchanges, key=_seconds, reverse=True)[:most]


def _seconds(exchange: Exchange) -> float:
    return exchange.response.seconds if exchange.response is not None else 0.0


def _sizes(exchange: Exchange) -> tuple[int, int]:
    """The bytes of the request and of the answer."""
    request, response = exchange.request, exchange.response
    came = len(response.body) + response.cut if response is not None else 0
    return len(request.target) + len(request.body or b""), came
