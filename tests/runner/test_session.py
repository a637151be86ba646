"""A fault of our own costs one operation, and is said; what the others show is not lost."""

from __future__ import annotations

from typing import Any

import pytest

from clausewise.contract.contract import Contract
from clausewise.errors import InternalError
from clausewise.options import RunOptions
from clausewise.resources.inventory import Inventory
from clausewise.runner.cleanup import Cleanup
from clausewise.runner.run import run
from clausewise.runner.targets import mock_target
from tests.conftest import Compile
from tests.servers.small import Shelves, drive, paths

_RESPONSES = {"200": {"description": "", "content": {"application/json": {"schema": {"const": 1}}}}}
_LIMIT = {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 9}}


@pytest.fixture(scope="module")
def contract(compiled: Compile) -> Contract:
    operations = {
        f"/{name}": {"get": {"operationId": name, "parameters": [_LIMIT], "responses": _RESPONSES}}
        for name in ("first", "second", "third")
    }
    return compiled({"paths": operations})


class FailingValues(dict[str, Any]):
    """Values whose look-up has a bug that one operation meets."""

    def get(self, key: str, default: Any = None) -> Any:
        if key == "second":
            raise LookupError("there is\na bug")
        return default


def test_a_plan_that_fails(contract: Contract, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clausewise.runner.run.resolve_values", lambda values, _environ: values)
    result = run(contract, mock_target(contract, 1, 8), RunOptions(values=FailingValues()))
    assert isinstance(result.stopped, InternalError)
    assert str(result.stopped).startswith(
        "clausewise failed while it chose requests for second: LookupError: there is a bug at test_session.py:"
    )
    verdicts = {(clause.operation, clause.verdict) for clause in result.run.clauses}
    assert {("first", "upheld"), ("third", "upheld")} <= verdicts
    reasons = {clause.reason for clause in result.run.clauses if clause.operation == "second"}
    assert reasons == {"clausewise itself failed on this operation"}


@pytest.mark.parametrize(("owner", "method"), [(Cleanup, "take"), (Cleanup, "removal_of"), (Inventory, "learn")])
def test_what_an_answer_shows_and_fails_to_be_read(
    compiled: Compile, monkeypatch: pytest.MonkeyPatch, owner: type, method: str
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise LookupError("there is a bug")

    monkeypatch.setattr(owner, method, fail)
    contract = compiled({"paths": paths("POST /things", "GET /things/{id}", "DELETE /things/{id}")})
    result = drive(contract, Shelves(), phases=("baseline", "clauses"))
    assert isinstance(result.stopped, InternalError) and "LookupError: there is a bug" in str(result.stopped)
    assert result.run.coverage.operations.accepted >= 1
