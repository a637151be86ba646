"""The folder of the reports: it is tried before the first request is sent, and one command at a time writes to it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clausewise.errors import UsageError
from clausewise.private_file import open_private

try:
    import fcntl
except ImportError:  # Windows: two commands are not kept apart there.
    fcntl = None  # type: ignore[assignment]

#: name of the file that is there while a command writes to the folder
LOCK = ".lock"

#: bytes written to see that there is room
_ROOM = 64 * 1024

#: seconds to wait for a command that only writes its reports
SHORT_WAIT = 10.0

#: seconds between two attempts
_PAUSE = 0.1

_REMEDY = "name another folder with --output-dir"


@contextmanager
def claimed(folder: Path, wait: float = 0) -> Iterator[None]:
    """Make `folder`, for its owner only, and keep other commands out of it until the context ends.

    Waits so many seconds for another command to end. Raises UsageError when one does not, and where the folder cannot
    be written to.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = _locked(folder / LOCK, time.monotonic() + wait)
    except OSError as error:
        raise UsageError(f"cannot write to {folder}: {error.strerror}", remedy=_REMEDY) from None
    if handle is None:
        raise UsageError(f"another command writes to {folder} now", remedy=_REMEDY)
    try:
        yield
    finally:
        (folder / LOCK).unlink(missing_ok=True)
        os.close(handle)


def _locked(file: Path, until: float) -> int | None:
    """The handle of the file, made and locked; None where another process has it `until` then."""
    while True:
        handle = open_private(file, os.O_RDWR)
        try:
            if _is_mine(handle, file):
                os.write(handle, bytes(_ROOM))
                os.ftruncate(handle, 0)
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)
        if time.monotonic() >= until:
            return None
        time.sleep(_PAUSE)


def _is_mine(handle: int, file: Path) -> bool:
    """Whether this process has the lock, and the file is still there: who had it before deletes it."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.fstat(handle).st_ino == file.stat().st_ino
    except (BlockingIOError, FileNotFoundError):
        return False
