"""The journal of a run: every write that a server accepted, one line each, on disk before the next request goes out.

It outlives the run. What is left after a crash can be read from it, and removed (`clausewise cleanup`).
"""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import msgspec

from clausewise.errors import UsageError
from clausewise.exchange import Headers, Request

#: name of the journal, beside the record
JOURNAL = "created.ndjson"


class UndoRequest(msgspec.Struct, frozen=True, omit_defaults=True):
    """The request that undoes a write, without credentials."""

    #: key of its operation
    operation: str
    method: str
    url: str
    headers: Headers = ()
    #: in base64; None where there is none
    body: str | None = None

    @classmethod
    def of(cls, operation: str, request: Request, base_url: str) -> UndoRequest:
        """`request`, sent below `base_url`."""
        body = b64encode(request.body).decode() if request.body is not None else None
        return cls(operation, request.method, base_url + request.target, request.headers, body)

    def content(self) -> bytes | None:
        """The body's bytes."""
        return b64decode(self.body) if self.body is not None else None


class Write(msgspec.Struct, frozen=True, omit_defaults=True):
    """One accepted write; or the answer that there is nothing to remove any more."""

    #: key of the operation; method and path where the contract has none
    operation: str
    method: str
    #: without credentials
    url: str
    #: what names the resource that was made; None where none was, or no answer named it
    id: Any
    #: when the answer came, in UTC
    time: str
    status: int
    #: number of what it made, unique in the journal; None where it made nothing that is known
    made: int | None = None
    #: what removes that again; None where nothing is known that does
    undo: UndoRequest | None = None
    #: number of what it removed
    removed: int | None = None
    #: "module:attribute" of an app in this process, which no URL leads to
    app: str | None = None


class Journal:
    """Appends to a journal. A file in which something is left is kept, and continued; another one begins anew."""

    def __init__(self, path: Path) -> None:
        """Raises UsageError where it cannot be written."""
        self._path = path
        before = read_journal(path) if path.is_file() else ()
        left = left_in(before)
        self._is_new = not left
        #: what earlier runs left
        self.left_before = len(left)
        self._numbers = {write.undo: write.made for write in left if write.undo is not None}
        self._next = 1 if self._is_new else 1 + max((write.made or 0 for write in before), default=0)
        self._broken = False
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # It may hold what a server answered.
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            # A last line that a crash has cut off goes.
            whole = path.read_bytes().rfind(b"\n") + 1
            os.truncate(descriptor, 0 if self._is_new else whole)
        except OSError as error:
            raise self._unwritable(error) from None
        self._file: IO[bytes] = os.fdopen(descriptor, "ab", buffering=0)

    def number(self) -> int:
        """A number for something made."""
        self._next += 1
        return self._next - 1

    def number_of(self, undo: UndoRequest) -> int | None:
        """The number of what an earlier run left, by what removes it; None where it left no such thing."""
        return self._numbers.get(undo)

    def add(self, write: Write) -> None:
        """Write a line. Raises UsageError, once, where that fails: the run must not go on without it."""
        if self._broken:
            return
        try:
            # In one call of the system, so that a kill leaves whole lines.
            self._file.write(msgspec.json.encode(write) + b"\n")
        except OSError as error:
            self._broken = True
            raise self._unwritable(error) from None

    def close(self) -> None:
        """Close the file; one without a line goes."""
        self._file.close()
        with suppress(OSError):
            if self._path.stat().st_size == 0:
                self._path.unlink()

    def _unwritable(self, error: OSError) -> UsageError:
        what = f"cannot write the journal of what the run creates, {self._path}: {error.strerror or error}"
        return UsageError(what, remedy="name another folder with --output-dir")


def read_journal(path: Path) -> tuple[Write, ...]:
    """The lines of a journal; a last one that a crash has cut off is left out.

    Raises UsageError for a file that cannot be read or is none.
    """
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}") from None
    found = []
    for number, line in enumerate(lines, 1):
        try:
            found.append(msgspec.json.decode(line, type=Write))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            if number == len(lines):
                break
            raise UsageError(f"{path}:{number} is no line of a journal: {error}") from None
    return tuple(found)


def left_in(writes: Iterable[Write]) -> list[Write]:
    """What was made and not removed, the newest first."""
    there: dict[int, Write] = {}
    for write in writes:
        if write.removed is not None:
            there.pop(write.removed, None)
        if write.made is not None:
            there[write.made] = write
    return list(there.values())[::-1]
