"""Runs of a part of a contract: of shards, and of what has changed."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.conftest import RunClausewise


def operation(key: str, longest: int) -> dict[str, Any]:
    parameters = [{"name": "q", "in": "query", "schema": {"type": "string", "maxLength": longest}}]
    schema = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
    content = {"application/json": {"schema": schema}}
    documented = {"200": {"description": "found", "content": content}, "400": {"description": "refused"}}
    return {"operationId": key, "parameters": parameters, "responses": documented}


def document(folder: Path, **longest: int) -> None:
    paths = {f"/{key}": {"get": operation(key, longest.get(key, 9))} for key in ("a", "b", "c")}
    written = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}
    (folder / "api.json").write_text(json.dumps(written, indent=1), encoding="utf-8")


def clauses(folder: Path) -> dict[tuple[str, ...], str]:
    found = json.loads((folder / "run.json").read_text(encoding="utf-8"))["clauses"]
    return {(one["operation"], one["where"], one["id"], one["keyword"]): one["verdict"] for one in found}


def test_merged_shards_are_the_whole(run_clausewise: RunClausewise, tmp_path: Path) -> None:
    document(tmp_path)
    common = ("test", "api.json", "--mock", "--report", "json")
    for name, shard in (("one", ("--shard", "1/2")), ("two", ("--shard", "2/2")), ("whole", ())):
        done = run_clausewise(*common, *shard, "--output-dir", name, cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
    merged = run_clausewise("report", "--merge", "one", "two", "--report", "json", "--output-dir", "all", cwd=tmp_path)
    assert merged.returncode == 0, merged.stdout + merged.stderr
    assert {key[0] for key in clauses(tmp_path / "one")} == {"a", "c"}
    assert clauses(tmp_path / "all") == clauses(tmp_path / "whole")
    coverage = [json.loads((tmp_path / name / "run.json").read_text())["coverage"] for name in ("all", "whole")]
    assert coverage[0] == coverage[1]


def test_only_what_has_changed_is_tested(run_clausewise: RunClausewise, tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=n", "-c", "user.email=n@example.com")
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path, check=True, capture_output=True, timeout=30)

    document(tmp_path)
    git("init", "-q", "-b", "main")
    git("add", ".")
    git("commit", "-q", "-m", "first")
    common = ("gate", "api.json", "--mock", "--report", "json", "--changed-since", "main")
    same = run_clausewise(*common, cwd=tmp_path)
    assert same.returncode == 0
    assert same.stderr == "note: no contract of an operation has changed since main: nothing to test\n"
    document(tmp_path, b=8)
    assert run_clausewise(*common, cwd=tmp_path).returncode == 0
    assert {key[0] for key in clauses(tmp_path / "reports" / "latest")} == {"b"}
    listed = run_clausewise("clauses", "api.json", "--changed-since", "main", cwd=tmp_path)
    assert "in 1 operation" in listed.stderr
    unknown = run_clausewise(*common[:-1], "nowhere", cwd=tmp_path)
    assert (unknown.returncode, unknown.stderr.count("\n")) == (2, 1)
    assert 'git has no revision "nowhere" here' in unknown.stderr
