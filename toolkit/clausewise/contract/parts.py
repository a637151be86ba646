"""The parts of an operation's messages with their clauses: parameters, bodies, headers, responses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from clausewise.contract.clause import Clause
from clausewise.contract.message import Message
from clausewise.media.codec import Codec
from clausewise.media.json import JSON
from clausewise.media.members import Members
from clausewise.media.registry import codec_for
from clausewise.media.types import best_match
from clausewise.spec.operations import DocumentedResponse, Header, MediaType, Parameter


class ParameterContract(msgspec.Struct, frozen=True, eq=False):
    """A parameter with its clauses."""

    parameter: Parameter
    #: that it is required; None for an optional one
    required: Clause | None
    message: Message | None
    #: what the whole query has in it, for a parameter `in: querystring`
    whole: MediaContract | None = None


class HeaderContract(msgspec.Struct, frozen=True, eq=False):
    """A header of a response, or of a part of a form, with its clauses."""

    header: Header
    #: that it is required; None for an optional one
    required: Clause | None
    message: Message | None

    @property
    def clauses(self) -> Iterator[Clause]:
        """Every clause of the header."""
        if self.required is not None:
            yield self.required
        if self.message is not None:
            yield from self.message.clauses


class FieldContract(msgspec.Struct, frozen=True, eq=False):
    """A field of a multipart form, or a part of another multipart body, that the document's `encoding` describes, with
    its clauses."""

    #: as in `Members`
    name: str
    #: what sentences call it: "the part `photo`", "part 1"
    called: str
    #: that its parts have a media type that is allowed; None where each is
    media_type: Clause | None
    #: the header fields of its parts
    headers: tuple[HeaderContract, ...]

    @property
    def clauses(self) -> Iterator[Clause]:
        """Every clause of its parts."""
        if self.media_type is not None:
            yield self.media_type
        for header in self.headers:
            yield from header.clauses


class MediaContract(msgspec.Struct, frozen=True, eq=False):
    """One media type of a body, or a range of them, with its clauses."""

    media: MediaType
    #: the clause that the body has this media type
    clause: Clause
    #: the body as its schema describes it; None without a schema, and where no body of it is judged
    message: Message | None
    #: the media type that bodies are sent as: its name, or for a range one that it covers and that its schema fits
    sent_as: str
    #: writes bodies of `sent_as`
    codec: Codec
    #: why its schema judges no body of it; "" where it does, or there is none
    not_judged: str = ""
    #: how the members of a form are written
    members: Members = {}
    #: the fields of a multipart form of which there is more to say than their schemas do
    fields: tuple[FieldContract, ...] = ()

    @property
    def has_schema(self) -> bool:
        """Whether the contract describes its bodies, or what is in them."""
        return self.media.described is not None or self.media.item_schema is not None

    @property
    def clauses(self) -> Iterator[Clause]:
        """Every clause of its bodies."""
        yield self.clause
        if self.message is not None:
            yield from self.message.clauses
        for field in self.fields:
            yield from field.clauses

    @property
    def is_judged(self) -> bool:
        """Whether values are written into its bodies, and read from them, to be judged."""
        return self.codec.judged and not self.not_judged

    @property
    def name(self) -> str:
        """The media type or range as documented: "application/json", "image/*"."""
        return self.media.name

    @property
    def is_form(self) -> bool:
        """Whether its bodies are forms, whose members are fields."""
        return self.codec.read_form is not None

    def codec_of(self, content_type: str) -> Codec:
        """The codec of a body of `content_type`, which this entry covers: for a range, the body's own type decides."""
        return codec_for(content_type)

    def message_of(self, content_type: str) -> Message | None:
        """What judges a body of `content_type`, which this entry covers; None where no schema does."""
        codec = self.codec_of(content_type)
        # The schema of a range describes one value, and not each of a sequence.
        return self.message if codec.judged and codec.sequential == self.codec.sequential else None


class _Content(msgspec.Struct, frozen=True, eq=False):
    """A part of a message that has a body."""

    #: documented media types and ranges, as written
    content: dict[str, MediaContract]

    @property
    def judged(self) -> MediaContract | None:
        """The media type whose bodies can be judged by a schema, JSON before others; None where there is none."""
        return _first(entry for entry in self.content.values() if entry.is_judged)

    @property
    def with_schema(self) -> MediaContract | None:
        """The media type whose bodies are judged by a schema, JSON before others; None where there is none."""
        return _first(entry for entry in self.content.values() if entry.is_judged and entry.message is not None)

    def content_for(self, content_type: str) -> MediaContract | None:
        """The entry that covers a body of `content_type`; None when it is not documented."""
        name = best_match(content_type, self.content)
        return self.content[name] if name is not None else None


def _first(entries: Iterable[MediaContract]) -> MediaContract | None:
    """The first entry of JSON, else the first whose values have types of their own, else the first."""
    return min(entries, key=lambda entry: (entry.codec is not JSON, not entry.codec.typed), default=None)


class BodyContract(_Content, frozen=True, eq=False):
    """A request body with its clauses."""

    #: the clause that it is required; None for an optional body
    required: Clause | None


class ResponseContract(_Content, frozen=True, eq=False):
    """A documented response with its clauses."""

    documented: DocumentedResponse
    #: the clause that the server answers with this status
    status: Clause
    headers: tuple[HeaderContract, ...]

    @property
    def clauses(self) -> Iterator[Clause]:
        """Every clause of the response."""
        yield self.status
        for entry in self.content.values():
            yield from entry.clauses
        for header in self.headers:
            yield from header.clauses

    @property
    def own_clauses(self) -> Iterator[Clause]:
        """Those that no schema has: its status, its media types, and the headers that it must have."""
        yield self.status
        yield from (each.clause for each in self.content.values())
        yield from (each.required for each in self.headers if each.required is not None)

    @property
    def messages(self) -> tuple[Message, ...]:
        """Its parts that schemas describe."""
        bodies = (entry.message for entry in self.content.values())
        described = (*bodies, *(header.message for header in self.headers))
        return tuple(message for message in described if message is not None)
