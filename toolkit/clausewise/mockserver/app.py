"""An ASGI app that keeps the contract: a mock to build clients against, and to try the checks on."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

import msgspec

from clausewise.contract.clause import Clause
from clausewise.contract.contract import Contract
from clausewise.contract.request import RequestJudgement, judge_request
from clausewise.exchange import Request, Response, header
from clausewise.mockserver.coding import coded
from clausewise.mockserver.faults import FaultInjector
from clausewise.mockserver.respond import Responder
from clausewise.spec.router import Match
from clausewise.values.typical import NoValueError

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

#: bytes of a request's body that are read, and seconds within which it must have come
MAX_BODY = 16 * 1024 * 1024
_BODY_WITHIN = 30.0

_PREFERRED_STATUS = re.compile(r"\bcode=(\d{3})\b")


class MockApp:
    """Serves every operation of a contract, below the base paths of its servers and at the root."""

    def __init__(self, contract: Contract, seed: int = 1, injectors: Iterable[FaultInjector] = ()) -> None:
        self._contract = contract
        self._injectors = tuple(injectors)
        self._responders = {operation.key: Responder(operation, seed) for operation in contract.operations}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection event (ASGI 3.0)."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http":
            request = await read_request(scope, receive)
            answer = request if isinstance(request, Response) else self.answer(request)
            await send_response(answer, scope["method"], send)

    def answer(self, request: Request) -> Response:
        """The response to one request."""
        path = request.target.partition("?")[0]
        match = self._contract.router.match(request.method, path)
        if match is None:
            return self._unmatched(request, path)
        try:
            response = self._answer(request, match)
        except NoValueError as error:
            return _problem(501, f"{error}: add an example to the contract")
        operation = self._contract.operation(match.operation.key)
        for injector in self._injectors:
            response = injector.corrupt(operation, response)
        return coded(operation.response_for(response.status), request, response)

    def answer_with(self, operation: str, status: int) -> Response | None:
        """The response of an operation with a documented status; None when the contract does not document it."""
        return self._responders[operation].status(status)

    def _unmatched(self, request: Request, path: str) -> Response:
        methods = self._contract.router.methods(path)
        if not methods:
            return _problem(404, "the contract has no such path")
        match = self._contract.router.match(methods[0], path)
        assert match is not None
        if self._overlooks([self._contract.operation(match.operation.key).methods]):
            return self._responders[match.operation.key].accept(RequestJudgement((), ()))
        return _problem(405, f"the path offers only {', '.join(methods)}", (("Allow", ", ".join(methods)),))

    def _overlooks(self, broken: list[Clause]) -> bool:
        """Whether faults make the mock accept a request that breaks these clauses and no other."""
        passing = [injector for injector in self._injectors if any(map(injector.lets_pass, broken))]
        if not all(any(injector.lets_pass(clause) for injector in passing) for clause in broken):
            return False
        for injector in passing:
            injector.shown += 1
        return True

    def _answer(self, request: Request, match: Match) -> Response:
        """The answer to a request of an operation. It says that `Prefer` and `Accept` decide about it
        (RFC 7240 section 2, RFC 9110 section 12.5.5)."""
        response = self._answer_of(request, match)
        if header(response.headers, "Vary") is not None:
            return response
        return msgspec.structs.replace(response, headers=(*response.headers, ("Vary", "Prefer, Accept")))

    def _answer_of(self, request: Request, match: Match) -> Response:
        responder = self._responders[match.operation.key]
        accept = header(request.headers, "Accept") or ""
        wanted = _PREFERRED_STATUS.search(header(request.headers, "Prefer") or "")
        if wanted is not None:
            preferred = responder.status(int(wanted[1]), accept)
            if preferred is not None:
                return preferred
        operation = self._contract.operation(match.operation.key)
        meant = next((injector.fault.clause.key for injector in self._injectors), "")
        judgement = judge_request(operation, request, match.path_parameters, evidence=False, meant=meant)
        errors = [breach for breach in judgement.breaches if breach.clause.severity == "error"]
        if errors and not self._overlooks([breach.clause for breach in errors]):
            return responder.refuse(errors[0], accept)
        if any(injector.crashes(operation, judgement) for injector in self._injectors):
            return _problem(500, "an injected fault")
        return responder.accept(judgement, accept)


def _problem(status: int, sentence: str, headers: tuple[tuple[str, str], ...] = ()) -> Response:
    return Response(
        status, (("Content-Type", "application/json"), *headers), json.dumps({"message": sentence}).encode()
    )


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
                    return _problem(413, limit, (("Connection", "close"),))
                if not event.get("more_body"):
                    break
    except TimeoutError:
        return _problem(408, f"the body did not come within {_BODY_WITHIN:g} s", (("Connection", "close"),))
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
