"""What `clausewise explain` prints: the pages of a rule, of a finding and of clauses, as lines for a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from textwrap import wrap
from typing import Any

from clausewise.exchange import Exchange, Headers
from clausewise.report.layout import view_of
from clausewise.report.places import places
from clausewise.report.rule_page import sections
from clausewise.report.terminal import WIDTH, Line, Span, Style
from clausewise.results.record import ClauseVerdict, Finding, Run, SourceText
from clausewise.results.rules import RULES, Rule, rule_of
from clausewise.wording import counted, times

#: lines of a body or a schema, headers, and requests that were tried, which are shown without -v
_LINES, _HEADERS, _TRIED = 30, 8, 8

#: lines of the document around the one that is meant
_AROUND = 2


def rules() -> Iterator[Line]:
    """Every rule with its severity and its title."""
    width = max(map(len, RULES))
    for rule in RULES.values():
        yield f"{rule.slug:<{width}}  ", Span(f"{rule.severity:<7}", rule.severity), f"  {rule.title}"


def rule(of: Rule) -> Iterator[Line]:
    """The page of a rule."""
    yield Span(of.severity, of.severity), f" [{of.slug}] {of.title}"
    for section in sections(of):
        yield ()
        yield (Span(section.heading, "attention"),)
        yield from _paragraph(section.text)
        if section.toml:
            yield ()
            yield from ((Span(f"    {line}", exact=True),) for line in section.toml.splitlines())


def finding(one: Finding, run: Run, exchange: Exchange | None, verbose: int = 0) -> Iterator[Line]:
    """The page of a finding: what was expected, sent and answered, and what to do."""
    of = rule_of(one.rule)
    place = f" {one.location}" if one.location else ""
    yield Span(one.severity, one.severity), Span(place, "dim"), f" [{one.rule}]"
    yield from _paragraph(one.message)
    where = f" ({one.where})" if one.where else ""
    seen = list(places(one)) or [f"in {', '.join(one.operations)}{where}"]
    yield (f"  {times(one.count)}, {seen[0]}",) if len(seen) == 1 else (f"  {times(one.count)}:",)
    yield from ((f"    {each}",) for each in (seen if len(seen) > 1 else ()))
    yield (Span(f"  finding {one.id}, {one.state}{f': {one.waiver}' if one.waiver else ''}", "dim"),)
    clause = next((each for each in run.clauses if one.clause is not None and each.id == one.clause), None)
    if clause is not None:
        yield from _headed("The contract", _document(clause, run.spec.sources))
        yield (f"  {clause.text}",)
    if one.alternatives:
        lines = ((f"  {name}: {why or 'is valid'}",) for name, why in one.alternatives)
        yield from _headed("Alternatives", lines)
    if exchange is not None:
        if exchange.probe is not None and exchange.probe.note:
            yield from _headed("What was tried", [(f"  {exchange.probe.note}",)])
        yield from _headed("Sent", _request(exchange, verbose))
        yield from _headed("Answered", _response(exchange, verbose))
    if one.trace:
        yield from _headed("Its trace on the server", [(Span(f"  {one.trace}", exact=True),)])
    if one.curl:
        yield from _headed("Repeat it", [(Span(f"  {one.curl}", exact=True),)])
    yield from _headed("Why it matters", _paragraph(of.why))
    yield from _headed("How to fix it", _paragraph(of.remedy))
    yield ()
    yield (Span(f"more about the rule, and how to waive it: clausewise explain {one.rule}", "dim"),)


def clauses(
    named: Sequence[ClauseVerdict],
    sources: Sequence[SourceText],
    findings: Iterable[Finding],
    schema: Any,
    exchanges: Iterable[Exchange],
    verbose: int = 0,
) -> Iterator[Line]:
    """The page of clauses of one sentence of the document: its line and schema, the verdicts, and what was tried.

    `schema` is the object of the document that has the keyword; None where there is none.
    """
    first = named[0]
    yield (f"{first.text}",)
    yield (Span(f"  {first.location} {first.id}", "dim"),)
    yield from _headed("The contract", _document(first, sources))
    if schema is not None:
        text = json.dumps(schema, indent=2, ensure_ascii=False)
        yield from _headed("Its schema", _cut(text.splitlines(), verbose))
    yield from _headed("Verdicts", (line for clause in named for line in _verdict(clause)))
    tried = [(exchange, keeps) for exchange in exchanges for keeps in [_part_of(exchange, named)] if keeps is not None]
    if tried:
        # What breaks it comes first: one look says whether it is enforced.
        tried.sort(key=lambda pair: pair[1])
        shown = tried if verbose else tried[:_TRIED]
        yield from _headed("What was tried", (_tried(exchange, keeps) for exchange, keeps in shown))
        if len(shown) < len(tried):
            yield (f"  and {counted(len(tried) - len(shown), 'further request')}: -v shows them",)
    of = [one for one in findings if any(one.is_at(clause.operation, clause.id) for clause in named)]
    if of:
        yield from _headed("Findings", ((f"  {one.message} [{one.rule}]: clausewise explain {one.id}",) for one in of))


def several(named: Sequence[ClauseVerdict]) -> Iterator[Line]:
    """Clauses of several sentences of the document, a line each."""
    for (location, text), alike in groupby(named, key=lambda clause: (clause.location, clause.text)):
        verdicts = ", ".join(dict.fromkeys(clause.verdict for clause in alike))
        yield (f"{location} {text}: {verdicts}",)
    yield ()
    yield (f"{counted(len(named), 'clause')}: name one of them by its line or as {_name(named[0])}",)


def _name(clause: ClauseVerdict) -> str:
    return f"'{clause.operation} {clause.where}.{clause.keyword}'"


def _headed(heading: str, lines: Iterable[Line]) -> Iterator[Line]:
    yield ()
    yield (Span(heading, "attention"),)
    yield from lines


def _paragraph(text: str) -> Iterator[Line]:
    yield from ((f"  {line}",) for line in wrap(text, WIDTH - 2, break_long_words=False, break_on_hyphens=False))


def _document(clause: ClauseVerdict, sources: Sequence[SourceText]) -> Iterator[Line]:
    """The line of a clause with its neighbours, where the text of the document was recorded."""
    source = next((each for each in sources if each.file == clause.location.file), None)
    if source is None:
        yield (f"  {clause.location}",)
        return
    view = view_of(source.text)
    meant = view.line_of(clause.location)
    for number in range(max(1, meant - _AROUND), min(len(view.lines), meant + _AROUND) + 1):
        mark = ">" if number == meant else " "
        shown = view.lines[number - 1][:WIDTH]
        yield (
            Span(f"{mark} {number:>5} | ", "attention" if number == meant else "dim", exact=True),
            Span(shown, exact=True),
        )


def _verdict(clause: ClauseVerdict) -> Iterator[Line]:
    style: Style = "error" if clause.verdict == "violated" else "passed" if clause.verdict == "upheld" else "dim"
    reason = f": {clause.reason}" if clause.reason else ""
    evidence = f" ({counted(clause.tried, 'exchange')})" if clause.tried else ""
    yield "  ", Span(clause.verdict, style), f" in {clause.operation} ({clause.where}){evidence}{reason}"


def _part_of(exchange: Exchange, named: Sequence[ClauseVerdict]) -> bool | None:
    """Whether the request keeps the clauses, on purpose; None where it is about others."""
    if exchange.probe is None:
        return None
    keys = {f"{clause.operation} {clause.where} {clause.id} {clause.keyword}" for clause in named}
    if keys.intersection(exchange.probe.breaks):
        return False
    return True if exchange.probe.clause in keys else None


def _tried(exchange: Exchange, keeps: bool) -> Line:
    assert exchange.probe is not None
    came = str(exchange.response.status) if exchange.response else exchange.failure.kind if exchange.failure else "none"
    return (f"  {'keeps it' if keeps else 'breaks it'}: {exchange.probe.note} -> {came} ({exchange.id})",)


def _request(exchange: Exchange, verbose: int) -> Iterator[Line]:
    request = exchange.request
    yield (f"  {request.method} {request.target}",)
    yield from _headers(request.headers, verbose)
    yield from _body(request.body or b"", verbose)


def _response(exchange: Exchange, verbose: int) -> Iterator[Line]:
    if exchange.response is None:
        yield (f"  {exchange.failure.message if exchange.failure else 'no response was recorded'}",)
        return
    yield (f"  {exchange.response.status}, after {exchange.response.seconds * 1000:.0f} ms",)
    yield from _headers(exchange.response.headers, verbose)
    yield from _body(exchange.response.body, verbose)


def _headers(headers: Headers, verbose: int) -> Iterator[Line]:
    shown = headers if verbose else headers[:_HEADERS]
    yield from ((f"  {name}: {value}",) for name, value in shown)
    if len(shown) < len(headers):
        yield (f"  ({counted(len(headers) - len(shown), 'further header')}: -v shows them)",)


def _body(content: bytes, verbose: int) -> Iterator[Line]:
    if not content:
        return
    try:
        lines = json.dumps(json.loads(content), indent=2, ensure_ascii=False).splitlines()
    except (ValueError, RecursionError):
        lines = content.decode("utf-8", "replace").splitlines()
    yield ()
    yield from _cut(lines, verbose)


def _cut(lines: Sequence[str], verbose: int) -> Iterator[Line]:
    """Lines of a text, each cut where it is very long; with `verbose` all, and whole."""
    shown = lines if verbose else [line[: WIDTH * 2] for line in lines[:_LINES]]
    yield from ((Span(f"  {line}", exact=True),) for line in shown)
    if len(shown) < len(lines):
        yield (f"  ({counted(len(lines) - len(shown), 'further line')}: -v shows them)",)
