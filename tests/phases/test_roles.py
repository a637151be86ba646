"""Roles: an operation refuses the users to whom it is forbidden, and it is said where that was not tested."""

from __future__ import annotations

from typing import Any

import pytest

from clausewise.contract.contract import Contract
from clausewise.errors import UsageError
from clausewise.options import Role
from clausewise.runner.run import Result
from tests.conftest import Compile
from tests.servers.small import Answer, Call, Shelves, drive, paths

_ADMIN, _VIEWER = (("X-Key", "key-of-all"),), (("X-Key", "key-of-some"),)


class _Guarded(Shelves):
    """Only the first user may write; `refusal` is what others get, None where nobody looks."""

    def __init__(self, refusal: int | None) -> None:
        super().__init__()
        self._refusal = refusal

    def answer(self, call: Call) -> Answer:
        who = call.headers.get("x-key")
        if who not in ("key-of-all", "key-of-some"):
            return 401, {"message": "who?"}
        if who == "key-of-some" and call.method != "GET" and self._refusal is not None:
            return self._refusal, {"message": "not for you"}
        return super().answer(call)


@pytest.fixture(scope="module")
def contract(compiled: Compile) -> Contract:
    document: dict[str, Any] = {
        "paths": paths("GET /things", "POST /things", "GET /things/{id}", "DELETE /things/{id}"),
        "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}},
        "security": [{"key": []}],
    }
    return compiled(document)


def _tested(contract: Contract, refusal: int | None, *forbidden: str, **options: Any) -> Result:
    roles = (Role("viewer", forbidden, _VIEWER),)
    return drive(contract, _Guarded(refusal), phases=("baseline", "roles"), headers=_ADMIN, roles=roles, **options)


def _found(result: Result) -> list[tuple[str, ...]]:
    return sorted(finding.operations for finding in result.run.findings if finding.rule == "role-not-enforced")


def test_an_operation_that_does_not_look_is_a_finding(contract: Contract) -> None:
    result = _tested(contract, None, "POST /things", "DELETE /things/{id}")
    assert _found(result) == [("DELETE /things/{id}",), ("POST /things",)]
    (message,) = [each.message for each in result.run.findings if each.operations == ("POST /things",)]
    assert message == (
        "POST /things accepted (201) an accepted request with the credentials of the role `viewer`, to which it is "
        "forbidden"
    )
    assert "key-of-all" not in str(result.run) and "key-of-some" not in str(result.run)


@pytest.mark.parametrize("refusal", [403, 404])
def test_an_operation_that_refuses_is_none(contract: Contract, refusal: int) -> None:
    result = _tested(contract, refusal, "POST /things", "DELETE /things/{id}")
    assert _found(result) == [] and not any("role" in note for note in result.notes)


def test_what_was_not_tested_is_a_note(contract: Contract) -> None:
    assert any("answered 409" in note for note in _tested(contract, 409, "POST /things").notes)


def test_nothing_is_asked_that_no_role_names(contract: Contract) -> None:
    asked = [
        each for each in _tested(contract, None, "POST /things").exchanges if each.probe and each.probe.phase == "roles"
    ]
    assert len(asked) == 1


def test_an_operation_that_there_is_not_is_named(contract: Contract) -> None:
    with pytest.raises(UsageError, match='has no operation "POST /thing"'):
        _tested(contract, 403, "POST /thing")
