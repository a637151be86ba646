"""Counts in sentences."""

from __future__ import annotations

from typing import Any


def counted(count: Any, noun: str) -> str:
    """A count with its noun, in the plural unless the count is 1."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def times(count: int) -> str:
    """A number of times: "once", "3 times"."""
    return "once" if count == 1 else f"{count} times"
