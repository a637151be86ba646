"""The limits of a scan: how much is read at once, and how long workers are waited for."""

from __future__ import annotations

import msgspec

from clausewise.recordings.chunks import LIMITS, ChunkLimits


class ScanLimits(msgspec.Struct, frozen=True):
    """The limits of a scan; no option sets them."""

    chunks: ChunkLimits = LIMITS
    #: bytes of the largest document, HAR file or cassette, which are read as a whole
    largest_document: int = 1024 * 1024 * 1024
    #: seconds of waiting for a result after which the pool is asked whether it still has workers
    patience: float = 15.0
    #: seconds within which a Dask scheduler must answer
    connecting: float = 10.0
