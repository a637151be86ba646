"""The contract: an OpenAPI document compiled into operations, clauses and schemas.

A contract never changes after it is made. What an operation needs is compiled when first asked for, so that a
document of a thousand operations costs only those that are used.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from clausewise.contract.clause import Clause, Direction
from clausewise.contract.message import Message
from clausewise.contract.schemas import GeneratedSchema, generate
from clausewise.errors import Location, UsageError
from clausewise.media.types import best_match, is_json
from clausewise.spec.operations import (
    DocumentedResponse,
    Header,
    MediaType,
    Operation,
    Parameter,
    Security,
    Specification,
    understand,
)
from clausewise.spec.pointer import Source, descend, from_pointer
from clausewise.spec.resolve import open_sources
from clausewise.spec.router import Router

#: methods that are tried on a path that does not offer them; CONNECT, OPTIONS, TRACE and HEAD mean other things
TRIED_METHODS = ("GET", "PUT", "POST", "DELETE", "PATCH")


class Branch(msgspec.Struct, frozen=True, eq=False):
    """One alternative of a request body."""

    #: discriminator value, title or component name; "" for a body that is no union
    label: str
    #: the discriminator's property; None where the union has none
    discriminator: str | None
    #: the branch's own schema, self-contained
    schema: GeneratedSchema


class ParameterContract(msgspec.Struct, frozen=True, eq=False):
    """A parameter with its clauses."""

    parameter: Parameter
    #: that it is required; None for an optional one
    required: Clause | None
    message: Message | None


class BodyContract(msgspec.Struct, frozen=True, eq=False):
    """A request body with its clauses."""

    #: that there must be one; None for an optional body
    required: Clause | None
    #: documented media types, each with the clause that allows it and, for JSON, its schema's message
    content: dict[str, tuple[MediaType, Clause, Message | None]]

    @property
    def json(self) -> tuple[MediaType, Clause, Message | None] | None:
        """The first JSON entry; None when the body is never JSON."""
        return next((entry for name, entry in self.content.items() if is_json(name)), None)

    def content_for(self, media_type: str) -> tuple[MediaType, Clause, Message | None] | None:
        """The entry that covers a body of `media_type`; None when it is not documented."""
        name = best_match(media_type, self.content)
        return self.content[name] if name is not None else None


class ResponseContract(msgspec.Struct, frozen=True, eq=False):
    """A documented response with its clauses."""

    documented: DocumentedResponse
    #: the status itself
    status: Clause
    #: documented media types, each with its clause and, for JSON, its schema's message
    content: dict[str, tuple[MediaType, Clause, Message | None]]
    #: documented headers: that they are required, and their schema's message
    headers: tuple[tuple[Header, Clause | None, Message | None], ...]

    def content_for(self, media_type: str) -> tuple[MediaType, Clause, Message | None] | None:
        """The entry that covers a response of `media_type`; None when it is not documented."""
        name = best_match(media_type, self.content)
        return self.content[name] if name is not None else None


class OperationContract:
    """One operation, compiled on demand."""

    def __init__(self, specification: Specification, operation: Operation, router: Router) -> None:
        self.operation = operation
        self._router = router
        self.key = operation.key
        self._specification = specification

    def __repr__(self) -> str:
        return f"OperationContract({self.key!r})"

    @cached_property
    def parameters(self) -> tuple[ParameterContract, ...]:
        """Every parameter of the request."""
        return tuple(self._parameter(parameter) for parameter in self.operation.parameters)

    @cached_property
    def body(self) -> BodyContract | None:
        """The request body; None when the operation takes none."""
        body = self.operation.body
        if body is None:
            return None
        required = None
        if body.required:
            required = self._clause(
                "request", "body", "required", True, body.source.child("required"), "a body is required"
            )
        content = {
            media.name: (
                media,
                self._clause("request", "body", "content", media.name, media.source, f"the body is {media.name}"),
                self._message(media.schema, "request", "body") if is_json(media.name) else None,
            )
            for media in body.content
        }
        return BodyContract(required, content)

    @cached_property
    def form(self) -> tuple[MediaType, Message | None] | None:
        """The first entry of a body that is never JSON, and its schema's message; None where there is none.

        What a schema says of such a body is no clause: how its values are written is another matter.
        """
        if self.body is None or self.body.json is not None or not self.body.content:
            return None
        media, _, _ = next(iter(self.body.content.values()))
        return media, self._message(media.schema, "request", "body")

    @cached_property
    def responses(self) -> dict[str, ResponseContract]:
        """Documented responses by status: "200", "4XX", "default"."""
        return {response.status: self._response(response) for response in self.operation.responses}

    @cached_property
    def security(self) -> tuple[Security, Clause] | None:
        """The security requirement and its clause; None when anyone may call."""
        security = self.operation.security
        if security is None or not security.required:
            return None
        names = " or ".join(" and ".join(scheme.name for scheme in schemes) for schemes in security.alternatives)
        clause = self._clause(
            "request", "security", "security", names, security.source, f"credentials are required ({names})"
        )
        return security, clause

    @cached_property
    def methods(self) -> Clause:
        """That the path offers its documented methods and no other."""
        offered = list(self.operation.methods)
        text = f"only {', '.join(offered)} is offered"
        return self._clause("request", "method", "methods", offered, self.operation.path_item, text)

    def match(self, target: str) -> dict[str, str]:
        """The path parameters in a request's target, percent-encoded; {} when its path does not fit the template."""
        names, pattern = self._template
        found = pattern.fullmatch(target.partition("?")[0])
        return dict(zip(names, found.groups(), strict=True)) if found else {}

    @cached_property
    def _template(self) -> tuple[list[str], re.Pattern[str]]:
        literals = re.split(r"\{[^{}]+\}", self.operation.path)
        return re.findall(r"\{([^{}]+)\}", self.operation.path), re.compile("([^/]*)".join(map(re.escape, literals)))

    def offered_at(self, target: str) -> tuple[str, ...]:
        """The methods that the contract offers at a request's target: `/users/me` may be a `/users/{id}` as well."""
        return self._router.methods(target.partition("?")[0])

    @cached_property
    def clauses(self) -> tuple[Clause, ...]:
        """Every clause of the operation: the request's, then the responses'."""
        return tuple({clause.key: clause for clause in self._clauses()}.values())

    def message_at(self, schema: Source, within: Message) -> Message:
        """The part of a message that the schema at `schema` binds, which stands somewhere in that of `within`."""
        return within.of_branch(self._generate(schema, within.direction))

    def response_for(self, status: int) -> ResponseContract | None:
        """The documented response for `status` (OpenAPI 3.1 section 4.8.16); None when it is not documented."""
        responses = self.responses
        return responses.get(str(status)) or responses.get(f"{status // 100}XX") or responses.get("default")

    @cached_property
    def branches(self) -> tuple[Branch, ...]:
        """The alternatives of the JSON request body; one without a label when it is no union."""
        entry = self.body.json if self.body else None
        if entry is None or entry[2] is None:
            return ()
        generated = entry[2].generated
        found = list(self._branches(generated, "", generated.origin("")))
        return tuple(found) or (Branch("", None, generated),)

    def _branches(self, generated: GeneratedSchema, location: str, at: Source) -> Iterator[Branch]:
        schema = descend(generated.schema, from_pointer(location))
        if not isinstance(schema, dict):
            return
        if "$ref" in schema and "oneOf" not in schema:
            yield from self._branches(generated, schema["$ref"].removeprefix("#"), at)
        for keyword in ("oneOf", "anyOf"):
            for index, part in enumerate(schema.get(keyword, ())):
                label = str(index)
                if isinstance(part, dict):
                    label = str(part.get("title") or str(part.get("$ref", index)).rpartition("/")[2])
                yield Branch(label, None, self._generate(generated.origin(f"{location}/{keyword}/{index}"), "request"))
        for index in range(len(schema.get("allOf", ()))):
            here = f"{location}/allOf/{index}"
            label = generated.branches.get(f"{here}/then", "")
            if label:
                name = next(iter(descend(generated.schema, from_pointer(f"{here}/if/required"))))
                reference = descend(generated.schema, from_pointer(f"{here}/then/$ref")).removeprefix("#")
                yield Branch(label, name, self._generate(generated.origin(reference), "request"))

    def _clauses(self) -> Iterator[Clause]:
        if self.security is not None:
            yield self.security[1]
        if self.operation.method == self.operation.methods[0]:
            # One operation of a path speaks for the path.
            yield self.methods
        for parameter in self.parameters:
            if parameter.required is not None:
                yield parameter.required
            if parameter.message is not None:
                yield from parameter.message.clauses
        if self.body is not None:
            if self.body.required is not None:
                yield self.body.required
            yield from _content_clauses(self.body.content)
        for response in self.responses.values():
            yield response.status
            yield from _content_clauses(response.content)
            for _, required, message in response.headers:
                if required is not None:
                    yield required
                if message is not None:
                    yield from message.clauses

    def _parameter(self, parameter: Parameter) -> ParameterContract:
        part = f"{parameter.location}.{parameter.name}"
        required = None
        if parameter.required:
            text = f"the {parameter.location} parameter `{parameter.name}` is required"
            named = parameter.source.child("required")
            required = self._clause("request", part, "required", True, named, text)
        return ParameterContract(parameter, required, self._message(parameter.schema, "request", part))

    def _response(self, documented: DocumentedResponse) -> ResponseContract:
        status = documented.status
        what = "any other status" if status == "default" else status
        clause = self._clause("response", status, "status", status, documented.entry, f"{what} is answered")
        content = {
            media.name: (
                media,
                self._clause(
                    "response",
                    f"{status}.content",
                    "content",
                    media.name,
                    media.source,
                    f"a {status} response is {media.name}",
                ),
                self._message(media.schema, "response", f"{status}.body") if is_json(media.name) else None,
            )
            for media in documented.content
        }
        headers = []
        for header in documented.headers:
            part = f"{status}.header.{header.name}"
            required = None
            if header.required:
                text = f"a {status} response has the header `{header.name}`"
                required = self._clause("response", part, "required", True, header.source.child("required"), text)
            headers.append((header, required, self._message(header.schema, "response", part)))
        return ResponseContract(documented, clause, content, tuple(headers))

    def _message(self, schema: Source | None, direction: Direction, part: str) -> Message | None:
        if schema is None:
            return None
        message = Message(self._specification.sources, self._generate(schema, direction), self.key, direction, part)
        message.check_schema()
        return message

    def _generate(self, schema: Source, direction: Direction) -> GeneratedSchema:
        return generate(self._specification.sources, self._specification.dialect, schema, direction)

    def _clause(self, direction: Direction, part: str, keyword: str, value: Any, source: Source, text: str) -> Clause:
        return Clause(
            id=str(source),
            operation=self.key,
            direction=direction,
            where=f"{direction}.{part}",
            keyword=keyword,
            value=value,
            text=text,
            source=source,
            part=part,
        )


def _content_clauses(content: dict[str, tuple[MediaType, Clause, Message | None]]) -> Iterator[Clause]:
    for _, clause, message in content.values():
        yield clause
        if message is not None:
            yield from message.clauses


class Contract:
    """A compiled OpenAPI document."""

    def __init__(self, specification: Specification) -> None:
        self.specification = specification
        self.router = Router(specification.operations, specification.base_paths)
        self.operations = tuple(
            OperationContract(specification, operation, self.router) for operation in specification.operations
        )
        self._by_key = {operation.key: operation for operation in self.operations}

    @property
    def name(self) -> str:
        """The document's file, as its user named it."""
        return self.specification.sources.root.name

    def operation(self, key: str) -> OperationContract:
        """The operation named `key`. Raises UsageError, with the nearest name there is, when there is none."""
        try:
            return self._by_key[key]
        except KeyError:
            import difflib

            near = difflib.get_close_matches(key, self._by_key, n=1, cutoff=0.4)
            remedy = f'did you mean "{near[0]}"?' if near else "`clausewise clauses` lists them"
            raise UsageError(f'{self.name} has no operation "{key}"', remedy=remedy) from None

    def select(self, keys: Iterable[str]) -> tuple[OperationContract, ...]:
        """The operations named, or all of them when none is. Raises UsageError for an unknown name."""
        chosen = tuple(self.operation(key) for key in keys)
        return chosen or self.operations

    def locate(self, source: Source) -> Location:
        """File, line and column of a place in the document."""
        return self.specification.sources.locate(source)


def load(path: str | Path, name: str | None = None) -> Contract:
    """Read and compile the OpenAPI document at `path`, which people know as `name`.

    Raises SpecError, with file, line and column where they are known, when it cannot be read or understood.
    """
    return Contract(understand(open_sources(Path(path), name or str(path))))
