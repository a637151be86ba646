"""Checks exchanges, writes them down with their secrets masked, and emits their events."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec

from clausewise.conformance.checker import Checker
from clausewise.conformance.echo import EarlierAnswers
from clausewise.conformance.routing import Fallback
from clausewise.contract.operation import OperationContract
from clausewise.errors import UsageError
from clausewise.exchange import Exchange, Response
from clausewise.generation.prover import Case
from clausewise.recordings.exchange_file import shortened
from clausewise.recordings.ndjson import encode_line
from clausewise.results.collector import accepts
from clausewise.results.evidence import Checked, Observation, UntestedReason
from clausewise.results.ledger import UNDECIDING
from clausewise.results.logbook import Logbook
from clausewise.runner.events import Events, ExchangeRecorded, ObservationMade, ProgressMade
from clausewise.runner.undo import Undoing
from clausewise.security.names import is_secret_header
from clausewise.security.redact import Redactor

#: phases that read all of an answer; the others get no more of it than is kept on disk
LEARNING = frozenset({"baseline", "setup", "queries", "lifecycle"})


class Recorder:
    """Writes the exchanges and observations of a run into its logbook."""

    def __init__(
        self,
        operations: Sequence[OperationContract],
        logbook: Logbook,
        redactor: Redactor,
        events: Events,
        undoing: Undoing,
        *,
        of_mock: bool = False,
    ) -> None:
        """`of_mock` says whether the answers come from our own mock."""
        self.logbook = logbook
        self._undoing = undoing
        #: what the server answers to paths that it does not serve
        self.fallback = Fallback()
        earlier = EarlierAnswers()
        self._checkers = {
            operation.key: Checker(operation, of_mock=of_mock, fallback=self.fallback, earlier=earlier)
            for operation in operations
        }
        self._redactor = redactor
        #: how many secrets were known when the first exchange was written down; None before
        self._known: int | None = None
        self._events = events
        self._clauses = sum(len(operation.clauses) for operation in operations)
        self._decided: set[str] = set()
        #: why no more can be written down; None while it can
        self.failed: UsageError | None = None

    @property
    def halted(self) -> bool:
        """Whether the run is to stop: a listener wants it, or what comes cannot be written down."""
        return self._events.stop_request is not None or self.failed is not None

    def mask_all(self) -> None:
        """Mask every secret that is known by now in all that was written, what servers say in refusals included."""
        redactor, untested = self._redactor, self.logbook.untested
        if self._known is not None and redactor.learned > self._known:
            # What came first may hold secrets that were learned later.
            with self._writing():
                self.logbook.change(redactor.exchange, redactor.message)
        for key, reason in untested.items():
            untested[key] = msgspec.structs.replace(reason, message=redactor.message(reason.message))

    def free(self, name: str) -> str:
        """An id for an exchange like `name` that no other has: an earlier process of this run may have used it."""
        while name in self.logbook.exchanges:
            name += "-again"
        return name

    def earlier(self, case: Case) -> Exchange | None:
        """What came of the same case in an earlier process of this run, each answer once; None where it is to be sent.

        It is written down already, with what it shows.
        """
        if not self.logbook.has_earlier:
            return None
        found = self.logbook.earlier(_asked(self._redactor.exchange(Exchange("", case.request, probe=case.probe))))
        return msgspec.structs.replace(found, request=case.request, probe=case.probe) if found is not None else None

    def take_exchange(self, operation: OperationContract, exchange: Exchange) -> None:
        """Check an exchange and write it down."""
        masked = self._learned_and_masked(exchange)
        can_be_used = _can_be_used_again(exchange, masked) or self._makes_the_same(operation, exchange, masked)
        asked = _asked(masked) if can_be_used else ""
        if operation.key not in self._checkers:
            # It only supports those that are to be tested.
            self._write(operation, masked, Checked((), ()), asked=asked)
            return
        checked = self._checkers[operation.key].check(exchange)
        if exchange.response is not None and exchange.response.cut:
            self._leave_unjudged(operation, exchange.response)
        accepted = operation.key if accepts(operation, exchange) else ""
        self._write(operation, masked, checked, accepted=accepted, asked=asked)
        if not self._events.has_listeners:
            return
        for observation in checked.observations:
            self._events.emit(ObservationMade(observation))
        # An accepted request alone decides nothing: what breaks the clause has to be refused.
        self._decided |= {item.clause for item in checked.evidence if item.outcome not in UNDECIDING}
        self._events.emit(
            ProgressMade(
                requests=len(self.logbook.exchanges),
                decided=len(self._decided),
                clauses=self._clauses,
                observations=self.logbook.observed,
            )
        )

    def _makes_the_same(self, operation: OperationContract, exchange: Exchange, masked: Exchange) -> bool:
        """Whether an answer shows without its secrets what was made, and nobody needs more of it: then a run which goes
        on makes nothing in its place."""
        if exchange.probe is None or exchange.probe.phase in LEARNING or not exchange.accepted:
            return False
        made, still = self._undoing.made(operation, exchange), self._undoing.made(operation, masked)
        if made is None or still is None or (made.undo is not None and made.undo.known):
            return False
        return made.resource is not None and made.resource.values == (still.resource and still.resource.values)

    def _leave_unjudged(self, operation: OperationContract, response: Response) -> None:
        """Remember why the clauses of a body that was not read to its end may be untested."""
        contract = operation.response_for(response.status)
        if contract is None:
            return
        part, size = f"{contract.documented.status}.body", len(response.body) + response.cut
        message = f"a {response.status} response has {size:,} bytes, of which {len(response.body):,} are read"
        for clause in operation.clauses:
            if clause.direction == "response" and clause.part == part:
                self.logbook.untested.setdefault(clause.key, UntestedReason("undecided", message))

    def take_received(self, operation: OperationContract, exchange: Exchange, checked: Checked) -> None:
        """Write down a request that came from the target, and what it shows."""
        masked = self._learned_and_masked(exchange)
        self._write(operation, masked, msgspec.structs.replace(checked, observations=()))
        for observation in checked.observations:
            self.take_observation(observation)

    def keep(self, operation: OperationContract, exchange: Exchange) -> Exchange:
        """Write an exchange down for people: it is no evidence. Returns it as it is written."""
        masked = msgspec.structs.replace(self._learned_and_masked(exchange), id=self.free(exchange.id))
        self._write(operation, masked, Checked((), ()))
        return masked

    def _write(
        self, operation: OperationContract, masked: Exchange, checked: Checked, *, accepted: str = "", asked: str = ""
    ) -> None:
        observations = tuple(map(self._masked, checked.observations))
        with self._writing():
            self.logbook.add(masked, Checked(observations, checked.evidence), accepted=accepted, asked=asked)
        self._events.emit(ExchangeRecorded(operation, masked))

    def take_observation(self, observation: Observation) -> None:
        """Write down a fault that more than one exchange shows."""
        with self._writing():
            self.logbook.add_later(self._masked(observation))
        self._events.emit(ObservationMade(observation))

    def _learned_and_masked(self, exchange: Exchange) -> Exchange:
        if self._known is None:
            self._known = self._redactor.learned
        self._redactor.learn_from(exchange)
        return self._redactor.exchange(exchange)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """The run ends where its record cannot be written: what it did after that, nobody could know."""
        try:
            yield
        except OSError as error:
            self.failed = UsageError(f"the record of the run cannot be written: {error.strerror or error}")

    def _masked(self, observation: Observation) -> Observation:
        return msgspec.structs.replace(observation, message=self._redactor.message(observation.message))


def _asked(masked: Exchange) -> str:
    """What an exchange asked, and why: without secrets, so that newer credentials change nothing."""
    return hashlib.blake2b(encode_line((masked.request, masked.probe)), digest_size=12).hexdigest()


def _can_be_used_again(exchange: Exchange, masked: Exchange) -> bool:
    """Whether what is written down is what came, so that a run which goes on can use it in the place of an answer."""
    response, written = exchange.response, shortened(masked).response
    if response is None or written is None:
        # Whether anybody listens may change.
        return exchange.failure is not None and exchange.failure.kind != "connect"
    return response.body == written.body and all(
        pair == other or is_secret_header(pair[0])
        for pair, other in zip(response.headers, written.headers, strict=True)
    )
