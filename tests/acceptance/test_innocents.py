"""Answers that are no error of the server, each beside an answer of the same server that is one."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from clausewise.options import RunOptions
from clausewise.runner import run, targets
from tests.conftest import Compile
from tests.servers.faulty_cluster import serve
from tests.servers.small import Answer, Call, app_of, drive

#: severity, rule and a part of the message of each finding
Expected = list[tuple[str, str, str]]

_TEXT = {"type": "string"}
_ANY: dict[str, Any] = {"application/json": {"schema": {}}}


def _document(
    path: str = "/things",
    method: str = "post",
    *,
    members: dict[str, Any] | None = None,
    required: list[str] | None = None,
    parameters: dict[str, Any] | None = None,
    statuses: tuple[str, ...] = ("200", "400"),
) -> dict[str, Any]:
    """One operation; `parameters` are schemas by "location.name"."""
    operation: dict[str, Any] = {
        "operationId": "one",
        "parameters": [
            {
                "name": key.partition(".")[2],
                "in": key.partition(".")[0],
                "required": key.startswith("path."),
                "schema": schema,
            }
            for key, schema in (parameters or {}).items()
        ],
        "responses": {status: {"description": "", "content": _ANY} for status in statuses},
    }
    if members is not None:
        schema = {"type": "object", "properties": members, "required": required or []}
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {path: {method: operation}}}


def _fits(value: Any, schema: dict[str, Any]) -> bool:
    """Whether a small server takes a value for a schema: a type, an enum, a limit."""
    kinds: dict[str, tuple[type, ...]] = {
        "string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,), "object": (dict,),
        "array": (list,),
    }  # fmt: skip
    kind = schema.get("type")
    if kind is not None and (not isinstance(value, kinds[kind]) or (isinstance(value, bool) and kind != "boolean")):
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    if kind == "object":
        return all(_fits(member, schema["properties"].get(name, {})) for name, member in value.items())
    if isinstance(value, int) and value < schema.get("minimum", value):
        return False
    return not (kind == "string" and len(value) > schema.get("maxLength", len(value)))


def _server(document: dict[str, Any], rule: Callable[[Call], Answer | None]) -> Callable[[Call], Answer]:
    """A server that keeps the contract of `_document`, but for what `rule` answers to a request that keeps it."""
    ((path, item),) = document["paths"].items()
    ((method, operation),) = item.items()
    head = path.partition("{")[0]

    def answer(call: Call) -> Answer:
        if not call.path.startswith(head):
            return 404, {"message": "no such page"}
        if call.method != method.upper():
            return 405, {"message": "not offered"}, {"allow": method.upper()}
        given = parse_qs(call.query, keep_blank_values=True)
        for parameter in operation["parameters"]:
            written = given.get(parameter["name"], [None])[0]
            if parameter["in"] == "query" and written is not None and parameter["schema"].get("type") == "integer":
                try:
                    int(written)
                except ValueError:
                    return 400, {"message": "a whole number is wanted"}
        if "requestBody" in operation:
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            if not isinstance(call.body, dict) or call.headers.get("content-type") != "application/json":
                return 400, {"message": "an object is wanted"}
            if not all(name in call.body for name in schema["required"]):
                return 400, {"message": "a member is missing"}
            known = schema["properties"]
            if not all(_fits(value, known.get(name, {})) for name, value in call.body.items()):
                return 400, {"message": "a member is wrong"}
        return rule(call) or (200, {"done": True})

    return answer


def _found(compiled: Compile, document: dict[str, Any], rule: Callable[[Call], Answer | None]) -> Expected:
    result = drive(compiled(document), _server(document, rule), phases=("baseline", "clauses", "pairs"))
    assert result.run.coverage.operations.accepted == 1, "the server accepts something"
    return [(finding.severity, finding.rule, finding.message) for finding in result.run.findings]


def _assert_found(found: Expected, expected: Expected) -> None:
    assert [(severity, rule) for severity, rule, _ in found] == [(severity, rule) for severity, rule, _ in expected], (
        found
    )
    for (_, _, message), (_, _, part) in zip(found, expected, strict=True):
        assert part in message


# -- a documented status


@pytest.mark.parametrize(
    ("documented", "status", "expected"),
    [
        (("501",), 501, [("note", "server-error", "one answered 501; the contract documents this status")]),
        (("503",), 502, [("error", "server-error", "answered 502")]),
        (("5XX",), 504, [("note", "server-error", "answered 504")]),
        (("default",), 501, [("error", "server-error", "answered 501")]),
        (("500",), 500, [("note", "server-error", "`kernel`")]),
        (("default",), 500, [("error", "server-error", "answered 500")]),
    ],
)
def test_a_documented_5xx_status_is_a_note(
    compiled: Compile, documented: tuple[str, ...], status: int, expected: Expected
) -> None:
    document = _document(
        members={"path": _TEXT, "kernel": {"type": "integer"}}, required=["path"], statuses=("200", "400", *documented)
    )

    def rule(call: Call) -> Answer | None:
        return (status, {"message": "not available"}) if call.body.get("kernel") == 0 else None

    _assert_found(_found(compiled, document, rule), expected)


def test_a_method_that_the_server_does_not_know_is_no_crash(compiled: Compile) -> None:
    document = _document(members={"path": _TEXT}, required=["path"])
    good = _server(document, lambda _: None)

    def answer(call: Call) -> Answer:
        return good(call) if call.method == "POST" else (501, {"message": f"unsupported method {call.method}"})

    assert drive(compiled(document), answer, phases=("baseline", "clauses")).run.findings == ()


# -- a router


@pytest.mark.parametrize("place", ["{id}", "{id}/parts"])
@pytest.mark.parametrize("status", [301, 308, 400, 403, 404, 405])
def test_what_a_router_says_to_an_encoded_path_is_no_answer_of_the_operation(
    compiled: Compile, status: int, place: str
) -> None:
    document = _document(f"/things/{place}", "get", parameters={"path.id": _TEXT}, statuses=("200",))

    def rule(call: Call) -> Answer | None:
        # The path is decoded here, as a router sees it.
        segments = unquote(call.path).split("/")
        ok = len(segments) == depth and not {"", ".", ".."} & set(segments[1:]) and "\\" not in call.path
        ok = ok and min(call.path) >= " "
        return None if ok else (status, b"<h1>no</h1>", {"content-type": "text/html"})

    depth = place.count("/") + 3
    _assert_found(_found(compiled, document, rule), [])


@pytest.mark.parametrize("status", [301, 404])
def test_the_same_answer_to_a_plain_path_is_an_error(compiled: Compile, status: int) -> None:
    document = _document("/things/{id}", "get", parameters={"path.id": _TEXT}, statuses=("200",))

    def rule(call: Call) -> Answer | None:
        return (status, {"message": "moved"}) if "'" in call.path else None

    _assert_found(_found(compiled, document, rule), [("error", "undocumented-status", f"answered {status}")])


def test_a_crash_on_an_encoded_slash_is_an_error(compiled: Compile) -> None:
    document = _document("/things/{id}", "get", parameters={"path.id": _TEXT}, statuses=("200", "404"))

    def rule(call: Call) -> Answer | None:
        return (500, {"message": "oops"}) if call.path.count("/") > 2 else None

    _assert_found(_found(compiled, document, rule), [("error", "server-error", "holds a slash")])


# -- a missing parent, an earlier state


@pytest.mark.parametrize("status", [400, 404, 409, 412, 422, 423])
@pytest.mark.parametrize(
    "message",
    [
        "Database [3] does not exist",
        "parent not found",
        "no such group",
        "the dimension was fixed by the first vector",
        "there already is one",
        "conflict with the version that is stored",
        "size cannot be changed any more",
        "No matching parent groups found.",
    ],
)
def test_a_refusal_that_names_what_the_server_holds_is_no_error(compiled: Compile, message: str, status: int) -> None:
    document = _document(members={"group": {"type": "integer", "minimum": 0}}, statuses=("200", "400", str(status)))

    def rule(call: Call) -> Answer | None:
        return (status, {"error": {"message": message}}) if call.body.get("group", 7) < 2 else None

    _assert_found(_found(compiled, document, rule), [])


@pytest.mark.parametrize(
    "message", ["group must be at least 2", "unknown field `group`", "property group not found", "a member is wrong"]
)
def test_a_refusal_that_blames_the_value_is_an_error(compiled: Compile, message: str) -> None:
    document = _document(members={"group": {"type": "integer", "minimum": 0}})

    def rule(call: Call) -> Answer | None:
        return (400, {"error": {"message": message}}) if call.body.get("group", 7) < 2 else None

    _assert_found(_found(compiled, document, rule)[:1], [("error", "valid-request-rejected", "`group` is")])


@pytest.mark.parametrize("status", [400, 422])
@pytest.mark.parametrize(("allows", "errors"), [(None, set()), (False, set()), (True, {"valid-request-rejected"})])
def test_a_query_parameter_may_be_empty_only_where_the_contract_says_so(
    compiled: Compile, allows: bool | None, errors: set[str], status: int
) -> None:
    document = _document("/things", "get", parameters={"query.sort": _TEXT}, statuses=("200", str(status)))
    (parameter,) = document["paths"]["/things"]["get"]["parameters"]
    parameter |= {"required": True} | ({} if allows is None else {"allowEmptyValue": allows})

    def rule(call: Call) -> Answer | None:
        given = parse_qs(call.query).get("sort")
        return None if given else (status, {"message": "sort is required"})

    severe = {"error"} if errors else set()
    found = [one for one in _found(compiled, document, rule) if "empty" in one[2]]
    assert {rule for _, rule, _ in found} == errors
    assert {severity for severity, _, _ in found} <= {"note", *severe}


def test_a_crash_on_an_empty_query_parameter_is_an_error(compiled: Compile) -> None:
    document = _document("/things", "get", parameters={"query.sort": _TEXT})

    def rule(call: Call) -> Answer | None:
        return (500, {"message": "oops"}) if call.query == "sort=" else None

    _assert_found(_found(compiled, document, rule), [("error", "server-error", "is an empty string")])


@pytest.mark.parametrize("status", [400, 422])
def test_a_long_uri_is_one_that_a_host_can_have(compiled: Compile, status: int) -> None:
    uri = {"type": "string", "format": "uri", "maxLength": 500, "examples": ["https://example.com"]}
    document = _document(members={"page": uri}, required=["page"], statuses=("200", str(status)))

    def rule(call: Call) -> Answer | None:
        host = urlsplit(call.body["page"]).hostname or ""
        ok = 0 < len(host) <= 253 and all(len(label) <= 63 for label in host.split("."))
        return None if ok else (status, {"message": "no such host can be"})

    found = [one for one in _found(compiled, document, rule) if "characters" in one[2]]
    assert found == []


def test_a_member_of_an_enum_must_exist(compiled: Compile) -> None:
    document = _document(members={"size": {"type": "string", "enum": ["S", "M", "L"]}})

    def rule(call: Call) -> Answer | None:
        return (400, {"message": "size L does not exist"}) if call.body.get("size") == "L" else None

    _assert_found(_found(compiled, document, rule), [("error", "valid-request-rejected", '`size` is "L"')])


@pytest.mark.parametrize(
    ("message", "errors"),
    [
        ("{id} is not a directory", set()),
        ("'{id}' is a file", set()),
        ("directory is not a kind that {id} knows", {"valid-request-rejected"}),
        ("the kind is not a known one", {"valid-request-rejected"}),
    ],
)
def test_what_a_resource_is_no_contract_can_say(compiled: Compile, message: str, errors: set[str]) -> None:
    kinds = {"type": "string", "enum": ["file", "directory"]}
    document = _document("/things/{id}", "get", parameters={"path.id": _TEXT, "query.kind": kinds})

    def rule(call: Call) -> Answer | None:
        kind = parse_qs(call.query, keep_blank_values=True).get("kind", ["file"])[0]
        if kind not in kinds["enum"]:
            return 400, {"message": "no kind"}
        return (400, {"message": message.format(id=unquote(call.path[8:]))}) if kind == "directory" else None

    assert {rule for severity, rule, _ in _found(compiled, document, rule) if severity == "error"} == errors


# -- text


@pytest.mark.parametrize("status", [400, 422])
@pytest.mark.parametrize("place", ["query.sort", "body.sort", "body.filter.sort", "header.X-Sort", "path.sort"])
def test_a_refusal_of_texts_is_one_note(compiled: Compile, place: str, status: int) -> None:
    part, *names = place.split(".")
    statuses = ("200", "400", "404", str(status))
    if part == "body":
        nested = {"sort": _TEXT} if len(names) == 1 else {"filter": {"type": "object", "properties": {"sort": _TEXT}}}
        document = _document(members={**nested, "title": _TEXT}, statuses=statuses)
    else:
        path = "/things/{sort}" if part == "path" else "/things"
        document = _document(path, "get", parameters={place: _TEXT}, statuses=statuses)

    def rule(call: Call) -> Answer | None:
        body: Any = call.body or {}
        given = {
            "query": parse_qs(call.query, keep_blank_values=True).get("sort", ["a"])[0],
            "header": call.headers.get("x-sort", "a"),
            "path": call.path.partition("/things/")[2],
            "body": body.get("sort", body.get("filter", {}).get("sort", "a")),
        }[part]
        return None if given.isalpha() and given.isascii() else (status, {"message": "unexpected token"})

    found = _found(compiled, document, rule)
    _assert_found(found, [("note", "valid-request-rejected", "the contract does not say which texts it takes")])


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "enum": ["asc", "desc", "a-z"]},
        {"type": "string", "default": "a-z"},
        {"type": "string", "examples": ["a-z"]},
        {"type": "string", "pattern": "^[a-z]-[a-z]$"},
    ],
    ids=["enum", "default", "example", "pattern"],
)
def test_a_text_that_the_contract_names_must_be_taken(compiled: Compile, schema: dict[str, Any]) -> None:
    document = _document(members={"sort": schema, "size": {"type": "integer"}})

    def rule(call: Call) -> Answer | None:
        return (400, {"message": "unexpected token"}) if "-" in call.body.get("sort", "") else None

    _assert_found(_found(compiled, document, rule)[:1], [("error", "valid-request-rejected", "`sort`")])


def test_a_text_of_the_longest_length_must_be_taken(compiled: Compile) -> None:
    document = _document(members={"sort": {"type": "string", "maxLength": 40}})

    def rule(call: Call) -> Answer | None:
        return (400, {"message": "too long"}) if len(call.body.get("sort", "")) == 40 else None

    _assert_found(_found(compiled, document, rule), [("error", "valid-request-rejected", "`sort` has 40 characters")])


def test_an_undocumented_refusal_of_a_text_is_an_error(compiled: Compile) -> None:
    document = _document(members={"sort": _TEXT}, statuses=("200", "400"))

    def rule(call: Call) -> Answer | None:
        return (422, {"message": "unexpected token"}) if "'" in call.body.get("sort", "") else None

    rules = {(severity, rule) for severity, rule, _ in _found(compiled, document, rule)}
    assert rules == {("error", "undocumented-status"), ("error", "valid-request-rejected")}


# -- members that exclude each other


def test_members_that_exclude_each_other_are_one_note(compiled: Compile) -> None:
    document = _document(members={"cursor": {"type": "integer"}, "page": {"type": "integer"}, "note": _TEXT})

    def rule(call: Call) -> Answer | None:
        return (400, {"message": "give one of both"}) if {"cursor", "page"} <= call.body.keys() else None

    (found,) = _found(compiled, document, rule)
    assert found[:2] == ("note", "valid-request-rejected")
    assert "`cursor` is there" in found[2] and "`page` is there" in found[2]


def test_parameters_that_exclude_each_other_are_no_error(compiled: Compile) -> None:
    schema = {"type": "integer", "examples": [3]}
    document = _document("/things", "get", parameters={"query.cursor": schema, "query.page": schema})

    def rule(call: Call) -> Answer | None:
        return None if len(call.query.split("&")) == 1 else (400, {"message": "give one of both"})

    assert [one for one in _found(compiled, document, rule) if one[0] == "error"] == []


def test_a_member_that_is_always_refused_is_an_error(compiled: Compile) -> None:
    document = _document(members={"cursor": {"type": "integer"}, "page": {"type": "integer"}})

    def rule(call: Call) -> Answer | None:
        return (400, {"message": "not here"}) if "page" in call.body else None

    _assert_found(_found(compiled, document, rule), [("error", "valid-request-rejected", "`page` is present")])


# -- an identifier that stands in the path as well


@pytest.mark.parametrize(
    ("name", "message"),
    [("id", "a member is wrong"), ("thingId", "it must match the path"), ("thing_id", "both ids must be the same")],
)
def test_an_identifier_must_be_that_of_the_path(compiled: Compile, name: str, message: str) -> None:
    members = {name: {"type": "integer", "minimum": 0}, "size": {"type": "integer"}}
    document = _document("/things/{id}", "put", members=members, parameters={"path.id": {"type": "integer"}})

    def rule(call: Call) -> Answer | None:
        if not call.path.rpartition("/")[2].lstrip("-").isdigit():
            return 400, {"message": "a number is wanted"}
        own = str(call.body.get(name, call.path.rpartition("/")[2]))
        return None if own == call.path.rpartition("/")[2] else (400, {"message": message})

    _assert_found(_found(compiled, document, rule), [])


def test_another_member_beside_the_identifier_must_be_taken(compiled: Compile) -> None:
    members = {"id": {"type": "integer", "minimum": 0}, "size": {"type": "integer", "minimum": 0}}
    document = _document("/things/{id}", "put", members=members, parameters={"path.id": {"type": "integer"}})

    def rule(call: Call) -> Answer | None:
        if not call.path.rpartition("/")[2].lstrip("-").isdigit():
            return 400, {"message": "a number is wanted"}
        return (400, {"message": "a member is wrong"}) if call.body.get("size", 1) == 0 else None

    found = _found(compiled, document, rule)
    assert {one[:2] for one in found} == {("error", "valid-request-rejected")}


# -- null in a URL, minus zero, Prefer


@pytest.mark.parametrize("place", ["query.size", "header.X-Size", "query.sizes"])
def test_null_is_not_written_into_a_url_or_a_header(compiled: Compile, place: str) -> None:
    schema: dict[str, Any] = {"type": ["integer", "null"], "default": None}
    if place.endswith("s"):
        schema = {"type": "array", "items": {"type": ["integer", "null"]}}
    document = _document("/things", "get", parameters={place: schema})
    sent: list[str] = []

    def rule(call: Call) -> Answer | None:
        sent.append(f"{call.query} {call.headers.get('x-size')}")
        return (400, {"message": "a number is wanted"}) if "null" in sent[-1] else None

    _found(compiled, document, rule)
    assert not any("null" in one for one in sent)


def test_null_in_a_body_is_sent(compiled: Compile) -> None:
    document = _document(members={"size": {"type": ["integer", "null"]}})
    good = _server({**document, "paths": document["paths"]}, lambda _: None)

    def answer(call: Call) -> Answer:
        if call.body == {"size": None}:
            return 400, {"message": "a number is wanted"}
        body = {"size": 1} if isinstance(call.body, dict) and isinstance(call.body.get("size"), int) else call.body
        return 200 if body == {"size": 1} else 400, {"given": json.dumps(good is None)}

    found = drive(compiled(document), answer, phases=("baseline", "clauses")).run.findings
    assert any(one.rule == "valid-request-rejected" and "`size` is null" in one.message for one in found)


def test_minus_zero_is_not_told_beside_zero(compiled: Compile) -> None:
    document = _document(members={"size": {"type": "number"}})

    def crash_on_zero(call: Call) -> Answer | None:
        return (500, {"message": "division by zero"}) if call.body.get("size") == 0 else None

    def crash_on_minus_zero(call: Call) -> Answer | None:
        return (500, {"message": "oops"}) if str(call.body.get("size")) == "-0.0" else None

    _assert_found(_found(compiled, document, crash_on_zero), [("error", "server-error", "`size` is 0")])
    _assert_found(_found(compiled, document, crash_on_minus_zero), [("error", "server-error", "`size` is -0.0")])


@pytest.mark.parametrize(
    ("asks", "declared", "is_sent"),
    [
        ({}, False, False),
        ({"preference-applied": "return=minimal"}, False, True),
        ({"vary": "Accept, Prefer"}, False, True),
        ({"vary": "Accept"}, False, False),
        ({}, True, True),
    ],
)
def test_only_a_server_that_reads_it_is_sent_prefer(
    compiled: Compile, asks: dict[str, str], declared: bool, is_sent: bool
) -> None:
    parameters = {"header.Prefer": _TEXT} if declared else {}
    document = _document("/things", "get", parameters=parameters, statuses=("200", "404"))
    sent: list[str] = []

    def answer(call: Call) -> Answer:
        sent.append(call.headers.get("prefer", ""))
        if call.method != "GET":
            return 405, {"message": "not offered"}, {"allow": "GET"}
        return (500, {"message": "oops"}) if "code=" in sent[-1] else (200, {"done": True}, asks)

    found = drive(compiled(document), answer, phases=("baseline", "clauses")).run.findings
    assert any("code=" in one for one in sent) == is_sent
    assert not any("asked for" in one.message or "Prefer" in one.message for one in found)


# -- a state that no word names


def _collections(sizes: set[int] | None) -> Callable[[Call], Answer]:
    """Collections of vectors. The first vector of a collection decides the size of all; with `sizes`, it is one of
    them."""
    kept: dict[str, int | None] = {}

    def answer(call: Call) -> Answer:
        steps = call.path.strip("/").split("/")
        if call.method != "POST":
            return 405, {"message": "not offered"}, {"allow": "POST"}
        if not isinstance(call.body, dict) or call.headers.get("content-type") != "application/json":
            return 400, {"message": "an object is wanted"}
        if len(steps) == 1:
            if not isinstance(call.body.get("name", ""), str):
                return 400, {"message": "a text is wanted"}
            kept[str(len(kept) + 1)] = None
            return 201, {"id": str(len(kept))}
        vector = call.body.get("vector")
        if steps[1] not in kept:
            return 404, {"message": "not here"}
        if not isinstance(vector, list) or not all(type(one) in (int, float) for one in vector) or not vector:
            return 400, {"message": "numbers are wanted"}
        if type(call.body.get("size", 0)) is not int:
            return 400, {"message": "a number is wanted"}
        size = kept[steps[1]]
        if (sizes is not None and len(vector) not in sizes) or size not in (None, len(vector)):
            return 400, {"message": f"expected {size} numbers"}
        kept[steps[1]] = len(vector)
        return 201, {"done": True}

    return answer


def _in_collections(item: dict[str, Any]) -> dict[str, Any]:
    """Collections that can be made, and an `item` that can be added to one."""
    name = {"type": "object", "properties": {"name": _TEXT}}
    made = {"application/json": {"schema": {"type": "object", "properties": {"id": _TEXT}}}}
    paths = {
        path: {
            "post": {
                "operationId": key,
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": _TEXT}] if "{" in path else [],
                "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
                "responses": {
                    "201": {"description": "", "content": made},
                    "400": {"description": ""},
                    "404": {"description": ""},
                },
            }
        }
        for path, key, schema in (
            ("/collections", "create", name),
            ("/collections/{id}/vectors", "add", item),
        )
    }
    return {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [(None, []), ({1}, [("error", "valid-request-rejected", "`vector` has two items")])],
    ids=["any size is taken first", "only one number is taken"],
)
def test_what_a_fresh_resource_takes_is_no_error(compiled: Compile, sizes: set[int] | None, expected: Expected) -> None:
    numbers = {"type": "array", "items": {"type": "number"}, "minItems": 1}
    vector = {"type": "object", "required": ["vector"], "properties": {"vector": numbers, "size": {"type": "integer"}}}
    document = _in_collections(vector)
    result = drive(compiled(document), _collections(sizes), phases=("baseline", "clauses", "pairs"))
    assert result.run.coverage.operations.accepted == 2
    _assert_found([(one.severity, one.rule, one.message) for one in result.run.findings], expected)


@pytest.mark.parametrize(
    ("refuses", "expected"),
    [
        (lambda item: False, []),
        (lambda item: not item["text"], [("note", "valid-request-rejected", "`text` is an empty string")]),
        (lambda item: item.get("tone") == "low", [("error", "valid-request-rejected", '`tone` is "low"')]),
    ],
    ids=["a full one alone", "an empty text as well", "a tone as well"],
)
def test_a_resource_that_is_full_is_no_fault_of_the_values(
    compiled: Compile, refuses: Callable[[dict[str, Any]], bool], expected: Expected
) -> None:
    room: dict[str, int] = {}

    def answer(call: Call) -> Answer:
        steps = call.path.strip("/").split("/")
        if call.method != "POST":
            return 405, {"message": "not offered"}, {"allow": "POST"}
        item = call.body if call.headers.get("content-type") == "application/json" else None
        if not isinstance(item, dict) or not all(isinstance(one, str) for one in item.values()):
            return 400, {"message": "texts are wanted"}
        if len(steps) == 1:
            room[str(len(room) + 1)] = 8
            return 201, {"id": str(len(room))}
        if steps[1] not in room:
            return 404, {"message": "not here"}
        if "text" not in item or item.get("tone", "low") not in ("low", "loud") or refuses(item):
            return 400, {"message": "no"}
        room[steps[1]] -= 1
        return (201, {"done": True}) if room[steps[1]] >= 0 else (400, {"message": "no room"})

    item = {"type": "object", "required": ["text"], "properties": {"text": _TEXT, "tone": {"enum": ["loud", "low"]}}}
    found = drive(compiled(_in_collections(item)), answer, phases=("baseline", "clauses", "pairs")).run.findings
    _assert_found([(one.severity, one.rule, one.message) for one in found], expected)


def test_a_refused_array_is_no_text(compiled: Compile) -> None:
    document = _document(members={"tabs": {"type": "array", "items": _TEXT}}, required=[])

    def rule(call: Call) -> Answer | None:
        tabs = call.body.get("tabs") if isinstance(call.body, dict) else None
        is_taken = not isinstance(tabs, list) or (len(tabs) < 2 and all(isinstance(tab, str) for tab in tabs))
        return None if is_taken else (400, {"message": "one tab is enough"})

    found = _found(compiled, document, rule)
    _assert_found(found, [("note", "valid-request-rejected", "the contract does not say which arrays it takes")])


# -- over HTTP


def test_the_same_holds_over_http(compiled: Compile) -> None:
    document = _document(
        "/things/{id}", "get", parameters={"path.id": _TEXT, "query.sort": _TEXT}, statuses=("200", "422")
    )
    asked: list[Call] = []

    def rule(call: Call) -> Answer | None:
        asked.append(call)
        if unquote(call.path).count("/") > 2 or min(unquote(call.path)) < " ":
            return 404, b"<h1>no such page</h1>", {"content-type": "text/html"}
        sort = parse_qs(call.query, keep_blank_values=True).get("sort", ["a"])[0]
        if sort == "a'b":
            return 500, {"message": "oops"}
        return None if sort.isalpha() else (422, {"message": "unexpected token"})

    contract = compiled(document)
    with serve(app_of(_server(document, rule))) as url:
        found = run.run(contract, targets.url_target(url, 4), RunOptions(phases=("baseline", "clauses"))).run.findings
    expected = [("error", "server-error", "holds a quote"), ("note", "valid-request-rejected", "which texts it takes")]
    _assert_found([(one.severity, one.rule, one.message) for one in found], expected)
    assert not any("prefer" in call.headers for call in asked)
