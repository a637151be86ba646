"""Values for open places that stand elsewhere: in a description, in an example of another message, in an answer."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from clausewise.contract.message import Message
from clausewise.contract.operation import OperationContract
from clausewise.contract.parameters import can_write, makes_another_path
from clausewise.contract.parts import ParameterContract
from clausewise.generation.references import References
from clausewise.values.edit import Location, get, members, path_of, put
from clausewise.values.literals import literals, strong_literals
from clausewise.values.shape import Shape, shape_at, shape_of
from clausewise.values.words import noun_of

#: requests in which generated values are replaced by suggested ones
_VARIATIONS = 3

#: what a router may take for more than a piece of a path
_PATH_SYNTAX = re.compile(r"[/\\;\x00-\x1f\x7f]|\A\.*\Z")

#: ends of names of what leads into a tree, such as a `folderPath`, and the root of one
_INTO_TREES = ("path", "directory", "dir", "folder", "prefix")
_ROOT = "/"

#: location and name of a parameter
ParameterKey = tuple[str, str]

Key = TypeVar("Key")


def example_of(contract: ParameterContract) -> Any:
    """The first valid example of a parameter that can be sent; None where there is none."""
    message, parameter = contract.message, contract.parameter
    values = (example.value for example in parameter.examples)
    sendable = (one for one in values if can_write(parameter, one) and not makes_another_path(parameter, one))
    return next((one for one in sendable if not message or message.is_valid(one)), None)


def described_value(contract: ParameterContract) -> Any:
    """The first value that the description of a parameter announces; None where there is none, or its schema lists or
    exemplifies values itself."""
    shape = _shape(contract)
    if shape.enum is not None or shape.examples:
        return None
    values = (
        _typed(contract, literal)
        for literal in _own_segments(contract, strong_literals([contract.parameter.description]))
    )
    return next((value for value in values if value is not None), None)


def varied_parameters(
    operation: OperationContract,
    required: Mapping[ParameterKey, Any],
    varied: Collection[ParameterKey],
    references: References,
) -> Iterator[dict[ParameterKey, Any]]:
    """The `required` parameters with other values for those that are to be `varied`, the likeliest first."""
    others: dict[ParameterKey, list[Any]] = {}
    for contract in operation.parameters:
        parameter = contract.parameter
        key = parameter.location, parameter.name
        if key in varied and key in required:
            values = [
                *(example.value for example in parameter.examples),
                *_shape(contract).examples,
                *_own_segments(contract, literals([parameter.description, *_shape(contract).descriptions])),
                # A new tree holds nothing but its root.
                *([_ROOT] if parameter.location == "path" and parameter.name.lower().endswith(_INTO_TREES) else ()),
                *references.suggested(parameter.name),
            ]
            texts = [value for value in values if isinstance(value, str | int | float)]
            typed = dict.fromkeys(_typed(contract, value) for value in texts)
            others[key] = [value for value in typed if value is not None and value != required[key]]
    for chosen in _choices(others):
        yield {**required, **chosen}


def varied_bodies(operation: OperationContract, body: Any, message: Message, references: References) -> Iterator[Any]:
    """A generated `body` with other texts and numbers where its schema leaves them open, the likeliest first."""
    noun = noun_of(operation.operation.path)
    others: dict[Location, list[Any]] = {}
    for location in members(body):
        old = get(body, location)
        if isinstance(old, bool) or not isinstance(old, str | int | float):
            continue
        shape = shape_of(shape_at(message, path_of(location)), message.schema)
        if shape.enum is None and not shape.examples:
            values = [*literals(shape.descriptions), *references.suggested(str(location[-1]), noun)]
            others[location] = [
                value for value in values if value != old and message.is_valid(put(body, location, value))
            ]
    for chosen in _choices(others):
        varied = body
        for location, value in chosen.items():
            varied = put(varied, location, value)
        if message.is_valid(varied):
            yield varied


def _own_segments(contract: ParameterContract, found: Iterable[str]) -> Iterator[str]:
    """Those of the `found` texts that a router reads as one segment, where the parameter is in the path."""
    in_path = contract.parameter.location == "path"
    return (text for text in found if not in_path or not _PATH_SYNTAX.search(text))


def _shape(contract: ParameterContract) -> Shape:
    schema = contract.message.schema if contract.message is not None else True
    return shape_of([schema], schema)


def _choices(others: Mapping[Key, list[Any]]) -> Iterator[dict[Key, Any]]:
    """The first of each list together, then the second of each, as far as there are such."""
    filled = {key: values for key, values in others.items() if values}
    for choice in range(min(max(map(len, filled.values()), default=0), _VARIATIONS)):
        yield {key: values[min(choice, len(values) - 1)] for key, values in filled.items()}


def _typed(contract: ParameterContract, value: Any) -> Any:
    """`value` as the text or number that is valid for a parameter; None where it is neither."""
    message = contract.message
    forms = [value]
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,15}", value):
        forms.append(int(value))
    elif isinstance(value, int | float):
        forms.append(str(value))
    return next((form for form in forms if message is not None and message.is_valid(form)), None)
