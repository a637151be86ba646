"""The help of each command: options in groups, and examples that the command understands."""

from __future__ import annotations

import shlex
from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete

from clausewise.cli import COMMANDS, group
from clausewise.cli.help import EXAMPLES, Command


def _command(name: str) -> click.Command:
    command = group.get_command(click.Context(group), name)
    assert command is not None
    return command


def _headings(name: str) -> dict[str, list[str]]:
    """Heading -> the flags below it, as `--help` prints them."""
    command = _command(name)
    text = command.get_help(click.Context(command, info_name=name, help_option_names=["-h", "--help"]))
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line.endswith(":") and not line.startswith(" "):
            found[line[:-1]] = []
        elif found and line.startswith("  -"):
            found[list(found)[-1]].append(next(word for word in line.split() if word.startswith("--")).rstrip(","))
    return found


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_two_examples_that_it_understands(name: str) -> None:
    command = _command(name)
    assert isinstance(command, Command)
    assert len(EXAMPLES[name]) == 2
    for example in EXAMPLES[name]:
        called, *arguments = shlex.split(example)
        assert called == name
        command.make_context(name, arguments)
        assert f"    clausewise {example}\n" in f"{command.get_help(click.Context(command))}\n"


def test_the_options_of_a_run_stand_below_what_they_are_about() -> None:
    headings = _headings("gate")
    assert list(headings)[:5] == ["Target", "What to try", "Limits", "Verdict", "Output"]
    assert {"--url", "--app", "--mock", "--header"} <= set(headings["Target"])
    assert {"--phase", "--operation", "--seed"} <= set(headings["What to try"])
    assert {"--max-requests", "--max-time", "--rate", "--allow-writes"} <= set(headings["Limits"])
    assert {"--min-coverage", "--max-errors", "--baseline"} <= set(headings["Verdict"])
    assert {"--output-dir", "--report", "--verbose"} <= set(headings["Output"])
    assert set(headings["Other options"]) == {"--config", "--help", "--strict"}


@pytest.mark.parametrize("name", COMMANDS)
def test_no_option_is_lost_in_the_groups(name: str) -> None:
    command = _command(name)
    flags = {option for parameter in command.params if isinstance(parameter, click.Option) for option in parameter.opts}
    shown = {flag for flags in _headings(name).values() for flag in flags}
    assert {flag for flag in flags if flag.startswith("--")} <= shown


_DOCUMENT = """\
openapi: 3.1.0
info: { title: Things, version: "1" }
paths:
  /things:
    get: { operationId: listThings, responses: { "200": { description: All. } } }
    post: { operationId: makeThing, responses: { "201": { description: Made. } } }
"""


@pytest.mark.parametrize(
    ("typed", "incomplete", "offered"),
    [
        pytest.param("test --phase", "ba", ["baseline"], id="a phase"),
        pytest.param("test --phase", "baseline,cl", ["baseline,clauses"], id="another phase"),
        pytest.param("gate --phase", "clauses,cl", [], id="a phase that is there"),
        pytest.param("gate --report", "s", ["sarif"], id="a report"),
        pytest.param("test api.yaml --operation", "", ["listThings", "makeThing"], id="an operation of a document"),
        pytest.param("test --operation", "make", ["makeThing"], id="an operation of the configured document"),
        pytest.param("test missing.yaml --operation", "", [], id="no document"),
        pytest.param("validate api.yaml --operation", "l", ["listThings"], id="an operation of payloads"),
        pytest.param("explain", "server", ["server-error"], id="a rule"),
    ],
)
def test_a_shell_offers_values(
    typed: str, incomplete: str, offered: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "api.yaml").write_text(_DOCUMENT)
    (tmp_path / "pyproject.toml").write_text('[tool.clausewise]\nspec = "api.yaml"\n')
    monkeypatch.chdir(tmp_path)
    completion = ShellComplete(group, {}, "clausewise", "_CLAUSEWISE_COMPLETE")
    assert [item.value for item in completion.get_completions(typed.split(), incomplete)] == offered
