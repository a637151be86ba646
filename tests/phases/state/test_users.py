"""Another user: what may not be read by its id stands in no list, search or report that this user reads."""

from __future__ import annotations

from typing import Any

import pytest

from clausewise.contract.contract import Contract
from tests.conftest import Compile
from tests.servers.small import Answer, Call, drive, not_offered, paths

_MINE, _THEIRS = (("X-Key", "key-of-one-user"),), (("X-Key", "key-of-another"),)


class _Notes:
    """Notes of users: each reads only what is theirs. With `shows_all`, what that names does not look who asks."""

    def __init__(self, shows_all: str = "") -> None:
        self._shows_all = shows_all
        self._kept: dict[str, tuple[str, dict[str, Any]]] = {}

    def __call__(self, call: Call) -> Answer:
        who = call.headers.get("x-key", "")
        if who not in ("key-of-one-user", "key-of-another"):
            return 401, {"message": "who?"}
        if call.line == "POST /notes":
            if not isinstance(call.body, dict) or not isinstance(call.body.get("name"), str):
                return 400, {"message": "a name is wanted"}
            own = str(len(self._kept) + 1)
            self._kept[own] = who, {**call.body, "id": own}
            return 201, self._kept[own][1]
        if call.line in ("GET /notes", "GET /summary"):
            kept = self._kept.values()
            shown = [note for owner, note in kept if owner == who or self._shows_all == call.path]
            return (200, shown) if call.path == "/notes" else (200, {"titles": [note["name"] for note in shown]})
        if call.method not in ("GET", "DELETE") or not call.path.startswith("/notes/"):
            return not_offered("GET")
        owner, note = self._kept.get(call.path.rpartition("/")[2], ("", {}))
        if owner != who and self._shows_all != "public":
            return 404, {"message": "not here"}
        if call.method == "DELETE":
            del self._kept[note["id"]]
            return 204, None
        return 200, note


@pytest.fixture(scope="module")
def contract(compiled: Compile) -> Contract:
    entries = ("GET /notes", "POST /notes", "GET /notes/{id}", "DELETE /notes/{id}", "GET /summary")
    return compiled(
        {
            "paths": paths(*entries),
            "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}},
            "security": [{"key": []}],
        }
    )


def _found(contract: Contract, server: _Notes, **others: Any) -> list[str]:
    result = drive(contract, server, phases=("baseline", "lifecycle"), headers=_MINE, **others)
    return [finding.message for finding in result.run.findings if finding.rule == "foreign-access"]


@pytest.mark.parametrize("path", ["/notes", "/summary"])
def test_what_a_user_may_not_read_by_id_is_not_listed(contract: Contract, path: str) -> None:
    (message,) = _found(contract, _Notes(path), other_headers=_THEIRS)
    assert message.startswith(f"GET {path} shows ")
    assert message.endswith(" to another user, who may not read it: GET /notes/{id} answers 404 to that user")


def test_lists_that_look_who_asks_are_none(contract: Contract) -> None:
    assert _found(contract, _Notes(), other_headers=_THEIRS) == []


def test_nothing_is_asked_where_there_is_no_other_user(contract: Contract) -> None:
    assert _found(contract, _Notes("/notes")) == []
    assert _found(contract, _Notes("/notes"), other_headers=_MINE) == []
