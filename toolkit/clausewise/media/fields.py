"""The fields of a form, and the members that they make up: arrays and objects by their styles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from clausewise.media.codec import Either, Typed
from clausewise.media.json import parse_json
from clausewise.media.members import TEXT_MEMBER, Member, Members
from clausewise.media.styles import SEPARATORS, Escape, arrays, by_name, nested, objects


class Field(msgspec.Struct, frozen=True):
    """A name and a value of a form."""

    name: str
    value: Any
    #: the value as it stands there
    written: str = ""


def gather(fields: Sequence[Field], members: Members, unescape: Escape = str) -> dict[str, Any]:
    """The members of a form from its fields, raw: a name that occurs once has its value, a repeated one an array.

    `unescape` reads a value as it was written.
    """
    taken: set[str] = set()
    found: dict[str, Any] = {}
    for name, member in members.items():
        if member.style == "deepObject":
            inner = [(field.name, field.value) for field in fields if field.name.startswith(f"{name}[")]
            made: Any = nested(name, inner)
        elif member.is_spread:
            own = member.names - members.keys()
            inner = [(field.name, field.value) for field in fields if field.name in own]
            made = by_name(inner) or None
        else:
            continue
        if made is not None:
            found[name] = made
            taken.update(key for key, _ in inner)
    rest = [field for field in fields if field.name not in taken]
    plain = by_name((field.name, _value(field, members.get(field.name, TEXT_MEMBER), unescape)) for field in rest)
    lists = {name: [value] for name, value in plain.items() if _is_one_of_many(value, members.get(name, TEXT_MEMBER))}
    return {**plain, **lists, **found}


def json_or_text(written: str) -> Any:
    """The value of a JSON text; any other text as it is, because its schema says what is wrong with it."""
    try:
        return Typed(parse_json(written.encode("utf-8", "surrogatepass")))
    except ValueError:
        return written


def _value(field: Field, member: Member, unescape: Escape) -> Any:
    if member.style not in SEPARATORS or member.explode or not isinstance(field.value, str):
        return field.value
    separator = SEPARATORS[member.style]
    ways: list[Any] = []
    if member.is_list:
        ways += arrays(field.written, separator, unescape)
    if member.names:
        ways += objects(field.written, separator, explode=False, unescape=unescape)
    return Either((*ways, field.value) if ways else (field.value,))


def _is_one_of_many(value: Any, member: Member) -> bool:
    """Whether a value is the only item of an array."""
    return member.is_list and isinstance(value, Typed) and not isinstance(value.value, list)
