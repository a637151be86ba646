"""The fixture `contract_mock`: a running mock of the contract to test a client against."""

from __future__ import annotations

import asyncio
import json
import math
from typing import Any

import msgspec

from clausewise.conformance.foreign import describe_breach
from clausewise.contract.clause import Clause
from clausewise.contract.contract import Contract
from clausewise.contract.operation import OperationContract
from clausewise.contract.request import judge_request
from clausewise.errors import UsageError
from clausewise.exchange import Request, Response
from clausewise.mockserver.app import MockApp
from clausewise.mockserver.faults import FaultInjector, named_faults
from clausewise.plugin.clients.base import headers_of


class RequestFinding(msgspec.Struct, frozen=True):
    """A clause that a request to the mock broke."""

    #: one sentence, with the value and the clause
    message: str
    #: file, line and column of the clause; "" where the contract has no such path
    location: str = ""
    #: None where the contract has no such path
    clause: Clause | None = None

    def __str__(self) -> str:
        return f"{self.message}\n  {self.location}" if self.location else self.message


class Received(msgspec.Struct, frozen=True):
    """A request to the mock, and its response."""

    request: Request
    #: None where the connection was dropped
    response: Response | None
    #: key of the operation; None where the contract has no such path
    operation: str | None
    #: what the request broke; empty for a valid one
    findings: tuple[RequestFinding, ...] = ()

    @property
    def json(self) -> Any:
        """The decoded JSON body of the request; None where there is none."""
        return json.loads(self.request.body) if self.request.body else None


class ContractMock:
    """A mock of a contract: it refuses invalid requests, answers valid ones, and breaks the contract when told to."""

    def __init__(self, contract: Contract, seed: int, url: str) -> None:
        #: its URL, with the base path of the contract
        self.url = url
        #: every request so far
        self.requests: list[Received] = []
        #: whether requests may break the contract; set it in tests of invalid requests
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
        """Answer every request of `operation` with this response; without a body, with one that the contract describes.

        Raises UsageError for a response that breaks the contract, unless `check` is False.
        """
        contract = self._contract.operation(operation)
        if body is msgspec.UNSET:
            made = self._app.answer_with(operation, status)
            if made is None and check:
                raise UsageError(f"{operation} does not document the status {status}", remedy=_documented(contract))
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
        """Break one clause, given by id, by key, or as in the tests of a document ("response.200.body.name.type").

        A clause of a response is broken in every response; requests that break a clause of a request are accepted;
        with "crash" before it, a value on its boundary is answered with 500. Raises UsageError for an unknown clause.
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
        """Wait this long before each response from now on."""
        self._seconds = seconds

    def drop(self, times: float = math.inf) -> None:
        """Close the connection without a response, for the next `times` requests or for all."""
        self._drops = times

    async def answer(self, request: Request) -> Response | None:
        """The response to a request; None where the connection is to be dropped."""
        match = self._contract.router.match(request.method, request.target)
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
            offered = self._contract.router.methods(request.target)
            reason = f"the path has {', '.join(offered)}" if offered else "it has no such path"
            return (RequestFinding(f"{request.method} {path} is not in {self._contract.name}: {reason}"),)
        contract = self._contract.operation(operation)
        broken = judge_request(contract, request, in_path, evidence=False).breaches
        return tuple(
            RequestFinding(
                f"{operation} was called with an invalid request: {describe_breach(breach)}; {breach.clause.text}",
                str(self._contract.locate(breach.clause.source)),
                breach.clause,
            )
            for breach in broken
            if breach.clause.severity == "error"
        )

    def problems(self) -> str:
        """What fails the test at its end: invalid requests, and faults that no response had; "" for nothing."""
        problems: list[str] = []
        if not self.allow_invalid:
            broken = [str(finding) for received in self.requests for finding in received.findings]
            problems += dict.fromkeys(broken)
        if self.requests:
            problems += [
                f"the mock was set to break {injector.fault.clause.where} ({injector.fault.clause.text}), "
                "and no response did"
                for injector in self._idle()
            ]
        if problems and not self.allow_invalid:
            problems.append("if the test intends this, set contract_mock.allow_invalid = True")
        return "\n".join(problems)

    def _idle(self) -> list[FaultInjector]:
        """The faults of responses that no response had; one response is enough for all faults of a name."""
        of_responses = [one for one in self._injectors if one.fault.kind == "broken"]
        return [] if any(one.shown for one in of_responses) else of_responses


def _documented(contract: OperationContract) -> str:
    return f"its statuses are {', '.join(contract.responses)}" if contract.responses else "it documents none"


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
        message = f"{contract.key} does not document the status {response.status}"
        raise UsageError(message, remedy=_documented(contract))
    for seen in check_response(contract, exchange).observations:
        raise UsageError(f"the mock would break the contract: {seen.message}", remedy="pass check=False to allow it")
