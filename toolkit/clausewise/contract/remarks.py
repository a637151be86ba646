"""What a reader of the document should know of how it is read: what has no effect. Each place is named once, however
many operations use it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from clausewise.contract.contract import Contract
from clausewise.contract.keywords import type_bound_by
from clausewise.contract.message import Message
from clausewise.contract.operation import OperationContract
from clausewise.contract.parameters import has_form
from clausewise.spec.dialects import SchemaDialect
from clausewise.spec.nullable import about_nullable
from clausewise.spec.operations import IGNORED_HEADERS, Header, Parameter
from clausewise.spec.pointer import Source
from clausewise.spec.resolve import Sources
from clausewise.wording import counted

#: remarks that are written out
_MOST = 20

#: keywords that say something beside a `$ref` where no other keyword counts there
_BESIDE_REFERENCE = frozenset(
    {"$ref", "description", "summary", "title", "deprecated", "nullable", "readOnly", "writeOnly"}
)


class Remark(msgspec.Struct, frozen=True):
    """A sentence about a place in the document."""

    source: Source
    text: str


def remarks(contract: Contract, operations: Iterable[OperationContract]) -> list[str]:
    """The remarks on what `operations` use, each with its place; of very many only the first."""
    sources = contract.specification.sources
    shown = [*sources.remarks, *about_nullable(sources)]
    shown += (f"{contract.locate(remark.source)}: {remark.text}" for remark in found_remarks(contract, operations))
    more = [f"{counted(len(shown) - _MOST, 'further remark')} on the document"] if len(shown) > _MOST else []
    return [*shown[:_MOST], *more]


def found_remarks(contract: Contract, operations: Iterable[OperationContract]) -> list[Remark]:
    """A remark on each place without an effect in what `operations` use."""
    sources, operations = contract.specification.sources, list(operations)
    seen: set[Source] = set()
    found: dict[Source, Remark] = {}
    for operation in operations:
        for message in messages_of(operation):
            for source in message.generated.origins.values():
                if source not in seen:
                    seen.add(source)
                    schema, dialect = sources.value(source), sources.schemas_at(source)
                    found |= {one.source: one for one in _inert(source, schema, dialect)}
                    found |= {one.source: one for one in _undeclared(sources, source)}
    of_operations = _ignored(operations), _formless(operations), _fixed(operations), _nested(contract, operations)
    found |= {remark.source: remark for remarks_of in of_operations for remark in remarks_of}
    return list(found.values())


def _ignored(operations: Iterable[OperationContract]) -> Iterator[Remark]:
    """A remark on each header whose parameters the standard ignores, at the first of them, and on each parameter that
    the query in a path fixes."""
    places: dict[str, dict[Source, str]] = {}
    for operation in operations:
        for parameter in operation.operation.ignored:
            if parameter.location == "query":
                text = f"the path {operation.operation.path} gives `{parameter.name}` its value: no other is tried"
                yield Remark(parameter.source, text)
                continue
            if parameter.location == "path":
                continue  # lint tells it, as a defect
            places.setdefault(parameter.name.lower(), {})[parameter.source] = parameter.name
    for header, named in places.items():
        source, name = next(iter(named.items()))
        others = f" (so in {counted(len(named), 'place')}, this is the first)" if len(named) > 1 else ""
        text = f"OpenAPI ignores a header parameter `{name}`{others}: describe it by {IGNORED_HEADERS[header]}"
        yield Remark(source, text)


def _formless(operations: Iterable[OperationContract]) -> Iterator[Remark]:
    """A remark on each parameter and each response header whose schema judges nothing, because of its media type."""
    for operation in operations:
        parts: list[Parameter | Header] = [each.parameter for each in operation.parameters if each.whole is None]
        parts += (each.header for response in operation.responses.values() for each in response.headers)
        for part in parts:
            if part.schema is not None and not has_form(part):
                text = f"`{part.name}` is not judged: {part.media_type} is neither written into nor read from it"
                yield Remark(part.source, text)


def _fixed(operations: Iterable[OperationContract]) -> Iterator[Remark]:
    """A remark on each path with a query in it."""
    for path, named in {one.operation.path: one.operation for one in operations}.items():
        if named.fixed_names:
            text = f"OpenAPI has no query in a path: {path} is read as a path whose requests all have this query"
            yield Remark(Source("", ("paths", path)), text)


def _nested(contract: Contract, operations: Iterable[OperationContract]) -> Iterator[Remark]:
    """A remark on the callbacks of each callback, and of each webhook: they may lead back to it."""
    callbacks = [callback.operation for operation in operations for callback in operation.callbacks]
    for received in (*contract.webhooks, *callbacks):
        operation, sources = received.operation, contract.specification.sources
        described = sources.value(operation.source)
        if isinstance(described, dict) and described.get("callbacks"):
            text = f"the callbacks of a {operation.kind} are neither listed nor tested: {operation.key} has some"
            yield Remark(operation.source.child("callbacks"), text)


def messages_of(operation: OperationContract) -> Iterator[Message]:
    """The messages of an operation that have a schema, of requests and of responses."""
    bodies = [*(operation.body.content.values() if operation.body else ())]
    for response in operation.responses.values():
        bodies += response.content.values()
        yield from (header.message for header in response.headers if header.message is not None)
    yield from (parameter.message for parameter in operation.parameters if parameter.message is not None)
    yield from (entry.message for entry in bodies if entry.message is not None)


def _undeclared(sources: Sources, source: Source) -> Iterator[Remark]:
    """A remark where the dialect that is declared for a schema is not known."""
    at = sources.declaration(source)
    if at is not None and sources.dialect.draft_of(name := sources.value(at)) is None:
        text = f'the dialect "{name}" is not known: its schemas are read as {sources.dialect.schemas.title}'
        yield Remark(at, text)


def _inert(source: Source, schema: Any, dialect: SchemaDialect) -> Iterator[Remark]:
    """The keywords of a schema as written that no value can break."""
    if not isinstance(schema, dict):
        return
    if "$ref" in schema and not dialect.ref_siblings:
        beside = [name for name in schema if name not in _BESIDE_REFERENCE and not name.startswith("x-")]
        if beside:
            names = " and ".join(f"`{name}`" for name in beside)
            verb = "have" if len(beside) > 1 else "has"
            text = f"{names} beside `$ref` {verb} no effect in {dialect.title}: write both in an `allOf`"
            yield Remark(source.child(beside[0]), text)
        return
    for keyword in schema:
        if keyword in dialect.unknown:
            yield Remark(source.child(keyword), f"`{keyword}` has no effect: {dialect.title} does not have it")
    declared = schema.get("type")
    types = [declared] if isinstance(declared, str) else declared
    if not isinstance(types, list) or not types:
        return
    # Of what a parameter of Swagger 2.0 has, only some keywords are its schema's.
    for keyword in dict.fromkeys(origin for _, _, origin in dialect.keywords(schema)):
        bound = type_bound_by(keyword)
        if bound and not bound & set(types):
            named = " or ".join(map(str, types))
            yield Remark(source.child(keyword), f"`{keyword}` has no effect on a value of type {named}")
