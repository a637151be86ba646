"""What the user names undoes each thing that a run opened: by what names it, beside the path too, and as often as it
was opened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from clausewise.contract.contract import Contract
from clausewise.options import RunOptions
from clausewise.runner.journal import left_in, read_journal
from clausewise.runner.run import Result, run
from clausewise.runner.targets import Target
from tests.conftest import Compile
from tests.servers.small import Answer, Call, app_of, paths


def members(**schemas: str) -> dict[str, Any]:
    """A body with these members, all required."""
    return {
        "type": "object",
        "required": list(schemas),
        "properties": {name: {"type": kind} for name, kind in schemas.items()},
    }


class Rooms:
    """Tables that are opened in rooms, several in one, and closed there one at a time. Each answer to an opening is
    made by `answer`, and each closing says by `wanted` which table it means; None for the last one of the room."""

    def __init__(self, answer: Any = None, wanted: Any = None, *, stuck: bool = False) -> None:
        self.answer, self.wanted, self.stuck = answer, wanted, stuck
        self.open: list[tuple[str, Any]] = []
        self.opened = 0

    def __call__(self, call: Call) -> Answer:
        _, _, room, what = call.path.split("/")
        if call.method == "POST" and what in ("open", "tables"):
            named = call.body.get("table", 0 if "guest" in call.body else None) if isinstance(call.body, dict) else None
            if not isinstance(named, int) or isinstance(named, bool):
                return 400, {}
            self.opened += 1
            shown = self.answer(self.opened) if self.answer else None
            self.open.append((room, self.opened if shown else call.body.get("table")))
            return (201, shown) if shown else (204, None)
        if what not in ("close", "tables"):
            return 404, {}
        here = [table for place, table in self.open if place == room]
        table = self.wanted(call) if self.wanted else (here or [None])[-1]
        if table not in here:
            return 404, {"message": "there is no such table"}
        if self.stuck and table % 2:
            return 403, {"message": "it cannot be closed"}
        self.open.remove((room, table))
        return 200, {}


def document(opening: str, closing: str, opens: Any, closes: Any, query: str = "") -> dict[str, Any]:
    found = paths(opening, body=opens)
    for path, item in paths(closing, body=closes).items():
        found.setdefault(path, {}).update(item)
    method, _, path = closing.partition(" ")
    if query:
        named = {"name": query, "in": "query", "required": True, "schema": {"type": "integer"}}
        found[path][method.lower()]["parameters"].append(named)
    return {"paths": found}


def open_and_close(contract: Contract, server: Rooms, journal: Path, **options: Any) -> Result:
    (opening, closing) = (operation.key for operation in contract.operations)
    cleanup, phases = {opening: closing}, ("baseline", "clauses")
    target = Target("app", "rooms", options.pop("connections", 4), app_of(server, seconds=0.001))
    settings = RunOptions(operations=(opening,), cleanup=cleanup, phases=phases, **options)
    return run(contract, target, settings, journal=journal)


_OPEN, _CLOSE = "POST /rooms/{room}/open", "POST /rooms/{room}/close"
_TABLE = members(table="integer")


def body(call: Call) -> Any:
    return call.body.get("table") if isinstance(call.body, dict) else None


@pytest.mark.parametrize(
    ("opens", "closes", "answer", "wanted"),
    [
        (members(guest="string"), _TABLE, lambda number: {"table": number}, body),
        (members(guest="string"), _TABLE, lambda number: {"seat": {"table": number}}, body),
        (members(guest="string"), members(table="string"), lambda number: {"table": number}, lambda c: int(body(c))),
        (
            members(guest="string"),
            {**members(at="object"), "properties": {"at": _TABLE}},
            lambda number: {"table": number},
            lambda call: call.body["at"]["table"],
        ),
        (_TABLE, _TABLE, None, body),
        (_TABLE, members(reason="string"), None, None),
    ],
    ids=["in the answer", "inside of it", "as a text", "inside of the body", "in the request", "nowhere: the last one"],
)
@pytest.mark.parametrize("connections", [1, 8])
def test_each_of_several_in_one_place_is_undone(
    compiled: Compile, tmp_path: Path, opens: Any, closes: Any, answer: Any, wanted: Any, connections: int
) -> None:
    server = Rooms(answer, wanted)
    contract = compiled(document(_OPEN, _CLOSE, opens, closes))
    result = open_and_close(contract, server, tmp_path / "created.ndjson", connections=connections)
    assert server.opened > 3 and server.open == []
    assert sum(result.written.made.values()) == sum(result.written.removed.values()) == server.opened
    assert result.left == {} and left_in(read_journal(tmp_path / "created.ndjson")) == []


@pytest.mark.parametrize("query", ["id", "tableId", "table_id"])
def test_the_query_may_name_it(compiled: Compile, tmp_path: Path, query: str) -> None:
    def wanted(call: Call) -> int:
        return int(call.query.partition(f"{query}=")[2] or 0)

    server = Rooms(lambda number: {"id": number}, wanted)
    found = document("POST /rooms/{room}/tables", "DELETE /rooms/{room}/tables", members(guest="string"), None, query)
    result = open_and_close(compiled(found), server, tmp_path / "created.ndjson")
    assert server.opened > 3 and server.open == [] and result.left == {}


def test_what_stays_is_listed_each_by_itself(compiled: Compile, tmp_path: Path) -> None:
    server = Rooms(lambda number: {"table": number}, body, stuck=True)
    contract = compiled(document(_OPEN, _CLOSE, members(guest="string"), _TABLE))
    result = open_and_close(contract, server, tmp_path / "created.ndjson", connections=1)
    left = left_in(read_journal(tmp_path / "created.ndjson"))
    assert sum(result.left.values()) == len(server.open) == len(left) > 1
    assert len({each.undo for each in left}) == len(left)


def test_a_table_that_nothing_names_is_not_gone_because_another_is_not_known(compiled: Compile, tmp_path: Path) -> None:
    """The closing wants a number, which neither the answer nor the request has."""
    server = Rooms(None, body)
    contract = compiled(document(_OPEN, _CLOSE, members(guest="string"), _TABLE))
    result = open_and_close(contract, server, tmp_path / "created.ndjson")
    assert server.open and sum(result.left.values()) == len(server.open)


def test_a_put_makes_the_same_again(compiled: Compile, tmp_path: Path) -> None:
    class Locks(Rooms):
        def __call__(self, call: Call) -> Answer:
            name, _, what = call.path.removeprefix("/locks/").partition("/")
            if call.method == "PUT" and not what:
                self.opened += 1
                self.open = [*(each for each in self.open if each[0] != name), (name, None)]
                return 204, None
            if (name, None) not in self.open:
                return 409, {"message": "it is not locked"}
            self.open.remove((name, None))
            return 200, {}

    server = Locks()
    contract = compiled(document("PUT /locks/{name}", "POST /locks/{name}/release", members(why="string"), None))
    result = open_and_close(contract, server, tmp_path / "created.ndjson", values={"name": "door"}, connections=1)
    assert server.opened > 1 and server.open == [] and result.left == {}
