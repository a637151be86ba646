"""The phase `roles`: what a user has no right to is refused.

Only a user knows which rights the roles of a server have, so it asks nothing but what the configuration names: for each
operation that is forbidden to a role, a request that was accepted is sent with the credentials of that role.
"""

from __future__ import annotations

from clausewise.exchange import Probe
from clausewise.generation.prover import Case, Prover
from clausewise.phases.base import PhaseInterrupted, PhaseResult, Steps, Task, status_of
from clausewise.results.evidence import Observation

#: statuses that refuse a user: they forbid it, or hide what there is (RFC 9110 section 15.5.4)
_REFUSALS = frozenset({403, 404})


def run(task: Task) -> Steps:
    """Send the accepted request of an operation as each user to whom it is forbidden."""
    operation, context = task.operation, task.context
    assert operation is not None and task.baseline is not None
    notes, observations = list[str](), list[Observation]()
    for role in context.options.roles:
        if operation.key not in role.forbidden:
            continue
        untested = f"{operation.key}: not tested whether it refuses the role `{role.name}`"
        if not task.baseline.bases:
            notes.append(f"{untested}: it accepted no request of the first user")
            continue
        own = context.roles[role.name]
        if not own.of(operation.operation).can_call:
            notes.append(f"{untested}: the role has none of the credentials that it requires")
            continue
        base = task.baseline.bases[0].draft
        prover = Prover(operation, own, base.media)
        note = f"an accepted request with the credentials of the role `{role.name}`"
        try:
            (exchange,) = yield [Case(prover.request(base), Probe(operation.key, "roles", note, "any"))]
        except PhaseInterrupted:
            notes.append(f"{untested}: the run ended before")
            break
        status = status_of(exchange)
        if exchange.accepted:
            message = f"{operation.key} accepted ({status}) {note}, to which it is forbidden"
            observations.append(
                Observation.of(
                    "role-not-enforced", operation.key, exchange, message, where=f"response.{status}", seen=role.name
                )
            )
        elif status not in _REFUSALS:
            notes.append(f"{untested}: it answered {status} to an accepted request with the credentials of the role")
    return PhaseResult(notes=tuple(notes), observations=tuple(observations))
