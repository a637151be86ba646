"""What the parameters of a query are for, by their names, schemas and descriptions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from clausewise.contract.message import Message
from clausewise.contract.operation import OperationContract
from clausewise.contract.parts import ParameterContract
from clausewise.resources.paging import CURSORS, DIRECTIONS, LIMITS, OFFSETS, PAGES, SORTS, member_of_filter
from clausewise.values.shape import Shape, shape_at, shape_of
from clausewise.values.words import plain

#: values that name a direction, lower case
ASCENDING, DESCENDING = frozenset({"asc", "ascending"}), frozenset({"desc", "descending"})

#: names of parameters that choose what is shown of each item, and not which items are listed, plain
_SELECTIONS = frozenset(
    (
        *("fields", "field", "select", "include", "includes", "exclude", "excludes", "expand", "embed", "embeds"),
        *("columns", "only", "omit", "projection", "with", "populate"),
    )
)

#: words that say that a filter asks for something else than equality
_OTHER_MEANING = re.compile(
    r"\b(?:not|except|exclud\w+|without|before|after|since|until|than|at least|at most|minimum|maximum|range|between|"
    r"older|newer|prefix|starts?|ends?|regex\w*|regular expression|pattern|wildcard|glob|including|ignored?|"
    r"no effect|deprecated)\b",
    re.IGNORECASE,
)

#: words that say that the number of items is none to be held to
_ABOUT = re.compile(
    r"\b(?:approximate\w*|at least|hint|minimum|no effect|ignored?|deprecated|rounded)\b", re.IGNORECASE
)


class Filter(msgspec.Struct, frozen=True, eq=False):
    """A parameter, or a member of one that is an object, named like a member of the items."""

    parameter: ParameterContract
    message: Message
    #: its name within the parameter; None where it is the parameter itself
    member: str | None
    #: whether it takes an array, of which one item is enough
    many: bool
    #: the combined schema of one value
    shape: Shape

    @property
    def name(self) -> str:
        """What it and the member of the items are called."""
        return self.member if self.member is not None else member_of_filter(self.parameter.parameter.name)

    @property
    def called(self) -> str:
        """What it is called in a sentence."""
        name = self.parameter.parameter.name
        return f"`{self.member}` in the query parameter `{name}`" if self.member else f"the query parameter `{name}`"

    def written(self, value: Any) -> Any:
        """What is sent for the parameter to ask for `value`; None where the contract does not allow that."""
        one = [value] if self.many else value
        sent = {self.member: one} if self.member is not None else one
        return sent if self.message.is_valid(sent) else None


class Parameters(msgspec.Struct, frozen=True, eq=False):
    """The parameters of a query by what they are for; None for what there is not."""

    limit: ParameterContract | None
    offset: ParameterContract | None
    page: ParameterContract | None
    cursor: ParameterContract | None
    sort: ParameterContract | None
    direction: ParameterContract | None
    filters: tuple[Filter, ...]

    @property
    def are_used(self) -> bool:
        """Whether there is anything to ask for."""
        return any((self.limit, self.offset, self.page, self.cursor, self.sort, self.direction, self.filters))


def parameters_of(operation: OperationContract) -> Parameters:
    """What the parameters of an operation's query are for, before any of its items is known."""
    found = {plain(each.parameter.name): each for each in operation.parameters if each.parameter.location == "query"}

    def numbered(names: frozenset[str]) -> ParameterContract | None:
        several = [each for name, each in found.items() if name in names and _is_number(each)]
        return several[0] if len(several) == 1 else None

    limit = numbered(LIMITS)
    direction = next((each for name, each in found.items() if name in DIRECTIONS and _gives_direction(each)), None)
    sort = next((each for name, each in found.items() if name in SORTS and each is not direction), None)
    cursor = next((each for name, each in found.items() if name in CURSORS), None)
    chosen = [each for name, each in found.items() if name in _SELECTIONS]
    special = (limit, numbered(OFFSETS), numbered(PAGES), cursor, sort, direction)
    return Parameters(
        limit if limit is not None and not _ABOUT.search(limit.parameter.description) else None,
        *special[1:],
        tuple(each for one in found.values() if one not in (*special, *chosen) for each in _filters(one)),
    )


def names_values(contract: ParameterContract) -> list[str]:
    """The texts that a parameter's `enum` allows; none where it has none."""
    values = shape_of([contract.message.schema], contract.message.schema).enum if contract.message is not None else None
    return [value for value in values or () if isinstance(value, str)]


def _filters(contract: ParameterContract) -> Iterator[Filter]:
    message = contract.message
    if message is None or _OTHER_MEANING.search(contract.parameter.description):
        return
    shape = shape_of([message.schema], message.schema)
    if "object" in shape.types:
        for name in shape.properties:
            yield _filter(contract, message, name, shape_of(shape_at(message, (name,)), message.schema))
    else:
        yield _filter(contract, message, None, shape)


def _filter(contract: ParameterContract, message: Message, member: str | None, shape: Shape) -> Filter:
    many = shape.types == {"array"}
    return Filter(contract, message, member, many, shape_of(shape.items, message.schema) if many else shape)


def _is_number(contract: ParameterContract) -> bool:
    message = contract.message
    if message is None:
        return False
    types = shape_of([message.schema], message.schema).types
    return bool(types) and types <= {"integer", "number", "null"}


def _gives_direction(contract: ParameterContract) -> bool:
    values = {value.lower() for value in names_values(contract)}
    return bool(values & ASCENDING) and bool(values & DESCENDING)
