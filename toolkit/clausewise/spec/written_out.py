"""The size of a part of a document whose YAML aliases are written out: nine aliases of nine aliases of nine ... are a
few lines, and a billion values."""

from __future__ import annotations

from typing import Any

#: the most values that one part of a document may have
MOST_VALUES = 1_000_000


def written_out(value: Any, most: int = MOST_VALUES) -> int:
    """How many values `value` consists of. Counting ends above `most`."""
    count, waiting = 0, [value]
    while waiting and count <= most:
        one = waiting.pop()
        count += 1
        waiting += one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
    return count
