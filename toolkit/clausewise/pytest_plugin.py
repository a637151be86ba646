"""The pytest plugin: options, fixtures and hooks. Their code is in `plugin/`.

Every pytest run in an environment with clausewise loads this module. So it imports only the standard library and pytest
at the top, and the rest when a test needs it.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import pytest

if TYPE_CHECKING:
    from clausewise.plugin.contracts import Contracts
    from clausewise.plugin.fixture import ContractFixture
    from clausewise.plugin.mock import ContractMock
    from clausewise.plugin.summary import SessionOutcome

T = TypeVar("T")

#: the contracts of this session; absent where it uses none
_CONTRACTS: pytest.StashKey[Contracts] = pytest.StashKey()

#: the outcome of all tests
_OUTCOME: pytest.StashKey[SessionOutcome] = pytest.StashKey()

#: the configurations of the running sessions, the innermost last
_CONFIGS: list[pytest.Config] = []

#: key of what a worker of pytest-xdist sends to the controller
_SHARES = "clausewise"

#: option without its prefix -> metavar, type, help
_OPTIONS: dict[str, tuple[str, type, str]] = {
    "spec": ("FILE", str, "OpenAPI document of the fixture `contract`"),
    "target": ("TARGET", str, "target that OpenAPI documents are tested against: a URL, module:app or mock"),
    "header": (
        "'NAME: VALUE'",
        str,
        "header of every request that tests an OpenAPI document; the value env:NAME is read from the environment",
    ),
    "phase": ("LIST", str, "phases that test an OpenAPI document (default: baseline,clauses,pairs,lifecycle)"),
    "seed": ("N", int, "seed of random choices (default: 1)"),
    "fail-under": ("PCT", float, "fail the session if less than this percentage of the clauses is upheld"),
    "report": ("LIST", str, "reports of the session: json, junit, markdown, ..."),
    "output-dir": ("DIR", str, "folder of the reports (default: reports/latest)"),
}

#: types of the ini options that are not one line of text
_INI_TYPES: dict[str, Literal["linelist"]] = {"header": "linelist"}

#: options that are paths
_PATHS = ("spec", "output-dir")

#: suffixes of files that may be OpenAPI documents
_DOCUMENTS = (".yaml", ".yml", ".json")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options to the command line and to the ini file."""
    group = parser.getgroup("clausewise", "clausewise: contract tests from an OpenAPI document")
    for name, (metavar, kind, help_text) in _OPTIONS.items():
        action = "append" if name == "header" or metavar == "LIST" else "store"
        group.addoption(f"--clausewise-{name}", action=action, type=kind, metavar=metavar, help=help_text)
        ini = f"clausewise_{name.replace('-', '_')}"
        parser.addini(ini, help_text, type=_INI_TYPES.get(name, "string"), default=None)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and refuse wrong options before any test runs."""
    _CONFIGS.append(config)
    config.addinivalue_line("markers", "contract(path): the OpenAPI document of the fixtures of this test")
    if any(_option(config, name) for name in ("target", "fail-under", "report")):
        _contracts(config)


def _option(config: pytest.Config, name: str) -> Any:
    """The value on the command line, else in the ini file; None where neither has one."""
    given = _on_command_line(config, name)
    return given if given is not None else _in_ini_file(config, name)


def _on_command_line(config: pytest.Config, name: str) -> Any:
    """The value on the command line; a relative path starts from the working directory, and a list that is given in
    parts is one list."""
    value = config.getoption(f"clausewise_{name.replace('-', '_')}")
    if value is not None and _OPTIONS[name][0] == "LIST":
        value = ",".join(value)
    return _resolved(config.invocation_params.dir, name, value)


def _in_ini_file(config: pytest.Config, name: str) -> Any:
    """The value in the ini file; a relative path starts from the folder of that file."""
    value = config.getini(f"clausewise_{name.replace('-', '_')}") or None
    return _resolved(_root(config), name, value)


def _resolved(folder: Path, name: str, value: Any) -> Any:
    return folder / value if name in _PATHS and value is not None and "://" not in value else value


def _root(config: pytest.Config) -> Path:
    return config.inipath.parent if config.inipath is not None else config.rootpath


def _contracts(config: pytest.Config) -> Contracts:
    """The contracts of this session, created when they are first needed."""
    if _CONTRACTS not in config.stash:
        from clausewise.errors import ClausewiseError
        from clausewise.plugin.contracts import Contracts
        from clausewise.plugin.options import read_options

        given = {name: _on_command_line(config, name) for name in _OPTIONS}
        configured = {name: _in_ini_file(config, name) for name in _OPTIONS}
        try:
            options = read_options(given, configured, _root(config))
        except ClausewiseError as error:
            raise pytest.UsageError(str(error)) from None
        worker = getattr(config, "workerinput", {}).get("workerid", "main")
        config.stash[_CONTRACTS] = Contracts(options, worker)
    return config.stash[_CONTRACTS]


def _path_of(request: pytest.FixtureRequest) -> str | None:
    marker = request.node.get_closest_marker("contract")
    return marker.args[0] if marker is not None and marker.args else None


def open_contract(path: str | None = None) -> ContractFixture:
    """The contract at `path` (relative to the folder of the ini file), else the configured one, for module level.

    The document is read when a test first needs it.
    """
    from clausewise.plugin.fixture import ContractFixture

    def contracts() -> Contracts:
        if not _CONFIGS:
            raise RuntimeError("open_contract works only in tests that pytest runs")
        return _contracts(_CONFIGS[-1])

    return ContractFixture(contracts, path, print)


@pytest.fixture
def contract(request: pytest.FixtureRequest) -> Iterator[ContractFixture]:
    """The contract, to check exchanges against: `check(response)`, `watch(client)`, `cases(operation)` and more."""
    from clausewise.plugin.fixture import ContractFixture

    attach = functools.partial(request.node.add_report_section, "call", "contract")
    fixture = ContractFixture(lambda: _contracts(request.config), _path_of(request), attach)
    # A document that cannot be read fails the test before it begins.
    _or_fail(lambda: fixture.collector)
    yield fixture
    fixture.close()


@pytest.fixture
def contract_mock(request: pytest.FixtureRequest) -> Iterator[ContractMock]:
    """A running mock of the contract, reset for each test: `url`, `requests`, `respond`, `fail`, `slow`, `drop`."""
    yield from _mock(request)


@pytest.fixture(scope="session")
def contract_mock_session(request: pytest.FixtureRequest) -> Iterator[ContractMock]:
    """A running mock of the configured contract, shared by all tests."""
    yield from _mock(request)


def _mock(request: pytest.FixtureRequest) -> Iterator[ContractMock]:
    mock = _or_fail(lambda: _contracts(request.config).mock(_path_of(request), request.scope))
    yield mock
    problems = mock.problems()
    if problems:
        pytest.fail(problems, pytrace=False)


def _or_fail(work: Callable[[], T]) -> T:
    """The result of `work`; a ClausewiseError fails the test with one line."""
    from clausewise.errors import ClausewiseError

    try:
        return work()
    except ClausewiseError as error:
        problem = str(error)
    pytest.fail(problem, pytrace=False)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect the OpenAPI documents that are named, and the configured one, if there is a target."""
    target = _option(parent.config, "target")
    if file_path.suffix not in _DOCUMENTS:
        return None
    named = parent.session.isinitpath(file_path)
    if not named and (target is None or not _is_configured(parent.config, file_path)):
        return None
    from clausewise.plugin.documents import DocumentFile, is_openapi

    if not is_openapi(file_path):
        return None
    if target is None:
        raise pytest.UsageError(
            f"{file_path.name} is an OpenAPI document and there is no target to test (add --clausewise-target with a "
            "URL, module:app or mock)"
        )
    return DocumentFile.of(parent, file_path, _contracts(parent.config))


def _is_configured(config: pytest.Config, file_path: Path) -> bool:
    spec = _contracts(config).options.project.spec
    return spec is not None and "://" not in spec and Path(spec).resolve() == file_path.resolve()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """Let the drawing of cases take as long as it takes on a busy machine."""
    test = getattr(item, "obj", None)
    if getattr(test, "draws_cases", False):
        from clausewise.generation.property_tests import without_hurry

        without_hurry(getattr(test, "__func__", test))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Report a wrong use at its line in the test, and a skipped clause at its line in the document, not in our code."""
    if call.excinfo is not None and not item.config.getoption("fulltrace"):
        _end_in_test(call.excinfo)
    report = yield
    if report.skipped and hasattr(item, "clause_location") and isinstance(report.longrepr, tuple):
        place = item.clause_location
        report.longrepr = (place.file, place.line, report.longrepr[2])
    return report


def _end_in_test(error: pytest.ExceptionInfo[BaseException]) -> None:
    """Cut the traceback of an error that a test's call of a fixture raised, or the client that it watches, to the test:
    the frames of clients and of ours are nobody's fault."""
    frames = []
    entry = error.value.__traceback__
    while entry is not None:
        frames.append(entry)
        entry = entry.tb_next
    if not frames or not _is_ours(error.value, frames):
        return
    last = next((entry for entry in reversed(frames) if _is_of_project(entry)), None)
    if last is not None:
        last.tb_next = None
        # A client may have raised it again, or while it handled another error.
        error.value.__cause__, error.value.__suppress_context__ = None, True


def _is_ours(error: BaseException, frames: list[TracebackType]) -> bool:
    """Whether the fixtures raised it: for a wrong use, or for an exchange that breaks the contract."""
    errors = sys.modules.get("clausewise.errors")
    if errors is not None and isinstance(error, errors.ClausewiseError):
        return any(_module(entry)[:2] == ["clausewise", "plugin"] for entry in frames)
    return isinstance(error, AssertionError) and _module(frames[-1]) == ["clausewise", "plugin", "fixture"]


def _is_of_project(entry: TracebackType) -> bool:
    """Whether the code of a frame is that of the tests, and not of Python, of pytest, of a client or of ours."""
    if _module(entry)[0] in ("clausewise", "pytest", "_pytest", "pluggy"):
        return False
    import sysconfig

    file = entry.tb_frame.f_code.co_filename
    libraries = (sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib"))
    return not file.startswith("<") and not any(file.startswith(f"{folder}/") for folder in libraries)


def _module(entry: TracebackType) -> list[str]:
    """The parts of the name of the module that a frame is in."""
    return str(entry.tb_frame.f_globals.get("__name__")).split(".")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep the items of an operation on one worker, because they share requests; schedule other tests one by one."""
    if _option(config, "target") is None or config.getoption("dist") != "load":
        return None
    from clausewise.plugin.scheduling import ByOperation

    return ByOperation(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Merge what a worker of pytest-xdist observed; a crashed worker sends nothing."""
    content = getattr(node, "workeroutput", {}).get(_SHARES)
    if content is not None:
        from clausewise.plugin.summary import take_shares

        take_shares(_contracts(node.config), content)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """On a worker, send what was observed to the controller; otherwise record and report it, and judge the coverage."""
    config = session.config
    if _CONTRACTS not in config.stash:
        return
    from clausewise.errors import ClausewiseError
    from clausewise.plugin.summary import SessionOutcome, close, shares

    if hasattr(config, "workeroutput"):
        config.workeroutput[_SHARES] = shares(config.stash[_CONTRACTS])
        return
    if config.getoption("collectonly"):
        return
    try:
        outcome = close(config.stash[_CONTRACTS])
    except ClausewiseError as error:
        outcome = SessionOutcome((), failure=str(error))
    config.stash[_OUTCOME] = outcome
    if outcome.failure and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the coverage and the findings of each contract."""
    if _OUTCOME not in config.stash:
        return
    from clausewise.report import coverage_text
    from clausewise.report.terminal import Line, Span, text

    outcome = config.stash[_OUTCOME]
    color = terminalreporter.hasmarkup
    for run, remarks in zip(outcome.runs, outcome.remarks, strict=True):
        terminalreporter.write_sep("-", f"contract coverage: {run.spec.file}")
        lines = [*coverage_text.lines(run, brief=config.getoption("verbose") < 0)]
        lines += [(f"note: {remark}",) for remark in remarks]
        terminalreporter.write(text(lines, color=color))
    rest: list[Line] = [(f"contract reports: {folder}",) for folder in outcome.folders]
    if outcome.failure:
        rest.append((Span(f"FAILED: {outcome.failure}", "failed"),))
    terminalreporter.write(text(rest, color=color))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the mock servers."""
    if config in _CONFIGS:
        _CONFIGS.remove(config)
    if _CONTRACTS in config.stash:
        config.stash[_CONTRACTS].close()
