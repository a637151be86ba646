"""A generated JSON Schema: what a validator needs, and where each of its nodes stands in the document."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from clausewise.contract.unjudged import Found
from clausewise.errors import SpecError
from clausewise.spec.pointer import Source, descend, from_pointer

SEVERITY = "x-clausewise-severity"

T = TypeVar("T")


class GeneratedSchema(msgspec.Struct, frozen=True, eq=False):
    """A JSON Schema with the places in the document of its nodes."""

    schema: dict[str, Any] | bool
    #: pointer of a schema node, or of a keyword that was moved, in `schema` -> its place in the document
    origins: dict[str, Source]
    #: pointer of the schema that a discriminator's value selects -> that value
    branches: dict[str, str]
    #: pointer of a discriminated union's selecting part -> the discriminator's property name
    discriminators: dict[str, str]
    #: pointer of the `not` by which a value keeps one alternative of a `oneOf` with a discriminator -> that `oneOf`
    exclusive: dict[str, list[Any]] = {}
    #: pointer of a schema node -> its keywords that cannot be judged, which `schema` does not have
    unjudged: Found = {}
    #: pointer of a `pattern` -> how its author spells it, where that is another way
    spelled: dict[str, str] = {}
    #: what is not valid in the document's schema, and so left out of `schema`
    errors: tuple[SpecError, ...] = ()
    #: pointer of a schema node -> those of the errors that are about it as a whole, and about no keyword of it
    faults: dict[str, list[SpecError]] = {}
    #: what is not valid in the document's schema, and in `schema` as its author means it
    meant: tuple[SpecError, ...] = ()
    #: the place of the whole, where other messages share the rest; None for that in `origins`
    root: Source | None = None

    def origin(self, pointer: str) -> Source:
        """The place in the document of the node or keyword at `pointer`."""
        if not pointer and self.root is not None:
            return self.root
        tail: list[str] = []
        while pointer not in self.origins:
            if not pointer:
                # Schemas that were generated together have no place as a whole.
                return next(iter(self.origins.values()), Source("", ()))
            pointer, _, token = pointer.rpartition("/")
            tail.append(token.replace("~1", "/").replace("~0", "~"))
        return self.origins[pointer].child(*reversed(tail))


def part_of(generated: GeneratedSchema, pointer: str) -> GeneratedSchema:
    """The schema at `pointer` in `generated`, with the same definitions."""
    assert isinstance(generated.schema, dict)

    def kept(places: dict[str, T]) -> dict[str, T]:
        own = {at: value for at, value in places.items() if f"{at}/".startswith(f"{pointer}/")}
        shared = {at: value for at, value in places.items() if at.startswith("/$defs/")}
        return shared | {at.removeprefix(pointer): value for at, value in own.items()}

    around = {keyword: value for keyword, value in generated.schema.items() if keyword in ("$schema", "$defs")}
    return GeneratedSchema(
        around | descend(generated.schema, from_pointer(pointer)),
        {"": generated.origin(pointer)} | kept(generated.origins),
        kept(generated.branches),
        kept(generated.discriminators),
        kept(generated.exclusive),
        kept(generated.unjudged),
        kept(generated.spelled),
    )
