"""JSON Pointers (RFC 6901) and the places in documents that they name."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

import msgspec

_INDEX = re.compile(r"0|[1-9][0-9]*")


class Source(msgspec.Struct, frozen=True):
    """A place in a document: the file and the unescaped tokens of a JSON Pointer."""

    #: path relative to the root document's folder; "" for the root document itself
    file: str
    tokens: tuple[str, ...] = ()

    def child(self, *tokens: str | int) -> Source:
        """The place below this one that `tokens` lead to."""
        if len(tokens) == 1 and type(tokens[0]) is str:
            # Nearly always, and half a million times in a large document.
            return Source(self.file, (*self.tokens, tokens[0]))
        return Source(self.file, (*self.tokens, *map(str, tokens)))

    def __str__(self) -> str:
        return f"{self.file}#{to_pointer(self.tokens)}"

    @classmethod
    def read(cls, written: str) -> Source:
        """The place that `str` wrote."""
        file, _, pointer = written.rpartition("#/")
        return cls(file, from_pointer(f"/{pointer}")) if _ else cls(written.removesuffix("#"))


def to_pointer(tokens: tuple[str | int, ...]) -> str:
    """Tokens as a JSON Pointer string (RFC 6901 section 3)."""
    if not tokens:
        return ""
    # All tokens at once: that of each clause is written, hundreds of thousands in a large document.
    joined = "\0".join(map(str, tokens))
    if joined.count("\0") == len(tokens) - 1:
        return f"/{escaped(joined)}".replace("\0", "/")
    return "/" + "/".join([escaped(str(token)) for token in tokens])


def escaped(token: str) -> str:
    """A token as it stands in a JSON Pointer (RFC 6901 section 3)."""
    return token.replace("~", "~0").replace("/", "~1") if "~" in token or "/" in token else token


def from_pointer(pointer: str) -> tuple[str, ...]:
    """A JSON Pointer string as unescaped tokens. Raises ValueError when it is not one."""
    if pointer == "":
        return ()
    if not pointer.startswith("/"):
        raise ValueError(f"a JSON Pointer starts with '/': {pointer!r}")
    tokens = pointer[1:].split("/")
    return tuple([token.replace("~1", "/").replace("~0", "~") for token in tokens] if "~" in pointer else tokens)


def from_fragment(fragment: str) -> tuple[str, ...]:
    """A URI fragment (without its '#') as tokens (RFC 6901 section 6). Raises ValueError when it is not a pointer."""
    return from_pointer(unquote(fragment))


def descend(value: Any, tokens: tuple[str | int, ...]) -> Any:
    """The value that `tokens` name inside `value`. Raises KeyError when there is none (RFC 6901 section 4)."""
    for token in tokens:
        if isinstance(value, dict):
            value = value[token if type(token) is str else str(token)]
        elif isinstance(value, list) and _INDEX.fullmatch(str(token)) and int(token) < len(value):
            value = value[int(token)]
        else:
            raise KeyError(token)
    return value
