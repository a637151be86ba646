"""An ASGI app that keeps the contract: a mock to build clients against, and to try the checks on."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from functools import partial
from typing import Any

import msgspec

from clausewise.contract.clause import Clause
from clausewise.contract.contract import Contract
from clausewise.contract.operation import OperationContract
from clausewise.contract.request import RequestJudgement, judge_request
from clausewise.exchange import Headers, Request, Response, header
from clausewise.mockserver.callbacks import CallbackSender
from clausewise.mockserver.coding import coded
from clausewise.mockserver.collection import Documents, Key
from clausewise.mockserver.conditions import failed_condition, tagged
from clausewise.mockserver.faults import FaultInjector
from clausewise.mockserver.prefer import Preference, preference_of
from clausewise.mockserver.refusal import PROBLEM, Reason, problem, reason_of
from clausewise.mockserver.respond import Responder
from clausewise.mockserver.state import State
from clausewise.spec.router import Match
from clausewise.values.typical import NoValueError

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

#: bytes of a request's body that are read, and seconds within which it must have come
MAX_BODY = 16 * 1024 * 1024
_BODY_WITHIN = 30.0

#: headers that a request has which reads what another one is about
_NOT_FOR_READING = frozenset({"if-match", "if-none-match", "prefer", "content-type", "content-length"})

#: what a crash shows: no more than a server that has failed
_CRASH = Response(500, (("Content-Type", "application/json"),), b'{"message": "an injected fault"}')


class Reply(msgspec.Struct, frozen=True):
    """A response of the mock, and what it found in the request."""

    response: Response
    #: key of the operation; "" where the contract has none for the request
    operation: str = ""
    #: what is wrong with the request; empty for a good one
    reasons: tuple[Reason, ...] = ()


class MockApp:
    """Serves every operation of a contract, below the base paths of its servers and at the root."""

    def __init__(
        self,
        contract: Contract,
        seed: int = 1,
        injectors: Iterable[FaultInjector] = (),
        *,
        state: Mapping[tuple[str, Key], Documents] | None = None,
        enforces: bool = True,
        beyond_examples: bool = False,
        callbacks: CallbackSender | None = None,
    ) -> None:
        """`state` holds the resources at the beginning, {} for those of the contract's examples; without it the mock
        keeps nothing. If it does not enforce the contract, it accepts requests that break it. With `beyond_examples`,
        repeated requests also show what the examples leave out. Its `callbacks` go to this machine alone where no
        sender is given."""
        self.contract = contract
        self._callbacks = callbacks or CallbackSender(contract, seed)
        self._injectors = tuple(injectors)
        self._enforces = enforces
        self._responders = {
            operation.key: Responder(operation, seed, beyond_examples=beyond_examples)
            for operation in contract.operations
        }
        self._state = None if state is None else State(contract, self._responders, state)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection event (ASGI 3.0)."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http":
            request = await read_request(scope, receive)
            reply = Reply(request) if isinstance(request, Response) else self.reply(request)
            await send_response(reply.response, scope["method"], send)
            if isinstance(request, Request):
                self.follow(request, reply)

    def follow(self, request: Request, reply: Reply) -> None:
        """Send the callbacks of a request that was answered, if it was accepted."""
        if reply.operation in self._responders and 200 <= reply.response.status < 300:
            operation = self.contract.operation(reply.operation)
            if operation.operation.callbacks:
                self._callbacks.follow(operation, request, reply.response)

    def answer(self, request: Request) -> Response:
        """The response to one request."""
        return self.reply(request).response

    def reply(self, request: Request) -> Reply:
        """The response to one request, and what was found in it."""
        match = self.contract.router.match(request.method, request.target)
        if match is None:
            return self._unmatched(request)
        try:
            reply = self._answer(request, match)
        except NoValueError as error:
            return _refused(501, f"{error}: add an example to the contract", match.operation.key)
        operation, response = self.contract.operation(match.operation.key), reply.response
        for injector in self._injectors:
            response = injector.corrupt(operation, response)
        return msgspec.structs.replace(
            reply, response=coded(operation.response_for(response.status), request, response)
        )

    def take_over(self, other: MockApp) -> None:
        """Hold what another mock holds, as far as this contract has its types."""
        if self._state is not None and other._state is not None and other is not self:
            self._state.take_over(other._state)

    def answer_with(self, operation: str, status: int) -> Response | None:
        """The response of an operation with a documented status; None when the contract does not document it."""
        return self._responders[operation].status(status)

    def _unmatched(self, request: Request) -> Reply:
        methods = self.contract.router.methods(request.target)
        if not methods:
            return _refused(404, "the contract has no such path")
        match = self.contract.router.match(methods[0], request.target)
        assert match is not None
        if self._overlooks([self.contract.operation(match.operation.key).methods]):
            return Reply(self._responders[match.operation.key].accept(RequestJudgement((), ())))
        return _refused(405, f"the path offers only {', '.join(methods)}", headers=(("Allow", ", ".join(methods)),))

    def _overlooks(self, broken: list[Clause]) -> bool:
        """Whether faults make the mock accept a request that breaks these clauses and no other."""
        passing = [injector for injector in self._injectors if any(map(injector.lets_pass, broken))]
        if not all(any(injector.lets_pass(clause) for injector in passing) for clause in broken):
            return False
        for injector in passing:
            injector.shown += 1
        return True

    def _answer(self, request: Request, match: Match) -> Reply:
        """The answer to a request of an operation. It says that `Prefer` and `Accept` decide about it
        (RFC 7240 section 2, RFC 9110 section 12.5.5)."""
        reply = self._answer_of(request, match)
        if header(reply.response.headers, "Vary") is not None:
            return reply
        headers = (*reply.response.headers, ("Vary", "Prefer, Accept"))
        return msgspec.structs.replace(reply, response=msgspec.structs.replace(reply.response, headers=headers))

    def _answer_of(self, request: Request, match: Match) -> Reply:
        key = match.operation.key
        operation, responder = self.contract.operation(key), self._responders[key]
        accept = header(request.headers, "Accept") or ""
        preference = preference_of(request.headers)
        if preference.code:
            return self._preferred(operation, preference, accept)
        meant = next((injector.fault.clause.key for injector in self._injectors), "")
        judgement = judge_request(operation, request, match.path_parameters, evidence=False, meant=meant)
        errors = [breach for breach in judgement.breaches if breach.clause.severity == "error"]
        reasons = tuple(map(reason_of, errors))
        if errors and self._enforces and not self._overlooks([breach.clause for breach in errors]):
            return Reply(responder.refuse(errors[0].clause.keyword, reasons, accept), key, reasons)
        if any(injector.crashes(operation, judgement) for injector in self._injectors):
            return Reply(_CRASH, key, (Reason("an injected fault"),))
        if preference.is_given:
            return self._preferred(operation, preference, accept)
        ended = failed_condition(operation, request, self._tag_at(request))
        if ended is not None:
            return Reply(responder.status(ended, accept) or Response(ended), key)
        response = self._state.answer(operation, request, judgement, accept) if self._state is not None else None
        if errors and self._enforces and response is not None and response.status >= 400:
            # A fault lets it pass: what the mock keeps must not refuse it in place of the clause.
            response = None
        target = request.target if request.body is None else ""
        response = response or responder.accept(judgement, accept, target)
        return Reply(tagged(operation, response, partial(self._shown, request, response)), key, reasons)

    def _read(self, request: Request) -> Response | None:
        """What the path of a request shows to who reads it now; None where it can be read by nobody."""
        match = self.contract.router.match("GET", request.target)
        headers = tuple(pair for pair in request.headers if pair[0].lower() not in _NOT_FOR_READING)
        return self._answer_of(Request("GET", request.target, headers), match).response if match is not None else None

    def _tag_at(self, request: Request) -> str | None:
        """The tag of what the path of a request with a condition shows; None without one, and where it has none."""
        is_conditional = any(name.lower() in ("if-match", "if-none-match") for name, _ in request.headers)
        read = self._read(request) if is_conditional else None
        return header(read.headers, "ETag") if read is not None else None

    def _shown(self, request: Request, response: Response) -> bytes:
        """What the tag of a response is about: what its path shows now, else its own body."""
        read = self._read(request) if request.method != "GET" else None
        return read.body if read is not None and read.status == 200 else response.body

    def _preferred(self, operation: OperationContract, preference: Preference, accept: str) -> Reply:
        """The answer that a request asks for; a refusal in words of one that the contract does not have."""
        responder, code = self._responders[operation.key], preference.code
        status = int(code) if re.fullmatch("[1-5][0-9]{2}", code) else 0 if code else responder.success()
        try:
            response = responder.status(status, accept, example=preference.example, dynamic=preference.dynamic)
        except KeyError:
            names = ", ".join(responder.examples(status, accept)) or "none"
            sentence = f'{operation.key} has no example "{preference.example}" for the status {status}; it has {names}'
            return _refused(400, sentence, operation.key)
        if response is not None:
            return Reply(response, operation.key)
        documented = (
            f"its statuses are {', '.join(operation.responses)}" if operation.responses else "it documents none"
        )
        return _refused(400, f"{operation.key} documents no status {code or status}; {documented}", operation.key)


def _refused(status: int, sentence: str, operation: str = "", headers: Headers = ()) -> Reply:
    """A refusal that the contract says nothing of."""
    reason = Reason(sentence)
    response = Response(status, (("Content-Type", PROBLEM), *headers), problem(status, [reason]))
    return Reply(response, operation, (reason,))


async def send_response(response: Response, method: str, send: Send) -> None:
    """Send `response` to a request with `method`, as an ASGI app does."""
    headers = [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in response.headers]
    if response.status >= 200 and response.status != 204:
        headers.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else response.body})


async def read_request(scope: Scope, receive: Receive) -> Request | Response:
    """The request that an ASGI app is called with; the refusal of one whose body is too large, or comes too slowly."""
    chunks: list[bytes] = []
    length = 0
    try:
        async with asyncio.timeout(_BODY_WITHIN):
            while True:
                event = await receive()
                chunks.append(event.get("body", b""))
                length += len(chunks[-1])
                if length > MAX_BODY:
                    limit = f"the mock takes bodies of at most {MAX_BODY // 1024**2} MiB"
                    return _refused(413, limit, headers=(("Connection", "close"),)).response
                if not event.get("more_body"):
                    break
    except TimeoutError:
        limit = f"the body did not come within {_BODY_WITHIN:g} s"
        return _refused(408, limit, headers=(("Connection", "close"),)).response
    path = scope.get("raw_path") or scope["path"].encode()
    target = path.decode("latin-1")
    if scope["query_string"]:
        target += "?" + scope["query_string"].decode("latin-1")
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
    return Request(scope["method"], target, headers, b"".join(chunks) or None)


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        event = await receive()
        await send({"type": f"{event['type']}.complete"})
        if event["type"] == "lifespan.shutdown":
            return
