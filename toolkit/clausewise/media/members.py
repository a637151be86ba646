"""How each member of a form is written and read: by the document's `encoding` and the type of its schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from clausewise.exchange import Headers
from clausewise.media.styles import SEPARATORS, is_open_list
from clausewise.media.types import best_match, concrete, is_json


class Member(msgspec.Struct, frozen=True):
    """How a member of a form is written and read (OpenAPI 3.0.4 and 3.1.1, Encoding Object); by default as a text."""

    #: media types and ranges that the document allows for its parts; () where it names none
    media_types: tuple[str, ...] = ()
    #: the media type where the document names none: by the type of its schema; "" for a text
    default_type: str = ""
    #: whether it is a file: bytes, each of which is a character to its schema (OpenAPI 3.1.1 section 4.4.2.1)
    is_file: bool = False
    #: whether it may be an array
    is_list: bool = False
    #: the style of its text; None where the media type says how it is written
    style: str | None = None
    explode: bool = True
    #: whether characters that URLs reserve are sent as they are
    allow_reserved: bool = False
    #: further header fields of its parts
    headers: Headers = ()
    #: the names of its own members, where it may be an object
    names: frozenset[str] = frozenset()
    #: those of them that may be no arrays and no objects, which have no form of their own in a style
    flat_names: frozenset[str] = frozenset()

    @property
    def media_type(self) -> str:
        """The media type that it is sent with: the first that is allowed; "" for a text, which needs none."""
        return concrete(self.media_types[0]) if self.media_types else self.default_type

    @property
    def is_json(self) -> bool:
        """Whether its values are written as JSON."""
        return not self.is_file and self.style is None and is_json(self.media_type)

    @property
    def is_spread(self) -> bool:
        """Whether its own members are fields of the form, so that no field has its name."""
        return self.style == "deepObject" or (self.style == "form" and self.explode and bool(self.names))

    def has_form(self, value: Any) -> bool:
        """Whether there is a form for a value: there is none for null in a text, nor for what a style does not nest."""
        if self.is_spread and not isinstance(value, dict) and not (self.is_list and isinstance(value, list)):
            return False
        if self.style is None or not isinstance(value, list | dict):
            items = value if isinstance(value, list) else [value]
            return self.is_json or not any(item is None for item in items)
        named = value.items() if isinstance(value, dict) else [("", item) for item in value]
        return not any(
            part is None or (name in self.flat_names and isinstance(part, list | dict)) for name, part in named
        )

    def is_open(self, value: Any) -> bool:
        """Whether the text of a value may be read otherwise."""
        return self.style in SEPARATORS and not self.explode and is_open_list(value, SEPARATORS[self.style])

    def allows(self, media_type: str) -> bool:
        """Whether the document allows a part of this media type."""
        return not self.media_types or best_match(media_type, self.media_types) is not None


#: name of a member -> how it is written; one that is not in it is a text. Where the parts of a body go by their order,
#: their names are "0", "1", ..., and EACH for those that follow
Members = Mapping[str, Member]

EACH = "[]"

TEXT_MEMBER = Member()


def by_order(members: Members) -> bool:
    """Whether these are members of a body whose parts go by their order."""
    return EACH in members


def member_at(members: Members, index: int) -> Member:
    """The member that the part at a position is."""
    return members.get(str(index), members.get(EACH, TEXT_MEMBER))
