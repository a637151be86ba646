"""What can go wrong outside the API under test, as one small tree.

::

    ClausewiseError          anything that stops a command (exit status 2)
      SpecError              the OpenAPI document cannot be read or understood
      ConfigError            pyproject.toml or a value in it is wrong
      UsageError             an argument names something that does not exist
      TargetError            the server under test cannot be tested

Each carries one sentence, and where they are known the place it speaks of and what to do about it. The command
line turns them into one line on stderr in one place (`clausewise.cli`); nothing else prints or exits.
"""

from __future__ import annotations

from pathlib import Path

import msgspec


class Location(msgspec.Struct, frozen=True, order=True):
    """A place in a file a person wrote; lines and columns count from 1."""

    #: path as the user gave it, relative where they gave it relative
    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


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


class ConfigError(ClausewiseError):
    """The configuration has an unknown key or a value of the wrong form."""


class UsageError(ClausewiseError):
    """An argument names something that does not exist or cannot be used."""


class TargetError(ClausewiseError):
    """The server under test cannot be reached, or answers nothing that could be tested."""


class InternalError(ClausewiseError):
    """A fault of clausewise itself, reported like any other error: what was found so far is not lost."""

    @classmethod
    def of(cls, error: BaseException, doing: str) -> InternalError:
        """The fault that `error` is, and where it comes from; `doing` completes "clausewise failed while ..."."""
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        import traceback

        frames = traceback.extract_tb(error.__traceback__)
        where = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
        what = " ".join(f"{type(error).__name__}: {error}".split())
        return cls(f"clausewise failed while {doing}: {what}{where}", remedy="that is our fault: please report it")


def first_of(group: BaseExceptionGroup[ClausewiseError]) -> ClausewiseError:
    """The first of our errors in a group."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, ClausewiseError)
    return error
