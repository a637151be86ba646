"""All clauses of a generated schema, collected by walking it as a validator would."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from clausewise.contract.clause import (
    EACH_ITEM,
    STEPS,
    Clause,
    Condition,
    Direction,
    Severity,
    branch_labels,
    step_into,
    written_branch,
    written_step,
)
from clausewise.contract.formats import ASSERTED
from clausewise.contract.generated import SEVERITY, GeneratedSchema
from clausewise.contract.hidden import is_hidden
from clausewise.contract.keywords import KEYWORDS, bounds_of_contains, describe, name_of
from clausewise.contract.unevaluated import Described, described
from clausewise.contract.unjudged import Unjudged
from clausewise.spec.pointer import Source, descend, from_pointer, to_pointer
from clausewise.spec.subschemas import APPLICATORS, NULL, UNIONS, subschemas_of

#: beyond this many clauses in one message, a component is walked only once: nested components (a Kubernetes pod) would
#: otherwise unfold into hundreds of thousands
_LARGE = 2_000


class WalkedSchema(msgspec.Struct, frozen=True, eq=False):
    """The clauses of one message, indexed by both locations that a validator's output gives."""

    clauses: tuple[Clause, ...]
    #: evaluation path (keywordLocation) -> clause
    by_path: dict[str, Clause]
    #: schema location (absoluteKeywordLocation) -> the first clause there; for recursion deeper than the walk
    by_location: dict[str, Clause]
    #: evaluation path and schema location of a `required` or `dependentRequired` -> its clauses, one for each name
    names_below: dict[str, tuple[Clause, ...]]
    #: evaluation path and schema location of `properties` -> the clauses that some of these members are absent
    absent_below: dict[str, tuple[Clause, ...]]
    #: schema locations of every `if`, which is a question: it asserts nothing
    questions: frozenset[str]
    #: schema locations of keywords whose value is itself the schema of each item or member (`items`)
    of_each: frozenset[str]
    #: key of a clause about unevaluated members or items -> what is evaluated where everything else holds
    described: dict[str, Described]
    #: a place as the validator gives it, which leaves out members whose name is empty -> the place
    nameless: dict[str, str]


class _Context(msgspec.Struct, frozen=True):
    """The state of the walk at a schema node."""

    evaluation: str
    path: tuple[str, ...] = ()
    #: the path as it is written in `where`
    steps: str = ""
    branch: tuple[str, ...] = ()
    #: the branch as it is written in `where`
    labels: str = ""
    conditions: tuple[Condition, ...] = ()
    severity: Severity = "error"
    note: str = ""
    #: where in `path` an index of `prefixItems` stands
    positions: tuple[int, ...] = ()
    #: schema locations of the nodes above that a `$ref` leads to, and of the root: recursion leads to one of them
    above: tuple[str, ...] = ("",)
    #: path, keyword -> key of the clause that is reported whenever the keyword is broken there
    governors: dict[tuple[tuple[str, ...], str], str] = {}


def walk(
    generated: GeneratedSchema,
    operation: str,
    direction: Direction,
    part: str,
    media: str = "",
    listed: set[str] | None = None,
) -> WalkedSchema:
    """The clauses of `generated`, in the order of the document; those of a further media type have its name. With the
    pointers of components that are `listed`, those are left out, and each other one is walked once and added."""
    if listed is not None and _leads_to(generated.schema) in listed:
        return NOTHING
    walker = _Walker(generated, operation, direction, part, listed)
    context = _Context("")
    walker.node(generated.schema, "", _inside_branch(context, media) if media else context)
    return WalkedSchema(
        tuple(walker.clauses.values()),
        walker.by_path,
        walker.by_location,
        walker.names_below,
        walker.absent_below,
        frozenset(walker.questions),
        frozenset(walker.of_each),
        walker.described,
        _nameless((*walker.by_path, *walker.by_location, *walker.names_below)),
    )


#: what is known of a message of which all clauses were listed
NOTHING = WalkedSchema((), {}, {}, {}, {}, frozenset(), frozenset(), {}, {})


def _leads_to(schema: Any) -> str:
    """Where a schema leads that is no more than a `$ref` to one of its definitions; "" for any other."""
    is_reference = isinstance(schema, dict) and "$ref" in schema and schema.keys() <= {"$schema", "$defs", "$ref"}
    return str(schema["$ref"]).removeprefix("#") if is_reference else ""


def _nameless(places: Iterable[str]) -> dict[str, str]:
    """The places with a member whose name is empty, by what is left of each without that name."""
    known = frozenset(places)
    return {short: at for at in known if "//" in at and (short := re.sub("/+", "/", at)) not in known}


def for_operation(walked: WalkedSchema, first: str, operation: str) -> WalkedSchema:
    """The clauses that an `operation` has where those of the operation `first` were `walked`, of the same schema in the
    same part of a message."""

    def key_of(key: str) -> str:
        return operation + key.removeprefix(first)

    own = {
        id(clause): msgspec.structs.replace(
            clause, operation=operation, governed_by=key_of(clause.governed_by) if clause.governed_by else None
        )
        for clause in {id(each): each for each in (*walked.clauses, *walked.by_path.values())}.values()
    }

    def each(places: dict[str, tuple[Clause, ...]]) -> dict[str, tuple[Clause, ...]]:
        return {at: tuple(own[id(clause)] for clause in clauses) for at, clauses in places.items()}

    return WalkedSchema(
        tuple(own[id(clause)] for clause in walked.clauses),
        {at: own[id(clause)] for at, clause in walked.by_path.items()},
        {at: own[id(clause)] for at, clause in walked.by_location.items()},
        each(walked.names_below),
        each(walked.absent_below),
        walked.questions,
        walked.of_each,
        {key_of(key): value for key, value in walked.described.items()},
        walked.nameless,
    )


class _Walker:
    def __init__(
        self,
        generated: GeneratedSchema,
        operation: str,
        direction: Direction,
        part: str,
        listed: set[str] | None,
    ) -> None:
        self._listed = listed
        self._generated = generated
        self._operation = operation
        self._direction = direction
        self._part = part
        #: pointer in the generated schema -> the place in the document, and its name: components stand in many places
        self._sources: dict[str, tuple[Source, str]] = {}
        #: the beginning of `where`
        self._start = f"{direction}.{part}"
        self.clauses: dict[str, Clause] = {}
        self.by_path: dict[str, Clause] = {}
        self.by_location: dict[str, Clause] = {}
        self.names_below: dict[str, tuple[Clause, ...]] = {}
        self.absent_below: dict[str, tuple[Clause, ...]] = {}
        self.questions: set[str] = set()
        self.of_each: set[str] = set()
        self.described: dict[str, Described] = {}

    def node(self, schema: Any, location: str, context: _Context) -> None:
        """Walk a schema, which is at `location` of the generated one."""
        if isinstance(schema, bool):
            if not schema:
                self._clause("false", None, location, context.evaluation, context)
            return
        if len(self.clauses) > _LARGE:
            if location in self.by_location:
                return
            self.by_location[location] = next(iter(self.clauses.values()))
        if SEVERITY in schema:
            context = msgspec.structs.replace(
                context, severity=schema[SEVERITY], note=str(schema.get("description", "")).strip().rstrip(".")
            )
        if "writeOnly" in schema:
            self._clause("writeOnly", True, f"{location}/writeOnly", f"{context.evaluation}/not", context)
            return
        for keyword, value in schema.items():
            self._keyword(keyword, value, schema, location, context)
        for unjudged in self._generated.unjudged.get(location, ()):
            self._unjudged(unjudged, location, context)

    def _keyword(self, keyword: str, value: Any, schema: dict[str, Any], location: str, context: _Context) -> None:
        below = f"{location}/{keyword}"
        evaluation = f"{context.evaluation}/{keyword}"

        def inside() -> _Context:
            return msgspec.structs.replace(context, evaluation=evaluation)

        if keyword == "$ref":
            at = value.removeprefix("#")
            if at not in context.above and (self._listed is None or at not in self._listed):
                if self._listed is not None:
                    self._listed.add(at)
                followed = msgspec.structs.replace(inside(), above=(*context.above, at))
                self.node(descend(self._generated.schema, from_pointer(at)), at, followed)
        elif keyword == "if":
            self.questions.add(below)
        elif keyword in STEPS and not (keyword == "additionalProperties" and isinstance(value, bool)):
            if APPLICATORS[keyword].holds == "schema":
                self.of_each.add(below)
            for child in subschemas_of(keyword, value, location):
                below_here = context.evaluation + child.pointer.removeprefix(location)
                below_it = _step(context, below_here, step_into(child))
                if keyword == "prefixItems":
                    below_it = msgspec.structs.replace(below_it, positions=(*context.positions, len(context.path)))
                self.node(child.schema, child.pointer, below_it)
            if keyword == "properties":
                self._absent(value, below, evaluation)
        elif keyword == "allOf":
            self._all_of(value, below, evaluation, context)
        elif keyword in ("then", "else") and "if" in schema:
            condition = Condition(f"{location}/if", context.path, keyword == "then")
            branch = self._generated.branches.get(below)
            if branch is None:
                conditions = *context.conditions, condition
                self.node(value, below, msgspec.structs.replace(inside(), conditions=conditions))
            else:
                self.node(value, below, _inside_branch(inside(), branch))
        elif keyword == "dependentSchemas":
            for dependent in subschemas_of(keyword, value, location):
                below_here = context.evaluation + dependent.pointer.removeprefix(location)
                self.node(dependent.schema, dependent.pointer, msgspec.structs.replace(context, evaluation=below_here))
        elif keyword in UNIONS:
            self._union(keyword, value, below, evaluation, context)
        elif keyword == "required":
            names = [(name, name, f"/{index}") for index, name in enumerate(value)]
            self._names(keyword, names, below, evaluation, context)
        elif keyword == "dependentRequired":
            names = [
                (name, trigger, f"{to_pointer((trigger,))}/{index}")
                for trigger, wanted in value.items()
                for index, name in enumerate(wanted)
            ]
            self._names(keyword, names, below, evaluation, context)
        elif keyword == "contains":
            self._contains(value, schema, location, context)
        elif below in self._generated.exclusive:
            self._clause("oneOf", self._generated.exclusive[below], below, evaluation, context)
        elif keyword in KEYWORDS and asserts(keyword, value):
            clause = self._clause(keyword, value, below, evaluation, context)
            if keyword in ("unevaluatedProperties", "unevaluatedItems"):
                self.described[clause.key] = described(self._generated.schema, location)

    def _names(
        self, keyword: str, names: list[tuple[str, str, str]], location: str, evaluation: str, context: _Context
    ) -> None:
        """One clause for each (missing name, keyword value, pointer step) of a keyword that demands members."""
        clauses = tuple(
            self._clause(keyword, value, location + step, evaluation + step, _step(context, "", name))
            for name, value, step in names
        )
        self.names_below[evaluation] = clauses
        self.names_below.setdefault(location, clauses)

    def _absent(self, properties: dict[str, Any], location: str, evaluation: str) -> None:
        """Remember which of the `properties` have a clause that they are absent."""
        steps = (to_pointer((name,)) for name, schema in properties.items() if is_hidden(schema))
        clauses = tuple(filter(None, (self.by_path.get(f"{evaluation}{step}/not") for step in steps)))
        if clauses:
            self.absent_below[evaluation] = clauses
            self.absent_below.setdefault(location, clauses)

    def _contains(self, value: Any, schema: dict[str, Any], location: str, context: _Context) -> None:
        """`contains`, with the keywords beside it that say how many items have to match: they assert nothing alone."""
        if schema.get("minContains") == 0 and "maxContains" not in schema:
            return
        note = ", ".join(filter(None, (context.note, bounds_of_contains(schema))))
        counted = msgspec.structs.replace(context, note=note)
        clause = self._clause("contains", value, f"{location}/contains", f"{context.evaluation}/contains", counted)
        for bound in {"minContains", "maxContains"} & schema.keys():
            self.by_path[f"{context.evaluation}/{bound}"] = clause
            self.by_location.setdefault(f"{location}/{bound}", clause)

    def _all_of(self, parts: list[Any], location: str, evaluation: str, context: _Context) -> None:
        for index, part in enumerate(parts):
            here = f"{location}/{index}"
            self.node(part, here, msgspec.structs.replace(context, evaluation=f"{evaluation}/{index}"))
            name = self._generated.discriminators.get(here)
            if name is not None:
                member = (*context.path, name)
                context = self._governed(context, f"{here}/type", frozenset({"type"}), context.path)
                context = self._governed(context, f"{here}/required/0", frozenset({"required"}), member)
                kinds = frozenset({"type", "const", "enum"})
                enum = f"{here}/properties{to_pointer((name,))}/enum"
                context = self._governed(context, enum, kinds, member)

    def _governed(self, context: _Context, location: str, keywords: frozenset[str], path: tuple[str, ...]) -> _Context:
        """`context` where the clause at `location`, if there is one, is reported for `keywords` at `path`."""
        if location not in self.by_location:
            return context
        key = self.by_location[location].key
        # One further out explains more.
        governors = {**{(path, keyword): key for keyword in keywords}, **context.governors}
        return msgspec.structs.replace(context, governors=governors)

    def _union(self, keyword: str, branches: list[Any], location: str, evaluation: str, context: _Context) -> None:
        self._clause(keyword, branches, location, evaluation, context)
        # A value without the type or the fixed value of an alternative is not meant to be that one.
        context = self._governed(context, location, frozenset({"type", "const", "enum"}), context.path)
        # What may be null as well is no choice between several.
        several = len(branches) - branches.count(NULL) > 1
        for index, label in enumerate(branch_labels(branches)):
            inside = msgspec.structs.replace(context, evaluation=f"{evaluation}/{index}")
            self.node(branches[index], f"{location}/{index}", _inside_branch(inside, label) if several else inside)

    def _clause(self, keyword: str, value: Any, location: str, evaluation: str, context: _Context) -> Clause:
        text = self._text(keyword, self._generated.spelled.get(location, value), location, context)
        clause = self._made(keyword, value, text, location, context)
        clause = self.clauses.setdefault(clause.key, clause)
        self.by_path[evaluation] = clause
        self.by_location.setdefault(location, clause)
        return clause

    def _text(self, keyword: str, value: Any, location: str, context: _Context) -> str:
        name = name_of(context.path, self._part, context.positions)
        of_items = context.path[-1:] == (EACH_ITEM,) and location.endswith(("/items", "/unevaluatedItems"))
        if keyword != "false" or not of_items:
            return describe(keyword, value, name, context.note)
        # `items: false` is about what `prefixItems` beside it does not describe.
        schema = descend(self._generated.schema, from_pointer(location.rpartition("/")[0]))
        name = name_of(context.path[:-1], self._part, context.positions)
        described = len(schema.get("prefixItems", ()))
        return describe("maxItems", described, name) if described else f"{name} has no items"

    def _unjudged(self, unjudged: Unjudged, location: str, context: _Context) -> None:
        """The clause of a keyword that the validator does not get."""
        at = location + unjudged.below
        if at in self._generated.exclusive:
            unjudged = msgspec.structs.replace(unjudged, keyword="oneOf", value=self._generated.exclusive[at])
        text = unjudged.text(name_of(context.path, self._part, context.positions))
        clause = self._made(unjudged.keyword, unjudged.value, text, at, context)
        clause = msgspec.structs.replace(clause, unjudged=unjudged.reason, governed_by=None)
        self.clauses.setdefault(clause.key, clause)

    def _made(self, keyword: str, value: Any, text: str, location: str, context: _Context) -> Clause:
        source, name = self._source(location)
        return Clause(
            id=name,
            operation=self._operation,
            direction=self._direction,
            where=f"{self._start}{context.labels}{context.steps}",
            keyword=keyword,
            value=value,
            text=text,
            source=source,
            severity=context.severity,
            branch=context.branch,
            part=self._part,
            path=context.path,
            conditions=context.conditions,
            governed_by=context.governors.get((context.path, keyword)) if context.governors else None,
        )

    def _source(self, location: str) -> tuple[Source, str]:
        """The place in the document of what is at a location, and its name."""
        found = self._sources.get(location)
        if found is None:
            outer, _, token = location.rpartition("/")
            if location in self._generated.origins or not location:
                source = self._generated.origin(location)
                found = source, str(source)
            else:
                source, name = self._source(outer)
                (unescaped,) = from_pointer(f"/{token}") if "~" in token else (token,)
                found = Source(source.file, (*source.tokens, unescaped)), f"{name}/{token}"
            self._sources[location] = found
        return found


def asserts(keyword: str, value: Any) -> bool:
    """Whether any value breaks a keyword with this value."""
    if keyword == "format":
        return value in ASSERTED
    if keyword == "additionalProperties":
        return value is False
    if keyword in ("unevaluatedProperties", "unevaluatedItems", "propertyNames"):
        return value not in (True, {})
    if keyword == "not":
        return value is not False
    return not (keyword == "uniqueItems" and value is False)


def _step(context: _Context, evaluation: str, name: str) -> _Context:
    steps = f"{context.steps}{written_step(name)}"
    return msgspec.structs.replace(context, evaluation=evaluation, path=(*context.path, name), steps=steps)


def _inside_branch(context: _Context, label: str) -> _Context:
    labels = f"{context.labels}{written_branch(label)}"
    return msgspec.structs.replace(context, branch=(*context.branch, label), labels=labels)
