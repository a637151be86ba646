"""One run: a contract, a target and what to try in, events on the way, and the record out.

The command line, the gate and the pytest plugin all call it.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

import msgspec

from clausewise.conformance.second_opinion import disagreement
from clausewise.contract.contract import Contract
from clausewise.errors import ClausewiseError
from clausewise.exchange import Exchange
from clausewise.options import RunOptions, resolve_headers
from clausewise.phases.base import Context
from clausewise.resources.factory import ResourceFactory
from clausewise.resources.inventory import Inventory
from clausewise.results import record
from clausewise.results.collector import Collector, RunInfo
from clausewise.runner.connection import new_credentials
from clausewise.runner.events import Events, Listener, RunEnded, StopRequest
from clausewise.runner.recorder import Recorder
from clausewise.runner.session import Session
from clausewise.runner.targets import Target
from clausewise.security.credentials import split, stand_ins
from clausewise.security.redact import SECRET_HEADERS, Redactor


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


def run(
    contract: Contract,
    target: Target,
    options: RunOptions,
    listeners: Iterable[Listener] = (),
    *,
    clauses: Mapping[str, frozenset[str]] | None = None,
    part: str = "run",
    store: Path | None = None,
) -> Result:
    """Drive `target` and check every exchange; `listeners` are told of each event as it comes.

    Of an operation in `clauses` only the probes of these clauses (by key) are made. `part` names the run as a part of
    several, in their ledger; failed examples are kept in the folder `store`, where one is given.

    An interruption from the keyboard ends the run with what is known. Raises UsageError for an unknown operation, for
    a phase that cannot run on this machine and for what no header can be, ConfigError for a header whose environment
    variable is not set, and TargetError when the target is not there, has none of the contract's paths, or no
    credentials can be had.
    """
    started, clock = datetime.now(UTC), perf_counter()
    events = Events(listeners)
    operations = contract.select(options.operations)
    headers = resolve_headers(options.headers, os.environ)
    if options.credentials_command and not headers:
        headers = new_credentials(options.credentials_command)
    others = resolve_headers(options.other_headers, os.environ)
    plain, credentials = split(headers, contract.operations)
    secret = [pair for pair in headers if pair in credentials or pair[0].lower() in SECRET_HEADERS]
    redactor = Redactor.of(value for _, value in (*secret, *others))
    recorder = Recorder(contract, operations, part, redactor, events)
    context = Context(
        contract=contract,
        operations=operations,
        options=options,
        factory=ResourceFactory(Inventory(contract), options.values, target.is_local, {}),
        ledger=recorder.collector.ledger,
        # Made-up credentials that serve are no fault where those we have are made up too, or nobody knows any.
        authentic=bool(credentials) and target.kind != "mock",
        remembers=target.kind != "mock",
        headers=plain,
        credentials=credentials or stand_ins(contract.operations),
        others=others,
        clauses=clauses or {},
        store=store,
        baselines={},
    )
    session: Session | None = None

    async def drive() -> None:
        nonlocal session
        session = Session(context, target, recorder, events)
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
