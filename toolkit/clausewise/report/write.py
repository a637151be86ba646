"""Writes reports to disk. A file is replaced when its new content is complete, so none is ever half-written."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from clausewise.errors import UsageError
from clausewise.exchange import Exchange
from clausewise.report.reporter import reporter
from clausewise.report_table import REPORT_FILES
from clausewise.results.proof import Proof
from clausewise.results.record import Run, encode, pieces


def write_reports(
    run: Run, folder: Path, formats: Iterable[str], exchanges: Sequence[Exchange] = ()
) -> tuple[Path, ...]:
    """Write reports of `run` in the given `formats` into `folder`. Raises UsageError when it cannot be written to.

    `exchanges` are those that the run refers to, with masked secrets; reports show requests and responses from them.
    """
    return _write(folder, ((REPORT_FILES[name], _content(name, run, exchanges)) for name in formats))


def write_proof(proof: Proof, folder: Path) -> tuple[Path, ...]:
    """Write prove.json and prove.md into `folder`. Raises UsageError when it cannot be written to."""
    from clausewise.report.mutation import render

    return _write(folder, (("prove.json", [encode(proof)]), ("prove.md", [render(proof).encode("utf-8", "replace")])))


def _write(folder: Path, files: Iterable[tuple[str, Iterable[bytes]]]) -> tuple[Path, ...]:
    try:
        return tuple(replace_file(folder / name, content) for name, content in files)
    except OSError as error:
        raise UsageError(
            f"cannot write reports to {folder}: {error.strerror}", remedy="name another folder with --output-dir"
        ) from None


def _content(name: str, run: Run, exchanges: Sequence[Exchange]) -> Iterable[bytes]:
    # That of the record may be larger than all else in memory.
    return pieces(run) if name == "json" else [reporter(name).render(run, exchanges)]


def replace_file(path: Path, content: Iterable[bytes], mode: int = 0o600) -> Path:
    """Write a file beside `path`, piece by piece, and rename it to `path` when it is complete. Raises OSError.

    Only its owner can read it, unless `mode` says otherwise: reports hold what a server answered.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(content)
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return path
