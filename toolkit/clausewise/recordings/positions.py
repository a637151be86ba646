"""Where in a payload, a document or a recording the value stands that a JSON Pointer names."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn, Protocol

from clausewise.errors import Location
from clausewise.recordings.passage import Passage

_BLANK = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()


class Positions(Protocol):
    """Tells where the values of one body stand."""

    def locate(self, tokens: tuple[str, ...]) -> Location:
        """The place of the value at `tokens`; of the nearest one around it where nothing stands there."""
        ...


class JsonPositions:
    """A valid JSON text. Nothing is kept: each question reads the text up to its answer."""

    def __init__(self, passage: Passage) -> None:
        self._passage = passage

    def locate(self, tokens: tuple[str, ...]) -> Location:
        """The place where the value at `tokens` begins."""
        text = self._passage.text
        at = skip(text, 0)
        for token in tokens:
            inner = below(text, at, token)
            if inner is None:
                break
            at = inner
        return self._passage.locate(at)


def skip(text: str, index: int) -> int:
    """The index of the next character at or behind `index` that is no blank of JSON."""
    found = _BLANK.match(text, index)
    return found.end() if found else index


def below(text: str, index: int, token: str) -> int | None:
    """Where the member or item `token` of the value at `index` begins; None when there is none."""
    opening = text[index : index + 1]
    if opening not in ("{", "["):
        return None
    number = 0
    at = skip(text, index + 1)
    while text[at] not in "}]":
        name = str(number)
        if opening == "{":
            name, at = _DECODER.raw_decode(text, at)
            at = skip(text, skip(text, at) + 1)
        if name == token:
            return at
        _, at = _DECODER.raw_decode(text, at)
        at = skip(text, at)
        if text[at] == ",":
            at = skip(text, at + 1)
        number += 1
    return None


class JsonFaultError(ValueError):
    """What keeps a text from being JSON that every program reads alike, and the index where it stands."""

    def __init__(self, message: str, index: int) -> None:
        super().__init__(message)
        self.message = message
        self.index = index


def read_json(text: str) -> Any:
    """A JSON text in which no member occurs twice (RFC 8259 section 4).

    Raises JsonFaultError for anything else, with the index in `text` of what is wrong; its message is a predicate.
    """
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise JsonFaultError(f"is not valid JSON: {_plainly(error.msg, text, error.pos)}", error.pos) from None
    except UnicodeEncodeError:
        found = re.search(r"\\u[dD][89a-fA-F]", text)
        at = found.start() if found else 0
        raise JsonFaultError("holds half of a surrogate pair, which is no character", at) from None
    except _RepeatedNameError as error:
        raise JsonFaultError(f'holds the member "{error.name}" twice', _second(text, error.name)) from None
    except _NumberError as error:
        raise JsonFaultError(str(error), _bare(text, error.written)) from None
    except RecursionError:
        raise JsonFaultError("is nested too deeply", 0) from None
    except ValueError as error:  # more digits than Python converts
        raise JsonFaultError(f"is not valid JSON: {error}", 0) from None
    return value


class _RepeatedNameError(Exception):
    def __init__(self, name: str) -> None:
        self.name = name


class _NumberError(Exception):
    def __init__(self, message: str, written: str) -> None:
        super().__init__(message)
        self.written = written


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise _RepeatedNameError(name)
            seen.add(name)
    return members


def _no_constant(name: str) -> NoReturn:
    raise _NumberError(f"holds {name}, which is not a JSON number", name)


def _finite(written: str) -> float:
    number = float(written)
    if number in (float("inf"), float("-inf")):
        raise _NumberError(f"holds {written}, which is beyond what a number can hold", written)
    return number


def _plainly(message: str, text: str, index: int) -> str:
    """Python's words for what is wrong, in those of somebody who wrote the text."""
    if index >= len(text.rstrip()):
        return "it ends too early"
    if text[index] == "\0":
        return "it holds a NUL byte"
    if message.startswith(("Expecting value", "Expecting property name")) and text[index] in "}]":
        return f'"{text[index]}" follows a comma'
    if message.startswith("Illegal trailing comma"):
        return "a comma stands before the end"
    if message.startswith("Expecting property name") and text[index] == "'":
        return "names stand in double quotes"
    return message[:1].lower() + message[1:]


_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


def _second(text: str, name: str) -> int:
    """Where an object has a member called `name` for the second time."""
    seen: list[set[str]] = []
    for found in re.finditer(r'"(?:[^"\\]|\\.)*"|[{}\[\]]', text, re.DOTALL):
        token = found[0]
        if token in "{[":
            seen.append(set())
        elif token in "}]":
            seen.pop()
        elif text[skip(text, found.end()) :][:1] == ":" and json.loads(token) == name:
            if name in seen[-1]:
                return found.start()
            seen[-1].add(name)
    return 0


def _bare(text: str, written: str) -> int:
    """Where `written` stands outside strings."""
    blanked = _STRING.sub(lambda found: " " * len(found[0]), text)
    return max(blanked.find(written), 0)
