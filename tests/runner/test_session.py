"""A fault of our own costs one operation, and is said; what the others show is not lost."""

from __future__ import annotations

from typing import Any

import pytest

from clausewise.config import Config
from clausewise.contract.contract import Contract
from clausewise.errors import InternalError
from clausewise.runner.run import Options, run
from clausewise.runner.targets import mock_target
from tests.conftest import Compile

_RESPONSES = {"200": {"description": "", "content": {"application/json": {"schema": {"const": 1}}}}}
_LIMIT = {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 9}}


@pytest.fixture(scope="module")
def contract(compiled: Compile) -> Contract:
    operations = {
        f"/{name}": {"get": {"operationId": name, "parameters": [_LIMIT], "responses": _RESPONSES}}
        for name in ("first", "second", "third")
    }
    return compiled({"paths": operations})


class FailingValues(Config, frozen=True):
    """Values whose look-up has a bug that one operation meets."""

    def value_for(self, operation: str, name: str) -> tuple[bool, Any]:
        if operation == "second":
            raise LookupError("there is\na bug")
        return super().value_for(operation, name)


def test_a_plan_that_fails(contract: Contract) -> None:
    result = run(contract, mock_target(contract, 1, 8), Options(values=FailingValues()))
    assert isinstance(result.stopped, InternalError)
    assert str(result.stopped).startswith(
        "clausewise failed while it chose requests for second: LookupError: there is a bug at test_session.py:"
    )
    verdicts = {(clause.operation, clause.verdict) for clause in result.run.clauses}
    assert {("first", "upheld"), ("third", "upheld")} <= verdicts
    reasons = {clause.reason for clause in result.run.clauses if clause.operation == "second"}
    assert reasons == {"clausewise itself failed on this operation"}
