"""The complaints of a refusal: the places of the request that it names, and the values that it asks for.

Servers write them in many forms: JSON members that point at a place (`loc`, `field`, `pointer`), objects that map names
to complaints, and plain sentences that name a member or repeat a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from clausewise.generation.differences import value_at
from clausewise.generation.draft import ABSENT, Draft
from clausewise.resources.identity import json_of
from clausewise.resources.uniqueness import RequestField
from clausewise.values.edit import Location

#: members of a complaint that point at a place
_POINTING = ("loc", "field", "path", "pointer", "property", "param", "parameter", "instanceLocation", "source", "name")

#: members of a complaint that say what is wrong
_SAYING = ("msg", "message", "detail", "error", "description", "reason", "title")

#: objects in which the names of members lead to what is wrong with them
_BY_NAME = frozenset({"errors", "fields", "detail", "error", "validation", "messages"})

#: first words of a place that name the part of the request
_PARTS = ("body", "query", "path", "header", "cookie")

#: how Python prints a complaint that has a place
_PRINTED = re.compile(r"'loc': \(([^)]*)\),\s*'msg': (['\"])(.*?)\2,\s*'(?:input|ctx|url)'", re.DOTALL)

#: what is quoted in a sentence
_QUOTED = re.compile(r"`([^`]{1,80})`|'([^']{1,80})'|\"([^\"]{1,80})\"")

#: what announces the values that are asked for
_REQUESTS = re.compile(
    r"\b(?:one of|must be|should be|expected|allowed|permitted|supported|valid|available|known|accepted|choose|choices"
    r"|options?|either)\b([^.;\n]{1,400})",
    re.IGNORECASE,
)

#: what separates the values of a list that are not quoted
_SEPARATORS = re.compile(r"\s*(?:,|\||\bor\b|\band\b)\s*")

#: a word of a sentence that is a value and no word of a language: a version, a number
_TOKEN = re.compile(r"(?<![\w.])\d[\w.+-]*\w|(?<![\w.])\d")

#: a word with a digit in it, as long as those are that stand for one moment or one answer: times, ids
_VOLATILE = re.compile(r"(?=[^\s\"'`,;()\[\]{}<>]*\d)[^\s\"'`,;()\[\]{}<>]{8,}")

#: a text that is one word with a digit in it, and no sentence
_FACT = re.compile(r"\S*\d\S*")

#: words of a name
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")

#: shortest value whose repetition in a sentence is no accident, in characters
_DISTINCTIVE = 3

#: longest number that is read as an index, in digits
_INDEX = 9

#: depth of a refusal's JSON that is read
_DEPTH = 6


class Complaint(msgspec.Struct, frozen=True):
    """The complaint of a refusal about one place of the request."""

    place: RequestField
    #: whether nothing stands at that place
    missing: bool
    #: the sentence about it
    text: str
    #: whether the value itself is what it repeats
    repeats: bool = False


class VolatileWords(msgspec.Struct, frozen=True):
    """Words that differ from answer to answer to the same request: trace ids, times, counters."""

    #: how such words look, letters and digits alike: "xxxx-xx-xx"
    shapes: frozenset[str] = frozenset()

    def remove_from(self, text: str, draft: Draft) -> str:
        """`text` without such words, except for those that the request of `draft` has itself."""
        if not self.shapes:
            return text
        own = " ".join(str(value) for _, value in _scalars(draft))
        return _VOLATILE.sub(
            lambda found: found[0] if found[0] in own or _shape(found[0]) not in self.shapes else "", text
        )


#: no word is known to be volatile
NOTHING_VOLATILE = VolatileWords()


def may_be_volatile(draft: Draft, answer: bytes) -> bool:
    """Whether the refusal `answer` has words that a second answer to the request of `draft` may not have."""
    own = " ".join(str(value) for _, value in _scalars(draft))
    return any(word not in own for word in _VOLATILE.findall(answer.decode("utf-8", "replace")))


def volatile_words(answer: bytes, again: bytes) -> VolatileWords:
    """What two refusals of the same request differ in."""
    one, other = (set(_VOLATILE.findall(text.decode("utf-8", "replace"))) for text in (answer, again))
    return VolatileWords(frozenset(map(_shape, one ^ other)))


def _shape(word: str) -> str:
    return re.sub(r"[^\W_]", "x", word)


def complaints(
    draft: Draft, places: Sequence[RequestField], answer: bytes, volatile: VolatileWords = NOTHING_VOLATILE
) -> list[Complaint]:
    """The complaints of the refusal `answer` about the request of `draft`, the most definite first.

    `places` are those of members and parameters that the contract knows, whether they are there or not.
    """
    found: dict[RequestField, Complaint] = {}
    for path, written in _statements(answer):
        text = volatile.remove_from(written, draft)
        if written and not text.strip():
            continue
        here = _at(draft, path) if path else None
        if here is not None and here[1] and here[0] not in places and _FACT.fullmatch(text):
            # A version, a number of its own: nothing that the request could have.
            continue
        about = [here] if here is not None and here[0] != ("body", ()) else []
        if not about or isinstance(_value(draft, about[0][0]), dict):
            # What is wrong inside an object its sentence may name.
            within = [place for place in places if not about or place[1][: len(about[0][0][1])] == about[0][0][1]]
            about = [*_repeating(draft, text), *_naming(draft, within, text), *about]
        for place, missing in about:
            repeats = not missing and _repeated(_value(draft, place), text)
            found.setdefault(place, Complaint(place, missing, text, repeats))
    return list(found.values())


def requested_values(text: str) -> list[str]:
    """The values that a sentence asks for, as far as quotes and lists show them."""
    found: list[str] = []
    for match in _REQUESTS.finditer(text):
        quoted = [next(filter(None, groups)) for groups in _QUOTED.findall(match[1])]
        listed = match[1].partition(":")[2] or match[1]
        found += quoted or [word.strip(" []()<>{}'\"`") for word in _SEPARATORS.split(listed)]
    quoted = [next(filter(None, groups)) for groups in _QUOTED.findall(text)]
    values = [value for value in [*found, *quoted, *_TOKEN.findall(text)] if value and len(value.split()) <= 2]
    return list(dict.fromkeys(values))


def signature(draft: Draft, answer: bytes, volatile: VolatileWords = NOTHING_VOLATILE) -> str:
    """The refusal without the values of the request that it repeats, to compare it with others."""
    text = volatile.remove_from(answer.decode("utf-8", "replace"), draft)
    for _, value in sorted(_scalars(draft), key=lambda entry: -len(str(entry[1]))):
        if _is_distinctive(value):
            text = text.replace(str(value), "")
    return text


def _statements(answer: bytes) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Places as a refusal writes them (() where it names none), each with its complaint."""
    document = json_of(answer)
    if document is None:
        yield from _sentences(answer.decode("utf-8", "replace"))
    else:
        yield from _read(document, (), _DEPTH)


def _read(document: Any, path: tuple[str | int, ...], depth: int) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if depth == 0:
        return
    if isinstance(document, str):
        yield from ((path or place, text) for place, text in _sentences(document))
    elif isinstance(document, list):
        for item in document:
            yield from _read(item, path, depth - 1)
    elif isinstance(document, dict):
        pointed = next((p for name in _POINTING if (p := _pointed(document.get(name)))), None)
        texts = [document[name] for name in _SAYING if isinstance(document.get(name), str)]
        if pointed is not None and texts:
            # What a limit is stands beside the sentence.
            context = document.get("ctx") or document.get("context") or document.get("params")
            more = " ".join(map(str, context.values())) if isinstance(context, dict) else ""
            yield pointed, f"{' '.join(texts)} {more}".strip()
            return
        for name, value in document.items():
            below = (*path, name) if path or name not in (*_BY_NAME, *_SAYING, *_POINTING, "input") else path
            if name in ("input", "ctx", "url"):
                continue
            yield from _read(value, below, depth - 1)


def _pointed(written: Any) -> tuple[str | int, ...] | None:
    """A place as a list of steps, a JSON Pointer or a dotted path."""
    if isinstance(written, dict):
        # JSON:API has `source: {"pointer": ...}`.
        return next((p for value in written.values() if (p := _pointed(value))), None)
    if isinstance(written, list):
        return tuple(step for step in written if isinstance(step, str | int)) or None
    if not isinstance(written, str) or not written or " " in written:
        return None
    steps = [step for step in re.split(r"[/.\[\]]+", written.removeprefix("$").removeprefix("#")) if step]
    return tuple(map(_step, steps)) or None


def _step(written: str) -> str | int:
    """A step of a place: an index where it is a number. No array has as many items as a longer one says."""
    return int(written) if written.isdecimal() and len(written) <= _INDEX else written


def _sentences(text: str) -> Iterator[tuple[tuple[str | int, ...], str]]:
    printed = list(_PRINTED.finditer(text))
    for match in printed:
        steps = [step.strip(" '\"") for step in match[1].split(",") if step.strip()]
        yield tuple(map(_step, steps)), match[3]
    if not printed:
        yield (), text


def _at(draft: Draft, path: Sequence[str | int]) -> tuple[RequestField, bool] | None:
    """The place that `path` leads to, and whether it is missing; steps that lead nowhere are passed over, for many a
    server names its own types on the way."""
    part, *steps = path if path[0] in _PARTS else ("body", *path)
    if part != "body" and steps:
        place = (f"{part}.{steps[-1]}", ())
        return place, (part, str(steps[-1])) not in draft.parameters
    if draft.body is ABSENT:
        named = [f"{location}.{name}" for location, name in draft.parameters if name in steps]
        return ((named[0], ()), False) if named else None
    value: Any = draft.body
    location: list[str | int] = []
    for step in steps:
        if isinstance(value, dict) and str(step) in value:
            value = value[str(step)]
            location.append(str(step))
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
            location.append(step)
        elif step == steps[-1] and isinstance(value, dict) and isinstance(step, str) and step.isidentifier():
            return ("body", (*location, step)), True
    return ("body", tuple(location)), False


def _repeating(draft: Draft, text: str) -> list[tuple[RequestField, bool]]:
    """Places whose values `text` repeats, the longest value first."""
    found = [(place, value) for place, value in _scalars(draft) if _repeated(value, text)]
    found.sort(key=lambda entry: -len(str(entry[1])))
    return [(place, False) for place, _ in found]


def _repeated(value: Any, text: str) -> bool:
    return _is_distinctive(value) and re.search(rf"(?<!\w){re.escape(str(value))}(?!\w)", text) is not None


def _is_distinctive(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and len(str(value)) >= _DISTINCTIVE


def _naming(draft: Draft, places: Iterable[RequestField], text: str) -> Iterator[tuple[RequestField, bool]]:
    """Places whose names stand in `text`, as the contract writes them or in words: `start_time` as "start time"."""
    for part, location in places:
        name = str(location[-1]) if location else part.partition(".")[2]
        words = map(re.escape, _WORDS.findall(name))
        if len(name) >= _DISTINCTIVE and re.search(rf"(?<!\w){'[ _-]?'.join(words)}(?!\w)", text, re.IGNORECASE):
            yield (part, location), _value(draft, (part, location)) is ABSENT


def _value(draft: Draft, place: RequestField) -> Any:
    """The value at `place`; ABSENT where there is none."""
    part, location = place
    return value_at(draft, (part, *location))


def _scalars(draft: Draft) -> Iterator[tuple[RequestField, Any]]:
    """Every string and number of the request with its place."""
    for (location, name), value in draft.parameters.items():
        yield from (((f"{location}.{name}", at), scalar) for at, scalar in _leaves(value, ()))
    if draft.body is not ABSENT:
        yield from ((("body", at), scalar) for at, scalar in _leaves(draft.body, ()))


def _leaves(value: Any, location: Location) -> Iterator[tuple[Location, Any]]:
    if isinstance(value, dict):
        for name, member in value.items():
            yield from _leaves(member, (*location, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(item, (*location, index))
    else:
        yield location, value
