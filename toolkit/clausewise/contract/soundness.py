"""Which operations of a contract can be tested, and what a command says that tests none."""

from __future__ import annotations

from collections.abc import Iterable

from clausewise.contract.contract import Contract
from clausewise.contract.operation import OperationContract
from clausewise.errors import SpecError
from clausewise.wording import counted


def require_sound(contract: Contract, operations: Iterable[OperationContract]) -> tuple[OperationContract, ...]:
    """Those of `operations` that no defect closes. Raises SpecError, with every defect, where all are closed."""
    operations = tuple(operations)
    sound = tuple(operation for operation in operations if operation.closed is None)
    if operations and not sound:
        _refuse(contract, operations, "no operation can be tested")
    return sound


def refuse_defects(contract: Contract) -> None:
    """Raise SpecError, with every defect, for a document that has any."""
    _refuse(contract, contract.operations, "such a document is refused for --strict")


def _refuse(contract: Contract, operations: Iterable[OperationContract], why: str) -> None:
    defects = contract.defects(operations)
    if len(defects) == 1:
        raise SpecError(str(defects[0]))
    if defects:
        listed = "".join(f"\n  {defect}" for defect in defects)
        raise SpecError(f"{contract.name} has {counted(len(defects), 'defect')}, and {why}:{listed}")
