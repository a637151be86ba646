"""The stages of a run, which are its phases and then what may destroy: what each has left unfinished, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from clausewise.options import RunOptions
from clausewise.phase_table import DEFAULT_PHASES, PHASES, ROWS
from clausewise.results.evidence import UntestedReason
from clausewise.runner.shares import Shares
from clausewise.runner.task import ScheduledTask
from clausewise.wording import counted

#: the first stage: the phase that every operation begins with, whatever phases are selected
FIRST = PHASES[0]

#: the stage behind all phases, and its weight among them
DESTROYING = "operations that may destroy what others need"
_DESTROYING_SHARE = 2

#: seconds that a bounded phase may take however short the run is, so that what it sends depends on the seed alone
_LEAST = 60.0


class Stages:
    """Gives each stage its share of the run's limits, and keeps account of what that was not enough for."""

    def __init__(
        self, shares: Shares, names: Iterable[str], options: RunOptions, on_note: Callable[[str], None]
    ) -> None:
        """`names` are the stages in the order in which they run; `on_note` hears each note as it is made."""
        self._shares = shares
        self._max_time = options.max_time
        self._is_default = options.phases == DEFAULT_PHASES and options.max_examples is None
        self._ahead = {name: _DESTROYING_SHARE if name == DESTROYING else ROWS[name].share for name in names}
        self._on_note = on_note
        self._stage = ""
        self._tasks: list[ScheduledTask] = []
        self._unfinished: dict[str, UntestedReason] = {}
        #: what was left unfinished, one sentence each
        self.notes: list[str] = []
        #: the first limit of the run that a stage reached, as a sentence; "" where none did
        self.limit_reached = ""

    @property
    def unfinished(self) -> Mapping[str, UntestedReason]:
        """Why clauses of an operation may be untested, by the key of the operation."""
        return self._unfinished

    def begin(self, stage: str, tasks: list[ScheduledTask]) -> None:
        """A stage begins, which is finished when all its `tasks` are."""
        part = self._ahead.pop(stage)
        self._stage, self._tasks = stage, tasks
        is_bounded = self._is_default and stage in ROWS and ROWS[stage].is_bounded
        third = self._max_time / 3 if self._max_time is not None else max(_LEAST, self._shares.seconds / 3)
        self._shares.begin(part, sum(self._ahead.values()), third if is_bounded else None)

    def go_on(self, stage: str, tasks: list[ScheduledTask]) -> None:
        """A stage goes on with `tasks` that it had no share left for."""
        part = self._ahead.pop(stage)
        self._stage, self._tasks = stage, tasks
        self._shares.begin(part, sum(self._ahead.values()))

    def close(self) -> None:
        """The stage has ended: say what it has left unfinished, if that is because it had used up its share. Where
        tasks were put aside, it is to go on."""
        if spent := self._shares.spent:
            self._leave(f"used up {spent}", spent)
        elif any(_is_cut_short(task) for task in self._tasks):
            limit = self._shares.limit
            self._leave(f"divided {limit} among {counted(len(self._tasks), 'task')}", limit)
        if _tests_clauses(self._stage) and any(task.aside is not None for task in self._tasks):
            self._ahead[self._stage] = ROWS[self._stage].share
        self._tasks = []

    def run_out(self, limit: str, operations: Iterable[ScheduledTask]) -> None:
        """The run has to end because of `limit`: say what is left unfinished, also of the tasks of all `operations`."""
        self._leave(f"used up {limit}", limit)
        tasks = list(operations)
        begun = any(task.aside is not None for task in tasks)
        if self._ahead:
            ahead = (f"the rest of {name}" if begun and name == "clauses" else name for name in self._ahead)
            self._note(f"{limit} left no time for: {', '.join(ahead)}")
        reason = UntestedReason("unfinished", f"{limit} left no time for it")
        for task in tasks:
            stage = DESTROYING if task.destroys else "clauses"
            if stage in self._ahead and (task.aside is not None or task.destroys or not begun):
                self._unfinished.setdefault(task.name, reason)

    def _leave(self, doing: str, limit: str) -> None:
        # What is put aside goes on later.
        unfinished = [task for task in self._tasks if task.aside is None and self._is_unfinished(task)]
        if not unfinished:
            return
        what = self._stage if self._stage == DESTROYING else f"the phase {self._stage}"
        sentence = f"{what} {doing}"
        number = f"{len(unfinished)} of {len(self._tasks)} tasks" if len(self._tasks) > 1 else "it"
        self._note(f"{sentence}; {number} could not be finished")
        if not self._shares.is_own:
            self.limit_reached = self.limit_reached or (sentence if self._ahead else f"{limit} is reached")
        for task in unfinished if _tests_clauses(self._stage) else ():
            self._unfinished.setdefault(task.name, UntestedReason("unfinished", f"{sentence} before"))

    def _is_unfinished(self, task: ScheduledTask) -> bool:
        if task.failed:
            return False
        if self._stage == FIRST:
            return task.opened is None
        return not task.ended or task.interrupted or _is_cut_short(task)

    def _note(self, sentence: str) -> None:
        self.notes.append(sentence)
        self._on_note(sentence)


def _is_cut_short(task: ScheduledTask) -> bool:
    return task.turn is not None and task.turn.was_over


def _tests_clauses(stage: str) -> bool:
    return stage == DESTROYING or ROWS[stage].by_clause
