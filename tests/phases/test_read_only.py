"""Whether a client can set read-only members: servers that ignore, refuse and keep them."""

from __future__ import annotations

import copy
import itertools
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clausewise.options import RunOptions
from clausewise.runner import run, targets
from tests.conftest import Compile
from tests.servers.faulty_cluster import serve
from tests.servers.small import Answer, Call, app_of, drive, not_offered, paths

_MARK = {"readOnly": True}
_BOX: dict[str, Any] = {
    "type": "object",
    "required": ["id", "name", "size"],
    "properties": {
        "id": {"allOf": [{"type": "integer"}, _MARK]},
        "name": {"type": "string", "maxLength": 40},
        "made": {"type": "string", "format": "date-time", **_MARK},
        "sealed": {"type": "boolean", **_MARK},
        "state": {"$ref": "#/components/schemas/State"},
        "role": {"type": "string", "description": "shown where it is not the usual one", **_MARK},
        "size": {"type": "object", "required": ["high"], "properties": {"high": {"type": "integer"}, "by": _MARK}},
    },
}
_STATE = {"type": "string", "enum": ["new", "full", "sent"], **_MARK}
_ENTRIES = ("POST /boxes", "GET /boxes", "GET /boxes/{id}", "PUT /boxes/{id}", "DELETE /boxes/{id}")


def _document(*entries: str) -> dict[str, Any]:
    body = {"$ref": "#/components/schemas/Box"}
    shown = {"description": "", "content": {"application/json": {"schema": {}}}}
    document = {
        "paths": paths(*(entries or _ENTRIES), body=body),
        "components": {"schemas": {"State": _STATE, "Box": _BOX}},
    }
    for item in document["paths"].values():
        for operation in item.values():
            operation["responses"] = {**operation["responses"], "200": shown, "201": shown, "415": {"description": ""}}
    return document


class Boxes:
    """Keeps boxes. Of the read-only members in a request, it keeps those that `kept` names, in requests with one of the
    `methods`; the others are ignored, or refused where it is `strict`."""

    def __init__(self, kept: tuple[str, ...] = (), methods: tuple[str, ...] = ("POST",), strict: bool = False) -> None:
        self._keeps, self._methods, self._strict = kept, methods, strict
        self._boxes: dict[str, dict[str, Any]] = {}
        self._numbers = itertools.count(1)
        #: whether the answer to a request repeats what it had, as nobody stores it
        self.repeats = False
        #: what every new box says of its state
        self.states = itertools.cycle(["new"])

    def __call__(self, call: Call) -> Answer:
        if call.path == "/boxes":
            if call.method == "GET":
                return 200, [*self._boxes.values()]
            return self._written(call, None) if call.method == "POST" else not_offered("GET", "POST")
        key = call.path.removeprefix("/boxes/")
        if key not in self._boxes:
            return 404, {"message": "no such box"}
        if call.method == "DELETE":
            del self._boxes[key]
            return 204, None
        if call.method == "PUT":
            return self._written(call, key)
        return (200, self._boxes[key]) if call.method == "GET" else not_offered("GET", "PUT", "DELETE")

    def _written(self, call: Call, key: str | None) -> Answer:
        body = call.body
        if call.headers.get("content-type") != "application/json":
            return 415, {"message": "JSON is wanted"}
        size = body.get("size") if isinstance(body, dict) else None
        high = size.get("high") if isinstance(size, dict) else None
        is_whole = isinstance(high, int | float) and not isinstance(high, bool) and high == int(high)
        if not is_whole or not isinstance(body.get("name"), str) or len(body["name"]) > 40:
            return 400, {"message": "a name and a size are wanted"}
        own = {"id": next(self._numbers), "made": "2020-02-02T00:00:00Z", "sealed": False, "state": next(self.states)}
        box: dict[str, Any] = copy.deepcopy(self._boxes[key]) if key is not None else {**own, "size": {"by": "us"}}
        box["name"], box["size"]["high"] = body["name"], high
        for place in ("id", "made", "sealed", "state", "role", "size.by"):
            outer, _, name = place.rpartition(".")
            sent = body[outer] if outer else body
            if name not in sent:
                continue
            if place in self._keeps and call.method in self._methods and (place != "id" or key is None):
                (box[outer] if outer else box)[name] = sent[name]
            elif self._strict:
                return 400, {"message": f"{place} is not yours to set"}
        self._boxes[str(box["id"])] = box
        return 200 if key is not None else 201, {**box, **body} if self.repeats else box


_PHASES = ("baseline", "lifecycle")


@pytest.mark.parametrize("strict", [False, True], ids=["ignores", "refuses"])
def test_servers_that_keep_nothing(compiled: Compile, strict: bool) -> None:
    result = drive(compiled(_document()), Boxes(strict=strict), phases=("baseline", "clauses", "lifecycle"))
    assert [finding.message for finding in result.run.findings] == []


@pytest.mark.parametrize("strict", [False, True], ids=["ignores the others", "refuses the others"])
@pytest.mark.parametrize(
    ("place", "method"),
    # An update does not rename a box.
    [("id", "POST"), *itertools.product(("made", "sealed", "state", "role", "size.by"), ("POST", "PUT"))],
)
def test_a_member_that_is_kept(compiled: Compile, place: str, method: str, strict: bool) -> None:
    found = drive(compiled(_document()), Boxes((place,), (method,), strict), phases=_PHASES).run.findings
    assert [(finding.rule, finding.severity) for finding in found] == [("read-only-writable", "error")]
    assert f"a client can set `{place}`, which is read-only" in found[0].message
    assert f"{method} /boxes" in found[0].message
    at = found[0].location
    assert at is not None
    line = Path(at.file).read_text(encoding="utf-8").splitlines()[at.line - 1]
    assert line[at.column - 1 :].startswith('"readOnly"')


def test_members_that_are_kept_are_one_finding_with_each_of_them(compiled: Compile) -> None:
    server = Boxes(("made", "role"), ("POST", "PUT"))
    with serve(app_of(server)) as url:
        options = RunOptions(phases=_PHASES)
        found = run.run(compiled(_document()), targets.url_target(url, 4), options).run.findings
    assert [finding.rule for finding in found] == ["read-only-writable"]
    assert found[0].message.startswith("the server takes what is read-only in 2 places; for example, a client can set ")
    assert {place.where.rpartition(".")[2] for place in found[0].places} == {"made", "role"}
    assert len({place.fault for place in found[0].places}) == 2


def _by_chance() -> Boxes:
    """Gives each box one of the states by chance."""
    server = Boxes()
    server.states = itertools.cycle(random.Random(0).choices(["new", "full", "sent"], k=100))
    return server


def _repeating() -> Boxes:
    server = Boxes()
    server.repeats = True
    return server


@pytest.mark.parametrize("server", [_by_chance, _repeating], ids=["a coincidence", "an answer that is not stored"])
def test_what_only_looks_like_it(compiled: Compile, server: Callable[[], Boxes]) -> None:
    found = drive(compiled(_document()), server(), phases=_PHASES).run.findings
    assert "read-only-writable" not in {finding.rule for finding in found}


def test_where_nothing_can_be_read_the_answer_itself_shows_it(compiled: Compile) -> None:
    document = _document("POST /boxes", "DELETE /boxes/{id}")
    found = drive(compiled(document), Boxes(("role",)), phases=_PHASES).run.findings
    assert [finding.rule for finding in found] == ["read-only-writable"]
