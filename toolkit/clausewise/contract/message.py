"""A part of a message that a schema binds (a body, a parameter, a header): what a value of it keeps and breaks."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import jsonschema_rs
import msgspec

from clausewise.contract.assertion import binds, precedence
from clausewise.contract.clause import Clause, Direction
from clausewise.contract.formats import CHECKS
from clausewise.contract.schemas import GeneratedSchema
from clausewise.contract.walk import WalkedSchema, walk
from clausewise.spec.pointer import descend, from_pointer
from clausewise.spec.resolve import Sources


class Breach(msgspec.Struct, frozen=True):
    """A clause that a value breaks, and where."""

    clause: Clause
    #: instance location (RFC 6901 tokens) of the offending value; of the missing member for `required`
    location: tuple[str, ...]
    #: the offending value; for `required` the object that lacks the member
    value: Any


class Judgement(msgspec.Struct, frozen=True):
    """What one value shows of the clauses of its message."""

    #: clauses that were evaluated and held
    held: tuple[Clause, ...]
    #: most telling first where one value breaks several
    broken: tuple[Breach, ...]

    @property
    def conforms(self) -> bool:
        """Whether nothing but advisory clauses is broken."""
        return not any(breach.clause.severity == "error" for breach in self.broken)


class Message:
    """A schema-bound part of a message, compiled when first used."""

    def __init__(
        self,
        sources: Sources,
        generated: GeneratedSchema,
        operation: str,
        direction: Direction,
        part: str,
    ) -> None:
        self.generated = generated
        self.operation = operation
        self.direction: Direction = direction
        #: "body", "path.id", "query.limit", "200.body", "200.header.ETag"
        self.part = part
        self._sources = sources

    def of_branch(self, generated: GeneratedSchema) -> Message:
        """The same part of the message, bound by the schema of one branch alone."""
        return Message(self._sources, generated, self.operation, self.direction, self.part)

    @property
    def schema(self) -> dict[str, Any] | bool:
        """The self-contained JSON Schema 2020-12."""
        return self.generated.schema

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """The clauses of the schema, in the order of the document."""
        return self._walked.clauses

    @cached_property
    def _walked(self) -> WalkedSchema:
        return walk(self.generated, self.operation, self.direction, self.part)

    @cached_property
    def _validator(self) -> Any:
        """The compiled validator. Raises SpecError where the document's schema is not a valid one."""
        try:
            return jsonschema_rs.Draft202012Validator(
                self.generated.schema, validate_formats=True, formats=CHECKS, offline=True
            )
        except jsonschema_rs.ValidationError as error:
            pointer = "".join(f"/{str(token).replace('~', '~0').replace('/', '~1')}" for token in error.instance_path)
            message = error.message.partition("\n")[0]
            raise self._sources.error(self.generated.origin(pointer), f"is not a valid schema: {message}") from None

    def check_schema(self) -> None:
        """Compile the schema now. Raises SpecError where the document's schema is not a valid one."""
        _ = self._validator

    def is_valid(self, value: Any) -> bool:
        """Whether `value` keeps every clause, advisory ones included; the fast way to ask."""
        return bool(self._validator.is_valid(value))

    def breaches(self, value: Any) -> tuple[Breach, ...]:
        """What `value` breaks, as `judge` tells it; fast where that is nothing."""
        return () if self.is_valid(value) else self._judge(value, evidence=False).broken

    def judge(self, value: Any) -> Judgement:
        """Which clauses `value` keeps and which it breaks.

        Of a union the branch that the discriminator selects is judged, else the one that fits, else the closest one:
        a breach is always of a clause that its reader can act on.
        """
        return self._judge(value, evidence=True)

    def _judge(self, value: Any, *, evidence: bool) -> Judgement:
        reader = _Reader(self._walked, value, evidence=evidence)
        reader.read(self._validator.evaluate(value).hierarchical())
        held = {id(clause): clause for clause in reader.held}
        broken: dict[tuple[str, tuple[str, ...]], Breach] = {}
        for breach in sorted(reader.broken, key=lambda breach: precedence(breach.clause.keyword)):
            held.pop(id(breach.clause), None)
            broken.setdefault((breach.clause.key, breach.location), breach)
        return Judgement(tuple(held.values()), tuple(broken.values()))


class _Reader:
    """Turns a validator's output tree into clauses held and broken."""

    def __init__(self, walked: WalkedSchema, value: Any, *, evidence: bool) -> None:
        self._walked = walked
        #: whether to read what held, too
        self._evidence = evidence
        self._value = value
        self.held: list[Clause] = []
        self.broken: list[Breach] = []

    def read(self, unit: dict[str, Any], above: str = "") -> None:
        """Read a unit of the output that stands in one at the schema location `above`."""
        if unit["valid"] and not self._evidence:
            return
        path, location = unit["evaluationPath"], unit["schemaLocation"]
        keyword = location.rpartition("/")[2]
        details = unit.get("details", ())
        clause = self._walked.by_path.get(path) or self._walked.by_location.get(location)
        if keyword in ("required", "dependentRequired") and self._read_names(unit, path, keyword):
            self._read_beside(details, path)
        elif clause is not None and clause.keyword in ("oneOf", "anyOf"):
            self._read_union(clause, unit, details)
        elif clause is not None:
            self._read_leaf(clause, unit)
            self._read_beside(details, path)
        elif location in self._walked.questions:
            self._read_beside(details, path)
        else:
            for detail in details:
                self.read(detail, location)
            # `items` itself is reported where its schema is, and is no evaluation of it.
            if self._evidence and (location == above or location not in self._walked.of_each):
                self._read_silent(unit, path, details)

    def _read_beside(self, details: Any, path: str) -> None:
        """Read what the validator reports below a keyword and stands beside it: a `then` below its `if`, a `maxLength`
        below its `minLength`. What is really below a keyword that is one clause, or a question, is its own affair."""
        for detail in details:
            if not f"{detail['evaluationPath']}/".startswith(f"{path}/"):
                self.read(detail)

    def _read_leaf(self, clause: Clause, unit: dict[str, Any]) -> None:
        tokens = from_pointer(unit["instanceLocation"])
        value = descend(self._value, tokens)
        # Where only the `maxLength` beside it is broken, a `minLength` is called invalid, without an error.
        if not unit["valid"] and not (clause.keyword == "minLength" and "errors" not in unit):
            self.broken.append(Breach(clause, tokens, value))
        elif binds(clause.keyword, value):
            self.held.append(clause)

    def _read_names(self, unit: dict[str, Any], path: str, keyword: str) -> bool:
        """`required` and its like: one keyword, a clause for each name. False when `path` is no such keyword."""
        names_below = self._walked.names_below
        clauses = names_below.get(path) or names_below.get(unit["schemaLocation"])
        if clauses is None:
            return False
        tokens = from_pointer(unit["instanceLocation"])
        value = descend(self._value, tokens)
        if not isinstance(value, dict):
            return True
        for clause in clauses:
            name = clause.path[-1]
            if keyword == "dependentRequired" and clause.value not in value:
                continue
            if name in value:
                self.held.append(clause)
            else:
                self.broken.append(Breach(clause, (*tokens, name), value))
        return True

    def _read_silent(self, unit: dict[str, Any], path: str, details: Any) -> None:
        """Read what the validator checks together with something else and reports only where it fails.

        That is `required` beside `properties`, and `maxLength` beside `minLength`.
        """
        reported = {detail["evaluationPath"] for detail in details}
        below = f"{path}/required"
        if below in self._walked.names_below and below not in reported:
            self._read_names({**unit, "schemaLocation": f"{unit['schemaLocation']}/required"}, below, "required")
        longest = self._walked.by_path.get(f"{path}/maxLength")
        if longest is not None and f"{path}/minLength" in reported and f"{path}/maxLength" not in reported:
            value = descend(self._value, from_pointer(unit["instanceLocation"]))
            if isinstance(value, str) and len(value) <= longest.value:
                self.held.append(longest)

    def _read_union(self, clause: Clause, unit: dict[str, Any], branches: Any) -> None:
        fitting = [branch for branch in branches if branch["valid"]]
        if unit["valid"]:
            self.held.append(clause)
            for branch in fitting:
                self.read(branch)
            return
        location = from_pointer(unit["instanceLocation"])
        closest: _Reader | None = None
        if not fitting:
            readers = [_Reader(self._walked, self._value, evidence=self._evidence) for _ in branches]
            for reader, branch in zip(readers, branches, strict=True):
                reader.read(branch)
            fits = [reader for reader in readers if not reader.is_another_kind(location)]
            closest = min(fits, key=_Reader.distance, default=None)
        if closest is None or not closest.broken:
            self.broken.append(Breach(clause, location, descend(self._value, location)))
        else:
            self.held += closest.held
            self.broken += closest.broken

    def is_another_kind(self, location: tuple[str, ...]) -> bool:
        """Whether the value at `location` is not even of the type that this branch is about."""
        return any(
            breach.location == location and breach.clause.keyword in ("type", "const", "enum") for breach in self.broken
        )

    def distance(self) -> tuple[int, int]:
        """How far the value is from what was read: fixed values that differ first, then the number of breaches."""
        fixed = sum(breach.clause.keyword in ("const", "enum") for breach in self.broken)
        return fixed, len(self.broken)
