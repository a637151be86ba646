"""Has Hypothesis draw the same values for one seed, whatever else is loaded.

Hypothesis draws one value in forty from the constants in the source of the modules that are loaded at that time: those
of the app under test, or of an editable install. A value would then depend on what ran before in the process.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

_loaded = providers._get_local_constants
_lock = threading.Lock()
#: how many contexts are open, in all threads
_open = 0


@contextmanager
def without_local_constants() -> Iterator[None]:
    """Until the context ends, Hypothesis draws no constants of modules, in any thread that starts to draw meanwhile.

    Threads that drew before keep what Hypothesis has stored for them.
    """
    global _open
    with _lock:
        _open += 1
        providers._get_local_constants = Constants
    try:
        yield
    finally:
        with _lock:
            _open -= 1
            if not _open:
                providers._get_local_constants = _loaded
