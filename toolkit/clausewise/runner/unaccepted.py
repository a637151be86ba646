"""Finds the operations that accepted no request in a run, with the answers that came instead and what a user can do.

Such an operation is not tested, whatever the verdicts on its clauses are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from clausewise.conformance.breach_outcome import DENIALS
from clausewise.contract.operation import OperationContract
from clausewise.exchange import Exchange, header
from clausewise.phases.base import Context
from clausewise.recordings.exchange_file import Ordered
from clausewise.results.collector import Observed
from clausewise.results.evidence import may_be_accepted
from clausewise.results.record import Unaccepted
from clausewise.transport.budget import SAFE_METHODS

#: characters of an answer that are kept
_KEPT = 160

_OTHER_VALUES = "give values that the server accepts in [tool.clausewise.values], or examples in the contract"

_EXPIRED = "the credentials that were given may have expired, or may not allow this: give others"
_NOT_ALLOWED = (
    "the credentials that were given, which other operations accept, may not allow this: give others, or name what "
    "they may use in [tool.clausewise.values]"
)

#: whether an answer is of a kind -> what a user can do where all answers are
_REMEDIES: tuple[tuple[Callable[[str], bool], str], ...] = (
    (lambda answer: answer in ("404", "410"), "check the base URL, or name what exists in [tool.clausewise.values]"),
    (lambda answer: answer in ("405", "501"), "take out of the contract what the server does not offer"),
    (lambda answer: answer in ("429", "503"), "lower --rate or --connections, or try again later"),
    (lambda answer: answer.startswith("3"), "check the base URL, and whether the redirect leads to a login"),
    (lambda answer: answer == "endless", "clausewise tests no streams"),
    (lambda answer: answer.startswith("5") or not answer.isdigit(), "correct what the findings name"),
)


def unaccepted_in(context: Context, observed: Observed, ended: str) -> tuple[Unaccepted, ...]:
    """Those of the tested operations that accepted no request. `ended` says why the run ended before its phases did; ""
    where it did not."""
    refusing = {one.key: one for one in context.operations if one.key not in observed.accepted}
    answers: dict[str, set[str]] = {}
    texts: dict[str, str] = {}
    denials: dict[str, str] = {}
    are_good = any(one.key in observed.accepted and one.security is not None for one in context.operations)
    for exchange in Ordered(observed.exchanges) if refusing else ():
        probe = exchange.probe
        if probe is None or probe.operation not in refusing or not may_be_accepted(probe):
            continue
        answers.setdefault(probe.operation, set()).add(_answer(exchange))
        is_denial = exchange.response is not None and exchange.response.status in DENIALS
        of_kind = denials if is_denial else texts
        of_kind[probe.operation] = of_kind.get(probe.operation) or _text(exchange)
    # The remedy for a denial comes first, so its words do.
    said = {key: denials.get(key) or texts.get(key, "") for key in answers}
    return tuple(
        Unaccepted(key, tuple(sorted(answers[key])), said[key], _remedy(context, one, answers[key], are_good))
        if key in answers
        else _not_asked(context, one, observed, ended)
        for key, one in refusing.items()
    )


def _not_asked(context: Context, operation: OperationContract, observed: Observed, ended: str) -> Unaccepted:
    if context.leave.why and operation.operation.method not in SAFE_METHODS:
        # Whoever forbids every write has left it out on purpose; who said nothing has not.
        state: Literal["new", "excluded"] = "excluded" if context.options.allow_writes == 0 else "new"
        return Unaccepted(operation.key, (), context.leave.why, context.leave.remedy, state)
    credentials = context.credentials.of(operation.operation)
    if not credentials.can_call:
        needed, _, how = credentials.missing.partition(": ")
        return Unaccepted(operation.key, (), needed, how)
    given = (observed.untested.get(clause.key) for clause in operation.clauses)
    reason = next((reason.message for reason in given if reason and reason.kind == "never-accepted"), "")
    if reason and not (ended and reason.endswith(ended)):
        return Unaccepted(operation.key, (), reason, _OTHER_VALUES)
    why = ended or "the run ended before its turn"
    return Unaccepted(operation.key, (), why, "give the run more room, or name fewer operations with --operation")


def _answer(exchange: Exchange) -> str:
    if exchange.response is not None:
        return str(exchange.response.status)
    return exchange.failure.kind if exchange.failure is not None else "disconnect"


def _text(exchange: Exchange) -> str:
    """What a refusal says; "" where that is not for people to read, such as a page of HTML."""
    if exchange.response is None:
        return ""
    location = header(exchange.response.headers, "Location")
    if 300 <= exchange.response.status < 400 and location:
        return f"Location: {location[:_KEPT]}"
    text = " ".join(exchange.response.body[: 4 * _KEPT].decode("utf-8", "replace").split())
    return "" if len(text) < 3 or text.startswith("<") else text[:_KEPT]


def _remedy(context: Context, operation: OperationContract, answers: set[str], are_good: bool) -> str:
    """What a user can do. `are_good` says whether another operation took the credentials that it requires."""
    is_denied = any(str(status) in answers for status in DENIALS)
    # A login that requires no credentials denies what the request itself holds.
    if is_denied and not (are_good and operation.security is None):
        missing = context.credentials.of(operation.operation).missing
        if missing:
            return missing.partition(": ")[2]
        if not (context.credentials.are_given or context.credentials.given):
            return "give credentials with -H or in [tool.clausewise.credentials]"
        return _NOT_ALLOWED if are_good else _EXPIRED
    general = next((remedy for fits, remedy in _REMEDIES if all(map(fits, answers))), "")
    if not (general or operation.parameters or operation.body):
        return "add to the contract what the server asks for"
    return general or _OTHER_VALUES
