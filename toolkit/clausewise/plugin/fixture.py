"""The fixture `contract`: raises AssertionError for responses and requests that break the contract."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from clausewise.contract.contract import Contract
from clausewise.plugin.clients import table as clients
from clausewise.plugin.clients.base import ClientExchange, Observe, Undo, headers_of
from clausewise.plugin.collector import SessionCollector
from clausewise.plugin.contracts import Contracts

if TYPE_CHECKING:
    from clausewise.generation.property_tests import Mode
    from clausewise.plugin.cases import Case, CaseFactory

C = TypeVar("C")
F = TypeVar("F", bound=Callable[..., Any])

#: takes the text of a fault that does not fail the test
Attach = Callable[[str], None]


class ContractFixture:
    """A contract that tests check exchanges against."""

    def __init__(self, contracts: Callable[[], Contracts], path: str | Path | None, attach: Attach) -> None:
        #: called when they are needed: a module can open its contract before the session starts
        self._contracts = contracts
        self._path = path
        self._attach = attach
        self._undo: list[Undo] = []

    @cached_property
    def collector(self) -> SessionCollector:
        """The collector of the contract in this process. Raises ClausewiseError when its document is not valid."""
        return self._contracts().collector(self._path)

    @property
    def contract(self) -> Contract:
        """The compiled contract."""
        return self.collector.contract

    def check(self, response: Any, *, operation: str | None = None, method: str | None = None) -> None:
        """Raise AssertionError if a client's `response`, or its request, breaks the contract.

        The request gives the operation, unless `operation` names it. `method` is for clients whose responses do not
        have it. Raises UsageError for an unsupported response, and where the contract has no such operation.
        """
        __tracebackhide__ = True
        collector = self.collector
        outcome = collector.check(clients.read(response, method), operation)
        if outcome.faults:
            raise AssertionError(collector.describe(outcome))

    def watch(self, client: C, *, strict: bool = False) -> C:
        """The same `client`, which from now on checks every exchange.

        If `strict`, a fault fails the test at once; otherwise it is attached to the report of the test. Requests to
        operations outside of the contract are not checked. Raises UsageError for an unsupported client.
        """
        self._undo.append(clients.watch(client, self._observer(strict)))
        return client

    def cases(self, operation: str, *, mode: Mode = "positive") -> Callable[[F], F]:
        """A decorator that makes a Hypothesis test: its argument `case` is a request of `operation`.

        `mode` "positive" gives valid requests, "negative" requests that break a clause (`case.breaks`), "any" both.
        UsageError, for example for an unknown operation, is raised when the test runs.
        """
        from clausewise.generation.property_tests import property_test
        from clausewise.plugin.cases import reproduction

        def decorate(test: F) -> F:
            return property_test(test, lambda: self._factory(operation).strategy(mode), reproduction)

        return decorate

    def case(self, operation: str, method: str, target: str, body: Any = None, headers: Any = ()) -> Case:
        """One case, as a failing test of `cases` prints it; `body` is a JSON value or bytes."""
        return self._factory(operation).one(method, target, body, headers_of(headers))

    def _factory(self, operation: str) -> CaseFactory:
        from clausewise.plugin.cases import CaseFactory

        return CaseFactory(self.collector, self._contracts().options, operation)

    def close(self) -> None:
        """Stop watching clients, which may live longer than the test."""
        while self._undo:
            self._undo.pop()()

    def asgi(self, app: Any, *, strict: bool = False) -> Any:
        """An ASGI app around `app` that checks every exchange on the server side; `strict` as for `watch`."""
        from clausewise.plugin.middleware import AsgiMiddleware

        return AsgiMiddleware(app, self._observer(strict))

    def wsgi(self, app: Any, *, strict: bool = False) -> Any:
        """A WSGI app around `app` that checks every exchange on the server side; `strict` as for `watch`."""
        from clausewise.plugin.middleware import WsgiMiddleware

        return WsgiMiddleware(app, self._observer(strict))

    def _observer(self, strict: bool) -> Observe:
        collector, attach = self.collector, self._attach

        def observe(exchange: ClientExchange) -> None:
            __tracebackhide__ = True
            outcome = collector.check_if_offered(exchange)
            if outcome is None or not outcome.faults:
                return
            if strict:
                raise AssertionError(collector.describe(outcome))
            attach(collector.describe(outcome))

        return observe
