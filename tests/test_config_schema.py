"""The published schema of the configuration and the reader of the configuration agree."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from clausewise import config
from clausewise.errors import ConfigError
from scripts import config_schema

_ROOT = Path(__file__).resolve().parents[1]
_VALIDATOR = jsonschema.Draft202012Validator(
    json.loads((_ROOT / "schemas" / "config.schema.json").read_text(encoding="utf-8")),
    format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER,
)


def _shown() -> list[str]:
    """Every configuration that a page shows whole."""
    pages = "".join(page.read_text(encoding="utf-8") for page in sorted((_ROOT / "docs").rglob("*.md")))
    blocks = re.findall(r"^ *```toml[^\n]*\n(.*?)^ *```$", pages, re.MULTILINE | re.DOTALL)
    return [block for block in blocks if "[tool.clausewise" in block]


def _as_json(value: Any) -> Any:
    return json.loads(json.dumps(value, default=date.isoformat))


def _accepted_by_schema(text: str) -> bool:
    return _VALIDATOR.is_valid(_as_json(tomllib.loads(text).get("tool", {}).get("clausewise", {})))


def _accepted_by_reader(text: str, folder: Path) -> bool:
    file = folder / "pyproject.toml"
    file.write_text(text, encoding="utf-8")
    try:
        config.load(file, folder)
    except ConfigError:
        return False
    return True


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(config_schema.json_schema())


@pytest.mark.parametrize("text", [*_shown(), (_ROOT / "pyproject.toml").read_text(encoding="utf-8")])
def test_what_the_documentation_shows_is_valid(text: str, tmp_path: Path) -> None:
    assert _accepted_by_schema(text) and _accepted_by_reader(text, tmp_path)


@pytest.mark.parametrize(
    "line",
    [
        "spec = 'api.yaml'",
        "target = { mock = true }",
        "target = { url = 'https://localhost/v1' }",
        "phases = ['all']",
        "max-findings = { warning = 3 }",
        "max-time = 0.5",
        "headers = { Authorization = 'env:TOKEN' }",
        "credentials = { key = 'env:KEY', basic = { username = 'anna', password = '' } }",
        "credentials = { oauth = { client-id = 'ci', scopes = ['read'] } }",
        "values = { day = 2030-01-31, op = { name = 'x' } }",
        "cleanup = { open = 'close' }",
        "waivers = [{ rule = 'flaky', reason = 'known', expires = 2030-01-31 }]",
    ],
)
def test_both_accept(line: str, tmp_path: Path) -> None:
    text = f"[tool.clausewise]\n{line}\n"
    assert _accepted_by_schema(text) and _accepted_by_reader(text, tmp_path)


@pytest.mark.parametrize(
    "line",
    [
        "unknown = 1",
        "file = 'x'",
        "spec = 3",
        "target = {}",
        "target = { mock = false }",
        "target = { url = 'localhost' }",
        "target = { url = 'http://localhost', mock = true }",
        "target = { app = 'module' }",
        "phases = ['none']",
        "reports = ['pdf']",
        "connections = 0",
        "max-time = 0",
        "min-coverage = 101",
        "unaccepted = 'maybe'",
        "max-findings = { error = -1 }",
        "credentials = { key = 5 }",
        "credentials = { basic = { user = 'anna' } }",
        "credentials-command = []",
        "waivers = [{ rule = 'flaky', reason = 'known' }]",
        "waivers = [{ reason = 'known', expires = 2030-01-31 }]",
    ],
)
def test_both_refuse(line: str, tmp_path: Path) -> None:
    text = f"[tool.clausewise]\n{line}\n"
    assert not _accepted_by_schema(text) and not _accepted_by_reader(text, tmp_path)


def test_every_key_has_a_meaning() -> None:
    def keys(schema: dict[str, Any], path: str = "") -> list[str]:
        lacking = []
        for key, inner in schema.get("properties", {}).items():
            lacking += [] if "description" in inner or "properties" in inner else [path + key]
            lacking += keys(inner, f"{path}{key}.")
        return lacking

    assert keys(config_schema.json_schema()) == []
