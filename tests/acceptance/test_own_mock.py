"""Documents of many kinds against our own mock: a finding there would be about the mock, and blame nobody's server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from clausewise.contract.contract import load
from clausewise.options import RunOptions
from clausewise.results.record import Run
from clausewise.runner.run import run
from clausewise.runner.targets import mock_target

pytestmark = pytest.mark.slow

_NAMED = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "maxLength": 5}}}

_PIECE = {
    "type": "object",
    "required": ["kind"],
    "properties": {"kind": {"type": "string"}, "text": {"type": "string"}},
}

_SHELF = {"name": "shelf", "in": "path", "required": True, "schema": {"type": "string"}}
_BOOK = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {"id": {"type": "string"}, "name": {"type": "string", "maxLength": 5}},
}


def _nested(depth: int, schema: dict[str, Any]) -> dict[str, Any]:
    """An object in objects, each of which may also be null."""
    for _ in range(depth):
        schema = {"type": ["object", "null"], "properties": {"in": schema}}
    return schema


def _answers(schema: Any, status: str = "200") -> dict[str, Any]:
    return {status: {"description": "", "content": {"application/json": {"schema": schema}}}}


def _sends(schema: Any) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


#: what a document is about -> its paths, and further members of it
_DOCUMENTS: dict[str, dict[str, Any]] = {
    "no refusal is documented": {
        "paths": {"/a": {"post": {"requestBody": _sends(_NAMED), "responses": {"200": {"description": ""}}}}}
    },
    "a refusal for another reason is documented": {
        "paths": {
            "/a": {
                "put": {
                    "requestBody": _sends(_NAMED),
                    "responses": {"201": {"description": ""}, "409": {"description": ""}},
                }
            }
        }
    },
    "a header is required that every client sends": {
        "paths": {
            "/a": {
                "get": {
                    "parameters": [
                        {"name": "User-Agent", "in": "header", "required": True, "schema": {"type": "string"}}
                    ],
                    "responses": _answers(_NAMED),
                }
            }
        }
    },
    "an answer is documented deeply, behind an example, null and alternatives": {
        "paths": {
            "/a": {
                "get": {
                    "responses": {
                        "200": {
                            "description": "",
                            "content": {
                                "application/json": {
                                    "schema": _nested(7, {"oneOf": [_NAMED, {"type": "array", "items": _NAMED}]}),
                                    "example": {"in": {"in": None}},
                                }
                            },
                        }
                    }
                }
            }
        }
    },
    "a part of a body may be a text or a list of objects": {
        "paths": {
            "/a": {
                "post": {
                    "requestBody": _sends(
                        {
                            "type": "object",
                            "required": ["content"],
                            "properties": {
                                "content": {"anyOf": [{"type": "string"}, {"type": "array", "items": _PIECE}]}
                            },
                        }
                    ),
                    "responses": {"200": {"description": ""}},
                }
            }
        }
    },
    "what is made has defaults, and no answer names it": {
        "paths": {
            "/things": {
                "post": {
                    "requestBody": _sends(
                        {
                            "type": "object",
                            "properties": {"open": {"type": "boolean", "default": False}, "size": {"type": "integer"}},
                        }
                    ),
                    "responses": _answers({"type": "object", "properties": {"done": {"type": "boolean"}}}, "201"),
                }
            },
            "/things/{thing}": {
                "get": {
                    "parameters": [{"name": "thing", "in": "path", "required": True, "schema": {"type": "string"}}],
                    "responses": {
                        **_answers({"type": "object", "properties": {"open": {"type": "boolean"}}}),
                        "404": {"description": ""},
                    },
                }
            },
        }
    },
    "keywords say nothing of the declared type, and a query takes every text": {
        "paths": {
            "/a": {
                "get": {
                    "parameters": [
                        {
                            "name": "ids",
                            "in": "query",
                            "schema": {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "null"}]},
                        },
                        {"name": "day", "in": "query", "schema": {"type": "string", "minimum": 1}},
                    ],
                    "responses": _answers({"type": "object", "properties": {"day": {"type": "string", "maximum": 9}}}),
                }
            }
        }
    },
    "a refusal, another media type and what is documented as default have answers of several kinds": {
        "paths": {
            "/a": {
                "post": {
                    "requestBody": _sends(_NAMED),
                    "responses": {
                        "200": {
                            "description": "",
                            "content": {
                                "application/json": {"schema": _NAMED},
                                "text/plain": {"schema": {"type": "string"}},
                            },
                        },
                        **_answers(
                            {"oneOf": [_NAMED, {"type": "object", "required": ["code"], "properties": {"code": {}}}]},
                            "400",
                        ),
                        **_answers(_nested(3, _NAMED), "default"),
                    },
                }
            }
        }
    },
    "things within things are made by a POST to what they are in": {
        "paths": {
            "/shelves/{shelf}": {
                "get": {"parameters": [_SHELF], "responses": _answers({"type": "array", "items": _BOOK})},
                "post": {
                    "parameters": [_SHELF],
                    "requestBody": _sends(_NAMED),
                    "responses": _answers(_BOOK, "201"),
                },
            },
            "/shelves/{shelf}/{book}": {
                "get": {
                    "parameters": [
                        _SHELF,
                        {"name": "book", "in": "path", "required": True, "schema": {"type": "string"}},
                    ],
                    "responses": {**_answers(_BOOK), "404": {"description": ""}},
                }
            },
        }
    },
    "no refusal of missing credentials is documented": {
        "paths": {
            "/a": {"get": {"responses": _answers(_NAMED), "security": [{"key": []}]}},
        },
        "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}},
    },
}


def _tested(document: dict[str, Any], folder: Path) -> Run:
    file = folder / "api.json"
    head = {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}}
    file.write_text(json.dumps({**head, **document}), encoding="utf-8")
    contract = load(file)
    return run(contract, mock_target(contract, 1, 8), RunOptions(seed=1, max_time=120)).run


@pytest.mark.parametrize("document", [pytest.param(document, id=name) for name, document in _DOCUMENTS.items()])
def test_the_mock_is_found_to_keep_the_contract_whole(document: dict[str, Any], tmp_path: Path) -> None:
    record = _tested(document, tmp_path)
    assert [finding.message for finding in record.findings] == []
    assert [(clause.where, clause.reason) for clause in record.clauses if clause.verdict == "untested"] == []
    assert record.coverage.operations.accepted == record.coverage.operations.total
