"""One run: a contract, a target and options in, events on the way, and the record out.

The command line, the gate and the pytest plugin all call it.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

import msgspec

from clausewise.conformance.second_opinion import disagreement
from clausewise.contract.contract import Contract
from clausewise.contract.operation import OperationContract
from clausewise.contract.remarks import remarks
from clausewise.contract.soundness import require_sound
from clausewise.environment import resolve_values
from clausewise.errors import ClausewiseError, TargetError
from clausewise.exchange import Exchange, Headers
from clausewise.lint.schemas import untestable
from clausewise.options import RunOptions, SchemeCredentials
from clausewise.phase_table import DEFAULT_PHASES, PHASES, PhaseRow
from clausewise.phases.base import Context
from clausewise.recordings.exchange_file import Ordered
from clausewise.resources.factory import ResourceFactory
from clausewise.resources.inventory import Inventory
from clausewise.results import record
from clausewise.results.collector import Observed, RunInfo, to_run
from clausewise.results.logbook import Logbook
from clausewise.runner.events import Events, Listener, RunEnded, StopRequest
from clausewise.runner.interruption import Deadline, Insistence
from clausewise.runner.journal import Journal
from clausewise.runner.login import COMMAND_WITHIN, Login, command_headers
from clausewise.runner.network import Network
from clausewise.runner.presented import as_presented
from clausewise.runner.reception import open_reception
from clausewise.runner.recorder import Recorder
from clausewise.runner.resumption import beginning_of_run, read_again
from clausewise.runner.session import Session
from clausewise.runner.targets import Target
from clausewise.runner.unaccepted import unaccepted_in
from clausewise.runner.undo import Undoing
from clausewise.runner.writes import Written, leave_to_write
from clausewise.security.configure import configure
from clausewise.security.credentials import Credentials
from clausewise.security.declared import declared_in
from clausewise.security.redact import Redactor
from clausewise.spec.defects import Defect
from clausewise.transport.base import HOST, in_thread
from clausewise.transport.budget import WritesSpent
from clausewise.wording import counted


class Result(msgspec.Struct, frozen=True, eq=False):
    """A run's record, its exchanges, and how it ended."""

    run: record.Run
    #: in the order of their ids, secrets masked
    exchanges: Sequence[Exchange]
    #: why it ended early; None when it ran to its end
    stopped: ClausewiseError | None
    #: why a listener wanted it to end; None where none did
    stop_request: StopRequest | None
    #: whether it was interrupted from the keyboard
    interrupted: bool
    #: from the first request to the last answer, in seconds
    sending: float
    #: what it wrote, made and removed
    written: Written
    #: what the record was made from
    logbook: Logbook
    #: what the run could not do, one sentence each
    notes: tuple[str, ...] = ()
    #: the credentials to give, where no operation could be called without them; else ""
    missing_credentials: str = ""

    @property
    def left(self) -> Mapping[str, int]:
        """How many resources it made and could not remove, by the path of their collection."""
        return self.written.left


def run(
    contract: Contract,
    target: Target,
    options: RunOptions,
    listeners: Iterable[Listener] = (),
    *,
    clauses: Mapping[str, frozenset[str]] | None = None,
    part: str = "run",
    folder: Path | None = None,
    resumes: bool = False,
    store: Path | None = None,
    journal: Path | None = None,
    deadline: Deadline | None = None,
    receives: bool = True,
    writes_spent: int = 0,
) -> Result:
    """Test `target` and check every exchange; `listeners` receive each event as it happens.

    For an operation in `clauses`, only the probes of those clauses (by key) are sent. `part` names the run in a ledger
    of several runs. Each exchange is written into `folder` as it comes, where one is given; a run that `resumes` goes
    on with what is there, and sends nothing of it again. Failed examples are stored in the folder `store`. Every
    accepted write is written to the file `journal`, where one is given and the target keeps what it is given, before
    the next request; `writes_spent` writes of others count on the limit on writes. The limit on its time counts from
    now, or is that of a `deadline` that began earlier. Unless it `receives` nothing, callbacks are received where the
    operations have some that can come here.

    An interruption from the keyboard ends the run, and the result has what was found by then. Raises UsageError for an
    unknown operation, a phase that cannot run on this machine, a journal that cannot be written, an invalid header, a
    run that cannot go on, or a limit that is reached before there is a plan; ConfigError for a header whose environment
    variable is not set, or a record that cannot be read; TargetError when the target cannot be reached, has none of the
    contract's paths, or gives no token.
    """
    started, clock = datetime.now(UTC), perf_counter()
    deadline = deadline or Deadline.of(options.max_time)
    events = Events(listeners)
    contract, presented = as_presented(contract, options)
    selected = contract.select(options.operations)
    with deadline.limiting("the contract was compiled"):
        operations = require_sound(contract, selected)
    options = msgspec.structs.replace(options, values=resolve_values(options.values, os.environ))
    credentials = credentials_for(contract, target, options)
    others = _other_credentials(contract, target, options, credentials)
    roles = _roles(contract, target, options, credentials)
    target = msgspec.structs.replace(target, network=Network.of(options).showing(credentials.certificate))
    redactor = Redactor(
        _secrets_of(credentials, others, *roles.values()),
        credentials.slots,
        declared=declared_in(contract.specification),
        own_requests=True,
    )
    with deadline.limiting("the contract was compiled"):
        beginning = beginning_of_run(contract, selected, target, options, started)
        if resumes and folder is not None:
            logbook = read_again(folder, selected, beginning)
        else:
            logbook = Logbook(selected, beginning, folder, part)
        earlier = len(logbook.exchanges)
        inventory = Inventory(contract, target.base_url if target.kind == "url" else f"http://{HOST}")
        undoing = Undoing(contract, inventory, options)
        recorder = Recorder(operations, logbook, redactor, events, undoing, of_mock=target.kind == "mock")
    login = Login(contract, target, options.credentials_command)
    context = Context(
        contract=contract,
        operations=operations,
        options=options,
        factory=ResourceFactory(inventory, options.values, target.is_local, {}, undoing.named),
        ledger=logbook.ledger,
        remembers=target.kind != "mock",
        credentials=credentials,
        leave=leave_to_write(target, options, writes_spent),
        other_credentials=others,
        roles=roles,
        clauses=clauses or {},
        store=store,
        holds_secret=redactor.holds_secret,
        baselines={},
    )
    keeps = journal is not None and context.remembers and not context.leave.why
    begun = logbook.beginning.started if resumes else None
    book = Journal(journal, begun) if journal is not None and keeps else None
    session: Session | None = None
    reception, unreceived = open_reception(operations, target, options) if receives else (None, "")

    async def renew(older: Credentials) -> Credentials:
        newer = await login.renew(older)
        redactor.learn(newer.secrets)
        return newer

    async def drive() -> None:
        nonlocal context, session
        insistence.begin()
        try:
            async with asyncio.timeout_at(deadline.at):
                mine = await login.tokens(credentials)
                theirs = await login.tokens(others) if others is not None else None
                further = {name: await login.tokens(each) for name, each in roles.items()}
        except TimeoutError:
            raise TargetError(f"no token was received within the limit of {options.max_time:g} s") from None
        context = msgspec.structs.replace(context, credentials=mine, other_credentials=theirs, roles=further)
        redactor.learn(_secrets_of(mine, theirs, *further.values()))
        renewed = renew if login.renews(mine) else None
        try:
            async with asyncio.timeout_at(deadline.at):
                session = await in_thread(
                    lambda: Session(context, target, recorder, events, deadline, renewed, book, reception)
                )
        except TimeoutError:
            raise deadline.passed("the run was planned") from None
        await session.run()

    interrupted, insistence = False, Insistence(deadline)
    try:
        asyncio.run(drive())
    except KeyboardInterrupt:
        interrupted = not insistence.is_over
    except ClausewiseError as error:
        raise _without_secrets(error, redactor) from None
    finally:
        insistence.end()
        if book is not None:
            book.close()
        if reception is not None:
            reception.close()
    if reception is not None:
        reception.conclude(recorder, target.base_url)
    if session is None:
        # Interrupted before there was one: a session that never ran has found nothing.
        session = Session(context, target, recorder, events, deadline, None)
    if insistence.is_over:
        session.run_out()
    fault = session.failed or next((one.fault for one in selected if one.fault is not None), None)
    stopped = _without_secrets(session.stopped, redactor) if session.stopped is not None else None
    # Which probes that leaves out is known one by one.
    only_writes_end = isinstance(stopped, WritesSpent) and not interrupted
    ended = "the run was interrupted" if interrupted else str(stopped or "")
    info = RunInfo(
        started=logbook.beginning.started,
        seconds=perf_counter() - clock,
        seed=options.seed,
        target=target.recorded,
        base_url=target.base_url,
        requests=earlier + session.requests,
        unfinished=_left_out(options)
        if not ended or only_writes_end
        else f"no request that breaks it was sent: {ended}",
        defects=tuple(_without_values(contract, selected, logbook.accepted)),
    )
    if stopped is None and fault is not None:
        # Its own operation alone: the others were tested to their end.
        stopped = _without_secrets(fault, redactor)
    phases = session.result
    logbook.untested.update(phases.untested)
    received = reception.received if reception is not None else ()
    logbook.causes.update(phases.causes)
    recorder.mask_all()
    tested = to_run(contract, selected, logbook, info, disagreement, received)
    slowest = session.slowest if options.max_response_time is not None else msgspec.UNSET
    tested = msgspec.structs.replace(tested, unaccepted=unaccepted_in(context, logbook, ended), slowest=slowest)
    result = Result(
        run=redactor.record(tested),
        exchanges=Ordered(logbook.exchanges),
        stopped=stopped,
        stop_request=events.stop_request,
        interrupted=interrupted,
        sending=session.span[1] - session.span[0] if session.span else 0.0,
        written=session.written,
        logbook=logbook,
        notes=(
            *map(redactor.message, (*remarks(contract, operations), *phases.notes)),
            *_made_up(operations, context.credentials, logbook),
            *presented,
            *_without_handler(contract),
            *(_sent_nothing(session.idle, options) if not ended else ()),
            *([unreceived] if unreceived else reception.notes() if reception is not None else ()),
        ),
        missing_credentials=_missing(operations, context.credentials, logbook),
    )
    events.emit(RunEnded(stopped, interrupted))
    return result


def credentials_for(contract: Contract, target: Target, options: RunOptions) -> Credentials:
    """The user's credentials. Made-up ones are used on the mock, and when the user gave none at all: a server may check
    only that there are some."""
    printed: Headers = ()
    given = _configured(contract, target, options, options.headers, options.credentials)
    wanted = not given.are_given and (given.schemes or not options.headers)
    if options.credentials_command is not None and wanted:
        within = min(COMMAND_WITHIN, options.max_time or COMMAND_WITHIN)
        printed = asyncio.run(command_headers(options.credentials_command, within))
        named = {name.lower() for name, _ in options.headers}
        further = [pair for pair in printed if pair[0].lower() not in named]
        given = _configured(contract, target, options, (*options.headers, *further), options.credentials)
    is_mock = target.kind == "mock"
    return msgspec.structs.replace(
        given,
        stand_ins=is_mock or not given.are_given,
        are_checked=not is_mock,
        secrets=(*given.secrets, *(value for _, value in printed)),
    )


def _other_credentials(
    contract: Contract, target: Target, options: RunOptions, credentials: Credentials
) -> Credentials | None:
    """The credentials of another user, with the user's plain headers; None where none were given."""
    if not (options.other_headers or options.other_credentials):
        return None
    others = _configured(contract, target, options, options.other_headers, options.other_credentials)
    return others.on_top_of(credentials.headers)


def _roles(contract: Contract, target: Target, options: RunOptions, credentials: Credentials) -> dict[str, Credentials]:
    """The credentials of further users by name, with the user's plain headers. Raises UsageError where they name an
    operation that there is not."""
    for role in options.roles:
        contract.select(role.forbidden)
    return {
        role.name: _configured(contract, target, options, role.headers, role.credentials).on_top_of(credentials.headers)
        for role in options.roles
    }


def _configured(
    contract: Contract, target: Target, options: RunOptions, headers: Headers, tables: Mapping[str, SchemeCredentials]
) -> Credentials:
    return configure(
        contract.specification,
        headers=headers,
        tables=tables,
        values=options.values,
        environ=os.environ,
        over_tls=target.is_tls,
    )


def _secrets_of(*users: Credentials | None) -> tuple[str, ...]:
    """The secrets of all users."""
    return tuple(secret for user in users if user is not None for secret in user.secrets)


def _without_secrets(error: ClausewiseError, redactor: Redactor) -> ClausewiseError:
    """`error` without secrets in what it says."""
    error.message = redactor.text(error.message)
    error.remedy = redactor.text(error.remedy) if error.remedy else None
    return error


def _without_values(
    contract: Contract, operations: Iterable[OperationContract], accepted: Collection[str]
) -> Iterator[Defect]:
    """The schemas that no value satisfies, in those of the `operations` that accepted nothing: they may be why."""
    for operation in operations:
        if operation.key not in accepted and operation.closed is None:
            yield from (defect for defect in untestable(contract, operation) if defect.severity == "error")


def _sent_nothing(idle: Iterable[PhaseRow], options: RunOptions) -> Iterator[str]:
    """What those of the phases lacked that sent nothing, where the user chose the phases."""
    if options.phases not in (DEFAULT_PHASES, PHASES):
        for row in idle:
            yield f"the phase `{row.name}` sent nothing: it needs {row.needs}"


def _left_out(options: RunOptions) -> str:
    """Why clauses of requests are left out; "" where the phase that tests them runs."""
    return "" if "clauses" in options.phases else "no request that breaks it was sent: the phase `clauses` did not run"


def _missing(operations: Iterable[OperationContract], credentials: Credentials, observed: Observed) -> str:
    """The credentials that the first operation needs, if every operation lacks some and no request was accepted."""
    missing = [credentials.of(operation.operation).missing for operation in operations]
    return missing[0] if missing and all(missing) and not observed.accepted else ""


def _without_handler(contract: Contract) -> Iterator[str]:
    """A note on the webhooks, if there are any: the API that sends them is under test."""
    names = list(dict.fromkeys(f"`{one.operation.webhook}`" for one in contract.webhooks))
    if names:
        named = names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
        verb = "is" if len(names) == 1 else "are"
        yield f"{counted(len(names), 'webhook')} ({named}) {verb} not tested: --webhooks tests a client's handler"


def _made_up(operations: Iterable[OperationContract], credentials: Credentials, observed: Observed) -> Iterator[str]:
    """A note on the operations that accepted made-up credentials, if any did."""
    accepted = (one for one in operations if one.key in observed.accepted)
    accepting = [one.key for one in accepted if credentials.of(one.operation).missing]
    if accepting:
        others = f" and {len(accepting) - 1} more" if len(accepting) > 1 else ""
        yield f"no credentials were given; made-up ones were accepted by {accepting[0]}{others}"
