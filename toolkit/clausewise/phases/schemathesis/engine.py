"""Runs the engine of Schemathesis on our contract and target: a contract in, exchanges and observations out.

Schemathesis runs in a thread of its own and sends its requests to a relay on the loopback, which passes them to our
transport. So they also reach apps in this process, keep the run's limits, and are recorded as they are sent.
Schemathesis gets placeholders for the credentials; the relay replaces them by the real ones.

Its checks are used for faults that one exchange alone cannot show (`OBSERVED`). All its other checks are off: our
checker finds the same faults in the exchange (`LEFT_TO_THE_CHECKER`), and names the clause.
"""

from __future__ import annotations

import asyncio
import copy
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

import msgspec
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.core import SCHEMATHESIS_TEST_CASE_HEADER
from schemathesis.engine import Status, events, from_schema

from clausewise.conformance.foreign import aimed_at, probe_of
from clausewise.contract.contract import TRIED_METHODS
from clausewise.contract.operation import OperationContract
from clausewise.errors import ClausewiseError, InternalError, TargetError
from clausewise.exchange import Exchange, Failure, Request, Response, header, sent_at
from clausewise.media.json import parse_json
from clausewise.options import RunOptions
from clausewise.phases.base import Context, Line, Sink
from clausewise.phases.schemathesis.isolation import isolated
from clausewise.phases.schemathesis.relay import Relay
from clausewise.results.evidence import Observation
from clausewise.security.credentials import OperationCredentials
from clausewise.security.schemes import slot_of
from clausewise.transport.base import in_thread
from clausewise.transport.budget import CHANGING_METHODS, SAFE_METHODS, WriteNotAllowed

#: name of its row in the table of phases
_PHASE = "engine"

#: check of Schemathesis that needs more than one exchange -> the rule that its failure falls under
OBSERVED = {
    "use_after_free": "use-after-delete",
    "ensure_resource_availability": "created-not-found",
    "ignored_auth": "auth-not-enforced",
}

#: check of Schemathesis that is off -> the rule under which our checker finds the same fault
LEFT_TO_THE_CHECKER = {
    "not_a_server_error": "server-error",
    "status_code_conformance": "undocumented-status",
    "content_type_conformance": "undocumented-content-type",
    "response_headers_conformance": "response-header",
    "response_schema_conformance": "response-schema",
    "negative_data_rejection": "invalid-request-accepted",
    "positive_data_acceptance": "valid-request-rejected",
    "missing_required_header": "invalid-request-accepted",
    "unsupported_method": "undocumented-method-accepted",
}

#: placeholder for a credential; the relay replaces it by the real one
_STAND_IN = "clausewise-credential"

#: answers for Schemathesis where the target gave none: it continues, and we record what happened
_NO_ANSWER = Response(502, (("Content-Type", "text/plain"),), b"no answer")
_NOT_SENT = Response(503, (("Content-Type", "text/plain"),), b"not sent")
_REFUSED = Response(401, (("Content-Type", "text/plain"),), b"not sent: nobody has valid credentials")

#: examples of one operation, where the user gives no number
_EXAMPLES = 100

#: connection failures in a row after which the target counts as gone
_GONE = 20

#: seconds that its thread has to end
_ENDS_WITHIN = 5.0


class Engine:
    """One run of the engine of Schemathesis. It passes on each exchange, and each fault of `OBSERVED`, as they come."""

    def __init__(self, context: Context, line: Line, sink: Sink) -> None:
        self._context = context
        self._contract = context.contract
        self._may_write = line.may_write
        self._operations = {
            operation.key: operation
            for operation in context.operations
            if (self._may_write or operation.operation.method in SAFE_METHODS)
            and context.credentials.of(operation.operation).can_call
        }
        self._line = line
        self._sink = sink
        #: why it ended before Schemathesis did; None when it did not
        self.stopped: ClausewiseError | None = None
        #: what Schemathesis could not do, one sentence each
        self.notes: list[str] = []
        self._numbers: Counter[str] = Counter()
        #: Schemathesis' id of a case -> its operation and exchange
        self._sent: dict[str, tuple[OperationContract, Exchange]] = {}
        self._halted = False
        self._failures = 0
        #: path -> the last successful write request to it
        self._written: dict[str, str] = {}
        self._stop: Callable[[], None] = lambda: None
        #: operation key -> the credentials of its requests
        self._credentials = {key: context.credentials.of(one.operation) for key, one in self._operations.items()}

    async def run(self) -> None:
        """Run it to its end, or until it must stop; `stopped` then says why."""
        if not self._operations:
            return
        loop = asyncio.get_running_loop()
        async with Relay(self._answer) as relay:

            def work() -> None:
                for event in self._events(relay.url):
                    loop.call_soon_threadsafe(self._take, event)

            running = asyncio.ensure_future(in_thread(work))
            try:
                await asyncio.shield(running)
            except Exception as error:
                # An error of another program must not lose the results of the run.
                self._failed(error)
            finally:
                if not running.done():
                    self._halt()
                    await asyncio.wait([running], timeout=_ENDS_WITHIN)
                    with suppress(asyncio.InvalidStateError, asyncio.CancelledError):
                        running.exception()

    def _events(self, url: str) -> Iterator[Any]:
        with isolated(self._contract.specification.sources.documents):
            stream = from_schema(self._schema(url)).execute()
            self._stop = stream.stop
            if not self._halted:
                yield from stream

    def _other_methods(self) -> list[str]:
        """The methods that paths are tried with which do not document them. What may remove something that the run did
        not create takes the user's leave, and the engine chooses paths of its own."""
        context = self._context
        is_free = context.leave.limit is not None or not context.remembers
        return [each for each in TRIED_METHODS if self._may_write and (is_free or each not in CHANGING_METHODS)]

    def _schema(self, url: str) -> Any:
        headers = stand_ins(self._credentials.values())
        configuration = _configuration(self._context.options, headers, url, self._other_methods())
        config = SchemathesisConfig.from_dict(configuration)
        root = self._contract.specification.sources.root
        schema = schemathesis.openapi.from_dict(copy.deepcopy(root.tree), config=config)
        # The base of the document's references to other files.
        schema.location = root.uri
        wanted = {(operation.operation.method, operation.operation.path) for operation in self._operations.values()}
        return schema.include(lambda found: (found.operation.method.upper(), found.operation.path) in wanted)

    async def _answer(self, received: Request) -> Response:
        """The answer that Schemathesis gets to a request."""
        if self._halted:
            return _NOT_SENT
        case, request = self._restored(received)
        if request is None:
            return _REFUSED
        try:
            answer = await self._line.send(request)
            self._record(case, request, answer)
            self._watch_target(answer)
        except WriteNotAllowed:
            # The run changes only what it has created, and goes on.
            return _NOT_SENT
        except ClausewiseError as stopped:
            self._halt(stopped)
            return _NOT_SENT
        except Exception as error:
            self._halt(InternalError.of(error, "it checked an answer to Schemathesis"))
            return _NOT_SENT
        return answer if isinstance(answer, Response) else _NO_ANSWER

    def _restored(self, received: Request) -> tuple[str, Request | None]:
        """Schemathesis' id of a case, and the request to send.

        None where it tries made-up credentials and ours are made up as well: no server could tell the two apart.
        """
        plain = self._context.credentials.headers
        case = header(received.headers, SCHEMATHESIS_TEST_CASE_HEADER) or ""
        ours = {SCHEMATHESIS_TEST_CASE_HEADER.lower(), *(name.lower() for name, _ in plain)}
        kept = [pair for pair in received.headers if pair[0].lower() not in ours and not _is_stand_in(pair[1])]
        request = msgspec.structs.replace(received, headers=(*kept, *plain))
        operation = aimed_at(self._contract, received)
        credentials = self._credentials.get(operation.key) if operation is not None else None
        if credentials is None:
            return case, request
        for scheme, value in credentials.applied:
            slot = slot_of(scheme)
            found = slot.read(received) if slot is not None else None
            if slot is None or found is None:
                continue
            if slot.location == "header" and not _is_stand_in(found):
                if not credentials.real:
                    return case, None
            else:
                # It generates keys in queries and cookies, and has no setting that says which ones are valid.
                request = slot.write(request, value)
        return case, request

    def _record(self, case: str, request: Request, answer: Response | Failure) -> None:
        operation = aimed_at(self._contract, request)
        if operation is None or operation.key not in self._operations or _unsendable(answer):
            return
        self._numbers[operation.key] += 1
        exchange = Exchange(
            id=f"{operation.key}-{_PHASE}-{self._numbers[operation.key]:04d}",
            request=request,
            response=answer if isinstance(answer, Response) else None,
            failure=answer if isinstance(answer, Failure) else None,
            probe=probe_of(operation, request, answer, self._context.ledger, self._note(request), phase=_PHASE),
            started=sent_at(answer),
        )
        self._sent[case] = operation, exchange
        if request.method in CHANGING_METHODS and _succeeded(exchange):
            self._written[_path(request)] = f"{operation.key} ({request.method} {_path(request)})"
        self._sink.take_exchange(operation, exchange)
        if self._sink.halted:
            self._halt()

    def _take(self, event: Any) -> None:
        try:
            if isinstance(event, events.FatalError):
                self._failed(event.exception)
            elif isinstance(event, events.NonFatalError):
                if not self._halted:
                    what = " ".join(event.info.message.split())
                    self.notes.append(f"Schemathesis could not test {event.label}: {what}")
            elif isinstance(event, events.ScenarioFinished):
                for observation in self._observed(event.recorder):
                    self._sink.take_observation(observation)
                if self._sink.halted:
                    self._halt()
        except ClausewiseError as stopped:
            self._halt(stopped)
        except Exception as error:
            self._failed(error)

    def _observed(self, recorder: Any) -> Iterator[Observation]:
        """The faults that only a sequence of requests shows."""
        for case, checks in recorder.checks.items():
            for check in checks:
                if check.status == Status.FAILURE and check.name in OBSERVED:
                    failure = check.failure_info.failure
                    found = self._sent.get(failure.case_id or case)
                    if found is None:
                        continue
                    if check.name == "ignored_auth":
                        yield from self._unguarded(failure, *found)
                    elif self._context.remembers:
                        yield from self._out_of_order(OBSERVED[check.name], failure, recorder, case, *found)

    def _unguarded(self, failure: Any, operation: OperationContract, exchange: Exchange) -> Iterator[Observation]:
        """Made-up credentials that were accepted. (Missing credentials show in the exchange itself.)"""
        invalid = failure.scenario == "invalid_auth" and self._credentials[operation.key].real
        if not invalid or operation.security is None or not _succeeded(exchange):
            return
        clause = operation.security[1]
        assert exchange.response is not None
        status = exchange.response.status
        yield Observation.of(
            "auth-not-enforced",
            operation.key,
            exchange,
            f"{operation.key} accepted ({status}) made-up credentials; the contract says {clause.text}",
            clause=clause,
            seen="made-up credentials",
        )

    def _out_of_order(
        self, rule: str, failure: Any, recorder: Any, case: str, operation: OperationContract, exchange: Exchange
    ) -> Iterator[Observation]:
        cause = failure.deleted_case_id if rule == "use-after-delete" else _parent(recorder, case)
        earlier = self._sent.get(cause or "")
        if earlier is None or earlier[1].response is None or exchange.response is None:
            return
        first, then = earlier[1].response.status, exchange.response.status
        if first == 202:
            # The server has not done it yet (RFC 9110 section 15.3.3).
            return
        made = self._sent.get(_parent(recorder, cause) or "")
        if rule == "use-after-delete" and made is not None and _changed(made[1], exchange):
            # A server may still show a deleted resource, as long as it marks it as deleted.
            return
        # The fault belongs to the operation that reads the resource, where there is one.
        reading = self._contract.router.match("GET", exchange.request.target)
        done = f"{earlier[0].key} ({earlier[1].request.method} {_path(earlier[1].request)}) had answered {first}"
        yield Observation.of(
            rule,
            reading.operation.key if reading is not None else operation.key,
            exchange,
            f"{operation.key} answered {then}, after {done}",
            where=f"response.{then}",
        )

    def _watch_target(self, answer: Response | Failure) -> None:
        lost = isinstance(answer, Failure) and answer.kind == "connect"
        self._failures = self._failures + 1 if lost else 0
        if self._failures >= _GONE:
            raise TargetError("the target is gone: connections to it failed while Schemathesis ran")

    def _note(self, request: Request) -> str:
        """Where the request comes from, for people, and the write before it, which may explain the answer."""
        before = self._written.get(_path(request))
        return "Schemathesis chose the values" + (f", after {before} had succeeded" if before else "")

    def _failed(self, error: BaseException) -> None:
        what = " ".join(f"{type(error).__name__}: {error}".split())
        message = f"Schemathesis {schemathesis.__version__} failed: {what}"
        self._halt(InternalError(message, remedy="run without the phase engine"))

    def _halt(self, why: ClausewiseError | None = None) -> None:
        self._halted = True
        self.stopped = self.stopped or why
        self._stop()


def stand_ins(credentials: Iterable[OperationCredentials]) -> dict[str, str]:
    """A placeholder for each header that holds credentials. Schemathesis treats them as valid credentials."""
    slots = [slot_of(scheme) for each in credentials for scheme, _ in each.applied]
    names = {slot.name.lower(): slot.name for slot in slots if slot is not None and slot.location == "header"}
    return {name: f"{_STAND_IN}-{index}" for index, name in enumerate(names.values())}


def _is_stand_in(value: str) -> bool:
    return value.startswith(_STAND_IN)


def _configuration(options: RunOptions, headers: dict[str, str], url: str, other_methods: list[str]) -> dict[str, Any]:
    """The settings of Schemathesis, as schemathesis.toml would have them."""
    return {
        "seed": options.seed,
        "base-url": url,
        "headers": headers,
        "workers": 1,
        "continue-on-failure": True,
        # A connection or an answer may be waited for twice.
        "request-timeout": 2 * (options.connect_timeout + options.timeout) + 1 / (options.rate or 1.0),
        "max-redirects": 0,
        "cache": {"enabled": False},
        # It would otherwise use literals of the modules that happen to be loaded.
        "analysis": {"constants": {"enabled": False}},
        "generation": {"database": "none", "max-examples": options.max_examples or _EXAMPLES},
        "checks": {"enabled": False} | {name: {"enabled": True} for name in OBSERVED},
        "phases": {"coverage": {"unexpected-methods": other_methods}},
    }


def _parent(recorder: Any, case: Any) -> Any:
    """Schemathesis' id of the case before a case; None when it is the first of its sequence."""
    node = recorder.cases.get(case)
    return node.parent_id if node is not None else None


def _changed(before: Exchange, after: Exchange) -> bool:
    """Whether two answers that show one resource differ in the value of a member."""
    try:
        shown = [parse_json(exchange.response.body) for exchange in (before, after) if exchange.response is not None]
    except ValueError:
        return False
    if not all(isinstance(body, dict) for body in shown):
        return False
    first, then = shown
    return any(name in then and then[name] != value for name, value in first.items())


def _path(request: Request) -> str:
    return request.target.partition("?")[0]


def _unsendable(answer: Response | Failure) -> bool:
    """Whether nothing was sent, because HTTP cannot carry the request."""
    return isinstance(answer, Failure) and answer.unsendable


def _succeeded(exchange: Exchange) -> bool:
    return exchange.response is not None and 200 <= exchange.response.status < 300
