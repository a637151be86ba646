"""The pytest plugin: options, fixtures and hooks. What it is made of is in `plugin/`.

It is loaded into every pytest run of every project that has clausewise installed. So it imports the standard library
and pytest at the top and nothing else; the rest comes when a test asks for it.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

if TYPE_CHECKING:
    from clausewise.plugin.contracts import Contracts
    from clausewise.plugin.fixture import ContractFixture

#: the contracts of this session, where it uses any
_CONTRACTS: pytest.StashKey[Contracts] = pytest.StashKey()

#: option without its prefix -> metavar, type, help
_OPTIONS: dict[str, tuple[str, type, str]] = {
    "spec": ("FILE", str, "the OpenAPI document of the fixture `contract`"),
    "target": ("TARGET", str, "test OpenAPI documents against this: a URL, module:app, or mock"),
    "header": ("'NAME: VALUE'", str, "sent with every request of documents that are tests; env:NAME reads a variable"),
    "phase": ("LIST", str, "phases of documents that are tests (default: baseline,clauses,pairs,lifecycle)"),
    "seed": ("N", int, "choices made at random follow from it (default: 1)"),
    "fail-under": ("PCT", float, "fail when less than this percentage of the contract's clauses is upheld"),
    "report": ("LIST", str, "reports to write on all tests: json, junit, markdown, ..."),
    "output-dir": ("DIR", str, "where they go (default: reports/latest)"),
}

#: options that are more than one line of text
_INI_TYPES: dict[str, Literal["linelist"]] = {"header": "linelist"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options, on the command line and in the ini file."""
    group = parser.getgroup("clausewise", "clausewise: contract tests from an OpenAPI document")
    for name, (metavar, kind, told) in _OPTIONS.items():
        action = "append" if name == "header" else "store"
        group.addoption(f"--clausewise-{name}", action=action, type=kind, metavar=metavar, help=told)
        ini = f"clausewise_{name.replace('-', '_')}"
        parser.addini(ini, told, type=_INI_TYPES.get(name, "string"), default=None)


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known, and refuse wrong options before any test runs."""
    config.addinivalue_line("markers", "contract(path): the OpenAPI document that this test's fixtures are for")
    if any(_option(config, name) for name in ("target", "fail-under", "report")):
        _contracts(config)


def _option(config: pytest.Config, name: str) -> Any:
    """What the command line says, else the ini file; None where neither does.

    A path on the command line starts from the working directory, one in the ini file from that file's folder.
    """
    key = f"clausewise_{name.replace('-', '_')}"
    given, written = config.getoption(key), config.getini(key) or None
    if name in ("spec", "output-dir"):
        given = config.invocation_params.dir / given if given is not None else None
        written = _root(config) / written if written is not None else None
    return given if given is not None else written


def _root(config: pytest.Config) -> Path:
    return config.inipath.parent if config.inipath is not None else config.rootpath


def _contracts(config: pytest.Config) -> Contracts:
    """The contracts of this session, made when first asked for."""
    if _CONTRACTS not in config.stash:
        from clausewise.errors import ClausewiseError
        from clausewise.plugin.contracts import Contracts
        from clausewise.plugin.options import read_options

        given = {name: _option(config, name) for name in _OPTIONS}
        try:
            options = read_options(given, _root(config))
        except ClausewiseError as error:
            raise pytest.UsageError(str(error)) from None
        worker = getattr(config, "workerinput", {}).get("workerid", "main")
        config.stash[_CONTRACTS] = Contracts(options, worker)
    return config.stash[_CONTRACTS]


def _path_of(request: pytest.FixtureRequest) -> str | None:
    marker = request.node.get_closest_marker("contract")
    return marker.args[0] if marker is not None and marker.args else None


@pytest.fixture
def contract(request: pytest.FixtureRequest) -> Iterator[ContractFixture]:
    """The contract in hand: `check(response)`, `watch(client)`, `cases(operation)`, `asgi(app)`, `wsgi(app)`."""
    from clausewise.errors import ClausewiseError
    from clausewise.plugin.fixture import ContractFixture

    attach = functools.partial(request.node.add_report_section, "call", "contract")
    fixture = ContractFixture(_contracts(request.config), _path_of(request), attach)
    problem = ""
    try:
        fixture.tally  # noqa: B018  a document that cannot be read is told before the test
    except ClausewiseError as error:
        problem = str(error)
    if problem:
        pytest.fail(problem, pytrace=False)
    yield fixture
    fixture.close()
