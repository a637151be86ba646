"""Phases that find nothing to do: whoever asks for one by its name is told."""

from __future__ import annotations

from typing import Any

import pytest

from clausewise.options import Role
from tests.conftest import Compile
from tests.servers.small import Shelves, drive, paths

_NOTHING_TO_DO = {"paths": paths("GET /things")}
_ROLES = (Role("viewer", ("GET /things",), (("X-Key", "of-some"),)),)


def _idle(compiled: Compile, document: dict[str, Any], **options: Any) -> list[str]:
    notes = drive(compiled(document), Shelves(), **options).notes
    return [note for note in notes if "sent nothing" in note]


@pytest.mark.parametrize(
    ("phase", "needed"),
    [
        ("pairs", "an accepted request with two members"),
        ("roles", "a role in the configuration"),
        ("queries", "an operation that lists things"),
        ("lifecycle", "a resource that the run can create"),
    ],
)
def test_a_phase_without_anything_to_do_says_what_it_needs(compiled: Compile, phase: str, needed: str) -> None:
    (note,) = _idle(compiled, _NOTHING_TO_DO, phases=("baseline", phase))
    assert note.startswith(f"the phase `{phase}` sent nothing: it needs {needed}")


def test_nothing_is_said_of_phases_that_nobody_chose(compiled: Compile) -> None:
    assert _idle(compiled, _NOTHING_TO_DO) == []


def test_nothing_is_said_of_phases_that_sent_something(compiled: Compile) -> None:
    document = {"paths": paths("GET /things", "POST /things", "GET /things/{id}", "DELETE /things/{id}")}
    assert _idle(compiled, document, phases=("baseline", "roles", "lifecycle"), roles=_ROLES) == []


def test_nothing_is_said_where_the_run_came_to_no_end(compiled: Compile) -> None:
    assert _idle(compiled, _NOTHING_TO_DO, phases=("baseline", "lifecycle"), max_requests=1) == []
