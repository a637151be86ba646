"""The clause: one assertion of the document, at one place in a message."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from clausewise.spec.pointer import Source
from clausewise.spec.subschemas import Subschema

Direction = Literal["request", "response"]
Severity = Literal["error", "warning", "note"]

#: stands for every item of an array, and for every property without a name of its own, in an instance path
EACH_ITEM = "[]"
EACH_PROPERTY = "{}"

#: keyword whose subschemas constrain members or items -> the step of an instance path to those; "" stands for the
#: member's name or the item's index
STEPS = {
    "properties": "",
    "patternProperties": EACH_PROPERTY,
    "additionalProperties": EACH_PROPERTY,
    "prefixItems": "",
    "items": EACH_ITEM,
}


class Condition(msgspec.Struct, frozen=True):
    """An `if` that decides whether a clause applies."""

    #: pointer of the `if` schema in the message's generated schema
    pointer: str
    #: the place in the message that it is evaluated at
    path: tuple[str, ...]
    #: whether the clause applies when it holds (`then`) or when it does not (`else`)
    holds: bool


class Clause(msgspec.Struct, frozen=True):
    """An assertion, bound to an operation, a direction and a place in the message."""

    #: the assertion's place in the document, without line numbers: "#/components/schemas/Name/maxLength"
    id: str
    operation: str
    direction: Direction
    #: the place in the message, for people: "request.body[AWS].nodePools[].name"
    where: str
    keyword: str
    #: the keyword's value
    value: Any
    #: one sentence: "`name` has at most 64 characters"
    text: str
    source: Source
    #: below "error" for an advisory clause, whose author set it
    severity: Severity = "error"
    #: labels of the union branches it stands in, outermost first; before them the media type of the body, where that is
    #: not the first
    branch: tuple[str, ...] = ()
    #: part of the message: "body", "path.id", "query.limit", "200.body"; "" for a clause on the whole
    part: str = ""
    #: property names, EACH_ITEM and EACH_PROPERTY from the part's root to the value it constrains
    path: tuple[str, ...] = ()
    #: conditions under which it applies
    conditions: tuple[Condition, ...] = ()
    #: why it cannot be judged, as a sentence; "" where it can
    unjudged: str = ""
    #: key of the clause that is reported whenever this one is broken: a discriminator, for example, decides the branch
    governed_by: str | None = None

    @property
    def key(self) -> str:
        """The clause's name, unique within a contract."""
        return f"{self.operation} {self.where} {self.id} {self.keyword}"

    @property
    def instance_path(self) -> tuple[str, ...]:
        """The path of the value that the keyword is evaluated on; for a clause that a member is present, or absent, of
        the object around it."""
        about_presence = ("required", "dependentRequired", "writeOnly", "false")
        return self.path[:-1] if self.keyword in about_presence else self.path


def branch_labels(alternatives: list[Any]) -> list[str]:
    """A name for each alternative of a union: its title, its component, its type or its number. Names that several have
    are numbered."""
    labels: list[str] = []
    for index, schema in enumerate(alternatives):
        label = str(index)
        if isinstance(schema, dict):
            kind = schema.get("type")
            named = str(schema["$ref"]).rpartition("/")[2] if "$ref" in schema else kind
            label = str(schema.get("title") or (named if isinstance(named, str) else label))
        same = [one for one in labels if one == label or one.startswith(f"{label} ")]
        labels.append(f"{label} {len(same) + 1}" if same else label)
    return labels


def step_into(subschema: Subschema) -> str:
    """The step of an instance path from a value to the part that a subschema (below a keyword of STEPS) constrains."""
    return STEPS[subschema.keyword] or subschema.name


def where(direction: Direction, part: str, path: tuple[str, ...], branch: tuple[str, ...]) -> str:
    """A place in a message, for people: "request.body[AWS].nodePools[].name"."""
    return f"{direction}.{part}{''.join(map(written_branch, branch))}{''.join(map(written_step, path))}"


def written_branch(label: str) -> str:
    """A label of a union's branch in `where`."""
    return f"[{label}]"


def written_step(step: str) -> str:
    """A step of an instance path in `where`."""
    return step if step == EACH_ITEM else ".*" if step == EACH_PROPERTY else f".{step}"
