"""From a validator's errors to the clauses that a value breaks.

For `oneOf` and `anyOf`, a value is checked against the branch that the discriminator selects, else against the closest
one, so that every breach names a clause that its reader can act on. Where none is closest, the union is broken, and the
breach has a reason for each of its branches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import takewhile
from typing import Any

import msgspec

from clausewise.contract.clause import Clause
from clausewise.contract.clauses import WalkedSchema
from clausewise.contract.keywords import name_of_alternative, precedence
from clausewise.contract.unevaluated import beyond_description
from clausewise.spec.pointer import descend, to_pointer

#: evaluation path and instance location of a union of which no branch is valid -> index of the branch that is judged
Choices = dict[tuple[str, str], int]


class Breach(msgspec.Struct, frozen=True):
    """A clause that a value breaks, and where."""

    clause: Clause
    #: instance location (RFC 6901 tokens) of the offending value; of the missing member for `required`
    location: tuple[str, ...]
    #: the offending value; for `required` the object that lacks the member; for `content` the undocumented media type,
    #: or a Malformed
    value: Any
    #: members of `value` that the clause does not allow
    names: tuple[str, ...] = ()
    #: of a union: what is known of its alternatives, where none of them was meant more than the others
    alternatives: tuple[Alternative, ...] = ()

    @property
    def reported_at(self) -> tuple[str, ...]:
        """Instance location to show to a reader: of the member that is not allowed, of the object that lacks one."""
        if self.clause.keyword in ("required", "dependentRequired"):
            return self.location[:-1]
        return (*self.location, self.names[0]) if self.names else self.location


class Alternative(msgspec.Struct, frozen=True):
    """One alternative of a union, and what a value breaks of it."""

    #: as in messages: "`Cat`", "alternative 2"
    label: str
    #: what explains most; None where the value keeps it
    breach: Breach | None


def read_errors(
    walked: WalkedSchema, value: Any, errors: Iterable[Any], meant: str = ""
) -> tuple[tuple[Breach, ...], Choices]:
    """The breaches behind the validator's `errors` of `value`, the one that explains most first where one value breaks
    several clauses; and the branch chosen in each broken union: one in which the clause with the key `meant` is broken,
    else the closest."""
    reader = _Reader(walked, value, meant)
    reader.read(errors)
    broken: dict[tuple[str, tuple[str, ...]], Breach] = {}
    breaches = list(_without_consequences(walked, reader.breaches))
    for breach in sorted(breaches, key=lambda breach: precedence(breach.clause.keyword)):
        broken.setdefault((breach.clause.key, breach.location), breach)
    return tuple(broken.values()), reader.choices


def _without_consequences(walked: WalkedSchema, breaches: list[Breach]) -> Iterator[Breach]:
    """`breaches` without those members and items that only count as unevaluated because of another one."""
    for breach in breaches:
        found = walked.described.get(breach.clause.key)
        depth = len(breach.location)
        if found is None or all(one.location[:depth] != breach.location for one in breaches if one is not breach):
            yield breach
        elif isinstance(breach.value, dict):
            if names := beyond_description(found, breach.names):
                yield msgspec.structs.replace(breach, names=names)
        elif isinstance(breach.value, list) and beyond_description(found, [*map(str, range(len(breach.value)))]):
            yield breach


class _Reader:
    def __init__(self, walked: WalkedSchema, value: Any, meant: str) -> None:
        self._walked = walked
        self._value = value
        self._meant = meant
        self.breaches: list[Breach] = []
        self.choices: Choices = {}

    def read(self, errors: Iterable[Any]) -> None:
        """Add the breaches behind the validator's errors."""
        for error in errors:
            location = self._location(error)
            value = descend(self._value, location)
            kind = type(error.kind).__name__
            if kind == "Required":
                self._read_missing(error, location, value)
            elif kind in ("AnyOf", "OneOfNotValid"):
                self._read_union(error, location, value)
            elif kind == "OneOfMultipleValid":
                readers = self._read_alternatives(error)
                clause = self._clause(error)
                self.breaches.append(Breach(clause, location, value, alternatives=_alternatives(clause, readers)))
            else:
                clause = self._clause(error)
                self.breaches.append(Breach(clause, location, value, _unexpected_members(clause, error, value)))

    def _place(self, tokens: tuple[str | int, ...]) -> str:
        """The pointer of a place in the schema, with the names that the validator leaves out."""
        pointer = to_pointer(tokens)
        return self._walked.nameless.get(pointer, pointer)

    def _location(self, error: Any) -> tuple[str, ...]:
        """Where the value of an error stands, with the names that the validator leaves out."""
        left = [str(step) for step in error.instance_path]
        if not self._walked.nameless:
            return tuple(left)
        clauses = self._clauses_of_names(error)
        path = clauses[0].path[:-1] if clauses else self._clause(error).path
        found = []
        for step in path:
            if step == "" and left[:1] != [""]:
                found.append("")
            elif left:
                found.append(left.pop(0))
        return (*found, *left)

    def _clause(self, error: Any) -> Clause:
        """The clause of an error, which may stand below the clause (in `propertyNames`, for example)."""
        if type(error.kind).__name__ == "PropertyNames":
            return self._clause_about_names(error.kind.error)
        path, schema_path = tuple(error.evaluation_path), tuple(error.schema_path)
        while True:
            walked = self._walked
            clause = walked.by_path.get(self._place(path)) or walked.by_location.get(self._place(schema_path))
            if clause is not None:
                return clause
            if not (path or schema_path):
                raise LookupError(f"no clause asserts what {type(error.kind).__name__} found broken")
            path, schema_path = path[:-1], schema_path[:-1]

    def _clause_about_names(self, error: Any) -> Clause:
        """The clause of the `propertyNames` that a name breaks, by what is wrong with the name: behind a reference,
        nothing else says where the keyword stands. For recursion deeper than the walk: of the path that ends alike."""
        path = tuple(error.evaluation_path)
        path = path[: len(path) - path[::-1].index("propertyNames")]
        place, by_path = self._place(path), self._walked.by_path
        if place not in by_path:
            walked = (other for other, clause in by_path.items() if clause.keyword == "propertyNames")
            place = max(walked, key=lambda other: _steps_alike(other, place), default=place)
        return by_path[place]

    def _read_missing(self, error: Any, location: tuple[str, ...], value: Any) -> None:
        """`required` and its like: one keyword, a clause for each name."""
        name = error.kind.property
        clauses = self._clauses_of_names(error)
        if not clauses:
            raise LookupError(f"no clause asserts what {type(error.kind).__name__} found broken")
        for clause in clauses:
            if clause.path[-1] == name and (clause.keyword == "required" or clause.value in value):
                self.breaches.append(Breach(clause, (*location, name), value))

    def _clauses_of_names(self, error: Any) -> tuple[Clause, ...]:
        """The clauses of the `required` or its like that an error is about; () for any other keyword."""
        below = self._walked.names_below
        at = self._place(tuple(error.evaluation_path))
        return below.get(at) or below.get(self._place(tuple(error.schema_path)), ())

    def _read_alternatives(self, error: Any) -> list[_Reader]:
        """What is broken of each alternative of a union."""
        readers = []
        for branch in error.kind.context:
            reader = _Reader(self._walked, self._value, self._meant)
            reader.read(branch)
            readers.append(reader)
        return readers

    def _read_union(self, error: Any, location: tuple[str, ...], value: Any) -> None:
        readers = self._read_alternatives(error)
        closest = _meant_one(readers, location, value)
        if closest is None:
            clause = self._clause(error)
            self.breaches.append(Breach(clause, location, value, alternatives=_alternatives(clause, readers)))
            return
        self.breaches += readers[closest].breaches
        self.choices |= readers[closest].choices
        self.choices[to_pointer(tuple(error.evaluation_path)), to_pointer(location)] = closest

    def is_another_kind(self, location: tuple[str, ...]) -> bool:
        """Whether the value at `location` does not even have the type or the fixed value that this branch demands."""
        return any(
            breach.location == location and breach.clause.keyword in ("type", "const", "enum")
            for breach in self.breaches
        )

    def distance(self) -> tuple[bool, int, int, int]:
        """How far the value is from this branch: whether it breaks another clause than the one that is meant, the
        number of wrong fixed values, that of members it lacks or must not have, then the number of breaches."""
        fixed = sum(breach.clause.keyword in ("const", "enum") for breach in self.breaches)
        members = sum(len(breach.names) or breach.clause.keyword == "required" for breach in self.breaches)
        return all(breach.clause.key != self._meant for breach in self.breaches), fixed, members, len(self.breaches)


def _steps_alike(one: str, other: str) -> int:
    """In how many last steps two pointers are the same."""
    steps = zip(reversed(one.split("/")), reversed(other.split("/")), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], steps))


def _meant_one(readers: list[_Reader], location: tuple[str, ...], value: Any) -> int | None:
    """The alternative that a value was meant to be: the closest one. None where the value is of another kind than all
    of them, and, unless a breach is looked for, where several are as close and where nothing in it speaks for any."""
    fits = [index for index, reader in enumerate(readers) if not reader.is_another_kind(location)]
    if len(fits) == 1:
        return fits[0]
    distances = [readers[index].distance() for index in fits]
    least = min(distances, default=None)
    is_sought = least is not None and not least[0]
    if least is None or (not is_sought and (value in ({}, []) or distances.count(least) > 1)):
        return None
    return fits[distances.index(least)]


def _alternatives(union: Clause, readers: list[_Reader]) -> tuple[Alternative, ...]:
    """The alternatives of a union, each with the breach that explains most."""
    found = []
    for index, (reader, schema) in enumerate(zip(readers, union.value, strict=False)):
        first = min(reader.breaches, key=lambda breach: precedence(breach.clause.keyword), default=None)
        found.append(Alternative(name_of_alternative(schema, index), first))
    return tuple(found)


def _unexpected_members(clause: Clause, error: Any, value: Any) -> tuple[str, ...]:
    """The members of `value` that `clause` does not allow."""
    if clause.keyword == "not" and isinstance(clause.value, dict) and isinstance(value, dict):
        return tuple(name for name in clause.value.get("required", ()) if name in value)
    unexpected = getattr(error.kind, "unexpected", None)
    return tuple(map(str, unexpected)) if isinstance(unexpected, list | tuple) and isinstance(value, dict) else ()
