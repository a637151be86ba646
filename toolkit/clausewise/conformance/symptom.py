"""What an answer looks like, without what it repeats of its request: answers that look alike have one origin."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_plus

from clausewise.exchange import Exchange, Request
from clausewise.media.json import digest, parse_json

#: characters at the start and at the end of a long text that count: a trace begins and ends with what tells most
_START, _END = 3000, 1000

#: stands for a number, an id, a quoted text, or a word of the request
_ANY = "*"

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`|\u201c[^\u201d]*\u201d|\u2018[^\u2019]*\u2019")
_WORD = re.compile(r"\w+(?:[-.:@]\w+)*")
_REPEATED = re.compile(r"\*(?:[^\w*<>]*\*)+")

#: shorter words of a request are in too many sentences
_SHORTEST = 3

#: words that say no more than that the server failed: those of reason phrases, and of pages of frameworks and proxies
_SAYS_NOTHING = re.compile(
    r"about|administrator|again|and|apologies|application|bad|been|blank|body|cannot|"
    r"center|centre|charset|com|complete|completed|contact|could|detail|div|doctype|"
    r"either|encountered|err|error|errors|exception|fail|failed|failure|fatal|for|"
    r"from|gateway|has|have|head|href|html|http|https|information|internal|lang|"
    r"later|log|logs|meta|misconfiguration|more|not|occurred|occurs|one|oops|org|"
    r"our|overloaded|page|please|problem|proxy|reach|request|retry|rfc|server|"
    r"service|something|sorry|status|support|technical|temporarily|that|the|there|this"
    r"|time|timeout|title|try|unable|unavailable|unexpected|unhandled|unknown|utf|was"
    r"|went|with|wrong|www|your"
)


def symptom(exchange: Exchange, names: Iterable[str]) -> str:
    """The status and a digest of the text of an answer, or the kind of the failure.

    Numbers, ids, quoted texts, `names` (of the operation's path and of the clause) and words of the request do not
    count, so that "no thing 7 at /things/7" and "no user bob at /users/bob" are the same.
    """
    response = exchange.response
    if response is None:
        return exchange.failure.kind if exchange.failure is not None else ""
    words = frozenset(_stem(word) for text in (*names, *_texts_of(exchange.request)) for word in _words(text))
    return f"{response.status} {_digest(response.body, words)}"


def says_why(exchange: Exchange) -> bool:
    """Whether an answer has words about its origin. "Internal Server Error" has none: whatever fails looks so."""
    body = exchange.response.body if exchange.response is not None else b""
    return not all(map(_SAYS_NOTHING.fullmatch, _words_of(body)))


@lru_cache(maxsize=512)
def _words_of(body: bytes) -> frozenset[str]:
    """The words in the strings of a body, without those with digits."""
    try:
        texts = list(_strings(parse_json(body)))
    except ValueError:
        texts = [re.sub(r"<[^>]*>", " ", body.decode("utf-8", "replace"))]
    words = (word for text in texts for word in _WORD.findall(text[: _START + _END].lower()))
    plain = (part for word in words if not any(map(str.isdigit, word)) for part in _words(word))
    return frozenset(plain)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for member in value.values() if isinstance(value, dict) else value:
            yield from _strings(member)


@lru_cache(maxsize=512)
def _digest(body: bytes, words: frozenset[str]) -> str:
    try:
        value = parse_json(body)
    except ValueError:
        value = body.decode("utf-8", "replace")
    return digest(_plain(value, words))[:12]


def _plain(value: Any, words: frozenset[str]) -> Any:
    """`value` without what does not count; of an array, each kind of item once."""
    if isinstance(value, dict):
        return {_text(name, words): _plain(member, words) for name, member in value.items()}
    if isinstance(value, list):
        return sorted({json.dumps(_plain(item, words), sort_keys=True) for item in value})
    if isinstance(value, str):
        return _text(value, words)
    return value if value is None or isinstance(value, bool) else _ANY


def _text(text: str, words: frozenset[str]) -> str:
    if len(text) > _START + _END:
        text = f"{text[:_START]} {text[-_END:]}"
    counted = _WORD.sub(lambda found: _word(found[0], words), _QUOTED.sub(_ANY, text.lower()))
    return " ".join(_REPEATED.sub(_ANY, counted).split())


def _word(word: str, words: frozenset[str]) -> str:
    if any(character.isdigit() for character in word):
        return _ANY
    return _ANY if any(_stem(part) in words for part in _words(word)) else word


def _stem(word: str) -> str:
    """A word without the ending of its plural."""
    return word.removesuffix("s")


def _words(text: str) -> Iterator[str]:
    return (word for word in re.findall(r"[^\W_]+", text.lower()) if len(word) >= _SHORTEST)


def _texts_of(request: Request) -> Iterator[str]:
    """The texts of a request that an answer may repeat."""
    yield unquote_plus(request.target)
    try:
        yield from _texts(parse_json(request.body or b""))
    except ValueError:
        yield (request.body or b"")[:_START].decode("utf-8", "replace")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, member in value.items():
            yield name
            yield from _texts(member)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value[:_START]
