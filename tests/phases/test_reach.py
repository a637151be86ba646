"""Operations that are reached although contract and answers tell little of what they need."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.conftest import Compile
from tests.servers.small import Answer, Call, Shelves, drive, paths

_TEXT = {"type": "string"}


class Named(Shelves):
    """Keeps things by the name that they were posted with, and answers to their making with `said`."""

    def __init__(self, said: Any, status: int = 200) -> None:
        super().__init__()
        self._said = said
        self._status = status

    def _collection(self, call: Call) -> Answer:
        if call.method != "POST":
            return super()._collection(call)
        if not isinstance(call.body, dict) or not isinstance(call.body.get("name"), str):
            return 400, {"message": "name missing"}
        self.kept[f"{call.path}/{call.body['name']}"] = {"name": call.body["name"]}
        return self._status, self._said

    def _one(self, call: Call) -> Answer:
        return (200, self.kept[call.path]) if call.method == "GET" else super()._one(call)


@pytest.mark.parametrize(
    ("said", "status"),
    [({}, 200), ({"ok": True}, 201), ({"result": {"took": 3}}, 200), (None, 204), ([], 201)],
    ids=["nothing", "a flag", "an envelope of other things", "no body", "an empty list"],
)
@pytest.mark.parametrize("parameter", ["database", "dbName", "id"])
def test_what_no_answer_names_is_called_as_it_was_posted(
    compiled: Compile, said: Any, status: int, parameter: str
) -> None:
    entries = ("POST /dbs", f"GET /dbs/{{{parameter}}}", f"POST /dbs/{{{parameter}}}/tables")
    shelves = Named(said, status)
    result = drive(compiled({"paths": paths(*entries)}), shelves, phases=("baseline", "lifecycle"))
    assert result.run.coverage.operations.accepted == len(entries)
    assert not result.run.findings


def test_a_posted_name_is_no_promise(compiled: Compile) -> None:
    """The server keeps things by a number that only its list tells."""

    class Numbering(Shelves):
        def _collection(self, call: Call) -> Answer:
            status, value, *_ = super()._collection(call)
            return (201, {"ok": True}) if call.method == "POST" and status == 201 else (status, value)

    entries = ("POST /boxes", "GET /boxes", "GET /boxes/{id}", "PUT /boxes/{id}", "DELETE /boxes/{id}")
    result = drive(compiled({"paths": paths(*entries)}), Numbering(), phases=("baseline", "lifecycle"))
    assert result.run.coverage.operations.accepted == len(entries)
    assert not result.run.findings


def test_what_is_known_by_its_posted_name_may_be_listed_otherwise(compiled: Compile) -> None:
    class Numbered(Named):
        def _collection(self, call: Call) -> Answer:
            return (200, [{"size": 1} for _ in self.kept]) if call.method == "GET" else super()._collection(call)

    entries = ("POST /dbs", "GET /dbs", "GET /dbs/{database}")
    result = drive(compiled({"paths": paths(*entries)}), Numbered({}), phases=("baseline", "lifecycle"))
    assert result.run.coverage.operations.accepted == len(entries)
    assert not result.run.findings


def test_a_put_makes_what_no_post_does(compiled: Compile) -> None:
    class Putting(Shelves):
        def answer(self, call: Call) -> Answer:
            if call.line == "POST /buckets":
                return 400, {"message": "no"}
            if call.method == "PUT" and isinstance(call.body, dict):
                made = call.path not in self.kept
                self.kept[call.path] = {**call.body, "id": call.path.rpartition("/")[2]}
                return 201 if made else 200, self.kept[call.path]
            return super().answer(call)

    entries = ("POST /buckets", "PUT /buckets/{bucket}", "GET /buckets/{bucket}", "DELETE /buckets/{bucket}")
    shelves = Putting()
    result = drive(compiled({"paths": paths(*entries)}), shelves, phases=("baseline", "clauses", "lifecycle"))
    assert result.run.coverage.operations.accepted == 3
    deleted = [call for call in shelves.calls if call.method == "DELETE"]
    assert len({call.path for call in deleted}) > 1, "each request of the deletion has a bucket of its own"
    assert not [path for path in shelves.kept if path.count("/") == 2], "what the run made is removed"


def _moment(written: Any) -> datetime:
    found = datetime.fromisoformat(str(written).replace("Z", "+00:00"))
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _ends_later(sent: dict[str, Any]) -> str | None:
    return None if _moment(sent["endsAt"]) > datetime.now(UTC) else "end time can't be in the past"


def _within_a_year(sent: dict[str, Any]) -> str | None:
    left = _moment(sent["endsAt"]) - datetime.now(UTC)
    return None if 0 < left.days + 1 < 365 else "it has expired, or it is too late"


def _starts_before(sent: dict[str, Any]) -> str | None:
    if _moment(sent["startsAt"]) < datetime.now(UTC):
        return "the window is over: choose a later start"
    return None if _moment(sent["startsAt"]) < _moment(sent["endsAt"]) else "it ends before it starts"


def _born(sent: dict[str, Any]) -> str | None:
    return None if _moment(sent["endsAt"]) < datetime.now(UTC) else "the day must not be in the future"


def _counted(sent: dict[str, Any]) -> str | None:
    return None if sent["expires_at"] > datetime.now(UTC).timestamp() else "the token would already be expired"


@pytest.mark.parametrize(
    ("judge", "members"),
    [
        (_ends_later, {"endsAt": {"type": "string", "format": "date-time"}}),
        (_ends_later, {"endsAt": {"type": "string", "format": "date"}}),
        (_within_a_year, {"endsAt": {"type": "string", "format": "date-time"}}),
        (_starts_before, {"endsAt": {"type": "string", "format": "date-time"},
                          "startsAt": {"type": "string", "format": "date-time"}}),
        (_born, {"endsAt": {"type": "string", "format": "date", "example": "2098-01-01"}}),
        (_counted, {"expires_at": {"type": "integer"}}),
    ],
    ids=["the future", "a future day", "the near future", "an order", "the past", "a number of seconds"],
)  # fmt: skip
def test_a_moment_is_moved_as_the_refusal_asks(
    compiled: Compile, judge: Callable[[dict[str, Any]], str | None], members: dict[str, Any]
) -> None:
    def answer(call: Call) -> Answer:
        why = judge(call.body)
        return (400, {"message": why}) if why else (200, {"id": "a"})

    schema = {"type": "object", "required": list(members), "properties": members}
    result = drive(compiled({"paths": paths("POST /silences", body=schema)}), answer, phases=("baseline",))
    assert result.run.coverage.operations.accepted == 1


@pytest.mark.parametrize("odd", [301, 302, 307, 500])
def test_the_search_goes_on_after_what_says_nothing(compiled: Compile, odd: int) -> None:
    def answer(call: Call) -> Answer:
        colour = call.body["colour"]
        if colour == "green":
            return 200, {"id": "a"}
        return (odd, None, {"location": "/elsewhere"}) if colour == "red" else (400, {"colour": "one of red, green"})

    schema = {"type": "object", "required": ["colour"], "properties": {"colour": _TEXT}}
    result = drive(compiled({"paths": paths("POST /paints", body=schema)}), answer, phases=("baseline",))
    assert result.run.coverage.operations.accepted == 1


def _taking(*wanted: Any, why: Any = "no") -> Callable[[Call], Answer]:
    """A server that takes only requests with one of the `wanted` values for `region`."""

    def answer(call: Call) -> Answer:
        if call.path != "/things" and not call.path.startswith("/things/"):
            return 200, {"zone": {"region": "answered-1"}, "id": "z1"}
        sent = call.body.get("region") if isinstance(call.body, dict) else None
        sent = parse_qs(call.query).get("region", [sent])[0]
        sent = call.path.removeprefix("/things/") if call.path.startswith("/things/") else sent
        return (200, {"id": "a"}) if sent in wanted else (400, why)

    return answer


_TOLD: dict[str, tuple[dict[str, Any], Any]] = {
    "announced": ({"description": "One of `north-1`, `north-2`."}, "north-1"),
    "the third": ({"description": "One of `a-1`, `a-2`, `north-1`."}, "north-1"),
    "an example in prose": ({"description": "Where it is, e.g. north-1."}, "north-1"),
    "only quoted": ({"description": "Where it is. Ask for `north-1` when in doubt."}, "north-1"),
    "a schema's example": ({"example": "north-1"}, "north-1"),
    "an extension": ({"x-example": "north-1"}, "north-1"),
    "an earlier answer": ({}, "answered-1"),
    "an example of an answer": ({}, "shown-1"),
    "another schema": ({}, "elsewhere-1"),
    "prose elsewhere": ({}, "prose-1"),
}


@pytest.mark.parametrize("name", _TOLD)
@pytest.mark.parametrize("place", ["body", "query", "path", "parameter's own"])
@pytest.mark.parametrize("why", [{"message": "no"}, {"message": "unknown region"}], ids=["mute", "naming"])
def test_a_value_that_is_told_elsewhere_is_tried(compiled: Compile, name: str, place: str, why: Any) -> None:
    told, wanted = _TOLD[name]
    schema = _TEXT | told
    entry = "POST /things" if place != "path" else "GET /things/{region}"
    document: dict[str, Any] = {"paths": paths(entry, "GET /zones", body={
        "type": "object", "required": ["region"], "properties": {"region": schema if place == "body" else _TEXT}
    })}  # fmt: skip
    operation = document["paths"][entry.partition(" ")[2]][entry.partition(" ")[0].lower()]
    if place == "query":
        operation["parameters"] = [{"name": "region", "in": "query", "required": True, "schema": schema}]
    elif place == "parameter's own":
        own = {"name": "region", "in": "query", "required": True, "schema": _TEXT} | told
        operation["parameters"] = [own]
    elif place == "path":
        operation["parameters"][0]["schema"] = schema
    if place in ("query", "parameter's own"):
        del operation["requestBody"]
    if name == "an example of an answer":
        shown = {"application/json": {"example": {"data": [{"region": "shown-1"}]}}}
        document["paths"]["/zones"]["get"]["responses"] = {"200": {"description": "", "content": shown}}
    if name in ("another schema", "prose elsewhere"):
        other = {"example": "elsewhere-1"} if name == "another schema" else {"description": "For example prose-1."}
        zone = {"type": "object", "properties": {"Region": {"type": "string"} | other}}
        document["components"] = {"schemas": {"Zone": zone}}
    result = drive(compiled(document), _taking(wanted, why=why), phases=("baseline",))
    assert result.run.coverage.operations.accepted == 2


_REFERRING: dict[str, Any] = {
    "by its type": {"owner": {"data": {"type": "users", "id": ...}}},
    "by its member": {"user": {"id": ...}},
    "in an envelope": {"user": {"data": {"id": ...}}},
    "in a list": {"users": [{"id": ...}]},
    "in the body's envelope": {"data": {"relationships": {"author": {"data": {"type": "user", "id": ...}}}}},
}


def _schema_of(example: Any) -> dict[str, Any]:
    """A schema that wants every member of `example`, and a UUID for `...`."""
    if isinstance(example, dict):
        properties = {name: _schema_of(value) for name, value in example.items()}
        return {"type": "object", "required": list(example), "properties": properties}
    if isinstance(example, list):
        return {"type": "array", "minItems": 1, "items": _schema_of(example[0])}
    return {"type": "string", "format": "uuid"} if example is ... else {"type": "string", "enum": [example]}


def _ids(value: Any) -> list[str]:
    """Every `id` in a JSON value."""
    if isinstance(value, dict):
        own = [value["id"]] if isinstance(value.get("id"), str) else []
        return own + [found for member in value.values() for found in _ids(member)]
    return [found for item in value for found in _ids(item)] if isinstance(value, list) else []


@pytest.mark.parametrize("name", _REFERRING)
def test_an_object_that_stands_for_a_resource_names_one_that_is_there(compiled: Compile, name: str) -> None:
    """The server says only that something is not there."""

    class Known(Shelves):
        def _collection(self, call: Call) -> Answer:
            if call.line == "POST /users":
                made = str(uuid.uuid4())
                self.kept[f"/users/{made}"] = {"id": made}
                return 201, {"id": made}
            if call.line == "POST /notes" and any(f"/users/{one}" not in self.kept for one in _ids(call.body)):
                return 404, {"message": "not there"}
            return super()._collection(call)

    document = {"paths": paths("POST /notes", body=_schema_of({**_REFERRING[name], "text": "a"}))}
    if "data" in _REFERRING[name]:
        document = {"paths": paths("POST /notes", body=_schema_of(_REFERRING[name]))}
    document["paths"] |= paths("POST /users", "GET /users/{id}")
    result = drive(compiled(document), Known(), phases=("baseline",))
    assert result.run.coverage.operations.accepted == 3


class Kinds(Shelves):
    """Takes two words for a kind of thing and nothing else; `/kinds` is an object that has them as its members."""

    def answer(self, call: Call) -> Answer:
        if call.path == "/kinds":
            return 200, {"routes": {"about": "lines"}, "points": {"about": "places"}}
        kind = call.path.split("/")[2]
        if kind not in ("routes", "points"):
            return 404, {"message": "unknown kind"}
        return 200, ({"size": 3} if call.path.count("/") > 2 else [])


@pytest.mark.parametrize(
    ("entries", "accepted"),
    [
        (("GET /kinds/{kind}", "GET /kinds/points/{id}"), 2),
        (("GET /kinds/{kind}/size", "GET /kinds/points/{id}/size"), 2),
        (("GET /old/{kind}", "GET /kinds/{kind}/size", "GET /kinds/points/{id}/size"), 3),
        (("GET /kinds/{kind}/size", "GET /kinds/points/{id}"), 1),
        (("GET /kinds/{kind}", "GET /kinds"), 2),
        (("GET /kinds/{kind}/size", "GET /kinds"), 2),
        (("GET /kinds/{kind}", "GET /other/points"), 1),
    ],
    ids=[
        *("beside it", "beside, with more", "in another path", "of two operations"),
        *("member of a list", "and more", "told nowhere"),
    ],
)
def test_a_word_of_a_path_is_taken_from_where_it_stands(
    compiled: Compile, entries: tuple[str, ...], accepted: int
) -> None:
    result = drive(compiled({"paths": paths(*entries)}), Kinds(), phases=("baseline",))
    assert result.run.coverage.operations.accepted == accepted


@pytest.mark.parametrize(
    "why",
    [
        "unknown region 'x', known: south-1, north-1",
        "region must be one of south-1, north-1",
        {"error": "Invalid region. Expected 'north-1'."},
        {"errors": [{"field": "region", "message": "supported regions are: south-1 | north-1"}]},
        {"region": ["not a valid choice; choose north-1 or south-1"]},
    ],
    ids=["known", "one of", "expected", "supported", "choose"],
)
@pytest.mark.parametrize("place", ["body", "query"])
def test_a_value_that_a_refusal_names_is_tried(compiled: Compile, why: Any, place: str) -> None:
    document = {"paths": paths("POST /things", "GET /zones", body={
        "type": "object", "required": ["region"], "properties": {"region": _TEXT}
    })}  # fmt: skip
    if place == "query":
        region = {"name": "region", "in": "query", "required": True, "schema": _TEXT}
        document["paths"]["/things"]["post"]["parameters"] = [region]
        del document["paths"]["/things"]["post"]["requestBody"]
    result = drive(compiled(document), _taking("north-1", why=why), phases=("baseline",))
    assert result.run.coverage.operations.accepted == 2


@pytest.mark.parametrize("status", [404, 410])
def test_what_died_is_replaced(compiled: Compile, status: int) -> None:
    """The third change of a box ends it: what is asked of it later is asked of another one."""

    class Mortal(Shelves):
        def __init__(self) -> None:
            super().__init__()
            self.changed: list[str] = []

        def answer(self, call: Call) -> Answer:
            if call.method == "PUT" and call.path in self.kept:
                if not isinstance(call.body, dict) or not isinstance(call.body.get("name"), str):
                    return 422, {"message": "no name"}
                if len(call.body["name"]) > 40:
                    return 422, {"message": "too long"}
                self.changed.append(call.path)
                if len(self.changed) == 3:
                    del self.kept[call.path]
                    return 200, {}
            found, value, *_ = super().answer(call)
            return (status if found == 404 else found), value

    entries = ("POST /boxes", "PUT /boxes/{box}", "GET /boxes/{box}")
    shelves = Mortal()
    document = {"paths": paths(*entries)}
    for method in document["paths"]["/boxes/{box}"].values():
        method["responses"] = {str(code): {"description": ""} for code in (200, 400, 404, 405, 410, 422)}
    result = drive(compiled(document), shelves, phases=("baseline", "clauses"))
    assert len({*shelves.changed}) == 2, "the box and the one that took its place"
    of_body = [
        clause for clause in result.run.clauses
        if clause.operation == "PUT /boxes/{box}" and clause.where.startswith("request.body")
    ]  # fmt: skip
    assert {clause.keyword for clause in of_body if clause.verdict != "upheld"} <= {"content"}


def test_what_is_asked_of_the_dead_is_no_evidence(compiled: Compile) -> None:
    """The box ends at once, and no other can be made: no refusal of a breach is one."""

    class Single(Shelves):
        def answer(self, call: Call) -> Answer:
            if call.line == "POST /boxes":
                return (409, {"message": "one is enough"}) if self.calls[1:] else super().answer(call)
            if call.method == "PUT" and call.path in self.kept:
                if not isinstance(call.body, dict):
                    return 422, {"message": "no"}
                found = super().answer(call)
                self.kept.pop(call.path) if len(self.calls) > 4 else None
                return found
            return super().answer(call)

    document = {"paths": paths("POST /boxes", "PUT /boxes/{box}")}
    result = drive(compiled(document), Single(), phases=("baseline", "clauses"))
    of_body = [
        clause for clause in result.run.clauses
        if clause.operation == "PUT /boxes/{box}" and clause.where.startswith("request.body.name")
    ]  # fmt: skip
    assert of_body and all(clause.verdict == "untested" for clause in of_body if clause.keyword == "maxLength")


@pytest.mark.parametrize("within", ["a member", "an item"])
def test_a_map_that_must_not_be_empty_is_filled(compiled: Compile, within: str) -> None:
    labelled = {"type": "object", "required": ["labels"], "properties": {
        "labels": {"type": "object", "additionalProperties": _TEXT}
    }}  # fmt: skip

    def answer(call: Call) -> Answer:
        items = call.body if within == "an item" else [call.body]
        filled = all(item["labels"] for item in items)
        return (201, {"id": "a"}) if filled else (400, {"message": "at least one label pair required"})

    schema = labelled if within == "a member" else {"type": "array", "minItems": 1, "items": labelled}
    made = drive(compiled({"paths": paths("POST /alerts", body=schema)}), answer, phases=("baseline",)).run
    assert made.coverage.operations.accepted == 1


def test_what_is_refused_for_want_of_more_is_given_more(compiled: Compile) -> None:
    """The empty array is taken, and an item only with a label in its map: each clause of the item is tried."""
    item = {"type": "object", "required": ["labels"], "properties": {
        "labels": {"type": "object", "additionalProperties": _TEXT}
    }}  # fmt: skip

    def answer(call: Call) -> Answer:
        if call.method != "POST" or not isinstance(call.body, list):
            return (405 if call.method != "POST" else 400), {"message": "an array"}, {"allow": "POST"}
        for one in call.body:
            labels = one.get("labels") if isinstance(one, dict) else None
            if not isinstance(labels, dict) or not labels or not all(isinstance(v, str) for v in labels.values()):
                return 400, {"message": "at least one label pair required"}
        return 201, {"id": "a"}

    schema = {"type": "array", "items": item}
    made = drive(compiled({"paths": paths("POST /alerts", body=schema)}), answer, phases=("baseline", "clauses")).run
    tried = {clause.where: clause.verdict for clause in made.clauses if clause.where.startswith("request.body[]")}
    assert "request.body[].labels.*" in tried and tried["request.body[].labels.*"] == "upheld"


def test_alternatives_of_different_kinds_go_together(compiled: Compile) -> None:
    """An owner is named by its id, or written out with the id of its own owner."""
    owner = {"type": "object", "required": ["owner_id"], "properties": {"owner_id": _TEXT}}
    body = {"type": "object", "required": ["name", "owner"], "properties": {
        "name": _TEXT, "owner": {"anyOf": [_TEXT, owner]}
    }}  # fmt: skip
    document = {"paths": paths("POST /owners", "GET /owners/{id}") | paths("POST /boxes", "GET /boxes/{id}", body=body)}
    result = drive(compiled(document), Shelves(), phases=("baseline", "clauses", "pairs"))
    assert result.run.coverage.operations.accepted == 4


def test_a_member_of_what_may_be_null_is_reached(compiled: Compile) -> None:
    """Several accepted requests have null there, and one has the object whose optional members are wanted."""

    def answer(call: Call) -> Answer:
        body = call.body if isinstance(call.body, dict) else {}
        settings = body.get("settings")
        is_keyed = isinstance(settings, dict) and settings.get("key") is not None
        return (400, {"message": "no key"}) if is_keyed else (201, {"id": "a"})

    names = ("kind", "owner", "place", "region")
    settings = {"type": "object", "required": ["on"], "properties": {
        "on": {"type": "boolean"}, "key": {"type": ["object", "null"]}
    }}  # fmt: skip
    schema = {"type": "object", "required": ["settings"], "properties": {
        **{name: {"oneOf": [{"type": "null"}, _TEXT]} for name in names},
        "settings": {"oneOf": [{"type": "null"}, settings]},
    }}  # fmt: skip
    document = {"paths": paths("POST /things", body=schema)}
    document["paths"]["/things"]["post"]["requestBody"]["content"]["application/json"]["example"] = {
        **dict.fromkeys(names), "settings": None
    }  # fmt: skip
    result = drive(compiled(document), answer, phases=("baseline", "clauses"))
    refused = [finding.where for finding in result.run.findings if finding.rule == "valid-request-rejected"]
    assert refused == ["request.body.settings.key"]
