"""The implementations of phases and the command line agree with the table of phases."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from click.testing import CliRunner

from clausewise.cli.test import command
from clausewise.contract.contract import Contract
from clausewise.options import RunOptions
from clausewise.phase_table import DEFAULT_PHASES, PHASES, ROWS
from clausewise.phases.base import phase
from clausewise.runner.run import run
from clausewise.runner.targets import mock_target


def test_each_selectable_row_has_an_implementation_and_each_implementation_a_row(repo: Path) -> None:
    folder = repo / "toolkit" / "clausewise" / "phases"
    implemented = {
        ".".join(file.relative_to(folder).with_suffix("").parts)
        for file in folder.rglob("*.py")
        if any(isinstance(node, ast.FunctionDef) and node.name == "run" for node in ast.parse(file.read_text()).body)
    }
    assert implemented == {ROWS[name].module or name for name in PHASES}


@pytest.mark.parametrize("name", PHASES)
def test_a_phase_is_bound_to_its_row(name: str) -> None:
    assert phase(name).row is ROWS[name]


def test_the_help_lists_the_phases() -> None:
    text = " ".join(CliRunner().invoke(command, ["--help"]).output.split())
    assert (
        f"Phases to run, of {', '.join(PHASES)}; or all." in text and f"[default: {', '.join(DEFAULT_PHASES)}]" in text
    )


def test_every_exchange_of_a_run_names_a_row(shipped: Contract) -> None:
    options = RunOptions(phases=("baseline", "clauses"))
    result = run(shipped, mock_target(shipped, 1, 8), options)
    # A machine with other work may answer slowly, and what was slow is sent again.
    assert {exchange.probe.phase for exchange in result.exchanges if exchange.probe} - {"timing"} == {
        "baseline",
        "clauses",
    }
