"""Where `Location` in the answer to a creation leads."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import Compile
from tests.servers.small import Answer, Call, Shelves, drive, paths

_ENTRIES = ("POST /boxes", "GET /boxes", "GET /boxes/{id}", "DELETE /boxes/{id}", "GET /jobs/{id}")


class Telling(Shelves):
    """Puts into `Location` what `address` makes of the id of a new box."""

    def __init__(self, address: Callable[[str], str], status: int = 201) -> None:
        super().__init__()
        self._numbers = itertools.count(100, 10)
        self._address = address
        self._status = status

    def answer(self, call: Call) -> Answer:
        status, value, *more = super().answer(call)
        if status == 201:
            return self._status, value, {"location": self._address(value["id"])}
        return (status, value, *more) if more else (status, value)


def told(compiled: Compile, server: Shelves) -> list[tuple[str, str, str]]:
    run = drive(compiled({"paths": paths(*_ENTRIES)}), server, phases=("baseline", "lifecycle")).run
    return [(finding.rule, finding.severity, finding.message) for finding in run.findings]


@pytest.mark.parametrize(
    ("address", "severity", "words"),
    [
        (lambda own: f"/boxes/{int(own) + 1}", "error", "where GET /boxes/{id} answered 404; the resource is `"),
        (lambda _: "/boxes/100", "error", "which is `100`; the resource is `"),
        (lambda own: f"/box/{own}", "warning", "which is no path of the contract; GET /boxes/{id} shows `"),
        (lambda own: own, "warning", "which is no path of the contract; GET /boxes/{id} shows `"),
    ],
    ids=["of nothing", "of another", "no path", "relative to the wrong place"],
)
def test_an_address_that_leads_elsewhere_is_told(
    compiled: Compile, address: Callable[[str], str], severity: str, words: str
) -> None:
    ((rule, how_bad, message),) = told(compiled, Telling(address))
    assert (rule, how_bad) == ("wrong-location", severity)
    assert "POST /boxes answered 201 with `Location: " in message and words in message


@pytest.mark.parametrize(
    ("address", "status"),
    [
        (lambda own: f"/boxes/{own}", 201),
        (lambda own: f"/boxes/{own}/?new=1", 201),
        (lambda own: f"boxes/{own}", 201),
        (lambda own: f"https://elsewhere.example/box/{int(own) + 1}", 201),
        (lambda own: f"/jobs/{own}", 201),
        (lambda own: f"/boxes/{int(own) + 1}", 200),
        (lambda _: "", 201),
    ],
    ids=["its own", "with a query", "relative", "another server", "another kind", "not a 201", "empty"],
)
def test_no_other_address_is(compiled: Compile, address: Callable[[str], str], status: int) -> None:
    assert told(compiled, Telling(address, status)) == []


def test_another_name_of_the_same_is_no_other(compiled: Compile) -> None:
    """The server takes a box's name for its id, and tells it in `Location`."""

    class Named(Telling):
        def answer(self, call: Call) -> Answer:
            own: dict[str, Any] = {f"/boxes/n{path.rpartition('/')[2]}": path for path in self.kept}
            if call.path in own and call.method == "GET":
                return 200, self.kept[own[call.path]]
            return super().answer(call)

    assert told(compiled, Named(lambda own: f"/boxes/n{own}")) == []
