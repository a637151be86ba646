"""What is not valid in a document that is compared: what rests on it is not compared, or it is passed over."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from clausewise.comparison.located import LocatedDifference
from clausewise.comparison.matching import Matching
from clausewise.comparison.operations import followed, schemas_of
from clausewise.comparison.unchanged import Unchanged
from clausewise.contract.clause import Direction
from clausewise.contract.schemas import generate_together
from clausewise.errors import SpecError
from clausewise.spec.defects import Defect
from clausewise.spec.operations import Form, Operation
from clausewise.spec.pointer import Source
from clausewise.spec.resolve import Sources
from clausewise.spec.specification import Specification, read_specification


class PassedOver(msgspec.Struct, frozen=True):
    """What is not valid in the new document, and is no change."""

    #: a sentence with the file and the line
    fault: str
    #: whether the old document has the same at the same place
    is_in_both: bool


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
    is_same = old is not None and new is not None and _identity(old) == _identity(new)
    return None if is_same else new or old


def not_compared(fault: Defect, old: Operation, new: Operation) -> LocatedDifference:
    """The difference of two versions of an operation that are not compared because of a `fault` of one."""
    text = f"{new.method} {new.path} is not compared"
    return LocatedDifference("not-compared", "changed", "", text, _sentence(fault), old.source, new.source)


def passed_over(
    old: Specification, new: Specification, matching: Matching, unchanged: Unchanged
) -> tuple[PassedOver, ...]:
    """What is not valid in the operations of the new document and in the schemas of their messages, but for schemas
    that are the same in both."""
    later = [*(two for _, (two, _) in matching.matched), *matching.added]
    faults = {_sentence(fault): _identity(fault) for fault in _faults(new, later, unchanged)}
    before: set[tuple[str, str]] = set()
    if faults:
        # The old document may have it in an operation that is the same in both, and was not read.
        whole = read_specification(old.sources)
        earlier = [*whole.operations, *whole.webhooks]
        earlier += [callback.operation for operation in earlier for callback in operation.callbacks]
        before = {_identity(fault) for fault in _faults(whole, earlier)}
    return tuple(PassedOver(fault, identity in before) for fault, identity in faults.items())


def _faults(
    specification: Specification, operations: Iterable[Operation], unchanged: Unchanged | None = None
) -> list[Defect | SpecError]:
    directions: tuple[Direction, ...] = ("request", "response")
    found: list[Defect | SpecError] = [*closing(specification).values()]
    for direction in directions:
        schemas = dict.fromkeys(schema for operation in operations for schema in schemas_of(operation, direction))
        if unchanged is not None:
            schemas = {schema: None for schema in schemas if not unchanged.stays(schema)}
        found += _schema_errors(specification.sources, schemas, direction)
    return found


def _schema_errors(sources: Sources, schemas: Iterable[Source | Form], direction: Direction) -> tuple[SpecError, ...]:
    roots = (followed(sources, schema) for schema in schemas)
    return generate_together(sources, roots, direction, checked=True)[0].errors


def _identity(fault: Defect | SpecError) -> tuple[str, str]:
    return fault.at, fault.message


def _sentence(fault: Defect | SpecError) -> str:
    """A fault with its place."""
    return f"{fault.message}, {fault.location}"
