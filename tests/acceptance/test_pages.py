"""Every command that README.md or a page of the documentation shows works as it stands there, and prints what is shown.

Each page is a session in a folder of its own, in which the files that the page shows are written.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from clausewise.cli import COMMANDS, group
from tests.acceptance import page_stages
from tests.acceptance.pages import ROOT, Command, File, blocks, pages, steps, without_blocks

_PAGES = pages()
_WITH_COMMANDS = [page for page, text in _PAGES.items() if any(isinstance(step, Command) for step in steps(text))]

#: what starts a server: it runs until the page ends, or until another one takes its port
_SERVERS = re.compile(r"(?:[A-Z_]+=\S+ )*(?:clausewise (?:mock|proxy) |uvicorn |dask scheduler )")

#: what runs beside a server, and listens at no port that a page names
_WORKERS = re.compile("dask worker ")

#: how a command begins that no test can run -> why
NOT_RUN = {
    "pip install": "needs a package index; .ci/run runs the set-up commands of README.md",
    "clausewise prove": "takes minutes; tests/acceptance/test_prove.py runs it",
    "./mvnw": "needs Java; another server stands at its URL in the test",
    "HTTPS_PROXY=": "needs a server elsewhere; tests/transport/test_proxy.py has a proxy",
    "clausewise validate openapi/api.yaml 's3://": "needs a storage; tests/recordings/test_remote.py has one in memory",
}

_PORTS = re.compile(r"\b(8000|8001|8080|9000|8786)\b")


@pytest.mark.slow
@pytest.mark.parametrize("page", _WITH_COMMANDS)
def test_a_page(page: str, tmp_path: Path) -> None:
    page_stages.prepare(page, tmp_path)
    with contextlib.ExitStack() as stack:
        session = _Session(tmp_path, stack)
        for command in page_stages.SERVERS.get(page, ()):
            session.serve(session.translated(command))
        for step in steps(_PAGES[page]):
            if isinstance(step, File):
                session.write(step)
            elif not step.text.startswith(tuple(NOT_RUN)):
                session.run(step)


class _Session:
    """A shell of a reader of one page, who types its commands one after the other."""

    def __init__(self, folder: Path, stack: contextlib.ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        #: port on the page -> the port here
        self._ports: dict[str, str] = {}
        #: port here -> what listens there
        self._listening: dict[str, subprocess.Popen[bytes]] = {}
        python = str(Path(sys.executable).parent)
        self._environment = {
            **os.environ,
            "NO_COLOR": "1",
            "PATH": os.pathsep.join([python, os.environ["PATH"]]),
            "PYTHONPATH": os.pathsep.join([str(ROOT / "toolkit"), str(ROOT)]),
            "PYTEST_ADDOPTS": "-p no:cacheprovider -p no:schemathesis",
        }

    def translated(self, text: str) -> str:
        """`text` with the ports that are free here."""
        return _PORTS.sub(lambda port: self._ports.setdefault(port[0], str(_free_port())), text)

    def write(self, file: File) -> None:
        path = self._folder / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)  # it may be a link to the original
        path.write_text(self.translated(file.text), encoding="utf-8")
        if file.text.startswith("#!"):
            path.chmod(0o755)

    def run(self, command: Command) -> None:
        text = self.translated(command.text)
        if _SERVERS.match(command.text):
            self.serve(text)
            return
        if _WORKERS.match(command.text):
            self._start(text)
            return
        done = subprocess.run(
            ["bash", "-c", text],
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )
        assert done.returncode == command.status, f"{text}\n{done.stdout}"
        output = done.stdout
        for shown, here in self._ports.items():
            output = re.sub(rf"\b{here}\b", shown, output)
        _compare(command.shown, output)

    def serve(self, text: str) -> None:
        """Start a server, in place of the one at its port, and wait until it listens."""
        port = next(port for port in self._ports.values() if port in text)
        if before := self._listening.pop(port, None):
            _end(before)
        self._listening[port] = process = self._start(text)
        _wait_for(int(port), process, self._folder / "server.log")

    def _start(self, text: str) -> subprocess.Popen[bytes]:
        # A pipe that nobody reads would stop a server that logs much.
        with (self._folder / "server.log").open("ab") as log:
            process = subprocess.Popen(
                ["bash", "-c", f"exec env {text}"],
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._stack.callback(_end, process)
        return process


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=20)


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise AssertionError(f"the server has ended: {log.read_text(encoding='utf-8')}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise AssertionError(f"nothing listens at port {port}")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _compare(shown: tuple[str, ...], output: str) -> None:
    """That the lines that are shown are printed, in their order."""
    printed = iter(output.splitlines())
    for line in shown:
        if line.strip() != "...":
            assert any(_shows(line, each) for each in printed), f"not printed, or not here: {line}\n{output}"


def _shows(line: str, printed: str) -> bool:
    start, dots, _ = _timeless(line).partition("...")
    return _timeless(printed).startswith(start) if dots else _timeless(printed) == start


def _timeless(line: str) -> str:
    return re.sub(r"\b\d+(?:\.\d+)? s\b", "N s", line.rstrip())


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
