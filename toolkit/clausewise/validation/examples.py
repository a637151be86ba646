"""Checks the examples and defaults of a contract against their own schemas."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from clausewise.conformance.explain import explain, first_by_place
from clausewise.contract.bodies import example_value
from clausewise.contract.breaches import Breach
from clausewise.contract.clause import Direction
from clausewise.contract.contract import Contract, OperationContract
from clausewise.contract.message import Message
from clausewise.contract.parts import MediaContract
from clausewise.exchange import Exchange, Request
from clausewise.media.codec import Malformed
from clausewise.media.types import essence
from clausewise.results.evidence import Observation
from clausewise.spec.operations import Example
from clausewise.spec.pointer import Source, descend, from_pointer
from clausewise.validation.collector import TrafficCollector
from clausewise.values.carried import carried


class _Written(msgspec.Struct, frozen=True, eq=False):
    """One value and the schema that it should keep."""

    value: Any
    source: Source
    #: for people: 'the example "aws"', "the default"
    what: str
    message: Message
    #: what its schema describes, as named in a sentence: "`name`"; "" for a whole body or parameter
    of: str = ""


def check_examples(contract: Contract, collector: TrafficCollector) -> None:
    """Check each `example`, `examples` and `default` of parameters, bodies, headers and schemas, in its direction.

    Shared ones are checked once. Examples of media types without a judged schema are left out.
    """
    seen: set[tuple[Source, Direction]] = set()
    for operation in contract.operations:
        for written in _of_operation(contract, operation):
            key = (written.source, written.message.direction)
            if key not in seen:
                seen.add(key)
                _check(contract, operation, written, collector)


def _check(contract: Contract, operation: OperationContract, written: _Written, collector: TrafficCollector) -> None:
    collector.checked += 1
    exchange = Exchange(str(written.source), Request(operation.operation.method, operation.operation.path))
    observations = []
    if isinstance(written.value, Malformed):
        observation = Observation.of(
            "example-invalid",
            operation.key,
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
            operation.key,
            exchange,
            explain(_named(breach, written.of), written.what, has_body=False),
            clause=breach.clause,
            seen=str(place),
        )
        observations.append((observation, contract.locate(place)))
    collector.add_faults(observations, exchange, written=True)


def _of_operation(contract: Contract, operation: OperationContract) -> Iterator[_Written]:
    for parameter in operation.parameters:
        yield from _of(contract, operation, parameter.parameter.examples, parameter.message)
    if operation.body is not None:
        for entry in operation.body.content.values():
            yield from _of(contract, operation, entry.media.examples, entry.message, entry)
    for response in operation.responses.values():
        for entry in response.content.values():
            yield from _of(contract, operation, entry.media.examples, entry.message, entry)
        for documented in response.headers:
            yield from _of(contract, operation, documented.header.examples, documented.message)


def _of(
    contract: Contract,
    operation: OperationContract,
    examples: Iterable[Example],
    message: Message | None,
    entry: MediaContract | None = None,
) -> Iterator[_Written]:
    """The examples beside a schema, then those inside it; those of a body may be the text of the body."""
    if message is None:
        return
    for example in examples:
        shown = example_value(entry, example.value) if entry is not None else example.value
        if not isinstance(shown, Malformed) or not _has_boundary(entry):
            what = f'the example "{example.name}"' if example.name else "the example"
            yield _Written(shown, example.source, what, message)
    yield from _in_schema(contract, operation, message)


def _has_boundary(entry: MediaContract | None) -> bool:
    """Whether a text of such a body cannot be read alone: its boundary stands in its media type."""
    return entry is not None and essence(entry.sent_as).startswith("multipart/")


def _in_schema(contract: Contract, operation: OperationContract, message: Message) -> Iterator[_Written]:
    """The examples and defaults in the schemas of a message, at any depth, each without what messages of this direction
    do not carry: they are for both directions."""
    generated = message.generated
    for pointer, source in generated.origins.items():
        try:
            node = descend(generated.schema, from_pointer(pointer))
            schema = contract.specification.sources.value(source)
        except KeyError:
            continue
        if not isinstance(node, dict) or not isinstance(schema, dict):
            continue
        of = _owner(pointer)
        for keyword in ("example", "default"):
            if keyword in schema:
                below = message if not pointer else operation.message_at(source, message)
                what = f"the {keyword}{of and f' of {of}'}"
                yield _Written(carried(below, schema[keyword]), source.child(keyword), what, below, of)
        examples = schema.get("examples")
        for index, value in enumerate(examples if isinstance(examples, list) else ()):
            below = message if not pointer else operation.message_at(source, message)
            what = f"example {index + 1}{of and f' of {of}'}"
            yield _Written(carried(below, value), source.child("examples", index), what, below, of)


def _owner(pointer: str) -> str:
    """What the schema at `pointer` describes, as named in a sentence: a member, a component; "" for other schemas."""
    tokens = from_pointer(pointer)
    return f"`{tokens[-1]}`" if tokens[-2:-1] in (("properties",), ("$defs",)) else ""


def _named(breach: Breach, of: str) -> Breach:
    """The breach in a value that is called `of`, and no whole body."""
    if not of:
        return breach
    text = breach.clause.text.replace("the body", of, 1)
    return msgspec.structs.replace(breach, clause=msgspec.structs.replace(breach.clause, text=text))
