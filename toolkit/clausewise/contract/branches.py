"""The alternatives of a request body whose schema is a union (`oneOf` or `anyOf`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from clausewise.contract.schemas import GeneratedSchema
from clausewise.spec.pointer import Source, descend, from_pointer
from clausewise.spec.subschemas import UNIONS

#: place of a schema in the document -> that schema, self-contained
Generate = Callable[[Source], GeneratedSchema]


class Branch(msgspec.Struct, frozen=True, eq=False):
    """One alternative of a request body."""

    #: discriminator value, title or component name; "" for a body that is not a union
    label: str
    #: the discriminator's property; None where the union has none
    discriminator: str | None
    #: the branch's own schema, self-contained
    schema: GeneratedSchema


def branches_of(generated: GeneratedSchema, generate: Generate) -> tuple[Branch, ...]:
    """The alternatives of a schema that is a union at its root; else the schema as one alternative without a label."""
    return tuple(_alternatives(generated, "", generate)) or (Branch("", None, generated),)


def _alternatives(generated: GeneratedSchema, location: str, generate: Generate) -> Iterator[Branch]:
    schema = descend(generated.schema, from_pointer(location))
    if not isinstance(schema, dict):
        return
    if "$ref" in schema and "oneOf" not in schema:
        yield from _alternatives(generated, schema["$ref"].removeprefix("#"), generate)
    for keyword in UNIONS:
        for index, part in enumerate(schema.get(keyword, ())):
            label = str(index)
            if isinstance(part, dict):
                label = str(part.get("title") or str(part.get("$ref", index)).rpartition("/")[2])
            yield Branch(label, None, generate(generated.origin(f"{location}/{keyword}/{index}")))
    for index in range(len(schema.get("allOf", ()))):
        here = f"{location}/allOf/{index}"
        label = generated.branches.get(f"{here}/then", "")
        if label:
            name = next(iter(descend(generated.schema, from_pointer(f"{here}/if/required"))))
            reference = descend(generated.schema, from_pointer(f"{here}/then/$ref")).removeprefix("#")
            yield Branch(label, name, generate(generated.origin(reference)))
