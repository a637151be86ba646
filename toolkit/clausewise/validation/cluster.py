"""The workers of a Dask cluster: the same chunks, checked elsewhere."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import Any

from clausewise.errors import UsageError
from clausewise.validation.workers import Workers

#: seconds within which a scheduler must answer
_WITHIN = "10s"


def cluster(address: str) -> Workers:
    """The workers behind the scheduler at `address` ("tcp://host:8786").

    Raises UsageError where Dask is not installed, no scheduler answers or it has no workers.
    """
    try:
        from distributed import Client
        from distributed.scheduler import KilledWorker
    except ImportError:
        raise UsageError("--cluster needs Dask", remedy="pip install 'clausewise[cluster]'") from None
    try:
        connect: Any = Client  # Dask has no types
        client = connect(address, timeout=_WITHIN, set_as_default=False)
    except (OSError, ValueError) as error:
        why = " ".join(str(error).split())
        raise UsageError(f"no Dask scheduler answers at {address}: {why}", remedy="is it running?") from None

    def count() -> int:
        threads: int = sum(client.nthreads().values())
        return max(threads, 1)

    def make() -> Executor:
        executor: Executor = client.get_executor(pure=False)
        return executor

    if not client.nthreads():
        client.close()
        raise UsageError(f"the Dask scheduler at {address} has no workers")
    return Workers(make, count, (KilledWorker,))
