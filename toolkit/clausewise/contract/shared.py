"""The schemas of all messages of a contract, generated together: each component once for each direction.

A message that is compiled alone has a schema of its own, with every component that it leads to. In a contract of a
thousand operations most messages lead to the same hundreds of components.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from clausewise.contract.clause import Direction
from clausewise.contract.generated import GeneratedSchema
from clausewise.contract.schemas import generate_together
from clausewise.spec.operations import Form, Header, MediaType, Operation
from clausewise.spec.pointer import Source
from clausewise.spec.resolve import Sources


class SharedSchemas:
    """The schemas of the messages of some operations."""

    def __init__(self, sources: Sources, operations: Iterable[Operation]) -> None:
        self._sources = sources
        self._operations = tuple(operations)
        self._together: dict[Direction, tuple[GeneratedSchema, dict[Source | Form, str]]] = {}
        #: the pointers of the components whose clauses were listed
        self._listed: dict[Direction, set[str]] = {"request": set(), "response": set()}

    def generated(self, schema: Source | Form, direction: Direction) -> GeneratedSchema:
        """The schema at `schema`, with definitions that all messages of its direction share."""
        if direction not in self._together:
            roots = dict.fromkeys(_roots(self._operations, direction))
            self._together[direction] = generate_together(self._sources, roots, direction, checked=True, shares=False)
        whole, places = self._together[direction]
        assert isinstance(whole.schema, dict)
        return msgspec.structs.replace(whole, schema={**whole.schema, "$ref": f"#{places[schema]}"})

    def listed(self, direction: Direction) -> set[str]:
        """The pointers of the components whose clauses were listed; a list adds its own."""
        return self._listed[direction]


def _roots(operations: Iterable[Operation], direction: Direction) -> Iterator[Source | Form]:
    """The places of the schemas that messages of one direction begin with."""
    for operation in operations:
        if direction == "request":
            yield from (each.schema for each in operation.parameters if each.schema is not None)
            yield from _of_content(operation.body.content if operation.body is not None else ())
        for response in operation.responses if direction == "response" else ():
            yield from _of_content(response.content)
            yield from _of_headers(response.headers)


def _of_content(content: Iterable[MediaType]) -> Iterator[Source | Form]:
    for media in content:
        if media.described is not None:
            yield media.described
        for encoding in media.encoding.values():
            yield from _of_headers(encoding.headers)


def _of_headers(headers: Iterable[Header]) -> Iterator[Source | Form]:
    yield from (header.schema for header in headers if header.schema is not None)
