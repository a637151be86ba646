"""The Run record: everything that reports, the gate and later comparisons need, and nothing else.

`run.json` is this structure, encoded; its `version` changes when readers have to change.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Literal

import msgspec

from clausewise.errors import ConfigError, Location
from clausewise.results.causes import Causes
from clausewise.results.rules import Severity

VERSION = 1

#: clauses of a record that are encoded at once
_PIECE = 1000

#: `unbreakable`: no request can break it, so that it does not count
Verdict = Literal["upheld", "violated", "untested", "unbreakable"]
State = Literal["new", "known", "waived"]


class Tool(msgspec.Struct, frozen=True):
    """The tool that wrote the record."""

    name: str
    version: str


class SourceText(msgspec.Struct, frozen=True, omit_defaults=True):
    """One file of the contract as it was tested. Reports show its lines, and it may have changed since."""

    #: its name in locations
    file: str
    text: str
    #: whether parts that the run was not about are left out, as the document is large (`results.excerpts`)
    excerpt: bool = False


class Spec(msgspec.Struct, frozen=True):
    """The OpenAPI document that was tested against."""

    file: str
    title: str
    #: the document's own `openapi` or `swagger` value
    openapi: str
    #: of the file's bytes, hex
    sha256: str
    #: the document itself first, then the files that it refers to; empty in a record without them
    sources: tuple[SourceText, ...] = ()


class TargetInfo(msgspec.Struct, frozen=True, omit_defaults=True):
    """The target of the run."""

    kind: Literal["url", "app", "mock", "recording"]
    name: str
    #: whether it was trusted whatever its TLS certificate says (--insecure)
    insecure: bool = False

    @property
    def doubt(self) -> str:
        """What follows its name where nobody has proved it; else ""."""
        return " (certificate not verified)" if self.insecure else ""


class Related(msgspec.Struct, frozen=True):
    """The facts that decide whether faults are one and the same, which merged runs decide again."""

    #: with the rule, the identity of the fault: an assertion or an operation, and what was seen
    subject: str
    aspect: str
    #: key and place of the clauses whose breach was accepted alone
    alone: frozenset[tuple[str, str]] = frozenset()
    #: keys of the clauses whose breach was accepted together with that of others
    together: frozenset[str] = frozenset()
    #: keys of those others
    explained_by: frozenset[str] = frozenset()
    #: operation, and what the crash looks like, of each crash
    symptoms: frozenset[tuple[str, str]] = frozenset()
    #: whether it is unknown which of a request's many values crashes the server
    guessed: bool = False
    #: whether it shows in a request that keeps the contract: then no breach explains it
    valid: bool = False
    #: whether the exchange that shows it was first counted as another fault
    adopted: bool = False
    #: what may cause it, and faults in other places as well
    causes: Causes = Causes()
    #: short digests of the members that broke a clause and were accepted, or that answers show; "" is any other value
    values: frozenset[str] = frozenset()


class Place(msgspec.Struct, frozen=True):
    """A place where a fault was seen."""

    operation: str
    #: the place in the message: "request.body.name"
    where: str
    #: source pointer of the clause that is broken there; None where the rule has none
    clause: str | None
    location: Location | None
    #: id of the fault that was seen there: that of the finding, or of one in `faults`
    fault: str


class Finding(msgspec.Struct, frozen=True):
    """One fault, however often and in however many operations it occurred."""

    #: stable fingerprint of the rule and the assertion (or the operation and what was seen)
    id: str
    rule: str
    severity: Severity
    operations: tuple[str, ...]
    #: source pointer of the broken assertion; None where the rule has none
    clause: str | None
    where: str
    location: Location | None
    message: str
    #: exchanges that show it
    count: int
    #: id of the smallest exchange that proves it
    exchange: str | None
    #: a shell command that reproduces it
    curl: str | None
    state: State = "new"
    #: member names and indexes that lead to the broken value in the response's body; empty for the whole or elsewhere
    at: tuple[str, ...] = ()
    #: why it is waived and until when; "" where it is not
    waiver: str = ""
    #: where in a payload, document or recording it stands; None where clausewise sent the request
    source: Location | None = None
    #: every place where it was seen; empty in a record of an older version
    places: tuple[Place, ...] = ()
    #: of a value that is none, or several, of the alternatives of a union: each by name, and why the value is none; ""
    #: where it is one. Absent where one alternative was meant
    alternatives: tuple[tuple[str, str], ...] | msgspec.UnsetType = msgspec.UNSET
    #: absent for a rule whose faults never explain each other
    related: Related | msgspec.UnsetType = msgspec.UNSET
    #: id of the trace that the exchange's request was sent in (W3C Trace Context); absent where it was sent in none
    trace: str | msgspec.UnsetType = msgspec.UNSET

    def is_at(self, operation: str, clause: str) -> bool:
        """Whether it breaks the `clause` in the `operation`."""
        if not self.places:
            return self.clause == clause and operation in self.operations
        return any((place.operation, place.clause) == (operation, clause) for place in self.places)


class ClauseVerdict(msgspec.Struct, frozen=True):
    """One clause of the contract with its verdict."""

    #: source pointer of the assertion; with `operation` and `where` it names the clause
    id: str
    operation: str
    direction: Literal["request", "response"]
    where: str
    keyword: str
    text: str
    location: Location
    verdict: Verdict
    #: why it is untested or unbreakable, what of it was not tried, or which other clause it was judged by; else ""
    reason: str
    #: number of exchanges with evidence on it
    tried: int
    #: true where it is untested because its operation, or the branch, accepted no request; else absent
    never_accepted: bool | msgspec.UnsetType = msgspec.UNSET


class Unlisted(msgspec.Struct, frozen=True):
    """Clauses of a large response that no exchange showed anything of, counted and not listed."""

    operation: str
    #: the response: "response.200"
    where: str
    verdict: Verdict
    #: why they are untested or unbreakable
    reason: str
    clauses: int


class ClauseCounts(msgspec.Struct, frozen=True):
    """Clauses by verdict."""

    upheld: int
    violated: int
    untested: int
    #: of all these, unbreakable ones not among them
    total: int
    unbreakable: int = 0


class OperationCounts(msgspec.Struct, frozen=True):
    """Operations that were reached, of all that should be tested."""

    #: operations with at least one accepted request
    accepted: int
    total: int


class ResponseCounts(msgspec.Struct, frozen=True):
    """Documented responses that were seen."""

    #: documented (operation, status) pairs that were seen
    seen: int
    total: int


class Unjudged(msgspec.Struct, frozen=True):
    """Bodies of one media type that have a schema, and that no schema judges."""

    #: as documented; may be a range
    media_type: str
    bodies: int
    #: why they are not judged; may be ""
    reason: str = ""


class Coverage(msgspec.Struct, frozen=True):
    """How much of the contract was tested."""

    clauses: ClauseCounts
    operations: OperationCounts
    responses: ResponseCounts
    #: by media type; absent where every body with a schema was judged
    unjudged: tuple[Unjudged, ...] | msgspec.UnsetType = msgspec.UNSET


class Unaccepted(msgspec.Struct, frozen=True):
    """An operation that accepted no request, and so was not tested."""

    operation: str
    #: statuses of the answers to its valid requests, or kinds of failure ("timeout"), sorted; empty where it
    #: was sent none
    answers: tuple[str, ...]
    #: the text of the first refusal, or why it was sent no request; may be ""
    text: str = msgspec.field(name="said")
    #: what a user can do, for people: "give other values"
    remedy: str
    #: "known" where the policy of the gate names it, "excluded" where the run must not write and it writes
    state: Literal["new", "known", "excluded"] = "new"


class Gate(msgspec.Struct, frozen=True):
    """Whether the run passes, and why not."""

    passed: bool
    #: one sentence each; empty when passed
    reasons: tuple[str, ...]
    #: what does not make it fail and should be known all the same, one sentence each
    warnings: tuple[str, ...] = ()


class Unmatched(msgspec.Struct, frozen=True):
    """Recorded requests that match no operation of the contract."""

    method: str
    #: without its query; segments that look like ids are written `*`
    path: str
    count: int
    #: place of the first of them
    first: str
    #: the path of the contract that differs only in a slash at its end; "" where there is none
    near: str = ""


class Trouble(msgspec.Struct, frozen=True):
    """Something in a source that could not be read, or was not checked."""

    #: file and line, or whatever names the place
    source: str
    message: str


class Scan(msgspec.Struct, frozen=True):
    """The payloads, documents and recordings of a run, and how far they were checked."""

    sources: tuple[str, ...]
    #: exchanges that were checked
    checked: int
    #: the valid exchanges that gave evidence on clauses: "all", "sampled" or "none"; in a merged run several of these
    evidence: str
    #: commonest first; beyond a limit only counted, in `unmatched_exchanges`
    unmatched: tuple[Unmatched, ...] = ()
    unmatched_exchanges: int = 0
    #: entries that could not be read; beyond a limit only counted
    unreadable: tuple[Trouble, ...] = ()
    unreadable_entries: int = 0
    #: entries that were left out on purpose, with the reason; beyond a limit only counted
    skipped: tuple[Trouble, ...] = ()
    skipped_entries: int = 0
    #: bodies that recorders left out, so that they are not checked
    unrecorded_bodies: int = 0
    #: parts of files that no worker could check
    failed: tuple[Trouble, ...] = ()
    interrupted: bool = False


class SlowAnswer(msgspec.Struct, frozen=True):
    """One of the answers of a run that took longest."""

    operation: str
    #: id of the exchange
    exchange: str
    #: from sending the request to the last byte
    seconds: float


class Run(msgspec.Struct, frozen=True):
    """One run of the tool against one target, complete."""

    version: int
    tool: Tool
    #: UTC, RFC 3339
    started: str
    seconds: float
    seed: int
    spec: Spec
    target: TargetInfo
    #: requests sent
    requests: int
    #: worst first
    findings: tuple[Finding, ...]
    #: every one but for those that are only counted, in `unlisted`
    clauses: tuple[ClauseVerdict, ...]
    coverage: Coverage
    #: file of the recorded exchanges, beside the record
    exchanges: str
    gate: Gate | None = None
    #: of a run over payloads, documents or recordings; else None
    scan: Scan | None = None
    #: the faults that others explain or absorbed, and those that absorbed them, each as before; absent where every
    #: fault is a finding
    faults: tuple[Finding, ...] | msgspec.UnsetType = msgspec.UNSET
    #: why it did not test everything that it should, one sentence each; absent where it reached its end
    incomplete: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    #: the tested operations that accepted no request, in the order of the contract; absent where others chose the
    #: requests (recordings, observed tests)
    unaccepted: tuple[Unaccepted, ...] | msgspec.UnsetType = msgspec.UNSET
    #: the answers that took longest, slowest first; absent where `max-response-time` is not set
    slowest: tuple[SlowAnswer, ...] | msgspec.UnsetType = msgspec.UNSET
    #: of recorded traffic, the clauses that `clauses` leaves out and `coverage` counts; absent where there are none
    unlisted: tuple[Unlisted, ...] | msgspec.UnsetType = msgspec.UNSET


def encode(record: msgspec.Struct) -> bytes:
    """A record as indented JSON, ending in a newline."""
    return msgspec.json.format(msgspec.json.encode(record, order="deterministic"), indent=1) + b"\n"


def pieces(run: Run) -> Iterator[bytes]:
    """`encode` of a run, piece by piece: that of a hundred thousand clauses is ten times as large as they are."""
    empty = b' "clauses": []'
    # A text has no line break in JSON, so that no other line is this one.
    before, after = encode(msgspec.structs.replace(run, clauses=())).split(b"\n" + empty, 1)
    yield before
    if not run.clauses:
        yield b"\n" + empty
    for start in range(0, len(run.clauses), _PIECE):
        listed = msgspec.json.encode(run.clauses[start : start + _PIECE], order="deterministic")
        yield b"," if start else b'\n "clauses": ['
        yield msgspec.json.format(listed, indent=1)[1:-2].replace(b"\n", b"\n ")
    yield b"\n ]" if run.clauses else b""
    yield after


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of `run.json`."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(Run)}


def decode(content: bytes, file: str) -> Run:
    """A record read back. Raises ConfigError, which names `file`, when it is not a record of this version."""
    try:
        version = msgspec.json.decode(content, type=_Versioned).version
        if version != VERSION:
            raise ConfigError(f"{file} is a run record of version {version}; this clausewise reads version {VERSION}")
        return msgspec.json.decode(content, type=Run)
    except msgspec.DecodeError as error:
        raise ConfigError(f"{file} is not a clausewise run record: {error}") from None


class _Versioned(msgspec.Struct):
    version: int


def count_clauses(verdicts: Iterable[ClauseVerdict], unlisted: Iterable[Unlisted] = ()) -> ClauseCounts:
    """The clauses by verdict, those that are not listed included."""
    counts = Counter(clause.verdict for clause in verdicts)
    for group in unlisted:
        counts[group.verdict] += group.clauses
    counted = {name: counts[name] for name in ("upheld", "violated", "untested")}
    return ClauseCounts(**counted, total=sum(counted.values()), unbreakable=counts["unbreakable"])


def count_unjudged(found: Iterable[Unjudged]) -> tuple[Unjudged, ...] | msgspec.UnsetType:
    """The bodies that no schema judges by media type, those of `found` added up."""
    totals: dict[str, Unjudged] = {}
    for each in found:
        before = totals.get(each.media_type, msgspec.structs.replace(each, bodies=0))
        totals[each.media_type] = msgspec.structs.replace(before, bodies=before.bodies + each.bodies)
    return tuple(totals[name] for name in sorted(totals)) or msgspec.UNSET


def percent(part: int, total: int) -> str:
    """A share for people: whole percents, 0 and 100 only where they are exact."""
    if total == 0:
        return "100%"
    if part in (0, total):
        return f"{100 * part // total}%"
    return f"{min(99, max(1, round(100 * part / total)))}%"
