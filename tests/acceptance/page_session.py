"""A shell in which the commands of a page, or of a help text, are typed one after the other."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.acceptance.pages import ROOT, Command, File

#: what starts a server: it runs until the page ends, or until another one takes its port
_SERVERS = re.compile(r"(?:[A-Z_]+=\S+ )*(?:clausewise (?:mock|proxy) |uvicorn |flask |dask scheduler )")

#: what runs beside a server, and listens at no port that a page names
_WORKERS = re.compile("dask worker ")


_PORTS = re.compile(r"\b(8000|8001|8080|9000|8786)\b")


class Session:
    """A shell in one folder. Ports that commands and files name are free ones here; servers end with the `stack`."""

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
            # so wide are the lines shown
            "COLUMNS": "100",
            "NO_COLOR": "1",
            "PATH": os.pathsep.join([python, os.environ["PATH"]]),
            "PYTHONPATH": os.pathsep.join([str(ROOT / "toolkit"), str(ROOT)]),
            "PYTEST_ADDOPTS": "-p no:cacheprovider -p no:schemathesis",
        }

    def translated(self, text: str) -> str:
        """`text` with the ports that are free here."""
        return _PORTS.sub(lambda port: self._ports.setdefault(port[0], str(_free_port())), text)

    def write(self, file: File) -> None:
        """Write a file that the commands need."""
        path = self._folder / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)  # it may be a link to the original
        path.write_text(self.translated(file.text), encoding="utf-8")
        if file.text.startswith("#!"):
            path.chmod(0o755)

    def run(self, command: Command) -> None:
        """Run a command to its end, or start it where it is a server; it has to print what is shown."""
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
        # A proxy names the port of another server as well.
        own = re.search(r"--port (\d+)", text)
        port = own[1] if own else next(port for port in self._ports.values() if port in text)
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
