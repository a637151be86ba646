"""The fixture `contract_mock`: a running mock of the contract to test a client against."""

from __future__ import annotations

import asyncio
import json
import math
from typing import Any

import msgspec

from clausewise.conformance.foreign import describe_breach
from clausewise.contract.clause import Clause
from clausewise.contract.contract import Contract, OperationContract
from clausewise.contract.request import judge_request
from clausewise.errors import UsageError
from clausewise.exchange import Request, Response
from clausewise.mockserver.app import MockApp
from clausewise.mockserver.faults import FaultInjector, named_faults
from clausewise.plugin.clients.base import headers_of


class RequestFinding(msgspec.Struct, frozen=True):
    """What a request to the mock broke."""

    #: one sentence, with the value and the clause
    message: str
    #: file, line and column of the clause; "" where the contract has no such path
    location: str = ""
    #: None where the contract has no such path
    clause: Clause | None = None

    def __str__(self) -> str:
        return f"{self.message}\n  {self.location}" if self.location else self.message


class Received(msgspec.Struct, frozen=True):
    """A request that the mock got, and what it made of it."""

    request: Request
    #: None where the connection was dropped
    response: Response | None
    #: key of the operation; None where the contract has no such path
    operation: str | None
    #: what the request broke; empty for one that keeps the contract
    findings: tuple[RequestFinding, ...] = ()

    @property
    def json(self) -> Any:
        """The body of the request, decoded; None where there is none."""
        return json.loads(self.request.body) if self.request.body else None


class ContractMock:
    """A mock of a contract: it refuses what the contract refuses, answers as it says, and misbehaves on request."""

    def __init__(self, contract: Contract, seed: int, url: str) -> None:
        #: where it listens, the base path of the contract included
        self.url = url
        #: every request so far
        self.requests: list[Received] = []
        #: set it where the client is meant to send what breaks the contract
        self.allow_invalid = False
        self._contract = contract
        self._seed = seed
        self._injectors: list[FaultInjector] = []
        self._app = MockApp(contract, seed)
        self._answers: dict[str, Response] = {}
        self._seconds = 0.0
        self._drops = 0.0

    def respond(
        self, operation: str, status: int = 200, body: Any = msgspec.UNSET, headers: Any = (), *, check: bool = True
    ) -> None:
        """Answer every request of `operation` so; without a body, as the contract says of the status.

        Raises UsageError for what breaks the contract, unless `check` is off: a mock that lies makes tests that lie.
        """
        contract = self._contract.operation(operation)
        if body is msgspec.UNSET:
            made = self._app.answer_with(operation, status)
            if made is None and check:
                raise UsageError(f"{operation} documents no status {status}", remedy=_documented(contract))
            response = made or Response(status)
            response = msgspec.structs.replace(response, headers=(*response.headers, *headers_of(headers)))
        else:
            written = headers_of(headers)
            content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
            if not any(name.lower() == "content-type" for name, _ in written):
                written = (("Content-Type", _json_type(contract, status)), *written)
            response = Response(status, written, content)
        if check:
            _require_kept(contract, response)
        self._answers[operation] = response

    def fail(self, clause: str) -> None:
        """Break one clause: by its id, its key, or as the tests of a document name it ("response.200.body.name.type").

        A clause of a response is broken wherever it binds one; a breach of a request's clause is let pass; with "crash"
        before it, the boundary of one is answered 500. Raises UsageError for one that there is not.
        """
        named = [
            one.key
            for operation in self._contract.operations
            for one in operation.clauses
            if clause == f"{one.where}.{one.keyword}"
        ]
        for name in named or [clause]:
            self._injectors += map(FaultInjector, named_faults(self._contract, name))
        self._app = MockApp(self._contract, self._seed, self._injectors)

    def slow(self, seconds: float) -> None:
        """Wait so long before each answer from now on."""
        self._seconds = seconds

    def drop(self, times: float = math.inf) -> None:
        """Close the connection without an answer: for every request from now on, or so many of them."""
        self._drops = times

    async def answer(self, request: Request) -> Response | None:
        """What comes back to a request; None where the connection is to be dropped."""
        path = request.target.partition("?")[0]
        match = self._contract.router.match(request.method, path)
        operation = match.operation.key if match is not None else None
        findings = self._findings(request, operation, match.path_parameters if match is not None else {})
        response: Response | None = None
        if self._drops > 0:
            self._drops -= 1
        else:
            canned = self._answers.get(operation or "")
            response = canned if canned is not None else self._app.answer(request)
        self.requests.append(Received(request, response, operation, findings))
        if self._seconds:
            await asyncio.sleep(self._seconds)
        return response

    def _findings(self, request: Request, operation: str | None, in_path: dict[str, str]) -> tuple[RequestFinding, ...]:
        if operation is None:
            path = request.target.partition("?")[0]
            offered = self._contract.router.methods(path)
            why = f"it offers {', '.join(offered)} there" if offered else "it has no such path"
            return (RequestFinding(f"{request.method} {path} is not in {self._contract.name}: {why}"),)
        contract = self._contract.operation(operation)
        broken = judge_request(contract, request, in_path, evidence=False).breaches
        return tuple(
            RequestFinding(
                f"{operation} was called where {describe_breach(breach)}; {breach.clause.text}",
                str(self._contract.locate(breach.clause.source)),
                breach.clause,
            )
            for breach in broken
            if breach.clause.severity == "error"
        )

    def problems(self) -> str:
        """What must not pass unnoticed at the end of a test; "" for nothing."""
        problems: list[str] = []
        if not self.allow_invalid:
            broken = [str(finding) for received in self.requests for finding in received.findings]
            problems += dict.fromkeys(broken)
        if self.requests:
            problems += [
                f"the mock was to break {injector.fault.clause.where} ({injector.fault.clause.text}), "
                "and no answer came to that"
                for injector in self._idle()
            ]
        if problems and not self.allow_invalid:
            problems.append("where that is meant, set contract_mock.allow_invalid = True")
        return "\n".join(problems)

    def _idle(self) -> list[FaultInjector]:
        """Faults of responses that never came to pass; of several with one name, any that did is enough."""
        of_responses = [one for one in self._injectors if one.fault.kind == "broken"]
        return [] if any(one.shown for one in of_responses) else of_responses


def _documented(contract: OperationContract) -> str:
    return f"it documents {', '.join(contract.responses) or 'none'}"


def _json_type(contract: OperationContract, status: int) -> str:
    """The media type of a JSON body with that status."""
    documented = contract.response_for(status)
    names = documented.content if documented is not None else {}
    return next((name for name in names if name.endswith("json")), "application/json")


def _require_kept(contract: OperationContract, response: Response) -> None:
    """Raise UsageError where a canned response breaks the contract."""
    from clausewise.conformance.response import check_response
    from clausewise.exchange import Exchange

    exchange = Exchange("", Request(contract.operation.method, contract.operation.path), response)
    if contract.response_for(response.status) is None:
        raise UsageError(f"{contract.key} documents no status {response.status}", remedy=_documented(contract))
    for seen in check_response(contract, exchange).observations:
        raise UsageError(f"the mock would break the contract: {seen.message}", remedy="say check=False to let it")
