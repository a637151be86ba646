"""Entries in, a TrafficCollector out: each exchange is checked against its operation."""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import parse_qsl

import msgspec

from clausewise.conformance.recording import check_recorded, method_not_offered
from clausewise.contract.contract import TRIED_METHODS, Contract
from clausewise.contract.operation import OperationContract
from clausewise.errors import Location
from clausewise.exchange import Exchange, ExchangePath, Unreadable, header
from clausewise.media.codings import codings, decoded_record
from clausewise.media.json import parse_json
from clausewise.media.types import essence
from clausewise.recordings.entry import Entry, RecordedExchange, Skipped
from clausewise.recordings.placeholders import is_placeholder
from clausewise.results.evidence import Checked, Observation
from clausewise.security.credentials import slots_of
from clausewise.security.declared import declared_in
from clausewise.security.redact import Redactor
from clausewise.spec.pointer import descend, to_pointer
from clausewise.surrogates import without_surrogates
from clausewise.validation.collector import Secrets, TrafficCollector
from clausewise.validation.masks import masked_in, with_types

#: the valid exchanges that give evidence on each clause, which takes fifty times as long as a check alone
EvidenceMode = Literal["all", "sampled", "none"]

_SECURITY = ("request", "security")
_FORM = "application/x-www-form-urlencoded"


class Examiner:
    """Checks documents and recordings against a contract."""

    def __init__(self, contract: Contract, evidence: EvidenceMode, *, sees_credentials: bool = False) -> None:
        """It `sees_credentials` where nothing leaves them out of what it is given."""
        self._contract = contract
        self._sees_credentials = sees_credentials
        self._mode = evidence
        specification = contract.specification
        self._redactor = Redactor((), slots_of(specification.operations), declared=declared_in(specification))
        self.collector = TrafficCollector()

    def take(self, entry: Entry) -> None:
        """Check one entry and count it."""
        if isinstance(entry, Unreadable):
            self.collector.add_unreadable(entry.source, entry.message)
        elif isinstance(entry, Skipped):
            self.collector.add_skipped(entry.source, entry.message)
        else:
            recorded = encodable(entry)
            self.collector.secrets = self.collector.secrets.merge(
                Secrets(tuple(self._redactor.issued_in(recorded.exchange)))
            )
            judged = self.judge(recorded, evidence=self._mode != "none")
            if judged is not None:
                self.count(*judged, recorded)

    def judge(self, recorded: RecordedExchange, *, evidence: bool) -> tuple[OperationContract, Checked] | None:
        """What one exchange shows, not counted yet; None for one without an operation, which is counted."""
        found = self._operation(recorded)
        if found is None:
            return None
        operation, path_parameters = found
        exchange, written, unrecorded = recorded.exchange, bool(recorded.written), recorded.unrecorded
        if not written and not self._sees_credentials:
            unrecorded |= _hidden(exchange) | masked_in(operation, exchange, path_parameters)
            exchange = with_types(exchange, operation, unrecorded)
        if not written and exchange.request.body:
            try:
                exchange = _decoded(exchange, exchange.request.body)
            except ValueError:
                unrecorded |= {("request", "body")}
        checked = check_recorded(
            operation,
            exchange,
            path_parameters,
            written=written,
            unrecorded=unrecorded,
            evidence=evidence and not written,
        )
        return operation, checked

    def _operation(self, recorded: RecordedExchange) -> tuple[OperationContract, dict[str, str]] | None:
        request = recorded.exchange.request
        if recorded.operation is not None:
            operation = self._contract.operation(recorded.operation)
            return operation, operation.match(request.target) or self._match(recorded.exchange)
        match = self._contract.router.match(request.method, request.target)
        if match is not None:
            return self._contract.operation(match.operation.key), match.path_parameters
        offered = self._contract.router.methods(request.target)
        if offered and request.method in TRIED_METHODS and not recorded.written:
            other = self._contract.router.match(offered[0], request.target)
            assert other is not None
            operation = self._contract.operation(other.operation.key)
            self.count(operation, method_not_offered(operation, recorded.exchange), recorded)
        host, path = header(request.headers, "Host"), request.target.partition("?")[0]
        shown = f"//{host}{_shape(path)}" if host and not offered else _shape(path)
        near = "" if offered else self._contract.router.near(request.method, request.target) or ""
        self.collector.add_unmatched(request.method, shown, recorded.location, near)
        return None

    def _match(self, exchange: Exchange) -> dict[str, str]:
        match = self._contract.router.match(exchange.request.method, exchange.request.target)
        return match.path_parameters if match else {}

    def count(self, operation: OperationContract, checked: Checked, recorded: RecordedExchange) -> None:
        """Count an exchange and what it shows."""
        collector, exchange = self.collector, recorded.exchange
        collector.checked += 1
        collector.touched.add(operation.key)
        if recorded.written:
            collector.add_faults(self._written(recorded, checked), exchange, written=True)
            return
        if exchange.request.body and codings(exchange.request.headers):
            try:
                _decoded(exchange, exchange.request.body)
            except ValueError as error:
                collector.add_unreadable(recorded.location, f"the body of its request cannot be read: {error}")
        collector.unrecorded_bodies += sum((side, "body") in recorded.unrecorded for side in ("request", "response"))
        if exchange.accepted:
            collector.accepted.add(operation.key)
        collector.count(checked.evidence)
        collector.add_faults(((seen, recorded.locate(seen.in_exchange)) for seen in checked.observations), exchange)

    def _written(self, recorded: RecordedExchange, checked: Checked) -> list[tuple[Observation, Location]]:
        """The faults in a document or payload: each place is a fault, with an id that does not depend on lines."""
        found = []
        for seen in checked.observations:
            if is_placeholder(_value(recorded.exchange, seen.in_exchange)):
                continue
            named = f"{seen.seen} {recorded.written} {to_pointer(seen.in_exchange)}".strip()
            found.append((msgspec.structs.replace(seen, seen=named), recorded.locate(seen.in_exchange)))
        return found


def encodable(recorded: RecordedExchange) -> RecordedExchange:
    """An exchange that UTF-8 can encode: a file can hold halves of surrogate pairs, a message on the wire none."""
    return msgspec.structs.replace(recorded, exchange=without_surrogates(recorded.exchange))


def _decoded(exchange: Exchange, body: bytes) -> Exchange:
    """The exchange with the body of its request without content codings. Raises ValueError."""
    content = decoded_record(body, exchange.request.headers)
    if content is body:
        return exchange
    return msgspec.structs.replace(exchange, request=msgspec.structs.replace(exchange.request, body=content))


def _hidden(exchange: Exchange) -> frozenset[ExchangePath]:
    """The parts that recordings leave out on purpose: credentials. After a 401, though, they really were missing."""
    missed = exchange.response is not None and exchange.response.status == 401
    return frozenset() if missed or exchange.probe is not None else frozenset({_SECURITY})


def _value(exchange: Exchange, at: ExchangePath) -> object:
    """The value at a place in a body; None for any other place."""
    side = exchange.request.body if at[:1] == ("request",) else exchange.response.body if exchange.response else None
    if at[1:2] != ("body",) or not side:
        return None
    if at[:1] == ("request",) and essence(header(exchange.request.headers, "Content-Type") or "") == _FORM:
        return dict(parse_qsl(side.decode("utf-8", "replace"))).get(at[2]) if at[2:] else None
    try:
        value: object = descend(parse_json(side), at[2:])
    except (ValueError, KeyError):
        return None
    return value


#: path segments that are probably ids: numbers, UUIDs, long hexadecimal or mixed strings
_ID = re.compile(r"\d+|[0-9a-fA-F-]{16,}|(?=[^/]*\d)[A-Za-z0-9_-]{12,}")


def _shape(path: str) -> str:
    """A path with `*` in place of what is probably an id, so that similar paths are counted together."""
    return "/".join("*" if _ID.fullmatch(segment) else segment for segment in path.split("/"))
