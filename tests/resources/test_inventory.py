"""What a run knows after what it was told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from clausewise.contract.contract import Contract
from clausewise.exchange import Exchange, Request, Response
from clausewise.resources.inventory import Inventory
from tests.conftest import Compile

_TEXT = {"schema": {"type": "string"}}
_OK = {"responses": {"200": {"description": ""}}}


def at(*names: str) -> list[dict[str, Any]]:
    return [{"name": name, "in": "path", "required": True, **_TEXT} for name in names]


@pytest.fixture(scope="module")
def contract(compiled: Compile) -> Contract:
    links = {
        "byId": {"operationId": "audit", "parameters": {"subject": "$response.body#/audit/key"}},
        "byRef": {"operationRef": "#/paths/~1logs~1{log}/get", "parameters": {"path.log": "$response.header.X-Log"}},
        "constant": {"operationId": "fixed", "parameters": {"which": "always"}},
        "nowhere": {"operationId": "missing", "parameters": {"id": "$response.body#/id"}},
    }
    return compiled(
        {
            "paths": {
                "/users": {
                    "post": {"operationId": "make", "responses": {"201": {"description": "", "links": links}}},
                    "get": {"operationId": "list", **_OK},
                },
                "/users/{userId}": {"parameters": at("userId"), "get": {"operationId": "get", **_OK}},
                "/users/name/{name}": {"parameters": at("name"), "get": {"operationId": "byName", **_OK}},
                "/users/{key}/latest": {"parameters": at("key"), "get": {"operationId": "byKey", **_OK}},
                "/users/{u}/posts/{p}": {"parameters": at("u", "p"), "get": {"operationId": "post", **_OK}},
                "/admins/{userId}": {"parameters": at("userId"), "get": {"operationId": "admin", **_OK}},
                "/audits/{subject}": {"parameters": at("subject"), "get": {"operationId": "audit", **_OK}},
                "/logs/{log}": {"parameters": at("log"), "get": {"operationId": "log", **_OK}},
                "/fixed/{which}": {"parameters": at("which"), "get": {"operationId": "fixed", **_OK}},
            }
        }
    )


def told(contract: Contract, key: str, answer: Any, known: Inventory | None = None) -> Inventory:
    known = known or Inventory(contract)
    operation = contract.operation(key)
    request = Request(operation.operation.method, operation.operation.path)
    response = Response(201, (("x-log", "l7"),), json.dumps(answer).encode())
    known.learn(operation, Exchange("1", request, response))
    return known


_MADE = {"id": "u1", "name": "ada", "key": "k1", "audit": {"key": "a1"}}


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("get", {"userId": "u1"}),
        ("byName", {"name": "ada"}),
        ("byKey", {"key": "k1"}),
        ("post", {"u": "u1"}),
        ("admin", {"userId": "u1"}),
        ("audit", {"subject": "a1"}),
        ("log", {"log": "l7"}),
        ("fixed", {"which": "always"}),
    ],
)
def test_what_was_made_fills_the_paths_of_others(contract: Contract, key: str, values: dict[str, Any]) -> None:
    assert told(contract, "make", _MADE).in_path(contract.operation(key)) == values


def test_what_the_run_made_comes_before_what_it_found(contract: Contract) -> None:
    known = told(contract, "list", [{"id": "found"}])
    assert known.in_path(contract.operation("get")) == {"userId": "found"}
    told(contract, "make", _MADE, known)
    told(contract, "list", [{"id": "later"}], known)
    assert known.in_path(contract.operation("get")) == {"userId": "u1"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("userId", ("u1",)),
        ("user_ids", (["u1"],)),
        ("user", ("u1", "ada")),
        ("users", (["u1"], ["ada"])),
        ("name", ()),
        ("otherId", ()),
    ],
)
def test_names_refer_to_what_is_known(contract: Contract, name: str, expected: tuple[Any, ...]) -> None:
    assert told(contract, "make", _MADE).reference(name) == expected


@pytest.mark.parametrize("before", [True, False], ids=["mentioned before", "mentioned afterwards"])
def test_what_the_run_made_comes_before_what_an_answer_mentions(contract: Contract, before: bool) -> None:
    """Answers name users that are nobody: the nil UUID, an owner that was removed, a system account."""
    mention = {"title": "welcome", "userId": "00000000-0000-0000-0000-000000000000"}
    known = told(contract, "log", mention) if before else told(contract, "make", _MADE)
    told(contract, "make", _MADE, known) if before else told(contract, "log", mention, known)
    assert known.in_path(contract.operation("admin")) == {"userId": "u1"}
    assert known.in_path(contract.operation("byKey")) == {"key": "k1"}
    assert known.reference("userId")[0] == "u1"
    assert known.reference("user_ids")[0] == ["u1"]


def test_an_address_that_no_path_allows_names_nothing(compiled: Compile) -> None:
    """`Location: /jobs/latest`, where ids are numbers."""
    numbered = {"name": "job", "in": "path", "required": True, "schema": {"type": "integer"}}
    contract = compiled(
        {
            "paths": {
                "/users": {"post": {"operationId": "make", **_OK}},
                "/jobs/{job}": {"parameters": [numbered], "get": {"operationId": "job", **_OK}},
            }
        }
    )
    assert told(contract, "make", {"url": "/jobs/latest"}).in_path(contract.operation("job")) == {}
    assert told(contract, "make", {"url": "/jobs/7"}).in_path(contract.operation("job")) == {"job": 7}


def test_what_is_made_later_may_be_made_to_be_deleted(contract: Contract) -> None:
    known = told(contract, "make", {**_MADE, "id": "u2"}, told(contract, "make", _MADE))
    assert known.in_path(contract.operation("admin")) == {"userId": "u1"}


def test_what_a_resource_goes_with(contract: Contract) -> None:
    known = told(contract, "make", {**_MADE, "body": {"project_id": "p1", "id": "inner"}})
    assert known.attributes_of("u1") == known.attributes_of("ada") == {"projectid": "p1"}
    assert known.attributes_of("nobody") == {}


def test_nothing_is_known_of_nothing(contract: Contract) -> None:
    known = Inventory(contract)
    assert known.in_path(contract.operation("get")) == {}
    assert known.reference("userId") == ()
    assert known.size == 0


def test_a_resource_that_an_answer_names_by_its_id_alone_is_known_in_other_paths(contract: Contract) -> None:
    known = told(contract, "make", "u1")
    assert known.in_path(contract.operation("get")) == {"userId": "u1"}
    assert known.in_path(contract.operation("admin")) == {"userId": "u1"}
