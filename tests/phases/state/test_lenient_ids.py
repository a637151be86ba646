"""A server that takes an id with an ending for the id itself reads ids leniently, and knows which were never made."""

from __future__ import annotations

import base64
import binascii
import itertools
import re
from collections.abc import Callable

import pytest

from clausewise.results.record import Finding
from tests.conftest import Compile
from tests.servers.small import Answer, Call, Shelves, drive, not_offered, paths

_OPERATIONS = (
    *("POST /projects", "GET /projects", "GET /projects/{id}", "PATCH /projects/{id}", "DELETE /projects/{id}"),
    *("POST /projects/{id}/labels", "GET /projects/{id}/labels"),
)


def _as_base64(id: str) -> str:
    """`id` as far as Python decodes it, which leaves out foreign characters and what follows the padding."""
    try:
        return base64.b64encode(base64.b64decode(id)).decode()
    except binascii.Error:
        return ""


def _as_number(id: str) -> str:
    """The digits that `id` begins with."""
    digits = re.match("[0-9]*", id)
    return digits[0] if digits else ""


class _Projects(Shelves):
    """Projects and labels whose ids are written by `write` from a number, and read by `read` from a path."""

    def __init__(self, write: Callable[[int], str], read: Callable[[str], str], *, knows_all: bool = False) -> None:
        super().__init__()
        self._write, self._read, self._knows_all = write, read, knows_all
        self._ids = itertools.count(455)

    def answer(self, call: Call) -> Answer:
        steps = call.path.split("/")
        steps[2::2] = map(self._read, steps[2::2])
        path = "/".join(steps)
        if self._knows_all and len(steps) == 3:
            self.kept.setdefault(path, {"id": steps[2], "name": "made up"})
        if call.method == "POST" and isinstance(call.body, dict) and len(steps) % 2 == 0:
            owner = path.rpartition("/")[0]
            if owner and owner not in self.kept:
                return 404, {"message": f"no {owner}"}
            id = self._write(next(self._ids))
            self.kept[f"{path}/{id}"] = {"name": call.body.get("name"), "id": id}
            return 201, self.kept[f"{path}/{id}"]
        return super().answer(Call(call.method, path, call.body, call.headers))


def _base64_of(number: int) -> str:
    return base64.b64encode(f"Project:{number}".encode()).decode()


def _blamed(compiled: Compile, answer: Callable[[Call], Answer], *operations: str) -> list[Finding]:
    """What a run with all phases finds of the state of the server."""
    documented = paths(*operations)
    for methods in documented.values():
        if "get" in methods:
            methods["get"]["responses"]["200"]["content"] = {"application/json": {"schema": {}}}
    found = drive(compiled({"paths": documented}), answer).run.findings
    rules = {"unknown-id-accepted", "created-not-listed", "created-not-found", "use-after-delete", "foreign-access"}
    return [finding for finding in found if finding.rule in rules]


@pytest.mark.parametrize("removes", [True, False])
@pytest.mark.parametrize(
    ("write", "read", "form"),
    [
        pytest.param(_base64_of, _as_base64, '"UHJvamVjdDo[^"]*="', id="base64"),
        pytest.param(str, _as_number, r'"\d+"', id="numbers"),
        pytest.param(lambda number: f"project-{number}", lambda id: id[:11], r'"project-\d+"', id="cut off"),
    ],
)
def test_it_is_one_note(
    compiled: Compile, write: Callable[[int], str], read: Callable[[str], str], form: str, removes: bool
) -> None:
    operations = [each for each in _OPERATIONS if removes or not each.startswith("DELETE")]
    (note,) = _blamed(compiled, _Projects(write, read), *operations)
    assert (note.rule, note.severity) == ("unknown-id-accepted", "note")
    assert {place.operation for place in note.places} >= {"GET /projects/{id}", "PATCH /projects/{id}"}
    assert note.message.startswith(f"the server reads ids leniently in {len(note.places)} places; for example, ")
    assert re.search(rf"answered 20\d for the project .*: the server ignores what follows the id {form}$", note.message)


@pytest.mark.parametrize("write", [_base64_of, str, lambda number: f"p-{number:06}"])
def test_who_knows_every_id_is_blamed_for_each_operation(compiled: Compile, write: Callable[[int], str]) -> None:
    """It keeps what it is sent, and makes up what it is asked for."""
    found = _blamed(compiled, _Projects(write, str, knows_all=True), *_OPERATIONS[:5])
    blamed = {(each.operations, each.severity) for each in found if each.rule == "unknown-id-accepted"}
    assert blamed == {
        (("GET /projects/{id}",), "error"),
        (("PATCH /projects/{id}",), "error"),
        (("DELETE /projects/{id}",), "warning"),
    }


class _Teams(Shelves):
    """Teams to which a tag can be given by a PUT: one that the server has, or whose id begins with `new`; `read` gives
    the tag that an id means. One that `forgets` gives every team its own tags and no others."""

    def __init__(self, read: Callable[[str], str], new: str = "-", *, forgets: bool = False) -> None:
        super().__init__()
        self._read, self._new, self._forgets = read, new, forgets
        self._tags = [_base64_of(number) for number in (455, 456)]

    def answer(self, call: Call) -> Answer:
        steps = call.path.split("/")
        if call.path == "/tags":
            return (200, [{"id": id} for id in self._tags]) if call.method == "GET" else not_offered("GET")
        if len(steps) < 4 or steps[1] != "teams":
            return super().answer(call)
        if "/".join(steps[:3]) not in self.kept:
            return 404, {"message": "no such team"}
        return self._given("/".join(steps[:4]), call) if len(steps) == 4 else self._one_tag(steps, call)

    def _given(self, path: str, call: Call) -> Answer:
        own = [{"id": id} for id in self._tags] if self._forgets else []
        given = [one for place, one in self.kept.items() if place.startswith(f"{path}/")]
        return (200, own + given) if call.method == "GET" else not_offered("GET")

    def _one_tag(self, steps: list[str], call: Call) -> Answer:
        id = self._read("/".join(steps[4:]))
        path = f"{'/'.join(steps[:4])}/{id}"
        if id not in self._tags and not id.strip().lower().startswith(self._new):
            return 404, {"message": "no such tag"}
        if call.method == "PUT":
            self.kept |= {} if self._forgets else {path: {"id": id}}
            return 204, None
        if call.method == "DELETE":
            return (404, {"message": "not given"}) if self.kept.pop(path, None) is None else (204, None)
        return not_offered("PUT", "DELETE")


_GIVING = (
    *("GET /tags", "GET /tags/{tag_id}", "POST /teams", "GET /teams/{team_id}", "DELETE /teams/{team_id}"),
    *("GET /teams/{team_id}/tags", "PUT /teams/{team_id}/tags/{tag_id}", "DELETE /teams/{team_id}/tags/{tag_id}"),
)


def test_what_is_given_by_an_id_with_an_ending_is_listed_by_the_id(compiled: Compile) -> None:
    (note,) = _blamed(compiled, _Teams(_as_base64), *_GIVING)
    assert (note.rule, note.severity) == ("unknown-id-accepted", "note")
    assert re.search(r'the tag "UHJvamVjdDo0NTU=-.*": the server ignores .* "UHJvamVjdDo0NTU="$', note.message)


def test_what_a_server_forgets_is_missed(compiled: Compile) -> None:
    """Also where the list shows the one whose id it varies: what has a name of its own is not there either."""
    (error,) = _blamed(compiled, _Teams(str, "uhjvamvjddo", forgets=True), *_GIVING)
    assert (error.rule, error.severity) == ("created-not-listed", "error")
    assert re.search(r'does not show "UHJvamVjdDo\w+=*", after PUT', error.message)


@pytest.mark.parametrize("write", [str.upper, lambda name: f" {name} "])
def test_a_name_may_be_listed_in_capitals_or_with_blanks(compiled: Compile, write: Callable[[str], str]) -> None:
    assert _blamed(compiled, _Teams(write, ""), *_GIVING) == []
