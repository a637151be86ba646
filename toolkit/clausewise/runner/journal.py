"""The journal of a run: every write that a server accepted, one line each, on disk before the next request goes out.

It outlives the run. What is left after a crash can be read from it, and removed (`clausewise cleanup`).
"""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import msgspec

from clausewise.errors import UsageError
from clausewise.exchange import Headers, Request
from clausewise.near_file import near_file
from clausewise.private_file import open_private

#: name of the journal, beside the record
JOURNAL = "created.ndjson"

#: how the time of a line is written, as `strftime` has it
TIME = "%Y-%m-%dT%H:%M:%S.%fZ"


class UndoRequest(msgspec.Struct, frozen=True, omit_defaults=True):
    """The request that undoes a write, without credentials."""

    #: key of its operation
    operation: str
    method: str
    url: str
    headers: Headers = ()
    #: in base64; None where there is none
    body: str | None = None
    #: whether it names what it removes, so that this is gone where the server knows no such thing
    names_it: bool = True

    @classmethod
    def of(cls, operation: str, request: Request, base_url: str, *, names_it: bool = True) -> UndoRequest:
        """`request`, sent below `base_url`."""
        body = b64encode(request.body).decode() if request.body is not None else None
        return cls(operation, request.method, base_url + request.target, request.headers, body, names_it)

    def content(self) -> bytes | None:
        """The body's bytes. Raises ValueError where it is not in base64."""
        return b64decode(self.body, validate=True) if self.body is not None else None


class Write(msgspec.Struct, frozen=True, omit_defaults=True):
    """One accepted write; or the answer that there is nothing to remove any more."""

    #: key of the operation; method and path where the contract has none
    operation: str
    method: str
    #: without credentials
    url: str
    #: what names the resource that was made or removed; None where none was, or no answer named it
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


class Open(msgspec.Struct, frozen=True):
    """A request that may have created something, and whose answer did not come."""

    #: key of the operation
    operation: str
    #: without credentials
    url: str
    #: when it went out, in UTC
    time: str


class Journal:
    """Appends to a journal. A file in which something is left is kept, and continued; another one begins anew.

    Beside it stands a file of the requests that may create something and have no answer: those under way when a run was
    killed, and those that never got one.
    """

    def __init__(self, path: Path, begun: datetime | None = None) -> None:
        """`begun` is when the run began that goes on; None for one that begins now. Raises UsageError where it cannot
        be written."""
        self.path = path
        self._made_folder = not path.parent.exists()
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise self._unwritable(error) from None
        before, earlier = read_journal(path) if path.is_file() else (), read_open(path)
        left = left_in(before)
        self._is_new = not left
        since = begun.strftime(TIME) if begun is not None else None
        own = [write for write in left if since is not None and write.time >= since]
        #: how much earlier runs left
        self.left_before = len(left) - len(own)
        #: what earlier processes of this run left, the newest first, as far as nobody has claimed it
        self.unclaimed = [write for write in own if write.undo is not None]
        self._next = 1 if self._is_new else 1 + max((write.made or 0 for write in before), default=0)
        self._broken = False
        #: requests without an answer, those of earlier runs first; the file of them, once it is open, and its size
        self._open = {-number: each for number, each in enumerate(earlier, 1)}
        self._open_file: int | None = None
        self._open_size = 0
        try:
            # It may hold what a server answered.
            descriptor = open_private(path, os.O_WRONLY | os.O_APPEND)
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

    def claim(self, undo: UndoRequest) -> int | None:
        """The number of something that an earlier process of this run left and `undo` removes, each once; None where it
        left no such thing."""
        found = next((write for write in reversed(self.unclaimed) if write.undo == undo), None)
        if found is None:
            return None
        self.unclaimed.remove(found)
        return found.made

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

    def begin(self, number: int, operation: str, url: str) -> None:
        """Take note that the request of this number goes out, which may create something. Raises like `add`."""
        self._open[number] = Open(operation, url, datetime.now(UTC).strftime(TIME))
        self._write_open()

    def end(self, number: int) -> None:
        """Take note that the request of this number was answered. Raises like `add`."""
        if self._open.pop(number, None) is not None:
            self._write_open()

    def _write_open(self) -> None:
        content = b"".join(msgspec.json.encode(each) + b"\n" for each in self._open.values())
        try:
            if self._open_file is None:
                self._open_file = open_private(_open_path(self.path), os.O_WRONLY)
                self._open_size = os.fstat(self._open_file).st_size
            # In one call of the system, over what stood there before.
            self._open_size = os.pwrite(self._open_file, content.ljust(self._open_size, b"\n"), 0)
        except OSError as error:
            if not self._broken:
                self._broken = True
                raise self._unwritable(error) from None

    def close(self) -> None:
        """Close the files; those without a line go."""
        self._file.close()
        if self._open_file is not None:
            os.close(self._open_file)
        with suppress(OSError):
            if not self._open:
                _open_path(self.path).unlink(missing_ok=True)
            if self.path.stat().st_size == 0:
                self.path.unlink()
                if self._made_folder:
                    # Only where nothing else has come into it.
                    self.path.parent.rmdir()

    def _unwritable(self, error: OSError) -> UsageError:
        what = f"cannot write the journal of what the run creates, {self.path}: {error.strerror or error}"
        return UsageError(what, remedy="name another folder with --output-dir")


def read_journal(path: Path) -> tuple[Write, ...]:
    """The lines of a journal; a last one that a crash has cut off is left out.

    Raises UsageError for a file that cannot be read or is none.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        remedy = near_file(path) if isinstance(error, FileNotFoundError) else None
        raise UsageError(f"cannot read {path}: {error.strerror or error}", remedy=remedy) from None
    found = []
    lines = content.splitlines()
    for number, line in enumerate(lines, 1):
        try:
            write = msgspec.json.decode(line, type=Write)
            if write.undo is not None:
                write.undo.content()
            found.append(write)
        except (msgspec.DecodeError, ValueError) as error:
            if number == len(lines) and not content.endswith(b"\n"):
                break
            raise UsageError(f"{path}:{number} is no line of a journal: {error}") from None
    return tuple(found)


def read_open(path: Path) -> tuple[Open, ...]:
    """The requests without an answer that stand beside the journal at `path`. Raises like `read_journal`."""
    beside = _open_path(path)
    try:
        content = beside.read_bytes() if beside.is_file() else b""
        return tuple(msgspec.json.decode(line, type=Open) for line in content.split(b"\n") if line)
    except OSError as error:
        raise UsageError(f"cannot read {beside}: {error.strerror or error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{beside} is no list of requests without an answer: {error}") from None


def _open_path(path: Path) -> Path:
    return path.with_name(f"{path.stem}.open{path.suffix}")


def left_in(writes: Iterable[Write]) -> list[Write]:
    """What was made and not removed, the newest first."""
    there: dict[int, Write] = {}
    for write in writes:
        if write.removed is not None:
            there.pop(write.removed, None)
        if write.made is not None:
            there[write.made] = write
    return list(there.values())[::-1]


def that_removed(writes: Iterable[Write]) -> set[str]:
    """Keys of the operations that were seen to remove something."""
    return {write.operation for write in writes if write.removed is not None and 200 <= write.status < 300}
