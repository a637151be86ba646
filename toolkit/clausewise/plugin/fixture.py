"""The fixture `contract`: responses in, an AssertionError for what breaks the contract."""

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

#: takes the text of a fault that fails no test
Attach = Callable[[str], None]


class ContractFixture:
    """A contract, to hold what tests receive against it."""

    def __init__(self, contracts: Callable[[], Contracts], path: str | Path | None, attach: Attach) -> None:
        #: asked when they are needed: a module may name its contract before the session has begun
        self._contracts = contracts
        self._path = path
        self._attach = attach
        self._undo: list[Undo] = []

    @cached_property
    def collector(self) -> SessionCollector:
        """What was seen of the contract in this process. Raises ClausewiseError when there is no such contract."""
        return self._contracts().collector(self._path)

    @property
    def contract(self) -> Contract:
        """The compiled contract."""
        return self.collector.contract

    def check(self, response: Any, *, operation: str | None = None, method: str | None = None) -> None:
        """Raise AssertionError where a client's `response`, or the request that it answers, breaks the contract.

        The operation is found by the request, unless `operation` names it. `method` is for clients whose responses do
        not name it. Raises UsageError for what is no response, and where the contract has no such operation.
        """
        __tracebackhide__ = True
        collector = self.collector
        outcome = collector.check(clients.read(response, method), operation)
        if outcome.faults:
            raise AssertionError(collector.describe(outcome))

    def watch(self, client: C, *, strict: bool = False) -> C:
        """The same `client`, with every exchange checked as it happens.

        A fault fails the test at once where `strict`; otherwise it is attached to the test's report. What is not of
        this contract passes unchecked. Raises UsageError for a client that is not known.
        """
        self._undo.append(clients.watch(client, self._observer(strict)))
        return client

    def cases(self, operation: str, *, mode: Mode = "positive") -> Callable[[F], F]:
        """A decorator that makes a Hypothesis test: its argument `case` is a request of `operation`.

        `mode` "positive" gives requests that keep the contract, "negative" those that break it (`case.breaks` names the
        clause), "any" both. UsageError, for an operation that there is not say, is raised when the test runs.
        """
        from clausewise.generation.property_tests import property_test
        from clausewise.plugin.cases import reproduction

        def decorate(test: F) -> F:
            return property_test(test, lambda: self._factory(operation).strategy(mode), reproduction)

        return decorate

    def case(self, operation: str, method: str, target: str, body: Any = None, headers: Any = ()) -> Case:
        """One case, as a failing test of `cases` prints it; `body` is a JSON value, or bytes."""
        return self._factory(operation).one(method, target, body, headers_of(headers))

    def _factory(self, operation: str) -> CaseFactory:
        from clausewise.plugin.cases import CaseFactory

        return CaseFactory(self.collector, self._contracts().options, operation)

    def close(self) -> None:
        """Let the clients alone that were watched: they may outlive the test."""
        while self._undo:
            self._undo.pop()()

    def asgi(self, app: Any, *, strict: bool = False) -> Any:
        """`app`, an ASGI app, with every exchange checked on the server's side; `strict` as for `watch`."""
        from clausewise.plugin.middleware import AsgiMiddleware

        return AsgiMiddleware(app, self._observer(strict))

    def wsgi(self, app: Any, *, strict: bool = False) -> Any:
        """`app`, a WSGI app, with every exchange checked on the server's side; `strict` as for `watch`."""
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
