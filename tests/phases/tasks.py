"""One operation's phases as one generator, for tests that play the server."""

from __future__ import annotations

import random

from clausewise.contract.contract import Contract, OperationContract
from clausewise.phase_table import PHASES
from clausewise.phases.base import Context, Steps, Task, phase
from clausewise.phases.repetition import run_phases
from clausewise.phases.settings import Settings
from clausewise.resources.factory import ResourceFactory
from clausewise.resources.inventory import Inventory
from clausewise.results.ledger import Ledger


def phases_of(contract: Contract, operation: OperationContract, settings: Settings) -> Steps:
    """The baseline of `operation`, on a server of which nothing is known, and the other phases that are selected."""
    factory = ResourceFactory(Inventory(contract), settings.values, local=True, recipes={})
    context = Context(
        contract, (operation,), settings, factory, Ledger(), authentic=False, remembers=True, baselines={}
    )
    task = Task(context, random.Random(f"{settings.seed}:{operation.key}"), operation)
    wanted = ["baseline", *(name for name in PHASES[1:] if name in settings.phases)]
    return run_phases([phase(name) for name in wanted], task)
