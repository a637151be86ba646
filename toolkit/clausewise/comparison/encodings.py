"""Compares how the fields of a form are written: the `encoding` of a media type (OpenAPI 3.1 section 4.8.15)."""

from __future__ import annotations

from collections.abc import Iterator

from clausewise.comparison.change import Kind
from clausewise.comparison.located import LocatedDifference, by_direction
from clausewise.contract.clause import Direction
from clausewise.spec.operations import Encoding, MediaType

#: of a field that `encoding` does not name
_PLAIN = Encoding(None, None, None, False, ())


def compare_fields(
    direction: Direction, message: Direction, part: str, old: MediaType, new: MediaType
) -> Iterator[LocatedDifference]:
    """The differences between the encodings of each field, without the header fields of its part."""
    for name in dict.fromkeys((*old.encoding, *new.encoding)):
        one, two = old.encoding.get(name, _PLAIN), new.encoding.get(name, _PLAIN)
        places = tuple(media.encoding[name].source if name in media.encoding else media.source for media in (old, new))
        where = f"{part}.{name}"
        if _form(one) != _form(two):
            text = f"the field `{name}` is written {_form(two)}; before, {_form(one)}"
            yield by_direction(direction, message, "changed", where, text, *places)
        elif one.style is None and _types(one) != _types(two):
            text = f"the part `{name}` is {_named(two)}; before, {_named(one)}"
            yield by_direction(direction, message, _kind(_types(one), _types(two)), where, text, *places)


def _form(encoding: Encoding) -> str:
    """How the field is written, for people; the defaults are named as such, because they depend on its schema."""
    style = f"in the style {encoding.style}" if encoding.style is not None else "as its media type has it"
    exploded = {None: "", True: ", exploded", False: ", not exploded"}[encoding.explode]
    return f"{style}{exploded}{', reserved characters as they are' if encoding.allow_reserved else ''}"


def _types(encoding: Encoding) -> frozenset[str]:
    """The media types that the part may have; none where its schema decides."""
    return frozenset(one.strip().lower() for one in (encoding.content_type or "").split(",") if one.strip())


def _named(encoding: Encoding) -> str:
    return " or ".join(sorted(_types(encoding))) or "of the media type that its schema has by default"


def _kind(old: frozenset[str], new: frozenset[str]) -> Kind:
    if not old or not new:
        return "changed"
    return "loosened" if old < new else "tightened" if new < old else "changed"
