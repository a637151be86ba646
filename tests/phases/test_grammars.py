"""Texts with a grammar that only descriptions and refusals tell: sort orders, filters."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest

from clausewise.generation.grammars import around
from tests.conftest import Compile
from tests.servers.small import Answer, Call, drive, paths

_TEXT = {"type": "string"}


def listing(description: str = "") -> dict[str, Any]:
    document: dict[str, Any] = {"paths": paths("GET /things")}
    sort = {"name": "sort", "in": "query", "schema": _TEXT, "description": description}
    document["paths"]["/things"]["get"]["parameters"] = [sort]
    return document


def sorting(why: Any, crash: Callable[[str], bool], valid: Callable[[str], bool]) -> Callable[[Call], Answer]:
    def answer(call: Call) -> Answer:
        sort = parse_qs(call.query, keep_blank_values=True).get("sort", [None])[0]
        if call.method != "GET":
            return 405, {"message": "no"}, {"allow": "GET"}
        if sort is not None and crash(sort):
            return 500, {"message": "oops"}
        return (200, []) if sort is None or valid(sort) else (400, why)

    return answer


def _direction(sort: str) -> bool:
    field, colon, order = sort.partition(":")
    return field in ("id", "name") and bool(colon) and order in ("asc", "desc")


_SAID: dict[str, tuple[str, Any]] = {
    "a description": ("The order, e.g. `name:asc`.", {"message": "no"}),
    "a form": ("", {"message": "sort must look like field:asc or field:desc"}),
    "an example": ("", {"error": "Invalid sort. Use for example name:desc"}),
    "a template": ("", {"errors": [{"field": "sort", "message": "expected <field>:<direction>"}]}),
    "a quoted form": ("", "bad value for sort: expected 'name:asc'"),
}


@pytest.mark.parametrize("said", _SAID)
@pytest.mark.parametrize(
    "crash",
    [
        lambda sort: ":" in sort and sort.partition(":")[0] not in ("id", "name", ""),
        lambda sort: sort.endswith(":"),
        lambda sort: sort.startswith(":"),
        lambda sort: sort.count(":") > 1,
        lambda sort: sort.partition(":")[2] not in ("", "asc", "desc") and sort.count(":") == 1,
    ],
    ids=["an unknown field", "no direction", "no field", "two separators", "an unknown direction"],
)
def test_a_crash_near_a_grammar_is_one_finding(compiled: Compile, said: str, crash: Callable[[str], bool]) -> None:
    description, why = _SAID[said]
    answer = sorting(why, crash, _direction)
    result = drive(compiled(listing(description)), answer, phases=("baseline", "clauses"))
    assert [f.rule for f in result.run.findings if f.rule == "server-error"] == ["server-error"]


@pytest.mark.parametrize("said", _SAID)
def test_a_server_that_keeps_to_its_grammar_has_no_crash(compiled: Compile, said: str) -> None:
    description, why = _SAID[said]
    result = drive(compiled(listing(description)), sorting(why, lambda _: False, _direction), phases=("clauses",))
    assert not [f for f in result.run.findings if f.rule != "valid-request-rejected"]
    accepted = [e for e in result.exchanges if e.accepted and "sort=" in e.request.target]
    assert accepted, "the parameter is reached"
    assert len(result.exchanges) < 90


def test_a_grammar_that_only_an_example_of_the_parameter_shows_is_reached(compiled: Compile) -> None:
    document = listing()
    document["paths"]["/things"]["get"]["parameters"][0]["example"] = "name:asc"
    answer = sorting("no", lambda sort: sort.endswith(":"), _direction)
    result = drive(compiled(document), answer, phases=("baseline", "clauses"))
    assert [f.rule for f in result.run.findings if f.rule == "server-error"] == ["server-error"]
    (reached,) = [e for e in result.exchanges if e.probe and e.probe.note == "the query parameter `sort` is sent"]
    assert reached.accepted and reached.request.target.endswith("sort=name%3Aasc")


@pytest.mark.parametrize("text", ["-name", "name:asc", "status=open", "a,b", "age>3", "status eq 'open'"])
def test_texts_with_a_grammar(text: str) -> None:
    found = list(around(text))
    assert 3 < len(found) <= 10 and text not in found


@pytest.mark.parametrize(
    "text",
    ["word", "", "two words", "2024-05-17T09:30:00Z", "https://example.com/a", "10.0.0.0/16", "2001:db8::17",
     "application/json", "ada@example.com", "It is: a sentence, with words.", "6f1c2a34-9b0e-4d57-8a61-3c5e7f90b12d"],
)  # fmt: skip
def test_texts_without_one(text: str) -> None:
    assert not list(around(text))


@pytest.mark.parametrize("name", ["sort", "order_by", "orderBy"])
@pytest.mark.parametrize("fails", [True, False])
def test_a_sort_order_may_name_the_same_twice(compiled: Compile, name: str, fails: bool) -> None:
    def answer(call: Call) -> Answer:
        order = parse_qs(call.query, keep_blank_values=True).get(name, [""])[0].split(",")
        if call.method != "GET":
            return 405, {"message": "no"}, {"allow": "GET"}
        if not set(order) <= {"age", "size", ""}:
            return 400, {"message": "no such field"}
        return (500, {"message": "oops"}) if fails and len(set(order)) < len(order) else (200, [])

    document: dict[str, Any] = {"paths": paths("GET /things")}
    sort = {"name": name, "in": "query", "schema": _TEXT, "example": "age"}
    document["paths"]["/things"]["get"]["parameters"] = [sort]
    findings = drive(compiled(document), answer, phases=("baseline", "clauses")).run.findings
    errors = [finding for finding in findings if finding.severity == "error"]
    assert [finding.rule for finding in errors] == (["server-error"] if fails else [])
    assert not fails or "age,age" in errors[0].message


@pytest.mark.parametrize("fails", [True, False])
def test_a_pattern_may_describe_more_than_its_author_meant(compiled: Compile, fails: bool) -> None:
    pattern = "^[0-9]*(,[0-9]+)*$"

    def answer(call: Call) -> Answer:
        block = parse_qs(call.query, keep_blank_values=True).get("block", [""])[0]
        if call.method != "GET":
            return 405, {"message": "no"}, {"allow": "GET"}
        if not re.fullmatch(pattern, block):
            return 400, {"message": "no block"}
        return (500, {"message": "oops"}) if fails and block.startswith(",") else (200, [])

    document: dict[str, Any] = {"paths": paths("GET /arrays")}
    block = {"name": "block", "in": "query", "schema": {**_TEXT, "pattern": pattern}, "example": "1,2"}
    document["paths"]["/arrays"]["get"]["parameters"] = [block]
    findings = drive(compiled(document), answer, phases=("baseline", "clauses")).run.findings
    errors = [finding for finding in findings if finding.severity == "error"]
    assert [finding.rule for finding in errors] == (["server-error"] if fails else []), findings


@pytest.mark.parametrize(
    ("documented", "implemented"),
    [
        pytest.param(r"^\+[0-9]{6,12}$", r"\+[0-9]{6,}", id="no maximum"),
        pytest.param(r"^\+[0-9]{6,12}$", r"\+[0-9]{,12}", id="no minimum"),
        pytest.param(r"^\+[0-9]{6,12}$", r"\+[0-9]{6,13}", id="a maximum one too high"),
        pytest.param("^[A-Z]{2}[0-9]{4}$", "[A-Z]{2}[0-9]{3,4}", id="a minimum one too low"),
        pytest.param("^[a-z]+(-[a-z]+){0,2}$", "[a-z]+(-[a-z]+)*", id="any number of groups"),
        pytest.param("^v[0-9]+$", "v[0-9]*", id="none where one is needed"),
        pytest.param("^[a-z]{3}-[0-9]{3}-[a-z]{3}$", "[a-z]{3}-[0-9]{3}-[a-z]{2,3}", id="the last of three"),
    ],
)
@pytest.mark.parametrize("fails", [True, False])
def test_a_repetition_is_tried_just_beyond_its_ends(
    compiled: Compile, documented: str, implemented: str, fails: bool
) -> None:
    allowed = implemented if fails else documented.strip("^$")

    def answer(call: Call) -> Answer:
        code = parse_qs(call.query, keep_blank_values=True).get("code", [None])[0]
        if call.method != "GET":
            return 405, {"message": "no"}, {"allow": "GET"}
        return (200, []) if code is None or re.fullmatch(allowed, code) else (400, {"message": "no code"})

    document: dict[str, Any] = {"paths": paths("GET /codes")}
    code = {"name": "code", "in": "query", "schema": {**_TEXT, "pattern": documented}}
    document["paths"]["/codes"]["get"]["parameters"] = [code]
    findings = drive(compiled(document), answer, phases=("baseline", "clauses")).run.findings
    errors = [finding for finding in findings if finding.severity == "error"]
    assert [finding.rule for finding in errors] == (["invalid-request-accepted"] if fails else []), findings
