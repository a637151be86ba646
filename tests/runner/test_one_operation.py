"""What goes wrong with one operation does not end the test of the others."""

from __future__ import annotations

from typing import Any

import pytest

from clausewise.contract.compiler import PartCompiler
from clausewise.contract.parts import ParameterContract
from clausewise.errors import InternalError
from clausewise.options import RunOptions
from clausewise.runner.run import Result, run
from clausewise.runner.targets import mock_target
from clausewise.spec.operations import Parameter
from tests.conftest import Compile
from tests.servers.small import Answer, Call, drive, not_offered, paths


def _tested(compiled: Compile, minimum: object = 1, answer: object = None) -> Result:
    """The run of two operations, one of which takes a number of at least `minimum`."""
    number = {"name": "number", "in": "query", "schema": {"type": "integer", "minimum": minimum}}
    content = {"application/json": {"schema": answer or {"type": "object", "properties": {"a": {"type": "string"}}}}}
    one = {"operationId": "one", "parameters": [number], "responses": {"200": {"description": "ok"}}}
    other = {"operationId": "other", "responses": {"200": {"description": "ok", "content": content}}}
    document = {"openapi": "3.1.0", "paths": {"/one": {"get": one}, "/other": {"get": other}}}
    contract = compiled(document)
    options = RunOptions(phases=("baseline", "clauses"), max_time=30)
    return run(contract, mock_target(contract, 1, 4), options)


def _verdicts(result: Result, operation: str) -> set[str]:
    return {clause.verdict for clause in result.run.clauses if clause.operation == operation}


def test_a_sound_document_has_no_finding(compiled: Compile) -> None:
    result = _tested(compiled)
    assert (result.run.findings, result.stopped) == ((), None)
    assert result.run.coverage.operations.accepted == 2


def test_a_defect_in_a_request_closes_its_operation(compiled: Compile) -> None:
    result = _tested(compiled, minimum="1")
    (finding,) = result.run.findings
    assert (finding.rule, finding.severity, finding.operations) == ("spec-invalid", "error", ("one",))
    assert finding.clause == "#/paths/~1one/get/parameters/0/schema/minimum"
    assert _verdicts(result, "one") == {"untested"}
    reasons = {clause.reason for clause in result.run.clauses if clause.operation == "one"}
    assert all(reason.startswith("the operation is not tested: `minimum` must be a number") for reason in reasons)
    assert "upheld" in _verdicts(result, "other")
    assert not any(exchange.request.target.startswith("/one") for exchange in result.exchanges)


def test_a_defect_in_a_response_leaves_only_that_unjudged(compiled: Compile) -> None:
    members = {"a": {"type": "string", "maxLength": "x"}, "b": {"type": "integer"}}
    result = _tested(compiled, answer={"type": "object", "required": ["b"], "properties": members})
    (finding,) = result.run.findings
    assert (finding.rule, finding.operations) == ("spec-invalid", ("other",))
    assert result.run.coverage.operations.accepted == 2
    untested = [clause for clause in result.run.clauses if clause.operation == "other" and clause.verdict == "untested"]
    assert [clause.keyword for clause in untested] == ["maxLength"]


def _only_get(call: Call) -> Answer:
    return (200, None) if call.method == "GET" else not_offered("GET")


def test_responses_at_urls_are_one_warning_and_no_defect(compiled: Compile) -> None:
    """OpenAPI lets a `$ref` lead anywhere (3.1 section 4.3): a document is not wrong because we do not read it all."""
    elsewhere = {str(status): {"$ref": f"https://example.com/r.yaml#/{status}"} for status in (400, 404)}
    operation = {"responses": {"200": {"description": "ok"}, **elsewhere}}
    document = {"paths": {"/one": {"get": operation}, "/other": {"get": operation}}}
    result = drive(compiled(document), _only_get)
    (finding,) = result.run.findings
    assert (finding.rule, finding.severity, finding.count) == ("ref-not-fetched", "warning", 4)
    assert finding.message.startswith('4 `$ref`s lead elsewhere: for example, "https://example.com/r.yaml#/400" is not')
    assert "--allow-remote-refs" in finding.message and finding.message.endswith("what stands there is not judged")
    assert result.run.coverage.operations.accepted == 2
    assert result.run.gate is None or result.run.gate.passed


def test_a_request_at_a_url_closes_its_operation(compiled: Compile) -> None:
    here = {"name": "size", "in": "query", "schema": {"type": "string"}}
    elsewhere = {"$ref": "https://example.com/p.yaml#/size"}
    ok = {"200": {"description": "ok"}}
    document = {
        "paths": {
            "/one": {"get": {"parameters": [here], "responses": ok}},
            "/other": {"get": {"parameters": [elsewhere], "responses": ok}},
        }
    }
    result = drive(compiled(document), _only_get)
    (finding,) = result.run.findings
    assert (finding.rule, finding.severity) == ("ref-not-fetched", "error")
    assert finding.message.endswith("not tested for it: GET /other")
    assert result.run.coverage.operations.accepted == 1


def test_a_fault_of_ours_is_told_at_the_end(compiled: Compile, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(_self: PartCompiler, _parameter: Parameter) -> ParameterContract:
        raise ValueError("seven")

    monkeypatch.setattr(PartCompiler, "parameter", failing)
    result = _tested(compiled)
    assert isinstance(result.stopped, InternalError) and "ValueError: seven" in result.stopped.message
    assert _verdicts(result, "one") == {"untested"}
    assert "upheld" in _verdicts(result, "other")


@pytest.mark.parametrize(
    ("value", "named"),
    [
        pytest.param({"type": "integer", "minimum": 5, "maximum": 3}, "no value satisfies this schema", id="none"),
        pytest.param({"type": "string"}, None, id="some"),
    ],
)
def test_what_accepts_nothing_for_want_of_a_value_names_the_schema(
    compiled: Compile, value: dict[str, Any], named: str | None
) -> None:
    body = {"type": "object", "required": ["v"], "properties": {"v": value}}
    run = drive(compiled({"paths": paths("POST /things", body=body)}), lambda _call: (400, {})).run
    found = [finding.message for finding in run.findings if finding.rule == "spec-invalid"]
    assert [message.partition(" (")[0].partition(":")[0] for message in found][:1] == ([] if named is None else [named])


def test_a_parameter_of_another_path_is_none_of_the_operation(compiled: Compile) -> None:
    """Generators split templates wrongly: what they name "a}-{b" is not in the path."""
    types = {"a}-{b": "string", "a": "string", "b": "integer"}
    described = [
        {"name": name, "in": "path", "required": True, "schema": {"type": kind}} for name, kind in types.items()
    ]
    operation = {"parameters": described, "responses": {"200": {"description": "ok"}}}
    result = drive(compiled({"paths": {"/one/{a}-{b}": {"get": operation}}}), _only_get)
    assert result.run.coverage.operations.accepted == 1
