"""The members of a value that messages of its direction do not carry, by the generated schema."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any

from clausewise.spec.pointer import Source, descend, from_pointer
from clausewise.spec.subschemas import subschemas

if TYPE_CHECKING:
    from clausewise.contract.generated import GeneratedSchema


def is_hidden(schema: Any) -> bool:
    """Whether the schema of a member says that messages do not carry it: see `schemas.generate`."""
    return isinstance(schema, dict) and ("readOnly" in schema or "writeOnly" in schema)


def hides(schema: Any) -> bool:
    """Whether any member is hidden in a generated schema."""
    waiting = [schema]
    while waiting:
        node = waiting.pop()
        if is_hidden(node):
            return True
        waiting += (child.schema for child in subschemas(node))
    return False


def places_of_hidden(generated: GeneratedSchema) -> dict[int, tuple[Source, Source]]:
    """The `id` of the schema of each hidden member in `generated`, which keeps it alive -> the place in the document of
    the member's own schema, and that of the keyword that hides it."""
    found = {}
    for pointer, source in generated.origins.items():
        try:
            schema = descend(generated.schema, from_pointer(pointer))
        except KeyError:
            continue
        if is_hidden(schema):
            keyword = "readOnly" if "readOnly" in schema else "writeOnly"
            found[id(schema)] = source, generated.origin(f"{pointer}/{keyword}")
    return found


def hidden_in(
    schemas: Iterable[Any], root: Any, value: Any, location: tuple[str | int, ...] = ()
) -> Iterator[tuple[str | int, ...]]:
    """The locations of the members that are hidden in `value`, which stands at `location` and to which all of `schemas`
    apply, nodes of the generated schema `root`."""
    if isinstance(value, dict):
        nodes, hidden = [*chain.from_iterable(_applied(schemas, root))], hidden_names(schemas, root)
        for name, member in value.items():
            if name in hidden:
                yield (*location, name)
            elif isinstance(member, dict | list):
                below = [node["properties"][name] for node in nodes if name in node.get("properties", ())]
                below = below or [node["additionalProperties"] for node in nodes if "additionalProperties" in node]
                yield from hidden_in(below, root, member, (*location, name))
    elif isinstance(value, list):
        nodes = [*chain.from_iterable(_applied(schemas, root))]
        for index, item in enumerate(value):
            below = [node["prefixItems"][index] for node in nodes if index < len(node.get("prefixItems", ()))]
            below = below or [node["items"] for node in nodes if "items" in node]
            yield from hidden_in(below, root, item, (*location, index))


def hidden_names(schemas: Iterable[Any], root: Any) -> set[str]:
    """The names of the members that are hidden in an object to which all of `schemas` apply. An alternative does not
    hide what another one describes."""
    certain, possible = _applied(schemas, root)
    shown = _named([*certain, *possible], hidden=False)
    return _named(certain, hidden=True) | (_named(possible, hidden=True) - shown)


def _applied(schemas: Iterable[Any], root: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The schemas that apply to a value of all of `schemas`, and those that apply to some of these values."""
    certain: list[dict[str, Any]] = []
    possible: list[dict[str, Any]] = []
    waiting, seen = [(schema, True) for schema in schemas], set[tuple[int, bool]]()
    while waiting:
        node, sure = waiting.pop()
        if not isinstance(node, dict) or (id(node), sure) in seen:
            continue
        seen.add((id(node), sure))
        (certain if sure else possible).append(node)
        if "$ref" in node:
            waiting.append((descend(root, from_pointer(node["$ref"].removeprefix("#"))), sure))
        for part in subschemas(node):
            if part.applies == "in place" and part.keyword not in ("not", "if"):
                waiting.append((part.schema, sure and part.keyword == "allOf"))
    return certain, possible


def _named(nodes: Iterable[dict[str, Any]], *, hidden: bool) -> set[str]:
    """The members whose schemas in `nodes` hide them, or do not."""
    return {
        name for node in nodes for name, schema in node.get("properties", {}).items() if is_hidden(schema) is hidden
    }
