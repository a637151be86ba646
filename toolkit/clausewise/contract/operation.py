"""One operation of a contract, and the callbacks in it: its parts are compiled when they are first used."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cached_property
from itertools import chain
from typing import TypeVar

import msgspec

from clausewise.contract.branches import Branch, branches_of
from clausewise.contract.clause import Clause
from clausewise.contract.compiler import PartCompiler
from clausewise.contract.generated import GeneratedSchema
from clausewise.contract.message import Message
from clausewise.contract.parameters import taken_names
from clausewise.contract.parts import BodyContract, MediaContract, ParameterContract, ResponseContract
from clausewise.contract.shared import SharedSchemas
from clausewise.errors import ClausewiseError, InternalError, Location, SpecError
from clausewise.exchange import Exchange
from clausewise.media.json import values_in
from clausewise.media.types import is_range
from clausewise.security.schemes import slot_of
from clausewise.spec.defects import Defect, DefectLog
from clausewise.spec.expressions import Template, read_template
from clausewise.spec.fixed_query import fixed_query, path_of
from clausewise.spec.operations import Callback, Operation, Security
from clausewise.spec.pointer import Source
from clausewise.spec.router import Router, as_sent
from clausewise.spec.specification import Specification

#: part, path and branch of a place -> types of a value
_Types = dict[tuple[str, tuple[str, ...], tuple[str, ...]], frozenset[str]]

_T = TypeVar("_T")
_U = TypeVar("_U")


class OperationContract:
    """One operation, compiled on demand."""

    def __init__(
        self,
        specification: Specification,
        operation: Operation,
        router: Router,
        defect: Defect | None = None,
        shared: SharedSchemas | None = None,
    ) -> None:
        """`defect` is what closes it before its schemas are looked at."""
        self.operation = operation
        self.key = operation.key
        self._router = router
        self._defect = defect
        #: the fault of ours by which it cannot be compiled as a whole; None where there is none
        self.fault: InternalError | None = None
        self._log = DefectLog(Location(specification.sources.root.name, 1, 1))
        answering = "server" if operation.kind == "path" else "client"
        self._compiler = PartCompiler(specification, operation.key, self._log, answering, shared)
        self._specification = specification
        #: status of a response, "" for requests -> the types that are declared there
        self._types: dict[str, _Types] = {}

    def __repr__(self) -> str:
        return f"OperationContract({self.key!r})"

    @cached_property
    def clauses(self) -> tuple[Clause, ...]:
        """Every clause of the operation: the request's, then the responses'."""
        return tuple(self.clauses_by_key.values())

    @cached_property
    def clauses_by_key(self) -> dict[str, Clause]:
        """The same by their keys, which are long and made anew whenever a clause is asked for its own."""
        none = dict[str, Clause]()
        return self._kept(lambda: _by_key(chain(self._request_clauses(), self._response_clauses())), none)

    def types_at(self, clause: Clause) -> frozenset[str]:
        """The types that a value may have where a clause stands, where some are declared whatever else the message
        holds; else none."""
        status = clause.part.partition(".")[0] if clause.direction == "response" else ""
        if status not in self._types:
            response = self.responses.get(status)
            described = chain.from_iterable(each.alike for each in response.messages) if response is not None else ()
            self._types[status] = _declared_types(described if status else self.request_clauses)
        return self._types[status].get((clause.part, clause.path, clause.branch), frozenset())

    @cached_property
    def patterns_at(self) -> dict[tuple[str, tuple[str, ...], tuple[str, ...]], list[Clause]]:
        """Part, path and branch of a place in a request -> the clauses of the patterns that a text has there."""
        found: dict[tuple[str, tuple[str, ...], tuple[str, ...]], list[Clause]] = {}
        for clause in self.clauses:
            if clause.keyword == "pattern" and clause.direction == "request":
                found.setdefault((clause.part, clause.path, clause.branch), []).append(clause)
        return found

    @cached_property
    def request_clauses(self) -> tuple[Clause, ...]:
        """Every clause of its requests."""
        none = dict[str, Clause]()
        return tuple(self._kept(lambda: _by_key(self._request_clauses()), none).values())

    @cached_property
    def sizes(self) -> dict[str, int]:
        """Status of a response -> how many clauses its schemas have."""

        def sizes() -> dict[str, int]:
            return {status: sum(len(one.alike) for one in of.messages) for status, of in self.responses.items()}

        return self._kept(sizes, dict[str, int]())

    def _kept(self, compiled: Callable[[], _T], otherwise: _U) -> _T | _U:
        """What is `compiled`; `otherwise` where that fails by a fault of ours, which closes this operation alone."""
        try:
            return compiled()
        except ClausewiseError:
            raise
        except Exception as error:
            self.fault = self.fault or InternalError.of(error, f"it compiled {self.key}")
            return otherwise

    @cached_property
    def closed(self) -> Defect | None:
        """Why it is not tested: what the document gets wrong about its requests, or a fault of ours; None where it can
        be."""
        if self._defect is None:
            _ = self.parameters, self.body
        found = self._defect or next((defect for defect in self._log.defects if defect.closes), None)
        if found is None and self.fault is not None:
            source = self.operation.source
            location = self._specification.sources.locate(source)
            # No defect of the document, and not told as one.
            return Defect(str(source), location, self.fault.message, self.fault.remedy or "", (self.key,), (self.key,))
        return found

    @cached_property
    def defects(self) -> tuple[Defect, ...]:
        """What is not valid in its schemas."""
        _ = self.parameters, self.body, self.responses
        return self._log.defects

    @property
    def known_defects(self) -> tuple[Defect, ...]:
        """Those of the schemas that have been used."""
        return self._log.defects

    def example_texts(self, response: ResponseContract) -> frozenset[str]:
        """The texts in the examples that the document has for a response, those of its schemas included."""
        sources, texts = self._specification.sources, set[str]()
        waiting, seen = [response.documented.source], set[Source]()
        while waiting:
            source = waiting.pop()
            if source in seen:
                continue
            seen.add(source)
            for part in values_in(sources.value(source)):
                if not isinstance(part, dict):
                    continue
                shown = [part[keyword] for keyword in ("example", "examples") if keyword in part]
                texts.update(text for text in values_in(shown) if isinstance(text, str))
                if isinstance(part.get("$ref"), str):
                    with suppress(SpecError):
                        waiting.append(sources.target(source, part["$ref"]))
        return frozenset(texts)

    @cached_property
    def security(self) -> tuple[Security, Clause] | None:
        """The security requirement and its clause; None when no credentials are required."""
        security = self.operation.security
        if security is None or not security.required:
            return None
        return security, self._compiler.security(security)

    @cached_property
    def callbacks(self) -> tuple[CallbackContract, ...]:
        """The operations of its callbacks."""
        specification, found = self._specification, []
        for each in self.operation.callbacks:
            defect = next((one for one in specification.defects if each.operation.key in one.closes), None)
            found.append(CallbackContract(each, OperationContract(specification, each.operation, self._router, defect)))
        return tuple(found)

    @property
    def speaks_for_path(self) -> bool:
        """Whether it has the clause on the methods of its path: one of the path's operations has it. A webhook does not
        say what else a client offers at its URL."""
        return self.operation.kind == "path" and self.operation.method == self.operation.methods[0]

    @cached_property
    def methods(self) -> Clause:
        """The clause that the path offers its documented methods and no other."""
        return self._compiler.methods(self.operation)

    @cached_property
    def parameters(self) -> tuple[ParameterContract, ...]:
        """Every parameter of the request."""
        return self._kept(lambda: tuple(map(self._compiler.parameter, self.operation.parameters)), ())

    def parameter(self, location: str, name: str) -> ParameterContract | None:
        """The parameter of this location and name; None where there is none."""
        same = (one for one in self.parameters if (one.parameter.location, one.parameter.name) == (location, name))
        return next(same, None)

    @cached_property
    def taken_names(self) -> dict[str, frozenset[str]]:
        """The names that parameters and keys have for themselves, in the query and among the cookies."""
        alternatives = self.operation.security.alternatives if self.operation.security is not None else ()
        slots = [slot_of(scheme) for schemes in alternatives for scheme in schemes]
        return {
            location: taken_names(self.parameters, location)
            | {slot.name for slot in slots if slot is not None and slot.location == location}
            | (self.operation.fixed_names if location == "query" else frozenset())
            for location in ("query", "cookie")
        }

    @cached_property
    def body(self) -> BodyContract | None:
        """The request body; None when the operation documents none."""
        body = self.operation.body
        return self._kept(lambda: self._compiler.body(body), None) if body is not None else None

    @property
    def body_message(self) -> Message | None:
        """The request body as its schema describes it; None where no schema judges it."""
        entry = self.body.judged if self.body is not None else None
        return entry.message if entry is not None else None

    @cached_property
    def bodies(self) -> tuple[MediaContract, ...]:
        """The media types of the request body that schemas judge, each with clauses of its own; the first is that of
        `body_message`."""
        found = self.body.content.values() if self.body is not None and self.body_message is not None else ()
        judged = [entry for entry in found if entry.is_judged and entry.message is not None]
        first = [entry for entry in judged if entry.message is self.body_message]
        return (*first, *(entry for entry in judged if entry not in first and not is_range(entry.name)))

    def body_of(self, media: str) -> MediaContract | None:
        """The media type of the request body called `media`, "" for the first that is judged; None where there is
        none."""
        if self.body is None:
            return None
        return self.body.content.get(media) if media else self.body.judged

    def body_entry(self, clause: Clause) -> MediaContract | None:
        """The media type of the request body that a clause is about; None where there is none that is judged."""
        media = clause.branch[0] if clause.branch else ""
        return self.body_of(media if any(entry.name == media for entry in self.bodies[1:]) else "")

    @cached_property
    def unjudged_body(self) -> MediaContract | None:
        """The media type of a request body that no schema judges, with the message of its schema, if any, which
        generates values. None where a schema judges the body, and where there is none."""
        if self.body is None or self.bodies or not self.body.content:
            return None
        return self._compiler.unjudged(self.body.judged or next(iter(self.body.content.values())))

    @cached_property
    def branches(self) -> tuple[Branch, ...]:
        """The alternatives of the request body, for each of its media types; one without a label when it is not a
        union, none without a schema."""

        def generate(schema: Source) -> GeneratedSchema:
            return self._compiler.generate(schema, "request")

        messages = [entry.message for entry in self.bodies if entry.message is not None]
        return tuple(
            branch for message in messages for branch in branches_of(message.generated, generate, message.media)
        )

    @cached_property
    def responses(self) -> dict[str, ResponseContract]:
        """Documented responses by status: "200", "4XX", "default"."""
        documented, none = self.operation.responses, dict[str, ResponseContract]()
        return self._kept(lambda: {each.status: self._compiler.response(each) for each in documented}, none)

    def response_for(self, status: int) -> ResponseContract | None:
        """The documented response for `status` (OpenAPI 3.1 section 4.8.16); None when it is not documented."""
        responses = self.responses
        return responses.get(str(status)) or responses.get(f"{status // 100}XX") or responses.get("default")

    def documents(self, status: int) -> bool:
        """Whether `status` is documented by itself or by its range ("5XX"), and not only by `default`."""
        return not {str(status), f"{status // 100}XX"}.isdisjoint(self.responses)

    def succeeds_with(self, status: int) -> bool:
        """Whether a response with `status` does what the operation is for: a 2xx, or where the contract documents none,
        a documented redirect, or a documented 410 or 501 of an operation that is not offered (any more)."""
        if 200 <= status < 300:
            return True
        found = None if any(each.startswith("2") for each in self.responses) else self.response_for(status)
        return found is not None and (found.documented.status[0] in "13" or found.documented.status in ("410", "501"))

    def accepted(self, exchange: Exchange) -> bool:
        """Whether the answer of an `exchange` did what the operation is for, in its status and in its body."""
        response = exchange.response
        if response is None or not self.succeeds_with(response.status):
            return False
        return exchange.accepted or response.status >= 300

    def message_at(self, schema: Source, within: Message) -> Message:
        """The part of the message `within` that the schema at `schema`, which stands in its own, describes."""
        return within.of_branch(self._compiler.generate(schema, within.direction))

    def match(self, target: str) -> dict[str, str]:
        """The path parameters in a request's target, percent-encoded; {} when its path does not fit the template."""
        names, pattern = self._template
        path, _, query = target.partition("?")
        fixed = fixed_query(self.operation.path)
        found, beside = pattern.fullmatch(as_sent(path)), fixed.match(query) if fixed is not None else ()
        if found is None or beside is None:
            return {}
        return dict(zip(names, (*found.groups(), *beside), strict=True))

    def offered_at(self, target: str) -> tuple[str, ...]:
        """The methods that the contract offers at a request's target; `/users/me` may also match `/users/{id}`."""
        return self._router.methods(target)

    def is_elsewhere(self, target: str) -> bool:
        """Whether a request's target, whose path fits the template, is that of another one: `/users/me` is not for
        `/users/{id}` where the contract has both (OpenAPI 3.1 section 4.8.8.2)."""
        path = as_sent(target.partition("?")[0])
        return any(pattern.fullmatch(path) is not None for pattern in self._rivals)

    @cached_property
    def _rivals(self) -> tuple[re.Pattern[str], ...]:
        return self._router.rivals(self.operation.path) if self.operation.kind == "path" else ()

    @cached_property
    def _template(self) -> tuple[list[str], re.Pattern[str]]:
        literals = re.split(r"\{[^{}]+\}", path_of(self.operation.path))
        pattern = "([^/]*)".join(re.escape(as_sent(each)) for each in literals)
        return re.findall(r"\{([^{}]+)\}", self.operation.path), re.compile(pattern)

    def _request_clauses(self) -> Iterator[Clause]:
        if self.security is not None:
            yield self.security[1]
        if self.speaks_for_path:
            yield self.methods
        for parameter in self.parameters:
            yield from _optional(parameter.required)
            yield from _clauses(parameter.message)
        if self.body is not None:
            yield from _optional(self.body.required)
            for entry in self.body.content.values():
                yield from entry.clauses

    def _response_clauses(self) -> Iterator[Clause]:
        for response in self.responses.values():
            yield from response.clauses


class CallbackContract(msgspec.Struct, frozen=True, eq=False):
    """One operation of a callback, compiled."""

    callback: Callback
    operation: OperationContract

    @property
    def url(self) -> Template:
        """Its URL, with runtime expressions."""
        return read_template(self.callback.url)


def _by_key(clauses: Iterable[Clause]) -> dict[str, Clause]:
    return {clause.key: clause for clause in clauses}


def _declared_types(clauses: Iterable[Clause]) -> _Types:
    found: _Types = {}
    for clause in clauses:
        if clause.keyword == "type" and not clause.conditions:
            declared = {clause.value} if isinstance(clause.value, str) else {*clause.value}
            place = clause.part, clause.path, clause.branch
            found[place] = found.get(place, frozenset()) | declared
    return found


def _clauses(message: Message | None) -> tuple[Clause, ...]:
    return message.clauses if message is not None else ()


def _optional(clause: Clause | None) -> tuple[Clause, ...]:
    return (clause,) if clause is not None else ()
