"""Operations of which a document leaves unknown what a request of them looks like: they are not compared."""

from __future__ import annotations

from clausewise.comparison.located import LocatedDifference
from clausewise.spec.defects import Defect
from clausewise.spec.operations import Operation
from clausewise.spec.specification import Specification


def closing(specification: Specification) -> dict[str, Defect]:
    """The first defect that closes an operation, by the key of the operation."""
    found: dict[str, Defect] = {}
    for defect in specification.defects:
        for key in defect.closes:
            found.setdefault(key, defect)
    return found


def changed_fault(old: Defect | None, new: Defect | None) -> Defect | None:
    """The defect that keeps two versions of an operation from being compared; None where there is none, or the same in
    both."""
    is_same = old is not None and new is not None and (old.at, old.message) == (new.at, new.message)
    return None if is_same else new or old


def not_compared(fault: Defect, old: Operation, new: Operation) -> LocatedDifference:
    """The difference of two versions of an operation that are not compared because of a `fault` of one."""
    text = f"{new.method} {new.path} is not compared"
    return LocatedDifference("not-compared", "changed", "", text, sentence(fault), old.source, new.source)


def sentence(fault: Defect) -> str:
    """The defect with its place, as a reason."""
    return f"{fault.message}, {fault.location}"
