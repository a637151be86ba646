"""The formats of reports, one row each: the configuration, the command line and `report/` all read this table.

A row is written by the module of its name in `report/` (`clausewise.report.reporter` finds it).
"""

from __future__ import annotations

import msgspec


class ReportFormat(msgspec.Struct, frozen=True):
    """One format of a report."""

    #: as `--report` and `reports` in the configuration name it
    name: str
    #: name of the file that it is written to; None for a format that is printed and never written to a file
    file: str | None
    #: what it is for, as the documentation says it
    sentence: str
    #: whether it is written where no format is named
    default: bool = True
    #: whether `validate --format` prints it
    printable: bool = False


_ROWS = (
    ReportFormat("json", "run.json", "programs: the record, the text of the contract included", printable=True),
    ReportFormat("junit", "junit.xml", "GitLab, Jenkins, GitHub: a test case for each operation and clause"),
    ReportFormat("sarif", "clausewise.sarif", "code scanning (SARIF 2.1.0)", printable=True),
    ReportFormat("codequality", "gl-code-quality-report.json", "GitLab's merge requests"),
    ReportFormat("markdown", "summary.md", "a pull request's comment, the summary of a job"),
    ReportFormat(
        "html",
        "report.html",
        "people: each finding with what was expected and what came, the contract with the verdict of each line, "
        "operations, response times, a timeline, untested clauses; one file that needs no network",
    ),
    ReportFormat(
        "har", "exchanges.har", "browsers and other tools (HTTP Archive 1.2); only when asked for", default=False
    ),
    ReportFormat(
        "wfc", "wfc.json", "research: Web Fuzzing Commons, to compare tools; only when asked for", default=False
    ),
    ReportFormat("github", None, "GitHub Actions: annotations at the lines of the contract", printable=True),
)

#: every format by name
REPORT_FORMATS: dict[str, ReportFormat] = {row.name: row for row in _ROWS}

#: name -> file, of those that are written to files
REPORT_FILES: dict[str, str] = {row.name: row.file for row in _ROWS if row.file is not None}

#: those that are written where no format is named
DEFAULT_REPORTS: tuple[str, ...] = tuple(row.name for row in _ROWS if row.file is not None and row.default)

#: those that can be printed instead of being written to a file
PRINTABLE_REPORTS: tuple[str, ...] = tuple(row.name for row in _ROWS if row.printable)
