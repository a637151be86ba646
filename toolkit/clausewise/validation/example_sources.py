"""The examples and defaults in a contract, each with the message that its schema describes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from clausewise.contract.bodies import example_value, read_body
from clausewise.contract.clause import Direction
from clausewise.contract.compiler import PartCompiler
from clausewise.contract.contract import Contract
from clausewise.contract.message import Message
from clausewise.contract.operation import OperationContract
from clausewise.contract.parts import MediaContract
from clausewise.errors import SpecError
from clausewise.media.codec import Malformed
from clausewise.media.json import JSON
from clausewise.media.registry import codec_for
from clausewise.media.types import essence
from clausewise.spec.defects import DefectLog
from clausewise.spec.dialects.examples import read_examples
from clausewise.spec.operations import Example
from clausewise.spec.pointer import Source, descend, from_pointer
from clausewise.spec.resolve import Sources
from clausewise.values.carried import carried


class WrittenExample(msgspec.Struct, frozen=True, eq=False):
    """One value and the schema that it should keep."""

    value: Any
    source: Source
    #: for people: 'the example "aws"', "the default"
    what: str
    message: Message
    #: what its schema describes, as named in a sentence: "`name`"; "" for a whole body or parameter
    of: str = ""


class NotChecked(msgspec.Struct, frozen=True, eq=False):
    """An example that is not checked, and why."""

    source: Source
    message: str


#: bytes of a file with an example
_MOST = 10 * 1024**2

#: gives the part of a message that the schema at a place, which stands in the message's own, describes
_Part = Callable[[Source, Message], Message]


def of_operation(contract: Contract, operation: OperationContract) -> Iterator[WrittenExample | NotChecked]:
    """The examples of the parameters, bodies and headers of an operation, and of the schemas in them."""
    part = operation.message_at
    for each in operation.parameters:
        parameter = each.parameter
        of = f"the {parameter.location} parameter `{parameter.name}`"
        yield from _of(contract, parameter.source, parameter.examples, each.message, of, part)
    if operation.body is not None:
        for entry in operation.body.content.values():
            yield from _of_media(contract, entry, "the request body", part)
    for status, response in operation.responses.items():
        named = "any other response" if status == "default" else f"the {status} response"
        for entry in response.content.values():
            yield from _of_media(contract, entry, named, part)
        for documented in response.headers:
            of, header = f"the header `{documented.header.name}`", documented.header
            yield from _of(contract, header.source, header.examples, documented.message, of, part)


def _of_media(contract: Contract, entry: MediaContract, of: str, part: _Part) -> Iterator[WrittenExample | NotChecked]:
    if entry.message is None and entry.has_schema:
        for example in entry.media.examples:
            why = entry.not_judged or "nothing reads them"
            yield NotChecked(example.source, f"{_called(example.name, of)} is not checked: {why}")
    yield from _of(contract, entry.media.source, entry.media.examples, entry.message, of, part, entry)


def _of(
    contract: Contract,
    holder: Source,
    examples: Iterable[Example],
    message: Message | None,
    of: str,
    part: _Part,
    entry: MediaContract | None = None,
) -> Iterator[WrittenExample | NotChecked]:
    """The examples beside a schema, then those inside it; those of a body may be the text of the body."""
    if message is None:
        return
    for example in examples:
        shown = example_value(entry, example.value) if entry is not None else example.value
        if not isinstance(shown, Malformed) or not _has_boundary(entry):
            yield WrittenExample(shown, example.source, _called(example.name, of), message)
    yield from _elsewhere(contract, holder, message, of, entry)
    yield from _in_schema(contract, message, part)


def _called(name: str, of: str) -> str:
    return f'the example "{name}" of {of}' if name else f"the example of {of}"


def _elsewhere(
    contract: Contract, holder: Source, message: Message, of: str, entry: MediaContract | None
) -> Iterator[WrittenExample | NotChecked]:
    """The examples that stand in files (`externalValue`), or as they are sent (`serializedValue`, OpenAPI 3.2 section
    4.19)."""
    sources = contract.specification.sources
    value = sources.value(holder)
    named = value.get("examples") if isinstance(value, dict) else None
    for name in named if isinstance(named, dict) else ():
        try:
            at, example = sources.follow(holder.child("examples", name))
        except (KeyError, SpecError):
            # The document's own defects are listed elsewhere.
            continue
        if not isinstance(example, dict):
            continue
        what = _called(name, of)
        if isinstance(example.get("externalValue"), str):
            place, address = at.child("externalValue"), example["externalValue"]
            content = _beside(contract, at, address)
            if content is None:
                yield NotChecked(place, f"{what} is not checked: there is no file {address} beside the document")
            else:
                yield WrittenExample(_read(entry, content), place, f"{what} ({address})", message)
        if isinstance(example.get("serializedValue"), str) and "dataValue" not in example:
            place = at.child("serializedValue")
            if entry is None:
                yield NotChecked(place, f"{what} is not checked: it is written as it is sent")
            else:
                yield WrittenExample(_read(entry, example["serializedValue"].encode()), place, what, message)


def _read(entry: MediaContract | None, content: bytes) -> Any:
    return read_body(entry, content, entry.sent_as) if entry is not None else JSON.read(content, "")


def _beside(contract: Contract, at: Source, address: str) -> bytes | None:
    """The content of a file in the folder of the document, or below it; None where there is none."""
    root = contract.specification.sources.root.path
    if root is None:
        return None
    folder = root.parent.resolve()
    file = ((folder / at.file).parent if at.file else folder) / address
    try:
        inside = file.resolve().is_relative_to(folder) and file.is_file() and file.stat().st_size <= _MOST
        return file.read_bytes() if inside else None
    except (OSError, ValueError):
        return None


def of_components(contract: Contract) -> Iterator[WrittenExample | NotChecked]:
    """The examples of the components, whether operations have them or not."""
    specification = contract.specification
    sources, dialect = specification.sources, specification.dialect
    compiler = PartCompiler(specification, "", DefectLog(contract.locate(Source(""))))

    def part(schema: Source, within: Message) -> Message:
        return within.of_branch(compiler.generate(schema, within.direction))

    def holder(at: Source, direction: Direction, of: str) -> Iterator[WrittenExample | NotChecked]:
        value = sources.value(at)
        if isinstance(value, dict) and "schema" in value:
            message = compiler.message(at.child("schema"), direction, "")
            examples = read_examples(sources, at, DefectLog(contract.locate(at)))
            yield from _of(contract, at, examples, message, of, part)

    shared = Source("", dialect.shared_schemas)
    for name in _names(sources, shared):
        message = compiler.message(shared.child(name), "response", "")
        if message is not None:
            yield from _in_schema(contract, message, part, f"`{name}`")
    components = Source("", ("components",))
    directions: dict[str, Direction] = {"parameters": "request", "headers": "response"}
    for kind, direction in directions.items():
        for name in _names(sources, components.child(kind)):
            yield from holder(components.child(kind, name), direction, f"the component `{name}`")
    bodies: dict[str, Direction] = {"requestBodies": "request", "responses": "response"}
    for kind, direction in bodies.items():
        for name in _names(sources, components.child(kind)):
            content = components.child(kind, name, "content")
            for media_type in _names(sources, content):
                if codec_for(media_type) is JSON:
                    yield from holder(content.child(media_type), direction, f"the component `{name}`")
            headers = components.child(kind, name, "headers")
            for header in _names(sources, headers):
                yield from holder(headers.child(header), "response", f"the header `{header}` of `{name}`")


def _names(sources: Sources, at: Source) -> tuple[str, ...]:
    """The names of what stands at a place; () where nothing does."""
    try:
        value = sources.value(at)
    except (KeyError, SpecError):
        return ()
    return tuple(name for name in value if isinstance(name, str)) if isinstance(value, dict) else ()


def _has_boundary(entry: MediaContract | None) -> bool:
    """Whether a text of such a body cannot be read alone: its boundary stands in its media type."""
    return entry is not None and essence(entry.sent_as).startswith("multipart/")


def _in_schema(contract: Contract, message: Message, part: _Part, whole: str = "") -> Iterator[WrittenExample]:
    """The examples and defaults in the schemas of a message, at any depth, each without what messages of this direction
    do not carry: they are for both directions. `whole` names the schema itself."""
    generated = message.generated
    for pointer, source in generated.origins.items():
        try:
            node = descend(generated.schema, from_pointer(pointer))
            schema = contract.specification.sources.value(source)
        except KeyError:
            continue
        if not isinstance(node, dict) or not isinstance(schema, dict):
            continue
        if "$ref" in schema and not contract.specification.dialect.schemas.ref_siblings:
            # What stands beside a `$ref` has no effect there (OpenAPI 3.0 section 4.7.23).
            continue
        of = _owner(pointer) if pointer else whole
        below = None
        for keyword, value, what in _examples_of(schema):
            if below is None:
                below = part(source, message) if pointer else message
            yield WrittenExample(
                carried(below, value), source.child(*keyword), f"{what}{of and f' of {of}'}", below, of
            )


def _examples_of(schema: dict[str, Any]) -> Iterator[tuple[tuple[str, ...], Any, str]]:
    """Place, value and name of each example of a schema, and of its default."""
    for keyword in ("example", "default"):
        if keyword in schema:
            yield (keyword,), schema[keyword], f"the {keyword}"
    examples = schema.get("examples")
    for index, value in enumerate(examples if isinstance(examples, list) else ()):
        yield ("examples", str(index)), value, f"example {index + 1}"


def _owner(pointer: str) -> str:
    """What the schema at `pointer` describes, as named in a sentence: a member, a component; "" for other schemas."""
    tokens = from_pointer(pointer)
    return f"`{tokens[-1]}`" if tokens[-2:-1] in (("properties",), ("$defs",)) else ""
