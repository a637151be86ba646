"""Collects what one process of a pytest session observes of one contract: checks, counts and keeps exchanges."""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property

import msgspec

from clausewise.conformance.checker import Checker
from clausewise.conformance.foreign import aimed_at, probe_of
from clausewise.contract.clause import Clause
from clausewise.contract.contract import Contract
from clausewise.contract.operation import OperationContract
from clausewise.errors import UsageError
from clausewise.exchange import Exchange, Headers, Request, Response, sent_at
from clausewise.media.codings import decoded_record
from clausewise.plugin.clients.base import ClientExchange
from clausewise.recordings.curl import to_curl
from clausewise.results import record
from clausewise.results.collector import Collector, locate
from clausewise.results.evidence import Checked, Observation
from clausewise.results.ledger import Ledger
from clausewise.results.merging import merge_structs
from clausewise.runner.run import Result
from clausewise.security.credentials import slots_of
from clausewise.security.declared import declared_in
from clausewise.security.redact import Redactor

#: phase of the exchanges of tests
PHASE = "tests"

#: base URL of curl commands where the client has none
LOCAL = "http://localhost:8000"

#: checked exchanges that are cached, because tests repeat them, and bytes of the longest one
_REMEMBERED = 4096
_LONGEST = 16 * 1024


class Outcome(msgspec.Struct, frozen=True):
    """The observations of one exchange."""

    exchange: Exchange
    #: URL before the target of its request
    base_url: str
    observations: tuple[Observation, ...]

    @property
    def faults(self) -> tuple[Observation, ...]:
        """The observations that fail a test: those with the severity error."""
        return tuple(observation for observation in self.observations if observation.severity == "error")


class _Operation(msgspec.Struct, frozen=True, eq=False):
    """An operation with its checker."""

    contract: OperationContract
    checker: Checker
    #: names of the request and response headers that its verdicts depend on, in lower case
    asked: frozenset[str]
    answered: frozenset[str]


class Share(msgspec.Struct, frozen=True):
    """What one process of a session observed of a contract, as it is sent to the controller."""

    collector: Collector
    started: datetime
    #: number of checked exchanges
    requests: int = 0
    #: the target of a run; None where only tests sent requests
    target: record.TargetInfo | None = None
    #: URL before the target of the last request
    base_url: str | None = None
    #: operation key -> what it answered in a run that tested it, where it accepted no request
    unaccepted: dict[str, record.Unaccepted] = {}

    def merge(self, other: Share) -> Share:
        """Both shares as one."""
        return merge_structs(self, other)


class SessionCollector:
    """Checks exchanges against one contract, and keeps the observations."""

    def __init__(self, contract: Contract, part: str) -> None:
        self.contract = contract
        self.share = Share(Collector(Ledger(part)), datetime.now(UTC))
        self._operations: dict[str, _Operation] = {}
        self._checked: dict[object, tuple[Exchange, Checked]] = {}
        self._numbers = itertools.count(1)
        self.part = part
        specification = contract.specification
        #: knows the secrets of all exchanges so far
        self.redactor = Redactor((), slots_of(specification.operations), declared=declared_in(specification))
        self._bases = sorted(filter(None, contract.specification.base_paths), key=len, reverse=True)
        self._lock = threading.Lock()

    @cached_property
    def clauses(self) -> Mapping[str, Clause]:
        """Every clause of the contract by key."""
        return {clause.key: clause for operation in self.contract.operations for clause in operation.clauses}

    def check_if_offered(self, seen: ClientExchange) -> Outcome | None:
        """Check an exchange; None when the contract has no such operation."""
        with self._lock:
            if aimed_at(self.contract, self._below(seen.request, anywhere=False)) is None:
                return None
            return self._take(seen, None)

    def check(self, seen: ClientExchange, operation: str | None = None) -> Outcome:
        """Check an exchange. Raises UsageError when the contract has no such operation."""
        with self._lock:
            return self._take(seen, operation)

    def _take(self, seen: ClientExchange, named: str | None) -> Outcome:
        seen = _decoded(seen)
        request = self._below(seen.request, anywhere=named is not None)
        base_url = self._base_url(seen, request)
        operation = self._operation(request, named)
        self.redactor.learn_from(Exchange("", request, seen.response))
        key = _fingerprint(operation, request, seen.response, seen.unknown)
        known = self._checked.get(key)
        if known is None:
            known = self._check(operation, request, seen)
            if len(self._checked) >= _REMEMBERED:
                self._checked.clear()
            if len(seen.response.body) + len(request.body or b"") <= _LONGEST:
                self._checked[key] = known
        exchange, checked = known
        if checked.observations:
            # Each occurrence counts, and has an exchange id of its own.
            exchange, checked = self._kept(exchange, checked)
        self.share = msgspec.structs.replace(self.share, requests=self.share.requests + 1, base_url=base_url)
        self.share.collector.add(operation.contract, exchange, checked)
        return Outcome(exchange, base_url, checked.observations)

    def _below(self, request: Request, *, anywhere: bool) -> Request:
        """The request with its target after the base path of the contract, or with `anywhere` after any path."""
        target = request.target
        path = target.partition("?")[0]
        bases = [path[: found.start()] for found in re.finditer("/", path)] if anywhere else self._bases
        for base in bases:
            if target.startswith(f"{base}/") and self._knows(target.removeprefix(base)):
                return msgspec.structs.replace(request, target=target.removeprefix(base))
        return request

    @staticmethod
    def _base_url(seen: ClientExchange, below: Request) -> str:
        """The URL before the target of the request `below`."""
        return (seen.base_url or LOCAL) + seen.request.target[: len(seen.request.target) - len(below.target)]

    def _knows(self, target: str) -> bool:
        return bool(self.contract.router.methods(target))

    def _operation(self, request: Request, named: str | None) -> _Operation:
        contract = aimed_at(self.contract, request) if named is None else self.contract.operation(named)
        if contract is None:
            path = request.target.partition("?")[0]
            raise UsageError(
                f"{self.contract.name} has no operation {request.method} {path}",
                remedy='if it has another base path, name the operation: check(response, operation="...")',
            )
        if contract.key not in self._operations:
            self._operations[contract.key] = _ready(contract)
        return self._operations[contract.key]

    def _check(self, operation: _Operation, request: Request, seen: ClientExchange) -> tuple[Exchange, Checked]:
        status = seen.response.status
        probe = probe_of(
            operation.contract,
            request,
            seen.response,
            self.share.collector.ledger,
            "",
            phase=PHASE,
            unrecorded=seen.unknown,
        )
        if status >= 500 and {str(status), "5XX"} & operation.contract.responses.keys():
            # A test that provokes a documented failure has found no fault.
            probe = msgspec.structs.replace(probe, asks_for=status)
        exchange = Exchange("", request, seen.response, probe=probe, started=sent_at(seen.response))
        return exchange, operation.checker.check(exchange)

    def _kept(self, exchange: Exchange, checked: Checked) -> tuple[Exchange, Checked]:
        assert exchange.probe is not None
        name = f"{exchange.probe.operation}-{self.part}-{next(self._numbers):04d}"
        exchange = msgspec.structs.replace(exchange, id=name)
        redactor = self.redactor
        self.share.collector.exchanges[name] = redactor.exchange(exchange)
        observations = tuple(
            msgspec.structs.replace(seen, exchange=name, message=redactor.message(seen.message))
            for seen in checked.observations
        )
        return exchange, Checked(observations, checked.evidence)

    def take_run(self, result: Result) -> None:
        """Merge a run of this process."""
        seen = Collector.of(result.logbook).renamed(f"-{self.part}")
        refusing = {one.operation: one for one in result.run.unaccepted or ()}
        share = Share(seen, self.share.started, result.run.requests, target=result.run.target, unaccepted=refusing)
        self.share = self.share.merge(share)

    def describe(self, outcome: Outcome) -> str:
        """The faults of an exchange, as the message of a failing test; the first line is the first fault."""
        lines: list[str] = []
        for fault in outcome.faults:
            where = f" ({fault.where})" if fault.where else ""
            place = locate(self.contract, self.clauses, fault)
            lines += [f"and {fault.message}" if lines else fault.message, f"  {place}{where} [{fault.rule}]"]
        request = outcome.exchange.request
        curl = to_curl(self.redactor.exchange(Exchange("", request)).request, outcome.base_url)
        return "\n".join([*lines, f"  {curl}"])


def _decoded(seen: ClientExchange) -> ClientExchange:
    """An exchange whose answer has no content coding: some clients undo it, and some leave that to their users."""
    try:
        body = decoded_record(seen.response.body, seen.response.headers)
        response = msgspec.structs.replace(seen.response, body=body)
    except ValueError as error:
        response = msgspec.structs.replace(seen.response, undecoded=str(error))
    return msgspec.structs.replace(seen, response=response)


def _ready(contract: OperationContract) -> _Operation:
    of_requests = {"content-type", "cookie", "authorization"}
    of_requests |= {one.name.lower() for one in contract.operation.parameters if one.location == "header"}
    if contract.security is not None:
        alternatives = contract.security[0].alternatives
        of_requests |= {scheme.parameter.lower() for schemes in alternatives for scheme in schemes}
    of_answers = {header.name.lower() for response in contract.operation.responses for header in response.headers}
    return _Operation(contract, Checker(contract), frozenset(of_requests), frozenset({"content-type", *of_answers}))


def _fingerprint(operation: _Operation, request: Request, response: Response, unknown: frozenset[str]) -> object:
    """Everything that the verdict on an exchange depends on."""
    return (
        operation.contract.key,
        request.method,
        request.target,
        _chosen(request.headers, operation.asked),
        request.body,
        response.status,
        _chosen(response.headers, operation.answered),
        response.body,
        unknown,
    )


def _chosen(headers: Headers, names: frozenset[str]) -> Headers:
    return tuple(pair for pair in headers if pair[0].lower() in names)
