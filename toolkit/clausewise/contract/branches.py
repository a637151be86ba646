"""The alternatives of a request body whose schema is a union (`oneOf` or `anyOf`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from clausewise.contract.clause import Clause, branch_labels
from clausewise.contract.generated import GeneratedSchema, part_of
from clausewise.contract.keywords import KEYWORDS
from clausewise.spec.pointer import Source, descend, from_pointer
from clausewise.spec.subschemas import APPLICATORS, NULL, UNIONS

#: keywords that say something of a value beside a union
_ASSERTING = KEYWORDS | APPLICATORS.keys() - {"$defs"} | {"$ref"}

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
    #: the media type of the body; "" for the first that is judged
    media: str = ""

    @property
    def key(self) -> str:
        """The branch's name, unique within an operation; "" for the whole of the first body."""
        return " ".join(filter(None, (self.media, self.label)))

    def has(self, clause: Clause) -> bool:
        """Whether a clause of this body holds in the branch: its own, and those outside every branch."""
        labels = clause.branch[1:] if self.media else clause.branch
        return not self.label or not labels or labels[0] == self.label


def branches_of(generated: GeneratedSchema, generate: Generate, media: str = "") -> tuple[Branch, ...]:
    """The alternatives of a schema that is a union at its root; else the schema as one alternative without a label.

    `media` names the media type of the body, where it is not the first.
    """
    found = tuple(_alternatives(generated, "", generate)) or (Branch("", None, generated),)
    return tuple(msgspec.structs.replace(branch, media=media) for branch in found)


def _alternatives(generated: GeneratedSchema, location: str, generate: Generate) -> Iterator[Branch]:
    schema = descend(generated.schema, from_pointer(location))
    if not isinstance(schema, dict):
        return
    if "$ref" in schema and "oneOf" not in schema:
        yield from _alternatives(generated, schema["$ref"].removeprefix("#"), generate)
    for keyword in UNIONS:
        parts, is_alone = schema.get(keyword, []), not (schema.keys() - {keyword}) & _ASSERTING
        others = [index for index, part in enumerate(parts) if part != NULL]
        if len(others) == 1 < len(parts):
            # What may be null as well is no choice between several.
            inner = f"{location}/{keyword}/{others[0]}"
            yield from _alternatives(generated, inner, generate) if is_alone else ()
            continue
        for index, label in enumerate(branch_labels(parts)):
            here = f"{location}/{keyword}/{index}"
            yield Branch(
                label, None, generate(generated.origin(here)) if is_alone else _chosen(generated, location, here)
            )
    for index in range(len(schema.get("allOf", ()))):
        here = f"{location}/allOf/{index}"
        label = generated.branches.get(f"{here}/then", "")
        if label:
            name = next(iter(descend(generated.schema, from_pointer(f"{here}/if/required"))))
            then = descend(generated.schema, from_pointer(f"{here}/then"))
            selected = generated.origin(then["$ref"].removeprefix("#"))
            # A base that is a kind of its own stands for all of them elsewhere.
            is_other = selected != generated.origin(location) and set(then) == {"$ref"}
            yield Branch(label, name, generate(selected) if is_other else part_of(generated, f"{here}/then"))


def _chosen(generated: GeneratedSchema, location: str, alternative: str) -> GeneratedSchema:
    """The schema at `location`, with the `alternative` of its union in the place of the union."""
    whole, keyword = part_of(generated, location), alternative.removeprefix(location).split("/")[1]
    assert isinstance(whole.schema, dict)
    parts = whole.schema.get("allOf", [])
    rest = {name: value for name, value in whole.schema.items() if name != keyword}
    here = f"/allOf/{len(parts)}"
    origins = {
        f"{here}{at.removeprefix(alternative)}": source
        for at, source in generated.origins.items()
        if f"{at}/".startswith(f"{alternative}/")
    }
    chosen = descend(generated.schema, from_pointer(alternative))
    return msgspec.structs.replace(
        whole, schema={**rest, "allOf": [*parts, chosen]}, origins={**whole.origins, **origins}
    )
