"""The rule about `status` in a problem: it is that of the answer (RFC 9457 section 3.1.2)."""

from __future__ import annotations

from typing import Any

import msgspec

from clausewise.contract.operation import OperationContract
from clausewise.exchange import Exchange, header
from clausewise.media.types import essence
from clausewise.results.causes import Causes
from clausewise.results.evidence import Observation

#: media types of problems
_PROBLEMS = frozenset({"application/problem+json", "application/problem+xml"})


def check_problem(operation: OperationContract, exchange: Exchange, answer: Any) -> list[Observation]:
    """What is wrong with the status in an `answer` that is a problem, if anything; all of it has one cause."""
    response, probe = exchange.response, exchange.probe
    if response is None or not isinstance(answer, dict) or (probe is not None and probe.asks_for is not None):
        # An answer that was asked for by its status is made up.
        return []
    media_type = essence(header(response.headers, "Content-Type") or "")
    told = answer.get("status")
    is_number = isinstance(told, int) and not isinstance(told, bool)
    if media_type not in _PROBLEMS or not is_number or told == response.status:
        return []
    found = Observation.of(
        "problem-status",
        operation.key,
        exchange,
        f"{operation.key} answered {response.status} with a problem whose `status` is {told}",
        where=f"response.{response.status}.body.status",
        seen="status",
        at=("status",),
        in_exchange=("response", "body", "status"),
    )
    return [msgspec.structs.replace(found, causes=Causes(frozenset({("problem", "status")})))]
