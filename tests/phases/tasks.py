"""One operation's phases as one generator, for tests that play the server."""

from __future__ import annotations

import random

from clausewise.contract.contract import Contract
from clausewise.contract.operation import OperationContract
from clausewise.options import RunOptions
from clausewise.phase_table import PHASES
from clausewise.phases.base import Context, Steps, Task, phase
from clausewise.phases.repetition import run_phases
from clausewise.resources.factory import ResourceFactory
from clausewise.resources.inventory import Inventory
from clausewise.results.ledger import Ledger
from clausewise.security.credentials import Credentials


def phases_of(
    contract: Contract, operation: OperationContract, options: RunOptions, credentials: Credentials | None = None
) -> Steps:
    """The baseline of `operation`, on a server of which nothing is known, and the other phases that are selected."""
    context = Context(
        contract=contract,
        operations=(operation,),
        options=options,
        factory=ResourceFactory(Inventory(contract), options.values, local=True, recipes={}),
        ledger=Ledger(),
        remembers=True,
        credentials=credentials or Credentials(),
        baselines={},
    )
    task = Task(context, random.Random(f"{options.seed}:{operation.key}"), operation)
    wanted = ["baseline", *(name for name in PHASES[1:] if name in options.phases)]
    return run_phases([phase(name) for name in wanted], task)
