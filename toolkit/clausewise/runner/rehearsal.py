"""What a run would send, found out without sending anything: the run goes to the mock of the contract in its place.

Every limit, and the leave to write, is that of the real target. A server that follows the contract gets about the same
requests; what a server answers otherwise decides what it is sent next.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from clausewise.contract.contract import Contract
from clausewise.exchange import Failure, Request, Response
from clausewise.mockserver.app import MockApp
from clausewise.options import RunOptions, for_mock
from clausewise.runner.events import Listener
from clausewise.runner.run import run
from clausewise.runner.targets import Target
from clausewise.transport.asgi import AsgiTransport
from clausewise.transport.base import Transport
from clausewise.transport.budget import SAFE_METHODS


class Rehearsal(msgspec.Struct, frozen=True):
    """The requests that a run would send."""

    #: operation, or the path for a method that the contract does not offer there, and method -> requests
    counts: dict[tuple[str, str], int]

    @property
    def total(self) -> int:
        """All requests."""
        return sum(self.counts.values())

    @property
    def writes(self) -> int:
        """Those that may change something."""
        return sum(count for (_, method), count in self.counts.items() if method not in SAFE_METHODS)


class _StandIn(Target, frozen=True, eq=False):
    """The mock in the place of a target, whose name and place it has."""

    contract: Contract | None = None
    is_elsewhere: bool = False
    counts: Counter[tuple[str, str]] = msgspec.field(default_factory=Counter)

    @property
    def is_local(self) -> bool:
        """Whether requests to the real target stay on this machine."""
        return not self.is_elsewhere

    def other_bases(self, contract: Contract) -> list[str]:
        """The mock has the contract's paths."""
        return []

    @asynccontextmanager
    async def open(self, base_path: str = "") -> AsyncIterator[Transport]:
        """A transport that counts what would be sent."""
        async with AsgiTransport(self.app) as inner:
            yield _Counting(self, inner)


class _Counting:
    """Counts requests by operation and method, and lets the mock answer them."""

    def __init__(self, stand_in: _StandIn, inner: Transport) -> None:
        self._stand_in = stand_in
        self._inner = inner

    async def send(self, request: Request) -> Response | Failure:
        """The answer of the mock."""
        contract, target = self._stand_in.contract, request.target
        assert contract is not None
        match = contract.router.match(request.method, target)
        others = [] if match is not None else contract.router.methods(target)
        at = contract.router.match(others[0], target) if others else None
        named = match.operation.key if match is not None else at.operation.path if at is not None else "other paths"
        self._stand_in.counts[named, request.method] += 1
        return await self._inner.send(request)


def rehearse(
    contract: Contract, target: Target, options: RunOptions, listeners: tuple[Listener, ...] = ()
) -> Rehearsal:
    """What a run against `target` would send. Raises like `run`, but nothing is sent to the target."""
    stand_in = _StandIn(
        "app",
        target.name,
        target.connections,
        MockApp(contract, options.seed),
        contract=contract,
        is_elsewhere=not target.is_local,
    )
    limits = ("max_requests", "max_time", "allow_writes")
    quick = msgspec.structs.replace(for_mock(options), **{name: getattr(options, name) for name in limits})
    run(contract, stand_in, quick, listeners, receives=False)
    return Rehearsal(dict(stand_in.counts))
