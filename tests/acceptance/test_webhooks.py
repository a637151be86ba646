"""`clausewise test --webhooks`: the API's side is played, and a client's handler is tested."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from tests.conftest import RunClausewise
from tests.servers.hooks import Hit, listening

_SCHEMA = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string", "maxLength": 5}},
    "additionalProperties": False,
}
_HOOK: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": _SCHEMA}}},
    "responses": {"204": {"description": ""}, "400": {"description": ""}},
}


_DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "t", "version": "1"},
    "webhooks": {name: {"post": {"operationId": name, **_HOOK}} for name in ("made", "gone")},
}

Test = Callable[..., CompletedProcess[str]]


@pytest.fixture
def tested(tmp_path: Path, run_clausewise: RunClausewise) -> Test:
    """Runs `clausewise test` in a folder with the document and what a configuration says."""

    def run(*arguments: str, config: str = "", document: dict[str, Any] = _DOCUMENT) -> CompletedProcess[str]:
        (tmp_path / "api.json").write_text(json.dumps(document))
        (tmp_path / "clausewise.toml").write_text(config)
        return run_clausewise("test", "api.json", "--report", "json", *arguments, cwd=tmp_path)

    return run


def _right(hit: Hit) -> int:
    try:
        body = json.loads(hit.body)
        right = set(body) == {"name"} and isinstance(body["name"], str) and len(body["name"]) <= 5
    except (ValueError, TypeError):
        right = False
    return 204 if right and hit.headers.get("content-type", "").startswith("application/json") else 400


def test_a_right_handler_at_one_url(tested: Test) -> None:
    with listening(_right) as (url, hits):
        result = tested("--webhooks", "--url", f"{url}/hook")
    assert result.returncode == 0, result.stdout + result.stderr
    assert {(hit.method, hit.target) for hit in hits} == {("POST", "/hook")}


def test_each_webhook_has_its_path(tested: Test) -> None:
    with listening(_right) as (url, hits):
        result = tested("--webhooks", "--url", f"{url}/hook", config='[webhooks]\nmade = "/hooks/made"\n')
    assert result.returncode == 0, result.stdout + result.stderr
    assert {hit.target for hit in hits} == {"/hooks/made", "/hook"}


def test_a_handler_that_takes_everything(tested: Test, tmp_path: Path) -> None:
    with listening() as (url, _):
        result = tested("--webhooks", "--url", url, "--operation", "made")
    assert result.returncode == 1
    run = json.loads((tmp_path / "reports" / "latest" / "run.json").read_text())
    assert {finding["rule"] for finding in run["findings"]} == {"invalid-request-accepted"}


def test_a_document_of_webhooks_alone_needs_no_flag(tested: Test) -> None:
    result = tested("--mock")
    assert result.returncode == 0, result.stderr
    assert "operations accepted 2 of 2" in result.stdout


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ('[webhooks]\nmaid = "/m"\n', 'has no webhook "maid" (correct webhooks: it has made, gone)'),
        ('[webhooks]\nmade = "m"\n', 'the path "m" of the webhook "made" must start with "/" (write "/m")'),
    ],
    ids=["a name that is none", "a path that is none"],
)
def test_a_mistake_in_the_paths(tested: Test, config: str, message: str) -> None:
    result = tested("--webhooks", "--mock", config=config)
    assert result.returncode == 2
    assert message in result.stderr


def test_without_webhooks_there_is_no_handler(tested: Test) -> None:
    result = tested("--webhooks", "--mock", document={**_DOCUMENT, "webhooks": {}, "paths": {"/a": {"get": {}}}})
    assert result.returncode == 2
    assert "api.json has no webhooks" in result.stderr
