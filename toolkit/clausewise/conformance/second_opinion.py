"""Checks a fault with `jsonschema`, a schema engine independent of the one that found it."""

from __future__ import annotations

import re
from typing import Any

from clausewise.contract.bodies import read_body
from clausewise.contract.clause import Clause
from clausewise.contract.contract import Contract
from clausewise.contract.message import Message
from clausewise.contract.operation import OperationContract
from clausewise.contract.second_engine import python_validator
from clausewise.exchange import Exchange, header
from clausewise.media.codec import Malformed
from clausewise.results.evidence import Observation
from clausewise.results.faults import Fault, faults_in


def disagreement(contract: Contract, fault: Fault[Observation]) -> Fault[Observation] | None:
    """The fault that `jsonschema` accepts a response body which breaks a clause; None where the engines agree.

    Only `response-schema` faults are checked, on the exchange that shows them.
    """
    observation, exchange = fault.shown, fault.exchange
    if observation.rule != "response-schema" or exchange is None:
        return None
    operation = contract.operation(observation.operation)
    clause = next((clause for clause in operation.clauses if clause.key == observation.clause), None)
    if clause is None or not _disagrees(operation, exchange, clause):
        return None
    message = f"a second schema engine, jsonschema, accepts a body that breaks a clause: {observation.message}"
    opinion = Observation.of("engine-disagreement", operation.key, exchange, message, clause=clause, at=observation.at)
    return next(faults_in([(opinion, fault.source)], exchange, written=fault.written))


def _disagrees(operation: OperationContract, exchange: Exchange, clause: Clause) -> bool:
    if (
        exchange.response is None
        or exchange.response.cut
        or clause.direction != "response"
        or ".body" not in clause.part
    ):
        return False
    contract = operation.response_for(exchange.response.status)
    content_type = header(exchange.response.headers, "Content-Type") or ""
    entry = contract.content_for(content_type) if contract is not None else None
    message = entry.message_of(content_type) if entry is not None else None
    if entry is None or message is None:
        return False
    body = read_body(entry, exchange.response.body, content_type)
    return not isinstance(body, Malformed) and _accepts(message, body)


def _accepts(message: Message, body: Any) -> bool:
    try:
        return bool(python_validator(message.schema).is_valid(body))
    except (re.error, RecursionError):
        # Python cannot read the pattern, or the value is nested too deeply for it.
        return False
