"""What a PUT does not have is not there afterwards."""

from __future__ import annotations

import pytest

from tests.conftest import Compile
from tests.servers.depot import CONTRACT, MANNERS, depot
from tests.servers.small import Answer, Call, Shelves, drive, paths

_PHASES = ("baseline", "lifecycle")
_OF_ONE = (("POST", ""), ("GET", "/{id}"), ("PUT", "/{id}"))
_BODY = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "note": {"type": "string"}}}


def test_what_a_put_keeps_is_one_note(compiled: Compile) -> None:
    (found,) = drive(compiled(CONTRACT), depot(["put-merges"]), phases=_PHASES).run.findings
    assert (found.rule, found.severity) == ("put-keeps-omitted", "note")
    assert found.message.startswith("putCrate was sent nothing of `")
    assert "and getCrate still shows " in found.message


@pytest.mark.parametrize("manner", MANNERS)
def test_a_manner_is_none(compiled: Compile, manner: str) -> None:
    assert drive(compiled(CONTRACT), depot([], [manner]), phases=_PHASES).run.findings == ()


def test_what_two_kinds_of_resources_keep_is_one_note(compiled: Compile) -> None:
    entries = [f"{method} /{name}{end}" for name in ("boxes", "bags") for method, end in _OF_ONE]
    (found,) = drive(compiled({"paths": paths(*entries, body=_BODY)}), Shelves(), phases=_PHASES).run.findings
    assert found.rule == "put-keeps-omitted"
    assert {place.operation for place in found.places} == {"GET /boxes/{id}", "GET /bags/{id}"}


class Defaults(Shelves):
    """A PUT without a note gives the box the note that every new box has."""

    def answer(self, call: Call) -> Answer:
        if call.method == "PUT" and call.path in self.kept and isinstance(call.body, dict):
            self.kept[call.path] = {"note": "no note", **call.body, "id": self.kept[call.path]["id"]}
            return 200, self.kept[call.path]
        return super().answer(call)


@pytest.mark.parametrize(
    ("shelves", "description", "rules"),
    [
        (Shelves, "", ["put-keeps-omitted"]),
        (Shelves, "What is left out stays unchanged: omitted members are kept.", []),
        (Defaults, "", []),
    ],
    ids=["merges", "says that it merges", "has a default"],
)
def test_the_description_decides(compiled: Compile, shelves: type[Shelves], description: str, rules: list[str]) -> None:
    document = {"paths": paths("POST /boxes", "GET /boxes/{id}", "PUT /boxes/{id}", body=_BODY)}
    document["paths"]["/boxes/{id}"]["put"]["description"] = description
    found = drive(compiled(document), shelves(), phases=_PHASES).run.findings
    assert [finding.rule for finding in found] == rules
