"""Every command and every configuration in README.md works as it stands there."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from clausewise import config
from clausewise.option_table import options_of
from clausewise.options import value_for
from tests.servers.faulty_cluster import create_app, serve
from tests.validation import traffic

_README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
_COMMANDS = re.findall(r"^\$ (.*clausewise .*)$", _README, re.MULTILINE)

#: what a command gives when it is not 0
_STATUS = {"faulty_cluster:app": 1, "--merge": 1, " diff ": 1}


def split(command: str) -> tuple[dict[str, str], list[str]]:
    """Environment and arguments of a command line."""
    words = shlex.split(command)
    environment = dict(word.split("=", 1) for word in words[: words.index("clausewise")])
    return environment, words[words.index("clausewise") + 1 :]


@pytest.mark.parametrize("command", [command for command in _COMMANDS if " mock " not in command])
def test_command(command: str, repo: Path, tmp_path: Path) -> None:
    environment, arguments = split(command)
    if arguments[0] in ("test", "gate", "prove", "report"):
        arguments += ["--output-dir", str(tmp_path)]
    if arguments[0] == "validate":
        _write_sources(repo, tmp_path)
    if arguments[0] == "diff":
        _write_versions(repo, tmp_path)
    for shard in [argument for argument in arguments if argument.startswith("shard-")]:
        shutil.copytree(repo / "reports" / "example", tmp_path / Path(shard).parent)
        arguments[arguments.index(shard)] = str(tmp_path / shard)
    # The README's mock stands at port 8000; here it is the correct server, at a free one.
    with serve(create_app()) as url:
        arguments = [argument.replace("http://127.0.0.1:8000", url) for argument in arguments]
        done = subprocess.run(
            [sys.executable, "-m", "clausewise", *arguments],
            cwd=tmp_path if arguments[0] in ("diff", "validate") else repo,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=300,
        )
    wanted = next((status for words, status in _STATUS.items() if words in command), 0)
    assert done.returncode == wanted, done.stdout + done.stderr


def _write_sources(repo: Path, folder: Path) -> None:
    """What the README's `validate` speaks of."""
    (folder / "openapi").symlink_to(repo / "openapi")
    (folder / "body.json").write_text(json.dumps(traffic.REQUEST, indent=2))
    (folder / "answer.json").write_text(json.dumps(traffic.RESPONSE))
    (folder / "docs" / "deeper").mkdir(parents=True)
    command = f"curl https://host{traffic.PATH} -H 'Authorization: Bearer x' --json '{json.dumps(traffic.REQUEST)}'"
    (folder / "docs" / "deeper" / "page.md").write_text(f"# Page\n\n    {command}\n")
    entry = {
        "request": {"method": "GET", "url": f"https://host{traffic.PATH}", "headers": []},
        "response": {"status": 405, "headers": [], "content": {}},
    }
    (folder / "session.har").write_text(json.dumps({"log": {"entries": [entry]}}))
    (folder / "cassettes").mkdir()
    (folder / "cassettes" / "a.yaml").write_text("interactions: []\n")
    traffic.write(folder / "traffic.ndjson", [traffic.line()])


def _write_versions(repo: Path, folder: Path) -> None:
    """The two versions that the README's `diff` speaks of: one on the branch main, one in the work tree."""
    contract = (repo / "openapi" / "astro-create-cluster.yaml").read_text(encoding="utf-8")
    (folder / "openapi").mkdir()
    (folder / "openapi" / "api.yaml").write_text(contract, encoding="utf-8")
    author = ["-c", "user.name=a", "-c", "user.email=a@localhost"]
    for arguments in (["init", "-b", "main"], ["add", "."], [*author, "commit", "-m", "one"]):
        subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)
    for line, instead in (
        ("maxLength: 64", "maxLength: 32"),
        ("            - CREATE_FAILED\n", "            - CREATE_FAILED\n            - PAUSED\n"),
        ("maxItems: 50", "maxItems: 60"),
    ):
        contract = contract.replace(line, instead, 1)
    (folder / "openapi" / "api.yaml").write_text(contract, encoding="utf-8")


def test_changes_look_so(repo: Path, tmp_path: Path) -> None:
    command = next(command for command in _COMMANDS if " diff " in command)
    _write_versions(repo, tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", *shlex.split(command)], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.stdout == _README.split(f"$ {command}\n")[1].split("```")[0]


def test_errors_of_payloads_look_so(repo: Path, tmp_path: Path) -> None:
    shown = next(block for block in _README.split("```text\n") if block.startswith("error ")).split("```")[0]
    _write_sources(repo, tmp_path)
    (tmp_path / "body.json").write_text(json.dumps(traffic.REQUEST | {"type": "DEDICATD"}, indent=2))
    command = [sys.executable, "-m", "clausewise", "validate", "openapi/astro-create-cluster.yaml", "body.json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith(shown)


def test_the_recorded_exchange_is_one(repo: Path) -> None:
    schema = json.loads((repo / "schemas" / "exchange.schema.json").read_text(encoding="utf-8"))
    written = json.loads(_README.split("```json\n")[1].split("```")[0])
    jsonschema.Draft202012Validator(schema).validate(written)


def test_the_excerpt_is_real(repo: Path, tmp_path: Path) -> None:
    command = next(command for command in _COMMANDS if "FAULTS=" in command)
    shown = _README.split(f"$ {command}\n")[1].split("```")[0].splitlines()
    environment, arguments = split(command)
    done = subprocess.run(
        [sys.executable, "-m", "clausewise", *arguments, "--output-dir", str(tmp_path)],
        cwd=repo,
        env={**os.environ, **environment, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    printed = done.stdout.splitlines()
    assert len(printed) == len(shown)
    for line, wanted in zip(printed, shown, strict=True):
        timeless = re.sub(r"in [0-9.]+ s$", "in 0.6 s", line)
        assert timeless.startswith(wanted.removesuffix("...")), line


def test_the_configuration_is_read(tmp_path: Path) -> None:
    written = _README.split("```toml\n")[1].split("```")[0]
    (tmp_path / "pyproject.toml").write_text(written)
    read = config.load(tmp_path / "pyproject.toml", tmp_path)
    assert len(read.policy.waivers) == 1
    assert value_for(read.run.values, "createCluster", "organizationId")[0]


def test_the_options_without_a_variable_are_named() -> None:
    section = " ".join(_README.split("## Configuration")[1].split())
    named = section.split(" have no variable")[0].rpartition(". ")[2]
    options = options_of(config.Config)
    assert re.findall(r"`([a-z-]+)`", named) == [option.key for option in options if not option.variable]


def test_the_shell_completes_commands(repo: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from clausewise.cli import main; main()"],
        cwd=repo,
        env={**os.environ, "_CLAUSEWISE_COMPLETE": "bash_complete", "COMP_WORDS": "clausewise ga", "COMP_CWORD": "1"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "gate" in done.stdout
