"""What a document says of secrets."""

from __future__ import annotations

from typing import Any

from clausewise.security.declared import declared_in
from tests.conftest import Compile

SCHEMAS: dict[str, Any] = {
    "User": {
        "type": "object",
        "properties": {
            "pinCode": {"type": "string", "format": "password", "example": "Pin-example-1"},
            "recovery": {"type": "string", "writeOnly": True, "default": "Recovery-default-2"},
            "nickname": {"type": "string", "writeOnly": True},
            "password": {"type": "string", "examples": ["Password-example-3"]},
            "city": {"type": "string", "example": "Plain-example-4"},
        },
    },
    "Other": {"type": "object", "properties": {"nickname": {"type": "string"}}},
}


def test_names_examples_and_words(compiled: Compile) -> None:
    parameter = {"name": "api_key", "in": "query", "schema": {"type": "string"}, "example": "Key-example-5"}
    content = {"application/json": {"example": {"access_token": "Token-example-6", "note": "Plain-example-7"}}}
    operation = {"parameters": [parameter], "responses": {"200": {"description": "ok", "content": content}}}
    contract = compiled(
        {
            "info": {"title": "x", "version": "1"},
            "paths": {"/a": {"get": operation}},
            "components": {"schemas": SCHEMAS},
        }
    )
    declared = declared_in(contract.specification)
    assert declared.names == {"pincode", "recovery"}
    assert set(declared.shown) == {
        *("Pin-example-1", "Recovery-default-2", "Password-example-3", "Key-example-5", "Token-example-6")
    }
    assert {"pincode", "city", "user", "/a"} <= declared.words
