"""The rules about a response: its status, media type, body and headers."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import msgspec

from clausewise.conformance.breach_causes import BreachCauses
from clausewise.conformance.explain import explain, first_by_place, reasons
from clausewise.contract.bodies import read_body
from clausewise.contract.breaches import Breach
from clausewise.contract.clause import Clause
from clausewise.contract.keywords import show
from clausewise.contract.message import Judgement, Message
from clausewise.contract.operation import OperationContract
from clausewise.contract.parameters import header_values
from clausewise.contract.parts import MediaContract, ResponseContract
from clausewise.exchange import Exchange, Request, Response, header, query_pairs
from clausewise.media.codec import Malformed
from clausewise.media.json import JSON, parse_json, repeated_member
from clausewise.media.types import essence
from clausewise.results.causes import NO_CAUSE, Causes
from clausewise.results.evidence import Evidence, Observation
from clausewise.results.rules import RULES, Severity
from clausewise.spec.pointer import Source

_ANY_NUMBER = re.compile(r"\d+")

#: statuses that never come with a body, even if one is documented (RFC 9110 sections 15.3.5, 15.3.6, 15.4.5)
_BODILESS = frozenset({204, 205, 304})


def severity_of_crash(operation: OperationContract, status: int) -> Severity:
    """The severity of a 5xx `status`: a note where the contract documents it, by itself or as `5XX`.

    `default` documents what errors look like, and not that the server may crash.
    """
    return "note" if operation.documents(status) else RULES["server-error"].severity


def is_deliberate(operation: OperationContract, status: int) -> bool:
    """Whether a 5xx `status` is one that a server answers on purpose, as its contract says: that a function is not
    implemented (501), or that a service behind it is away (502 to 504). 500 says that something unexpected happened
    (RFC 9110 section 15.6.1), documented or not."""
    return status != 500 and operation.documents(status)


def asks_who(operation: OperationContract, exchange: Exchange) -> bool:
    """Whether a request was sent to see who may call the operation."""
    probe = exchange.probe
    return probe is not None and operation.security is not None and probe.clause == operation.security[1].key


#: headers of the connection, and of the server that holds it: an app in process has none, nor has HTTP/2 (RFC 9110
#: sections 6.6.1 and 7.6.1)
_OF_CONNECTION = frozenset(("connection", "date", "keep-alive", "trailer", "transfer-encoding", "upgrade"))


#: names of what chooses the members of an answer, in a query or in the body of a search: `fields`, `$select`,
#: `fields[articles]`
_SELECTS = re.compile(
    r"\W?_?(?:(?:include|exclude|omit|only|select|response|return)[_-]?)?(?:fields?|fieldsets?|properties|attributes)"
    r"(?:\[.*\])?|\W?_?(?:select|exclude|omit|only|projection|mask)",
    re.IGNORECASE,
)


class ResponseFacts(msgspec.Struct, frozen=True):
    """Everything that one response shows."""

    observations: tuple[Observation, ...]
    evidence: tuple[Evidence, ...]
    #: the decoded JSON body; None when there is none
    body: Any = None


def check_response(
    operation: OperationContract,
    exchange: Exchange,
    *,
    evidence: bool = True,
    unrecorded: frozenset[tuple[str, ...]] = frozenset(),
) -> ResponseFacts:
    """Check a response against what its operation documents. A 5xx status is not judged here, but its body is, apart
    from its `unrecorded` parts.

    Without `evidence`, clauses of schemas are not listed as upheld, which is many times as fast.
    """
    response = exchange.response
    if response is None:
        return ResponseFacts((), ())
    check = _Check(operation, exchange, response, evidence, unrecorded)
    body = check.run()
    return ResponseFacts(tuple(check.observations), tuple(check.evidence), body)


class _Check:
    def __init__(
        self,
        operation: OperationContract,
        exchange: Exchange,
        response: Response,
        evidence: bool,
        unrecorded: frozenset[tuple[str, ...]],
    ) -> None:
        self._operation = operation
        self._exchange = exchange
        self._response = response
        self._with_evidence = evidence
        self._unrecorded = unrecorded
        self.observations: list[Observation] = []
        self.evidence: list[Evidence] = []

    def run(self) -> Any:
        status = self._response.status
        if self._response.framing:
            self._observe(
                "malformed-framing",
                f"{self._operation.key} answered {status} {self._response.framing}",
                seen=_ANY_NUMBER.sub("*", self._response.framing),
            )
        contract = self._operation.response_for(status)
        if contract is None:
            if status == 304 and _is_conditional(self._exchange.request):
                return None
            if status < 500:
                documented = ", ".join(self._operation.responses) or "none"
                # Who asks is looked at in one place, before any handler; 401 is about nothing else.
                who = " to credentials" if status != 401 and asks_who(self._operation, self._exchange) else ""
                self._observe(
                    "undocumented-status",
                    f"{self._operation.key} answered {status}{_elsewhere(self._response)}; the contract documents "
                    f"{documented}",
                    seen=f"status {status}{who}",
                    documented=self._operation.operation.source.child("responses")
                    if self._operation.responses
                    else None,
                )
            return None
        self.evidence.append(Evidence(contract.status.key, "held"))
        self._headers(contract)
        return self._body(contract)

    def _observe(
        self,
        rule: str,
        message: str,
        *,
        seen: str = "",
        clause: Clause | None = None,
        documented: Source | None = None,
        where: str = "",
        at: tuple[str, ...] = (),
        alternatives: tuple[tuple[str, str], ...] = (),
        in_exchange: tuple[str, ...] = ("status",),
        severity: Severity | None = None,
        causes: Causes = NO_CAUSE,
    ) -> None:
        observation = Observation.of(
            rule,
            self._operation.key,
            self._exchange,
            message,
            clause=clause,
            documented_at=str(documented) if documented is not None else "",
            severity=severity,
            where=where,
            seen=seen,
            at=at,
            alternatives=alternatives,
            in_exchange=("response", *in_exchange),
        )
        self.observations.append(msgspec.structs.replace(observation, causes=causes))

    def _body(self, contract: ResponseContract) -> Any:
        response, status = self._response, self._response.status
        if not contract.content or status in _BODILESS or self._exchange.request.method == "HEAD":
            return None
        where = f"response.{contract.documented.status}.body"
        content = contract.documented.content_at
        named_type = header(response.headers, "Content-Type")
        if named_type is None and not response.body:
            message = f"the {status} response has no body; the contract documents {', '.join(contract.content)}"
            seen = f"empty {status} body"
            self._observe("malformed-body", message, seen=seen, documented=content, where=where, in_exchange=("body",))
            return None
        content_type = named_type or ""
        entry = contract.content_for(content_type)
        if entry is None:
            shown = essence(content_type) or "no media type"
            has = f"the media type {shown}" if essence(content_type) else shown
            seen, when = f"{shown} with {status}", ""
            probe = self._exchange.probe
            asks_for = header(self._exchange.request.headers, "Accept") or ""
            is_open = not any(essence(each) in asks_for for each in contract.content)
            if is_open and probe is not None and probe.deviates_at == ("header", "Accept"):
                # The answer had a documented type where `Accept` named it: one handler decides, whatever the status.
                seen, when = f"{shown} unless Accept names another", f" where {probe.note}"
            message = f"the {status} response has {has}{when}; the contract documents {', '.join(contract.content)}"
            named = ("header", "Content-Type")
            self._observe(
                "undocumented-content-type", message, seen=seen, documented=content, where=where, in_exchange=named
            )
            return None
        if response.cut:
            return None
        if response.undecoded:
            message = f"the body of the {status} response cannot be read: {response.undecoded}"
            seen = f"undecodable {status} body"
            self._observe("malformed-body", message, seen=seen, documented=content, where=where, in_exchange=("body",))
            return None
        body = read_body(entry, response.body, content_type)
        if isinstance(body, Malformed):
            # What is cut off at a Content-Length that is too short is one fault, and told.
            if not response.framing:
                self._observe(
                    "malformed-body",
                    f"the body of the {status} response {body.predicate}: {body.message}",
                    seen=f"malformed {status} body",
                    documented=entry.media.source,
                    where=where,
                    in_exchange=("body",),
                )
            return None
        self.evidence.append(Evidence(entry.clause.key, "held"))
        if entry.codec_of(content_type) is JSON and (name := _repeated_member(response.body)) is not None:
            self._observe(
                "malformed-body",
                f"the body of the {status} response has the member {show(name)} twice in one object: programs keep one "
                "or the other",
                seen=f"repeated member {name}",
                documented=entry.media.source,
                severity="warning",
                where=where,
                in_exchange=("body",),
            )
        judging = entry.message_of(content_type)
        if judging is not None:
            judgement = (
                _judged(judging, entry, content_type, response.body) if self._with_evidence else judging.broken(body)
            )
            self._schema("response-schema", judgement, f"the {status} response", ("body",), judging)
        return body

    def _schema(
        self, rule: str, judgement: Judgement, what: str, part: tuple[str, ...], message: Message | None = None
    ) -> None:
        has_body = part == ("body",)
        self.evidence += (Evidence(clause.key, "held") for clause in judgement.upheld)
        further = f"; {judgement.more} further breaches of this answer are not listed" if judgement.more else ""
        breaches = [breach for breach in judgement.breaches if self._is_recorded((*part, *breach.reported_at))]
        if has_body and breaches and (self._selects_members or _names_its_members(self._exchange)):
            breaches = [breach for breach in breaches if breach.clause.keyword != "required"]
        causes = BreachCauses(rule, self._operation.key, breaches, message)
        for breach in first_by_place(breaches):
            self._observe(
                "write-only-leaked" if breach.clause.keyword == "writeOnly" else rule,
                explain(breach, what, has_body=has_body) + further,
                clause=breach.clause,
                seen=_aspect(breach) if has_body else "",
                at=breach.location if rule == "response-schema" else (),
                alternatives=tuple(reasons(breach)),
                in_exchange=(*part, *breach.reported_at),
                causes=causes.of(breach),
            )
        self.evidence += (Evidence(breach.clause.key, "broken") for breach in breaches)

    @property
    def _selects_members(self) -> bool:
        """Whether the request says which members the answer shall have: by a query parameter for that, or by a header
        with `format: mask`, which Flask-RESTX documents for each operation."""
        sent = {name for name, value in query_pairs(self._exchange.request.target.partition("?")[2]) if value}
        selecting = (
            contract.parameter.name
            for contract in self._operation.parameters
            if contract.parameter.location == "query" and _SELECTS.fullmatch(contract.parameter.name)
        )
        return not sent.isdisjoint(selecting) or any(
            contract.message is not None
            and isinstance(contract.message.schema, dict)
            and contract.message.schema.get("format") == "mask"
            and header(self._exchange.request.headers, contract.parameter.name)
            for contract in self._operation.parameters
            if contract.parameter.location == "header"
        )

    def _is_recorded(self, place: tuple[str, ...]) -> bool:
        return not any(place[: len(part)] == part for part in self._unrecorded)

    def _headers(self, contract: ResponseContract) -> None:
        for documented in contract.headers:
            name, required, message = documented.header.name, documented.required, documented.message
            lines = [line for key, line in self._response.headers if key.lower() == name.lower()]
            if not lines:
                if required is not None and name.lower() not in _OF_CONNECTION:
                    what = f"the {self._response.status} response lacks the header `{name}`"
                    self._observe("response-header", what, clause=required, in_exchange=("header",))
                    self.evidence.append(Evidence(required.key, "broken"))
                continue
            if required is not None:
                self.evidence.append(Evidence(required.key, "held"))
            if message is not None:
                what = f"the header `{name}`"
                for value in header_values(documented.header, message, lines):
                    self._schema("response-header", message.judge(value), what, ("header", name))


def _names_its_members(exchange: Exchange) -> bool:
    """Whether the body of a request lists the members that the answer has, as a search does: `"select": ["id"]`."""
    assert exchange.response is not None
    try:
        asked, shown = parse_json(exchange.request.body or b""), parse_json(exchange.response.body)
    except ValueError:
        return False
    objects = [each for each in (shown if isinstance(shown, list) else [shown]) if isinstance(each, dict)]
    listed = (
        value
        for name, value in (asked.items() if isinstance(asked, dict) else ())
        if isinstance(value, list) and _SELECTS.fullmatch(name) and all(isinstance(each, str) for each in value)
    )
    return bool(objects) and any(all(set(each) <= set(names) for each in objects) for names in listed)


def _is_conditional(request: Request) -> bool:
    """Whether a request asks for content only where it has changed, so that 304 is an answer which needs no document
    (RFC 9110 section 15.4.5)."""
    return any(name.lower() in ("if-none-match", "if-modified-since") for name, _ in request.headers)


def _elsewhere(response: Response) -> str:
    """Where a redirect leads, which nobody follows."""
    location = header(response.headers, "Location") if 300 <= response.status < 400 else None
    return f", a redirect to {show(location)}" if location else ""


def _aspect(breach: Breach) -> str:
    """What tells breaches of one assertion of a shared schema apart. An answer that is something else altogether has
    another origin than a member that is."""
    if breach.clause.keyword != "type":
        return ""
    if breach.value is None:
        return "null"
    return "" if breach.location else "whole"


@lru_cache(maxsize=256)
def _repeated_member(body: bytes) -> str | None:
    """Cached as `_judged` is."""
    return repeated_member(body)


@lru_cache(maxsize=256)
def _judged(message: Message, entry: MediaContract, content_type: str, body: bytes) -> Judgement:
    """The judgement of a well-formed body, cached because servers refuse many requests with the same body."""
    return message.judge(read_body(entry, body, content_type))
