"""Receives the callbacks of the operations under test: a small server, whose URL stands where requests name one.

Each request names a URL of its own, so that what arrives is known to follow from it. Requests are answered as the
contract documents, by a thread, and judged when the run has sent everything.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from time import perf_counter
from urllib.parse import quote, urlsplit

import msgspec

from clausewise.conformance.callback import Arrival, check_callback, is_as_expected, missing
from clausewise.contract.bodies import sent_value, with_sent_value
from clausewise.contract.expressions import ExpressionContext, filled
from clausewise.contract.operation import CallbackContract, OperationContract
from clausewise.contract.request import RequestJudgement, judge_request
from clausewise.errors import UsageError
from clausewise.exchange import Exchange, Request, Response, header, query_pairs
from clausewise.generation.prover import Case
from clausewise.mockserver.app import Receive, Scope, Send, read_request, send_response
from clausewise.mockserver.respond import Responder
from clausewise.options import RunOptions, value_for
from clausewise.results.evidence import UntestedReason
from clausewise.runner.recorder import Recorder
from clausewise.runner.targets import Target
from clausewise.spec.expressions import Expression
from clausewise.transport.listen import listen
from clausewise.values.edit import get, put
from clausewise.values.typical import NoValueError

#: seconds after the last accepted request within which a callback must come
WITHIN = 5.0

#: seconds that others are awaited where some have come, and between looks
_MORE_WITHIN = 1.0
_LOOK = 0.02

#: requests that are kept; further ones are answered alone
_KEPT = 5_000

#: what may name a URL in a request
_PLACES = ("body", "query", "header")

#: begins the part of a URL that says which request named it
_TOKEN = "clausewise-"
_IN_TARGET = re.compile(rf"/{_TOKEN}([0-9a-f]{{12}})")


class _Came(msgspec.Struct, frozen=True):
    """A request that came, and the answer to it."""

    token: str
    request: Request
    #: what stands in its target behind the token
    behind: str
    response: Response


class Reception:
    """The callbacks of one run. Close it when the run is over."""

    def __init__(self, operations: Sequence[OperationContract], options: RunOptions) -> None:
        """Raises UsageError where nothing can listen at the address of the options."""
        self._operations = {operation.key: operation for operation in operations}
        self._options = options
        #: operation key -> the callbacks that can be received, and where a request names their URL
        self._callbacks = {key: list(_receivable(operation)) for key, operation in self._operations.items()}
        self._responders: dict[str, Responder] = {}
        #: token -> key of the operation whose request names it
        self._named: dict[str, str] = {}
        #: token -> what came of that request, once it counts
        self._accepted: dict[str, Exchange] = {}
        self._last = 0.0
        self._came: list[_Came] = []
        self._unkept = 0
        #: operation key -> why a URL of the receiver cannot stand in its requests
        self._unfit: dict[str, str] = {}
        host, port = _address(options)
        try:
            listener = listen(host, port)
            listener.listen()
        except OSError as error:
            reason = f"the receiver of callbacks cannot listen at {host}:{port}: {error.strerror}"
            raise UsageError(reason, remedy="give another --callback-listen") from None
        # It imports uvicorn, which a run without callbacks does not need.
        from clausewise.mockserver.serving import ServerThread

        self._thread = ServerThread(self._serve, listener, "receiver of callbacks")
        own = f"http://{'[::1]' if host == '::1' else '127.0.0.1'}:{self._thread.port}"
        #: begins the URLs that requests name
        self.base_url = (options.callback_url or own).rstrip("/")

    @property
    def received(self) -> tuple[OperationContract, ...]:
        """The operations of the callbacks that it receives."""
        return tuple(one.operation for found in self._callbacks.values() for one, _ in found)

    def close(self) -> None:
        """End the server."""
        self._thread.close()

    def addressed(self, case: Case, name: str) -> Case:
        """The case whose exchange is to be called `name`, with a URL of the receiver where it names one.

        It stays as it is where it is about that place, where the user has set the value, and where a URL of the
        receiver would break what it keeps.
        """
        operation = self._operations.get(case.probe.operation)
        if operation is None:
            return case
        token = hashlib.blake2b(name.encode(), digest_size=6).hexdigest()
        request = case.request
        places = dict.fromkeys(place for _, place in self._callbacks[operation.key])
        for number, place in enumerate(places):
            if not _is_about(case, place, operation) and not self._is_set(operation, place):
                url = f"{self.base_url}/{_TOKEN}{token}{f'/{number + 1}' if len(places) > 1 else ''}"
                request = self._with_url(operation, request, place, url)
        if request is case.request:
            return case
        self._named[token] = operation.key
        return msgspec.structs.replace(case, request=request)

    def expect(self, operation: OperationContract, exchange: Exchange) -> None:
        """Await the callbacks of an exchange that counts, if its request was accepted and names a URL."""
        token = self._token_of(exchange)
        if operation.key in self._operations and exchange.accepted and token in self._named:
            self._accepted.setdefault(token, exchange)
            self._last = perf_counter()

    async def wait(self) -> None:
        """Wait until each accepted request has its callback, for a bounded time: a shorter one for what others of the
        same operation have had."""
        while self._accepted:
            came = {one.token for one in self._came}
            awaited = {self._named[token] for token in self._accepted.keys() - came}
            silent = awaited - {self._named[token] for token in came}
            within = WITHIN if silent else _MORE_WITHIN if awaited else 0.0
            if perf_counter() - self._last >= within:
                return
            await asyncio.sleep(_LOOK)

    def conclude(self, recorder: Recorder, base_url: str) -> None:
        """Judge what came, and write it down."""
        numbers: Counter[str] = Counter()
        heard: Counter[str] = Counter()
        by_token: dict[str, list[_Came]] = {}
        for came in self._came:
            by_token.setdefault(came.token, []).append(came)
        for came in (one for same in by_token.values() for one in same):
            operation = self._operations[self._named[came.token]]
            exchange = self._accepted.get(came.token)
            trigger = exchange or Exchange(f"{_TOKEN}{came.token}", came.request)
            numbers[trigger.id] += 1
            arrival = Arrival(came.request, came.behind, recorder.free(f"{trigger.id}-callback-{numbers[trigger.id]}"))
            kept = Exchange(arrival.exchange, came.request, came.response)
            expected = self._expected(came, by_token[came.token], exchange, base_url)
            of, checked = check_callback(operation, exchange or kept, arrival, expected)
            heard[of.key] += 1
            recorder.take_received(of, kept, checked)
        for key in self._callbacks:
            operation = self._operations[key]
            first = next((each for token, each in self._accepted.items() if self._named[token] == key), None)
            for callback in self._of(operation):
                of = callback.operation
                if (
                    not heard[of.key]
                    and first is not None
                    and not any(heard[one.operation.key] for one in self._of(operation))
                ):
                    recorder.take_observation(missing(operation, first, callback, WITHIN))
                reason = self._untested(key, accepted=first is not None, heard=heard[of.key])
                untested = {clause.key: UntestedReason("unseen", reason) for clause in of.request_clauses}
                recorder.logbook.untested.update(untested)

    def notes(self) -> Iterator[str]:
        """What could not be received, one sentence each."""
        for key, operation in self._operations.items():
            received = {one.operation.key for one in self._of(operation)}
            for callback in operation.callbacks:
                if (defect := callback.operation.closed) is not None:
                    what = f"the callback `{callback.callback.name}` of {key}"
                    yield f"{what} is not tested: {defect.message}, {defect.location}"
                elif callback.operation.key not in received:
                    yield (
                        f"the callback `{callback.callback.name}` of {key} is not tested: its URL "
                        f"`{callback.callback.url}` does not begin with a value of the request"
                    )
            if key in self._unfit:
                yield self._unfit[key]
        if self._unkept:
            yield f"{self._unkept} callbacks are not judged: {_KEPT} came before them"

    def _of(self, operation: OperationContract) -> list[CallbackContract]:
        return [one for one, _ in self._callbacks[operation.key]]

    def _untested(self, key: str, *, accepted: bool, heard: int) -> str:
        if heard:
            return "no callback had the value it constrains"
        if accepted:
            return f"no callback came within {WITHIN:g} s"
        return self._unfit.get(key) or "no accepted request named a URL for the callback"

    def _is_set(self, operation: OperationContract, place: Expression) -> bool:
        """Whether the user has set the value in a place."""
        name = place.pointer[-1] if place.pointer else place.name
        return value_for(self._options.values, operation.key, name)[0]

    def _with_url(self, operation: OperationContract, request: Request, place: Expression, url: str) -> Request:
        """`request` with `url` in a place, if it keeps and breaks the same clauses as before."""
        changed = _replaced(operation, request, place, url)
        if changed is None:
            return request
        before, after = (
            judge_request(operation, each, operation.match(each.target), evidence=False) for each in (request, changed)
        )
        broken = {breach.clause.key for breach in before.breaches}
        new = next((breach.clause for breach in after.breaches if breach.clause.key not in broken), None)
        if new is None:
            return changed
        self._unfit[operation.key] = (
            f"the callbacks of {operation.key} are not tested: the contract says {new.text}, and the URL of the "
            f"receiver {self.base_url} breaks that; --callback-url names another"
        )
        return request

    def _token_of(self, exchange: Exchange) -> str:
        return hashlib.blake2b(exchange.id.encode(), digest_size=6).hexdigest()

    def _expected(
        self, came: _Came, same: Sequence[_Came], exchange: Exchange | None, base_url: str
    ) -> list[tuple[CallbackContract, str | None]]:
        """The callbacks that may have come, with what should stand behind the URL; all of `same` have its token."""
        operation = self._operations[self._named[came.token]]
        expected = [(one, self._behind(one, operation, exchange, base_url)) for one in self._of(operation)]

        def is_right(one: _Came) -> bool:
            return any(behind is not None and is_as_expected(behind, one.behind) for _, behind in expected)

        # The request may have been sent again: of that answer, which the URL may be made from, nothing is known.
        if not is_right(came) and any(map(is_right, same)):
            return [(one, None) for one, _ in expected]
        return expected

    def _behind(
        self, callback: CallbackContract, operation: OperationContract, exchange: Exchange | None, base_url: str
    ) -> str | None:
        """What should stand in the target of a callback behind the token; None where that is not known."""
        if exchange is None:
            return None
        url = filled(callback.url, ExpressionContext(operation, exchange.request, exchange.response, base_url))
        found = _IN_TARGET.search(url) if isinstance(url, str) else None
        return found.string[found.end() :] if found is not None else None

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI app of the server."""
        if scope["type"] != "http":
            return
        request = await read_request(scope, receive)
        if isinstance(request, Response):
            await send_response(request, scope["method"], send)
            return
        # What forwards requests may put something before it, or take the path of the URL away.
        found = _IN_TARGET.search(request.target)
        operation = self._operations.get(self._named.get(found[1], "")) if found is not None else None
        if found is None or operation is None:
            await send_response(Response(404), scope["method"], send)
            return
        response = self._answer(operation, request)
        if len(self._came) < _KEPT:
            self._came.append(_Came(found[1], request, request.target[found.end() :], response))
        else:
            self._unkept += 1
        await send_response(response, scope["method"], send)

    def _answer(self, operation: OperationContract, request: Request) -> Response:
        """The answer that the contract documents for a callback."""
        callbacks = self._of(operation)
        same = [one for one in callbacks if one.operation.operation.method == request.method]
        of = (same or callbacks)[0].operation
        responder = self._responders.setdefault(of.key, Responder(of, self._options.seed))
        try:
            return responder.accept(RequestJudgement((), ()), header(request.headers, "Accept") or "")
        except NoValueError:
            return Response(204)


def open_reception(
    operations: Iterable[OperationContract], target: Target, options: RunOptions
) -> tuple[Reception | None, str]:
    """What receives the callbacks of `operations`; None where they have none that can come here, and why.

    Raises UsageError like `Reception`.
    """
    having = [operation for operation in operations if operation.operation.callbacks]
    if not having:
        return None, ""
    if not target.is_local and options.callback_url is None:
        named = f"{having[0].key} and {len(having) - 1} more" if len(having) > 1 else having[0].key
        why = f"the callbacks of {named} are not tested: {target.name} is not on this machine"
        return None, f"{why}; --callback-url names a URL that leads here"
    # What is called in this process reaches the loopback, wherever the servers of the configuration are.
    own = options if target.kind == "url" else msgspec.structs.replace(options, callback_url=None)
    return Reception(having, own), ""


def _receivable(operation: OperationContract) -> Iterator[tuple[CallbackContract, Expression]]:
    """The callbacks whose URL begins with a value of the request, and the place of that."""
    for callback in operation.callbacks:
        first = callback.url.parts[0] if callback.url.parts else ""
        is_given = isinstance(first, Expression) and first.side == "request" and first.source in _PLACES
        if isinstance(first, Expression) and is_given and callback.operation.closed is None:
            yield callback, first


def _is_about(case: Case, place: Expression, operation: OperationContract) -> bool:
    """Whether a probe deviates in a place, or is about a clause on it."""
    own: tuple[str, ...] = ("body", *place.pointer) if place.source == "body" else (f"{place.source}.{place.name}",)
    deviates = tuple(map(str, case.probe.deviates_at))
    if deviates and (deviates[: len(own)] == own or own[: len(deviates)] == deviates):
        return True
    clause = next((each for each in operation.clauses if each.key == case.probe.clause), None)
    return clause is not None and clause.direction == "request" and (clause.part, *clause.path) == own


def _replaced(operation: OperationContract, request: Request, place: Expression, url: str) -> Request | None:
    """`request` with another text in a place; None where no text stands there."""
    if place.source == "body":
        value = sent_value(operation.body, request)
        try:
            found = get(value, place.pointer)
        except (KeyError, IndexError, ValueError, TypeError):
            return None
        if not isinstance(found, str) or with_sent_value(operation.body, request, value) != request:
            # What is written in a way of its own, on purpose, stays as it is.
            return None
        return with_sent_value(operation.body, request, put(value, place.pointer, url))
    if place.source == "header":
        if header(request.headers, place.name) is None:
            return None
        wanted = place.name.lower()
        headers = tuple((name, url if name.lower() == wanted else text) for name, text in request.headers)
        return msgspec.structs.replace(request, headers=headers)
    path, _, query = request.target.partition("?")
    if not any(name == place.name for name, _ in query_pairs(query)):
        return None
    parts = [
        f"{part.partition('=')[0]}={quote(url, safe='')}" if [n for n, _ in query_pairs(part)] == [place.name] else part
        for part in query.split("&")
    ]
    return msgspec.structs.replace(request, target=f"{path}?{'&'.join(parts)}")


def _address(options: RunOptions) -> tuple[str, int]:
    """Host and port that the receiver listens at; port 0 for a free one. Raises UsageError for what is none."""
    written = options.callback_listen
    if written is None and options.callback_url is None:
        return "127.0.0.1", 0
    if written is None:
        parts = urlsplit(options.callback_url or "")
        try:
            port = parts.port
        except ValueError:
            port = None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UsageError(
                f'"{options.callback_url}" is not an HTTP URL', remedy="write --callback-url as http://host:port/path"
            )
        if port is None:
            remedy = "give --callback-listen PORT: what is sent to the URL must be forwarded there"
            raise UsageError("the URL of --callback-url has no port that the receiver could listen at", remedy=remedy)
        return "127.0.0.1", port
    host, _, number = written.rpartition(":")
    if not number.isdecimal() or int(number) > 65535:
        raise UsageError(f'"{written}" is not an address', remedy="write --callback-listen as PORT or HOST:PORT")
    return host.strip("[]") or "127.0.0.1", int(number)
