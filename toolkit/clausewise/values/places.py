"""The places in a value, each with the schemas that apply there, and the alternatives that it leaves out.

A union inside a body has one alternative in each value. What a server does with the others only other values show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import msgspec

from clausewise.contract.clause import EACH_ITEM, EACH_PROPERTY, Clause
from clausewise.contract.message import Message
from clausewise.contract.validators import checker
from clausewise.spec.pointer import descend, from_pointer
from clausewise.spec.subschemas import UNIONS
from clausewise.values.edit import Location, get, locate, put
from clausewise.values.shape import shape_of

#: keywords whose value stands beside the rest, and those that say nothing of a value
_READ = frozenset({"$ref", "allOf", "$defs", "$schema"})


class Alternative(msgspec.Struct, frozen=True, eq=False):
    """An alternative of a union that a value does not take."""

    #: the union: a list of schemas, or the condition by which a discriminator selects this alternative
    union: Any
    #: its index in the list, or the discriminator's value
    label: str
    #: the alternative in it
    part: Any
    #: every schema that applies where the alternative is chosen
    schemas: list[Any]


class Place(msgspec.Struct, frozen=True, eq=False):
    """A place in a value."""

    location: Location
    #: as in the path of a clause
    path: tuple[str, ...]
    value: Any
    #: the schemas that apply to the value, without references; of a union the alternative that the value takes
    schemas: list[Any]
    alternatives: tuple[Alternative, ...]


def places_in(message: Message, value: Any) -> Iterator[Place]:
    """Every place in `value`, which keeps `message`, outer ones first; of an array's items only the first, and none in
    members or items that no schema describes."""
    yield from _walk_of(message).at([message.schema], value, (), ())


def location_of(message: Message, value: Any, clause: Clause) -> Location | None:
    """The first location in `value` that `clause` is about; None where it has none. Of the members of a map it is one
    that the clause applies to."""
    path = clause.instance_path
    found = locate(value, path)
    if found is None or EACH_PROPERTY not in path:
        return found
    parent = found[: path.index(EACH_PROPERTY)]
    members = get(value, parent)
    for name in reversed(members) if len(members) > 1 else ():
        alone = put(value, parent, {name: members[name]})
        if any(kept.key == clause.key for kept in message.judge(alone).upheld):
            return locate(alone, path)
    return found


@lru_cache(maxsize=256)
def _walk_of(message: Message) -> _Walk:
    return _Walk(message.schema)


class _Walk:
    def __init__(self, root: Any) -> None:
        self._root = root
        #: id of a part of a union -> whether a value keeps it
        self._checks: dict[int, Callable[[Any], bool]] = {}

    def at(self, schemas: list[Any], value: Any, location: Location, path: tuple[str, ...]) -> Iterator[Place]:
        """The places in `value`, to which `schemas` apply."""
        alternatives: list[Alternative] = []
        nodes, taken = self._flat(schemas), set[int]()
        while True:
            rest, chosen = self._choose(nodes, value, alternatives)
            # An alternative that leads back to its union says nothing new.
            chosen = [part for part in chosen if id(part) not in taken]
            if not chosen:
                break
            taken |= set(map(id, chosen))
            nodes = [*rest, *self._flat(chosen)]
        yield Place(location, path, value, nodes, tuple(alternatives))
        shape = shape_of(nodes, self._root)
        if isinstance(value, dict):
            for name, member in value.items():
                known = name in shape.properties
                below = [part for part in shape.member(name) if not isinstance(part, bool)]
                if below:
                    yield from self.at(below, member, (*location, name), (*path, name if known else EACH_PROPERTY))
        elif isinstance(value, list):
            for index, below in enumerate([*shape.prefix, shape.items][: len(value)]):
                step = str(index) if index < len(shape.prefix) else EACH_ITEM
                if below:
                    yield from self.at(below, value[index], (*location, index), (*path, step))

    def _choose(self, nodes: list[Any], value: Any, alternatives: list[Alternative]) -> tuple[list[Any], list[Any]]:
        """`nodes` without their unions, and the alternatives of these that `value` takes; the others are added."""
        chosen: list[Any] = []
        rest = [_without_unions(node) for node in nodes]
        for index, node in enumerate(nodes):
            if not isinstance(node, dict):
                continue
            for keyword in UNIONS:
                parts = node.get(keyword, ())
                taken = next((part for part in parts if self._admits(part, value)), None)
                beside = [*nodes[:index], {name: one for name, one in node.items() if name != keyword}]
                beside += nodes[index + 1 :]
                alternatives += [
                    Alternative(parts, str(number), part, [*beside, part])
                    for number, part in enumerate(parts)
                    if part is not taken and part is not False
                ]
                chosen += [taken] if taken is not None else []
            selected = _selected(node)
            if selected is None:
                continue
            name, wanted = selected
            if isinstance(value, dict) and value.get(name) == wanted:
                chosen.append(node["then"])
            elif isinstance(value, dict):
                named = {"required": [name], "properties": {name: {"const": wanted}}}
                alternatives.append(Alternative(node["if"], str(wanted), node["then"], [*rest, node["then"], named]))
        return rest, chosen

    def _admits(self, part: Any, value: Any) -> bool:
        if isinstance(part, bool):
            return part
        if id(part) not in self._checks:
            self._checks[id(part)] = checker([part], self._root)
        return self._checks[id(part)](value)

    def _flat(self, schemas: list[Any]) -> list[Any]:
        """`schemas` with what they refer to, and the parts of their `allOf`, beside them."""
        found: list[Any] = []
        waiting, seen = list(schemas), set[str]()
        while waiting:
            schema = waiting.pop(0)
            if not isinstance(schema, dict):
                found.append(schema)
                continue
            reference = schema.get("$ref")
            if reference is not None and reference not in seen:
                seen.add(reference)
                waiting.append(descend(self._root, from_pointer(reference.removeprefix("#"))))
            waiting += schema.get("allOf", ())
            found.append({name: value for name, value in schema.items() if name not in _READ})
        return found


def _without_unions(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    gone = {*UNIONS, *(("if", "then") if _selected(node) else ())}
    return {name: value for name, value in node.items() if name not in gone}


def _selected(node: Any) -> tuple[str, Any] | None:
    """The member and its value by which a discriminator selects the `then` of `node`; None where it is no such part."""
    condition = node.get("if") if isinstance(node, dict) and "then" in node else None
    properties = condition.get("properties") if isinstance(condition, dict) else None
    if not isinstance(properties, dict) or len(properties) != 1:
        return None
    name, schema = next(iter(properties.items()))
    return (name, schema["const"]) if isinstance(schema, dict) and "const" in schema else None
