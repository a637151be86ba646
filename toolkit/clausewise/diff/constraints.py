"""What schemas say of one place of a message, gathered from everything that applies there.

`$ref`, `allOf`, `if` and `dependentSchemas` are seen through: whether a rule stands in a component, in a part of an
`allOf` or right where it applies makes no difference to a message, and so none to who compares two contracts.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from clausewise.contract.clause import STEPS, Direction, Severity
from clausewise.contract.clauses import asserts
from clausewise.contract.keywords import KEYWORDS
from clausewise.contract.schemas import SEVERITY, GeneratedSchema
from clausewise.diff.strictness import Assertion, plain, says_nothing
from clausewise.spec.pointer import descend, from_pointer, to_pointer
from clausewise.spec.subschemas import APPLICATORS, UNIONS, subschemas_of, with_subschemas

#: keywords that describe and assert nothing
_ANNOTATIONS = frozenset(
    {
        *("title", "description", "summary", "default", "examples", "deprecated", "readOnly", "writeOnly"),
        *("$comment", "$schema", "$id", "$anchor", "contentEncoding", "contentMediaType", "contentSchema", SEVERITY),
    }
)


class Node(msgspec.Struct, frozen=True):
    """A schema of a generated schema, and what is known of it from above."""

    location: str
    severity: Severity = "error"
    note: str = ""
    #: the `if`s it depends on, each by what it says, and whether it must hold
    conditions: frozenset[tuple[str, bool]] = frozenset()


#: the schemas that bind one place
Nodes = tuple[Node, ...]


class Branch(msgspec.Struct, frozen=True):
    """One alternative of a union."""

    label: str
    #: how the label came about: a discriminator's value, a name of its own, made of its type or number, or that it is
    #: no branch but a schema alone, which is compared with branches
    named_by: Literal["discriminator", "name", "type", "number", "alone"]
    nodes: Nodes


class Union(msgspec.Struct, frozen=True):
    """`oneOf`, `anyOf`, or either of them with a discriminator."""

    #: "oneOf", "anyOf" or "discriminator"
    keyword: str
    node: Node
    branches: tuple[Branch, ...]


class Said(msgspec.Struct):
    """What is said of one place, and which places are below it."""

    assertions: list[Assertion] = msgspec.field(default_factory=list)
    #: schemas of each member by name
    members: dict[str, list[Node]] = msgspec.field(default_factory=dict)
    #: schemas of items and of members without a name of their own, by keyword and index or pattern
    each: dict[tuple[str, str], list[Node]] = msgspec.field(default_factory=dict)
    unions: list[Union] = msgspec.field(default_factory=list)

    @property
    def closed(self) -> bool:
        """Whether it promises that there are no members but the documented ones."""
        return any(each.family == "closed" and each.severity == "error" for each in self.assertions)

    def ends(self, keyword: str) -> bool:
        """Whether there are none of those whose schema `keyword` would hold."""
        if keyword == "items":
            return any(each.keyword == "maxItems" and each.location.endswith("/items") for each in self.assertions)
        return keyword == "additionalProperties" and self.closed

    @property
    def absent(self) -> bool:
        """Whether there must be nothing at this place."""
        return any(each.keyword == "false" and not each.conditions for each in self.assertions)

    @property
    def nothing(self) -> bool:
        """Whether any value may stand here."""
        return not (self.assertions or self.members or self.each or self.unions)


class Tree:
    """All schemas of a document that bind messages of one direction."""

    def __init__(self, generated: GeneratedSchema, direction: Direction) -> None:
        self.generated = generated
        self.direction = direction
        #: of each condition's `if`, by what it says
        self.questions: dict[str, str] = {}
        self._hidden_by = "readOnly" if direction == "request" else "writeOnly"
        self._schemas: dict[str, Any] = {}
        self._said: dict[Nodes, Said] = {}
        self._plain: dict[str, Any] = {}
        #: what a discriminator lets its property be, which its branches tell already
        self._selecting = {
            f"{location}/properties{to_pointer((name,))}" for location, name in generated.discriminators.items()
        }

    def said(self, nodes: Nodes) -> Said:
        """What the schemas `nodes` say together."""
        said = self._said.get(nodes)
        if said is None:
            said = self._said[nodes] = Said()
            seen: set[Node] = set()
            for node in nodes:
                self._read(said, node, seen)
        return said

    def plain(self, location: str) -> str:
        """What the schema at `location` asserts, as a text that is the same wherever the schema stands."""
        return plain(self._told(location, ())[0])

    def hidden(self, node: Node) -> bool:
        """Whether messages of this direction do not carry what the schema describes (`readOnly`, `writeOnly`)."""
        location, seen = node.location, set()
        while location not in seen:
            seen.add(location)
            schema = self._at(location)
            if not isinstance(schema, dict):
                return False
            if schema.get(self._hidden_by) is True:
                return True
            if "$ref" not in schema:
                return False
            location = schema["$ref"].removeprefix("#")
        return False

    def _at(self, location: str) -> Any:
        if location not in self._schemas:
            self._schemas[location] = descend(self.generated.schema, from_pointer(location))
        return self._schemas[location]

    def _read(self, said: Said, node: Node, seen: set[Node]) -> None:
        if node in seen:
            return
        seen.add(node)
        schema = self._at(node.location)
        if isinstance(schema, bool):
            if not schema:
                self._assert(said, node, "false", None, node.location)
            return
        if SEVERITY in schema:
            note = str(schema.get("description", "")).strip().rstrip(".")
            node = msgspec.structs.replace(node, severity=schema[SEVERITY], note=note)
        for keyword, value in schema.items():
            self._keyword(said, node, keyword, value, schema, seen)

    def _keyword(
        self, said: Said, node: Node, keyword: str, value: Any, schema: dict[str, Any], seen: set[Node]
    ) -> None:
        at = f"{node.location}/{keyword}"
        if keyword == "$ref":
            self._read(said, _below(node, value.removeprefix("#")), seen)
        elif keyword in STEPS and value is not False:
            for child in subschemas_of(keyword, value, node.location):
                below = _below(node, child.pointer)
                if keyword != "properties":
                    said.each.setdefault((keyword, child.name), []).append(below)
                elif not self.hidden(below):
                    said.members.setdefault(child.name, []).append(below)
        elif keyword == "items":
            self._assert(said, node, "maxItems", len(schema.get("prefixItems", ())), at)
        elif keyword == "allOf":
            self._all_of(said, node, at, value, seen)
        elif keyword in ("then", "else") and "if" in schema:
            asked = self.plain(f"{node.location}/if")
            self.questions.setdefault(asked, f"{node.location}/if")
            self._read(said, _below(node, at, (asked, keyword == "then")), seen)
        elif keyword == "dependentSchemas":
            for name in value:
                self._read(said, _below(node, at + to_pointer((name,)), (f"present {name}", True)), seen)
        elif keyword in UNIONS:
            branches = tuple(self._branch(_below(node, f"{at}/{index}"), index) for index in range(len(value)))
            said.unions.append(Union(keyword, _below(node, at), branches))
        elif keyword == "required":
            for index, name in enumerate(value):
                said.members.setdefault(name, [])
                self._assert(said, node, keyword, True, f"{at}/{index}", name)
        elif keyword == "dependentRequired":
            for trigger, names in value.items():
                for index, name in enumerate(names):
                    said.members.setdefault(name, [])
                    self._assert(said, node, keyword, trigger, f"{at}{to_pointer((trigger,))}/{index}", name)
        elif keyword == "enum" and node.location in self._selecting:
            return
        elif keyword in KEYWORDS and asserts(keyword, value) and not says_nothing(keyword, value):
            self._assert(said, node, keyword, value, at)

    def _assert(self, said: Said, node: Node, keyword: str, value: Any, at: str, member: str = "") -> None:
        text = self.plain(at) if keyword in APPLICATORS and isinstance(value, dict) else plain(value)
        said.assertions.append(Assertion(keyword, value, text, at, node.severity, node.note, node.conditions, member))

    def _all_of(self, said: Said, node: Node, at: str, parts: list[Any], seen: set[Node]) -> None:
        index = 0
        while index < len(parts):
            here = f"{at}/{index}"
            self._read(said, _below(node, here), seen)
            index += 1
            if here not in self.generated.discriminators:
                continue
            branches = []
            while label := self.generated.branches.get(f"{at}/{index}/then"):
                branches.append(Branch(label, "discriminator", (_below(node, f"{at}/{index}/then"),)))
                index += 1
            said.unions.append(Union("discriminator", _below(node, here), tuple(branches)))

    def _branch(self, node: Node, index: int) -> Branch:
        schema = self._at(node.location)
        if isinstance(schema, dict):
            if "title" in schema:
                return Branch(str(schema["title"]), "name", (node,))
            if "$ref" in schema:
                return Branch(str(schema["$ref"]).rpartition("/")[2], "name", (node,))
            if isinstance(schema.get("type"), str):
                return Branch(schema["type"], "type", (node,))
        return Branch(str(index), "number", (node,))

    def _told(self, location: str, above: tuple[str, ...]) -> tuple[Any, bool]:
        """The schema at `location` with its references written out and no annotations, and whether that holds anywhere.

        A reference to what it stands in says how far up that is.
        """
        if location in self._plain:
            return self._plain[location], True
        schema = self._at(location)
        if not isinstance(schema, dict):
            return schema, True
        if location in above:
            return {"$up": len(above) - above.index(location)}, False
        above = (*above, location)
        told, anywhere = {}, True
        for keyword, value in schema.items():
            below: list[tuple[Any, bool]] = []
            if keyword in _ANNOTATIONS or keyword.startswith("x-") or keyword == "$defs":
                continue
            if keyword == "$ref":
                below = [self._told(value.removeprefix("#"), above)]
                told[keyword] = below[0][0]
            elif keyword in APPLICATORS:
                found_here = tuple(subschemas_of(keyword, value, location))
                below = [self._told(each.pointer, above) for each in found_here]
                told[keyword] = with_subschemas(keyword, found_here, [each for each, _ in below])
            elif keyword in ("required", "enum", "type") and isinstance(value, list):
                told[keyword] = sorted(value, key=plain)
            else:
                told[keyword] = value
            anywhere = anywhere and all(each for _, each in below)
        found = told["$ref"] if list(told) == ["$ref"] else told
        if anywhere:
            self._plain[location] = found
        return found, anywhere


def _below(node: Node, location: str, condition: tuple[str, bool] | None = None) -> Node:
    conditions = node.conditions | {condition} if condition else node.conditions
    return Node(location, node.severity, node.note, conditions)
