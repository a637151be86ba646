"""Values as text, and as names and values, and back: the styles of parameters and forms (OpenAPI 3.1 section
4.8.12.3).

What is read here is raw: texts, arrays and objects of texts. Which values they stand for, the schema says.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

#: style -> separator between the items of an array that is written as one text
SEPARATORS = {
    **{"spaceDelimited": " ", "pipeDelimited": "|", "form": ",", "simple": ",", "label": ".", "matrix": ","},
    # Of Swagger 2.0 (`tsv`).
    "tabDelimited": "\t",
}

#: writes a text for its place, or reads it there: percent-encoding and its reverse; `str` leaves it as it is
Escape = Callable[[str], str]

#: the steps behind the name in `name[step][step]`
_STEP = re.compile(r"\[([^\[\]]*)\]")

#: steps of a name that are followed
_DEEPEST = 50


def text(value: Any) -> str:
    """A value as text for a URL, a header or a form: strings as they are, any other value as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def styled(name: str, value: Any, style: str, *, explode: bool, escape: Escape = str) -> list[tuple[str, str]]:
    """A value as names and values in a query style: `form`, `spaceDelimited`, `pipeDelimited` or `deepObject`."""
    if isinstance(value, list) and explode and style != "deepObject":
        return [(escape(name), escape(text(item))) for item in value]
    if isinstance(value, list | dict) and style == "deepObject":
        return [(escape(key), escape(member)) for key, member in _deep(name, value)]
    if isinstance(value, dict) and explode:
        # An array has a pair for each of its items here too.
        members = [(key, item) for key, member in value.items() for item in _items(member)]
        return [(escape(key), escape(text(item))) for key, item in members]
    return [(escape(name), flat(value, style, explode=False, escape=escape))]


def flat(value: Any, style: str, *, explode: bool, escape: Escape = str) -> str:
    """A value as one text: in the style `simple`, or in another without `explode`."""
    separator = SEPARATORS.get(style, ",")
    # A comma may stand in a URL as it is, and is then not one of an item (RFC 6570 section 3.2.1); the others may not.
    separator = separator if separator == "," else escape(separator)
    if isinstance(value, list):
        return separator.join(escape(text(item)) for item in value)
    if isinstance(value, dict):
        members = ((escape(key), escape(text(member))) for key, member in value.items())
        return joined(members, separator, explode=explode)
    return escape(text(value))


def joined(members: Iterable[tuple[str, str]], separator: str, *, explode: bool) -> str:
    """The members of an object as one text, each as `name=value` with `explode`."""
    return separator.join(f"{key}={member}" if explode else f"{key}{separator}{member}" for key, member in members)


def is_open_list(value: Any, separator: str) -> bool:
    """Whether an array that is written as one text may be read otherwise: without items it is one empty item to some,
    and an item that holds the separator is two to those who decode the text before they take it apart."""
    if not isinstance(value, list):
        return False
    return value in ([], [""]) or any(isinstance(item, str) and separator in item for item in value)


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _deep(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """`name[key]=...`. What OpenAPI leaves open is written as most servers read it: an array as `name[]=...`, and with
    indices where its items are no texts."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield from _deep(f"{name}[{key}]", member)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _deep(f"{name}[{index}]" if isinstance(item, dict | list) else f"{name}[]", item)
    else:
        yield name, text(value)


def arrays(written: str, separator: str, unescape: Escape = str) -> list[list[str]]:
    """The items of an array that is written as one text, in each way in which it can be taken apart, the most exact
    first: many clients percent-encode the separators as well. An empty text is one empty item, or none."""
    if not written:
        return [[""], []]
    return [[read(part) for part in parts] for parts, read in _cuts(written, separator, unescape)]


def objects(written: str, separator: str, *, explode: bool, unescape: Escape = str) -> list[dict[str, str]]:
    """The members of an object that is written as one text, in each way in which it can be taken apart."""
    if not written:
        return [{}]
    return [members_of(parts, read, explode=explode) for parts, read in _cuts(written, separator, unescape)]


def members_of(parts: list[str], read: Escape = str, *, explode: bool) -> dict[str, str]:
    """The members of an object from its parts: each `name=value` with `explode`, else names and values in turn."""
    if explode:
        return {read(name): read(value) for name, _, value in (part.partition("=") for part in parts if part)}
    names, values = parts[::2], [*parts[1::2], ""]
    return {read(name): read(value) for name, value in zip(names, values, strict=False)}


def _cuts(written: str, separator: str, unescape: Escape) -> Iterator[tuple[list[str], Escape]]:
    """The parts of a text between its separators, and how each of them is read."""
    whole = unescape(written)
    if separator not in " |\t":
        yield written.split(separator), unescape
        if whole == written:
            return
    yield whole.split(separator), str


def by_name(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """The members of a form: a name that occurs once has its value, a repeated one an array of its values."""
    found: dict[str, list[Any]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return {name: values if len(values) > 1 else values[0] for name, values in found.items()}


def nested(name: str, pairs: Iterable[tuple[str, str]]) -> dict[str, Any] | None:
    """What the pairs `name[a][b]=...` say, as an object of texts, arrays and objects; None where there is none.

    OpenAPI knows one step (`deepObject`). The rest is read as most servers do: a name that is repeated, or ends with
    `[]`, has an array; an array with indices is an object with these names.
    """
    members: dict[str, Any] = {}
    for key, value in pairs:
        if key.startswith(f"{name}["):
            steps = _STEP.findall(key, len(name))
            if "".join(f"[{step}]" for step in steps) == key[len(name) :] and len(steps) <= _DEEPEST:
                _put(members, steps, value)
    return members or None


def _put(members: dict[str, Any], steps: list[str], value: str) -> None:
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        # `[]` is the next index: that of the last item, as long as this has room for the name behind it.
        last = members.get(str(len(members) - 1))
        has_room = following and isinstance(last, dict) and following not in last
        name = step or str(len(members) - 1 if has_room else len(members))
        if following is None:
            old = members.get(name)
            members[name] = value if old is None else [*old, value] if isinstance(old, list) else [old, value]
            return
        below = members.setdefault(name, {})
        if not isinstance(below, dict):
            below = members[name] = {str(index): item for index, item in enumerate(_items(below))}
        members = below
