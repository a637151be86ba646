"""From a collector to the record: findings, verdicts on clauses, coverage, and entries that were not checked."""

from __future__ import annotations

from collections.abc import Iterable, Set
from datetime import datetime
from urllib.parse import urlsplit

import msgspec

from clausewise.conformance.second_opinion import disagreement
from clausewise.contract.clause import Clause
from clausewise.contract.contract import Contract
from clausewise.errors import Location
from clausewise.exchange import Exchange, header
from clausewise.results import record
from clausewise.results.collector import EXCHANGES, with_opinions
from clausewise.results.coverage import TOOL, Given, Verdicts, answered_in, reach_verdicts, spec_of
from clausewise.results.defects import fold_defects
from clausewise.results.evidence import Observation, UntestedReason
from clausewise.results.excerpts import places_in
from clausewise.results.faults import Fault
from clausewise.results.findings import Folded, fold, to_finding
from clausewise.results.ledger import Ledger
from clausewise.results.order import worst_first
from clausewise.security.credentials import slots_of
from clausewise.security.declared import declared_in
from clausewise.security.redact import Redactor
from clausewise.spec.defects import Defect
from clausewise.spec.pointer import Source
from clausewise.surrogates import without_surrogates
from clausewise.validation.collector import TrafficCollector

_INTERRUPTED = "the scan was interrupted; the findings so far are listed"


class ScanResult(msgspec.Struct, frozen=True, eq=False):
    """The result of a scan, and how it was made."""

    collector: TrafficCollector
    sources: tuple[str, ...]
    #: "all", "sampled" or "none"
    evidence: str
    started: datetime
    seconds: float
    #: whether any source was recorded traffic: documents and payloads are no evidence of how a server behaves
    traffic: bool
    #: parts of files that could not be checked, and why
    failed: tuple[record.Trouble, ...] = ()
    interrupted: bool = False
    #: whether the clauses of operations without an exchange are listed as well
    all_operations: bool = False
    #: what is wrong with the document, where it was looked at as a whole; else None
    defects: tuple[Defect, ...] | None = None


#: of payloads and examples, which try no operation
_NO_COVERAGE = record.Coverage(
    record.ClauseCounts(0, 0, 0, 0), record.OperationCounts(0, 0), record.ResponseCounts(0, 0)
)


class RecordedScan(msgspec.Struct, frozen=True, eq=False):
    """The record, and the exchanges of its findings, secrets masked."""

    run: record.Run
    exchanges: tuple[Exchange, ...]
    #: masks what is shown besides, lines of the sources for example
    redactor: Redactor


def record_scan(contract: Contract, scanned: ScanResult, *, counts_clauses: bool = True) -> RecordedScan:
    """The record of a scan, with the verdicts on clauses, which may take long, only where it `counts_clauses`."""
    collector = scanned.collector
    # A document has a fault for each place, and many places in one exchange.
    shown = {fault.exchange.id: fault.exchange for fault in collector.faults.values() if fault.exchange is not None}
    redactor = _redactor(contract, collector, shown.values())
    exchanges = {name: redactor.exchange(each) for name, each in shown.items()}
    folded = _folded(contract, scanned, exchanges, redactor)
    is_counted = scanned.traffic and counts_clauses
    verdicts = _verdicts(contract, scanned, folded) if is_counted else Verdicts((), _NO_COVERAGE)
    document = fold_defects(_defects(contract, scanned))
    findings = worst_first((*folded.findings, *document.findings))
    parts = (*folded.parts, *document.parts)
    run = record.Run(
        version=record.VERSION,
        tool=TOOL,
        started=scanned.started.strftime("%Y-%m-%dT%H:%M:%SZ"),
        seconds=round(scanned.seconds, 3),
        seed=0,
        spec=spec_of(contract, places_in(verdicts.clauses, (*findings, *parts))),
        target=record.TargetInfo("recording", ", ".join(scanned.sources)),
        requests=collector.checked,
        findings=findings,
        clauses=verdicts.clauses,
        coverage=verdicts.coverage,
        exchanges=EXCHANGES,
        scan=_scan(scanned),
        faults=parts or msgspec.UNSET,
        incomplete=(_INTERRUPTED,) if scanned.interrupted else msgspec.UNSET,
        unlisted=verdicts.unlisted or msgspec.UNSET,
    )
    run = without_surrogates(run)
    run = redactor.record(run)
    return RecordedScan(run, tuple(exchanges[name] for name in sorted(exchanges)), redactor)


def _defects(contract: Contract, scanned: ScanResult) -> tuple[Defect, ...]:
    return contract.known_defects if scanned.defects is None else scanned.defects


def _redactor(contract: Contract, collector: TrafficCollector, shown: Iterable[Exchange]) -> Redactor:
    """It knows the secrets of all exchanges that were checked one by one, and of those that are `shown`."""
    specification = contract.specification
    redactor = Redactor(
        collector.secrets.first, slots_of(specification.operations), declared=declared_in(specification)
    )
    for exchange in shown:
        redactor.learn_from(exchange)
    return redactor


def _folded(contract: Contract, scanned: ScanResult, exchanges: dict[str, Exchange], redactor: Redactor) -> Folded:
    def render(fault: Fault[Observation]) -> record.Finding:
        # A document or a payload gives no request that could be sent again.
        curl = None if fault.written else _curl(contract, exchanges[fault.shown.exchange])
        finding = to_finding(fault, _locate(contract, fault.shown), curl)
        return msgspec.structs.replace(finding, message=redactor.message(finding.message))

    return fold(with_opinions(contract, scanned.collector.faults.values(), disagreement), render)


def _locate(contract: Contract, observation: Observation) -> Location:
    place = observation.assertion or observation.documented_at
    if place:
        return contract.locate(Source.read(place))
    return contract.locate(contract.operation(observation.operation).operation.source)


def _curl(contract: Contract, exchange: Exchange) -> str:
    """The request as a curl command: to its own host where that was recorded, else to the contract's server."""
    from clausewise.recordings.curl import to_curl

    request = exchange.request
    server = urlsplit((contract.specification.server or "").rstrip("/"))
    host = header(request.headers, "Host")
    if host is not None:
        rest = tuple(pair for pair in request.headers if pair[0].lower() != "host")
        scheme = exchange.scheme or server.scheme or "https"
        return to_curl(msgspec.structs.replace(request, headers=rest), f"{scheme}://{host}")
    origin = f"{server.scheme}://{server.netloc}" if server.netloc else "http://localhost:8000"
    below = bool(server.path) and request.target.startswith(f"{server.path}/")
    return to_curl(request, origin if below else origin + server.path)


def _verdicts(contract: Contract, scanned: ScanResult, folded: Folded) -> Verdicts:
    """The verdicts of the clauses of what was recorded, and how much that is of the contract."""
    ledger = Ledger()
    for (key, outcome), times in scanned.collector.evidence.items():
        ledger.count(key, outcome, times)
    every, touched = contract.operations, scanned.collector.touched
    # To compile what no exchange touched takes most of the time in a contract of a thousand operations.
    operations = every if scanned.all_operations else tuple(one for one in every if one.key in touched)
    verdicts = reach_verdicts(
        contract,
        operations,
        ledger,
        untested=_reasons(answered_in(operations, ledger), scanned.evidence),
        explained=folded.explained,
        accepted=scanned.collector.accepted,
        lists_untouched=scanned.all_operations,
    )
    documented = sum(len(one.operation.responses) for one in every)
    coverage = msgspec.structs.replace(
        verdicts.coverage,
        operations=msgspec.structs.replace(verdicts.coverage.operations, total=len(every)),
        responses=msgspec.structs.replace(verdicts.coverage.responses, total=documented),
    )
    return msgspec.structs.replace(verdicts, coverage=coverage)


def _reasons(answered: Set[tuple[str, str]], evidence: str) -> Given:
    """Why clauses are untested, as far as recorded traffic, with responses `answered`, has a reason of its own."""

    def reason(_: str, clause: Clause) -> UntestedReason | None:
        status = clause.part.partition(".")[0]
        if clause.direction == "request":
            return UntestedReason("undecided", "no recorded request was refused for breaking it")
        if (clause.operation, status) not in answered or clause.keyword == "content":
            return None
        if evidence == "none":
            return UntestedReason("unseen", "no evidence was collected (--evidence none)")
        if evidence == "sampled":
            return UntestedReason("unseen", f"no sampled {status} response had the value it constrains")
        return None

    return reason


def _scan(scanned: ScanResult) -> record.Scan:
    collector = scanned.collector
    unmatched = sorted(collector.unmatched.kinds.items(), key=lambda item: (-item[1].count, item[0]))
    return record.Scan(
        sources=scanned.sources,
        checked=collector.checked,
        evidence=scanned.evidence,
        unmatched=tuple(
            record.Unmatched(method, path, kind.count, str(kind.first), kind.near) for (method, path), kind in unmatched
        ),
        unmatched_exchanges=collector.unmatched.count,
        unreadable=tuple(record.Trouble(_named(source), message) for source, message in collector.unreadable.first),
        unreadable_entries=collector.unreadable.count,
        skipped=tuple(record.Trouble(_named(source), message) for source, message in collector.skipped.first),
        unrecorded_bodies=collector.unrecorded_bodies,
        skipped_entries=collector.skipped.count,
        failed=scanned.failed,
        interrupted=scanned.interrupted,
    )


def _named(source: Location | str) -> str:
    return source if isinstance(source, str) else f"{source.file}:{source.line}"
