"""What people put into their CI: the GitHub action, the GitLab job, pre-commit's hooks, run as a runner does."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

_ROOT = Path(__file__).resolve().parents[2]
_ACTION: Any = yaml.safe_load((_ROOT / "action.yml").read_text(encoding="utf-8"))
_GITLAB: Any = yaml.safe_load((_ROOT / "ci" / "gitlab.yml").read_text(encoding="utf-8"))[".clausewise"]
_HOOKS: Any = yaml.safe_load((_ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
_GATE: Any = next(step for step in _ACTION["runs"]["steps"] if step.get("name") == "Gate")

_HOSTILE = [
    "$(touch pwned)",
    "`touch pwned`",
    "; touch pwned #",
    '" && touch pwned && "',
    "' ; touch pwned ; '",
    "\n touch pwned\n",
]


_CONTRACT = """
openapi: 3.1.0
info: {title: Greetings, version: "1"}
paths:
  /greet/{name}:
    get:
      operationId: greet
      parameters:
        - name: name
          in: path
          required: true
          schema:
            type: string
            maxLength: 64
          example: Ada
      responses:
        "200":
          description: the greeting
          content: {application/json: {schema: {type: object, properties: {name: {type: string}}}}}
        "400": {description: the name is too long}
"""

#: it crashes where a name holds a quote
_APP = """
import json
from urllib.parse import unquote

async def app(scope, receive, send):
    name = unquote(scope["raw_path"].rpartition(b"/")[2].decode())
    status = 405 if scope["method"] != "GET" else 500 if "'" in name else 400 if len(name) > 64 else 200
    headers = [(b"content-type", b"application/json"), (b"allow", b"GET")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps({"name": name}).encode()})
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with a contract and an app that breaks it in one way, and no configuration."""
    (tmp_path / "api.yaml").write_text(_CONTRACT.lstrip())
    (tmp_path / "served.py").write_text(_APP)
    return tmp_path


def run(script: str, shell: list[str], project: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    python_path = f"{_ROOT}{os.pathsep}{project}"
    return subprocess.run(
        [*shell, script],
        cwd=project,
        env={**os.environ, "PATH": path, "PYTHONPATH": python_path, "NO_COLOR": "1", **environment},
        capture_output=True,
        text=True,
        timeout=600,
    )


def act(project: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """The action's gate with these inputs, in the shell that GitHub runs it in."""
    values = {name: spec["default"] for name, spec in _ACTION["inputs"].items()} | {
        name.replace("_", "-"): value for name, value in inputs.items()
    }
    environment = {
        name: re.sub(r"\$\{\{ inputs\.([a-z-]+) \}\}", lambda found: values[found[1]], written)
        for name, written in _GATE["env"].items()
    }
    shell = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c"]
    summary = str(project / "step-summary.md")
    return run(_GATE["run"], shell, project, GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=summary, **environment)


def gitlab(project: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """The job's script with these variables, in the shell of its image."""
    return run("\n".join(_GITLAB["script"]), ["sh", "-e", "-c"], project, **(_GITLAB["variables"] | variables))


@pytest.mark.parametrize(
    ("schema", "document"),
    [
        pytest.param("github-actions", _ACTION, id="action.yml"),
        pytest.param("gitlab-ci", {".clausewise": _GITLAB}, id="gitlab.yml"),
    ],
)
def test_it_is_valid_by_the_schema_of_its_service(schema: str, document: Any) -> None:
    from check_jsonschema.builtin_schemas import get_builtin_schema

    jsonschema.validate(document, get_builtin_schema(f"vendor.{schema}"))


def test_no_input_is_pasted_into_a_shell_line() -> None:
    steps = _ACTION["runs"]["steps"]
    assert all("${{" not in step.get("run", "") for step in steps)
    used = set(re.findall(r"inputs\.([a-z-]+)", json.dumps(steps)))
    assert used == _ACTION["inputs"].keys()


def test_actions_of_others_are_pinned_to_a_commit() -> None:
    text = (_ROOT / "action.yml").read_text(encoding="utf-8")
    uses = re.findall(r"uses: (\S+)@(\S+)(.*)", text)
    assert uses and all(re.fullmatch("[0-9a-f]{40}", commit) for _, commit, _ in uses)
    assert all(re.fullmatch(r" # v\d+\.\d+\.\d+", version) for _, _, version in uses)


@pytest.mark.parametrize(("phase", "extra"), [("", ""), ("baseline,clauses", ""), ("baseline,engine", "[engine]")])
def test_the_action_installs_itself_as_it_is_pinned_and_no_extra_that_is_not_used(
    phase: str, extra: str, tmp_path: Path
) -> None:
    (step,) = (step for step in _ACTION["runs"]["steps"] if step.get("name") == "Install clausewise")
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    python.chmod(0o755)
    done = subprocess.run(
        ["bash", "-e", "-c", step["run"]],
        env={"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "PHASE": phase, "GITHUB_ACTION_PATH": "/action"},
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    assert done.stdout.split()[-3:] == ["--constraint", "/action/constraints.txt", f"/action{extra}"]


@pytest.mark.parametrize(("package", "status"), [("", 2), ("git+https://git.example.com/clausewise@main", 0)])
def test_the_gitlab_job_installs_from_a_repository_that_is_named(package: str, status: int, tmp_path: Path) -> None:
    assert _GITLAB["variables"]["CLAUSEWISE_PACKAGE"] == ""
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    python.chmod(0o755)
    done = subprocess.run(
        ["sh", "-e", "-c", "\n".join(_GITLAB["before_script"])],
        env={"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "CLAUSEWISE_PACKAGE": package},
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert done.returncode == status
    assert done.stdout.split()[-1:] == ([package] if package else [])
    assert ("set CLAUSEWISE_PACKAGE" in done.stderr) is bool(status)


def test_the_action_fails_writes_the_summary_and_annotates(project: Path) -> None:
    done = act(project, spec="api.yaml", app="served:app")
    assert done.returncode == 1, done.stderr
    assert (project / "step-summary.md").read_text().startswith("# Failed: ")
    assert (project / "reports/latest/clausewise.sarif").is_file()
    assert done.stdout.splitlines()[-1].startswith("::error file=api.yaml,line=12,")


@pytest.mark.parametrize(
    ("inputs", "status"),
    [
        pytest.param({"max_errors": "1"}, 0, id="an error is let pass"),
        pytest.param({"max_errors": "1", "min_coverage": "99"}, 1, id="too little is covered"),
        pytest.param({"headers": "Authorization: Bearer t\nX-Trace: 1", "max_errors": "1"}, 0, id="headers"),
        pytest.param({"baseline": "gone.json"}, 2, id="no such baseline"),
        pytest.param({"phase": "baseline", "operation": "greet", "max_errors": "1"}, 0, id="a part"),
        pytest.param({"operation": "greet\nnone"}, 2, id="an operation that there is not"),
        pytest.param({"output_dir": "out", "max_errors": "1"}, 0, id="another folder"),
    ],
)
def test_the_action_passes_its_inputs_on(inputs: dict[str, str], status: int, project: Path) -> None:
    done = act(project, spec="api.yaml", app="served:app", **inputs)
    assert done.returncode == status, done.stdout[-2000:] + done.stderr
    assert (project / inputs.get("output_dir", "reports/latest") / "run.json").is_file() is (status < 2)


def test_the_action_reads_the_configuration(project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.clausewise]\nspec = "api.yaml"\ntarget = { mock = true }\n')
    done = act(project)
    assert done.returncode == 0, done.stderr
    assert (project / "step-summary.md").read_text().startswith("# Passed: ")


@pytest.mark.parametrize("hostile", _HOSTILE)
def test_whatever_is_in_an_input_is_no_command(hostile: str, project: Path) -> None:
    # Bash has built the whole command before clausewise reads the first argument.
    names = _ACTION["inputs"].keys() - {"python-version", "upload-sarif", "artifact"}
    done = act(project, **dict.fromkeys(names, hostile))
    assert done.returncode == 2 and "clausewise: error: " in done.stderr
    # An input that is no argument of its own: where the summary comes from.
    act(project, spec="api.yaml", app="served:app", output_dir=hostile)
    assert not (project / "pwned").exists()


def test_the_gitlab_job_fails_and_leaves_what_gitlab_reads(project: Path) -> None:
    done = gitlab(project, CLAUSEWISE_SPEC="api.yaml", CLAUSEWISE_APP="served:app")
    assert done.returncode == 1, done.stderr
    assert all((project / file).is_file() for file in _GITLAB["artifacts"]["reports"].values())
    let = {"CLAUSEWISE_MAX_ERRORS": "1", "CLAUSEWISE_HEADER": "Authorization: Bearer t"}
    assert gitlab(project, CLAUSEWISE_SPEC="api.yaml", CLAUSEWISE_APP="served:app", **let).returncode == 0


@pytest.mark.parametrize("hostile", _HOSTILE)
def test_whatever_is_in_a_variable_is_no_command(hostile: str, project: Path) -> None:
    gitlab(project, CLAUSEWISE_SPEC=hostile, CLAUSEWISE_TARGET=hostile, CLAUSEWISE_BASELINE=hostile)
    assert not (project / "pwned").exists()


def hook(name: str, project: Path, arguments: str = "") -> int:
    entry = next(each["entry"] for each in _HOOKS if each["id"] == name)
    return run(f"{entry} {arguments}", ["sh", "-c"], project).returncode


def test_hooks_have_what_pre_commit_asks_for() -> None:
    for each in _HOOKS:
        assert {"id", "name", "entry", "language"} <= each.keys() and each["language"] == "python"
        assert shlex.split(each["entry"])[0] == "clausewise"
        re.compile(each.get("files", ""))


def test_the_hook_of_schemas_fails_until_they_are_written(project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.clausewise]\nspec = "api.yaml"\n')
    assert hook("clausewise-schemas", project) == 1
    assert run("clausewise schemas", ["sh", "-c"], project).returncode == 0
    assert hook("clausewise-schemas", project) == 0


@pytest.mark.parametrize(
    ("file", "touched"),
    [("openapi/api.yaml", True), ("openapi.json", True), ("api/schemas/x.json", True), ("src/main.py", False)],
)
def test_the_hook_of_schemas_runs_where_contracts_change(file: str, touched: bool) -> None:
    pattern = next(each["files"] for each in _HOOKS if each["id"] == "clausewise-schemas")
    assert bool(re.search(pattern, file)) is touched


def test_the_hook_of_examples_fails_where_one_breaks_its_schema(project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.clausewise]\nspec = "api.yaml"\n')
    assert hook("clausewise-examples", project) == 0
    contract = (project / "api.yaml").read_text()
    assert "example: Ada" in contract
    (project / "api.yaml").write_text(contract.replace("example: Ada", f"example: {'x' * 65}"))
    assert hook("clausewise-examples", project) == 1


@pytest.fixture
def cloned(project: Path) -> Path:
    """A clone of a repository that holds the contract; the project's folder is the repository cloned."""
    (project / "pyproject.toml").write_text('[tool.clausewise]\nspec = "api.yaml"\n')
    author = "-c user.name=a -c user.email=a@localhost"
    for command in ("init", "add .", f"{author} commit -m one", "clone . clone"):
        assert run(f"git {command}", ["sh", "-c"], project).returncode == 0
    return project / "clone"


def test_the_action_compares_with_a_revision(cloned: Path) -> None:
    (step,) = (step for step in _ACTION["runs"]["steps"] if step.get("name") == "Changes")
    shell = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c"]
    inputs = {"DIFF": "HEAD", "CONFIG": ""}
    assert run(step["run"], shell, cloned, SPEC="", **inputs).returncode == 0
    contract = (cloned / "api.yaml").read_text()
    (cloned / "api.yaml").write_text(contract.replace("maxLength: 64", "maxLength: 32"))
    for spec in ("", "api.yaml"):
        done = run(step["run"], shell, cloned, SPEC=spec, **inputs)
        assert done.returncode == 1 and done.stdout.startswith("::error file=api.yaml,line="), done.stderr


def test_the_hook_of_changes_fails_where_one_breaks_clients(cloned: Path) -> None:
    assert hook("clausewise-diff", cloned) == 0
    contract = (cloned / "api.yaml").read_text()
    (cloned / "api.yaml").write_text(contract.replace("maxLength: 64", "maxLength: 128"))
    assert hook("clausewise-diff", cloned) == 0
    (cloned / "api.yaml").write_text(contract.replace("maxLength: 64", "maxLength: 32"))
    assert hook("clausewise-diff", cloned) == 1
    assert run("git -c user.name=a -c user.email=a@localhost commit -a -m two", ["sh", "-c"], cloned).returncode == 0
    assert hook("clausewise-diff", cloned) == 1
    # pre-commit puts a user's `args` behind the entry.
    assert hook("clausewise-diff", cloned, "--base HEAD") == 0
    assert hook("clausewise-diff", cloned, "--base no-such-tag") == 2


def test_the_hook_of_the_gate_fails_with_the_gate(project: Path) -> None:
    configuration = '[tool.clausewise]\nspec = "api.yaml"\ntarget = { app = "served:app" }\n'
    (project / "pyproject.toml").write_text(configuration)
    assert hook("clausewise-gate", project) == 1
