"""Pairs: any two values in one request, and a failure reduced to what it takes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from itertools import combinations
from typing import Any
from urllib.parse import parse_qsl

import pytest

from clausewise.contract.contract import Contract
from clausewise.contract.operation import OperationContract
from clausewise.exchange import Exchange, Response
from clausewise.generation.prover import Case
from clausewise.options import RunOptions
from clausewise.phases.base import Causes, Driver
from tests.conftest import Compile
from tests.phases.tasks import phases_of
from tests.servers.small import Answer, Call, drive, not_offered, paths

_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 8},
        "kind": {"type": "string", "enum": ["a", "b", "c"]},
        "count": {"type": "integer", "minimum": 1, "maximum": 5},
        "loud": {"type": "boolean"},
        "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 3},
    },
    "if": {"properties": {"kind": {"const": "c"}}, "required": ["kind"]},
    "then": {"properties": {"count": {"maximum": 4}}},
}


@pytest.fixture(scope="module")
def contract(compiled: Compile) -> Contract:
    content = {"content": {"application/json": {"schema": _SCHEMA}}}
    responses = {"200": {"description": ""}, "400": {"description": ""}}
    operation = {"operationId": "make", "requestBody": {"required": True, **content}, "responses": responses}
    return compiled({"paths": {"/things": {"post": operation}}})


def carried_out(
    contract: Contract,
    fails: Callable[[dict[str, Any]], bool],
    phases: tuple[str, ...] = ("baseline", "clauses", "pairs"),
) -> tuple[list[Exchange], Causes]:
    """The plan on a server that refuses what breaks the contract, and answers 500 where `fails` says so."""
    operation = contract.operation("make")
    made: list[Exchange] = []

    def answered(batch: Iterable[Case] | Driver) -> list[Exchange]:
        exchanges: list[Exchange] = []
        assert isinstance(batch, Iterable)
        for case in batch:
            valid = _valid(operation, case.request.body)
            body = json.loads(case.request.body) if valid and case.request.body else {}
            status = 400 if not valid else 500 if fails(body) else 200
            exchanges.append(
                Exchange(str(len(made) + len(exchanges)), case.request, Response(status), None, case.probe)
            )
        made.extend(exchanges)
        return exchanges

    steps = phases_of(contract, operation, RunOptions(phases=phases))
    batch = next(steps)
    while True:
        try:
            batch = steps.send(answered(batch))
        except StopIteration as end:
            return made, end.value.causes


def _valid(operation: OperationContract, body: bytes | None) -> bool:
    assert operation.body_message is not None
    try:
        return operation.body_message.is_valid(json.loads(body or b""))
    except ValueError:
        return False


def bodies(made: list[Exchange]) -> list[dict[str, Any]]:
    return [json.loads(e.request.body) for e in made if e.probe and e.probe.phase == "pairs" and e.request.body]


def test_any_two_values_that_go_together_stand_in_one_request(contract: Contract) -> None:
    sent = bodies(carried_out(contract, lambda _: False)[0])
    values: dict[str, list[Any]] = {
        "kind": ["a", "b", "c"],
        "count": [1, 4, 5],
        "loud": [True, False],
    }
    for (one, first), (other, second) in combinations(values.items(), 2):
        for value in first:
            for beside in second:
                together = any(body.get(one) == value and body.get(other) == beside for body in sent)
                possible = {value, beside} != {"c", 5} and 4 not in (value, beside)
                assert together or not possible, (one, value, other, beside)
    assert {"kind", "count", "loud", "tags"} == set.union(*map(set, sent)) - {"name"}
    assert any(set(body) == {"name"} for body in sent)


def test_pairs_need_no_other_phase(contract: Contract) -> None:
    alone = carried_out(contract, lambda _: False, phases=("pairs",))[0]
    assert bodies(alone) == bodies(carried_out(contract, lambda _: False)[0])


def test_every_row_keeps_the_contract(contract: Contract) -> None:
    operation = contract.operation("make")
    made, causes = carried_out(contract, lambda _: False)
    assert all(_valid(operation, e.request.body) for e in made if e.probe and e.probe.phase == "pairs")
    assert causes == {}


@pytest.mark.parametrize(
    ("fails", "told"),
    [
        (
            lambda body: body.get("kind") == "b" and body.get("count") == 5,
            '`count` is 5 and `kind` is "b"',
        ),
        (lambda body: "tags" in body and body.get("loud") is False, "`loud` is false and `tags` is there"),
        (
            lambda body: len(body.get("tags", ())) == 2 and len(body["name"]) == 1,
            "`name` has 1 character and `tags` has two items",
        ),
        (
            lambda body: len(body) == 5 and body.get("kind") == "a" and body["loud"],
            '`count` is there and `kind` is "a" and `loud` is true and `tags` is there',
        ),
    ],
    ids=["two values", "presence and flag", "lengths", "four things"],
)
def test_a_failure_is_reduced_to_what_it_takes(
    contract: Contract, fails: Callable[[dict[str, Any]], bool], told: str
) -> None:
    made, causes = carried_out(contract, fails)
    proved = [e.probe.note for e in made if e.probe and e.probe.phase == "pairs" and e.probe.expect == "accept"]
    assert [note for note in proved if note != "the smallest body is sent"] == [told]
    for name in causes:
        exchange = made[int(name)]
        assert exchange.response is not None and exchange.response.status == 500


def test_a_body_that_is_an_array_has_pairs_too(compiled: Compile) -> None:
    schema = {"type": "array", "maxItems": 3, "items": {"type": "string", "minLength": 1, "maxLength": 8}}
    result = drive(
        compiled({"paths": paths("POST /tags", body=schema)}), lambda _: (200, {}), phases=("baseline", "pairs")
    )
    assert result.stopped is None


def _listing(parameters: dict[str, Any]) -> dict[str, Any]:
    described = [{"name": name, "in": "query", "schema": schema} for name, schema in parameters.items()]
    responses = {"200": {"description": ""}, "400": {"description": ""}}
    return {"paths": {"/things": {"get": {"operationId": "list", "parameters": described, "responses": responses}}}}


_QUERY = {
    "order": {"type": "string", "enum": ["new", "active"]},
    "local": {"type": "boolean"},
    "limit": {"type": "integer", "minimum": 1, "maximum": 80},
    "q": {"type": "string", "maxLength": 20},
}


@pytest.mark.parametrize(
    ("fails", "causes"),
    [
        (
            lambda query: query.get("order") == "active" and query.get("local") == "false",
            {"the query parameter `local` is false", 'the query parameter `order` is "active"'},
        ),
        (
            lambda query: "limit" in query and query.get("q") == "",
            {"the query parameter `limit` is there", "the query parameter `q` is an empty string"},
        ),
    ],
    ids=["two values", "an empty one"],
)
def test_two_parameters_of_a_query_stand_together(
    compiled: Compile, fails: Callable[[dict[str, str]], bool], causes: set[str]
) -> None:
    def answer(call: Call) -> Answer:
        query = dict(parse_qsl(call.query, keep_blank_values=True))
        return (500, {"message": "ambiguous"}) if fails(query) else (200, [])

    run = drive(compiled(_listing(_QUERY)), answer, phases=("baseline", "pairs")).run
    (finding,) = [each for each in run.findings if each.rule == "server-error"]
    assert set(finding.message.removeprefix("list answered 500 where ").split(" and ")) == causes


@pytest.mark.parametrize(
    ("place", "schema", "crashes"),
    [
        ("query", {"type": "string", "maxLength": 20}, ""),
        ("body", {"type": "string", "maxLength": 20}, ""),
        ("body", {"type": ["string", "null"], "maxLength": 20}, None),
        ("body", {"type": "integer"}, 0),
        ("body", {"type": "array", "items": {"type": "string"}}, []),
    ],
    ids=["an empty parameter", "an empty member", "null", "zero", "an empty array"],
)
def test_a_value_that_crashes_alone_is_one_finding_of_all_phases(
    compiled: Compile, place: str, schema: dict[str, Any], crashes: object
) -> None:
    schemas = _QUERY | {"q": schema}
    document = {"paths": paths("POST /things", body={"type": "object", "properties": schemas})}

    def answer(call: Call) -> Answer:
        query = dict(parse_qsl(call.query, keep_blank_values=True))
        sent = query if place == "query" else call.body
        return (500, {}) if isinstance(sent, dict) and sent.get("q", "other") == crashes else (200, [])

    run = drive(compiled(_listing(schemas) if place == "query" else document), answer).run
    found = [each.message for each in run.findings if each.rule == "server-error"]
    assert len(found) == 1, found


def test_null_stands_together_with_other_values(compiled: Compile) -> None:
    kind = {"type": "string", "enum": ["text", "json"]}
    schema = {"type": "object", "properties": {"kind": kind, "default": {"type": ["string", "null"]}}}

    def answer(call: Call) -> Answer:
        wrong = call.body == {"kind": "json", "default": None}
        return (500, {"message": "failed"}) if wrong else (200, {})

    run = drive(compiled({"paths": paths("POST /columns", body=schema)}), answer, phases=("baseline", "pairs")).run
    (finding,) = [each for each in run.findings if each.rule == "server-error"]
    assert finding.message.endswith('where `default` is null and `kind` is "json"')


@pytest.mark.parametrize(
    ("first", "last", "schema", "is_told"),
    [
        ("from", "to", {"type": "integer", "minimum": 1, "maximum": 9}, False),
        ("minPrice", "maxPrice", {"type": "integer", "minimum": 1, "maximum": 9}, False),
        ("validFrom", "validUntil", {"type": "string", "enum": ["2024-01-01", "2024-01-02"]}, False),
        ("width", "height", {"type": "integer", "minimum": 1, "maximum": 9}, True),
        ("minWidth", "maxHeight", {"type": "integer", "minimum": 1, "maximum": 9}, True),
    ],
    ids=["from and to", "prices", "days", "no range", "two ranges"],
)
def test_a_range_that_ends_before_it_begins_may_be_refused(
    compiled: Compile, first: str, last: str, schema: dict[str, Any], *, is_told: bool
) -> None:
    def answer(call: Call) -> Answer:
        if call.method != "POST":
            return not_offered("POST")
        body = call.body if isinstance(call.body, dict) else {}
        values = [body[name] for name in (first, last) if type(body.get(name)) is type(schema.get("minimum", ""))]
        if len(values) == 2 and values[0] > values[1]:
            return 422, {"message": "no"}
        return (200, {}) if len(values) == len(body) else (422, {"message": "of the wrong type"})

    body = {"type": "object", "additionalProperties": False, "properties": {first: schema, last: schema}}
    contract = compiled({"paths": paths("POST /things", body=body)})
    findings = drive(contract, answer, phases=("baseline", "clauses", "pairs")).run.findings
    told = [finding for finding in findings if finding.rule == "valid-request-rejected"]
    assert bool(told) == is_told, [finding.message for finding in told]


def test_a_range_in_a_query_may_be_refused_as_well(compiled: Compile) -> None:
    def answer(call: Call) -> Answer:
        if call.method != "GET":
            return not_offered("GET")
        query = dict(parse_qsl(call.query))
        is_valid = all(value.isdecimal() and 1 <= int(value) <= 9 for value in query.values())
        return (200, []) if is_valid and query.get("from", "1") <= query.get("to", "9") else (400, {"message": "no"})

    number = {"type": "integer", "minimum": 1, "maximum": 9}
    document = paths("GET /things")
    document["/things"]["get"]["parameters"] = [
        {"name": name, "in": "query", "schema": number} for name in ("from", "to")
    ]
    findings = drive(compiled({"paths": document}), answer, phases=("baseline", "clauses", "pairs")).run.findings
    assert [finding.message for finding in findings if finding.rule == "valid-request-rejected"] == []
