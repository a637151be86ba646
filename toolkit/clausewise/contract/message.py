"""A part of a message that a schema describes (a body, a parameter, a header), and its clauses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

import jsonschema_rs
import msgspec

from clausewise.contract.breaches import Breach, Choices, read_errors
from clausewise.contract.clause import Clause, Direction
from clausewise.contract.clauses import WalkedSchema, walk
from clausewise.contract.compiled import CompiledSchema
from clausewise.contract.generated import GeneratedSchema
from clausewise.contract.hidden import hidden_in, hidden_names, hides
from clausewise.contract.pieces import OF_THE_WHOLE, is_small, pieces
from clausewise.contract.readings import Reader
from clausewise.contract.upheld import read_upheld
from clausewise.contract.weight import HEAVIEST
from clausewise.errors import SpecError
from clausewise.media.json import values_in
from clausewise.spec.resolve import Sources

#: breaches of one value that are explained, and those that are looked for in a large one
EXPLAINED = 100
_SOUGHT = 1_000

#: shapes of values that are cached for each message
_REMEMBERED = 512


class InvalidSchemaError(SpecError):
    """The metaschema refuses a schema."""


class Judgement(msgspec.Struct, frozen=True):
    """The clauses that one value keeps, and those that it breaks."""

    #: clauses that were evaluated and kept
    upheld: tuple[Clause, ...]
    #: where one value breaks several, the one that explains most comes first; at most EXPLAINED, of each clause one
    breaches: tuple[Breach, ...]
    #: how many breaches there are beyond these: "12", or "at least 900" in a large value; "" where there are none
    more: str = ""

    @property
    def conforms(self) -> bool:
        """Whether no clause is broken, advisory ones aside."""
        return not any(breach.clause.severity == "error" for breach in self.breaches)


class Message:
    """A part of a message with its schema, compiled when first used."""

    def __init__(
        self,
        sources: Sources,
        generated: GeneratedSchema,
        operation: str,
        direction: Direction,
        part: str,
        media: str = "",
        listed: set[str] | None = None,
        compiled: CompiledSchema | None = None,
    ) -> None:
        """Where the pointers of `listed` components are given, those have no clauses here, and others are added. What
        is `compiled` of the schema may be that of other messages too."""
        self.generated = generated
        self._compiled = compiled or CompiledSchema(generated)
        self.operation = operation
        self.direction: Direction = direction
        #: "body", "path.id", "query.limit", "200.body", "200.header.ETag"
        self.part = part
        #: of a body that may have several media types, the name of this one; "" for the first
        self.media = media
        self._sources = sources
        self._listed = listed
        self._upheld: dict[object, tuple[Clause, ...]] = {}

    def of_branch(self, generated: GeneratedSchema) -> Message:
        """The same part of the message, with the schema of one branch alone."""
        return Message(self._sources, generated, self.operation, self.direction, self.part, self.media)

    def of_media(self, media: str) -> Message:
        """The same part of the message as a body of a further media type, whose clauses are its own."""
        own = self.operation, self.direction, self.part, media, self._listed
        return Message(self._sources, self.generated, *own, self._compiled)

    @property
    def schema(self) -> dict[str, Any] | bool:
        """The self-contained JSON Schema 2020-12."""
        return self.generated.schema

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """The clauses of the schema, in the order of the document."""
        return self._walked.clauses

    @property
    def alike(self) -> tuple[Clause, ...]:
        """`clauses`, or those of another operation that has the same message, of which there may be thousands: to count
        them, none is made anew."""
        if self._listed is not None:
            return self.clauses
        return self._compiled.alike(self.operation, self.direction, self.part, self.media)

    @cached_property
    def hides(self) -> bool:
        """Whether messages of this direction do not carry some of the members that the document describes."""
        return hides(self.generated.schema)

    @cached_property
    def hidden_names(self) -> frozenset[str]:
        """The names of the members of the value itself that messages of this direction do not carry."""
        return frozenset(hidden_names([self.schema], self.schema)) if self.hides else frozenset()

    def hidden_in(self, value: Any) -> list[tuple[str | int, ...]]:
        """The locations in `value` of the members that messages of this direction do not carry: read-only ones of a
        request, write-only ones of a response."""
        return [*hidden_in([self.schema], self.schema, value)] if self.hides else []

    @cached_property
    def member_names(self) -> frozenset[str]:
        """The names of all members that the schema describes, at any depth."""
        described = (part.get("properties") for part in values_in(self.schema) if isinstance(part, dict))
        return frozenset(name for members in described if isinstance(members, dict) for name in members)

    @cached_property
    def reader(self) -> Reader:
        """Reads what came as text as the schema has it."""
        return Reader([self.generated.schema], self.generated.schema)

    @cached_property
    def _walked(self) -> WalkedSchema:
        if self._listed is not None:
            return walk(self.generated, self.operation, self.direction, self.part, self.media, self._listed)
        return self._compiled.walked(self.operation, self.direction, self.part, self.media)

    @cached_property
    def _validator(self) -> Any:
        """The compiled validator. Raises InvalidSchemaError where the document's schema is not a valid one."""
        try:
            return self._compiled.validator
        except jsonschema_rs.ValidationError as error:
            pointer = "".join(f"/{str(token).replace('~', '~0').replace('/', '~1')}" for token in error.instance_path)
            message = error.message.partition("\n")[0]
            at, version = self.generated.origin(pointer), self._sources.dialect.title
            remedy = f"write the keyword as {version} defines it"
            location = self._sources.locate(at)
            raise InvalidSchemaError(
                f"is not a valid schema: {message}", location=location, remedy=remedy, at=str(at)
            ) from None
        except ValueError:
            # The validator takes texts as UTF-8.
            message = "has a text with half of a surrogate pair, which is not a character"
            raise self._sources.error(self.generated.origin(""), message, "write the character itself") from None

    def check_schema(self) -> None:
        """Compile the schema now. Raises InvalidSchemaError where the document's schema is not a valid one, and
        SpecError where it is too large."""
        at, remedy = self.generated.origin(""), "nest fewer unions in each other"
        try:
            heavy = self._compiled.weight
        except RecursionError:
            raise self._sources.error(at, "has schemas that are nested too deeply", "nest fewer of them") from None
        if heavy > HEAVIEST:
            message = f"combines its schemas in more than {HEAVIEST:,} ways, which no validator can try"
            raise self._sources.error(at, message, remedy)
        _ = self._validator

    def is_valid(self, value: Any) -> bool:
        """Whether `value` keeps every clause, advisory ones included; faster than `judge`."""
        return bool(self._validator.is_valid(value))

    @cached_property
    def takes(self) -> Callable[[Any], bool]:
        """`is_valid` as a method of the validator, without the cost of our own, for loops over very many values."""
        takes: Callable[[Any], bool] = self._validator.is_valid
        return takes

    def breaches(self, value: Any, meant: str = "") -> tuple[Breach, ...]:
        """The breaches that `judge` finds in `value`, many times as fast. Of a union of which no branch is kept, one in
        which the clause with the key `meant` is broken is judged."""
        return () if self.is_valid(value) else self._broken(value, meant)[0]

    def broken(self, value: Any) -> Judgement:
        """What `judge` finds, without the clauses that are kept, many times as fast."""
        if self.is_valid(value):
            return Judgement((), ())
        breaches, _, more = self._broken(value)
        return Judgement((), breaches, more)

    def judge(self, value: Any) -> Judgement:
        """The clauses that `value` keeps, and those that it breaks."""
        valid = self.is_valid(value)
        if self._compiled.chooses or not valid:
            return self._judged(value, valid=valid)
        # Listing every keyword that was applied takes ten times as long as checking that all are kept, and the list is
        # the same for all valid values of a shape.
        shape = _shape(value)
        if shape not in self._upheld:
            if len(self._upheld) >= _REMEMBERED:
                self._upheld.clear()
            self._upheld[shape] = self._judged(value, valid=True).upheld
        return Judgement(self._upheld[shape], ())

    def _judged(self, value: Any, *, valid: bool) -> Judgement:
        broken, choices, more = ((), {}, "") if valid else self._broken(value)
        upheld: Iterable[Clause]
        if is_small(value):
            upheld = read_upheld(self._walked, value, choices, self._validator.evaluate(value).hierarchical())
        else:
            # What a part keeps, the whole keeps, but for what is about the whole.
            part = next(pieces(value)).value
            upheld = read_upheld(self._walked, part, choices, self._validator.evaluate(part).hierarchical())
            upheld = (clause for clause in upheld if valid or clause.keyword not in OF_THE_WHOLE)
        keys = {breach.clause.key for breach in broken}
        kept = {id(clause): clause for clause in upheld if clause.key not in keys}
        return Judgement(tuple(kept.values()), broken, more)

    def _broken(self, value: Any, meant: str = "") -> tuple[tuple[Breach, ...], Choices, str]:
        """The breaches in `value`, the branches that were chosen, and how many breaches there are besides."""
        found: list[Breach] = []
        at_least = ""
        for piece in () if is_small(value) else pieces(value):
            if self.is_valid(piece.value):
                continue
            breaches, _ = read_errors(self._walked, piece.value, self._validator.iter_errors(piece.value), meant)
            found += filter(None, map(piece.placed, breaches))
            if len(found) > _SOUGHT:
                at_least = "at least "
                break
        choices: Choices = {}
        if not found:
            breaches, choices = read_errors(self._walked, value, self._validator.iter_errors(value), meant)
            found += breaches
        kept = _explained(found)
        more = len(found) - len(kept)
        return kept, choices, f"{at_least}{more}" if more else ""


def _explained(breaches: list[Breach]) -> tuple[Breach, ...]:
    """Those that are explained: all of a few; of many, some of each clause."""
    if len(breaches) <= EXPLAINED:
        return tuple(breaches)
    each = max(1, EXPLAINED // len({breach.clause.key for breach in breaches}))
    counts: Counter[str] = Counter()
    kept = []
    for breach in breaches:
        counts[breach.clause.key] += 1
        if counts[breach.clause.key] <= each:
            kept.append(breach)
    return tuple(kept)


def _shape(value: Any) -> object:
    """The member names and types in `value`, without its strings and numbers."""
    if isinstance(value, dict):
        return tuple([(name, _shape(member)) for name, member in value.items()])
    if isinstance(value, list):
        return frozenset(map(_shape, value))
    return type(value)
