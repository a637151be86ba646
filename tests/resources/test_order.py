"""Which operations may destroy what others need, and that they come last, the most destructive at the end."""

from __future__ import annotations

from typing import Any

import pytest

from clausewise.resources.destruction import Destruction
from clausewise.resources.inventory import Inventory
from clausewise.resources.order import destruction, waves
from tests.conftest import Compile
from tests.servers.small import paths

NOTHING, COLLECTION, ACCESS, LOGIN, CLOSED, SERVER = Destruction


def named(entry: str, operation_id: str) -> dict[str, Any]:
    """The paths with this one entry, which has an operationId."""
    found = paths(entry)
    (item,) = found.values()
    (operation,) = item.values()
    operation["operationId"] = operation_id
    return found


@pytest.mark.parametrize(
    ("entry", "operation_id", "destroys"),
    [
        ("GET /things", "", NOTHING),
        ("POST /things", "", NOTHING),
        ("DELETE /things/{id}", "", NOTHING),
        ("PUT /things/{id}", "", NOTHING),
        ("POST /things/{id}/restart", "", NOTHING),
        ("POST /clusters/{id}/reset", "", NOTHING),
        ("PUT /users/{id}/settings", "", NOTHING),
        ("GET /password/policy", "", NOTHING),
        ("DELETE /things", "", COLLECTION),
        ("DELETE /things/{id}/parts", "", COLLECTION),
        ("POST /things/purge", "", COLLECTION),
        ("POST /cache", "flushCache", COLLECTION),
        ("DELETE /users/{id}", "", ACCESS),
        ("DELETE /api-keys/{id}", "", ACCESS),
        ("DELETE /accounts", "", LOGIN),
        ("DELETE /users", "", ACCESS),
        ("PUT /settings", "", ACCESS),
        ("PATCH /config", "", ACCESS),
        ("DELETE /users/me", "", LOGIN),
        ("PUT /user", "", LOGIN),
        ("PUT /users", "", ACCESS),
        ("PUT /users/{id}/password", "", LOGIN),
        ("POST /profile", "changePassword", LOGIN),
        ("POST /users/{id}/reset-password", "", LOGIN),
        ("POST /reset-password", "", LOGIN),
        ("DELETE /sessions/{id}", "", ACCESS),
        ("DELETE /profiles/{id}", "", NOTHING),
        ("POST /tokens/{id}/revoke", "", LOGIN),
        ("POST /keys/{id}/rotate", "", LOGIN),
        ("POST /logout", "", LOGIN),
        ("POST /maintenance", "", CLOSED),
        ("PUT /system/read-only", "", CLOSED),
        ("POST /mode", "enterMaintenanceMode", CLOSED),
        ("GET /maintenance", "", NOTHING),
        ("POST /hosts/{id}/maintenance", "", NOTHING),
        ("GET /auth/logout", "", LOGIN),
        ("POST /auth", "userSignOut", LOGIN),
        ("DELETE /session", "", LOGIN),
        ("POST /reset", "", SERVER),
        ("POST /admin", "shutdownServer", SERVER),
    ],
)
def test_what_an_operation_may_destroy(compiled: Compile, entry: str, operation_id: str, destroys: Destruction) -> None:
    contract = compiled({"paths": named(entry, operation_id) if operation_id else paths(entry)})
    (operation,) = contract.operations
    # A PUT that no POST makes the resource for is what makes it.
    assert destruction(operation, Inventory(contract)) is destroys


@pytest.mark.parametrize(
    ("members", "destroys"), [({"name": {}}, NOTHING), ({"password": {"type": "string"}}, ACCESS)], ids=["no", "yes"]
)
def test_a_change_of_an_accounts_password_may_shut_it_out(
    compiled: Compile, members: dict[str, Any], destroys: Destruction
) -> None:
    body = {"type": "object", "properties": members}
    contract = compiled({"paths": paths("POST /users", "PATCH /users/{id}", body=body)})
    assert destruction(contract.operation("PATCH /users/{id}"), Inventory(contract)) is destroys


def test_a_change_of_a_password_with_no_id_is_that_of_whoever_asks(compiled: Compile) -> None:
    body = {"type": "object", "properties": {"new_password": {"type": "string"}}}
    contract = compiled({"paths": paths("PUT /details", body=body)})
    assert destruction(contract.operation("PUT /details"), Inventory(contract)) is LOGIN


def test_the_most_destructive_comes_last(compiled: Compile) -> None:
    entries = ["POST /shutdown", "POST /logout", "DELETE /keys/{id}", "DELETE /things", "DELETE /things/{id}"]
    entries += ["DELETE /things/{id}/parts", "GET /things", "POST /things"]
    contract = compiled({"paths": paths(*entries)})
    order = [operation.key for wave in waves(contract.operations, Inventory(contract)) for operation in wave]
    assert order == [
        "POST /things",
        "GET /things",
        "DELETE /things/{id}",
        "DELETE /things/{id}/parts",
        "DELETE /things",
        "DELETE /keys/{id}",
        "POST /logout",
        "POST /shutdown",
    ]


def test_what_its_caller_names_is_made_before_what_is_put_into_it(compiled: Compile) -> None:
    contract = compiled(
        {"paths": paths("POST /things/{name}/parts", "PUT /things/{name}", "GET /things/{name}/parts/{id}")}
    )
    found = [[operation.key for operation in wave] for wave in waves(contract.operations, Inventory(contract))]
    assert found == [["PUT /things/{name}"], ["POST /things/{name}/parts"], ["GET /things/{name}/parts/{id}"]]
