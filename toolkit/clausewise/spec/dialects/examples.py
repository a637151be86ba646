"""The examples of a parameter, header or media type, in the ways in which documents write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clausewise.spec.accessors import object_at, resolved_object
from clausewise.spec.operations import Example
from clausewise.spec.pointer import Source
from clausewise.spec.written_out import MOST_VALUES, written_out

if TYPE_CHECKING:
    from clausewise.spec.resolve import Sources


def read_examples(sources: Sources, owner: Source) -> tuple[Example, ...]:
    """The examples of the object at `owner`: `example`, `examples`, and their extensions.

    Raises SpecError for one that is too large.
    """
    holder = object_at(sources, owner)
    found = []
    if "example" in holder:
        found.append(Example("", holder["example"], owner.child("example")))
    for name in object_at(sources, owner.child("examples"), optional=True):
        at, value = resolved_object(sources, owner.child("examples", name))
        if "value" in value:
            found.append(Example(name, value["value"], at.child("value")))
    # Before version 3 had examples everywhere, tools wrote them as extensions, and many documents still do.
    if "x-example" in holder:
        found.append(Example("", holder["x-example"], owner.child("x-example")))
    extended = holder.get("x-examples")
    for name, value in extended.items() if isinstance(extended, dict) else ():
        at = owner.child("x-examples", name)
        wrapped = isinstance(value, dict) and "value" in value
        found.append(Example(name, value["value"] if wrapped else value, at.child("value") if wrapped else at))
    for example in found:
        if written_out(example.value) > MOST_VALUES:
            message = f"this example has more than {MOST_VALUES:,} values, with its YAML aliases written out"
            raise sources.error(example.source, message, "write a smaller one")
    return tuple(found)
