"""Unions and base schemas with a discriminator, as schemas that any validator understands.

Each alternative becomes an `if`/`then`: a value is checked against the one that it names, which is faster than `oneOf`,
and its errors are those of that alternative.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from clausewise.contract.around import Around
from clausewise.contract.discriminator import Discriminator, property_name_at, read_discriminator
from clausewise.contract.inheritance import Family, inheritance_of
from clausewise.spec.pointer import Source, to_pointer
from clausewise.spec.resolve import Sources

#: kinds of one base whose own rules are read; of more, only the names are
MOST_KINDS = 60


class Selections:
    """Translates what discriminators select, and remembers by pointer what it is."""

    def __init__(
        self,
        sources: Sources,
        direction: Literal["request", "response"],
        origins: dict[str, Source],
        definition: Callable[[Source, Around], str],
    ) -> None:
        """`origins` gets the place in the document of each node; `definition` gives the name of the definition for a
        schema and what the schemas around it say."""
        self._sources = sources
        self._inheritance = inheritance_of(sources)
        self._direction = direction
        self._origins = origins
        self._definition = definition
        #: pointer of an alternative -> the value that selects it
        self.branches: dict[str, str] = {}
        #: pointer of what demands a discriminator -> its name
        self.discriminators: dict[str, str] = {}
        #: pointer of a `not` that excludes a second alternative -> the alternatives
        self.exclusive: dict[str, list[Any]] = {}

    def kinds(self, family: Family, source: Source) -> dict[str, Source]:
        """The kinds of a value at `source`, a member of `family`, by the value of the discriminator."""
        return family.kinds_at(source, tolerant=self._direction == "response")

    def selects(self, source: Source, kinds: dict[str, Source]) -> bool:
        """Whether the kinds of a value at `source` have rules of their own."""
        return len(kinds) <= MOST_KINDS and any(target != source for target in kinds.values())

    def inherited(
        self, source: Source, family: Family, pointer: str, around: Around, translated: dict[str, Any]
    ) -> None:
        """A base schema as the alternatives that its discriminator selects: one `if`/`then` for each of its kinds, like
        a union with a discriminator."""
        kinds, required = self.kinds(family, source), self._inheritance.requirement(source, family.property_name)
        conditions = self.kind(source, family, list(kinds), pointer, translated)
        here = f"{pointer}/allOf/{len(conditions) - 1}"
        self.discriminators[here] = family.property_name
        if required is not None:
            self._origins[f"{here}/required/0"] = required
            conditions[-1] = {"required": [family.property_name], **conditions[-1]}
        for keyword, value, origin in self._sources.schemas_at(source).keywords(self._sources.value(source)):
            if keyword == "type":
                self._origins[f"{here}/type"] = source.child(origin)
                conditions[-1] = {"type": value, **conditions[-1]}
        for value, target in kinds.items():
            here = f"{pointer}/allOf/{len(conditions)}"
            then: dict[str, Any] = {"$ref": f"#/$defs/{self._definition(target, around)}"}
            if target != source and source not in family.above.get(target, ()):
                # The mapping names a schema that does not include this one.
                self._origins[f"{here}/then/allOf/0"] = source
                then["allOf"] = [{"$ref": f"#/$defs/{self._definition(source, around)}"}]
            self._select(family.property_name, value, target, then, here, conditions)
        if required is None:
            # Without the member, a value is of no kind.
            self._origins[f"{pointer}/allOf/{len(conditions)}"] = source
            alone = {"$ref": f"#/$defs/{self._definition(source, around)}"}
            conditions.append({"if": {"type": "object", "required": [family.property_name]}, "else": alone})

    def kind(
        self, source: Source, family: Family, values: list[str], pointer: str, translated: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Add that the discriminator's property is one of `values`; gives the parts of the schema's `allOf`."""
        conditions: list[dict[str, Any]] = translated.setdefault("allOf", [])
        here, name = f"{pointer}/allOf/{len(conditions)}", to_pointer((family.property_name,))
        property_at = property_name_at(self._sources, family.bases[0])
        self._origins |= {
            here: source,
            f"{here}/properties{name}": property_at,
            f"{here}/properties{name}/enum": family.mapping or property_at,
        }
        conditions.append({"properties": {family.property_name: {"enum": values}}})
        return conditions

    def discriminator(self, source: Source, keyword: str) -> Discriminator | None:
        """The discriminator that selects the alternatives of a union; None where there is none. Raises SpecError."""
        if "discriminator" not in self._sources.value(source):
            return None
        return read_discriminator(self._sources, source, keyword)

    def union(
        self,
        source: Source,
        keyword: str,
        found: Discriminator,
        pointer: str,
        around: Around,
        translated: dict[str, Any],
    ) -> None:
        """A union with a discriminator (OpenAPI 3.1 section 4.8.25), as one `if`/`then` for each of its branches.

        A value is then checked against the one branch that it names, which is faster than `oneOf`, and its errors are
        those of that branch.
        """
        at = source.child(keyword)
        property_name, selected = found.property_name, found.selected
        conditions = translated.setdefault("allOf", [])
        here = f"{pointer}/allOf/{len(conditions)}"
        property_at = property_name_at(self._sources, source)
        names_at = found.mapping or property_at
        self._origins |= {
            here: source,
            f"{here}/type": at,
            f"{here}/required/0": property_at,
            f"{here}/properties/{to_pointer((property_name,))[1:]}": property_at,
            f"{here}/properties{to_pointer((property_name,))}/enum": names_at,
        }
        self.discriminators[here] = property_name
        conditions.append(
            {"type": "object", "required": [property_name], "properties": {property_name: {"enum": list(selected)}}}
        )
        for value, target in selected.items():
            here = f"{pointer}/allOf/{len(conditions)}"
            then = {"$ref": f"#/$defs/{self._selected(property_name, value, target, around)}"}
            self._select(property_name, value, found.branches.get(target, target), then, here, conditions)
        if keyword == "oneOf":
            here = f"{pointer}/allOf/{len(conditions)}"
            self._exclude(at, property_name, list(found.branches), here, around, conditions)

    def _selected(self, name: str, value: str, target: Source, around: Around) -> str:
        """The definition of the branch that a union selects by the `value` of the member `name`. The discriminator of a
        base of it has no say where that gives the branch another value."""
        kinds, bases = self._inheritance.kinds(target, name)
        decided = frozenset[Source]() if kinds is None or value in kinds else bases
        return self._definition(target, Around(around.hidden, decided))

    def _exclude(
        self,
        at: Source,
        name: str,
        branches: list[Source],
        pointer: str,
        around: Around,
        conditions: list[dict[str, Any]],
    ) -> None:
        """Add to `conditions` that a value keeps no second branch of the `oneOf` at `at`, whose discriminator is the
        member `name`; nothing where none could."""
        alone = Around(around.hidden)
        references = {branch: {"$ref": f"#/$defs/{self._definition(branch, alone)}"} for branch in branches}
        pairs = []
        for index, one in enumerate(branches):
            others = [references[other] for other in branches[index + 1 :] if self._may_keep_both(one, other, name)]
            pairs += [{"allOf": [references[one], {"anyOf": others}]}] if others else []
        if pairs:
            self._origins |= {pointer: at, f"{pointer}/not": at}
            self.exclusive[f"{pointer}/not"] = list(references.values())
            conditions.append({"not": {"anyOf": pairs}})

    def _may_keep_both(self, one: Source, other: Source, name: str) -> bool:
        """Whether a value may keep two branches, and each of them has values that keep it alone: where every value of
        one keeps the other as well, only the discriminator tells them apart."""
        first, second = (self._fixed(branch, name) for branch in (one, other))
        if first is not None and second is not None and first.isdisjoint(second):
            return False
        wanted, by_other = (self._inheritance.required(branch) for branch in (one, other))
        return not wanted <= by_other and not by_other <= wanted

    def _fixed(self, branch: Source, name: str) -> set[str] | None:
        """The values that `branch` leaves for the discriminator `name`; None where it leaves any."""
        listed = self._inheritance.listed(branch, name)
        kinds, _ = self._inheritance.kinds(branch, name)
        return kinds if kinds is not None or listed is None else {value for value in listed if isinstance(value, str)}

    def _select(
        self, name: str, value: str, at: Source, then: dict[str, Any], pointer: str, conditions: list[dict[str, Any]]
    ) -> None:
        """Add to `conditions` the part, to stand at `pointer`, that selects the schema `then` by the `value` of a
        member."""
        self._origins[pointer] = self._origins[f"{pointer}/then"] = at
        self.branches[f"{pointer}/then"] = value
        chosen = {"type": "object", "required": [name], "properties": {name: {"const": value}}}
        conditions.append({"if": chosen, "then": then})
