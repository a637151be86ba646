"""Findings as the page shows them: expected and actual, the lines of the contract, and the exchange."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from itertools import groupby

import msgspec

from clausewise.exchange import Exchange, Headers
from clausewise.report.html.body import Body, Line, Segment, cut_short, laid_out, value_at
from clausewise.report.html.contract import AnnotatedContract, Excerpt
from clausewise.report.places import places
from clausewise.results.order import worst_first
from clausewise.results.record import ClauseVerdict, Finding, Run
from clausewise.results.rules import rule_of
from clausewise.wording import path_text, times

#: rules about a value in a response
_OF_A_VALUE = frozenset({"response-schema", "write-only-leaked", "echo-mismatch"})


class Message(msgspec.Struct, frozen=True):
    """A request or a response."""

    #: method and target, or status and reason phrase
    start: tuple[Segment, ...]
    headers: tuple[tuple[Segment, ...], ...]
    #: None where there is none
    body: Body | None
    #: of a response: from sending the request to the last byte, in milliseconds; 0 where it was not measured
    milliseconds: float = 0.0


class FindingView(msgspec.Struct, frozen=True):
    """Everything that the page shows of one finding."""

    finding: Finding
    #: title of its rule
    title: str
    #: what was expected, and what the server did instead
    expected: tuple[Line, ...]
    actual: tuple[Line, ...]
    #: sentence of the broken clause; "" where there is none
    clause: str
    #: the lines of the contract around it; None where the text of the contract is not recorded
    source: Excerpt | None
    request: Message | None
    response: Message | None
    #: where it was seen, a line each; empty where that is one place
    places: tuple[str, ...]
    #: what the probe did, and why there is no response; "" where unknown
    note: str
    failure: str
    #: when the request went out (RFC 3339); "" where that is not known
    sent: str


class Group(msgspec.Struct, frozen=True):
    """Findings of one rule that are equally bad."""

    rule: str
    #: title of the rule
    title: str
    findings: tuple[Finding, ...]


def grouped(run: Run) -> tuple[Group, ...]:
    """The findings, the worst first, in a new group wherever the state, the severity or the rule changes."""
    alike = groupby(worst_first(run.findings), key=lambda finding: (finding.state, finding.severity, finding.rule))
    return tuple(Group(rule, rule_of(rule).title, tuple(findings)) for (_, _, rule), findings in alike)


def facts(finding: Finding) -> tuple[str, ...]:
    """The facts below the sentence of a finding: rule, location, operations and count."""
    words = [finding.rule]
    if finding.location is not None:
        place = finding.location
        words.append(f"{place.file}:{place.line}" if place.pointer is None else str(place))
    words.append(times(finding.count))
    if finding.operations:
        more = f" and {len(finding.operations) - 4} more" if len(finding.operations) > 4 else ""
        words.append(f"in {', '.join(finding.operations[:4])}{more}")
    return tuple(words)


class FindingViews:
    """Builds the views of findings."""

    def __init__(self, run: Run, exchanges: Sequence[Exchange], annotated: AnnotatedContract) -> None:
        wanted = {finding.exchange for finding in run.findings}
        self._exchanges: Mapping[str, Exchange] = {each.id: each for each in exchanges if each.id in wanted}
        self._annotated = annotated
        self._clauses: dict[str, ClauseVerdict] = {}
        self._statuses: dict[str, dict[str, None]] = {}
        self._media_types: dict[str, dict[str, None]] = {}
        for clause in run.clauses:
            self._clauses.setdefault(clause.id, clause)
            if clause.direction == "response":
                self._statuses.setdefault(clause.operation, {})[clause.where.split(".", 2)[1]] = None
                if clause.keyword == "content":
                    self._media_types.setdefault(clause.operation, {})[media_type(clause)] = None

    def of(self, finding: Finding) -> FindingView:
        """Everything that the page shows of one finding."""
        exchange = self._exchanges.get(finding.exchange or "")
        clause = self._clauses.get(finding.clause or "")
        sent, came = _places(finding, exchange)
        expected, actual = self._compared(finding, clause, exchange)
        return FindingView(
            finding=finding,
            title=rule_of(finding.rule).title,
            expected=expected,
            actual=actual,
            clause=clause.text if clause else "",
            source=self._annotated.around(finding.location) if finding.location else None,
            request=_request(exchange, sent) if exchange else None,
            response=_response(exchange, came) if exchange and exchange.response else None,
            places=tuple(places(finding)),
            note=exchange.probe.note if exchange and exchange.probe else "",
            failure=exchange.failure.message if exchange and exchange.failure else "",
            sent=_moment(exchange.started) if exchange and exchange.started else "",
        )

    def _compared(
        self, finding: Finding, clause: ClauseVerdict | None, exchange: Exchange | None
    ) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
        """Expected and actual, with the differences marked."""
        if finding.rule in _OF_A_VALUE and finding.at and exchange and exchange.response:
            came = value_at(exchange.response.body, finding.at)
            name = path_text(finding.at)
            if finding.rule == "echo-mismatch":
                sent = value_at(exchange.request.body or b"", finding.at)
                if sent is not None and came is not None:
                    before, after = _difference(cut_short(sent), cut_short(came))
                    return (((f"{name}: ", False), *before),), (((f"{name}: ", False), *after),)
            value = "missing" if came is None else cut_short(came, 2000)
            return _plain(clause.text if clause else ""), (((f"{name}: ", False), (value, True)),)
        return _plain(self._expected(finding, clause)), ((_came(exchange, finding),),)

    def _expected(self, finding: Finding, clause: ClauseVerdict | None) -> str:
        operation = finding.operations[0] if finding.operations else ""
        if finding.rule == "invalid-request-accepted":
            return f"4xx, because {clause.text}" if clause else "4xx: the request is not valid"
        if finding.rule == "undocumented-status":
            return f"a documented status: {', '.join(self._statuses.get(operation, ())) or 'none is documented'}"
        if finding.rule == "undocumented-content-type":
            return f"a documented media type: {', '.join(self._media_types.get(operation, ())) or 'none'}"
        rule = rule_of(finding.rule)
        return rule.expected or (clause.text if clause else rule.title)


def _moment(started: datetime) -> str:
    return started.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def media_type(clause: ClauseVerdict) -> str:
    """The media type that a clause with the keyword `content` is about: the last token of its pointer."""
    return clause.id.rpartition("/")[2].replace("~1", "/").replace("~0", "~")


def _places(finding: Finding, exchange: Exchange | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The places to mark in request and response, as tokens; the first one is the part of the message."""
    deviates = exchange.probe.deviates_at if exchange and exchange.probe else ()
    came = ("body", *finding.at) if finding.rule in _OF_A_VALUE and finding.at else ()
    if finding.rule == "echo-mismatch":
        return ("body", *finding.at), came
    # For a response that breaks the contract, the place in the request does not matter.
    of_the_request = finding.rule not in ("response-schema", "write-only-leaked", "response-header", "malformed-body")
    return (tuple(str(token) for token in deviates) if of_the_request else ()), came


def _plain(text: str) -> tuple[Line, ...]:
    return (((text.replace("`", ""), False),),)


def _came(exchange: Exchange | None, finding: Finding) -> Segment:
    if exchange is None:
        return finding.message, False
    if exchange.response is None:
        return (exchange.failure.message if exchange.failure else "no response"), True
    if finding.rule == "undocumented-content-type":
        return next((value for name, value in exchange.response.headers if name.lower() == "content-type"), ""), True
    return _status(exchange.response.status), True


def _status(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _request(exchange: Exchange, at: tuple[str, ...]) -> Message:
    request = exchange.request
    part, _, name = (at[0] if at else "").partition(".")
    start: tuple[Segment, ...] = ((f"{request.method} ", part == "methods"), (cut_short(request.target, 2000), False))
    if part == "query":
        start = (
            (f"{request.method} ", False),
            *_marked(cut_short(request.target, 2000), rf"[?&]{re.escape(name)}=[^&]*"),
        )
    headers = _headers(request.headers, name if part == "header" else "content-type" if at == ("body",) else "")
    body = None if request.body is None else laid_out(request.body, at[1:] if part == "body" else (), request.cut)
    return Message(start, headers, body)


def _response(exchange: Exchange, at: tuple[str, ...]) -> Message:
    response = exchange.response
    assert response is not None
    start = ((_status(response.status), not at),)
    body = laid_out(response.body, at[1:], response.cut) if response.body else None
    return Message(start, _headers(response.headers, ""), body, round(response.seconds * 1000, 1))


def _headers(headers: Headers, marked: str) -> tuple[tuple[Segment, ...], ...]:
    return tuple(
        ((f"{cut_short(name)}: ", False), (cut_short(value), name.lower() == marked.lower())) for name, value in headers
    )


def _marked(text: str, pattern: str) -> tuple[Segment, ...]:
    found = re.search(pattern, text)
    if found is None:
        return ((text, False),)
    return (text[: found.start()], False), (found[0], True), (text[found.end() :], False)


def _difference(one: str, other: str) -> tuple[tuple[Segment, ...], tuple[Segment, ...]]:
    """Both texts, with the part between their common start and their common end marked."""
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    end = 0
    while end < min(len(one), len(other)) - start and one[-1 - end] == other[-1 - end]:
        end += 1

    def split(text: str) -> tuple[Segment, ...]:
        last = len(text) - end
        return (text[:start], False), (text[start:last], True), (text[last:], False)

    return split(one), split(other)
