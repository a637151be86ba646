"""The rules about a server's reaction to a request: it must accept valid requests and refuse invalid ones."""

from __future__ import annotations

from clausewise.conformance.breach_outcome import ABOUT_FORM, outcome_of_breach, unrelated
from clausewise.conformance.refusals import ends_before_it_begins, excuse_of, lacks_its_value
from clausewise.conformance.response import is_deliberate
from clausewise.conformance.routing import Fallback, is_routers
from clausewise.contract.clause import Clause
from clausewise.contract.keywords import name_at
from clausewise.contract.operation import OperationContract
from clausewise.exchange import Exchange, Probe
from clausewise.phase_table import phase_row
from clausewise.results.evidence import BESIDE, UNDOCUMENTED_MEMBER, Evidence, Observation, Outcome

#: keywords about the items of an array
_OF_ARRAYS = frozenset({"minItems", "maxItems", "uniqueItems", "contains", "minContains", "maxContains"})

#: types of values that are no texts, as an operation takes several
_PLURALS = {"array": "arrays", "object": "objects", "integer": "numbers", "number": "numbers"}


def judge_outcome(
    operation: OperationContract, exchange: Exchange, clauses: dict[str, Clause], fallback: Fallback | None = None
) -> tuple[list[Observation], list[Evidence]]:
    """Everything that the outcome of a probe shows of the clauses it keeps or breaks; nothing where the server's
    `fallback` gave the answer."""
    probe = exchange.probe
    if probe is None:
        return [], []
    clause = clauses.get(probe.clause or "")
    outcome = _outcome(operation, exchange, probe, clause, fallback)
    if outcome is None or (outcome == "crashed" and probe.explores):
        return [], []
    keys = probe.breaks if probe.expect == "refuse" else probe.keeps
    evidence = [Evidence(key, outcome) for key in keys]
    if outcome == "crashed" and clause is not None and clause.key not in keys:
        evidence = [Evidence(clause.key, outcome)]
    rule = {"accepted": _accepted_rule(clause), "rejected": "valid-request-rejected"}.get(outcome)
    if rule is None:
        return [], evidence
    assert exchange.response is not None
    status = exchange.response.status
    what = f"a request where {probe.note}" if phase_row(probe.phase).deviates else probe.note
    if outcome == "rejected" and probe.aspect.startswith(BESIDE):
        is_range = ends_before_it_begins(operation, exchange)
        return [] if is_range else [_excluding(operation, exchange, clause, what)], []
    excuse = excuse_of(operation, exchange, clause) if outcome == "rejected" else None
    if outcome == "rejected" and probe.aspect == UNDOCUMENTED_MEMBER:
        return ([_refused_member(operation, exchange, what)] if excuse in ("text", None) else []), []
    if excuse is not None:
        # It shows nothing of the clauses that the request keeps.
        notes = {
            "text": _refused_text,
            "form": _refused_form,
            "together": _refused_together,
            "told": _refused_as_told,
        }
        return ([notes[excuse](operation, exchange, clause, what)] if excuse in notes else []), []
    rule_text = f"; the contract says {clause.text}" if clause is not None else ""
    if clause is not None and outcome == "rejected" and lacks_its_value(operation, exchange):
        rule_text = f"; the contract does not require {name_at(clause.path, clause.part)}"
    verb = "accepted" if outcome == "accepted" else "refused"
    observation = Observation.of(
        rule,
        operation.key,
        exchange,
        f"{operation.key} {verb} ({status}) {what}{rule_text}",
        clause=clause,
        where="request",
        seen=probe.aspect,
        explained_by=probe.breaks[1:],
    )
    return [observation], evidence


def _excluding(operation: OperationContract, exchange: Exchange, clause: Clause | None, what: str) -> Observation:
    """The note that members are refused together, each of which is accepted alone."""
    assert exchange.response is not None and exchange.probe is not None
    return Observation.of(
        "valid-request-rejected",
        operation.key,
        exchange,
        f"{operation.key} refused ({exchange.response.status}) {what}, and accepts each of them alone; the contract "
        "allows them together",
        clause=clause,
        severity="note",
        where="request",
        seen=exchange.probe.aspect,
    )


def _refused_together(
    operation: OperationContract, exchange: Exchange, clause: Clause | None, what: str
) -> Observation:
    """The note that an operation refuses a member, or a parameter, beside another one."""
    assert exchange.response is not None
    return Observation.of(
        "valid-request-rejected",
        operation.key,
        exchange,
        f"{operation.key} refused ({exchange.response.status}) {what}, because of another one that is there; the "
        "contract allows them together",
        clause=clause,
        severity="note",
        where="request",
        seen="together",
    )


def _refused_member(operation: OperationContract, exchange: Exchange, what: str) -> Observation:
    """The note that an operation refuses a member which the contract allows, because it does not close the object."""
    assert exchange.response is not None
    return Observation.of(
        "valid-request-rejected",
        operation.key,
        exchange,
        f"{operation.key} refused ({exchange.response.status}) {what}; the contract allows such members where "
        "`additionalProperties` is not false",
        severity="note",
        where="request.body",
        seen=UNDOCUMENTED_MEMBER,
    )


def _refused_text(operation: OperationContract, exchange: Exchange, clause: Clause | None, what: str) -> Observation:
    """The note that an operation refuses texts which the contract allows; all of them are one."""
    kind = clause.value if clause is not None and clause.keyword == "type" and isinstance(clause.value, str) else ""
    is_array = clause is not None and clause.keyword in _OF_ARRAYS
    values = "arrays" if is_array else _PLURALS.get(kind, "texts")
    what = f"{what}; the contract does not say which {values} it takes"
    return _excused(operation, exchange, clause, what, seen="a text")


def _refused_form(operation: OperationContract, exchange: Exchange, clause: Clause | None, what: str) -> Observation:
    """The note that an operation refuses a form of our own; all of them are one."""
    why = "OpenAPI leaves open how an array or an object is written inside another one"
    return _excused(operation, exchange, clause, f"{what}; {why}", seen="an array or object inside another one")


def _refused_as_told(operation: OperationContract, exchange: Exchange, clause: Clause | None, what: str) -> Observation:
    """The note that an operation has a rule which the contract tells in prose; all of them are one."""
    what = f"{what}; only a description in the contract says why"
    return _excused(operation, exchange, clause, what, seen="told in prose")


def _excused(
    operation: OperationContract, exchange: Exchange, clause: Clause | None, what: str, *, seen: str
) -> Observation:
    """A note on a refusal; all of one kind in an operation are one."""
    assert exchange.response is not None
    return Observation.of(
        "valid-request-rejected",
        operation.key,
        exchange,
        f"{operation.key} refused ({exchange.response.status}) {what}",
        severity="note",
        where=clause.where if clause is not None else "request",
        seen=seen,
    )


def _accepted_rule(clause: Clause | None) -> str:
    special = {"security": "auth-not-enforced", "methods": "undocumented-method-accepted"}
    return special.get(clause.keyword if clause else "", "invalid-request-accepted")


def _outcome(
    operation: OperationContract, exchange: Exchange, probe: Probe, clause: Clause | None, fallback: Fallback | None
) -> Outcome | None:
    """None where the answer shows nothing: a documented 5xx status, or a refusal that may not be because of a valid
    request."""
    response = exchange.response
    breaks = probe.expect == "refuse"
    if probe.asks_for is not None:
        return None
    if response is None:
        return "unanswered" if breaks else None
    if refuses_method(operation, exchange):
        return "refused"
    on_purpose = response.status >= 500 and is_deliberate(operation, response.status)
    if on_purpose or is_routers(operation, exchange, fallback):
        return (unrelated(response.status) if response.status >= 300 else "missing") if breaks else None
    if response.status >= 500:
        return "crashed"
    taken = 200 <= response.status < 300
    if taken and not exchange.accepted:
        # It was refused, and why is not told by a status.
        return None
    if breaks:
        if taken:
            return "accepted"
        # Where several clauses are broken, the first is the one that the probe is about.
        shows_nothing = probe.unaccepted or response.status < 300
        return None if shows_nothing else outcome_of_breach(operation, clause, response.status)
    # The redirect that an operation documents alone may also lead back to a form with a message.
    if taken or (response.status < 400 and operation.succeeds_with(response.status)):
        return "kept"
    return "rejected" if probe.expect == "accept" and response.status in ABOUT_FORM else None


def refuses_method(operation: OperationContract, exchange: Exchange) -> bool:
    """Whether the server says that it does not offer a method, which the contract does not offer either (405), or does
    not know it (501; RFC 9110 sections 15.5.6 and 15.6.2)."""
    response = exchange.response
    is_other = exchange.request.method != operation.operation.method
    return is_other and response is not None and response.status in (405, 501)
