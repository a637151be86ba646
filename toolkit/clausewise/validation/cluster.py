"""The workers of a Dask cluster: the same chunks, checked elsewhere."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import Any

from clausewise.errors import UsageError


class Cluster:
    """The workers of a Dask scheduler. When one of them dies, the others take its work over."""

    def __init__(self, address: str, within: float) -> None:
        """Connect to the scheduler at `address` ("tcp://host:8786"), which must answer `within` seconds.

        Raises UsageError where Dask is not installed, no scheduler answers or it has no workers.
        """
        try:
            from distributed import Client
            from distributed.scheduler import KilledWorker
        except ImportError:
            raise UsageError("--cluster needs Dask", remedy="pip install 'clausewise[cluster]'") from None
        #: raised for a task that killed several workers
        self.lost: tuple[type[Exception], ...] = (KilledWorker,)
        self._address = address
        connect: Any = Client  # Dask has no types
        try:
            self._client: Any = connect(address, timeout=within, set_as_default=False)
        except (OSError, ValueError) as error:
            why = " ".join(str(error).split())
            raise UsageError(
                f"no Dask scheduler answers at {address}: {why}", remedy="check that it is running"
            ) from None
        if not self._client.nthreads():
            self._client.close()
            raise UsageError(f"the Dask scheduler at {address} has no workers")

    def open(self) -> Executor:
        """An executor whose work goes to the cluster."""
        executor: Executor = self._client.get_executor(pure=False)
        return executor

    def close(self, executor: Executor) -> None:
        """Cancel the tasks that are not done, and disconnect."""
        executor.shutdown(wait=False)
        self._client.close()

    def count(self) -> int:
        """The number of threads of all workers."""
        return max(sum(self._client.nthreads().values()), 1) if self._client.status == "running" else 1

    def gone(self) -> str:
        """Why there are no workers left; "" where there are some."""
        if self._client.status != "running":
            return f"the Dask scheduler at {self._address} is gone"
        return "" if self._client.nthreads() else f"the Dask scheduler at {self._address} has no workers left"
