"""The phase `engine`: Schemathesis started, and what may go wrong with another program told in one sentence.

Schemathesis is imported when the phase runs, and not before: that takes 300 ms. It is an extra, because its own plugin
adds 350 ms to every start of pytest where it is installed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING

from clausewise.contract.contract import Contract, OperationContract
from clausewise.errors import InternalError, UsageError
from clausewise.exchange import Exchange
from clausewise.phases.schemathesis.settings import REMEDY, Settings
from clausewise.results.evidence import Observation
from clausewise.results.ledger import Ledger
from clausewise.transport.base import Transport

if TYPE_CHECKING:
    from clausewise.phases.schemathesis.engine import Engine


def check_installed() -> None:
    """Raises UsageError where there is no Schemathesis."""
    if find_spec("schemathesis") is None:
        raise UsageError("the phase engine needs Schemathesis, which is not installed", remedy=REMEDY)


def open_engine(
    contract: Contract,
    operations: Sequence[OperationContract],
    settings: Settings,
    transport: Transport,
    ledger: Ledger,
    on_exchange: Callable[[OperationContract, Exchange], None],
    on_observation: Callable[[Observation], None],
) -> Engine:
    """The engine, ready to run. Raises InternalError where the Schemathesis that is installed is another one."""
    try:
        from clausewise.phases.schemathesis.engine import Engine
    except (ImportError, AttributeError) as error:
        raise InternalError(f"this Schemathesis cannot be used: {error}", remedy=REMEDY) from None
    return Engine(contract, operations, settings, transport, ledger, on_exchange, on_observation)
