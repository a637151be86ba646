"""A document that is served is read again when one of its files changes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from clausewise.contract.contract import Contract
from clausewise.errors import ClausewiseError

T = TypeVar("T")

#: seconds between two looks at the files
INTERVAL = 0.5


async def follow(
    contract: Contract,
    read: Callable[[], tuple[Contract, T]],
    use: Callable[[T], None],
    log: Callable[[str], None],
    interval: float = INTERVAL,
) -> None:
    """Look at the files of `contract` until cancelled. When one changes, `read` gives the contract anew and what is
    made of it, which is put to `use`; a document that is broken has a line in the `log`, and what was used stays."""
    seen = _stamps(contract)
    while seen:
        await asyncio.sleep(interval)
        now = {file: _stamp(file) for file in seen}
        if now == seen:
            continue
        seen = now
        try:
            contract, made = await asyncio.to_thread(read)
        except ClausewiseError as error:
            log(f"{contract.name} has changed and cannot be used; the mock goes on with the one before: {error}")
            continue
        use(made)
        log(f"{contract.name} has changed and was read again")
        # Its references may lead to other files now.
        seen |= {file: stamp for file, stamp in _stamps(contract).items() if file not in seen}


def _stamps(contract: Contract) -> dict[Path, tuple[int, int]]:
    files = [document.path for document in contract.specification.sources.documents]
    return {file: _stamp(file) for file in files if file is not None}


def _stamp(file: Path) -> tuple[int, int]:
    """When a file was written, and its size; zeros where it is gone, as it is for a moment while some editors save."""
    try:
        found = file.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size
