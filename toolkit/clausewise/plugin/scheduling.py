"""The scheduler for pytest-xdist with documents as tests: the items of one operation go to one worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    # pytest-xdist is not a dependency, and has no types.
    LoadScopeScheduling: Any = object
else:
    from xdist.scheduler import LoadScopeScheduling

_DOCUMENTS = (".yaml", ".yml", ".json")


class ByOperation(LoadScopeScheduling):  # type: ignore[misc]
    """Schedules operations of documents as a whole, and other tests one by one."""

    def _split_scope(self, nodeid: str) -> str:
        """The scope of a test; tests of one scope go to one worker. Other schedulers of pytest-xdist override it."""
        file, _, rest = nodeid.partition("::")
        if file.endswith(_DOCUMENTS):
            return f"{file}::{rest.partition('::')[0]}"
        return nodeid
