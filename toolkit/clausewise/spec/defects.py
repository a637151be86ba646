"""What is wrong in a document. A defect closes the operations that it leaves unknown, and no other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal, TypeVar

import msgspec

from clausewise.errors import Location, SpecError

_T = TypeVar("_T")
_U = TypeVar("_U")


class Defect(msgspec.Struct, frozen=True):
    """A place in a document that breaks the rules of OpenAPI or JSON Schema, or that no test can make sense of."""

    #: the place as the ids of clauses name it: "#/paths/~1a/get", "common.yaml#/Address"
    at: str
    location: Location
    #: a sentence about the place, which may begin with its verb: "is not a valid schema: ..."
    message: str
    #: what to do about it; "" where nobody knows
    remedy: str = ""
    #: keys of the operations that it is a part of; () where that is the whole document, or nobody knows
    operations: tuple[str, ...] = ()
    #: those of them that are not tested for it: what a request of them looks like is not known
    closes: tuple[str, ...] = ()
    severity: Literal["error", "warning", "note"] = "error"
    #: with the place, what tells it from others, whatever its sentence says
    kind: str = "not-valid"

    def __str__(self) -> str:
        pointer = f" ({self.at})" if self.at and self.location.pointer is None else ""
        remedy = f" ({self.remedy})" if self.remedy else ""
        return f"{self.location}{pointer}: {self.message}{remedy}"


class DefectLog:
    """Collects defects while a document is read, so that reading goes on."""

    def __init__(
        self,
        unknown: Location,
        operations: Iterable[str] = (),
        found: dict[tuple[str, str], Defect] | None = None,
        *,
        closes: bool = False,
    ) -> None:
        """`unknown` is the place of a defect that has none. What is added is a part of `operations`, and `closes` says
        whether it closes them."""
        self._unknown = unknown
        self._operations = tuple(operations)
        self._closes = closes
        self._found = {} if found is None else found

    @property
    def defects(self) -> tuple[Defect, ...]:
        """The defects, each once, in the order in which they were found."""
        return tuple(self._found.values())

    def within(self, operation: str) -> DefectLog:
        """The same log, for defects in the operation with this key that do not close it."""
        return DefectLog(self._unknown, (operation,), self._found)

    def closing(self, operation: str) -> DefectLog:
        """The same log, for defects that close the operation with this key."""
        return DefectLog(self._unknown, (operation,), self._found, closes=True)

    def closing_nothing(self) -> DefectLog:
        """The same log, for defects of the same operations that do not close them."""
        return DefectLog(self._unknown, self._operations, self._found)

    def apart(self) -> DefectLog:
        """A log of the same operations that holds only what is added to it, for what is read once for several."""
        return DefectLog(self._unknown, self._operations, closes=self._closes)

    def add(self, error: SpecError, severity: Literal["error", "warning"] = "error") -> None:
        """Add a defect; where it is known already, only its operations are new."""
        self.take(
            Defect(
                error.at,
                error.location or self._unknown,
                error.message,
                error.remedy or "",
                self._operations,
                self._operations if self._closes else (),
                severity,
                error.kind,
            )
        )

    def take(self, defect: Defect) -> None:
        """Add a defect of another log."""
        key = (defect.at or str(defect.location), defect.message)
        known = self._found.get(key)
        if known is not None:
            operations = tuple(dict.fromkeys((*known.operations, *defect.operations)))
            closes = tuple(dict.fromkeys((*known.closes, *defect.closes)))
            defect = msgspec.structs.replace(known, operations=operations, closes=closes)
        self._found[key] = defect

    def attempt(
        self, read: Callable[[], _T], otherwise: _U, severity: Literal["error", "warning"] = "error"
    ) -> _T | _U:
        """What `read` gives; `otherwise` where it raises a SpecError, which becomes a defect."""
        try:
            return read()
        except SpecError as error:
            self.add(error, severity)
            return otherwise


def merged(defects: Iterable[Defect]) -> tuple[Defect, ...]:
    """The defects, each once, with all its operations."""
    log = DefectLog(Location("", 1, 1))
    for defect in defects:
        log.take(defect)
    return log.defects
