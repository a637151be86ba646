"""The phase `engine`: starts Schemathesis, and reports in one sentence when it cannot be used.

Schemathesis is imported only when the phase runs, because the import takes 300 ms. It is an extra, because its own
pytest plugin adds 350 ms to every start of pytest.
"""

from __future__ import annotations

from importlib.util import find_spec

from clausewise.errors import ClausewiseError, InternalError, UsageError
from clausewise.phases.base import Line, PhaseResult, Sink, Steps, Task

#: what to do when Schemathesis cannot be used
REMEDY = "run without the phase engine, or install it: pip install 'clausewise[engine]'"


def require() -> None:
    """Raises UsageError when Schemathesis is not installed."""
    if find_spec("schemathesis") is None:
        raise UsageError("the phase engine needs Schemathesis, which is not installed", remedy=REMEDY)


def run(task: Task) -> Steps:
    """Run the engine of Schemathesis over all operations."""
    driver = _Schemathesis(task)
    yield driver
    return PhaseResult(notes=tuple(driver.notes), stopped=driver.stopped)


class _Schemathesis:
    """Schemathesis as a driver."""

    def __init__(self, task: Task) -> None:
        self._context = task.context
        #: why it ended before Schemathesis did; None when it did not
        self.stopped: ClausewiseError | None = None
        #: what Schemathesis could not do, one sentence each
        self.notes: list[str] = []

    async def drive(self, line: Line, sink: Sink) -> None:
        """Run it to its end, or until it must stop; `stopped` then says why."""
        try:
            from clausewise.phases.schemathesis.engine import Engine
        except (ImportError, AttributeError) as error:
            self.stopped = InternalError(f"the installed Schemathesis cannot be used: {error}", remedy=REMEDY)
            return
        engine = Engine(self._context, line, sink)
        await engine.run()
        self.notes += engine.notes
        self.stopped = engine.stopped
