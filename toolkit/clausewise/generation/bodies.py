"""Bodies that the contract allows, the most promising first: the document's examples, and generated ones."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import Any

from clausewise.contract.bodies import example_value, write_body
from clausewise.contract.branches import Branch
from clausewise.contract.generated import GeneratedSchema
from clausewise.contract.keywords import show
from clausewise.contract.message import Message
from clausewise.contract.operation import OperationContract
from clausewise.contract.parts import MediaContract
from clausewise.generation.draft import Draft
from clausewise.generation.references import with_distinct_ids
from clausewise.media.codec import Malformed, Written
from clausewise.options import Values, value_for
from clausewise.spec.pointer import descend, from_pointer
from clausewise.values.carried import carried
from clausewise.values.edit import get, members, path_of, put
from clausewise.values.generate import generate
from clausewise.values.names import further_names
from clausewise.values.several import several
from clausewise.values.shape import shape_at, shape_of
from clausewise.values.typical import NoValueError, typical

#: values that are drawn for a branch whose first value is of another branch as well
_DRAWN = 32

#: limit on the values of an `enum` that are tried for one member
_CHOICES = 8

#: values of a body of which only the format is known
_ANYTHING: tuple[Any, ...] = ({"name": "clausewise"}, {}, [{"name": "clausewise"}], "clausewise")

#: contents of a body that nothing describes: the first that has its format is sent
_CONTENTS = (b"clausewise\n", b"<clausewise/>\n", b"data: clausewise\n\n")


def bodies(operation: OperationContract, branch: Branch, rng: random.Random) -> Iterator[tuple[Any, str, bool]]:
    """Valid bodies, each with its name for people and whether it was generated."""
    yield from ((body, note, False) for body, note in examples_of(operation, branch))
    message = message_of(operation, branch)
    made: list[Any] = []
    for optional in (True, False):
        what = "every member" if optional else "the required members"
        try:
            body = generate(branch_message(operation, branch), rng, optional=optional)
        except NoValueError:
            continue
        if branch.discriminator is not None and isinstance(body, dict):
            body = {branch.discriminator: branch.label, **body, branch.discriminator: branch.label}
        if message.is_valid(apart := with_distinct_ids(body)):
            body = apart
        elif not message.is_valid(body):
            # It keeps another branch as well, or a rule beside the union excludes it.
            others = islice(several([branch.schema.schema], branch.schema.schema, rng), _DRAWN)
            body = next(filter(message.is_valid, others), body)
        if message.is_valid(body):
            made.append(body)
            yield body, f"a generated body with {what}", True
    for body in reversed(made):
        # Array items often have to refer to existing resources. Empty arrays are seldom refused.
        if (emptied := _emptied(body)) != body and message.is_valid(emptied):
            yield emptied, "a generated body with empty arrays", True
            break
    if made and (filled := with_filled_maps(made[0], message, rng)) != made[0] and message.is_valid(filled):
        # A map that may be empty is often refused when it is.
        yield filled, "a generated body with a member in each map", True
    if len(made) == 2 and isinstance(made[0], dict) and isinstance(made[1], dict):
        # Some servers need one of several members, and only their documentation says so.
        for name in [name for name in made[0] if name not in made[1]]:
            if message.is_valid(body := {**made[1], name: made[0][name]}):
                yield body, f"a generated body with the required members and `{name}`", True
    if made:
        yield from ((body, note, True) for body, note in _other_choices(made[-1], message))


def _other_choices(body: Any, message: Message) -> Iterator[tuple[Any, str]]:
    """`body` with each other value that the contract lists for a member, each with its name for people: what the rest
    must be often depends on it."""
    for location in members(body):
        shape = shape_of(shape_at(message, path_of(location)), message.schema)
        for value in (shape.enum or ())[:_CHOICES]:
            if value != get(body, location) and message.is_valid(other := put(body, location, value)):
                yield other, f"a generated body where `{location[-1]}` is {show(value)}"


def with_filled_maps(body: Any, message: Message, rng: random.Random) -> Any:
    """`body` with a member in each of its empty objects whose members have a schema."""
    for location in ((), *members(body)):
        if get(body, location) == {}:
            shape = shape_of(shape_at(message, path_of(location)), message.schema)
            name = next(further_names(shape, message.schema, rng), "")
            schemas = [schema for schema in shape.member(name) if not isinstance(schema, bool)] if name else []
            if schemas:
                with suppress(NoValueError):
                    value = typical(schemas, message.schema, rng, optional=False)
                    body = put(body, (*location, name), value)
    return body


def _emptied(body: Any) -> Any:
    """`body` with every array in its objects emptied."""
    if isinstance(body, dict):
        return {name: _emptied(value) for name, value in body.items()}
    return [] if isinstance(body, list) else body


def unjudged_bodies(
    operation: OperationContract, entry: MediaContract, own_values: Values, rng: random.Random
) -> Iterator[tuple[Draft, str, bool]]:
    """Bodies whose media type is not checked: the document's examples, a generated one with every member, one with the
    required members; each with its name for people and whether it was generated."""
    message = entry.message
    values = [(example.value, "the example", False) for example in entry.media.examples]
    values += _generated(message, rng) if message is not None else []
    if not values:
        values = [(value, f"a body of {entry.sent_as} that is {show(value)}", True) for value in _anything(entry)]
    contents = (each for each in _CONTENTS if _has_the_format(entry, Written(entry.sent_as, each)))
    content = next(contents, _CONTENTS[0])
    values = values or [(content, "a generated file", True)]
    for value, note, generated in values:
        own = with_values(operation, value, own_values)
        written = write_body(entry, own) if not entry.codec.binary else None
        # A value that its codec cannot write, such as bytes or XML elements, is sent as a file.
        written = written or Written(entry.sent_as, content)
        yield Draft(raw_body=written.content, content_type=written.content_type), note, generated


def _anything(entry: MediaContract) -> list[Any]:
    """Values that bodies of a media type can have; none where they are not read."""
    written = ((value, write_body(entry, value)) for value in _ANYTHING if entry.is_judged)
    return [value for value, body in written if body is not None and _has_the_format(entry, body)]


def _has_the_format(entry: MediaContract, body: Written) -> bool:
    return not isinstance(entry.codec.read(body.content, body.content_type), Malformed)


def _generated(message: Message, rng: random.Random) -> list[tuple[Any, str, bool]]:
    found = []
    for what, optional in (("every member", True), ("the required members", False)):
        try:
            found.append((generate(message, rng, optional=optional), f"a generated body with {what}", True))
        except NoValueError:
            continue
    return found


def examples_of(operation: OperationContract, branch: Branch) -> Iterator[tuple[Any, str]]:
    """The document's valid examples of a branch, each with its name for people."""
    entry = operation.body_of(branch.media)
    if entry is None:
        return
    named = [
        (example_value(entry, example.value), f'the example "{example.name}"' if example.name else "the example")
        for example in entry.media.examples
    ]
    written = [(example_value(entry, value), "the schema's example") for value in _schema_examples(branch.schema)]
    of_branch = branch_message(operation, branch)
    for written_value, note in [*named, *written]:
        if isinstance(written_value, Malformed):
            continue
        value = carried(message_of(operation, branch), written_value)
        if branch.discriminator is not None and (
            not isinstance(value, dict) or value.get(branch.discriminator) != branch.label
        ):
            continue
        if message_of(operation, branch).is_valid(value) and of_branch.is_valid(value):
            yield value, note


def _schema_examples(generated: GeneratedSchema) -> list[Any]:
    schema: Any = generated.schema
    while isinstance(schema, dict):
        if "examples" in schema:
            return list(schema["examples"])
        if "$ref" not in schema:
            return []
        schema = descend(generated.schema, from_pointer(schema["$ref"].removeprefix("#")))
    return []


def message_of(operation: OperationContract, branch: Branch) -> Message:
    """What the body has to be in the media type of a branch."""
    entry = operation.body_of(branch.media)
    assert entry is not None and entry.message is not None
    return entry.message


def branch_message(operation: OperationContract, branch: Branch) -> Message:
    """What the body of a branch has to be."""
    return message_of(operation, branch).of_branch(branch.schema)


def with_values(operation: OperationContract, body: Any, values: Values) -> Any:
    """`body` with the user's own values for its top-level members, where it has them."""
    if not isinstance(body, dict):
        return body
    for name in list(body):
        found, value = value_for(values, operation.key, name)
        if found and get(body, (name,)) != value:
            body = put(body, (name,), value)
    return body
