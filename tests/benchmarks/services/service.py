"""A public service: how it is installed, seeded, started and stopped, and the defects that are known of it.

`python -m tests.benchmarks.services.service` installs each service into an environment of its own, below the user's
cache. Nothing else of the benchmarks installs anything.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import tomllib
import urllib.error
import urllib.request
import venv
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

import msgspec

#: seconds that a service has to start
_START = 60


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A request that somebody wrote by hand. `$name` in it stands for what an earlier step has saved."""

    #: method and target: "POST /things"
    send: str
    #: the body as it is sent; "" for none
    body: str = ""
    #: `Content-Type`
    type: str = "application/json"
    #: name -> JSON Pointer of the value in the answer that it stands for
    save: dict[str, str] = {}


class Defect(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One mistake in the code or in the document of a service, however many places show it."""

    id: str
    #: what is wrong, in a sentence
    says: str
    #: the request that shows it
    evidence: Step
    #: status of its answer; 0 for a connection that is closed without one
    status: int
    #: regular expression that the body of the answer matches somewhere
    answer: str = ""
    #: the findings that show it, each as regular expressions: the rule, an operation, words of the message or a place
    clausewise: tuple[tuple[str, str, str], ...] = ()
    #: the failures that show it: the code, the operation, words of the message, the request or the answer
    schemathesis: tuple[tuple[str, str, str], ...] = ()


class Doubt(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What clausewise says of a service, and is no defect of it."""

    kind: Literal["arguable", "false"]
    says: str
    clausewise: tuple[tuple[str, str, str], ...]


class Service(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One service."""

    name: str
    #: what pip installs
    packages: tuple[str, ...]
    #: its program and arguments; {port} and {folder} are filled in
    command: tuple[str, ...]
    #: where it serves its document, and the suffix of the file that this is kept as
    document: str
    suffix: str = ".json"
    #: header of every request, "Name: value"
    header: str = "X-Benchmark: 1"
    #: requests after which the evidence can be sent
    setup: tuple[Step, ...] = ()
    defects: tuple[Defect, ...]
    doubts: tuple[Doubt, ...] = ()

    @property
    def environment(self) -> Path:
        """Where it is installed."""
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        return cache / "clausewise-benchmarks" / self.name

    @property
    def is_installed(self) -> bool:
        """Whether its program is there."""
        return (self.environment / "bin" / self.command[0]).exists()

    def install(self) -> None:
        """Install it with pip. Raises CalledProcessError where that fails."""
        venv.create(self.environment, with_pip=True)
        subprocess.run([self.environment / "bin" / "pip", "install", "--quiet", *self.packages], check=True)

    @contextmanager
    def started(self) -> Iterator[str]:
        """Its base URL, while it runs with nothing in it. Raises TimeoutError where it does not start."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            program, *arguments = (each.format(port=port, folder=folder) for each in self.command)
            process = subprocess.Popen(
                [self.environment / "bin" / program, *arguments],
                cwd=folder,
                env=os.environ | {"HOME": folder},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            try:
                url = f"http://127.0.0.1:{port}"
                self._wait(url)
                yield url
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGTERM)
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()

    def kept_document(self, url: str, folder: Path) -> Path:
        """The file in `folder` with its document as it is served."""
        name, _, value = self.header.partition(": ")
        request = urllib.request.Request(url + self.document, headers={name: value})
        file = folder / f"{self.name}{self.suffix}"
        with urllib.request.urlopen(request, timeout=_START) as answer:
            file.write_bytes(answer.read())
        return file

    def _wait(self, url: str) -> None:
        until = time.monotonic() + _START
        while time.monotonic() < until:
            try:
                urllib.request.urlopen(url, timeout=2)
                return
            except urllib.error.HTTPError:
                return
            except OSError:
                time.sleep(0.2)
        raise TimeoutError(f"{self.name} did not start within {_START} s")


def services() -> tuple[Service, ...]:
    """Every service that has a list of defects, by name."""
    files = sorted(Path(__file__).parent.glob("*.toml"))
    return tuple(msgspec.convert(tomllib.loads(file.read_text(encoding="utf-8")), Service) for file in files)


def main() -> None:
    """Install what is not there yet."""
    for service in services():
        if not service.is_installed:
            print(f"installing {service.name} into {service.environment}", file=sys.stderr)
            service.install()


if __name__ == "__main__":
    main()
