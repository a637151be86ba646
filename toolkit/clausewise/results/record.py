"""The Run record: everything a report, a gate or a later comparison needs, and nothing else.

`run.json` is this structure, encoded; its `version` changes when a reader would have to.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from clausewise.errors import ConfigError, Location
from clausewise.results.rules import Severity

VERSION = 1

Verdict = Literal["upheld", "violated", "untested"]
State = Literal["new", "known", "waived"]
MutantOutcome = Literal["killed", "survived", "equivalent"]


class Tool(msgspec.Struct, frozen=True):
    """What made the record."""

    name: str
    version: str


class SourceText(msgspec.Struct, frozen=True):
    """One file of the contract as it was when it was tested: reports show its lines, and it may have changed since."""

    #: as locations name it
    file: str
    text: str


class Spec(msgspec.Struct, frozen=True):
    """The OpenAPI document that was tested against."""

    file: str
    title: str
    #: the document's own `openapi` or `swagger` value
    openapi: str
    #: of the file's bytes, hex
    sha256: str
    #: the document itself first, then the files that it refers to; empty where nobody recorded them
    sources: tuple[SourceText, ...] = ()


class TargetInfo(msgspec.Struct, frozen=True):
    """What was tested."""

    kind: Literal["url", "app", "mock", "recording"]
    name: str


class Related(msgspec.Struct, frozen=True):
    """What decides whether a fault and others are one; a merge of several runs asks it once more."""

    #: with the rule, what makes two observations the same fault: an assertion or an operation, and a sight
    subject: str
    aspect: str
    #: key and place of the clauses whose breach was accepted alone
    alone: frozenset[tuple[str, str]] = frozenset()
    #: keys of the clauses whose breach was accepted together with that of others
    together: frozenset[str] = frozenset()
    #: keys of those others
    explained_by: frozenset[str] = frozenset()
    #: operation, and status or kind of failure, of each crash
    symptoms: frozenset[tuple[str, str]] = frozenset()
    #: whether nobody can tell which of a request's many values crashes the server
    guessed: bool = False
    #: whether the exchange that shows it was first taken for another fault
    adopted: bool = False


class Finding(msgspec.Struct, frozen=True):
    """One fault, however often and in however many operations it occurred."""

    #: stable fingerprint of rule and assertion (or operation and what was seen)
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
    #: where in a payload, document or recording it stands; None for what was sent by us
    source: Location | None = None
    #: absent where the fault stands for itself
    related: Related | msgspec.UnsetType = msgspec.UNSET


class ClauseVerdict(msgspec.Struct, frozen=True):
    """One clause of the contract and what became of it."""

    #: source pointer of the assertion; with `operation` and `where` it names the clause
    id: str
    operation: str
    direction: Literal["request", "response"]
    where: str
    keyword: str
    text: str
    location: Location
    verdict: Verdict
    #: why it is untested, or how a verdict was reached where that is not plain; else ""
    reason: str
    #: exchanges that bear on it
    tried: int
    #: true where it is untested because its operation, or the branch, accepted no request; else absent
    never_accepted: bool | msgspec.UnsetType = msgspec.UNSET


class ClauseCounts(msgspec.Struct, frozen=True):
    """Clauses by verdict."""

    upheld: int
    violated: int
    untested: int
    total: int


class OperationCounts(msgspec.Struct, frozen=True):
    """Operations that were reached, of all that were to be tested."""

    #: operations with at least one accepted request
    accepted: int
    total: int


class ResponseCounts(msgspec.Struct, frozen=True):
    """Documented responses that were seen."""

    #: documented (operation, status) pairs that were seen
    seen: int
    total: int


class Coverage(msgspec.Struct, frozen=True):
    """How much of the contract was tried."""

    clauses: ClauseCounts
    operations: OperationCounts
    responses: ResponseCounts


class Gate(msgspec.Struct, frozen=True):
    """Whether the run may pass, and why not."""

    passed: bool
    #: one sentence each; empty when passed
    reasons: tuple[str, ...]


class Unmatched(msgspec.Struct, frozen=True):
    """Recorded requests that no operation of the contract is for."""

    method: str
    #: without its query; segments that look like ids are written `*`
    path: str
    count: int
    #: where the first of them stands
    first: str


class Trouble(msgspec.Struct, frozen=True):
    """Something in a source that could not be read, or was not checked."""

    #: file and line, or whatever names the place
    source: str
    message: str


class Scan(msgspec.Struct, frozen=True):
    """What payloads, documents and recordings held, beside what was found in it."""

    sources: tuple[str, ...]
    #: exchanges that were held against an operation
    checked: int
    #: "all", "sampled" or "none": of which valid exchanges it was noted what they show of each clause
    evidence: str
    #: commonest first; of very many the rest is only counted, in `unmatched_exchanges`
    unmatched: tuple[Unmatched, ...] = ()
    unmatched_exchanges: int = 0
    #: entries that could not be read; of very many the rest is only counted
    unreadable: tuple[Trouble, ...] = ()
    unreadable_entries: int = 0
    #: what was left out on purpose, with the reason
    skipped: tuple[Trouble, ...] = ()
    #: parts of files that no worker could check: nothing is known of what they hold
    failed: tuple[Trouble, ...] = ()
    interrupted: bool = False


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
    clauses: tuple[ClauseVerdict, ...]
    coverage: Coverage
    #: file of the recorded exchanges, beside the record
    exchanges: str
    gate: Gate | None = None
    #: of a run over payloads, documents or recordings; else None
    scan: Scan | None = None
    #: the faults that others explain, and those that they became a part of, each as it was before; absent where every
    #: fault is a finding
    faults: tuple[Finding, ...] | msgspec.UnsetType = msgspec.UNSET


class MutantResult(msgspec.Struct, frozen=True):
    """One mutant of the mock, and what the gate made of it."""

    #: "unenforced", "broken" or "crash"
    kind: str
    #: the clause that it breaks: pointer, operation, place in the message, sentence, place in the document
    clause: str
    operation: str
    where: str
    text: str
    location: Location
    #: "killed", "survived" or "equivalent"
    outcome: MutantOutcome
    #: rule of the first finding; None where there was none
    rule: str | None
    #: whether that finding names the clause that the mutant breaks
    named: bool
    #: why it survived, or why no gate could kill it; "" when killed
    reason: str
    #: requests until then
    requests: int


class Proof(msgspec.Struct, frozen=True):
    """How many of a contract's mutants the gate kills."""

    version: int
    tool: Tool
    seconds: float
    seed: int
    spec: Spec
    #: mutants there are; fewer were tried where the proof was interrupted
    mutants: int
    #: `trials` in the file
    results: tuple[MutantResult, ...] = msgspec.field(name="trials")

    def count(self, outcome: MutantOutcome) -> int:
        """How many mutants came to that outcome."""
        return sum(result.outcome == outcome for result in self.results)

    @property
    def score(self) -> float:
        """Percentage of killed mutants, equivalent ones not counted."""
        counted = len(self.results) - self.count("equivalent")
        return 100.0 if counted == 0 else 100 * self.count("killed") / counted


def encode(run: Run | Proof) -> bytes:
    """The record as indented JSON, ending in a newline."""
    return msgspec.json.format(msgspec.json.encode(run, order="deterministic"), indent=1) + b"\n"


def decode(content: bytes, file: str) -> Run:
    """A record read back. Raises ConfigError naming `file` when it is not one of ours or from a newer version."""
    try:
        version = msgspec.json.decode(content, type=_Versioned).version
        if version != VERSION:
            raise ConfigError(f"{file} is a run record of version {version}; this clausewise reads version {VERSION}")
        return msgspec.json.decode(content, type=Run)
    except msgspec.DecodeError as error:
        raise ConfigError(f"{file} is not a clausewise run record: {error}") from None


class _Versioned(msgspec.Struct):
    version: int


def percent(part: int, whole: int) -> str:
    """A share for people: whole percents, and never 0 or 100 unless it is exactly that."""
    if whole == 0:
        return "100%"
    if part in (0, whole):
        return f"{100 * part // whole}%"
    return f"{min(99, max(1, round(100 * part / whole)))}%"
