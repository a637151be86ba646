"""Compares the keywords of a place that assert nothing: defaults, announcements, and lists that may grow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import msgspec

from clausewise.comparison.change import Kind, Level
from clausewise.comparison.constraints import Constraints
from clausewise.comparison.difference import Difference, fixed_sentence, impact
from clausewise.comparison.lifecycle import announcements
from clausewise.comparison.strictness import canonical
from clausewise.contract.clause import Direction
from clausewise.contract.keywords import show


def compare_annotations(direction: Direction, old: Constraints, new: Constraints, today: date) -> Iterator[Difference]:
    """The differences between the annotations of one place, on the day `today`."""
    before, after = old.annotations, new.annotations
    if before == after:
        return
    encodings = _encoding(old), _encoding(new)

    def difference(level: Level, keyword: str, text: str, reason: str, kind: Kind = "changed") -> Difference:
        one, two = before.get(keyword), after.get(keyword)
        sentence = fixed_sentence("{} " + text)
        return Difference(kind, level, reason, sentence, keyword, one and one[1], two and two[1])

    def values(keyword: str) -> tuple[Any, Any]:
        return before.get(keyword, _NONE)[0], after.get(keyword, _NONE)[0]

    one, two = values("default")
    if _differ(before, after, "default"):
        now = f"has the default {show(two)}" if "default" in after else "no longer has a default"
        then = show(one) if "default" in before else "it had none"
        if direction == "request":
            yield difference(
                "risky", "default", f"{now}; before, {then}", "requests that leave it out mean another value"
            )
        else:
            yield difference("compatible", "default", f"{now}; before, {then}", "responses stay valid")
    yield from _content(direction, encodings, before, after, difference)
    one, two = values("format")
    if one != two and not (_FORMATS.keys() & {one, two} and encodings[0] == encodings[1]):
        now = f"has the format {two}" if two is not None else "no longer has a format"
        then = "it had none" if one is None else one
        yield difference("editorial", "format", f"{now}; before, {then}", "no value is refused for this format")
    one, two = (set(map(canonical, each)) if isinstance(each, list) else None for each in values("x-extensible-enum"))
    if one is not None and two is not None and one != two:
        yield _extensible(direction, one, two, difference)
    earlier, later = ({keyword: value for keyword, (value, _) in each.items()} for each in (before, after))
    for each in announcements(earlier, later, today):
        yield difference(each.level, each.keyword, each.text, each.reason)


_NONE: tuple[None, None] = (None, None)


def _differ(before: dict[str, tuple[Any, str]], after: dict[str, tuple[Any, str]], keyword: str) -> bool:
    if (keyword in before) != (keyword in after):
        return True
    return keyword in before and canonical(before[keyword][0]) != canonical(after[keyword][0])


#: format of OpenAPI 3.0 -> the keyword of 3.1 for it, and its value (OpenAPI 3.1 section 4.4.1)
_FORMATS = {"byte": ("contentEncoding", "base64"), "binary": ("contentMediaType", "application/octet-stream")}


#: how the bytes in a text are encoded, and their media type
_Encoding = tuple[Any, Any]


def _encoding(constraints: Constraints) -> _Encoding:
    """What either version of OpenAPI says of the bytes in a text."""
    annotations = constraints.annotations
    found = {keyword: annotations.get(keyword, _NONE)[0] for keyword in ("contentEncoding", "contentMediaType")}
    asserted = [each.value for each in constraints.assertions if each.keyword == "format"]
    for name in (annotations.get("format", _NONE)[0], *asserted):
        keyword, value = _FORMATS.get(str(name), ("", ""))
        if keyword and found[keyword] is None:
            found[keyword] = value
    return found["contentEncoding"], found["contentMediaType"]


def with_formats_alike(old: Constraints, new: Constraints) -> tuple[Constraints, Constraints]:
    """Both versions without a format for the bytes in a text that one has, and the other has as a keyword of 3.1."""
    if _encoding(old) != _encoding(new):
        return old, new
    formats = [{each.value for each in side.assertions if each.keyword == "format"} for side in (old, new)]
    moved = _FORMATS.keys() & (formats[0] ^ formats[1])
    if not moved:
        return old, new

    def without(side: Constraints) -> Constraints:
        kept = [each for each in side.assertions if each.keyword != "format" or each.value not in moved]
        return msgspec.structs.replace(side, assertions=kept)

    return without(old), without(new)


def _content(
    direction: Direction,
    encodings: tuple[_Encoding, _Encoding],
    before: dict[str, tuple[Any, str]],
    after: dict[str, tuple[Any, str]],
    difference: Callable[..., Difference],
) -> Iterator[Difference]:
    """What a text has in it: it is as valid as before, and means something else."""
    for keyword, one, two in zip(("contentEncoding", "contentMediaType"), *encodings, strict=True):
        if one != two:
            text = f"has the {keyword} {two}" if two is not None else f"no longer has a {keyword}"
            reason = "the other side reads its content otherwise"
            # That a media type is named or no longer named may be no more than a better description.
            level: Level = "risky" if keyword == "contentMediaType" and None in (one, two) else "breaking"
            yield difference(level, keyword, f"{text}; before, {'it had none' if one is None else one}", reason)
    if _differ(before, after, "contentSchema"):
        kind: Kind = (
            "changed"
            if "contentSchema" in before and "contentSchema" in after
            else "tightened"
            if "contentSchema" in after
            else "loosened"
        )
        now = "has a schema" if kind == "tightened" else "no longer has one" if kind == "loosened" else "has another"
        level, reason = impact(direction, kind)
        yield difference(level, "contentSchema", f"has content that {now} (contentSchema)", reason, kind)


def _extensible(
    direction: Direction, one: set[str], two: set[str], difference: Callable[..., Difference]
) -> Difference:
    """Clients have to expect further values in responses; a value that is gone is one that requests had."""
    gone, further = sorted(one - two), sorted(two - one)
    parts = [f"is no longer known to be {', '.join(gone)}"] if gone else []
    parts += [f"is known to be {', '.join(further)} too"] if further else []
    text = " and ".join(parts)
    if gone and direction == "request":
        reason = "requests with that value are no longer understood"
        found = difference("breaking", "x-extensible-enum", text, reason)
    else:
        reason = "clients are to expect further values" if further else "clients need not expect it"
        found = difference("compatible", "x-extensible-enum", text, reason)
    return found
