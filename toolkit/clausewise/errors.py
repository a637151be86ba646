"""The errors that stop a command, as one small tree.

::

    ClausewiseError          anything that stops a command (exit status 2)
      SpecError              the OpenAPI document cannot be read or understood
      ConfigError            pyproject.toml or a value in it is wrong
      UsageError             an argument names something that does not exist
      TargetError            the server under test cannot be tested

Each has one sentence and, where they are known, the place of the fault and its remedy. The command line prints an error
as one line on stderr, in one place (`clausewise.cli`); nothing else prints or exits.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

#: whether a document breaks a rule, or is sound and leads to a URL that may not be read
DefectKind = Literal["not-valid", "not-fetched"]

#: the last column that a person finds without counting
_LAST_COLUMN = 300


class Location(msgspec.Struct, frozen=True, order=True, omit_defaults=True):
    """A place in a file, or in a document that came from a URL or an app; lines and columns count from 1."""

    #: path as the user wrote it; a relative path stays relative. Else a URL, or the name of an app
    file: str
    line: int
    column: int
    #: JSON Pointer (RFC 6901) of the value there, where no file has it or its line is too long to be read
    pointer: str | None = None

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}"
        if self.pointer is None:
            return place
        # A document whose first line has clauses is on that one line.
        if self.line == 1 or self.column > _LAST_COLUMN:
            return f"{self.file}#{self.pointer}" if self.pointer else self.file
        return f"{place} (#{self.pointer})"


class ClausewiseError(Exception):
    """Something that keeps a command from doing its work."""

    def __init__(self, message: str, *, location: Location | None = None, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.location = location
        self.remedy = remedy

    def __str__(self) -> str:
        place = f"{self.location}: " if self.location else ""
        remedy = f" ({self.remedy})" if self.remedy else ""
        return f"{place}{self.message}{remedy}"


class SpecError(ClausewiseError):
    """The OpenAPI document cannot be read, resolved or understood."""

    def __init__(
        self,
        message: str,
        *,
        location: Location | None = None,
        remedy: str | None = None,
        at: str = "",
        kind: DefectKind = "not-valid",
    ) -> None:
        super().__init__(message, location=location, remedy=remedy)
        self.kind = kind
        #: the place as the ids of clauses name it ("#/paths/~1a/get"); "" where it is not one in a document
        self.at = at


class ConfigError(ClausewiseError):
    """The configuration has an unknown key or a value of the wrong form."""


class UsageError(ClausewiseError):
    """An argument names something that does not exist or cannot be used."""


class TargetError(ClausewiseError):
    """The server under test cannot be reached, or sends no response that can be tested."""


class InternalError(ClausewiseError):
    """A fault of clausewise itself. It is reported like any other error, so that the findings so far are kept."""

    @classmethod
    def of(cls, error: BaseException, doing: str) -> InternalError:
        """The fault that `error` is, with the line that raised it; `doing` completes "clausewise failed while ..."."""
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        import traceback

        frames = traceback.extract_tb(error.__traceback__)
        where = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
        what = " ".join(f"{type(error).__name__}: {error}".split())
        return cls(
            f"clausewise failed while {doing}: {what}{where}", remedy="this is a fault of clausewise: please report it"
        )


def first_of(group: BaseExceptionGroup[ClausewiseError]) -> ClausewiseError:
    """The first error in a group."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, ClausewiseError)
    return error
