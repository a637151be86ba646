"""Counts in sentences."""

from __future__ import annotations

from typing import Any


def counted(count: Any, noun: str) -> str:
    """A count with its noun; anything but the number 1 takes the plural."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def times(count: int) -> str:
    """How often, in words."""
    return "once" if count == 1 else f"{count} times"
