"""No command imports what it does not use: the first thing a user notices is how long `--help` takes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.validation.traffic import REQUEST

pytestmark = pytest.mark.process

#: modules that take long to import, and which of the commands below uses them
_HEAVY = frozenset(
    ("aiohttp", "asyncio", "hypothesis", "jsonschema", "jsonschema_rs", "pytest", "referencing", "rich")
) | {"schemathesis", "uvicorn", "xml.etree.ElementTree", "yaml"}

_READS = {"yaml", "jsonschema_rs"}

_SCRIPT = """
import sys
from clausewise.cli import main
try:
    main({arguments!r})
except SystemExit as ended:
    assert not ended.code, ended.code
print("loaded:", *sorted(set({heavy!r}) & sys.modules.keys()))
"""


@pytest.mark.parametrize(
    ("command", "used"),
    [
        ("--help", set()),
        ("--version", set()),
        ("test --help", set()),
        ("gate --help", set()),
        ("mock --help", set()),
        ("prove --help", set()),
        ("clauses", _READS),
        ("schemas --check", _READS),
        ("diff --help", set()),
        ("diff openapi/astro-create-cluster.yaml openapi/astro-create-cluster.yaml", _READS),
        ("validate {folder}/body.json", _READS),
        (
            "test --mock --quiet --report json --output-dir {folder} --phase baseline,clauses,pairs,lifecycle",
            {*_READS, "asyncio"},
        ),
    ],
)
def test_what_a_command_imports(command: str, used: set[str], repo: Path, tmp_path: Path) -> None:
    (tmp_path / "body.json").write_text(json.dumps(REQUEST))
    arguments = command.format(folder=tmp_path).split()
    script = _SCRIPT.format(arguments=arguments, heavy=_HEAVY)
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=repo, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.splitlines()[-1].split()[1:]) == used
