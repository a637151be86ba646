"""Compiles the document's description of an operation's messages, part by part, into clauses and schemas."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from clausewise.contract.clause import Clause, Direction, where
from clausewise.contract.compiled import compile_schema
from clausewise.contract.forms import members_of
from clausewise.contract.generated import GeneratedSchema
from clausewise.contract.message import InvalidSchemaError, Message
from clausewise.contract.parameters import has_form
from clausewise.contract.parts import (
    BodyContract,
    FieldContract,
    HeaderContract,
    MediaContract,
    ParameterContract,
    ResponseContract,
)
from clausewise.contract.ranges import may_be_judged, no_items, sent_as, why_not_judged
from clausewise.contract.schemas import generate
from clausewise.contract.shared import SharedSchemas
from clausewise.errors import SpecError
from clausewise.media.members import EACH
from clausewise.media.multipart import MULTIPART
from clausewise.media.registry import codec_for
from clausewise.spec.defects import DefectLog
from clausewise.spec.operations import (
    Body,
    DocumentedResponse,
    Form,
    Header,
    MediaType,
    Operation,
    Parameter,
    Security,
)
from clausewise.spec.pointer import Source
from clausewise.spec.resolve import Sources
from clausewise.spec.specification import Specification

#: why bodies are not judged by a schema that is too large or not valid as a whole
_UNUSABLE = "its schema cannot be used"

#: what helps where a pattern cannot be read
PATTERN_REMEDY = "write it as a regular expression of ECMA-262"


class PartCompiler:
    """Compiles the parts of one operation. What is not valid in their schemas is left out, and added to a log: there it
    closes the operation where it stands in a request, and of a response only that is not judged."""

    def __init__(
        self,
        specification: Specification,
        operation: str,
        log: DefectLog,
        answering: str = "server",
        shared: SharedSchemas | None = None,
    ) -> None:
        """`answering` is who answers the requests of the operation: "server" or "client". With `shared`, its messages
        are there to list their clauses, and judge no values."""
        self._specification = specification
        self._operation = operation
        self._log = log
        self._answering = answering
        self._shared = shared
        #: whether schemas of the operation have keywords that the metaschema refuses
        self._is_invalid = False

    def parameter(self, parameter: Parameter) -> ParameterContract:
        """A parameter of the request."""
        part = f"{parameter.location}.{parameter.name}"
        text = f"the {parameter.location} parameter `{parameter.name}` is required"
        if parameter.location == "querystring":
            text = "a query is required"
        required = self._required("request", part, parameter.source, text) if parameter.required else None
        if parameter.whole is not None:
            media = parameter.whole
            whole = self._media(media, "request", part, part, f"the media type of the query is {media.name}")
            return ParameterContract(parameter, required, whole.message, whole)
        schema = parameter.schema if has_form(parameter) else None
        return ParameterContract(parameter, required, self.message(schema, "request", part))

    def body(self, body: Body) -> BodyContract:
        """The request body."""
        required = (
            self._required("request", "body", body.source, "a request body is required") if body.required else None
        )
        content = {
            media.name: self._media(
                media, "request", "body", "body", f"the media type of the request body is {media.name}"
            )
            for media in body.content
        }
        first = BodyContract(content, required).judged
        for name, entry in content.items():
            if entry.is_judged and entry.message is not None:
                message = entry.message if entry is first else entry.message.of_media(name)
                has_parts = entry.codec is MULTIPART or entry.codec.has_parts
                fields = tuple(self._fields(entry.media, message.media)) if has_parts else ()
                content[name] = msgspec.structs.replace(entry, message=message, fields=fields)
        return BodyContract(content, required)

    def _fields(self, media: MediaType, label: str) -> Iterator[FieldContract]:
        """The parts of a multipart body whose encoding asserts something; `label` as in `Message.media`."""
        for name, encoding in media.encoding.items():
            at, clause, called = encoding.source, None, _called(media, name)
            if encoding.content_type is not None and encoding.style is None:
                allowed = " or ".join(part.strip() for part in encoding.content_type.split(","))
                text = f"the media type of {called} is {allowed}"
                source, branch = at.child("contentType"), (label,) if label else ()
                clause = self._clause("request", "body", "contentType", encoding.content_type, source, text)
                place = where("request", "body", (name,), branch)
                clause = msgspec.structs.replace(clause, where=place, path=(name,), branch=branch)
            headers = tuple(self._header(each, "request", f"body.{name}", called) for each in encoding.headers)
            if clause is not None or headers:
                yield FieldContract(name, called, clause, headers)

    def unjudged(self, entry: MediaContract) -> MediaContract:
        """A media type of the request body that is not judged, with the message that its schema describes."""
        return msgspec.structs.replace(entry, message=self.message(entry.media.described, "request", "body"))

    def response(self, documented: DocumentedResponse) -> ResponseContract:
        """A documented response."""
        status = documented.status
        text = f"the {self._answering} answers with {'any other status' if status == 'default' else f'status {status}'}"
        clause = self._clause("response", status, "status", status, documented.entry, text)
        text = f"the media type of a {status} response is"
        content = {
            media.name: self._media(media, "response", f"{status}.content", f"{status}.body", f"{text} {media.name}")
            for media in documented.content
        }
        headers = tuple(self._header(each, "response", status, f"a {status} response") for each in documented.headers)
        return ResponseContract(content, documented, clause, headers)

    def security(self, security: Security) -> Clause:
        """The clause that credentials are required."""
        text = f"credentials are required ({security.names})"
        names = security.names.replace("`", "")
        return self._clause("request", "security", "security", names, security.source, text)

    def methods(self, operation: Operation) -> Clause:
        """The clause that a path offers its documented methods and no other."""
        offered = list(operation.methods)
        text = f"the path offers only {', '.join(offered)}"
        return self._clause("request", "method", "methods", offered, operation.path_item, text)

    def message(
        self, schema: Source | Form | None, direction: Direction, part: str, *, array: Source | None = None
    ) -> Message | None:
        """The part of a message that the schema at `schema` describes; None without one, and where it cannot be used.
        With `array`, the part is an array that stands at this place, and the schema that of each item."""
        if schema is None:
            return None
        sources, shared = self._specification.sources, self._shared if array is None else None
        if shared is not None:
            generated, listed = shared.generated(schema, direction), shared.listed(direction)
            return Message(sources, generated, self._operation, direction, part, listed=listed)
        log = self._log.closing(self._operation) if direction == "request" else self._log.within(self._operation)
        try:
            message = self._checked(schema, direction, part, array)
        except SpecError as error:
            log.add(error)
            return None
        for left_out in message.generated.errors:
            log.add(left_out)
        for misplaced in message.generated.meant:
            self._log.within(self._operation).add(misplaced)
        for unreadable, severity in pattern_errors(sources, message.generated):
            # All but the pattern is judged.
            self._log.within(self._operation).add(unreadable, severity)
        return message

    def _checked(self, schema: Source | Form, direction: Direction, part: str, array: Source | None) -> Message:
        try:
            sources, checked = self._specification.sources, self._is_invalid
            generated, compiled = compile_schema(sources, schema, direction, array=array, checked=checked)
            message = Message(sources, generated, self._operation, direction, part, compiled=compiled)
            message.check_schema()
        except InvalidSchemaError:
            if self._is_invalid:
                raise
            self._is_invalid = True
            return self._checked(schema, direction, part, array)
        return message

    def generate(self, schema: Source | Form, direction: Direction) -> GeneratedSchema:
        """The schema at `schema`, self-contained, as it applies to messages of one direction."""
        return generate(self._specification.sources, schema, direction, checked=self._is_invalid)

    def _header(self, header: Header, direction: Direction, owner: str, named: str) -> HeaderContract:
        """A header of the part `owner` of a message, which sentences call `named`."""
        part = f"{owner}.header.{header.name}"
        text = f"{named} has the header `{header.name}`"
        required = self._required(direction, part, header.source, text) if header.required else None
        schema = header.schema if has_form(header) else None
        return HeaderContract(header, required, self.message(schema, direction, part))

    def _media(self, media: MediaType, direction: Direction, named: str, part: str, text: str) -> MediaContract:
        """A media type of the body `part`; the clause about the media type belongs to the part `named`."""
        clause = self._clause(direction, named, "content", media.name, media.source, text)
        message, why_not = self._described(media, direction, part)
        name = sent_as(media.name, message, direction)
        members = members_of(media, message, self._specification.dialect.name)
        return MediaContract(media, clause, message, name, codec_for(name), why_not, members)

    def _described(self, media: MediaType, direction: Direction, part: str) -> tuple[Message | None, str]:
        """What the schema of a media type describes; None, and why, where it judges no body."""
        codec = codec_for(media.name)
        if (codec.sequential or codec.has_parts) and media.item_schema is not None:
            message = self.message(media.item_schema, direction, part, array=media.source)
            return message, "" if message is not None else _UNUSABLE
        if media.described is None:
            return None, ""
        message = self.message(media.described, direction, part) if may_be_judged(media.name) else None
        if message is None and may_be_judged(media.name):
            return None, _UNUSABLE
        if message is not None and codec.sequential and "array" not in message.reader.types:
            # It can only mean each of the values: together they are always an array.
            why = no_items(codec, message)
            return None if why else self.message(media.described, direction, part, array=media.source), why
        why = why_not_judged(media.name, message)
        return None if why else message, why

    def _required(self, direction: Direction, part: str, source: Source, text: str) -> Clause:
        """The clause that the part described at `source` of the document is required."""
        return self._clause(direction, part, "required", True, source.child("required"), text)

    def _clause(self, direction: Direction, part: str, keyword: str, value: Any, source: Source, text: str) -> Clause:
        return Clause(
            id=str(source),
            operation=self._operation,
            direction=direction,
            where=f"{direction}.{part}",
            keyword=keyword,
            value=value,
            text=text,
            source=source,
            part=part,
        )


def pattern_errors(
    sources: Sources, generated: GeneratedSchema
) -> Iterator[tuple[SpecError, Literal["error", "warning"]]]:
    """The patterns in a schema that cannot be read, and so are not judged, and how bad that is."""
    for node, unjudged in ((node, each) for node, keywords in generated.unjudged.items() for each in keywords):
        if unjudged.is_unreadable:
            source = generated.origin(node + unjudged.below)
            error = sources.error(source, f"is not judged: {unjudged.reason}", PATTERN_REMEDY)
            yield error, "warning" if unjudged.is_meant_otherwise else "error"


def _called(media: MediaType, name: str) -> str:
    """What sentences call the part that an encoding is about."""
    if name == EACH:
        return "each further part" if "0" in media.encoding else "each part"
    is_position = codec_for(media.name).has_parts and media.encoding[name].source.tokens[-2] == "prefixEncoding"
    return f"part {int(name) + 1}" if is_position else f"the part `{name}`"
