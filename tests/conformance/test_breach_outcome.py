"""Which answers are refusals of the clause that a request breaks, and which speak of something else."""

from __future__ import annotations

import pytest

from clausewise.conformance.breach_outcome import outcome_of_breach
from clausewise.contract.clause import Clause
from clausewise.contract.operation import OperationContract
from clausewise.spec.pointer import Source
from tests.conftest import Compile


@pytest.fixture(scope="module")
def things(compiled: Compile) -> OperationContract:
    """An operation whose path names no resource."""
    return compiled({"paths": {"/things": {"get": {"operationId": "list", "responses": {}}}}}).operation("list")


@pytest.fixture(scope="module")
def thing(compiled: Compile) -> OperationContract:
    """An operation whose path names a resource."""
    return compiled({"paths": {"/things/{id}": {"get": {"operationId": "read", "responses": {}}}}}).operation("read")


def clause(part: str, keyword: str = "maxLength") -> Clause:
    return Clause("#/c", "op", "request", f"request.{part}", keyword, 5, "text", Source("", ("c",)), part=part)


@pytest.mark.parametrize(
    ("part", "keyword", "refusing"),
    [
        ("body", "maxLength", {400, 405, 413, 415, 422}),
        ("body", "required", {400, 411, 415, 422}),
        ("query.limit", "maximum", {400, 414, 422}),
        ("path.id", "type", {400, 404, 414, 422}),
        ("header.If-Match", "required", {400, 412, 422, 428, 431}),
        ("header.X-API-Key", "required", {400, 401, 403, 422}),
        ("query.api_key", "required", {400, 401, 403, 422}),
        ("cookie.sid", "required", {400, 401, 403, 422}),
        ("security", "security", {400, 401, 403, 422}),
        ("method", "methods", {404, 405}),
    ],
)
def test_a_refusal_can_be_that_of_a_clause(
    part: str, keyword: str, refusing: set[int], things: OperationContract
) -> None:
    found = {status for status in refusing if outcome_of_breach(things, clause(part, keyword), status) == "refused"}
    assert found == refusing


def test_what_a_path_names_may_be_missing_for_every_method(things: OperationContract, thing: OperationContract) -> None:
    methods = clause("method", "methods")
    assert [outcome_of_breach(one, methods, 404) for one in (things, thing)] == ["refused", "missing"]
    assert [outcome_of_breach(one, methods, 405) for one in (things, thing)] == ["refused", "refused"]


@pytest.mark.parametrize(
    ("part", "keyword", "status", "outcome"),
    [
        ("body", "maxLength", 401, "denied"),
        ("query.limit", "maximum", 403, "denied"),
        ("path.id", "type", 401, "denied"),
        ("header.X-Tenant", "required", 401, "denied"),
        ("method", "methods", 403, "denied"),
        ("body", "maxLength", 404, "missing"),
        ("query.limit", "maximum", 404, "missing"),
        ("security", "security", 404, "missing"),
        ("path.id", "type", 410, "missing"),
        ("body", "maxLength", 409, "otherwise"),
        ("body", "maxLength", 412, "otherwise"),
        ("body", "maxLength", 429, "put-off"),
        ("path.id", "type", 429, "put-off"),
        ("security", "security", 302, "redirected"),
        ("body", "maxLength", 307, "redirected"),
    ],
)
def test_an_answer_that_can_have_another_cause_is_no_evidence(
    part: str, keyword: str, status: int, outcome: str, thing: OperationContract
) -> None:
    assert outcome_of_breach(thing, clause(part, keyword), status) == outcome
