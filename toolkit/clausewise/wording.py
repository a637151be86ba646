"""Counts, sizes and places in sentences."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any


def counted(count: Any, noun: str) -> str:
    """A count with its noun, in the plural unless the count is 1."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def byte_size(bytes: int) -> str:
    """A number of bytes in the largest unit that gives a whole number: "32 MiB", "1000 bytes"."""
    for unit, factor in (("GiB", 1024**3), ("MiB", 1024**2), ("KiB", 1024)):
        if bytes >= factor and bytes % factor == 0:
            return f"{bytes // factor} {unit}"
    return counted(bytes, "byte")


def times(count: int) -> str:
    """A number of times: "once", "3 times"."""
    return "once" if count == 1 else f"{count} times"


def path_text(location: Iterable[str]) -> str:
    """A place in a JSON value for people: "nodePools[0].name", "[0].name" where the value is an array."""
    path = ""
    for token in location:
        path += f"[{token}]" if token.isdigit() else f".{token}" if path else token
    return path


def item_name(text: str) -> str:
    """What messages call `text`, as a part of a pytest node id that can be pasted into a shell.

    `body[AWS].pools[].size` becomes `body:AWS.pools.items.size`: pytest takes what is in brackets for parameters, and
    `::` for the end of a name.
    """
    name = re.sub(r"\[([^\[\]]*)\]", r":\1", text.replace("[]", ".items"))
    return re.sub("[][:]+", ":", name).strip(":")
