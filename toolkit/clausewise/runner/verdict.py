"""The verdict on a run: a result in, the same with the policy of the gate applied out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from clausewise.options import GatePolicy
from clausewise.results import gate
from clausewise.runner.run import Result
from clausewise.transport.budget import BudgetSpent

INTERRUPTED = "the run was interrupted; the findings so far are listed"


def judged(
    result: Result, policy: GatePolicy, known: frozenset[str] = frozenset(), operations: Sequence[str] = ()
) -> Result:
    """`result` with its verdict. Findings whose ids are `known` do not count; `operations` are all of the contract."""
    reason = _incomplete(result)
    tested = msgspec.structs.replace(result.run, incomplete=(reason,) if reason else msgspec.UNSET)
    today = datetime.now(UTC).date()
    run = gate.apply_policy(tested, policy, baseline=known, today=today, operations=operations)
    return msgspec.structs.replace(result, run=run)


def _incomplete(result: Result) -> str:
    """Why the run did not test what it should; "" where it reached its end."""
    if result.interrupted:
        return INTERRUPTED
    if result.stopped is not None and not isinstance(result.stopped, BudgetSpent):
        return f"the run had to stop: {result.stopped}"
    if result.run.requests == 0:
        return "no request was sent: nothing was tested"
    return "nothing was tested" if lacks_credentials(result) else ""


def lacks_credentials(result: Result) -> bool:
    """Whether the run found only that the server requires credentials."""
    return bool(result.missing_credentials) and not result.run.findings


def nothing_tested(result: Result) -> str:
    """Why nothing was tested; "" where something was."""
    if result.run.requests and not lacks_credentials(result):
        return ""
    reason = next((one.text for one in result.run.unaccepted or ()), "the contract has no operation")
    return result.missing_credentials or reason
