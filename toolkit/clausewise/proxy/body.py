"""What is kept of a body that passes by."""

from __future__ import annotations


class Kept:
    """The beginning of a body, up to a limit in bytes; of the rest only the length."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._pieces: list[bytes] = []
        self._length = 0
        #: bytes that are not kept
        self.cut = 0

    def add(self, piece: bytes) -> None:
        """Keep the next bytes, as far as there is room."""
        room = max(self._limit - self._length, 0)
        if room:
            self._pieces.append(piece[:room])
        self._length += min(len(piece), room)
        self.cut += max(len(piece) - room, 0)

    @property
    def content(self) -> bytes:
        """What is kept."""
        return b"".join(self._pieces)
