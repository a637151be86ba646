"""Follows what a 202 answer promises: the place that tells how far the work is (RFC 9110 section 15.3.3).

What is shown there changes while the work goes on, so it is read until it stays the same. Each answer is judged as any
other. The address in a header counts as wrong when that of a second request leads to nothing as well.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator

import msgspec

from clausewise.contract.operation import OperationContract
from clausewise.exchange import Exchange, Probe, header
from clausewise.generation.draft import Draft
from clausewise.generation.prover import Case, Prover
from clausewise.media.json import digest
from clausewise.phases.base import Task, status_of
from clausewise.resources.hrefs import own_addresses
from clausewise.resources.identity import resource_created_by, shown_in
from clausewise.resources.links import linked
from clausewise.resources.types import parameter_names
from clausewise.resources.uniqueness import moved_to, renewed
from clausewise.results.evidence import Observation

Steps = Generator[Iterable[Case], list[Exchange], list[Observation]]

#: headers that hold the address; the last two are in wide use without a standard
_HEADERS = ("Location", "Operation-Location", "Azure-AsyncOperation")

#: seconds before each reading, and how often the same is read until it counts as what stays
_WAITS, _STEADY = (0.0, 0.1, 0.2, 0.4, 0.7, 0.7, 0.7, 0.7), 3

#: requests whose promises are followed
_FOLLOWED = 2


class _Place(msgspec.Struct, frozen=True, eq=False):
    """Where an answer says that the work can be watched."""

    prover: Prover
    draft: Draft
    #: the header that names it, and its value; "" where the contract or the body does
    header: str = ""
    address: str = ""

    @property
    def operation(self) -> OperationContract:
        """What reads it."""
        return self.prover.operation

    def case(self, note: str, wait: float) -> Case:
        """A request that reads it."""
        probe = Probe(self.operation.key, "clauses", note, "any")
        return Case(self.prover.request(self.draft), probe, wait=wait)


def makes_promises(operation: OperationContract, exchanges: Iterable[Exchange]) -> bool:
    """Whether an operation may answer 202, by its contract or by what it answered."""
    return "202" in operation.responses or any(status_of(exchange) == 202 for exchange in exchanges)


def follow_promises(task: Task) -> Steps:
    """Send the task's accepted request again, and read what its 202 answer leads to; gives what is wrong with it."""
    baseline = task.baseline
    assert baseline is not None
    prover, base = baseline.prover.of(baseline.bases[0].draft), baseline.bases[0]
    operation = prover.operation
    if operation.operation.method == "DELETE" or baseline.spends or not task.context.remembers:
        return []
    found: list[Observation] = []
    for number in range(_FOLLOWED):
        fresh = renewed(prover, base.draft, baseline.places, task.rng) or base.draft
        probe = Probe(operation.key, "clauses", "the accepted request again", "any", branch=base.branch)
        (promise,) = yield [Case(prover.request(fresh), probe, lasting=True)]
        place = next(_places(task, operation, promise), None) if status_of(promise) == 202 else None
        if place is None:
            return []
        watched = yield [place.case(f"{operation.key} answered 202", 0.0)]
        if status_of(watched[0]) in (404, 410):
            watched = yield [place.case(f"{operation.key} answered 202 a while ago", _WAITS[-1])]
        if status_of(watched[0]) not in (404, 410):
            yield from _watch(place, watched[0], f"{operation.key} answered 202 before")
            return []
        if number + 1 == _FOLLOWED and place.header:
            found.append(_wrong(operation, promise, place, watched[0]))
    return found


def _watch(place: _Place, first: Exchange, note: str) -> Generator[Iterable[Case], list[Exchange], None]:
    """Read a place until it shows the same several times, or the answers end."""
    exchange, shown, same = first, None, 0
    for wait in (*_WAITS[1:], None):
        now = digest(shown_in(place.operation, exchange)) if exchange.accepted else None
        same = same + 1 if now == shown else 1
        shown = now
        if now is None or same == _STEADY or wait is None:
            return
        (exchange,) = yield [place.case(note, wait)]


def _places(task: Task, operation: OperationContract, promise: Exchange) -> Iterator[_Place]:
    """Where the work can be watched: as a header says, a link of the contract, an address in the body, or the id of
    what is being made."""
    assert promise.response is not None
    contract, inventory = task.context.contract, task.context.factory.inventory
    for name in _HEADERS:
        if address := header(promise.response.headers, name):
            yield from _led_to(task, promise, address, name)
    by_operation: dict[str, dict[str, object]] = {}
    for (key, name), value in linked(contract, operation, promise).items():
        by_operation.setdefault(key, {})[name.removeprefix("path.")] = value
    for key, values in by_operation.items():
        yield from _place(task, contract.operation(key), values)
    document = shown_in(operation, promise)
    for address in own_addresses(document):
        yield from _led_to(task, promise, address)
    made = inventory.type_created_by(operation)
    one = resource_created_by(made, promise) if made is not None else None
    if made is not None and made.get is not None and one is not None:
        yield from _place(task, made.get, dict(zip(parameter_names(made.get), one.values, strict=False)))


def _led_to(task: Task, promise: Exchange, address: str, named: str = "") -> Iterator[_Place]:
    led_to = task.context.factory.inventory.led_to(address, promise.request)
    if led_to is None:
        return
    path, values = led_to[0].operation.path, led_to[1]
    for operation in task.context.contract.operations:
        if operation.operation.path == path:
            for place in _place(task, operation, dict(zip(parameter_names(operation), values, strict=True))):
                yield msgspec.structs.replace(place, header=named, address=address)


def _place(task: Task, operation: OperationContract, values: dict[str, object]) -> Iterator[_Place]:
    """The reading of `operation` with these `values` in its path; none where it does not read, lacks one, or needs more
    than has been seen to be accepted."""
    names = parameter_names(operation)
    if operation.operation.method != "GET" or not all(values.get(name) for name in names):
        return
    in_path = {name: values[name] for name in names}
    known = task.context.baselines.get(operation.key)
    if known is not None:
        yield _Place(known.prover, moved_to(known.bases[0].draft, in_path))
    elif not any(each.parameter.required for each in operation.parameters if each.parameter.location != "path"):
        draft = Draft(parameters={("path", name): value for name, value in in_path.items()})
        yield _Place(Prover(operation, task.context.credentials), draft)


def _wrong(operation: OperationContract, promise: Exchange, place: _Place, watched: Exchange) -> Observation:
    answered = f"where {place.operation.key} answered {status_of(watched)}"
    return Observation.of(
        "wrong-location",
        operation.key,
        promise,
        f"{operation.key} answered 202 with `{place.header}: {place.address}`, {answered}",
        where=f"response.202.header.{place.header}",
        severity="warning",
    )
