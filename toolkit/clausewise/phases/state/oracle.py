"""The interface of oracles, and how one is asked."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from clausewise.phases.base import status_of
from clausewise.phases.state.kind import Kind, Steps


class Oracle(msgspec.Struct, frozen=True):
    """A question that several answers about the resources of one type decide together."""

    #: stands in notes
    name: str
    #: what has to hold, as a sentence
    sentence: str
    #: slugs of the rules that it can find broken
    rules: tuple[str, ...]
    #: requests for each type of resource, at most
    budget: int
    #: asks it: sends requests about a kind, calls `kind.find` for each fault and `kind.leave` for what it cannot try
    ask: Callable[[Kind], Steps]
    #: whether it goes on after a 5xx, because that is an answer to it; else it ends there: the crash is a finding
    survives_crashes: bool = False


def ask(oracle: Oracle, kind: Kind) -> Steps:
    """Ask `oracle` about a kind, until it has its answers, its budget is used up, or the server fails."""
    steps, left = oracle.ask(kind), oracle.budget
    batch = next(steps, None)
    while batch is not None:
        cases = list(batch)
        if len(cases) > left:
            kind.leave(
                f"{oracle.name}: not all was tried of {kind.type.path}, as it takes over {oracle.budget} requests"
            )
            return
        left -= len(cases)
        exchanges = yield cases
        failed = any(exchange.response is None for exchange in exchanges)
        if failed or (not oracle.survives_crashes and any(status_of(exchange) >= 500 for exchange in exchanges)):
            return
        try:
            batch = steps.send(exchanges)
        except StopIteration:
            return
