"""Possible bodies of a documented response: its examples, else generated values that show each alternative."""

from __future__ import annotations

import random
from base64 import b64decode
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import Any

from clausewise.contract.bodies import example_value, write_body
from clausewise.contract.branches import branches_of
from clausewise.contract.message import Message
from clausewise.contract.operation import OperationContract
from clausewise.contract.parts import MediaContract
from clausewise.media.codec import Malformed
from clausewise.media.types import essence
from clausewise.values.carried import carried
from clausewise.values.edit import get, put
from clausewise.values.generate import generate, generate_filled, repair
from clausewise.values.names import further_names
from clausewise.values.shape import shape_of
from clausewise.values.showing import places_of, showing, with_alternative
from clausewise.values.typical import TURNS, NoValueError, typical

#: the body of XML that has no schema
_EMPTY_ROOT = "<clausewise/>"

#: the body that is sent where no schema judges it
_UNJUDGED = "clausewise\n"

#: pictures of one grey pixel, so that a page has something to show
_PICTURES = {
    "image/png": b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNoAAAAggCB2kUIOwAAAABJRU5ErkJggg=="
    ),
    "image/gif": b64decode("R0lGODlhAQABAIAAAICAgAAAACwAAAAAAQABAAACAkQBADs="),
}

#: alternatives of which an array has an item
_ITEMS = 8

#: generated bodies of one media type
_MOST = 32


class Templates:
    """The possible bodies of one operation's responses; they depend on the document and the seed alone."""

    def __init__(self, operation: OperationContract, seed: int, *, beyond_examples: bool = False) -> None:
        """With `beyond_examples`, generated values show what the examples in the document leave out."""
        self._operation = operation
        self._beyond_examples = beyond_examples
        self._seed = seed

    def of(self, entry: MediaContract, status: str) -> list[Any]:
        """The examples in the document, else a generated value, one for each alternative that it leaves out, and others
        for what none of them shows; never empty. Raises NoValueError where the schema excludes every value."""
        message = entry.message
        values = _examples(entry)
        if message is not None:
            examples = (carried(message, value) for value in _schema_examples(message))
            values += [value for value in examples if message.is_valid(value)]
        values = [value for value in values if write_body(entry, value) is not None]
        has_examples = bool(values)
        if not has_examples and message is not None:
            first = _with_each_item(message, _with_members(message, self.made(message, status)))
            branches = list(self._of_branches(message, status))
            others = (*branches, *_with_other_alternatives(message, first, at_root=not branches))
            values = [first, *islice((value for value in others if value != first), _MOST)]
        if message is not None and (self._beyond_examples or not has_examples):
            further = (value for value in showing(message, values) if write_body(entry, value) is not None)
            values += islice(further, _MOST)
        if values:
            return values
        picture = _PICTURES.get(essence(entry.sent_as))
        return [picture or (_EMPTY_ROOT if entry.codec.by_schema else _UNJUDGED if entry.not_judged else "")]

    def made(self, message: Message, name: str) -> Any:
        """A value with every documented member, where there is one, else with the required ones. Raises
        NoValueError."""
        rng = random.Random(f"{self._seed}:{self._operation.key}:{name}")
        try:
            value = generate(message, rng, optional=True)
        except NoValueError:
            return generate(message, rng, optional=False)
        # An empty map shows nothing of its members.
        return generate_filled(message, rng) if value == {} else value

    def drawn(self, entry: MediaContract, status: str, number: int) -> Any:
        """The value with this `number` of those that chance makes, whatever the examples are. Raises NoValueError."""
        message = entry.message
        if message is None:
            return self.of(entry, status)[0]
        rng = random.Random(f"{self._seed}:{self._operation.key}:{status}:{number}")
        with suppress(NoValueError, RecursionError):
            value = typical([message.schema], message.schema, rng, optional=True, turn=TURNS)
            return repair(message, value, rng)
        return self.made(message, f"{status} {number}")

    def _of_branches(self, message: Message, status: str) -> Iterator[Any]:
        """A value of each alternative of `message`; none where it is no union."""
        branches = branches_of(message.generated, lambda at: self._operation.message_at(at, message).generated)
        for branch in branches if len(branches) > 1 else ():
            with suppress(NoValueError):
                value = self.made(message.of_branch(branch.schema), f"{status} {branch.label}")
                if branch.discriminator is not None and isinstance(value, dict):
                    value = {**value, branch.discriminator: branch.label}
                if message.is_valid(value):
                    yield value


def named_example(entry: MediaContract, name: str) -> Any:
    """The value of the example called `name` in the document. Raises KeyError where there is none."""
    found = {example.name: example.value for example in entry.media.examples}
    return example_value(entry, found[name])


def _examples(entry: MediaContract) -> list[Any]:
    message = entry.message
    values = [example_value(entry, example.value) for example in entry.media.examples]
    if message is None:
        return values
    carry = (carried(message, value) for value in values if not isinstance(value, Malformed))
    return [value for value in carry if message.is_valid(value)]


def _schema_examples(message: Message) -> list[Any]:
    return shape_of([message.schema], message.schema).examples


def _with_each_item(message: Message, value: Any) -> Any:
    """`value` with an item of each alternative that the items of its arrays have."""
    rng = random.Random(0)
    for place in places_of(message, value):
        array = place.location[:-1]
        if not place.location or place.location[-1] != 0 or not isinstance(get(value, array), list):
            continue
        for alternative in place.alternatives[:_ITEMS]:
            with suppress(NoValueError):
                item = typical(alternative.schemas, message.schema, rng, optional=False)
                longer = put(value, (*array, len(get(value, array))), item)
                value = longer if message.is_valid(longer) else value
    return value


def _with_members(message: Message, value: Any) -> Any:
    """`value` with a complete member in each map that it holds; an empty map, or a bare member, shows nothing."""
    rng = random.Random(0)
    for place in places_of(message, value):
        if not isinstance(place.value, dict):
            continue
        shape = shape_of(place.schemas, message.schema)
        rules = [*shape.additional, *(part for _, part in shape.patterned)]
        own = next((name for name in place.value if name not in shape.properties), None)
        if not any(isinstance(part, dict) and part for part in rules):
            continue
        for name in (own,) if own is not None else islice(further_names(shape, message.schema, rng), 1):
            with suppress(NoValueError, KeyError, IndexError):
                member = typical(shape.member(name), message.schema, rng, optional=True)
                fuller = put(value, (*place.location, name), member)
                value = fuller if message.is_valid(fuller) else value
    return value


def _with_other_alternatives(message: Message, value: Any, *, at_root: bool) -> Iterator[Any]:
    """`value` with each alternative that a union in it leaves out, one at a time; a union of the whole counts only
    `at_root`. Items have theirs already."""
    rng = random.Random(0)
    for place in places_of(message, value):
        if not at_root if not place.location else isinstance(place.location[-1], int):
            continue
        for alternative in place.alternatives:
            yield from with_alternative(message, value, place, alternative, rng)
