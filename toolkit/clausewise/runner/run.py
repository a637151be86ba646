"""The one loop: a contract, a target and what to try, and the record that comes of it.

The command line, the gate and the pytest plugin all call it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from time import perf_counter

import msgspec

from clausewise.config import DEFAULT_PHASES
from clausewise.conformance.checker import Checker
from clausewise.conformance.second_opinion import disagreement
from clausewise.contract.contract import Contract, OperationContract
from clausewise.errors import ClausewiseError
from clausewise.exchange import Exchange, Headers
from clausewise.generation.candidates import Values
from clausewise.generation.search import Examples
from clausewise.phases.schemathesis.settings import Settings as EngineSettings
from clausewise.phases.schemathesis.start import check_installed, open_engine
from clausewise.phases.settings import Settings
from clausewise.results import record
from clausewise.results.collector import Collector, RunInfo
from clausewise.results.evidence import Observation
from clausewise.runner.connection import Connection, Limits
from clausewise.runner.session import OnExchange, Session, StopRun
from clausewise.runner.targets import Target
from clausewise.security.credentials import split, stand_ins
from clausewise.security.redact import SECRET_HEADERS, Redactor


class Options(msgspec.Struct, frozen=True):
    """What to try, and how."""

    values: Values
    seed: int = 1
    #: ids of the operations to test; empty for all
    operations: tuple[str, ...] = ()
    phases: tuple[str, ...] = DEFAULT_PHASES
    #: operation -> keys of the clauses whose probes are made; of an operation that is not in it everything is tried
    clauses: Mapping[str, frozenset[str]] = {}
    #: sent with every request; those that carry credentials are left out where a probe goes without
    headers: Headers = ()
    #: credentials of another user, who must not see what the run makes
    others: Headers = ()
    limits: Limits = Limits()
    credentials_command: tuple[str, ...] | None = None
    #: name of the run as a part of several, in their ledger
    part: str = "run"
    #: ends the run at the first observation of which it says so; None to see all
    until: Callable[[Observation], bool] | None = None
    #: how many values are drawn for an operation, or for a branch of it (phases `properties` and `engine`)
    examples: Examples = Examples()


class Progress(msgspec.Struct, frozen=True):
    """How far a run is."""

    #: requests answered so far
    requests: int
    #: clauses decided and all there are: nobody knows beforehand how many requests a run takes
    decided: int
    clauses: int
    #: faults seen so far, not yet folded
    observations: int


class Result(msgspec.Struct, frozen=True, eq=False):
    """A run's record, the exchanges it speaks of, and how it ended."""

    run: record.Run
    #: in the order of their ids, secrets masked
    exchanges: tuple[Exchange, ...]
    #: why it ended early; None when it ran to its end
    stopped: ClausewiseError | None
    #: whether it was interrupted from the keyboard
    interrupted: bool
    #: from the first request to the last answer, in seconds
    sending: float
    #: how many resources it made and could not remove, by the path of their collection
    left: Mapping[str, int]
    #: what the record was made from
    collector: Collector
    #: what could not be done, one sentence each
    notes: tuple[str, ...] = ()


def run(
    contract: Contract, target: Target, options: Options, on_progress: Callable[[Progress], None] | None = None
) -> Result:
    """Drive `target` and check every exchange.

    An interruption from the keyboard ends the run with what is known. Raises UsageError for an unknown operation and
    for the phase `engine` without Schemathesis, and TargetError when the target is not there or has none of the
    contract's paths.
    """
    return _Run(contract, target, options, on_progress).go()


class _Run:
    def __init__(
        self,
        contract: Contract,
        target: Target,
        options: Options,
        on_progress: Callable[[Progress], None] | None,
    ) -> None:
        if "engine" in options.phases:
            check_installed()
        self._contract = contract
        self._target = target
        self._options = options
        self._on_progress = on_progress
        self._operations = contract.select(options.operations)
        self._checkers = {operation.key: Checker(operation) for operation in self._operations}
        self._collector = Collector(contract, self._operations, options.part)
        self._clauses = len(self._collector.clauses)
        self._notes: list[str] = []
        self._decided: set[str] = set()
        plain, credentials = split(options.headers, contract.operations)
        # Made-up credentials that serve are no fault where those we have are made up too, or where nobody knows any.
        self._authentic = bool(credentials) and target.kind != "mock"
        secret = [pair for pair in options.headers if pair in credentials or pair[0].lower() in SECRET_HEADERS]
        self._redactor = Redactor.of(value for _, value in (*secret, *options.others))
        self._settings = Settings(
            seed=options.seed,
            headers=plain,
            credentials=credentials or stand_ins(contract.operations),
            values=options.values,
            phases=options.phases,
            others=options.others,
            clauses=options.clauses,
            examples=options.examples,
        )

    def go(self) -> Result:
        started, clock = datetime.now(UTC), perf_counter()
        interrupted = False
        session: Session | None = None

        async def drive() -> None:
            nonlocal session
            session = Session(
                self._contract,
                self._operations,
                self._target,
                self._settings,
                self._options.limits,
                self._options.credentials_command,
                self._take,
                self._run_engine if "engine" in self._options.phases else None,
            )
            await session.run()

        try:
            asyncio.run(drive())
        except KeyboardInterrupt:
            interrupted = True
        assert session is not None
        seconds = perf_counter() - clock
        made = self._record(session, started, seconds)
        exchanges = tuple(self._collector.exchanges[name] for name in sorted(self._collector.exchanges))
        sending = session.span[1] - session.span[0] if session.span else 0.0
        return Result(
            made,
            exchanges,
            session.stopped,
            interrupted,
            sending,
            session.left,
            self._collector,
            (*session.notes, *self._notes),
        )

    async def _run_engine(self, connection: Connection, take: OnExchange) -> None:
        """The phase `engine`. Raises what ended it early."""
        rate = self._options.limits.rate
        settings = EngineSettings(
            seed=self._options.seed,
            examples=self._options.examples.count,
            headers=self._settings.headers,
            credentials=self._settings.credentials,
            authentic=self._authentic,
            remembers=self._target.kind != "mock",
            wait=1 / rate if rate else 0.0,
            writes=connection.may_write,
        )
        engine = open_engine(
            self._contract, self._operations, settings, connection, self._collector.ledger, take, self._observe
        )
        await engine.run()
        self._notes += engine.notes
        if engine.stopped is not None:
            raise engine.stopped

    def _observe(self, observation: Observation) -> None:
        """Keep a fault that more than one exchange shows."""
        self._collector.observations.append(observation)
        if self._options.until is not None and self._options.until(observation):
            raise StopRun("enough was seen")

    def _take(self, operation: OperationContract, exchange: Exchange) -> None:
        """Check one exchange and keep it, without its secrets."""
        self._collector.exchanges[exchange.id] = self._redactor.exchange(exchange)
        if operation.key not in self._checkers:
            # It only supports those that are to be tested.
            return
        checked = self._checkers[operation.key].check(exchange)
        self._collector.add(operation, exchange, checked)
        if self._options.until is not None and any(map(self._options.until, checked.observations)):
            raise StopRun("enough was seen")
        if self._on_progress is not None:
            # An accepted request alone decides nothing: what breaks the clause has to be refused.
            self._decided |= {item.clause for item in checked.evidence if item.outcome != "kept"}
            counts = (
                len(self._collector.exchanges),
                len(self._decided),
                self._clauses,
                len(self._collector.observations),
            )
            self._on_progress(Progress(*counts))

    def _record(self, session: Session, started: datetime, seconds: float) -> record.Run:
        self._collector.untested, self._collector.causes = session.untested, session.causes
        target = self._target
        info = RunInfo(started, seconds, self._options.seed, target.recorded, target.base_url, session.requests)
        return self._collector.to_run(info, disagreement)
