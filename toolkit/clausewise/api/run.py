"""What the calls give: a run with its exchanges, and the changes between two contracts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from pathlib import Path

import msgspec

from clausewise.comparison.change import Change
from clausewise.errors import UsageError
from clausewise.exchange import Exchange
from clausewise.results import record
from clausewise.results.record import ClauseVerdict, Coverage, Finding, Gate
from clausewise.wording import counted

#: height of a report in a notebook, in CSS pixels
_HEIGHT = 640


class Run(msgspec.Struct, frozen=True, eq=False):
    """A run: what was found, what was tried of each clause, and the exchanges that prove it. Secrets are masked.

    In a notebook it shows itself as the HTML report.

        >>> import clausewise
        >>> contract = clausewise.load("openapi/astro-create-cluster.yaml")
        >>> run = clausewise.test(contract, mock=True, phases=["baseline"])
        >>> run.passed, run.requests > 0, run.clauses[0].verdict
        (True, True, 'untested')
    """

    #: the whole record, which run.json holds
    record: record.Run
    #: the exchanges that the record refers to, in the order of their ids
    exchanges: Sequence[Exchange] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The faults, the worst first; each once, however often and wherever it occurred."""
        return self.record.findings

    @property
    def clauses(self) -> tuple[ClauseVerdict, ...]:
        """Every clause with its verdict, in the order of the document; () where only documents were checked."""
        return self.record.clauses

    @property
    def coverage(self) -> Coverage:
        """How many clauses, operations and responses were tested."""
        return self.record.coverage

    @property
    def requests(self) -> int:
        """How many requests were sent, or how many exchanges were checked."""
        return self.record.requests

    @property
    def gate(self) -> Gate:
        """Whether it passes, and why not, one sentence each."""
        assert self.record.gate is not None
        return self.record.gate

    @property
    def passed(self) -> bool:
        """Whether it passes: no new errors, nothing left untested that should have been tested, thresholds kept."""
        return self.gate.passed

    def exchange(self, finding: Finding) -> Exchange | None:
        """The smallest exchange that proves a finding; None where there is none."""
        return next((one for one in self.exchanges if one.id == finding.exchange), None)

    def report(self, name: str) -> bytes:
        """A report: "json", "junit", "sarif", "codequality", "markdown", "html", "har" or "github".

        Raises UsageError for another name.
        """
        from clausewise.report.reporter import reporter
        from clausewise.report_table import REPORT_FORMATS

        if name not in REPORT_FORMATS:
            raise UsageError(f'there is no report "{name}"', remedy=f"there are {', '.join(REPORT_FORMATS)}")
        return reporter(name).render(self.record, self.exchanges)

    def write(self, folder: str | Path, reports: Iterable[str] = ("json", "html")) -> tuple[Path, ...]:
        """Write reports and the exchanges into a folder, and return the files. `clausewise report FOLDER` reads them.

        Raises UsageError for an unknown report, and where the folder cannot be written to.
        """
        from clausewise.recordings import ndjson
        from clausewise.report.folder import SHORT_WAIT, claimed
        from clausewise.report.write import write_reports
        from clausewise.report_table import REPORT_FILES
        from clausewise.results.collector import EXCHANGES

        folder, names = Path(folder), tuple(reports)
        for name in names:
            if name not in REPORT_FILES:
                raise UsageError(
                    f'there is no file of a report "{name}"', remedy=f"there are {', '.join(REPORT_FILES)}"
                )
        with claimed(folder, SHORT_WAIT):
            files = write_reports(self.record, folder, names, self.exchanges)
            ndjson.write(folder / EXCHANGES, self.exchanges)
        return (*files, folder / EXCHANGES)

    def __repr__(self) -> str:
        verdict = "passed" if self.passed else "failed"
        counts = self.coverage.clauses
        found = f"{counted(len(self.findings), 'finding')}, {counts.upheld} of {counts.total} clauses upheld"
        return f"<clausewise.Run {verdict}: {found}, {counted(self.requests, 'request')}>"

    def _repr_html_(self) -> str:
        """The HTML report in a frame of its own, for notebooks."""
        page = escape(self.report("html").decode("utf-8", "replace"), quote=True)
        style = f"width: 100%; height: {_HEIGHT}px; border: 1px solid #8888"
        return f'<iframe title="clausewise report" srcdoc="{page}" style="{style}"></iframe>'


class Changes(msgspec.Struct, frozen=True):
    """The changes between two contracts: breaking ones first, then the others, each in the order of the lines.

    >>> import clausewise
    >>> contract = clausewise.load("openapi/astro-create-cluster.yaml")
    >>> len(clausewise.diff(contract, contract))
    0
    """

    changes: tuple[Change, ...]

    @property
    def breaking(self) -> tuple[Change, ...]:
        """Those that break clients."""
        return tuple(change for change in self.changes if change.breaking)

    def __iter__(self) -> Iterator[Change]:
        return iter(self.changes)

    def __len__(self) -> int:
        return len(self.changes)
