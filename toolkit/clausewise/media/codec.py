"""The codec: how bodies of one kind of media type are written and read."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec

from clausewise.exchange import Headers
from clausewise.media.members import Members
from clausewise.media.types import essence

#: member of a form -> how it is written
Encodings = Members


class Written(msgspec.Struct, frozen=True):
    """A body as bytes, ready to be sent."""

    #: the `Content-Type` that goes with it
    content_type: str
    content: bytes


class Malformed(msgspec.Struct, frozen=True):
    """What is wrong with a body that does not have the format of its media type."""

    #: the format that it should have: "JSON"
    expected: str
    #: for people
    message: str
    #: byte offset of the fault in the body; None where the body is wrong as a whole
    offset: int | None = None
    #: whether it has that format, as far as it was read, and is more than can be judged
    is_hard: bool = False

    @property
    def predicate(self) -> str:
        """What is wrong, as a predicate of the body, without where and how."""
        return "cannot be judged" if self.is_hard else f"is not {self.expected}"


class File(msgspec.Struct, frozen=True):
    """A part of a form that is sent as it is (RFC 7578 section 4.2): a file, where it has a name."""

    name: str | None
    content: bytes
    #: "" for a part without one
    media_type: str
    #: its further header fields; None for those that the form gives it
    headers: Headers | None = None


class Typed(msgspec.Struct, frozen=True):
    """A value that came with types of its own, as in JSON: it is read as it is."""

    value: Any


class Either(msgspec.Struct, frozen=True):
    """A text that can be taken apart in several ways, the most exact first: the schema decides."""

    raws: tuple[Any, ...]


class Codec(msgspec.Struct, frozen=True, eq=False):
    """How bodies of one kind of media type are written and read."""

    #: name of the format in sentences: "JSON"
    name: str
    #: the media types it covers, in lower case and without parameters; `*` stands for anything
    media_types: tuple[str, ...]
    #: value, media type or range as documented, `encoding` -> the body; None for a value without such a body
    write: Callable[[Any, str, Members], Written | None]
    #: content, its `Content-Type` -> its value, or Malformed; raises nothing
    read: Callable[[bytes, str], Any]
    #: as `read`, for a form whose members are written as `encoding` says; None for what is no form
    read_form: Callable[[bytes, str, Members], Any] | None = None
    #: why no schema judges such a body; "" where one does
    not_judged: str = ""
    #: whether a body is bytes, not text
    binary: bool = False
    #: whether the values it reads have types of their own; else they are texts, which a schema types
    typed: bool = False
    #: whether the schema decides which form a value has
    by_schema: bool = False
    #: whether a body is a sequence of values, each of which `itemSchema` describes (OpenAPI 3.2 section 4.14.4)
    sequential: bool = False
    #: whether a body may also be a sequence of parts, as its schema says (OpenAPI 3.2 section 4.15.1)
    has_parts: bool = False
    #: contents that do not have the format, each with what is wrong, as a predicate of the body: probes send them
    malformed: tuple[tuple[bytes, str], ...] = ()

    def covers(self, media_type: str) -> bool:
        """Whether it writes and reads bodies of a media type or range, parameters and case aside."""
        name = essence(media_type)
        return any(_pattern(each).fullmatch(name) for each in self.media_types)

    @property
    def judged(self) -> bool:
        """Whether values of such bodies are judged by a schema."""
        return not self.not_judged


@cache
def _pattern(written: str) -> re.Pattern[str]:
    return re.compile(re.escape(written).replace(r"\*", ".*"))
