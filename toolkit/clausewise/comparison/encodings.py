"""Compares how the fields of a form are written: the `encoding` of a media type (OpenAPI 3.1 section 4.8.15)."""

from __future__ import annotations

from collections.abc import Iterator

from clausewise.comparison.change import Kind
from clausewise.comparison.located import LocatedDifference, by_direction
from clausewise.comparison.text_values import is_one_value
from clausewise.contract.clause import Direction
from clausewise.errors import SpecError
from clausewise.spec.operations import Encoding, MediaType
from clausewise.spec.pointer import Source
from clausewise.spec.resolve import Sources

#: of a field that `encoding` does not name
_PLAIN = Encoding(None, None, None, False, ())


def compare_fields(
    direction: Direction,
    message: Direction,
    part: str,
    before: tuple[Sources, MediaType],
    after: tuple[Sources, MediaType],
) -> Iterator[LocatedDifference]:
    """The differences between the encodings of each field, without the header fields of its part."""
    (_, old), (_, new) = before, after
    for name in dict.fromkeys((*old.encoding, *new.encoding)):
        one, two = old.encoding.get(name, _PLAIN), new.encoding.get(name, _PLAIN)
        places = tuple(media.encoding[name].source if name in media.encoding else media.source for media in (old, new))
        where = f"{part}.{name}"
        several = not any(is_one_value(sources, _member(sources, media, name)) for sources, media in (before, after))
        forms = [_form(encoding, several=several) for encoding in (one, two)]
        if forms[0] != forms[1]:
            text = f"the field `{name}` is written {forms[1]}; before, {forms[0]}"
            yield by_direction(direction, message, "changed", where, text, *places)
        elif one.style is None and _types(one) != _types(two):
            text = f"the part `{name}` is {_named(two)}; before, {_named(one)}"
            yield by_direction(direction, message, _kind(_types(one), _types(two)), where, text, *places)


def _member(sources: Sources, media: MediaType, name: str) -> Source | None:
    """The schema of a field; None where the schema of the form does not have it by itself."""
    if media.schema is None:
        return None
    try:
        at, schema = sources.follow(media.schema)
    except SpecError:
        return None
    members = schema.get("properties") if isinstance(schema, dict) else None
    return at.child("properties").child(name) if isinstance(members, dict) and name in members else None


def _form(encoding: Encoding, *, several: bool) -> str:
    """How the field is written, for people; `several` where it may be a list or an object. Where the document says
    nothing of it, its schema decides."""
    style, exploded = "as its media type has it", ""
    if encoding.style is not None or encoding.explode is not None:
        name = encoding.style or "form"
        style = f"in the style {name}"
        if several:
            is_exploded = name == "form" if encoding.explode is None else encoding.explode
            exploded = ", exploded" if is_exploded else ", not exploded"
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
