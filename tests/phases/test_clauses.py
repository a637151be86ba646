"""What is sent: every probe keeps the contract or breaks exactly its clause, by the word of a second engine."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from clausewise.contract.contract import TRIED_METHODS, Contract, load
from clausewise.contract.operation import OperationContract
from clausewise.contract.request import judge_request
from clausewise.contract.second_engine import python_validator
from clausewise.exchange import Exchange, Response
from clausewise.generation.prover import Case
from clausewise.mockserver.app import MockApp
from clausewise.options import RunOptions
from clausewise.phases.base import Driver
from clausewise.results.evidence import UntestedReason
from clausewise.security.configure import configure
from tests.conftest import Compile
from tests.phases.tasks import phases_of
from tests.servers.small import Answer, Call, drive, not_offered, paths

_CREDENTIALS = (("Authorization", "Bearer token"),)


def exchanges(contract: Contract, operation: OperationContract, **values: Any) -> list[Exchange]:
    """The plan of `operation` carried out on the mock."""
    options = RunOptions(values=values, phases=("baseline", "clauses"))
    mock = MockApp(contract)
    made: list[Exchange] = []

    def answered(batch: Iterable[Case] | Driver) -> list[Exchange]:
        assert isinstance(batch, Iterable)
        return [Exchange(str(len(made)), case.request, mock.answer(case.request), None, case.probe) for case in batch]

    steps = phases_of(contract, operation, options, configure(contract.specification, headers=_CREDENTIALS))
    batch = next(steps)
    while True:
        answers = answered(batch)
        made += answers
        try:
            batch = steps.send(answers)
        except StopIteration:
            return made


@pytest.fixture(scope="module")
def shipped(contract_file: Path) -> Contract:
    return load(contract_file)


@pytest.fixture(scope="module")
def made(shipped: Contract) -> list[Exchange]:
    return exchanges(shipped, shipped.operation("createCluster"))


def validator(contract: Contract) -> Any:
    body = contract.operation("createCluster").body
    assert body is not None and body.judged is not None and body.judged.message is not None
    return python_validator(body.judged.message.schema)


def test_the_first_request_is_an_accepted_baseline(made: list[Exchange]) -> None:
    first = made[0]
    assert first.probe is not None and first.probe.phase == "baseline"
    assert first.response is not None and first.response.status == 200


def test_probes_break_exactly_what_they_say(shipped: Contract, made: list[Exchange]) -> None:
    operation = shipped.operation("createCluster")
    for exchange in made:
        assert exchange.probe is not None
        if exchange.request.method != operation.operation.method or exchange.probe.aspect == "accept":
            # A request that is sent once more with another `Accept` is about its answer alone.
            continue
        judgement = judge_request(operation, exchange.request, operation.match(exchange.request.target))
        broken = {breach.clause.key for breach in judgement.breaches}
        assert broken == set(exchange.probe.breaks), exchange.probe.note


@pytest.mark.slow
def test_a_second_engine_agrees_on_every_json_body(shipped: Contract, made: list[Exchange]) -> None:
    second = validator(shipped)
    bodies = 0
    for exchange in made:
        probe = exchange.probe
        assert probe is not None
        if probe.deviates_at[:1] == ("body",) and exchange.request.body:
            valid = second.is_valid(json.loads(exchange.request.body))
            assert valid == (not probe.breaks), probe.note
            bodies += 1
    assert bodies > 500


def test_every_schema_clause_of_the_request_is_broken_by_some_probe(shipped: Contract, made: list[Exchange]) -> None:
    broken = {key for exchange in made if exchange.probe for key in exchange.probe.breaks}
    for clause in shipped.operation("createCluster").clauses:
        if clause.direction == "request" and clause.part == "body" and clause.governed_by is None:
            assert clause.key in broken, clause.key


def test_every_enum_value_and_branch_is_sent(made: list[Exchange]) -> None:
    sent = [json.loads(e.request.body) for e in made if e.request.body and e.probe and e.probe.expect == "accept"]
    assert {body["cloudProvider"] for body in sent} == {"AWS", "AZURE", "GCP"}
    assert {(body["cloudProvider"], body["type"]) for body in sent} == {
        (provider, kind) for provider in ("AWS", "AZURE", "GCP") for kind in ("DEDICATED", "HYBRID")
    }


@pytest.mark.parametrize(
    "note",
    [
        "holds non-ASCII text",
        "holds a quote",
        "holds a NUL",
        "holds a trailing blank",
        "holds an item twice",
        "is an empty string",
        "has 5000 characters",
        "is an empty array",
        "is null",
        "no body is sent",
        "the body is sent as text/plain",
        "the body is not JSON",
        "no credentials are sent",
        "the method is DELETE",
        "is left out",
        "is present",
    ],
)
def test_what_is_tried(made: list[Exchange], note: str) -> None:
    assert any(exchange.probe and note in exchange.probe.note for exchange in made)


def test_no_request_goes_out_twice_for_the_same_clause(made: list[Exchange]) -> None:
    sent = [(e.request, e.probe.clause) for e in made if e.probe and e.probe.phase == "clauses" and e.probe.clause]
    assert len(sent) == len(set(sent))


@pytest.mark.slow
def test_values_of_the_user_win(shipped: Contract) -> None:
    made = exchanges(shipped, shipped.operation("createCluster"), organizationId="mine", region="mars-1")
    first = made[0].request
    assert first.target == "/organizations/mine/clusters"
    assert first.body is not None and json.loads(first.body)["region"] == "mars-1"


def test_parameters_are_probed_like_bodies(tmp_path: Path) -> None:
    document = tmp_path / "api.yaml"
    document.write_text(
        """
openapi: 3.0.3
info: {title: t, version: v}
paths:
  /things/{id}:
    get:
      operationId: getThing
      parameters:
        - {name: id, in: path, required: true, schema: {type: integer, minimum: 1}}
        - {name: limit, in: query, required: true, schema: {type: integer, maximum: 10}}
        - {name: X-ResourceType, in: header, schema: {type: string, enum: [a, b]}}
        - {name: tags, in: query, schema: {type: array, maxItems: 2, items: {type: string}}}
      responses:
        '200': {description: ok}
        '400': {description: no}
"""
    )
    contract = load(document)
    made = exchanges(contract, contract.operation("getThing"))
    notes = {exchange.probe.note for exchange in made if exchange.probe}
    assert "the path parameter `id` is 0" in notes
    assert "the query parameter `limit` is 10" in notes and "the query parameter `limit` is 11" in notes
    assert 'the header parameter `X-ResourceType` is "a_X"' in notes
    assert "the query parameter `limit` is left out" in notes
    assert "the query parameter `tags` has 3 items" in notes
    refused = [e for e in made if e.probe and e.probe.expect == "refuse" and isinstance(e.response, Response)]
    assert refused and all(e.response is not None and e.response.status in (400, 405) for e in refused)


#: nothing is a text and a number
_IMPOSSIBLE = {"allOf": [{"type": "string"}, {"type": "integer"}]}

_PATHS: dict[str, Any] = {
    "/users/me": {"get": {"operationId": "me", "responses": {"200": {"description": ""}}}},
    "/users/{id}": {
        "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
        "delete": {"operationId": "remove", "responses": {"204": {"description": ""}}},
    },
    "/files": {
        "post": {
            "operationId": "upload",
            "requestBody": {"required": True, "content": {"application/json": {"schema": _IMPOSSIBLE}}},
            "responses": {"200": {"description": ""}},
        }
    },
    "/t/{id}.json": {
        "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
        "get": {"operationId": "topic", "responses": {"200": {"description": ""}, "404": {"description": ""}}},
    },
}


def test_a_method_that_another_template_offers_is_not_undocumented(compiled: Compile) -> None:
    contract = compiled({"paths": _PATHS})
    sent = {exchange.request.method for exchange in exchanges(contract, contract.operation("me"))}
    assert sent == {*TRIED_METHODS, "GET"} - {"DELETE"}


def test_where_no_request_can_be_made_only_invalid_ones_are_sent(compiled: Compile) -> None:
    contract = compiled({"paths": _PATHS})
    operation = contract.operation("upload")
    sent = exchanges(contract, operation)
    assert {exchange.probe.expect for exchange in sent if exchange.probe is not None} == {"refuse"}
    steps = phases_of(contract, operation, RunOptions(phases=("baseline", "clauses")))
    next(steps)
    with pytest.raises(StopIteration) as end:
        steps.send(sent)
    assert set(end.value.value.untested.values()) == {
        UntestedReason("never-accepted", "no valid request could be generated: the schema excludes every value")
    }


def test_no_path_parameter_is_sent_empty(compiled: Compile) -> None:
    contract = compiled({"paths": _PATHS})
    assert all(e.request.target != "/t/.json" for e in exchanges(contract, contract.operation("topic")))


@pytest.mark.parametrize(
    ("status", "found"),
    [
        (400, 'POST /things refused (400) a request where the example "two" is sent'),
        (500, 'POST /things answered 500 where the example "two" is sent'),
    ],
)
def test_an_example_that_fails_is_named(compiled: Compile, status: int, found: str) -> None:
    def answer(call: Call) -> Answer:
        return (status if call.body == {"name": "b"} else 200), None

    document = {"paths": paths("POST /things")}
    examples = {"one": {"value": {"name": "a"}}, "two": {"value": {"name": "b"}}}
    document["paths"]["/things"]["post"]["requestBody"]["content"]["application/json"]["examples"] = examples
    result = drive(compiled(document), answer, phases=("baseline", "clauses"))
    assert found in {finding.message for finding in result.run.findings}


def test_a_request_that_was_refused_is_not_sent_again_to_reach_a_clause(compiled: Compile) -> None:
    sent: list[Any] = []

    def answer(call: Call) -> Answer:
        sent.append(call.body)
        return (400 if isinstance(call.body, dict) and "size" in call.body else 201), None

    members = {name: {"type": "object", "properties": {"of": {"type": "integer", "minimum": 1}}} for name in "ab"}
    schema = {"type": "object", "properties": {"size": {"const": 1}, **members}, "additionalProperties": False}
    document = {"paths": paths("POST /things", body=schema)}
    content = document["paths"]["/things"]["post"]["requestBody"]["content"]["application/json"]
    content["example"] = {}
    drive(compiled(document), answer, phases=("baseline", "clauses"))
    assert sent.count({"size": 1}) == 1


@pytest.mark.parametrize(
    ("fails", "notes"),
    [
        (lambda text: "\x00" in text, ["holds a NUL"]),
        (lambda text: len(text) > 255, ["has 5000 characters"]),
        (lambda text: "\x00" in text or len(text) > 255, ["has 5000 characters", "holds a NUL"]),
        (lambda text: False, []),
    ],
    ids=["a NUL", "a long text", "both", "the twin"],
)
def test_a_parameter_that_may_be_anything_is_a_text(compiled: Compile, fails: Any, notes: list[str]) -> None:
    parameter = {"name": "file", "in": "path", "required": True, "schema": {}}
    answers = {"200": {"description": "found"}, "405": {"description": "no"}}
    operation = {"operationId": "read", "parameters": [parameter], "responses": answers}
    contract = compiled({"paths": {"/pages/{file}": {"get": operation}}})

    def answer(call: Call) -> Answer:
        if call.method != "GET":
            return not_offered("GET")
        return (500, {"message": "oops"}) if fails(call.path) else (200, None)

    findings = drive(contract, answer, phases=("baseline", "clauses")).run.findings
    assert sorted(finding.message.partition("`file` ")[2] for finding in findings) == notes


@pytest.mark.parametrize("is_careless", [True, False], ids=["a careless server", "the twin"])
def test_items_beyond_the_prefix_are_added_and_broken(compiled: Compile, is_careless: bool) -> None:
    first, second = {"type": "integer", "minimum": 1}, {"type": "string", "maxLength": 3}
    schema = {"type": "array", "prefixItems": [first, second], "items": {"type": "boolean"}, "minItems": 1}

    def answer(call: Call) -> Answer:
        if call.method != "POST":
            return not_offered("POST")
        sent = call.body if isinstance(call.body, list) else []
        is_json = call.headers.get("content-type") == "application/json"
        keeps = is_json and bool(sent) and type(sent[0]) is int and sent[0] >= 1
        keeps = keeps and all(isinstance(each, str) and len(each) <= 3 for each in sent[1:2])
        keeps = keeps and (is_careless or all(isinstance(each, bool) for each in sent[2:]))
        return (201 if keeps else 400), None

    document = {"openapi": "3.1.0", "paths": paths("POST /things", body=schema)}
    run = drive(compiled(document), answer, phases=("baseline", "clauses")).run
    assert [finding.where for finding in run.findings] == ["request.body[]"] * is_careless
    asked = [clause for clause in run.clauses if clause.where.startswith("request.body")]
    assert [clause.where for clause in asked if clause.verdict == "untested"] == []


def test_a_refusal_is_told_of_the_value_and_not_of_the_number_of_items(compiled: Compile) -> None:
    def answer(call: Call) -> Answer:
        if call.method != "POST":
            return not_offered("POST")
        genres = call.body.get("genres") if isinstance(call.body, dict) else None
        if not isinstance(genres, list) or any(each not in ("fiction", "poetry") for each in genres):
            return 400, {"message": "no such genre"}
        return (200, {}) if len(genres) == len(set(genres)) > 0 else (400, {"message": "each genre once"})

    genres = {"type": "array", "minItems": 1, "uniqueItems": True, "items": {"enum": ["fiction", "scifi", "poetry"]}}
    body = {"type": "object", "required": ["genres"], "properties": {"genres": genres}}
    contract = compiled({"paths": paths("POST /books", body=body)})
    told = [
        finding.message
        for finding in drive(contract, answer, phases=("baseline", "clauses")).run.findings
        if finding.rule == "valid-request-rejected" and finding.severity == "error"
    ]
    assert len(told) == 1 and 'item of `genres` is "scifi"' in told[0], told
