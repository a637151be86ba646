"""The error of a run that is not let in any more: what shows it, and the request that most likely did it."""

from __future__ import annotations

from collections.abc import Sequence

from clausewise.conformance.breach_outcome import DENIALS
from clausewise.contract.contract import Contract
from clausewise.errors import TargetError
from clausewise.exchange import Failure
from clausewise.phase_table import phase_row
from clausewise.resources.destruction import Destruction
from clausewise.runner.canaries import Denial
from clausewise.runner.canary import appearance_of, media_type_of
from clausewise.runner.sent import Sent

_LOG_IN = "set credentials-command in [tool.clausewise] to log in again"


def shut_out(
    contract: Contract, target: str, denial: Denial, since: Sequence[Sent], number: int, *, renewed: bool
) -> TargetError:
    """The error of a run whose canary was denied.

    `since` are the requests since a canary was let in, in the order of their answers, and `number` counts the answers
    before them; `renewed` says that new credentials were tried.
    """
    canary, answer = denial.canary, denial.answer
    blame = f"; {_blame(contract, denial, since, number)}" if since else ""
    refused = sum(not sent.result.accepted for sent in since)
    uncounted = f"; the {refused} refusals since then do not count" if refused > 1 else ""
    if isinstance(answer, Failure):
        message = f"{target} is gone" if answer.kind == "connect" else f"{target} does not answer any more"
        return TargetError(f"{message}: {answer.message}{blame}{uncounted}")
    also = ", also with new credentials" if renewed else ""
    page = media_type_of(answer) if 200 <= answer.status < 300 else ""
    how = f"{answer.status} with {page}" if page else str(answer.status)
    message = f"{canary.operation} answers {how} to a request that it accepted before{also}"
    if answer.status == 429:
        return TargetError(f"{message}{blame}{uncounted}", remedy="limit the requests per second with --rate")
    if not canary.slots or not (answer.status in DENIALS or 300 <= answer.status < 400):
        return TargetError(f"{message}: the server does not let the run in any more{blame}{uncounted}")
    lost = "the login is lost" if answer.status != 403 else "the login is lost, or the server does not let the run in"
    return TargetError(f"{message}: {lost}{blame}{uncounted}", remedy=None if renewed else _LOG_IN)


def _blame(contract: Contract, denial: Denial, since: Sequence[Sent], number: int) -> str:
    """The request that most likely did it: the most destructive one that was accepted; of a server that is gone, the
    first one without an answer, or the last that it failed at; else the last one before the refusals began."""
    worst = max((sent for sent in since if sent.result.accepted), key=_destroys, default=None)
    if worst is not None and _destroys(worst):
        return f"{_described(contract, worst)} most likely did it"
    silent = next((sent for sent in since if sent.result.failure is not None), None)
    if isinstance(denial.answer, Failure) and silent is not None:
        return f"the first request without an answer was {_described(contract, silent)}"
    failed = next((sent for sent in reversed(since) if _is_failure(sent)), None)
    if isinstance(denial.answer, Failure) and failed is not None:
        return f"the last 5xx before that was the answer to {_described(contract, failed)}"
    appearance = appearance_of(denial.canary.request, denial.answer)
    first = next((index for index, sent in enumerate(since) if sent.appearance == appearance), len(since))
    if first == 0:
        return f"it began with answer {number + 1}, to {_described(contract, since[0])}"
    return f"the last answer before that was number {number + first}, to {_described(contract, since[first - 1])}"


def _destroys(sent: Sent) -> Destruction:
    return sent.task.destroys if sent.task is not None else Destruction.NOTHING


def _is_failure(sent: Sent) -> bool:
    return sent.result.response is not None and sent.result.response.status >= 500


def _described(contract: Contract, sent: Sent) -> str:
    probe = sent.case.probe
    operation = contract.operation(probe.operation).operation
    line = f"{operation.method} {operation.path}"
    name = line if operation.key == line else f"{operation.key} ({line})"
    return f"{name} where {probe.note}" if probe.note and phase_row(probe.phase).deviates else name
