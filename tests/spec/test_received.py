"""Webhooks and callbacks: operations whose requests the API sends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from clausewise.contract.contract import Contract, load
from clausewise.errors import UsageError
from tests.conftest import Compile

_BODY = {"content": {"application/json": {"schema": {"type": "object", "required": ["n"]}}}}
_HOOK: dict[str, Any] = {"post": {"requestBody": _BODY, "responses": {"204": {"description": ""}}}}
_EVENTS = {"{$request.body#/url}": _HOOK, "{$request.query.url}/more": {"put": {"responses": {}}}, "x-other": 1}


@pytest.fixture(scope="module")
def contract(compiled: Compile) -> Contract:
    def post(name: str) -> dict[str, Any]:
        event = {"event": {"$ref": "#/components/callbacks/e"}}
        return {"post": {"operationId": name, "responses": {}, "callbacks": event}}

    named = {"post": {"operationId": "made", "responses": {}, "parameters": [{"name": "X-Id", "in": "header"}]}}
    return compiled(
        {
            "security": [{"key": []}],
            "paths": {"/a": post("a"), "/b": post("b")},
            "webhooks": {"new pet": _HOOK, "made": named, "shared": {"$ref": "#/components/pathItems/p"}},
            "components": {
                "callbacks": {"e": _EVENTS},
                "pathItems": {"p": _HOOK},
                "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "K"}},
            },
        }
    )


def test_webhooks_are_no_operations_of_paths(contract: Contract) -> None:
    assert [one.key for one in contract.operations] == ["a", "b"]
    assert [(one.key, one.operation.kind) for one in contract.webhooks] == [
        ("POST new pet", "webhook"),
        ("made", "webhook"),
        ("POST shared", "webhook"),
    ]


def test_a_callback_that_operations_share_has_a_name_for_each(contract: Contract) -> None:
    named = [(each.callback.url, each.operation.key) for one in contract.operations for each in one.callbacks]
    assert named == [
        ("{$request.body#/url}", "POST event of a"),
        ("{$request.query.url}/more", "PUT event of a"),
        ("{$request.body#/url}", "POST event of b"),
        ("{$request.query.url}/more", "PUT event of b"),
    ]


def test_what_the_api_sends_needs_no_credentials_of_clients_and_offers_no_methods(contract: Contract) -> None:
    hook = contract.operation("POST new pet")
    assert hook.security is None
    assert [clause.text for clause in hook.clauses] == [
        "the media type of the request body is application/json",
        "the body is an object",
        "`n` is required",
        "the client answers with status 204",
    ]
    assert not contract.operation("POST event of a").parameters


def test_only_what_clients_call_is_selected(contract: Contract) -> None:
    assert contract.select(()) == contract.operations
    with pytest.raises(UsageError, match=r'"made" is a webhook'):
        contract.select(["made"])


def test_a_handler_has_a_path_for_each_webhook(contract: Contract) -> None:
    handler = contract.for_handler({"new pet": "/hooks/pet"})
    assert [(one.key, one.operation.path) for one in handler.operations] == [
        ("POST new pet", "/hooks/pet"),
        ("made", "/made"),
        ("POST shared", "/shared"),
    ]


def test_a_defect_of_a_callback_closes_it_alone(compiled: Compile) -> None:
    text = {"type": "string", "maxLength": "x"}
    hook = {"post": {"requestBody": {"content": {"application/json": {"schema": text}}}, "responses": {}}}
    callbacks = {"done": {"{$request.query.to}": hook}}
    contract = compiled({"paths": {"/a": {"post": {"operationId": "a", "responses": {}, "callbacks": callbacks}}}})
    (operation,) = contract.operations
    assert operation.closed is None
    assert [defect.closes for defect in contract.defects(contract.operations)] == [("POST done of a",)]


def test_openapi_30_has_no_webhooks(compiled: Compile) -> None:
    old = compiled({"openapi": "3.0.3", "paths": {}, "webhooks": {"made": _HOOK}})
    assert old.webhooks == ()


def test_a_link_in_another_file_leads_to_the_paths_of_any(tmp_path: Path) -> None:
    answers = """
        own: {links: {next: {operationRef: '#/paths/~1b/get'}}}
        root: {links: {next: {operationRef: '#/paths/~1a/post'}}}
        paths: {/b: {get: {operationId: b}}}
    """
    (tmp_path / "answers.yaml").write_text(answers)
    (tmp_path / "api.yaml").write_text("""
        openapi: 3.1.0
        info: {title: t, version: '1'}
        paths:
            /a:
                post:
                    responses:
                        200: {$ref: 'answers.yaml#/own'}
                        201: {$ref: 'answers.yaml#/root'}
                        202: {links: {next: {operationRef: 'answers.yaml#/paths/~1b/get'}}}
            /b: {$ref: 'answers.yaml#/paths/~1b'}
    """)
    contract = load(tmp_path / "api.yaml")
    responses = contract.operations[0].operation.responses
    assert [str(link.operation) for response in responses for link in response.links] == [
        "answers.yaml#/paths/~1b/get",
        "#/paths/~1a/post",
        "answers.yaml#/paths/~1b/get",
    ]
    assert [str(operation.operation.source) for operation in contract.operations] == [
        "#/paths/~1a/post",
        "answers.yaml#/paths/~1b/get",
    ]
