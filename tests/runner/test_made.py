"""What a run calls made, and so left: what an answer shows to be new, and not what was only read or changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from clausewise.options import RunOptions
from clausewise.runner.journal import left_in, read_journal
from clausewise.runner.run import Result, run
from clausewise.runner.targets import Target
from clausewise.transport.budget import SAFE_METHODS
from tests.conftest import Compile
from tests.servers.small import Answer, Call, Shelves, app_of, drive, not_offered, paths


def documented(entries: tuple[str, ...], *statuses: int) -> dict[str, Any]:
    """A document whose operations answer with these statuses."""
    found = paths(*entries)
    for item in found.values():
        for operation in item.values():
            operation["responses"] = {str(status): {"description": ""} for status in (*statuses, 400, 404, 405)}
    return {"paths": found}


def run_of(compiled: Compile, document: dict[str, Any], server: Any, **options: Any) -> Result:
    return drive(compiled(document), server, phases=("baseline", "clauses"), **options)


@pytest.mark.parametrize(
    ("entries", "kind"),
    [
        (("POST /container/full/{path}", "GET /container/full/{path}"), "/container/full"),
        (("POST /parties/{id}/prices/{level}", "GET /parties/{id}/prices"), "/parties/{}/prices"),
        (("PUT /parties/{id}/price/{level}", "GET /parties/{id}/price/{level}"), "/parties/{}/price"),
    ],
    ids=lambda each: each[0] if isinstance(each, tuple) else "",
)
@pytest.mark.parametrize(
    ("statuses", "status", "headers", "is_made"),
    [
        ((200, 201), 200, {}, False),
        ((200, 201), 204, {"location": "/elsewhere"}, False),
        ((200, 201), 201, {}, True),
        ((200,), 201, {}, True),
        ((201,), 200, {}, True),
        ((200,), 200, {"location": "{path}"}, True),
    ],
    ids=["read", "read, with another address", "201", "undocumented 201", "documented 201", "Location"],
)
def test_a_path_of_its_own_is_made_where_the_answer_shows_it(
    compiled: Compile,
    entries: tuple[str, ...],
    kind: str,
    statuses: tuple[int, ...],
    status: int,
    headers: dict[str, str],
    is_made: bool,
) -> None:
    def server(call: Call) -> Answer:
        method = entries[0].split()[0]
        if call.method not in (method, "GET"):
            return not_offered(method)
        if call.method == "GET":
            return 404, None
        shown = {name: value.format(path=call.path) for name, value in headers.items()}
        return status, {} if status != 204 else None, shown

    result = run_of(compiled, documented(entries, *statuses, 204), server)
    assert result.written.sent > 1
    assert set(result.left) == set(result.written.made) == ({kind} if is_made else set())


class Papers(Shelves):
    """Papers that were there before; a POST or PUT to the path of one changes it, and makes one where `makes` says so.
    A POST to all of them makes one, and names it in its answer."""

    def __init__(self, *, makes: bool, removes: bool = True) -> None:
        super().__init__()
        self.makes, self.removes = makes, removes
        self.kept = {f"/papers/old-{n}": {"id": f"old-{n}", "text": "precious"} for n in range(3)}
        self.before = dict(self.kept)

    def answer(self, call: Call) -> Answer:
        if call.line == "POST /papers" and isinstance(call.body, dict):
            _, shown, *_ = super().answer(call)
            return 200, shown
        # A name with a slash in it is of none: no DELETE could name it.
        is_one = call.path.startswith("/papers/") and call.path.count("/") == 2
        changes = call.method in ("POST", "PUT") and is_one and isinstance(call.body, dict)
        if changes and (call.path in self.kept or self.makes):
            self.kept.setdefault(call.path, {"id": call.path.rpartition("/")[2]})
            return 200, self.kept[call.path]
        return not_offered("GET") if call.method == "DELETE" and not self.removes else super().answer(call)


@pytest.mark.parametrize("maker", ["POST /papers/{id}", "PUT /papers/{id}"])
@pytest.mark.parametrize("makes", [True, False], ids=["makes", "reads"])
def test_what_was_there_is_not_removed(compiled: Compile, maker: str, makes: bool) -> None:
    server = Papers(makes=makes)
    entries = ("GET /papers", maker, "GET /papers/{id}", "DELETE /papers/{id}")
    # One connection: the order of the requests decides which the limit allows, and some make what no DELETE may name.
    options = {"operations": ("GET /papers", maker), "allow_writes": 40, "connections": 1}
    result = run_of(compiled, documented(entries, 200, 204), server, **options)
    assert any(call.method not in SAFE_METHODS for call in server.calls)
    assert server.kept == server.before and result.left == {}
    assert bool(result.written.removed) is makes


def test_an_answer_that_names_what_was_not_listed_has_made_it(compiled: Compile) -> None:
    server = Papers(makes=True, removes=False)
    result = run_of(compiled, documented(("GET /papers", "POST /papers", "GET /papers/{id}"), 200), server)
    assert sum(result.left.values()) == len(server.kept) - len(server.before) > 1


def test_what_every_answer_names_was_made_once_at_most(compiled: Compile, tmp_path: Path) -> None:
    contract = compiled(documented(("POST /search", "GET /search/{id}"), 200))
    app = app_of(lambda call: (200, {"id": "a"}) if call.method == "POST" else (404, None))
    options = RunOptions(phases=("baseline", "clauses"))
    result = run(contract, Target("app", "small", 4, app), options, journal=tmp_path / "created.ndjson")
    assert result.written.sent > 2
    assert sum(result.left.values()) == len(left_in(read_journal(tmp_path / "created.ndjson"))) <= 1


class Groups(Shelves):
    """Users become members of groups by a PUT, which says 204, new or not."""

    def answer(self, call: Call) -> Answer:
        group, _, user = call.path.partition("/members/")
        if not user or call.method not in ("PUT", "DELETE"):
            return super().answer(call)
        if group not in self.kept or f"/users/{user}" not in self.kept:
            return 404, {"message": "there is no such group, or user"}
        if call.method == "DELETE":
            return (204, None) if self.kept.pop(call.path, None) is not None else (404, {"message": "no member"})
        self.kept[call.path] = {}
        return 204, None


def test_a_relation_is_made_by_its_put_though_its_name_is_anothers(compiled: Compile) -> None:
    server, member = Groups(), "/groups/{group_id}/members/{user_id}"
    entries = ("POST /groups", "GET /groups/{group_id}", "POST /users", "GET /users/{user_id}", f"PUT {member}")
    result = run_of(compiled, {"paths": paths(*entries, f"DELETE {member}")}, server)
    assert result.written.removed.keys() == {"/groups/{}/members"}
    assert not any("/members/" in path for path in server.kept)
