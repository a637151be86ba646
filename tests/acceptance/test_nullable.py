"""`nullable: true` of OpenAPI 3.0 where its author put no `type` beside it: a server that answers null, and one that
answers something else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from clausewise.comparison.compare import diff
from clausewise.contract.contract import load
from tests.conftest import RunClausewise
from tests.servers.small import Answer, Call, drive, not_offered

_OWNER = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
_TO_OWNER = {"$ref": "#/components/schemas/Owner"}


def _document(owner: dict[str, Any], version: str = "3.0.3") -> dict[str, Any]:
    boat = {"type": "object", "required": ["owner"], "properties": {"owner": owner}}
    content = {"content": {"application/json": {"schema": boat}}}
    answers = {"200": {"description": "", **content}, "400": {"description": ""}, "415": {"description": ""}}
    post = {"operationId": "sell", "requestBody": {"required": True, **content}, "responses": answers}
    return {
        "openapi": version,
        "info": {"title": "boats", "version": "1"},
        "paths": {"/boats": {"post": post}},
        "components": {"schemas": {"Owner": _OWNER}},
    }


_AS_MEANT: dict[str, dict[str, Any]] = {
    "$ref": {**_TO_OWNER, "nullable": True},
    "allOf": {"allOf": [_TO_OWNER], "nullable": True},
    "oneOf": {"oneOf": [_TO_OWNER], "nullable": True},
}


def _server(answered: Any, takes_null: bool) -> Any:
    """Sells boats, and answers what the owner is `answered` to be, where the new one is not to be shown."""

    def answer(call: Call) -> Answer:
        if call.path != "/boats":
            return 404, {"message": "no such page"}
        if call.method != "POST":
            return not_offered("POST")
        if call.headers.get("content-type") != "application/json":
            return 415, {"message": "JSON is wanted"}
        owner = call.body.get("owner", 0) if isinstance(call.body, dict) else 0
        named = isinstance(owner, dict) and isinstance(owner.get("name"), str)
        if not named and (owner is not None or not takes_null):
            return 400, {"message": "an owner is wanted"}
        return 200, {"owner": answered}

    return answer


@pytest.mark.parametrize("spelling", _AS_MEANT)
@pytest.mark.parametrize(
    ("answered", "takes_null", "nullable", "rules"),
    [
        (None, True, "meant", []),
        ({"name": "ada"}, True, "meant", []),
        ({}, True, "meant", ["response-schema"]),
        (None, False, "meant", ["valid-request-rejected"]),
        ({"name": "ada"}, False, "letter", []),
        (None, False, "letter", ["response-schema"]),
        ({"name": "ada"}, True, "letter", ["invalid-request-accepted"]),
    ],
)
def test_null(tmp_path: Path, spelling: str, answered: Any, takes_null: bool, nullable: Any, rules: list[str]) -> None:
    (tmp_path / "api.json").write_text(json.dumps(_document(_AS_MEANT[spelling])))
    contract = load(tmp_path / "api.json", nullable=nullable)
    result = drive(contract, _server(answered, takes_null), phases=("baseline", "clauses"))
    assert [finding.rule for finding in result.run.findings] == rules
    assert len([note for note in result.notes if "nullable" in note]) == 1


@pytest.mark.parametrize("spelling", _AS_MEANT)
def test_a_change_to_what_was_meant_is_none(tmp_path: Path, spelling: str) -> None:
    documents = [_document(_AS_MEANT[spelling]), _document({"anyOf": [_TO_OWNER, {"type": "null"}]}, "3.1.0")]
    for name, document in zip(("old", "new"), documents, strict=True):
        (tmp_path / name).write_text(json.dumps(document))
    assert [change for change in diff(load(tmp_path / "old"), load(tmp_path / "new")) if change.breaking] == []


@pytest.mark.parametrize(("setting", "status"), [("", 0), ('nullable = "letter"', 1)], ids=["default", "letter"])
def test_the_setting_of_the_project(run_clausewise: RunClausewise, tmp_path: Path, setting: str, status: int) -> None:
    (tmp_path / "pyproject.toml").write_text(f'[tool.clausewise]\nspec = "api.json"\n{setting}\n')
    (tmp_path / "api.json").write_text(json.dumps(_document(_AS_MEANT["allOf"]), indent=1))
    (tmp_path / "boat.json").write_text('{"owner": null}')
    done = run_clausewise("validate", "boat.json", "--operation", "sell", cwd=tmp_path)
    assert done.returncode == status
    assert done.stderr.count("by the letter of OpenAPI 3.0.3") == 1
