"""The object of a JSON text, whose members all have different names (RFC 8259 section 4)."""

from __future__ import annotations

from typing import Any


class RepeatedNameError(ValueError):
    """An object has two members of one name."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def with_unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The members as an object, for `json.loads`. Raises RepeatedNameError."""
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise RepeatedNameError(name)
            seen.add(name)
    return members
