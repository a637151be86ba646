"""One operation's task as one generator, for tests that play the server."""

from __future__ import annotations

from collections.abc import Generator, Iterable

from clausewise.contract.contract import Contract, OperationContract
from clausewise.exchange import Exchange
from clausewise.generation.prover import Case
from clausewise.phases.baseline import opening
from clausewise.phases.pairs import Causes
from clausewise.phases.plan import plan
from clausewise.phases.settings import Settings
from clausewise.resources.factory import ResourceFactory
from clausewise.resources.inventory import Inventory


def task(
    contract: Contract, operation: OperationContract, settings: Settings, untested: dict[str, str], causes: Causes
) -> Generator[Iterable[Case], list[Exchange], None]:
    """The opening of `operation`, on a server of which nothing is known, and the plan behind it."""
    factory = ResourceFactory(Inventory(contract), settings.values, local=True, recipes={})
    opened = yield from opening(operation, settings, factory, {})
    yield from plan(opened, settings, (), untested, causes, [])
