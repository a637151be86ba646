"""One run: a contract, a target and what to try in, events on the way, and the record out.

The command line, the gate and the pytest plugin all call it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from time import perf_counter

import msgspec

from clausewise.conformance.second_opinion import disagreement
from clausewise.contract.contract import Contract
from clausewise.errors import ClausewiseError
from clausewise.exchange import Exchange, Headers
from clausewise.generation.candidates import Values
from clausewise.generation.search import Examples
from clausewise.phase_table import DEFAULT_PHASES
from clausewise.phases.settings import Settings
from clausewise.results import record
from clausewise.results.collector import Collector, RunInfo
from clausewise.runner.connection import Limits
from clausewise.runner.events import Events, Listener, RunEnded, StopRequest
from clausewise.runner.recorder import Recorder
from clausewise.runner.session import Session
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
    #: how many values are drawn for an operation, or for a branch of it (phases `properties` and `engine`)
    examples: Examples = Examples()


class Result(msgspec.Struct, frozen=True, eq=False):
    """A run's record, the exchanges it speaks of, and how it ended."""

    run: record.Run
    #: in the order of their ids, secrets masked
    exchanges: tuple[Exchange, ...]
    #: why it ended early; None when it ran to its end
    stopped: ClausewiseError | None
    #: why a listener wanted it to end; None where none did
    stop_request: StopRequest | None
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


def run(contract: Contract, target: Target, options: Options, listeners: Iterable[Listener] = ()) -> Result:
    """Drive `target` and check every exchange; `listeners` are told of each event as it comes.

    An interruption from the keyboard ends the run with what is known. Raises UsageError for an unknown operation and
    for a phase that cannot run on this machine, and TargetError when the target is not there or has none of the
    contract's paths.
    """
    started, clock = datetime.now(UTC), perf_counter()
    events = Events(listeners)
    operations = contract.select(options.operations)
    plain, credentials = split(options.headers, contract.operations)
    secret = [pair for pair in options.headers if pair in credentials or pair[0].lower() in SECRET_HEADERS]
    redactor = Redactor.of(value for _, value in (*secret, *options.others))
    recorder = Recorder(contract, operations, options.part, redactor, events)
    settings = Settings(
        seed=options.seed,
        headers=plain,
        credentials=credentials or stand_ins(contract.operations),
        values=options.values,
        phases=options.phases,
        others=options.others,
        clauses=options.clauses,
        examples=options.examples,
    )
    session: Session | None = None

    async def drive() -> None:
        nonlocal session
        session = Session(
            contract,
            operations,
            target,
            settings,
            options.limits,
            options.credentials_command,
            recorder,
            events,
            # Made-up credentials that serve are no fault where those we have are made up too, or nobody knows any.
            authentic=bool(credentials) and target.kind != "mock",
        )
        await session.run()

    interrupted = False
    try:
        asyncio.run(drive())
    except KeyboardInterrupt:
        interrupted = True
    assert session is not None
    info = RunInfo(started, perf_counter() - clock, options.seed, target.recorded, target.base_url, session.requests)
    collector, said = recorder.collector, session.result
    collector.untested, collector.causes = dict(said.untested), dict(said.causes)
    result = Result(
        run=collector.to_run(info, disagreement),
        exchanges=tuple(collector.exchanges[name] for name in sorted(collector.exchanges)),
        stopped=session.stopped,
        stop_request=events.stop_request,
        interrupted=interrupted,
        sending=session.span[1] - session.span[0] if session.span else 0.0,
        left=session.left,
        collector=collector,
        notes=said.notes,
    )
    events.emit(RunEnded(session.stopped, interrupted))
    return result
