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
    #: keys of the operations that are not tested for it: what a request of them looks like is not known
    closes: tuple[str, ...] = ()
    severity: Literal["error", "warning", "note"] = "error"

    def __str__(self) -> str:
        remedy = f" ({self.remedy})" if self.remedy else ""
        return f"{self.location}: {self.message}{remedy}"


class DefectLog:
    """Collects defects while a document is read, so that reading goes on."""

    def __init__(
        self, unknown: Location, closes: Iterable[str] = (), found: dict[tuple[str, str], Defect] | None = None
    ) -> None:
        """`unknown` is the place of a defect that has none; each that is added closes the operations `closes`."""
        self._unknown = unknown
        self._closes = tuple(closes)
        self._found = {} if found is None else found

    @property
    def defects(self) -> tuple[Defect, ...]:
        """The defects, each once, in the order in which they were found."""
        return tuple(self._found.values())

    def closing(self, *operations: str) -> DefectLog:
        """The same log, to which defects are added that close the operations with these keys, and no others."""
        return DefectLog(self._unknown, operations, self._found)

    def add(self, error: SpecError) -> None:
        """Add a defect; where it is known already, only the operations that it closes are new."""
        key = (error.at or str(error.location), error.message)
        known = self._found.get(key)
        closes = tuple(dict.fromkeys((*(known.closes if known is not None else ()), *self._closes)))
        self._found[key] = Defect(error.at, error.location or self._unknown, error.message, error.remedy or "", closes)

    def attempt(self, read: Callable[[], _T], otherwise: _U) -> _T | _U:
        """What `read` gives; `otherwise` where it raises a SpecError, which becomes a defect."""
        try:
            return read()
        except SpecError as error:
            self.add(error)
            return otherwise
