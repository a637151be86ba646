"""The examples of a parameter, header or media type, in the ways in which documents write them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from clausewise.spec.accessors import object_at, resolved_object
from clausewise.spec.defects import DefectLog
from clausewise.spec.operations import Example
from clausewise.spec.pointer import Source
from clausewise.spec.written_out import MOST_VALUES, written_out

if TYPE_CHECKING:
    from clausewise.spec.resolve import Sources


#: what may hold examples
_KEYWORDS = frozenset({"example", "examples", "x-example", "x-examples"})


def read_examples(sources: Sources, owner: Source, log: DefectLog) -> tuple[Example, ...]:
    """The examples of the object at `owner`: `example`, `examples`, and their extensions. Those that are not valid, or
    too large, close no operation."""
    holder = object_at(sources, owner)
    if _KEYWORDS.isdisjoint(holder):
        return ()
    log = log.closing_nothing()
    found = []
    if "example" in holder:
        found.append(Example("", holder["example"], owner.child("example")))
    at, none = owner.child("examples"), dict[str, Any]()
    for name in log.attempt(lambda: object_at(sources, at, optional=True), none):
        source, value = log.attempt(partial(resolved_object, sources, at.child(name)), (at, none))
        # OpenAPI 3.2 says of a value whether it is the one before or after it is written into a message.
        keyword = next((each for each in ("value", "dataValue") if each in value), None)
        if keyword is not None:
            found.append(Example(name, value[keyword], source.child(keyword)))
    # Before version 3 had examples everywhere, tools wrote them as extensions, and many documents still do.
    if "x-example" in holder:
        found.append(Example("", holder["x-example"], owner.child("x-example")))
    extended = holder.get("x-examples")
    for name, value in extended.items() if isinstance(extended, dict) else ():
        at = owner.child("x-examples", name)
        wrapped = isinstance(value, dict) and "value" in value
        found.append(Example(name, value["value"] if wrapped else value, at.child("value") if wrapped else at))
    return tuple(example for example in found if log.attempt(partial(_small, sources, example), False))


def _small(sources: Sources, example: Example) -> bool:
    """True. Raises SpecError where an example is too large."""
    if written_out(example.value) > MOST_VALUES:
        message = f"this example has more than {MOST_VALUES:,} values, with its YAML aliases written out"
        raise sources.error(example.source, message, "write a smaller one")
    return True
