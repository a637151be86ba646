"""OpenAPI documents as tests: an item for each clause of each operation, and one for its other findings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from clausewise.contract.clause import Clause
from clausewise.contract.operation import OperationContract
from clausewise.errors import ClausewiseError, Location
from clausewise.plugin.contracts import Contracts
from clausewise.plugin.document_run import DocumentRun, ItemVerdict, Wanted
from clausewise.report.text import one_line
from clausewise.results.record import Finding
from clausewise.runner.selection import select
from clausewise.wording import item_name

#: name of the item for findings without a clause: crashes, undocumented statuses, lost updates
OTHERS = "beyond-the-clauses"

_OPENAPI = re.compile(rb"""^\s*\{?\s*["']?openapi["']?\s*:""", re.MULTILINE)

#: bytes at the start of a file that must have its `openapi` field
_BEGINNING = 65536


def is_openapi(path: Path) -> bool:
    """Whether a file has an `openapi` field near its start."""
    with path.open("rb") as file:
        return _OPENAPI.search(file.read(_BEGINNING)) is not None


class _Names:
    """Gives what is collected below one parent its names, each once."""

    def __init__(self) -> None:
        self._seen: Counter[str] = Counter()

    def of(self, text: str) -> str:
        """The name for what messages call `text`."""
        name = item_name(one_line(text))
        self._seen[name] += 1
        return name if self._seen[name] == 1 else f"{name}#{self._seen[name]}"


class _Failed(Exception):
    """Findings that fail an item."""

    def __init__(self, text: str, location: Location | None) -> None:
        super().__init__(text)
        self.location = location


class DocumentFile(pytest.File):
    """An OpenAPI document."""

    @classmethod
    def of(cls, parent: pytest.Collector, path: Path, contracts: Contracts) -> DocumentFile:
        """The document at `path`, tested with the options of `contracts`."""
        document: DocumentFile = cls.from_parent(parent, path=path)
        document._contracts = contracts
        return document

    _contracts: Contracts
    document_run: DocumentRun

    def collect(self) -> Iterator[pytest.Collector]:
        """The operations, in the order of the document."""
        try:
            collector = self._contracts.collector(self.path)
            # A worker of pytest-xdist tests its own operations only, and does not know them in advance.
            self.document_run = DocumentRun(
                self._contracts, collector, self._wanted, at_once=self._contracts.part == "main"
            )
            names = _Names()
            for operation in select(collector.contract, self._contracts.options.run):
                yield OperationCollector.of(self, names.of(operation.key), operation)
        except ClausewiseError as error:
            raise self.CollectError(str(error)) from None

    def _wanted(self) -> Wanted:
        """The clauses of the selected items, by operation.

        Any response can break a clause of a response, so an item for one of those needs every probe.
        """
        wanted: dict[str, frozenset[str] | None] = {}
        for item in self.session.items:
            if isinstance(item, ClauseItem | OthersItem) and item.document is self:
                keys = wanted.get(item.operation, frozenset())
                more = item.keys
                wanted[item.operation] = None if keys is None or more is None else keys | more
        return wanted


class OperationCollector(pytest.Collector):
    """One operation of a document."""

    contract: OperationContract

    @classmethod
    def of(cls, document: DocumentFile, name: str, contract: OperationContract) -> OperationCollector:
        """The operation `contract` of `document`, called `name`."""
        collector: OperationCollector = cls.from_parent(document, name=name)
        collector.contract = contract
        return collector

    def collect(self) -> Iterator[pytest.Item]:
        """An item for each clause, and one for other findings."""
        names = _Names()
        for clause in self.contract.clauses:
            yield ClauseItem.of(self, names.of(f"{clause.where}.{clause.keyword}"), clause)
        yield OthersItem.of(self, OTHERS)


class _Item(pytest.Item):
    """An item whose verdict is that of the document's run."""

    operation: str

    @property
    def document(self) -> DocumentFile:
        """Its document."""
        document = self.getparent(DocumentFile)
        assert document is not None
        return document

    @property
    def clause_location(self) -> Location:
        """Its line in the document."""
        raise NotImplementedError

    def verdict(self) -> ItemVerdict:
        """Its verdict."""
        raise NotImplementedError

    def runtest(self) -> None:
        """Fail, skip or pass by the verdict; the first item starts the run."""
        verdict = self.verdict()
        for finding in verdict.warnings:
            self.warn(pytest.PytestWarning(f"{finding.rule}: {finding.message}"))
        for remark in verdict.remarks:
            self.warn(pytest.PytestWarning(remark))
        if verdict.faults or verdict.refusals:
            text = "\n".join(filter(None, (*verdict.refusals, _described(verdict.faults))))
            raise _Failed(text, self.clause_location)
        if verdict.untested:
            pytest.skip(verdict.untested)
        if verdict.excused:
            pytest.xfail(verdict.excused)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The findings at the line of the contract, without a traceback of our code."""
        error = excinfo.value
        if not isinstance(error, _Failed | ClausewiseError):
            return super().repr_failure(excinfo, style)
        shown = excinfo.getrepr(style="value")
        place = error.location or self.clause_location
        if shown.reprcrash is not None:
            shown.reprcrash.message = str(error)
            shown.reprcrash.path, shown.reprcrash.lineno = place.file, place.line
        return shown

    def reportinfo(self) -> tuple[Path, int, str]:
        """Its line in the contract; pytest counts lines from 0."""
        return Path(self.clause_location.file), self.clause_location.line - 1, f"{self.operation}: {self.name}"


class ClauseItem(_Item):
    """One clause of one operation."""

    clause: Clause

    @classmethod
    def of(cls, parent: OperationCollector, name: str, clause: Clause) -> ClauseItem:
        """The item for `clause`."""
        item: ClauseItem = cls.from_parent(parent, name=name)
        item.clause, item.operation = clause, parent.contract.key
        return item

    @property
    def keys(self) -> frozenset[str] | None:
        """Keys of the clauses whose probes decide it; None for all."""
        if self.clause.direction == "response":
            return None
        governing = {self.clause.governed_by} if self.clause.governed_by is not None else set()
        return frozenset({self.clause.key, *governing})

    @property
    def clause_location(self) -> Location:
        """The clause's line."""
        return self.document.document_run.locate(self.clause.source)

    def verdict(self) -> ItemVerdict:
        """The verdict on the clause."""
        return self.document.document_run.clause(self.operation, self.clause)


class OthersItem(_Item):
    """The findings of an operation that belong to none of its clauses, and whether it accepted any request."""

    _contract: OperationContract
    keys: frozenset[str] | None = None

    @classmethod
    def of(cls, parent: OperationCollector, name: str) -> OthersItem:
        """The item for the other findings of an operation."""
        item: OthersItem = cls.from_parent(parent, name=name)
        item._contract, item.operation = parent.contract, parent.contract.key
        return item

    @property
    def clause_location(self) -> Location:
        """The operation's line."""
        return self.document.document_run.locate(self._contract.operation.source)

    def verdict(self) -> ItemVerdict:
        """The verdict on the other findings."""
        return self.document.document_run.others(self.operation)


def _described(findings: Iterable[Finding]) -> str:
    """Findings as text; the first line is the message of the first one."""
    lines: list[str] = []
    for finding in findings:
        where = f" ({finding.where})" if finding.where else ""
        lines += [
            f"and {finding.message}" if lines else finding.message,
            f"  {finding.location}{where} [{finding.rule}]",
        ]
        lines += [f"  {finding.curl}"] if finding.curl else []
    return "\n".join(lines)
