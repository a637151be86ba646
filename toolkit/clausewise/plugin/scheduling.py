"""How pytest-xdist hands out tests where documents are among them: the items of one operation go to one worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    # pytest-xdist is no dependency of ours, and brings no types.
    LoadScopeScheduling: Any = object
else:
    from xdist.scheduler import LoadScopeScheduling

_DOCUMENTS = (".yaml", ".yml", ".json")


class ByOperation(LoadScopeScheduling):  # type: ignore[misc]
    """Operations of documents as a whole, other tests one by one."""

    def _split_scope(self, nodeid: str) -> str:
        """What is handed out together with a test. pytest-xdist's own schedulers by file and by group override this."""
        file, _, rest = nodeid.partition("::")
        if file.endswith(_DOCUMENTS):
            return f"{file}::{rest.partition('::')[0]}"
        return nodeid
