"""The table of formats, the modules that render them and the configuration name the same reports."""

from __future__ import annotations

import inspect
import pkgutil
from typing import get_args

import pytest

from clausewise import report
from clausewise.exchange import Exchange, Request, Response
from clausewise.options import Report, ReportOptions
from clausewise.report.reporter import reporter
from clausewise.report_table import DEFAULT_REPORTS, PRINTABLE_REPORTS, REPORT_FILES, REPORT_FORMATS
from tests.report.conftest import MakeFinding, MakeRun

#: modules of `report/` that are no format: what formats share, and the lines for a terminal
_SHARED = {
    "change_log",
    "changes",
    "coverage_text",
    "finding_text",
    "folder",
    "layout",
    "mutation",
    "places",
    "region",
    "reporter",
}
_SHARED |= {"explanation", "rule_page", "run_text", "scan_text", "terminal", "text", "untested", "write"}

_EXCHANGE = Exchange("createCluster-0001", Request("GET", "/clusters", (), None), Response(200, (), b"{}"))


def test_every_module_of_a_report_has_a_row_and_every_row_a_module() -> None:
    modules = {module.name for module in pkgutil.iter_modules(report.__path__)}
    assert modules - _SHARED == set(REPORT_FORMATS)


@pytest.mark.parametrize("name", REPORT_FORMATS)
def test_a_reporter_renders_a_record_with_and_without_exchanges(name: str, make_run: MakeRun) -> None:
    render = reporter(name).render
    assert list(inspect.signature(render).parameters) in (["run", "exchanges"], ["run", "_exchanges"])
    run = make_run()
    assert isinstance(render(run, ()), bytes)
    assert isinstance(render(run, (_EXCHANGE,)), bytes)


def test_a_format_that_does_not_exist_is_no_reporter() -> None:
    with pytest.raises(KeyError):
        reporter("write")


def test_the_configuration_reads_the_same_table() -> None:
    assert get_args(Report) == tuple(REPORT_FILES)
    assert ReportOptions().reports == DEFAULT_REPORTS
    assert set(DEFAULT_REPORTS) < set(REPORT_FILES)
    assert set(PRINTABLE_REPORTS) < set(REPORT_FORMATS)


@pytest.mark.parametrize("name", ["json", "junit", "sarif", "markdown", "html"])
def test_a_finding_shows_the_trace_that_it_has(name: str, make_run: MakeRun, make_finding: MakeFinding) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    render = reporter(name).render
    assert trace.encode() in render(make_run(findings=(make_finding(trace=trace),)), [_EXCHANGE])
    assert trace.encode() not in render(make_run(findings=(make_finding(),)), [_EXCHANGE])
