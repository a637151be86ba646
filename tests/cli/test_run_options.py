"""`test` and `gate` as whole commands: what is given more directly goes first, and reaches the run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from clausewise.cli import group
from clausewise.errors import ConfigError

_RUN = ["--mock", "--operation", "createCluster", "--phase", "baseline", "--quiet", "--report", "json"]


@pytest.fixture
def project(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder as the working directory, with a configuration that names the shipped contract."""
    contract = repo / "openapi" / "astro-create-cluster.yaml"
    (tmp_path / "pyproject.toml").write_text(
        f'[tool.clausewise]\nspec = "{contract}"\nseed = 2\nphases = ["baseline"]\nmin-coverage = 0\n'
        '[tool.clausewise.headers]\nX-Team = "file"\nX-Tier = "file"\n'
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> tuple[int, dict[str, Any], list[dict[str, str]]]:
    """Exit status, record, and the headers of each request."""
    status = group.main([*arguments], standalone_mode=False)
    record = json.loads(Path("reports/latest/run.json").read_bytes())
    lines = Path("reports/latest/exchanges.ndjson").read_text().splitlines()
    sent = [dict(json.loads(line)["request"]["headers"]) for line in lines]
    return status, record, sent


@pytest.mark.parametrize("command", ["test", "gate"])
@pytest.mark.parametrize(
    ("environment", "flags", "seed"),
    [("", [], 2), ("3", [], 3), ("3", ["--seed", "4"], 4)],
    ids=["file", "environment", "flag"],
)
def test_the_seed_of_the_run(
    command: str, environment: str, flags: list[str], seed: int, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAUSEWISE_SEED", environment)
    status, record, _ = run(command, *_RUN, *flags)
    assert (status, record["seed"]) == (0, seed)


def test_the_gate_takes_what_shapes_a_run(project: Path) -> None:
    limits = ["--max-time", "60", "--rate", "500", "--connections", "2", "--max-requests", "3"]
    status, record, sent = run("gate", *_RUN, *limits, "--other-header", "X-User: b", "-H", "x-team: flag")
    assert status == 0
    assert record["requests"] == 3
    assert {(headers["x-team"], headers["X-Tier"]) for headers in sent} == {("flag", "file")}
    assert not any("X-Team" in headers for headers in sent)


def test_a_target_from_the_environment(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAUSEWISE_TARGET", "mock")
    status, record, _ = run("gate", *_RUN[1:])
    assert (status, record["target"]["kind"]) == (0, "mock")


def test_a_wrong_variable_stops_the_command(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAUSEWISE_MAX_TIME", "soon")
    with pytest.raises(ConfigError, match=r'CLAUSEWISE_MAX_TIME: expected a number, got "soon"'):
        run("test", *_RUN)
    assert not Path("reports").exists()


def test_a_list_in_parts_is_one_list(project: Path) -> None:
    run("test", *_RUN, "--report", "junit,markdown", "--phase", "clauses", "--max-requests", "3")
    written = {file.name for file in Path("reports/latest").iterdir()}
    assert {"run.json", "junit.xml", "summary.md"} <= written
