"""Every command that README.md or a page of the documentation shows works as it stands there, and prints what is shown.

Each page is a session in a folder of its own, in which the files that the page shows are written.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from clausewise.cli import COMMANDS, group
from tests.acceptance import page_stages
from tests.acceptance.page_session import Session
from tests.acceptance.pages import Command, File, blocks, pages, steps, without_blocks

_PAGES = pages()
_WITH_COMMANDS = [page for page, text in _PAGES.items() if any(isinstance(step, Command) for step in steps(text))]

#: how a command begins that no test can run -> why
NOT_RUN = {
    "pip install": "needs a package index; .ci/run runs the set-up commands of README.md",
    "clausewise prove": "takes minutes; tests/acceptance/test_prove.py runs it",
    "./mvnw": "needs Java; another server stands at its URL in the test",
    "HTTPS_PROXY=": "needs a server elsewhere; tests/transport/test_proxy.py has a proxy",
    "clausewise gate --changed-since": "needs a history; tests/acceptance/test_selection.py has one",
    "clausewise test --shard": "needs several operations; tests/acceptance/test_selection.py merges shards",
    "clausewise report --merge shard-1 shard-2": "merges those",
    "tail -f": "goes on until it is interrupted; tests/acceptance/test_interruption.py does that",
    "clausewise validate openapi/api.yaml 's3://": "needs a storage; tests/recordings/test_remote.py has one in memory",
}


@pytest.mark.slow
@pytest.mark.parametrize("page", _WITH_COMMANDS)
def test_a_page(page: str, tmp_path: Path) -> None:
    page_stages.prepare(page, tmp_path)
    with contextlib.ExitStack() as stack:
        session = Session(tmp_path, stack)
        for command in page_stages.SERVERS.get(page, ()):
            session.serve(session.translated(command))
        for step in steps(_PAGES[page]):
            if isinstance(step, File):
                session.write(step)
            elif not step.text.startswith(tuple(NOT_RUN)):
                session.run(step)


def test_commands_stand_where_they_are_run() -> None:
    for page, text in _PAGES.items():
        for block in blocks(text, but="console"):
            assert not re.search(r"^(?:\$ |clausewise |pytest |pip |curl )", block, re.MULTILINE), (page, block)


def test_what_is_not_run_is_shown() -> None:
    shown = [step.text for text in _PAGES.values() for step in steps(text) if isinstance(step, Command)]
    assert [start for start in NOT_RUN if not any(text.startswith(start) for text in shown)] == []


def _mentioned() -> Iterator[tuple[str, str]]:
    """The commands in running text: page and command."""
    for page, text in _PAGES.items():
        for code in re.findall(r"`(clausewise [^`]+)`", without_blocks(text)):
            yield page, " ".join(code.split())


@pytest.mark.parametrize(("page", "text"), sorted(set(_mentioned())))
def test_a_command_in_running_text_has_these_options(page: str, text: str) -> None:
    name, *words = shlex.split(text)[1:]
    if name in ("COMMAND", "--help", "--version"):
        return
    assert name in COMMANDS
    command = group.get_command(click.Context(group), name)
    assert command is not None
    known = {flag for parameter in command.params for flag in (*parameter.opts, *parameter.secondary_opts)}
    known |= {"--help", "-h"}
    assert [word for word in words if word.startswith("-") and word.partition("=")[0] not in known] == []


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
