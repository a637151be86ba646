"""The annotated contract: its files as tested, each line with the verdicts of its clauses."""

from __future__ import annotations

import re
from html import escape
from typing import Any, Literal

import msgspec

from clausewise.errors import Location
from clausewise.report.html.body import cut_short
from clausewise.report.layout import view_of
from clausewise.report.text import visible
from clausewise.results.record import ClauseVerdict, Finding, Run
from clausewise.wording import counted

#: the state of a line, which gives its colour
Colour = Literal["violated", "partly", "upheld", "untested", "unbreakable", ""]

#: lines of the contract shown before and after the one that a finding names
_BEFORE, _AFTER = 2, 2
#: lines of the longest file that is in the page from the start
_AT_ONCE = 5000
#: lines in a block; a browser need not draw a block that is not visible
_BLOCK = 100

_KEY = re.compile(r"(\s*(?:- )*)(\"[^\"]*\"|'[^']*'|[^\s\"'#&*!|>%@`{\[-][^\s#:]*)(:(?=\s|$))(.*)", re.DOTALL)

#: the sign that is shown beside a colour
SIGNS = {"violated": "✗", "upheld": "✓", "partly": "◐", "untested": "○", "unbreakable": "□"}
_VERDICTS = ("violated", "untested", "upheld", "unbreakable")


class SourceLine(msgspec.Struct, frozen=True):
    """One line of a contract."""

    number: int
    #: the line in parts, for colours: blanks, key, colon, the rest; or comment, or one part alone
    parts: tuple[tuple[str, str], ...]
    colour: Colour = ""
    #: clauses by verdict
    violated: int = 0
    untested: int = 0
    upheld: int = 0
    unbreakable: int = 0
    #: number of findings at this line
    findings: int = 0

    @property
    def has_verdict(self) -> bool:
        """Whether the line has a clause or a finding."""
        return bool(self.colour)


class Excerpt(msgspec.Struct, frozen=True):
    """A few lines of one file around one line."""

    #: anchor of that line
    anchor: str
    lines: tuple[SourceLine, ...]
    meant: int


class AnnotatedFile(msgspec.Struct, frozen=True):
    """One file."""

    name: str
    #: its number in anchors
    number: int
    blocks: tuple[tuple[SourceLine, ...], ...]
    count: int
    #: whether its blocks are built only when they become visible
    long: bool
    #: lines by colour
    colours: dict[str, int]
    #: whether parts of the document that the run was not about are left out
    excerpt: bool


class AnnotatedContract:
    """The files of a run's contract."""

    def __init__(self, run: Run) -> None:
        self._views = {source.file: view_of(source.text) for source in run.spec.sources}
        self._excerpts = {source.file for source in run.spec.sources if source.excerpt}
        self._numbers = {file: number for number, file in enumerate(self._views)}
        self._clauses: dict[tuple[str, int], list[ClauseVerdict]] = {}
        for clause in run.clauses:
            self._clauses.setdefault(self._at(clause.location), []).append(clause)
        self._findings: dict[tuple[str, int], list[Finding]] = {}
        for finding in run.findings:
            if finding.location is not None:
                self._findings.setdefault(self._at(finding.location), []).append(finding)

    def files(self) -> tuple[AnnotatedFile, ...]:
        """Every file, the root document first."""
        return tuple(self._file(file) for file in self._views)

    def anchor(self, location: Location) -> str | None:
        """The id of a line in the page; None where its file is not recorded."""
        file, line = self._at(location)
        if file not in self._views or not 1 <= line <= len(self._views[file].lines):
            return None
        return f"L{self._numbers[file]}-{line}"

    def around(self, location: Location) -> Excerpt | None:
        """The line of a location with its neighbours; None where its file is not recorded."""
        anchor = self.anchor(location)
        if anchor is None:
            return None
        file, meant = self._at(location)
        numbers = range(max(meant - _BEFORE, 1), min(meant + _AFTER, len(self._views[file].lines)) + 1)
        return Excerpt(anchor, tuple(self._line(file, number) for number in numbers), meant)

    def _at(self, location: Location) -> tuple[str, int]:
        """The file of a location, and the number of its line in the page."""
        view = self._views.get(location.file)
        return location.file, view.line_of(location) if view is not None else location.line

    def evidence(self) -> dict[str, Any]:
        """What a click on a line shows: a table of strings and, for each anchor, rows with indexes into it.

        A row of a clause is [verdict, operation, where, sentence, reason, exchanges]; one of a finding [id, message].
        """
        strings: dict[str, int] = {}

        def index(text: str) -> int:
            return strings.setdefault(text, len(strings))

        lines = {
            f"L{self._numbers[file]}-{line}": [
                [
                    _VERDICTS.index(clause.verdict),
                    index(clause.operation),
                    index(clause.where),
                    index(clause.text),
                    index(cut_short(clause.reason)),
                    clause.tried,
                ]
                for clause in sorted(clauses, key=lambda clause: _VERDICTS.index(clause.verdict))
            ]
            for (file, line), clauses in self._clauses.items()
            if file in self._numbers
        }
        findings = {
            f"L{self._numbers[file]}-{line}": [[index(one.id), index(cut_short(one.message))] for one in found]
            for (file, line), found in self._findings.items()
            if file in self._numbers
        }
        return {"strings": list(strings), "lines": lines, "findings": findings}

    def _file(self, file: str) -> AnnotatedFile:
        lines = [self._line(file, number) for number in range(1, len(self._views[file].lines) + 1)]
        if lines and not lines[-1].parts:
            lines.pop()
        colours = {
            name: sum(line.colour == name for line in lines) for name in ("violated", "untested", "partly", "upheld")
        }
        blocks = [tuple(lines[start : start + _BLOCK]) for start in range(0, len(lines), _BLOCK)]
        shown = tuple(block for block in blocks if file not in self._excerpts or any(line.parts for line in block))
        is_long, is_excerpt = sum(map(len, shown)) > _AT_ONCE, file in self._excerpts
        return AnnotatedFile(file, self._numbers[file], shown, len(lines), is_long, colours, is_excerpt)

    def markup(self, file: AnnotatedFile, block: tuple[SourceLine, ...]) -> str:
        """Lines as HTML. A contract has tens of thousands of lines; a template takes twenty times as long."""
        return "\n".join(_markup(f"L{file.number}-{line.number}", line) for line in block)

    def _line(self, file: str, number: int) -> SourceLine:
        text = self._views[file].lines[number - 1]
        clauses, findings = self._clauses.get((file, number), ()), self._findings.get((file, number), ())
        counts = {name: sum(clause.verdict == name for clause in clauses) for name in _VERDICTS}
        return SourceLine(
            number=number,
            parts=_parts(cut_short(text, 1000)),
            colour="violated" if findings else _colour(counts),
            findings=len(findings),
            **counts,
        )


def source(line: SourceLine) -> str:
    """The text of a line as HTML, with keys and comments in elements of their own."""
    return "".join(
        f'<i class="{kind}">{escape(visible(text))}</i>' if kind else escape(visible(text)) for kind, text in line.parts
    )


def _markup(anchor: str, line: SourceLine) -> str:
    number = f'<span class="n">{line.number}</span><span class="sign"></span>'
    if line.has_verdict:
        parts = [f"{getattr(line, name)} {name}" for name in _VERDICTS if getattr(line, name)]
        if line.findings:
            parts.insert(0, counted(line.findings, "finding"))
        number = (
            f'<a class="n" href="#{anchor}" aria-label="Line {line.number}: {", ".join(parts)}">{line.number}</a>'
            f'<span class="sign {line.colour}" aria-hidden="true">{SIGNS[line.colour]}</span>'
        )
    return f'<div class="l {line.colour}" id="{anchor}">{number}<code>{source(line)}</code></div>'


def _colour(counts: dict[str, int]) -> Colour:
    if counts["violated"]:
        return "violated"
    if counts["untested"]:
        return "partly" if counts["upheld"] else "untested"
    return "upheld" if counts["upheld"] else "unbreakable" if counts["unbreakable"] else ""


def _parts(text: str) -> tuple[tuple[str, str], ...]:
    if text.lstrip().startswith("#"):
        return (("comment", text),)
    found = _KEY.fullmatch(text)
    if found is None:
        return (("", text),) if text else ()
    parts = (("", found[1]), ("key", found[2]), ("", found[3] + found[4]))
    return tuple((kind, part) for kind, part in parts if part)
