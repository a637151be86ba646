"""Commands against servers that check credentials; the documents and servers stand beside the checkout."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import RunClausewise

BEARER, KEY, COOKIE = "Authorization: Bearer good", "X-Key: good", "Cookie: SID=good"


@pytest.fixture
def cases(shared: Path, tmp_path: Path) -> Path:
    """A copy of the cases: the servers are imported from the working directory."""
    shutil.copytree(shared / "cases" / "credentials", tmp_path, dirs_exist_ok=True)
    return tmp_path


def found(folder: Path) -> list[tuple[str, list[str]]]:
    """Rule and operations of each finding."""
    run: dict[str, Any] = json.loads((folder / "out" / "run.json").read_text())
    return [(finding["rule"], finding["operations"]) for finding in run["findings"]]


@pytest.mark.parametrize("hole", ["", "closed403", "closed401", "both", "either", "hidden"])
def test_kinds_and_alternatives(run_clausewise: RunClausewise, cases: Path, hole: str) -> None:
    folder = cases / "11-auth-kinds"
    (folder / "clausewise.toml").write_text(
        '[tool.clausewise.headers]\nAuthorization = "Bearer good"\nCookie = "SID=good"\n'
        '[tool.clausewise.values]\napi_key = "good"\n'
    )
    arguments = ["openapi.yaml", "--app", "server:app", "--config", "clausewise.toml", "--output-dir", "out"]
    done = run_clausewise("test", *arguments, "--report", "json", cwd=folder, env={"HOLE": f"/{hole}" if hole else ""})
    assert found(folder) == ([("auth-not-enforced", [hole])] if hole else []), done.stdout
    assert done.returncode == (1 if hole else 0)


@pytest.mark.parametrize(
    ("document", "headers", "mode", "rules"),
    [
        ("sec-basic", ["Authorization: Basic dTpw"], "hole", ["auth-not-enforced"]),
        ("sec-bearer-and-hkey", [BEARER, KEY], "hole", ["auth-not-enforced"]),
        ("sec-bearer-and-hkey", [BEARER, KEY], "noand", ["auth-not-enforced"]),
        ("sec-bearer-or-cook", [COOKIE], "hole", ["auth-not-enforced"]),
        ("sec-cook-or-bearer", [BEARER], "noand", []),
        ("sec-oidc", [BEARER], "noand", []),
    ],
)
def test_a_hole_is_found_whatever_is_given(
    run_clausewise: RunClausewise, cases: Path, document: str, headers: list[str], mode: str, rules: list[str]
) -> None:
    (cases / "pyproject.toml").unlink()
    arguments = [f"{document}.yaml", "--app", "sec:app", "--output-dir", "out", "--report", "json"]
    given = [word for line in headers for word in ("-H", line)]
    run_clausewise("test", *arguments, *given, cwd=cases, env={"MODE": mode})
    assert [rule for rule, _ in found(cases)] == rules


def test_a_token_that_is_renewed_stands_in_no_file(run_clausewise: RunClausewise, cases: Path) -> None:
    header = "Authorization: Bearer first-secret-token-AAAA"
    done = run_clausewise("test", "me.yaml", "--app", "app:app", "-H", header, "--output-dir", "out", cwd=cases)
    files = [path for path in (cases / "out").rglob("*") if path.is_file()]
    texts = [done.stdout, done.stderr, *(path.read_text(encoding="utf-8", errors="replace") for path in files)]
    assert len(files) > 5 and "[redacted]" in "".join(texts)
    assert not any("secret-token" in text for text in texts)
