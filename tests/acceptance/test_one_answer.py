"""What one cause does to many members of one answer, or to many operations at once, is one finding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from clausewise.results.record import Finding
from tests.conftest import Compile
from tests.servers.small import Answer, Call, drive, not_offered, paths


def _object(required: tuple[str, ...], *, closed: bool = False, **properties: Any) -> dict[str, Any]:
    schema = {"type": "object", "required": list(required), "properties": properties}
    return schema | ({"additionalProperties": False} if closed else {})


def _reading(schema: Any) -> dict[str, Any]:
    document: dict[str, Any] = {"paths": paths("GET /desk")}
    document["paths"]["/desk"]["get"]["responses"]["200"]["content"] = {"application/json": {"schema": schema}}
    return document


def _told(compiled: Compile, schema: Any, answer: Any) -> list[Finding]:
    def read(call: Call) -> Answer:
        return (200, answer) if call.method == "GET" else not_offered("GET")

    return list(drive(compiled(_reading(schema)), read).run.findings)


_LAMP = {name: {"type": "string"} for name in ("colour", "maker", "model", "place")}


@pytest.mark.parametrize(
    ("unset", "expected"),
    [
        pytest.param(("colour", "maker"), 2, id="two members"),
        pytest.param(("colour", "maker", "model"), 1, id="three members"),
        pytest.param(("colour", "maker", "model", "place"), 1, id="each member"),
    ],
)
def test_an_object_that_is_written_with_all_that_is_not_set_is_one_finding(
    compiled: Compile, unset: tuple[str, ...], expected: int
) -> None:
    lamp = {name: None if name in unset else "any" for name in _LAMP}
    found = _told(compiled, _object(("lamp",), lamp=_object((), **dict[str, Any](_LAMP))), {"lamp": lamp})
    assert [finding.rule for finding in found] == ["response-schema"] * expected
    assert sum(len(finding.places) for finding in found) == len(unset)
    if expected == 1:
        assert found[0].message.startswith(f"the answer has null for members of other types in {len(unset)} places")


def test_members_that_are_unions_count_among_those_that_are_not_set(compiled: Compile) -> None:
    union = {"anyOf": [{"type": "string"}, {"type": "integer"}]}
    lamp = _object((), colour={"type": "string"}, maker=union, place={"oneOf": [{"type": "integer"}]})
    found = _told(compiled, _object(("lamp",), lamp=lamp), {"lamp": dict.fromkeys(("colour", "maker", "place"))})
    assert [len(finding.places) for finding in found] == [3]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param({"message": "no", "code": 3}, 1, id="another object"),
        pytest.param({"detail": "no", "code": 3}, 1, id="one member more"),
        pytest.param({"note": "no", "code": 3}, 2, id="one member more, one missing"),
    ],
)
def test_an_answer_with_none_but_undocumented_members_is_one_finding(
    compiled: Compile, answer: dict[str, Any], expected: int
) -> None:
    closed = _object(("detail",), closed=True, detail={"type": "string"}, note={"type": "string"})
    found = _told(compiled, closed, answer)
    assert [finding.rule for finding in found] == ["response-schema"] * expected


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        pytest.param(("no lamps are built in",) * 3, 1, id="one text"),
        pytest.param(("no lamps are built in", "no lamps are built in", "no desks are built in"), 2, id="two texts"),
    ],
)
def test_what_a_server_does_not_have_is_one_finding(compiled: Compile, texts: tuple[str, ...], expected: int) -> None:
    names = ("/one", "/two/more", "/three")
    said = dict(zip(names, texts, strict=True))

    def answer(call: Call) -> Answer:
        return (501, {"message": said[call.path]}) if call.method == "GET" else not_offered("GET")

    found = drive(compiled({"paths": paths(*(f"GET {name}" for name in names))}), answer).run.findings
    assert [finding.rule for finding in found if finding.rule == "server-error"] == ["server-error"] * expected


_SIZED = ("width", "height", "depth")

#: a size is a whole number, or an object that a `$ref` describes
_SIZE = {"anyOf": [{"type": "integer"}, {"$ref": "#/components/schemas/Range"}]}
_SIZES = {"type": "object", "properties": dict.fromkeys(_SIZED, _SIZE)}
_RANGE = _object((), closed=True, low={"type": "integer"}, high={"type": "integer"})


def _sizes() -> dict[str, Any]:
    return {"paths": paths("POST /desks", body=_SIZES), "components": {"schemas": {"Range": _RANGE}}}


def _is_range(value: Any) -> bool:
    return isinstance(value, dict) and all(name in ("low", "high") and type(end) is int for name, end in value.items())


def _takes(call: Call, *, booleans: bool, empty: bool) -> Answer:
    if call.method != "POST":
        return not_offered("POST")
    if call.headers.get("content-type") != "application/json" or not isinstance(call.body, dict):
        return 400, {"message": "an object is wanted"}
    for name in _SIZED:
        value = call.body.get(name, 1)
        if not (type(value) is int or (booleans and value is True) or _is_range(value)):
            return 400, {"message": "the type is wrong"}
        if value == {} and not empty:
            return 422, {"detail": [{"at": ["body", name], "message": "A range without ends holds nothing"}]}
    return 201, None


def test_a_coercion_is_one_finding_where_alternatives_stand_elsewhere(compiled: Compile) -> None:
    found = drive(compiled(_sizes()), lambda call: _takes(call, booleans=True, empty=True)).run.findings
    assert [finding.message.partition(";")[0] for finding in found] == [
        "the server takes numbers and booleans for one another in 3 places"
    ]


def test_one_value_that_is_refused_with_the_same_words_wherever_it_stands_is_one_finding(compiled: Compile) -> None:
    found = drive(compiled(_sizes()), lambda call: _takes(call, booleans=False, empty=False)).run.findings
    assert [finding.rule for finding in found] == ["valid-request-rejected"]
    assert len({place.where for place in found[0].places}) > 1


def test_any_text_for_a_boolean_of_the_query_is_one_finding(compiled: Compile) -> None:
    document: dict[str, Any] = {"paths": paths("GET /desks", "GET /lamps")}
    for path, name in (("/desks", "all"), ("/lamps", "deep")):
        document["paths"][path]["get"]["parameters"] = [{"name": name, "in": "query", "schema": {"type": "boolean"}}]

    def answer(call: Call) -> Answer:
        return (200, []) if call.method == "GET" else not_offered("GET")

    (finding,) = drive(compiled(document), answer).run.findings
    assert finding.message.startswith("the server takes any text for a boolean of the query in 2 places")


@pytest.mark.parametrize(
    ("crashes", "expected"),
    [
        pytest.param(lambda body: body.get("name") is None, 1, id="absent or null"),
        pytest.param(lambda body: body.get("name") is None or body.get("kind", "") is None, 2, id="two members"),
    ],
)
def test_a_crash_on_what_is_left_out_and_on_null_is_one(
    compiled: Compile, crashes: Callable[[dict[str, Any]], bool], expected: int
) -> None:
    body = _object(("name",), name={"type": "string"}, kind={"type": "string"})

    def answer(call: Call) -> Answer:
        if call.method != "POST":
            return not_offered("POST")
        if call.headers.get("content-type") != "application/json" or not isinstance(call.body, dict):
            return 400, {"message": "an object is wanted"}
        if crashes(call.body):
            return 500, None
        fine = all(isinstance(call.body.get(name, ""), str) for name in ("name", "kind"))
        return (201, None) if fine else (400, {"message": "a text is wanted"})

    found = drive(compiled({"paths": paths("POST /desks", body=body)}), answer).run.findings
    assert [finding.rule for finding in found] == ["server-error"] * expected


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        pytest.param({"desks": {"ids": [1]}, "lamps": {"ids": [2]}}, 1, id="one type"),
        pytest.param({"desks": {"ids": [1]}, "lamps": {"ids": [True]}}, 2, id="two types"),
        pytest.param({"desks": {"ids": ["a"], "more": 1}, "lamps": {"ids": ["b"], "more": 2}}, 1, id="one more member"),
        pytest.param({"desks": {"ids": ["a"], "more": 1}, "lamps": {"ids": ["b"], "next": 2}}, 2, id="two more"),
    ],
)
def test_what_one_serializer_writes_in_many_operations_is_one_finding(
    compiled: Compile, shown: dict[str, Any], expected: int
) -> None:
    document: dict[str, Any] = {"paths": paths("GET /desks", "GET /lamps")}
    for path in document["paths"].values():
        schema = _object((), closed=True, ids={"type": "array", "items": {"type": "string"}})
        path["get"]["responses"]["200"]["content"] = {"application/json": {"schema": schema}}

    def answer(call: Call) -> Answer:
        return (200, shown[call.path.removeprefix("/")]) if call.method == "GET" else not_offered("GET")

    found = drive(compiled(document), answer).run.findings
    assert [finding.rule for finding in found] == ["response-schema"] * expected


@pytest.mark.parametrize(
    ("texts", "expected"), [(("a key is wanted",) * 2, 1), (("a key is wanted", "send a list of lamps"), 2)]
)
def test_one_check_that_refuses_requests_without_anything_is_one_finding(
    compiled: Compile, texts: tuple[str, str], expected: int
) -> None:
    document: dict[str, Any] = {"paths": paths("GET /desks/export", "GET /lamps/all/export")}
    for path, name in (("/desks/export", "keys"), ("/lamps/all/export", "which")):
        document["paths"][path]["get"]["parameters"] = [
            {"name": name, "in": "query", "schema": {"type": "array", "items": {}}}
        ]

    def answer(call: Call) -> Answer:
        if call.method != "GET":
            return not_offered("GET")
        return (200, []) if call.query else (400, {"message": texts[call.path.startswith("/lamps")]})

    found = drive(compiled(document), answer).run.findings
    assert [each.rule for each in found if each.severity == "error"] == ["valid-request-rejected"] * expected
