"""The tree of a regular expression, and the pattern that every engine reads for it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

#: the class without a character
NOTHING = r"[^\s\S]"


class Characters(msgspec.Struct, frozen=True):
    """One character out of some."""

    #: in the form that every engine reads
    written: str
    #: the character, where it is the only one
    only: str = ""


class Anchor(msgspec.Struct, frozen=True):
    """A place in the text: its beginning, its end, an edge of a word or none."""

    written: str


class Reference(msgspec.Struct, frozen=True):
    """The text of a group once more."""

    number: int


class Sequence(msgspec.Struct, frozen=True):
    """One part after the other."""

    parts: tuple[Node, ...]


class Choice(msgspec.Struct, frozen=True):
    """One of several alternatives."""

    alternatives: tuple[Node, ...]


class Group(msgspec.Struct, frozen=True):
    """A part in parentheses."""

    part: Node
    #: of a capture: 1 for the first of a pattern; None for other groups
    number: int | None = None
    #: how it begins, where it is no capture: "(?:", "(?i:"
    opening: str = "(?:"


class Look(msgspec.Struct, frozen=True):
    """A condition on the text after a place, or before it."""

    part: Node
    behind: bool
    negative: bool


class Repeat(msgspec.Struct, frozen=True):
    """A part several times."""

    part: Node
    low: int
    #: None for any number
    high: int | None
    #: as in the pattern: "*", "+?", "{2,3}"
    written: str


Node = Characters | Anchor | Reference | Sequence | Choice | Group | Look | Repeat


def written(node: Node) -> str:
    """The pattern of a tree, in the form that every engine reads."""
    match node:
        case Characters() | Anchor():
            return node.written
        case Reference():
            return rf"\{node.number}"
        case Sequence():
            texts = [written(part) for part in node.parts]
            for index, part in enumerate(node.parts[:-1]):
                if isinstance(part, Reference) and texts[index + 1][:1].isdigit():
                    # In a group of its own, no digit that follows belongs to the number.
                    texts[index] = f"(?:{texts[index]})"
            return "".join(texts)
        case Choice():
            return "|".join(map(written, node.alternatives))
        case Group():
            return f"{node.opening if node.number is None else '('}{written(node.part)})"
        case Look():
            return f"(?{'<' if node.behind else ''}{'!' if node.negative else '='}{written(node.part)})"
        case Repeat():
            return f"{written(node.part)}{node.written}"


def children(node: Node) -> tuple[Node, ...]:
    """The parts of a node."""
    match node:
        case Sequence():
            return node.parts
        case Choice():
            return node.alternatives
        case Group() | Look() | Repeat():
            return (node.part,)
    return ()


def changed(node: Node, change: Callable[[Node], Node | None]) -> Node:
    """The tree with what `change` gives in the place of each node, from the root on; None keeps a node, and looks into
    it."""
    other = change(node)
    if other is not None:
        return other
    match node:
        case Sequence():
            return Sequence(tuple(changed(part, change) for part in node.parts))
        case Choice():
            return Choice(tuple(changed(part, change) for part in node.alternatives))
        case Group() | Look() | Repeat():
            return msgspec.structs.replace(node, part=changed(node.part, change))
    return node
