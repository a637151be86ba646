"""Crashes that a phase met while it explored, and that the end of its time kept it from tracing to a value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from clausewise.conformance.checker import Checker
from clausewise.contract.operation import OperationContract
from clausewise.exchange import Exchange
from clausewise.media.json import parse_json
from clausewise.results.evidence import Observation
from clausewise.results.faults import size
from clausewise.values.edit import get


def crashed(exchange: Exchange) -> bool:
    """Whether a server failed on a request."""
    return exchange.response is not None and exchange.response.status >= 500


def untraced(
    operation: OperationContract, explored: Iterable[Exchange], reported: Sequence[Exchange]
) -> Iterator[Observation]:
    """The crashes among those that were `explored` which none of the ones already `reported` explains: of those that
    look alike the plainest."""
    checker, found = Checker(operation), dict[str, Observation]()
    for exchange in sorted(explored, key=size):
        if exchange.probe is None or any(_explains(known, exchange) for known in reported):
            continue
        probe = msgspec.structs.replace(exchange.probe, explores=False)
        for observation in checker.check(msgspec.structs.replace(exchange, probe=probe)).observations:
            if observation.rule == "server-error":
                found.setdefault(observation.symptom, observation)
    yield from found.values()


def _explains(known: Exchange, exchange: Exchange) -> bool:
    """Whether a request holds the value that crashed the server in the `known` one."""
    assert known.response is not None and exchange.response is not None
    if known.response.status != exchange.response.status or known.probe is None:
        return False
    part, *location = known.probe.deviates_at or ("",)
    if part != "body":
        # What crashes without a value of its own crashes with any.
        return True
    try:
        here, there = (parse_json(one.request.body or b"") for one in (known, exchange))
    except ValueError:
        return False
    return bool(_value(here, location) == _value(there, location))


def _value(document: object, location: Sequence[str | int]) -> object:
    """The value at `location`; `...` where there is none."""
    try:
        return get(document, tuple(location))
    except (KeyError, IndexError, TypeError, ValueError):
        return ...
