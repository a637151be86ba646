"""The places, in a payload, a document or a recording, of the values that JSON Pointers name."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn, Protocol

from clausewise.errors import Location
from clausewise.recordings.passage import Passage
from clausewise.spec.json_object import RepeatedNameError, with_unique_names

_BLANK = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()


class Positions(Protocol):
    """The places of the values in one body."""

    def locate(self, tokens: tuple[str, ...]) -> Location:
        """The place of the value at `tokens`, or of the nearest one that encloses it where there is none."""
        ...


class JsonPositions:
    """The places in a valid JSON text. It keeps no index: each look-up reads the text up to the value."""

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
    """The index of the next character, at or after `index`, that is no JSON whitespace."""
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


_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


def is_cut_off(text: str, index: int) -> bool:
    """Whether a JSON text ends at `index`, or within the string that begins there."""
    return not text[index:].strip() or (text[index] == '"' and _STRING.match(text, index) is None)


class JsonFaultError(ValueError):
    """Why a text is not JSON that every program reads alike, and the index of the fault."""

    def __init__(self, message: str, index: int) -> None:
        super().__init__(message)
        self.message = message
        self.index = index


def read_json(text: str) -> Any:
    """A JSON text in which no member occurs twice (RFC 8259 section 4).

    Raises JsonFaultError for anything else, with the index of the fault in `text`; its message is a predicate.
    """
    try:
        value = json.loads(text, object_pairs_hook=with_unique_names, parse_constant=_no_constant, parse_float=_finite)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise JsonFaultError(f"is not valid JSON: {_plainly(error.msg, text, error.pos)}", error.pos) from None
    except UnicodeEncodeError:
        found = re.search(r"\\u[dD][89a-fA-F]", text)
        at = found.start() if found else 0
        raise JsonFaultError("holds half of a surrogate pair, which is not a character", at) from None
    except RepeatedNameError as error:
        raise JsonFaultError(f'has the member "{error.name}" twice', _second(text, error.name)) from None
    except _NumberError as error:
        raise JsonFaultError(str(error), _bare(text, error.written)) from None
    except RecursionError:
        raise JsonFaultError("is nested too deeply", 0) from None
    except ValueError:  # Python converts no more than 4300
        raise JsonFaultError("holds a number of too many digits", 0) from None
    return value


class _NumberError(Exception):
    def __init__(self, message: str, written: str) -> None:
        super().__init__(message)
        self.written = written


def _no_constant(name: str) -> NoReturn:
    raise _NumberError(f"holds {name}, which is not a JSON number", name)


def _finite(written: str) -> float:
    number = float(written)
    if number in (float("inf"), float("-inf")):
        raise _NumberError(f"holds {written}, which is too large for a number", written)
    return number


def _plainly(message: str, text: str, index: int) -> str:
    """What is wrong at `index`, for the author of the text; `message` is Python's, for faults that are none of ours."""
    if is_cut_off(text, index):
        return "it ends too early"
    character = text[index]
    if character == "\0":
        return "it holds a NUL byte"
    if character == "'":
        return "names and strings stand in double quotes"
    # Later versions of Python report the comma, earlier ones what follows it.
    comma = index if character == "," else len(text[:index].rstrip()) - 1
    closing = text[skip(text, comma + 1) :][:1]
    if comma >= 0 and text[comma] == "," and closing in ("}", "]"):
        return f'"{closing}" follows a comma'
    return message[:1].lower() + message[1:]


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
