"""Values that a server should have refused, and that it shows: its fault is that it accepted them, not that it shows
them.

The same exchange may show them, or any later one that reads what was stored. There they are known again by their name
and a short digest of their value.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from clausewise.contract.bodies import sent_value
from clausewise.contract.clause import Clause
from clausewise.contract.operation import OperationContract
from clausewise.contract.request import judge_request
from clausewise.exchange import Exchange
from clausewise.media.json import values_in
from clausewise.results.evidence import COMMON, Observation
from clausewise.security.names import is_secret_member
from clausewise.values.edit import get

#: values that servers also show for reasons of their own
_COMMON: tuple[Any, ...] = (None, True, False, 0, 1, "", [], {})

#: keywords that a value breaks by being left out
_PRESENCE = frozenset({"required", "dependentRequired"})

#: items of the longest array that is known again
_ITEMS = 100

#: bytes of a digest: enough to tell the values of a run apart, too few to tell what a value was
_DIGEST = 3


def with_values(
    observations: Sequence[Observation],
    operation: OperationContract,
    exchange: Exchange,
    answer: Any,
    clauses: Mapping[str, Clause],
) -> list[Observation]:
    """`observations` of one exchange and its `answer` without those that show what this very request was to be refused
    for; each of the others with the `value` by which an accepted breach is found again in what later answers show."""
    sent = _sent(operation, exchange) if observations else None
    probe = exchange.probe
    breached = clauses.get(probe.clause or "") if probe is not None and probe.expect == "refuse" else None
    found = []
    for each in observations:
        clause = clauses.get(each.clause or "")
        if each.rule == "invalid-request-accepted" and sent is not None:
            each = msgspec.structs.replace(each, value=_digest(*sent))
        elif clause is not None and clause.direction == "response":
            if sent is not None and _is_of(sent, clause, answer):
                continue
            if breached is not None and _lack_the_same(breached, clause):
                continue
            if each.rule == "response-schema":
                each = msgspec.structs.replace(each, value=_shown(each, answer))
        found.append(each)
    return found


def _sent(operation: OperationContract, exchange: Exchange) -> tuple[str, Any] | None:
    """The name and the value of what deviates in a request that should be refused; None where that is not known."""
    probe = exchange.probe
    if probe is None or probe.expect != "refuse" or not probe.deviates_at:
        return None
    part, *location = probe.deviates_at
    try:
        if part == "body":
            value = get(sent_value(operation.body, exchange.request), tuple(location))
        else:
            place, _, name = str(part).partition(".")
            judgement = judge_request(operation, exchange.request, operation.match(exchange.request.target))
            location = [name, *location]
            value = get(judgement.parameters[place, name], tuple(location[1:]))
    except (ValueError, KeyError, IndexError, TypeError):
        return None
    return next((step for step in reversed(location) if isinstance(step, str)), ""), value


def _is_of(sent: tuple[str, Any], clause: Clause, answer: Any) -> bool:
    """Whether `answer` breaks `clause` with what was sent: it has a member of that name and value, at any depth."""
    name, value = sent
    return name in clause.path and any(
        isinstance(each, dict) and name in each and each[name] == value for each in values_in(answer)
    )


def _lack_the_same(breached: Clause, clause: Clause) -> bool:
    """Whether a request lacked the member that the answer lacks."""
    return (
        breached.direction == "request"
        and breached.part == "body"
        and breached.keyword in _PRESENCE
        and clause.keyword in _PRESENCE
        and breached.path[-1:] == clause.path[-1:]
    )


def _shown(observation: Observation, answer: Any) -> str:
    """The digest of the value that an answer shows where it is wrong; "" where it shows none."""
    name, value = "", answer
    try:
        for step in observation.at:
            name = step if isinstance(value, dict) else name
            value = value[step] if isinstance(value, dict) else value[int(step)]
    except (KeyError, IndexError, TypeError, ValueError):
        return ""
    return _digest(name, value)


def _digest(name: str, value: Any) -> str:
    """What stands for a member of this `name` and `value` in a record; "" where it has no name, holds a secret, or is
    large."""
    if not name or is_secret_member(name) or (isinstance(value, dict | list) and len(value) > _ITEMS):
        return ""
    text = json.dumps([name, value], sort_keys=True, default=str)
    digest = hashlib.blake2b(text.encode(), digest_size=_DIGEST).hexdigest()
    is_common = any(value == each and type(value) is type(each) for each in _COMMON)
    return f"{COMMON}{digest}" if is_common else digest
