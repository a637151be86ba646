"""Operations, branches and values that the server accepts in no form: a crash shows all the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest

from clausewise.runner.run import Result
from tests.conftest import Compile
from tests.servers.small import Answer, Call, drive, not_offered, paths

_TEXT = {"type": "string"}
_ITEM = {"type": "object", "required": ["name"], "properties": {"name": _TEXT}}
_BODY = {"type": "object", "required": ["name", "items", "labels"], "properties": {
    "name": _TEXT,
    "items": {"type": "array", "items": _ITEM},
    "labels": {"type": "object", "additionalProperties": _TEXT},
    "deep": {"type": "object", "properties": {"er": {"type": "object", "properties": {"still": _TEXT}}}},
}}  # fmt: skip

#: whether a body makes the server fail
Fails = Callable[[Any], bool]


def found(result: Result) -> list[tuple[str, str]]:
    return [(finding.rule, finding.where) for finding in result.run.findings]


def refusing(fails: Fails, status: int = 400, why: str = "not today") -> Callable[[Call], Answer]:
    def answer(call: Call) -> Answer:
        if call.content and call.body is None and call.content != b"null":
            return 400, {"message": "no JSON"}
        return (500, {"message": "oops"}) if fails(call.body) else (status, {"message": why})

    return answer


def _member(value: Any, *path: str | int) -> Any:
    for step in path:
        if not isinstance(value, dict if isinstance(step, str) else list) or not value:
            return ...
        value = dict(enumerate(value) if isinstance(value, list) else value).get(step, ...)
    return value


@pytest.mark.parametrize(
    ("fails", "where"),
    [
        (lambda sent: isinstance(sent, list) and None in sent, "request.body"),
        (lambda sent: sent == {}, "request.body.name"),
        (lambda sent: _member(sent, "items", 0) is None, "request.body.items[]"),
        (lambda sent: _member(sent, "items", 0, "name") is None, "request.body.items[].name"),
        (lambda sent: None in dict(_member(sent, "labels")).values(), "request.body.labels.*"),
        (lambda sent: _member(sent, "labels") == ["text"], "request.body.labels"),
        (lambda sent: isinstance(_member(sent, "name"), dict), "request.body.name"),
        (lambda sent: _member(sent, "deep", "er", "still") is None, "request.body.deep.er.still"),
    ],
    ids=["an array of null", "an empty object", "a null item", "a null in an item", "a null in a map", "an array for a "
         "map", "an object for a text", "a null far down"],
)  # fmt: skip
def test_a_crash_shows_where_nothing_is_accepted(compiled: Compile, fails: Fails, where: str) -> None:
    def tells(sent: Any) -> bool:
        try:
            return fails(sent)
        except (AttributeError, TypeError, ValueError):
            return False

    result = drive(
        compiled({"paths": paths("POST /things", body=_BODY)}), refusing(tells), phases=("baseline", "clauses")
    )
    assert found(result) == [("server-error", where)]


@pytest.mark.parametrize("status", [400, 404, 409, 422])
def test_a_refusal_shows_nothing_there(compiled: Compile, status: int) -> None:
    refuse = refusing(lambda sent: False, status)
    document = {"paths": paths("GET /health", "POST /things", body=_BODY)}
    result = drive(
        compiled(document),
        lambda call: (200, {}) if call.line == "GET /health" else refuse(call),
        phases=("baseline", "clauses"),
    )
    assert not result.run.findings
    refused = [c for c in result.run.clauses if (c.operation, c.direction) == ("POST /things", "request")]
    assert {(clause.verdict, "no request" in clause.reason) for clause in refused} == {("untested", True)}


def test_an_invalid_request_that_is_accepted_is_a_finding(compiled: Compile) -> None:
    def answer(call: Call) -> Answer:
        return (201, {"id": "a"}) if isinstance(call.body, list) else (400, {"message": "no"})

    result = drive(compiled({"paths": paths("POST /things", body=_BODY)}), answer, phases=("baseline", "clauses"))
    assert {rule for rule, _ in found(result)} == {"invalid-request-accepted"}


@pytest.mark.parametrize(("status", "most"), [(401, 3), (403, 3), (405, 3), (404, 12)])
def test_little_is_sent_to_what_never_looks_at_the_body(compiled: Compile, status: int, most: int) -> None:
    bodies: list[bytes] = []

    def answer(call: Call) -> Answer:
        if call.method == "GET":
            return 200, {}
        bodies.append(call.content)
        return status, {"message": "no"}

    document = {"paths": paths("GET /things", "POST /things", body=_BODY)}
    drive(compiled(document), answer, phases=("baseline", "clauses"))
    assert len(bodies) <= most + 8


def test_a_query_of_a_wrong_type_shows_a_crash(compiled: Compile) -> None:
    def answer(call: Call) -> Answer:
        page = parse_qs(call.query).get("page", ["1"])[0]
        return (400, {"message": "no"}) if page.isdecimal() else (500, {"message": "oops"})

    document = {"paths": paths("GET /things")}
    page = {"name": "page", "in": "query", "required": True, "schema": {"type": "integer"}}
    document["paths"]["/things"]["get"]["parameters"] = [page]
    result = drive(compiled(document), answer, phases=("baseline", "clauses"))
    assert found(result) == [("server-error", "request.query.page")]


def test_a_crash_shows_in_what_is_refused_beside_an_accepted_request(compiled: Compile) -> None:
    """The empty array is taken and an item is not, so that no accepted request has an item."""

    def answer(call: Call) -> Answer:
        if not isinstance(call.body, list):
            return 400, {"message": "an array"}
        if None in call.body:
            return 500, {"message": "oops"}
        return (400, {"message": "no such name"}) if call.body else (201, {"id": "a"})

    schema = {"type": "array", "items": _ITEM}
    result = drive(compiled({"paths": paths("POST /alerts", body=schema)}), answer, phases=("baseline", "clauses"))
    assert ("server-error", "request.body[]") in found(result)


def test_a_document_in_a_text_crashes_although_nothing_is_accepted(compiled: Compile) -> None:
    """The text is read as a document of its own, and any other text is none."""

    def answer(call: Call) -> Answer:
        source = call.body.get("source") if isinstance(call.body, dict) else None
        if not isinstance(source, str):
            return 400, {"message": "a source is wanted"}
        return (500, {"message": "oops"}) if "\x07" in source else (400, {"message": "it is no document"})

    schema = {"type": "object", "required": ["source"], "properties": {"source": _TEXT, "name": _TEXT}}
    result = drive(compiled({"paths": paths("POST /flows", body=schema)}), answer, phases=("baseline", "clauses"))
    assert ("server-error", "request.body.source") in found(result)


@pytest.mark.parametrize("last", [501, 400], ids=["not there", "refused for another reason"])
def test_each_value_that_a_search_for_an_accepted_request_leaves_out_is_told(compiled: Compile, last: int) -> None:
    """The server looks at one member after the other, and does nothing in the end."""

    def answer(call: Call) -> Answer:
        searches = call.body.get("searches") if isinstance(call.body, dict) else None
        if not isinstance(searches, list) or not all(isinstance(search, dict) for search in searches):
            return 400, {"message": "an array of objects is wanted"}
        for search in searches:
            for name in ("rank", "group"):
                if search.get(name) == {}:
                    return 400, {"message": f"searches[0].{name}: expected a value"}
        return last, {"message": "nothing is searched here"}

    search = {"type": "object", "properties": {"rank": {"type": "object"}, "group": {"type": "object"}, "size": _TEXT}}
    schema = {
        "type": "object",
        "required": ["searches"],
        "properties": {"searches": {"type": "array", "items": search}},
    }
    document = {"paths": paths("POST /search", body=schema)}
    document["paths"]["/search"]["post"]["responses"]["501"] = {"description": "not there yet"}
    result = drive(compiled(document), answer, phases=("baseline", "clauses"))
    told = sorted(finding.where for finding in result.run.findings if finding.rule == "valid-request-rejected")
    assert told == [f"request.body.searches[].{name}" for name in ("group", "rank")]
    assert [each.operation for each in result.run.unaccepted or ()] == ["POST /search"]


def test_a_field_of_a_form_that_is_left_out_is_told_as_well(compiled: Compile) -> None:
    def answer(call: Call) -> Answer:
        sent = parse_qs(call.content.decode("utf-8", "replace"), keep_blank_values=True)
        return (400, {"message": "rank is not known"}) if "rank" in sent else (503, {"message": "closed today"})

    document = {"paths": paths("POST /hats", body={"type": "object", "properties": {"rank": _TEXT, "kind": _TEXT}})}
    content = document["paths"]["/hats"]["post"]["requestBody"]["content"]
    content["application/x-www-form-urlencoded"] = content.pop("application/json")
    result = drive(compiled(document), answer, phases=("baseline", "clauses"))
    assert "request.body.rank" in [finding.where for finding in result.run.findings]


def test_a_refusal_that_stays_the_same_blames_no_member(compiled: Compile) -> None:
    """The answer names a member, with it and without it."""

    def answer(call: Call) -> Answer:
        return 400, {"message": "the size does not fit the colour"}

    schema = {"type": "object", "properties": {"size": _TEXT, "colour": _TEXT, "shape": _TEXT}}
    result = drive(compiled({"paths": paths("POST /hats", body=schema)}), answer, phases=("baseline", "clauses"))
    assert found(result) == []


@pytest.mark.parametrize("status", [400, 404, 409, 503], ids=str)
def test_a_crash_shows_in_a_member_whose_valid_values_are_refused(compiled: Compile, status: int) -> None:
    """No kernel that the run can name is there, so that no accepted request has one. The document knows of each."""

    def answer(call: Call) -> Answer:
        if not isinstance(call.body, dict):
            return 400, {"message": "an object"}
        kernel = call.body.get("kernel")
        if isinstance(kernel, dict) and isinstance(kernel.get("name"), dict):
            return 500, {"message": "oops"}
        return (status, {"message": "it is not there"}) if "kernel" in call.body else (201, {"id": "a"})

    schema = {"type": "object", "properties": {"kernel": _ITEM}}
    result = drive(compiled({"paths": paths("POST /sessions", body=schema)}), answer, phases=("baseline", "clauses"))
    assert ("server-error", "request.body.kernel.name") in found(result)


def test_a_crash_shows_in_a_branch_that_is_not_accepted(compiled: Compile) -> None:
    schema = {"oneOf": [
        {"title": "Plain", "type": "object", "required": ["name"], "properties": {"name": _TEXT},
         "additionalProperties": False},
        {"title": "Odd", "type": "object", "required": ["parts"], "properties": {"parts": {"type": "array",
         "items": _ITEM}}, "additionalProperties": False},
    ]}  # fmt: skip

    def answer(call: Call) -> Answer:
        if isinstance(call.body, dict) and isinstance(call.body.get("name"), str) and len(call.body) == 1:
            return 201, {"id": "a"}
        if isinstance(call.body, dict) and _member(call.body, "parts", 0) is None:
            return 500, {"message": "oops"}
        return 422, json.dumps({"message": "no"}).encode()

    result = drive(compiled({"paths": paths("POST /things", body=schema)}), answer, phases=("baseline", "clauses"))
    assert "server-error" in {rule for rule, _ in found(result)}


def test_each_alternative_of_a_pattern_is_sent_to_what_accepts_nothing(compiled: Compile) -> None:
    def answer(call: Call) -> Answer:
        shape = parse_qs(call.query).get("shape", [""])[0]
        return (500, {"message": "oops"}) if shape == "scalar" else (404, {"message": "nothing is here"})

    document = {"paths": paths("GET /arrays", "GET /healthy")}
    shape = {"name": "shape", "in": "query", "required": True, "schema": {"type": "string"}}
    shape["schema"] = {"type": "string", "pattern": "^[0-9]+(,[0-9]+)*$|^scalar$"}
    document["paths"]["/arrays"]["get"]["parameters"] = [shape]

    def server(call: Call) -> Answer:
        if call.method != "GET":
            return not_offered("GET")
        return (200, {}) if call.path == "/healthy" else answer(call)

    result = drive(compiled(document), server, phases=("baseline", "clauses"))
    assert found(result) == [("server-error", "request.query.shape")]


def test_what_accepts_nothing_may_accept_any_media_type(compiled: Compile) -> None:
    """A page for people is shown to whoever asks for nothing in particular."""
    document = {"paths": paths("GET /queries")}
    answers = document["paths"]["/queries"]["get"]["responses"]
    answers["200"] = {"description": "", "content": {"application/json": {}}}
    del answers["400"]

    def answer(call: Call) -> Answer:
        if "application/json" in call.headers.get("accept", ""):
            return 400, {"message": "a query is wanted"}
        return 200, b"<html>Write a query</html>", {"content-type": "text/html"}

    result = drive(compiled(document), answer, phases=("baseline", "clauses"))
    assert "undocumented-content-type" in {rule for rule, _ in found(result)}


@pytest.mark.parametrize(
    ("fails", "where"),
    [
        (lambda sent: _member(sent, "name") == "", "request.body.name"),
        (lambda sent: _member(sent, "size") == 0, "request.body.size"),
        (lambda sent: isinstance(sent, dict) and "name" not in sent, "request.body.name"),
    ],
    ids=["a text that is too short", "a number that is too small", "a missing member"],
)
def test_a_crash_on_a_breach_of_any_clause_shows(compiled: Compile, fails: Fails, where: str) -> None:
    name, size = {"type": "string", "minLength": 1}, {"type": "integer", "minimum": 1}
    schema = {"type": "object", "required": ["name", "size"], "properties": {"name": name, "size": size}}
    result = drive(
        compiled({"paths": paths("POST /things", body=schema)}), refusing(fails), phases=("baseline", "clauses")
    )
    assert found(result) == [("server-error", where)]


def test_a_crash_shows_where_no_valid_body_can_be_made(compiled: Compile) -> None:
    """Nothing is both an object and an array, which is the document's defect and told beside the server's."""
    schema = {"allOf": [{"type": "object"}, {"type": "array"}]}
    document = {"paths": paths("GET /health", "POST /things", body=schema)}

    def run(fails: Fails) -> Result:
        refuse = refusing(fails)
        return drive(
            compiled(document),
            lambda call: (200, {}) if call.line == "GET /health" else refuse(call),
            phases=("baseline", "clauses"),
        )

    assert {rule for rule, _ in found(run(lambda sent: sent == [None]))} == {"server-error", "spec-invalid"}
    innocent = run(lambda sent: False)
    assert [rule for rule, _ in found(innocent)] == ["spec-invalid"]
    told = {one.reason for one in innocent.run.clauses if (one.operation, one.keyword) == ("POST /things", "type")}
    assert all("no valid request could be generated" in reason for reason in told)
