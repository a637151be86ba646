"""What tests of every part share: where things are, contracts made from a few lines, and the command line as a real
process."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import pytest
from hypothesis import HealthCheck, settings

from clausewise.contract.contract import Contract, load
from clausewise.contract.message import Message
from clausewise.contract.operation import OperationContract
from clausewise.errors import SpecError

# A busy machine makes no test fail.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

Schema = dict[str, Any] | bool
Compile = Callable[[dict[str, Any]], Contract]
MessageOf = Callable[..., Message]

_ROOT = Path(__file__).resolve().parent.parent

#: folder below tests/ -> the marker of everything in it
_MARKER_OF_FOLDER = {"acceptance": "acceptance"}
#: fixture -> the marker of the tests that use it
_MARKER_OF_FIXTURE = {
    "run_clausewise": "process",
    "project": "process",
    "pytester": "process",
    "browser": "browser",
    "cluster": "cluster",
}


def pytest_configure(config: pytest.Config) -> None:
    """Have `pytest` without a path or `-m` run the fast tests; a path runs everything that is there. With `-n`, idle
    workers take tests from busy ones: else the slow ones, which stand together, keep one worker long after the others.
    """
    if getattr(config.option, "dist", "no") == "load":
        config.option.dist = "worksteal"
    if config.args_source is pytest.Config.ArgsSource.TESTPATHS and not config.option.markexpr:
        config.option.markexpr = "not (acceptance or process or browser or cluster or slow)"


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes that are no text by their argument: what a compressor writes holds the second it was written in, and
    workers of `pytest -n` that collect in different seconds would not agree on the tests."""
    return argname if isinstance(val, bytes) and not val.isascii() else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that take seconds by what they use, so that none can forget it."""
    for item in items:
        folders = item.path.relative_to(_ROOT / "tests").parts if item.path.is_relative_to(_ROOT / "tests") else ()
        fixtures = getattr(item, "fixturenames", ())
        for marker in {
            *(_MARKER_OF_FOLDER[folder] for folder in folders[:1] if folder in _MARKER_OF_FOLDER),
            *(_MARKER_OF_FIXTURE[fixture] for fixture in fixtures if fixture in _MARKER_OF_FIXTURE),
        }:
            item.add_marker(marker)


class RunClausewise(Protocol):
    """Runs `clausewise` with arguments and gives what it printed and its exit status."""

    def __call__(
        self,
        *arguments: str | Path,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float = 60,
    ) -> subprocess.CompletedProcess[str]: ...


@pytest.fixture(scope="session", autouse=True)
def can_be_interrupted() -> None:
    """A shell that starts a command in the background has it ignore SIGINT, and so what that command starts."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def repo() -> Path:
    """The root of the checkout."""
    return _ROOT


@pytest.fixture(scope="session")
def contract_file(repo: Path) -> Path:
    """The contract that clausewise ships."""
    return repo / "openapi" / "astro-create-cluster.yaml"


@pytest.fixture(scope="session")
def shared(repo: Path) -> Path:
    """The folder of source pages and facts, which stands beside a developer's checkout and is not part of it."""
    folder = repo.parent / "shared"
    if not folder.is_dir():
        pytest.skip("there is no folder shared/ beside the checkout")
    return folder


@pytest.fixture(scope="session")
def run_clausewise(repo: Path) -> RunClausewise:
    """The command line as users meet it: a process of its own, without colours, in the root unless `cwd` is given."""

    def run(
        *arguments: str | Path,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float = 60,
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "clausewise", *map(str, arguments)],
            cwd=cwd or repo,
            env={**os.environ, "NO_COLOR": "1", **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=timeout,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Compile:
    """Compiles a document, OpenAPI 3.1 where it does not say otherwise."""
    folder, numbers = tmp_path_factory.mktemp("contracts"), itertools.count()

    def compiled(document: dict[str, Any]) -> Contract:
        path = folder / f"{next(numbers)}.json"
        version = {} if "swagger" in document else {"openapi": "3.1.0"}
        path.write_text(json.dumps({**version, **document}), encoding="utf-8")
        return load(path)

    return compiled


def raise_defect(operation: OperationContract) -> None:
    """Raise the defect that closes an operation, if any."""
    if operation.closed is not None:
        defect = operation.closed
        raise SpecError(defect.message, location=defect.location, remedy=defect.remedy, at=defect.at)


def raise_first(contract: Contract) -> None:
    """Raise the first defect of a document, if any."""
    for defect in contract.defects(contract.operations):
        raise SpecError(defect.message, location=defect.location, remedy=defect.remedy, at=defect.at)


@pytest.fixture(scope="session")
def message_of(compiled: Compile) -> MessageOf:
    """The JSON body that a schema binds, of a request or a response; `schemas` are the document's components. Raises
    SpecError where they are not valid."""

    def message_of(schema: Schema, direction: str = "request", openapi: str = "3.1.0", **schemas: Schema) -> Message:
        content = {"content": {"application/json": {"schema": schema}}}
        operation = {"operationId": "make", "requestBody": content, "responses": {"200": content}}
        document = {"openapi": openapi, "paths": {"/things": {"post": operation}}, "components": {"schemas": schemas}}
        made = compiled(document).operation("make")
        raise_defect(made)
        assert made.body is not None
        owner = made.body if direction == "request" else made.responses["200"]
        message = owner.content["application/json"].message
        assert message is not None
        return message

    return message_of


@pytest.fixture(scope="session")
def shipped(contract_file: Path) -> Contract:
    return load(contract_file)
