"""Contracts made from a schema, or from a few lines."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clausewise.contract.compile import Contract, load
from clausewise.contract.message import Message

Schema = dict[str, Any] | bool
Compile = Callable[[dict[str, Any]], Contract]
MessageOf = Callable[..., Message]


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Compile:
    """Compiles a document, OpenAPI 3.1 where it does not say otherwise."""
    folder, numbers = tmp_path_factory.mktemp("contracts"), itertools.count()

    def compiled(document: dict[str, Any]) -> Contract:
        path = folder / f"{next(numbers)}.json"
        path.write_text(json.dumps({"openapi": "3.1.0", **document}), encoding="utf-8")
        return load(path)

    return compiled


@pytest.fixture(scope="session")
def message_of(compiled: Compile) -> MessageOf:
    """The JSON body that a schema binds, of a request or a response; `schemas` are the document's components."""

    def message_of(schema: Schema, direction: str = "request", openapi: str = "3.1.0", **schemas: Schema) -> Message:
        content = {"content": {"application/json": {"schema": schema}}}
        operation = {"operationId": "make", "requestBody": content, "responses": {"200": content}}
        document = {"openapi": openapi, "paths": {"/things": {"post": operation}}, "components": {"schemas": schemas}}
        made = compiled(document).operation("make")
        assert made.body is not None
        owner = made.body if direction == "request" else made.responses["200"]
        message = owner.content["application/json"][2]
        assert message is not None
        return message

    return message_of


@pytest.fixture(scope="session")
def shipped(contract_file: Path) -> Contract:
    return load(contract_file)
