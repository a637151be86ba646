"""Sends the requests of a recorded run again, to another build of the server, and compares the answers.

The requests go out one after the other, as they began. An id that the first build made stands in later requests; there
the id is sent that the second build made in answer to the same request. What is made is removed, as in a run.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

import msgspec

from clausewise.conformance.breach_outcome import DENIALS
from clausewise.conformance.comparison import Difference, compare
from clausewise.conformance.response import asks_who
from clausewise.contract.contract import Contract
from clausewise.contract.operation import OperationContract
from clausewise.environment import resolve_values
from clausewise.errors import ClausewiseError, TargetError
from clausewise.exchange import Exchange, Failure, Headers, Request, Response
from clausewise.generation.prover import Case
from clausewise.options import RunOptions
from clausewise.phases.base import Context
from clausewise.recordings.curl import to_curl
from clausewise.resources.factory import ResourceFactory
from clausewise.resources.inventory import Inventory
from clausewise.results.ledger import Ledger
from clausewise.runner.cleanup import Cleanup
from clausewise.runner.connection import Connection
from clausewise.runner.counterparts import Counterparts
from clausewise.runner.interruption import Deadline, Insistence
from clausewise.runner.journal import Journal
from clausewise.runner.login import Login
from clausewise.runner.network import Network
from clausewise.runner.overlaps import Overlaps
from clausewise.runner.presented import as_presented
from clausewise.runner.run import credentials_for
from clausewise.runner.targets import Target
from clausewise.runner.task import exchange_of
from clausewise.runner.writes import Writes, Written, leave_to_write
from clausewise.security.redact import MASK, Redactor
from clausewise.transport.budget import BudgetSpent

#: statuses by which a server refuses what does not fit the state of a thing (RFC 9110 section 15.5)
_EITHER_WAY = frozenset({404, 409, 410, 412})


class Replayed(msgspec.Struct, frozen=True):
    """What came of sending the requests of a run again."""

    #: failures first, then in the order of the requests; the first of each kind, with how many there were
    differences: tuple[tuple[Difference, int, str], ...]
    #: requests that were sent and whose answers were compared, and those whose answers are the same
    compared: int
    same: int
    #: why requests were not sent, or their answers not compared, and how many
    left_out: dict[str, int]
    written: Written
    #: why it ended early; "" where it came to its end
    ended: str
    interrupted: bool

    @property
    def failures(self) -> int:
        """How many kinds of new failures there are."""
        return sum(one.is_failure for one, _, _ in self.differences)


def replay(
    contract: Contract,
    exchanges: Iterable[Exchange],
    target: Target,
    options: RunOptions,
    *,
    journal: Path | None,
    deadline: Deadline,
) -> Replayed:
    """Send the requests of `exchanges` to `target`, and compare the answers with theirs.

    Accepted writes are written to the file `journal`. Raises UsageError, ConfigError and TargetError as a run does.
    """
    contract, _ = as_presented(contract, options)
    options = msgspec.structs.replace(options, values=resolve_values(options.values, os.environ))
    credentials = credentials_for(contract, target, options)
    target = msgspec.structs.replace(target, network=Network.of(options).showing(credentials.certificate))
    inventory = Inventory(contract)
    context = Context(
        contract=contract,
        operations=contract.operations,
        options=options,
        factory=ResourceFactory(inventory, options.values, target.is_local, {}),
        ledger=Ledger(),
        remembers=target.kind != "mock",
        credentials=credentials,
        leave=leave_to_write(target, options),
    )
    keeps = journal is not None and context.remembers and not context.leave.why
    book = Journal(journal) if journal is not None and keeps else None
    run, insistence, interrupted = _Replay(context, target, book), Insistence(deadline), False
    ordered = sorted(exchanges, key=lambda one: (one.started or datetime.min.replace(tzinfo=UTC), one.id))

    async def drive() -> None:
        insistence.begin()
        await run.drive(ordered, Login(contract, target, options.credentials_command), deadline)

    try:
        asyncio.run(drive())
    except KeyboardInterrupt:
        interrupted = not insistence.is_over
    finally:
        insistence.end()
        if book is not None:
            book.close()
    return run.result(interrupted)


class _Replay:
    def __init__(self, context: Context, target: Target, journal: Journal | None) -> None:
        self._context = context
        self._target = target
        self._ids = Counterparts(context.factory.inventory)
        self._overlaps = Overlaps(())
        self._credentials = context.credentials
        self._redactor = Redactor(context.credentials.secrets, context.credentials.slots, own_requests=True)
        app = target.name if target.kind == "app" else None
        self._failed: list[Exception] = []
        self._writes = Writes(context, Cleanup(context, target.base_url, journal, app), self._failed.append)
        self._found: dict[tuple[bool, str, str], tuple[Difference, str]] = {}
        self._counts: Counter[tuple[bool, str, str]] = Counter()
        self._left_out: Counter[str] = Counter()
        self._compared = self._same = 0
        self._ended = ""

    async def drive(self, ordered: Sequence[Exchange], login: Login, deadline: Deadline) -> None:
        """Send the requests, and at the end remove what is left."""
        rest, self._overlaps = list(ordered), Overlaps(ordered)
        connection: Connection | None = None
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout_at(deadline.at):
                    await self._target.require()
                    self._credentials = await login.tokens(self._context.credentials)
                    self._redactor.learn(self._credentials.secrets)
                    connection = Connection(
                        self._context.contract, self._target, self._context.options, self._credentials, self._writes
                    )
                    await connection.open(stack, None)
                    while rest:
                        if deadline.left == 0:
                            # An app in this process may answer without ever waiting.
                            raise TimeoutError
                        await self._send(connection, rest[0])
                        rest.pop(0)
            except TimeoutError:
                self._ended = f"the limit of {deadline.seconds:g} s is reached"
            except ClausewiseError as error:
                if isinstance(error, TargetError) and not self._compared:
                    raise
                self._ended = str(error)
            finally:
                if rest:
                    self._left_out[self._ended or "the replay was interrupted"] += len(rest)
                if connection is not None:
                    await self._remove(connection)

    async def _send(self, connection: Connection, before: Exchange) -> None:
        """Send one request again, and compare the answer."""
        operation = self._operation(before)
        reason = _unrepeatable(operation, before) if operation is not None else "their operation is not in the contract"
        if reason or operation is None or before.probe is None:
            self._left_out[reason or "nothing says what they were sent for"] += 1
            return
        request = self._authorized(operation, self._ids.applied(operation, before.request))
        if request is None:
            self._left_out["the record has their secrets masked, and no credentials are given that replace them"] += 1
            return
        case = Case(request, msgspec.structs.replace(before.probe, sequel=None))
        try:
            answer: Response | Failure = await connection.patiently(case)
        except BudgetSpent as spent:
            self._left_out[str(spent)] += 1
            return
        after = exchange_of(before.id, case, answer)
        plain = msgspec.structs.replace(before, probe=case.probe)
        self._ids.learn(operation, plain, after)
        if self._is_about_others(operation, plain, after):
            self._left_out["they lead to what only one of the two builds has"] += 1
            return
        own = self._credentials.of(operation.operation)
        if own.missing and not _is_denied(before) and _is_denied(after):
            self._left_out[own.missing] += 1
            return
        race = self._overlaps.of(before)
        if race.overlaps and _tell_the_order(plain, after):
            self._left_out[
                "they went out together with a write to the same thing, and which came first is not known"
            ] += 1
            return
        self._compared += 1
        found = list(compare(operation, plain, after, self._ids.known, race))
        self._same += not found
        for one in found:
            key = (not one.is_failure, one.operation, one.subject)
            self._counts[key] += 1
            if key not in self._found:
                masked = self._redactor.exchange(after).request
                message = msgspec.structs.replace(one, message=self._redactor.message(one.message))
                self._found[key] = message, to_curl(masked, self._target.base_url)

    def _operation(self, exchange: Exchange) -> OperationContract | None:
        """The operation that a recorded request was sent for; None where the contract has none like it."""
        with suppress(ClausewiseError):
            return self._context.contract.operation(exchange.probe.operation) if exchange.probe is not None else None
        return None

    def _authorized(self, operation: OperationContract, request: Request) -> Request | None:
        """`request` with the user's credentials where its record has them masked; None where there are none."""
        masked = {name.lower() for name, value in request.headers if MASK in value}
        if not masked and MASK not in unquote(request.target):
            return request
        own = self._credentials.of(operation.operation)
        path = request.target.partition("?")[0]
        applied = own.apply(Request(request.method, path, own.headers))
        headers: Headers = tuple(
            (name, next((new for other, new in applied.headers if other.lower() == name.lower()), value))
            if name.lower() in masked
            else (name, value)
            for name, value in request.headers
        )
        keys = dict(part.split("=", 1) for part in applied.target.partition("?")[2].split("&") if "=" in part)
        query = [
            f"{part.partition('=')[0]}={keys.get(part.partition('=')[0], part.partition('=')[2])}"
            for part in request.target.partition("?")[2].split("&")
            if part
        ]
        target = path + ("?" + "&".join(query) if query else "")
        if any(MASK in value for _, value in headers) or MASK in unquote(target):
            return None
        return msgspec.structs.replace(request, target=target, headers=headers)

    def _is_about_others(self, operation: OperationContract, before: Exchange, after: Exchange) -> bool:
        """Whether answers differ because one build has what earlier clients left, and the other has not."""
        old, new = before.response, after.response
        if old is None or new is None or old.status == new.status:
            return False
        missing = {old.status, new.status} & {404, 410} and not self._ids.knows_path(operation, before.request)
        return bool(missing) or (before.accepted and new.status == 409)

    async def _remove(self, connection: Connection) -> None:
        for removal in list(self._writes.cleanup.rest()):
            self._writes.cleanup.trying(removal)
            with suppress(BudgetSpent):
                answer = await connection.remove(removal)
                self._writes.cleanup.refused(removal, exchange_of("removed", removal, answer))

    def result(self, interrupted: bool) -> Replayed:
        """What was found so far."""
        found = [(self._found[key][0], self._counts[key], self._found[key][1]) for key in self._found]
        ordered = sorted(found, key=lambda each: not each[0].is_failure)
        return Replayed(
            tuple(ordered),
            self._compared,
            self._same,
            dict(self._left_out),
            self._writes.written,
            self._ended,
            interrupted,
        )


def _unrepeatable(operation: OperationContract, exchange: Exchange) -> str:
    """Why a recorded request cannot be sent again, for people; "" where it can."""
    request, probe = exchange.request, exchange.probe
    if exchange.response is None:
        return "they had no answer in the first run"
    if request.cut or exchange.response.cut:
        return "the record has a part of them, or of their answers, alone"
    if probe is not None and probe.sequel is not None and probe.sequel.rule == "foreign-access":
        return "they were sent with the credentials of another user"
    if asks_who(operation, exchange) and any(MASK in value for _, value in request.headers):
        return "they were sent with made-up credentials, which the record has masked"
    if MASK.encode() in (request.body or b""):
        return "the record has secrets in their bodies masked"
    return ""


def _is_denied(exchange: Exchange) -> bool:
    return exchange.response is not None and exchange.response.status in DENIALS


def _tell_the_order(before: Exchange, after: Exchange) -> bool:
    """Whether answers differ as they do when a write is carried out before or after the request."""
    old, new = before.response, after.response
    return (
        old is not None
        and new is not None
        and old.status != new.status
        and ({old.status, new.status} <= _EITHER_WAY | set(range(200, 300)))
    )
