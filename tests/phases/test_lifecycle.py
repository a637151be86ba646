"""The phase `lifecycle`: what was made, changed or removed shows in what comes after, unless it is yet to be done."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import msgspec
import pytest

from clausewise.phases.state.kind import Kind
from tests.conftest import Compile
from tests.servers.small import Answer, Call, Shelves, drive, not_offered, paths

_ALL = ("POST /boxes", "GET /boxes", "GET /boxes/{id}", "PUT /boxes/{id}", "DELETE /boxes/{id}")
_JSON = {"description": "", "content": {"application/json": {"schema": {}}}}


class Forgetful(Shelves):
    """Answers `status` to one method and does nothing then."""

    def __init__(self, method: str, status: int) -> None:
        super().__init__()
        self._method, self._status = method, status

    def answer(self, call: Call) -> Answer:
        right = call.method == "DELETE" or (isinstance(call.body, dict) and isinstance(call.body.get("name"), str))
        where = call.path == "/boxes" if call.method == "POST" else call.path in self.kept
        if call.method != self._method or not right or not where:
            return super().answer(call)
        return self._status, {**(call.body or {}), "id": "a1"} if call.method == "POST" else None


@pytest.mark.parametrize(
    ("method", "status", "rules"),
    [
        ("POST", 201, {"created-not-found"}),
        ("POST", 202, set()),
        ("PUT", 204, {"update-not-visible"}),
        ("PUT", 202, set()),
        ("DELETE", 204, {"use-after-delete"}),
        ("DELETE", 202, set()),
    ],
    ids=lambda value: str(value) if isinstance(value, (str, int)) else "",
)
def test_what_is_accepted_for_later_is_not_missed_at_once(
    compiled: Compile, method: str, status: int, rules: set[str]
) -> None:
    document = {"paths": paths(*_ALL)}
    for item in document["paths"].values():
        for operation in item.values():
            operation["responses"] |= {"200": _JSON, "201": _JSON, "202": {"description": "later"}}
    found = drive(compiled(document), Forgetful(method, status), phases=("baseline", "lifecycle")).run.findings
    assert {finding.rule for finding in found} == rules


def test_types_of_the_same_noun_have_exchange_ids_of_their_own(compiled: Compile) -> None:
    owners = [f"{method} /{owner}" for owner in ("cars", "ships") for method in ("POST", "GET")]
    parts = [f"{entry}/{{id}}/parts" for entry in owners]
    one = [f"GET /{owner}/{{id}}/parts/{{part}}" for owner in ("cars", "ships")]
    shelves = Shelves()
    result = drive(compiled({"paths": paths(*owners, *parts, *one)}), shelves, phases=("baseline", "lifecycle"))
    of_phase = [exchange for exchange in result.exchanges if exchange.probe and exchange.probe.phase == "lifecycle"]
    of_cars, of_ships = (sum(owner in each.request.target for each in of_phase) for owner in ("/cars", "/ships"))
    assert of_cars == of_ships > 0
    assert {exchange.id.rpartition("-")[0] for exchange in of_phase} == {
        "lifecycle of car",
        "lifecycle of ship",
        "lifecycle of /cars/{}/parts/{}",
        "lifecycle of /ships/{}/parts/{}",
    }


class Owning(Shelves):
    """Keeps `made` and `label` as they were at first, whatever an update says of them."""

    def answer(self, call: Call) -> Answer:
        if isinstance(call.body, dict) and call.method == "POST":
            call = msgspec.structs.replace(call, body={**call.body, "made": "by the server", "label": "first"})
        elif isinstance(call.body, dict) and call.path in self.kept:
            shown = self.kept[call.path]
            call = msgspec.structs.replace(call, body={**call.body, "made": shown["made"], "label": shown["label"]})
        return super().answer(call)


_TEXT = {"type": "string"}


@pytest.mark.parametrize(
    ("members", "rules"),
    [
        pytest.param({"made": {**_TEXT, "readOnly": True}}, set(), id="read-only"),
        pytest.param({"made": {"$ref": "#/components/schemas/Made"}}, set(), id="read-only by reference"),
        pytest.param({"label": _TEXT}, {"update-not-visible", "echo-mismatch"}, id="not read-only"),
    ],
)
def test_what_only_the_server_sets_need_not_change(compiled: Compile, members: dict[str, Any], rules: set[str]) -> None:
    body = {"type": "object", "required": ["name", *members], "properties": {"name": _TEXT, **members}}
    schemas = {"Made": {**_TEXT, "readOnly": True}}
    document = {"paths": paths(*_ALL, body=body), "components": {"schemas": schemas}}
    for item in document["paths"].values():
        for operation in item.values():
            operation["responses"] |= {"200": _JSON, "201": _JSON}
    found = drive(compiled(document), Owning(), phases=("baseline", "lifecycle")).run.findings
    assert {finding.rule for finding in found} == rules


class Resetting(Shelves):
    """An action leaves a box without its name, where it `forgets`."""

    def __init__(self, forgets: bool) -> None:
        super().__init__()
        self._forgets = forgets

    def answer(self, call: Call) -> Answer:
        box, _, action = call.path.rpartition("/")
        if action != "reset":
            return super().answer(call)
        if call.method != "POST":
            return not_offered("POST")
        if box not in self.kept:
            return 404, {"message": "not here"}
        if self._forgets:
            self.kept[box] = {**self.kept[box], "name": False}
        return 204, None


@pytest.mark.parametrize("forgets", [True, False])
def test_a_resource_is_shown_after_an_action_on_it(compiled: Compile, forgets: bool) -> None:
    document = {"paths": paths(*_ALL, "POST /boxes/{id}/reset")}
    del document["paths"]["/boxes/{id}/reset"]["post"]["requestBody"]
    box = {"type": "object", "properties": {"name": {"type": "string"}}}
    shown = {"description": "", "content": {"application/json": {"schema": box}}}
    get = document["paths"]["/boxes/{id}"]["get"]
    get["responses"] = {**get["responses"], "200": shown}
    found = drive(compiled(document), Resetting(forgets), phases=("baseline", "lifecycle")).run.findings
    assert [(each.rule, each.where) for each in found] == [("response-schema", "response.200.body.name")] * forgets


@pytest.mark.parametrize(("method", "status"), [("DELETE", 400), ("DELETE", 404), ("PUT", 404), ("PUT", 409)])
@pytest.mark.parametrize("documented", [True, False])
def test_a_deleted_resource_is_changed_and_deleted_once_more(
    compiled: Compile, method: str, status: int, documented: bool
) -> None:
    document = {"paths": paths(*_ALL)}
    operation = document["paths"]["/boxes/{id}"][method.lower()]
    operation["responses"] = {key: value for key, value in operation["responses"].items() if key != str(status)}
    operation["responses"] |= {str(status): {"description": ""}} if documented else {}
    shelves = Shelves()

    def answer(call: Call) -> Answer:
        if call.method == method and call.path.count("/") == 2 and call.path not in shelves.kept:
            return status, {"message": "gone"}
        return shelves.answer(call)

    found = drive(compiled(document), answer, phases=("baseline", "lifecycle")).run.findings
    assert [(each.rule, each.operations) for each in found] == [
        ("undocumented-status", (f"{method} /boxes/{{id}}",))
    ] * (not documented)


@pytest.mark.parametrize("fails", [True, False])
def test_what_is_gone_is_removed_once_more(compiled: Compile, fails: bool) -> None:
    """Nothing makes a cart, so that it has no life of its own to be followed."""
    filled = [True]

    def answer(call: Call) -> Answer:
        if call.method != "DELETE":
            return not_offered("DELETE")
        if filled:
            filled.clear()
            return 204, None
        return (500 if fails else 404), {"message": "there is no cart"}

    findings = drive(compiled({"paths": paths("DELETE /cart")}), answer, phases=("baseline", "clauses")).run.findings
    assert [finding.rule for finding in findings] == (["server-error"] if fails else [])


class Late(Shelves):
    """Shows what was made, changed or removed only to the second reader."""

    def __init__(self) -> None:
        super().__init__()
        self._before: dict[str, Answer] = {}

    def answer(self, call: Call) -> Answer:
        if call.method == "GET":
            early = self._before.pop(call.path, None)
            return early if early is not None else super().answer(call)
        known = {path: super(Late, self).answer(Call("GET", path, None, {})) for path in ("/boxes", call.path)}
        answer = super().answer(call)
        if answer[0] == 201:
            known[f"/boxes/{answer[1]['id']}"] = 404, {"message": "not here yet"}
        self._before |= {path: before for path, before in known.items() if before[0] in (200, 404)}
        return answer


def test_what_shows_a_little_later_is_not_missed(compiled: Compile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Kind, "later", 0.01)
    found = drive(compiled({"paths": paths(*_ALL)}), Late(), phases=("baseline", "lifecycle")).run.findings
    assert [finding.message for finding in found] == []


class Lasting(Shelves):
    """Lists its things in pages of two, and what was deleted as well where it `keeps` that."""

    def __init__(self, name: str, *, keeps: bool) -> None:
        super().__init__()
        self._name, self._keeps = name, keeps
        self._ever: dict[str, dict[str, Any]] = {}

    def answer(self, call: Call) -> Answer:
        status, value, *more = super().answer(call)
        self._ever |= self.kept
        if call.line != "GET /boxes":
            return (status, value, more[0]) if more else (status, value)
        boxes = list((self._ever if self._keeps else self.kept).values())
        asked = int(dict(parse_qsl(call.query)).get(self._name, "1" if self._name == "page" else "0"))
        start = 2 * (asked - 1) if self._name == "page" else asked
        return 200, {"boxes": boxes[start : start + 2], "next": start + 2 if start + 2 < len(boxes) else None}


@pytest.mark.parametrize("keeps", [False, True])
@pytest.mark.parametrize("name", ["page", "offset", "cursor"])
def test_what_is_gone_is_on_no_page(compiled: Compile, name: str, keeps: bool) -> None:
    document = {"paths": paths("POST /boxes", "GET /boxes", "GET /boxes/{id}", "DELETE /boxes/{id}")}
    query = {"name": name, "in": "query", "schema": {"type": "integer", "minimum": 0}}
    document["paths"]["/boxes"]["get"] |= {"parameters": [query], "responses": {"200": _JSON}}
    result = drive(compiled(document), Lasting(name, keeps=keeps), phases=("baseline", "lifecycle"))
    assert [finding.rule for finding in result.run.findings] == (["use-after-delete"] if keeps else [])


class Rooms(Shelves):
    """Keeps boxes in rooms, which the query of a request names, or the body of the one that makes a box."""

    def __init__(self, *, in_body: bool, hides: bool) -> None:
        super().__init__()
        self._in_body, self._hides = in_body, hides

    def answer(self, call: Call) -> Answer:
        """Lists show the boxes of one room; those of none, where it `hides` them."""
        room = dict(parse_qsl(call.query)).get("room")
        made = call.body.get("room") if isinstance(call.body, dict) and self._in_body else room
        if call.path == "/boxes" and not (made if call.method == "POST" else room):
            return 400, {"message": "a room is wanted"}
        if call.method == "GET" and call.path == "/boxes":
            kept = [one for one in self.kept.values() if one["in"] == room and not self._hides]
            return 200, [{"id": one["id"], "name": one["name"]} for one in kept]
        status, value, *more = super().answer(call)
        if call.method == "POST" and status == 201:
            self.kept[f"{call.path}/{value['id']}"]["in"] = made
        return (status, value, *more)


@pytest.mark.parametrize("hides", [False, True], ids=["shown", "hidden"])
@pytest.mark.parametrize("in_body", [False, True], ids=["query", "body"])
def test_a_list_is_asked_for_the_part_in_which_a_thing_was_made(compiled: Compile, in_body: bool, hides: bool) -> None:
    room = {"name": "room", "in": "query", "required": True, "schema": {"type": "string", "minLength": 1}}
    body = {
        "type": "object", "required": ["name", "room"] if in_body else ["name"],
        "properties": {"name": {"type": "string"}, "room": {"type": "string", "minLength": 1}},
    }  # fmt: skip
    document = {"paths": paths("POST /boxes", "GET /boxes", "GET /boxes/{id}", body=body)}
    for item in document["paths"].values():
        for operation in item.values():
            operation["responses"] |= {"200": _JSON, "201": _JSON}
    for method in ("get",) if in_body else ("get", "post"):
        document["paths"]["/boxes"][method]["parameters"] = [room]
    server = Rooms(in_body=in_body, hides=hides)
    found = drive(compiled(document), server, phases=("baseline", "lifecycle")).run.findings
    assert {finding.rule for finding in found} == ({"created-not-listed"} if hides else set())


def test_what_an_array_describes_is_followed(compiled: Compile) -> None:
    server = Shelves()

    def answer(call: Call) -> Answer:
        if call.line != "POST /alerts":
            return server(call)
        items = call.body if isinstance(call.body, list) else []
        if not items or not all(isinstance(one, dict) and isinstance(one.get("name"), str) for one in items):
            return 400, {"message": "alerts are wanted"}
        return server(Call("POST", "/alerts", items[0], call.headers))

    text = {"type": "string", "minLength": 1, "maxLength": 40}
    one = {"type": "object", "required": ["name"], "properties": {"name": text}}
    body = {"type": "array", "minItems": 1, "items": one}
    document = {"paths": paths("POST /alerts", "GET /alerts", "GET /alerts/{id}", "DELETE /alerts/{id}", body=body)}
    for item in document["paths"].values():
        for operation in item.values():
            operation["responses"] |= {"200": _JSON, "201": _JSON}
    result = drive(compiled(document), answer, phases=("baseline", "lifecycle"))
    assert result.stopped is None and result.run.findings == ()


@pytest.mark.parametrize("hides", [False, True], ids=["in another part", "in no part"])
def test_a_list_is_asked_for_its_other_parts_before_a_thing_is_missed(compiled: Compile, hides: bool) -> None:
    server = Shelves()

    def answer(call: Call) -> Answer:
        if call.line != "GET /boxes":
            return server(call)
        return 200, server(call)[1] if ("state", "draft") in parse_qsl(call.query) and not hides else []

    document = {"paths": paths("POST /boxes", "GET /boxes", "GET /boxes/{id}")}
    state = {"name": "state", "in": "query", "schema": {"enum": ["open", "draft"], "default": "open"}}
    document["paths"]["/boxes"]["get"] |= {"parameters": [state], "responses": {"200": _JSON}}
    result = drive(compiled(document), answer, phases=("baseline", "lifecycle"))
    told = {finding.rule for finding in result.run.findings}
    assert told == ({"created-not-listed"} if hides else set())


@pytest.mark.parametrize("forgets", [False, True], ids=["makes another", "changes nothing"])
def test_a_put_that_makes_another_thing_changes_none(compiled: Compile, forgets: bool) -> None:
    """What is put below /boxes/{id} is a new box inside of it, whose id the answer tells."""
    server = Shelves()

    def answer(call: Call) -> Answer:
        if call.method != "PUT" or call.path not in server.kept or not isinstance(call.body, dict):
            return server(call)
        made = server(Call("POST", "/boxes", call.body, call.headers))
        return (200, server.kept[call.path]) if forgets else (200, made[1])

    found = drive(compiled({"paths": paths(*_ALL)}), answer, phases=("baseline", "lifecycle")).run.findings
    assert ("update-not-visible" in {finding.rule for finding in found}) is forgets


class Labelled(Shelves):
    """Shows each box beside the labels of its members; keeps no change of them, where it `forgets`."""

    def __init__(self, *, forgets: bool) -> None:
        super().__init__()
        self._forgets = forgets

    def _one(self, call: Call) -> Answer:
        if call.method == "PUT" and self._forgets and isinstance(call.body, dict):
            return 200, {}
        status, value, *_ = super()._one(call)
        shown = {"labels": dict.fromkeys(value, "A label"), "result": value} if status == 200 else value
        return status, shown


@pytest.mark.parametrize("forgets", [False, True])
def test_a_box_is_read_where_it_stands_and_not_in_what_is_beside_it(compiled: Compile, forgets: bool) -> None:
    document = {"paths": paths(*_ALL)}
    for item in document["paths"].values():
        for operation in item.values():
            operation["responses"] |= {"200": _JSON, "201": _JSON}
    found = drive(compiled(document), Labelled(forgets=forgets)).run.findings
    assert {finding.rule for finding in found} & {"update-not-visible", "echo-mismatch"} == (
        {"update-not-visible"} if forgets else set()
    )
