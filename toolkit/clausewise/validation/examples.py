"""Checks the examples and defaults of a contract against their own schemas."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import msgspec

from clausewise.conformance.explain import explain, first_by_place
from clausewise.contract.breaches import Breach
from clausewise.contract.clause import Direction
from clausewise.contract.contract import Contract
from clausewise.contract.operation import OperationContract
from clausewise.errors import SpecError
from clausewise.exchange import Exchange, Request
from clausewise.media.codec import Malformed
from clausewise.results.evidence import Observation
from clausewise.spec.links import Link, read_links
from clausewise.spec.pointer import Source
from clausewise.validation.collector import TrafficCollector
from clausewise.validation.example_sources import NotChecked, WrittenExample, of_components, of_operation
from clausewise.validation.link_values import of_links


def check_examples(contract: Contract, collector: TrafficCollector) -> Iterator[None]:
    """Check each `example`, `examples` and `default` of parameters, bodies, headers and schemas, in its direction, and
    each value of a link; of components as well where no operation has them. It pauses after each, so that its caller
    can see what was found.

    Shared ones are checked once. What has no schema that judges it, or stands elsewhere, is listed as skipped.
    """
    seen: set[tuple[Source, Direction]] = set()
    skipped: set[Source] = set()
    for operation in (*contract.operations, *contract.received):
        links = (of_links(contract, response.documented.links) for response in operation.responses.values())
        for written in chain(of_operation(contract, operation), *links):
            if isinstance(written, NotChecked):
                if written.source not in skipped:
                    skipped.add(written.source)
                    collector.add_skipped(contract.locate(written.source), written.message)
            elif (key := (written.source, written.message.direction)) not in seen:
                seen.add(key)
                _check(contract, operation, written, collector)
                yield
    known = {source for source, _ in seen} | skipped
    for written in chain(of_components(contract), of_links(contract, _shared_links(contract))):
        if written.source in known:
            continue
        known.add(written.source)
        if isinstance(written, NotChecked):
            collector.add_skipped(contract.locate(written.source), written.message)
        else:
            _check(contract, None, written, collector)
            yield


def _shared_links(contract: Contract) -> tuple[Link, ...]:
    """The links of the components; none where they cannot be read, which is said elsewhere."""
    try:
        return tuple(read_links(contract.specification.sources, Source("", ("components",))))
    except (KeyError, SpecError):
        return ()


def _check(
    contract: Contract, operation: OperationContract | None, written: WrittenExample, collector: TrafficCollector
) -> None:
    collector.checked += 1
    key, request = "", Request("", "")
    if operation is not None:
        key, request = operation.key, Request(operation.operation.method, operation.operation.path)
    exchange = Exchange(str(written.source), request)
    observations = []
    if isinstance(written.value, Malformed):
        observation = Observation.of(
            "example-invalid",
            key,
            exchange,
            f"{written.what} {written.value.predicate}: {written.value.message}",
            assertion=str(written.source),
            seen=str(written.source),
        )
        collector.add_faults([(observation, contract.locate(written.source))], exchange, written=True)
        return
    for breach in first_by_place(written.message.breaches(written.value)):
        place = written.source.child(*breach.reported_at)
        observation = Observation.of(
            "example-invalid",
            key,
            exchange,
            explain(_named(breach, written.of), written.what, has_body=False),
            clause=breach.clause,
            seen=str(place),
        )
        observations.append((observation, contract.locate(place)))
    collector.add_faults(observations, exchange, written=True)


def _named(breach: Breach, of: str) -> Breach:
    """The breach in a value that is called `of`, and no whole body."""
    if not of:
        return breach
    text = breach.clause.text.replace("the body", of, 1)
    return msgspec.structs.replace(breach, clause=msgspec.structs.replace(breach.clause, text=text))
