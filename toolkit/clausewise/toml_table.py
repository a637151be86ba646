"""A table of a TOML file in, a typed struct out; every error names the file, the line and the key."""

from __future__ import annotations

import datetime
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

import msgspec

from clausewise.errors import ConfigError, Location
from clausewise.option_table import FLAT, PAIRS, explained, fields_of, is_struct, nearest

_S = TypeVar("_S", bound=msgspec.Struct)

#: names of tables and keys from the file's root; a number counts the tables of an array of tables
Keys = tuple[str | int, ...]

#: dates are only dates, not strings that look like one
_DATES = (datetime.date, datetime.datetime, datetime.time)
_PART = r"""(?:[\w-]+|"[^"\n]*"|'[^'\n]*')"""
_KEY = rf"{_PART}(?:[ \t]*\.[ \t]*{_PART})*"
# These patterns are compiled by the first error: most files have none.
_HEADER_LINE = rf"[ \t]*(?P<open>\[\[?)[ \t]*(?P<key>{_KEY})[ \t]*\]"
_KEY_LINE = rf"[ \t]*(?P<key>{_KEY})[ \t]*="
_MULTILINE_STRING = r'(?s)"""(?:\\.|[^\\])*?"""' + r"|'''.*?'''"
_SYNTAX_ERROR_PLACE = r" \(at (?:line (\d+), column (\d+)|end of document)\)$"


class Document(msgspec.Struct, frozen=True):
    """A decoded TOML file, with its text, from which the places of its keys are found."""

    #: its name in error messages
    file: str
    text: str
    content: dict[str, Any]

    def table(self, keys: Keys) -> dict[str, Any] | None:
        """The table at `keys`; None when the file does not have it."""
        found: Any = self.content
        for depth, key in enumerate(keys):
            if key not in _as_table(self, found, keys[:depth]):
                return None
            found = found[key]
        return _as_table(self, found, keys)


def parse(file: str, content: bytes) -> Document:
    """The TOML file with the given bytes, decoded. Raises ConfigError with line and column for what is not TOML."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError("is not UTF-8 text", location=Location(file, line, 1), remedy="save it as UTF-8") from None
    try:
        return Document(file, text, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        place = re.search(_SYNTAX_ERROR_PLACE, message)
        if place is None or place[1] is None:
            lines = text.splitlines() or [""]
            location = Location(file, len(lines), len(lines[-1]) + 1)
        else:
            location = Location(file, int(place[1]), int(place[2]))
        cause = re.sub(_SYNTAX_ERROR_PLACE, "", message)
        message = f"is not valid TOML: {cause[:1].lower()}{cause[1:]}"
        raise ConfigError(message, location=location, remedy="check the quotes, brackets and commas there") from None


def decode(
    document: Document, table: Any, keys: Keys, kind: type[_S], folder: Path, preset: Mapping[str, Any] | None = None
) -> _S:
    """The table at `keys` as a struct of the given kind, converted key by key so that an error can name its key.

    Relative paths start from `folder`. `preset` has the fields that are not keys of the table. Raises ConfigError.
    """
    values = dict(preset or {})
    fields = {field.key: field for field in fields_of(kind) if field.name not in values and field.mark is not FLAT}
    groups = [field for field in fields_of(kind) if field.mark is FLAT]
    known = (*fields, *(inner.key for group in groups for inner in fields_of(group.type)))
    for key in _as_table(document, table, keys):
        if key not in known:
            remedy = nearest(key, known) or f"known keys: {', '.join(known)}"
            raise _error(document, (*keys, key), f'unknown key "{key}" in {_title(keys)}', remedy)
    for key, field in fields.items():
        if key in table:
            values[field.name] = _value(document, table[key], (*keys, key), field.type, folder)
        elif field.default is msgspec.NODEFAULT:
            message = f'the key "{key}" is missing in {_title(keys)}'
            raise _error(document, keys, message, f"add {key} = ...")
    for group in groups:
        part = {inner.key: table[inner.key] for inner in fields_of(group.type) if inner.key in table}
        values[group.name] = decode(document, part, keys, group.type, folder)
    try:
        return kind(**values)
    except ValueError as error:
        raise _error(document, keys, f"{_title(keys)}: {error}") from None


def in_a_table(document: Document, keys: Keys, message: str) -> ConfigError:
    """The error for the first entry of the table at `keys`, which is to stand outside of it."""
    table = document.table(keys) or {}
    name = next(iter(table), None)
    if name is None:
        return _error(document, keys, message, f"leave out {_title(keys)}")
    many = isinstance(table[name], list) and all(isinstance(item, dict) for item in table[name])
    is_table = many or isinstance(table[name], dict)
    at = (*keys, name, *((0,) if many else ()))
    remedy = (
        f"write {_title((name, *at[len(keys) + 1 :]))}" if is_table else f"write {name} = ... at the top of the file"
    )
    return _error(document, at, message, remedy)


def _value(document: Document, value: Any, keys: Keys, kind: Any, folder: Path) -> Any:
    nested = _struct_of(kind)
    if nested is not None and get_origin(kind) is dict:
        entries = _as_table(document, value, keys).items()
        return {name: _entry(document, item, (*keys, name), nested, folder) for name, item in entries}
    if nested is not None and get_origin(kind) is not tuple:
        return decode(document, value, keys, nested, folder)
    if nested is not None and isinstance(value, list):
        return tuple(_numbered(document, item, (*keys, number), nested, folder) for number, item in enumerate(value))
    if kind == PAIRS:
        value = tuple(_as_table(document, value, keys).items())

    def resolved(_: type, written: Any) -> Path:
        if isinstance(written, str):
            return folder / written
        raise TypeError("Expected `str`")

    try:
        return msgspec.convert(value, kind, builtin_types=_DATES, dec_hook=resolved)
    except msgspec.ValidationError as error:
        problem, remedy = explained(str(error), kind)
        raise _error(document, keys, f'"{keys[-1]}" in {_title(keys[:-1])}: {problem}', remedy) from None


def _numbered(document: Document, value: Any, keys: Keys, kind: type[_S], folder: Path) -> _S:
    """One table of a list of tables. It has its location where its struct has a field for that."""
    if "location" not in kind.__struct_fields__:
        return decode(document, value, keys, kind, folder)
    return decode(
        document, value, keys, kind, folder, {"location": Location(document.file, *_place(document.text, keys))}
    )


def _entry(document: Document, value: Any, keys: Keys, kind: type[_S], folder: Path) -> _S:
    """One entry of a table whose keys are the user's own. It has its location; a string becomes its `value`."""
    preset: dict[str, Any] = {"location": Location(document.file, *_place(document.text, keys)), "value": None}
    if isinstance(value, str):
        value, preset["value"] = {}, value
    elif not isinstance(value, dict):
        # The value itself is not shown: it may be a secret.
        message = f'"{keys[-1]}" in {_title(keys[:-1])}: expected a string or a table'
        remedy = "write it in quotes" if isinstance(value, int | float) else "write a string in quotes, or a table"
        raise _error(document, keys, message, remedy)
    return decode(document, value, keys, kind, folder, preset)


def _struct_of(kind: Any) -> type[msgspec.Struct] | None:
    """The struct in a field's type (plain, optional, in a tuple or in a dict); None when there is none."""
    return next(filter(is_struct, (kind, *get_args(kind))), None)


def _title(keys: Keys) -> str:
    """The header line of a table; of the outermost one, which has none, words for it."""
    if not keys:
        return "the file"
    name = ".".join(key for key in keys if isinstance(key, str))
    return f"[[{name}]]" if isinstance(keys[-1], int) else f"[{name}]"


def _as_table(document: Document, value: Any, keys: Keys) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise _error(document, keys, f"{_title(keys)}: expected a table", f"write it below a line {_title(keys)}")


def _error(document: Document, keys: Keys, message: str, remedy: str | None = None) -> ConfigError:
    line, column = _place(document.text, keys)
    return ConfigError(message, location=Location(document.file, line, column), remedy=remedy)


def _place(text: str, keys: Keys) -> tuple[int, int]:
    """Line and column of the key, or of the nearest table around it that can be found.

    tomllib keeps no positions, so the headers and keys are found in the text again. A key of an inline table is
    searched by its name after the key that has the table.
    """
    text = re.sub(_MULTILINE_STRING, lambda string: "\n" * string[0].count("\n"), text)
    lines = text.split("\n")
    table: Keys = ()
    counts: dict[Keys, int] = {}
    best, line, column = 0, 1, 1
    for number, content in enumerate(lines, 1):
        if match := re.match(_HEADER_LINE, content):
            here = table = _parts(match["key"])
            if match["open"] == "[[":
                counts[here] = counts.get(here, -1) + 1
                here = table = (*here, counts[here])
        elif match := re.match(_KEY_LINE, content):
            here = (*table, *_parts(match["key"]))
        else:
            continue
        shared = _shared(here, keys)
        if shared > best:
            best, line, column = shared, number, match.start("key") + 1
    missing = [str(key) for key in keys[best:] if isinstance(key, str)]
    for number, content in enumerate(lines[line - 1 :], line):
        if not missing:
            break
        if match := re.search(rf"""(?<![\w-])["']?{re.escape(missing[-1])}["']?[ \t]*=""", content):
            return number, match.start() + 1
    return line, column


def _shared(first: Keys, second: Keys) -> int:
    """The number of keys at the start that both have."""
    count = 0
    for one, other in zip(first, second, strict=False):
        if one != other:
            break
        count += 1
    return count


def _parts(key: str) -> Keys:
    """The parts of a dotted key, without quotes."""
    return tuple(part.strip("\"'") for part in re.findall(_PART, key))
