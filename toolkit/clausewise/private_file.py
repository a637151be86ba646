"""Files that nobody but their owner may read, and that are where their path says: no link leads out of their folder."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

#: where there is such a thing: without it, Windows changes line breaks
_BINARY = getattr(os, "O_BINARY", 0)

#: where there are such things: fail at a link, and do not wait for the other end of a pipe
_ONLY_FILES = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)

_MODE = 0o600


def make_private(path: Path) -> int:
    """A handle to read and write a new file at `path`, in the place of a file, a link or a pipe that is there.

    Its folder is made where it is not there. Raises OSError.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | _BINARY, _MODE)


def open_private(path: Path, flags: int) -> int:
    """A handle of the file at `path`, by the `flags` of `os.open`. One that is opened to write is made where it is not
    there, and loses the rights of others. Raises OSError, also for a link and for what is no file."""
    if path.is_symlink():
        raise OSError(errno.ELOOP, f"{path.name} is a symbolic link", str(path))
    writes = flags & (os.O_WRONLY | os.O_RDWR)
    handle = os.open(path, flags | (os.O_CREAT if writes else 0) | _ONLY_FILES | _BINARY, _MODE)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, f"{path.name} is no file", str(path))
        if writes and hasattr(os, "fchmod"):
            # It may have been there already, with more rights.
            os.fchmod(handle, _MODE)
    except BaseException:
        os.close(handle)
        raise
    return handle
