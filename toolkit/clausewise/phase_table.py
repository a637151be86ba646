"""The phases of a run, one row each. The configuration, the command line, the checker and the documentation read this
table.

The rows hold no code, so that whoever needs a name does not import what the phase imports. A selectable phase is
implemented by the module of its name in `clausewise.phases`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec


class PhaseRow(msgspec.Struct, frozen=True, kw_only=True):
    """One phase, as everybody outside `clausewise.phases` knows it."""

    #: stands in configurations, records and files of exchanges
    name: str
    #: what it does, as a sentence
    sentence: str
    #: what kind of fault it finds, for the table in the documentation
    finds: str = ""
    #: what it sends nothing without, for a note; "" where an accepted request is enough, or it chooses by itself
    needs: str = ""
    #: what one task of it is about; None for a source of requests that nobody selects
    runs_on: Literal["operation", "resource type", "contract"] | None = None
    #: whether it runs by default
    default: bool = False
    #: its weight where the phases share the limits of a run
    share: int = 1
    #: whether it takes at most a third of the time where the user chose neither phases nor a number of examples
    is_bounded: bool = False
    #: module in `clausewise.phases` that implements it; "" for the one of its name
    module: str = ""
    #: whether its probes change one thing in an accepted request; else a probe's note names the request as a whole
    deviates: bool = True
    #: whether the value behind a crash is known; else crashes are counted by operation and status
    locates_crashes: bool = True
    #: whether it can be limited to the probes of single clauses
    by_clause: bool = False
    #: whether it generates values with Hypothesis in this process, outside of Schemathesis
    uses_hypothesis: bool = False
    #: whether it is worth its time on each of hundreds of mutants
    runs_on_mutants: bool = True


ROWS: dict[str, PhaseRow] = {
    row.name: row
    for row in (
        PhaseRow(
            name="baseline",
            sentence="Finds an accepted request for each operation and each branch of its `oneOf` or `anyOf`.",
            finds="faults that every response shows",
            runs_on="operation",
            share=10,
            default=True,
            deviates=False,
            by_clause=True,
        ),
        PhaseRow(
            name="clauses",
            sentence="Tests each clause of a request on its boundary, and with a request that breaks only it.",
            finds="faults that a single value shows",
            runs_on="operation",
            share=6,
            default=True,
            by_clause=True,
        ),
        PhaseRow(
            name="pairs",
            sentence="Puts any two values of a body, or of a query, together in one request.",
            finds="faults that need two values together",
            needs="an accepted request with two members of a body, or two parameters of a query",
            runs_on="operation",
            share=2,
            default=True,
        ),
        PhaseRow(
            name="roles",
            sentence="Sends accepted requests as users that have no right to the operation.",
            finds="operations that do not check the rights of a user",
            needs="a role in the configuration, and an operation that is forbidden to it and accepts requests",
            runs_on="operation",
            default=True,
            deviates=False,
            runs_on_mutants=False,
        ),
        PhaseRow(
            name="queries",
            sentence="Asks lists for parts of what they list: filters, limits, pages and orders.",
            finds="filters that are ignored, pages that repeat or lose items, lists in another order than asked for",
            needs="an operation that lists things, with parameters that ask for parts of the list",
            runs_on="operation",
            default=True,
            share=2,
            module="queries.phase",
            deviates=False,
        ),
        PhaseRow(
            name="lifecycle",
            sentence="Follows resources of each type from creation to deletion, and reads back what was sent.",
            finds=(
                "values and updates that are lost, unknown ids that are accepted, resources that vanish or stay, lists "
                "that show something else, access by other users, read-only members that a client can set"
            ),
            needs="a resource that the run can create, or one that can be read and changed",
            runs_on="resource type",
            share=4,
            default=True,
        ),
        PhaseRow(
            name="properties",
            sentence="Sends requests drawn from the schemas with Hypothesis, and shrinks those that fail.",
            finds="faults that no boundary value shows",
            runs_on="operation",
            share=3,
            default=True,
            is_bounded=True,
            uses_hypothesis=True,
            # It takes seconds, and finds no mutant that the other phases miss.
            runs_on_mutants=False,
        ),
        PhaseRow(
            name="engine",
            sentence="Runs Schemathesis on the same contract and target.",
            finds="faults that need several requests, invented credentials or arbitrary values",
            runs_on="contract",
            share=3,
            module="schemathesis.start",
            locates_crashes=False,
            # It takes seconds, and finds no mutant that the other phases miss.
            runs_on_mutants=False,
        ),
        PhaseRow(name="setup", sentence="Creates a resource for other requests to work on.", deviates=False),
        PhaseRow(name="timing", sentence="Sends the slowest requests again, one at a time.", deviates=False),
        PhaseRow(name="cleanup", sentence="Deletes what the run created."),
        PhaseRow(name="tests", sentence="Requests of a project's own tests, which the pytest plugin observes."),
    )
}

#: every phase that can be selected, in the order in which they run
PHASES: tuple[str, ...] = tuple(row.name for row in ROWS.values() if row.runs_on is not None)

#: the phases that run by default
DEFAULT_PHASES: tuple[str, ...] = tuple(row.name for row in ROWS.values() if row.default)

#: stands for every phase, where phases are named
ALL = "all"

if TYPE_CHECKING:
    PhaseName = str
else:
    #: the name of a phase, or the word for all, as msgspec checks it
    PhaseName = Literal[(*PHASES, ALL)]

_UNKNOWN = PhaseRow(name="", sentence="A source that this version does not know.")


def phase_row(name: str) -> PhaseRow:
    """The row of the phase called `name`, or a row for unknown names, which recordings of other versions may have."""
    return ROWS.get(name, _UNKNOWN)
