"""What an answer looks like, without what it repeats of its request: answers that look alike have one origin."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from html import unescape
from typing import Any
from urllib.parse import unquote, unquote_plus

from clausewise.exchange import Exchange, Request, query_pairs
from clausewise.media.json import digest, parse_json, values_in

#: characters at the start and at the end of a long text that count: a trace begins and ends with what tells most
_START, _END = 3000, 1000

#: arrays and objects within one another that count
_DEPTH = 30

#: stands for a number, an id, a quoted text, or a word of the request
_ANY = "*"

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`|\u201c[^\u201d]*\u201d|\u2018[^\u2019]*\u2019")
_WORD = re.compile(r"\w+(?:[-.:@]\w+)*")
_RANDOM = re.compile(r"\b[A-Za-z]{16,}\b")
_UPPER_RUN = re.compile(r"[A-Z]{2,}")
_SHORT_LOWER_RUN = re.compile(r"(?<![a-z])[a-z]{1,2}(?![a-z])")
_URL = re.compile(r"\b[a-z][a-z0-9+.-]*://\S*", re.IGNORECASE)
_MARKUP = re.compile(r"<(?:style|script)\b[^<>]*>[^<]*|<[^<>]*>", re.IGNORECASE)
_REPEATED = re.compile(r"\*(?:[^\w*<>]*\*)+")

#: how a statement of SQL begins
_SQL = r"""(?:insert\s+into\s|delete\s+from\s|select\s(?=.*?\sfrom\s)|with\s(?=.*?\sas\s*\()
    |update\s(?=["`\[\w.]+\s+(?:\w+\s+)?set\s))"""

#: words by which one may begin, and how many a text has at most that is looked through
_SQL_WORD = re.compile(r"\b(?:insert|delete|select|with|update)\s", re.IGNORECASE)
_STATEMENTS = 20

#: a statement as drivers and mappers repeat it: in brackets, before what the database says of it, or at the end
_STATEMENT = re.compile(
    rf"""
    \[(?:SQL:\s*)?{_SQL}.*?\](?=[\s;]|$) (?:\s*\[parameters:.*?\](?=\s*(?:\(Background|$)))?
    | \b{_SQL}.*?\s-\s(?!.*\s-\s)
    | (?<=:\s){_SQL}.*$
    """,
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)

#: what a page of HTML says of itself: its title, headings, and the first text that is set as it is, often a trace
_TITLES = re.compile(r"<(title|h[1-3])\b[^<>]*>(.*?)</\1>", re.IGNORECASE | re.DOTALL)
_PREFORMATTED = re.compile(r"<pre\b[^<>]*>(.*?)</pre>", re.IGNORECASE | re.DOTALL)

#: where a trace says that something was called: Python tells the innermost call last, and others tell it first
_PYTHON_CALL = re.compile(r'File "[^"\n]+", line \d+, in [^\n]+')
_OTHER_CALL = re.compile(r"^\s*(?:at\s+\S[^\n]*:\d+\)?|#\d+\s+\S[^\n]*\(\d+\)[^\n]*)$", re.MULTILINE)

#: the class of an exception and its message, as many servers tell them; a class alone
_RAISED = re.compile(r"\b(?:[\w$]+\.)*([A-Z]\w*(?:Exception|Error)):[ \t]+([^\n]{1,300})")
_EXCEPTION = re.compile(r"(?:[\w$]+\.)*[A-Z]\w*(?:Exception|Error)")

#: characters of an answer in which exceptions are looked for, and words of a message that tell it from others
_READ = 20_000
_TELLING = 3

#: headers of every request, whose values are words of every refusal of a body
_USUAL_HEADERS = frozenset(
    {"accept", "accept-encoding", "authorization", "connection", "content-length", "content-type", "host", "user-agent"}
)

#: values of a request that are looked for in an answer, the longest
_VALUES = 200

#: words from this length on may be cut where a text is too long
_LONG = 500

#: shorter words of a request are in too many sentences
_SHORTEST = 3

#: words that probes put in the place of values of other types: the answers to some repeat them, and others may say them
_OF_PROBES = ("member", "text")

#: names of types of values, as an exception of Python tells what it was given: "expected str instance, bool found"
_TYPES = frozenset({"nonetype", "bool", "int", "float", "str", "list", "dict"})

#: words that say no more than that the server failed: those of reason phrases, and of pages of frameworks and proxies
_SAYS_NOTHING = frozenset(
    (
        *("about", "actions", "administrator", "again", "and", "apologies", "application", "are", "available"),
        *("bad", "been", "before", "blank", "body", "but", "cannot", "caused", "center", "centre", "charset"),
        *("check", "code", "com", "complete", "completed", "condition", "contact", "could", "description"),
        *("detail", "details", "div", "doctype", "either", "encountered", "err", "error", "errors"),
        *("exception", "fail", "failed", "failure", "fatal", "for", "from", "fulfill", "fulfilling"),
        *("gateway", "got", "had", "has", "have", "head", "href", "html", "http", "https", "implemented"),
        *("inform", "information", "internal", "its", "itself", "just", "lang", "later", "log", "logged"),
        *("logs", "may", "message", "meta", "misconfiguration", "more", "not", "occur", "occurred", "occurs"),
        *("one", "oops", "org", "our", "overloaded", "owner", "page", "performed", "please", "port"),
        *("powered", "prevented", "problem", "process", "processing", "proxy", "reach", "recorded", "report"),
        *("request", "requested", "retry", "rfc", "server", "service", "servlet", "some", "something"),
        *("sorry", "status", "support", "technical", "templated", "temporarily", "that", "the", "them"),
        *("there", "this", "time", "timeout", "title", "trouble", "try", "unable", "unavailable"),
        *("unexpected", "unhandled", "unknown", "uri", "url", "utf", "was", "went", "were", "while", "with"),
        *("wrong", "www", "you", "your"),
    )
)


def symptom(exchange: Exchange, names: Iterable[str]) -> str:
    """The status and a digest of the text of an answer, or the kind of the failure.

    Numbers, ids, quoted texts, statements of SQL, `names` (of the operation's path and of the clause) and words of the
    request do not count, so that "no thing 7 at /things/7" and "no user bob at /users/bob" are the same.
    """
    names, response = tuple(names), exchange.response
    if response is None:
        return exchange.failure.kind if exchange.failure is not None else ""
    if not _words_of(response.body) and not _has_words_of(
        response.body, [unquote_plus(exchange.request.target), *names]
    ):
        # Every failure is told so, and a body of a request may have such words by accident: "the", "type".
        return f"{response.status} {_digest(response.body, frozenset(), ())}"
    words = _repeatable(exchange.request, names)
    # A word is one of `words` already, where the text is not cut within it.
    values = tuple(value for value in _values_of(exchange.request) if not value.isalpha() or len(value) > _LONG)
    return f"{response.status} {_digest(response.body, words, values)}"


def complaint(exchange: Exchange, names: Iterable[str]) -> str:
    """A digest of the text of an answer that has one of `names` in it; "" where it has none of them.

    Only the values of the request, numbers and quoted texts do not count: whatever is refused with the same sentence
    about the same name is refused by the same rule.
    """
    if exchange.response is None:
        return ""
    names = tuple(names)
    text = _sentence(exchange.response.body, exchange.request, names)
    words = _stems(text)
    return digest(_text(text, frozenset()))[:12] if any(_has_words(words, _stems(name)) for name in names) else ""


def digest_of_text(exchange: Exchange, names: Iterable[str]) -> str:
    """A digest of the text of an answer as `complaint` compares it, whatever it speaks of."""
    if exchange.response is None:
        return ""
    return digest(_text(_sentence(exchange.response.body, exchange.request, tuple(names)), frozenset()))[:12]


def _sentence(body: bytes, request: Request, names: Sequence[str]) -> str:
    """The text of an answer without the values of its request, but for words that are in `names`."""
    text = " ".join(map(_without_statements, readable_texts(body)))
    own = {word for name in names for word in _words(name)}
    for value in (*_values_of(request), *_OF_PROBES):
        if not value.isalpha():
            text = _replaced(text, value, "")
        elif value.lower() not in own and value in text:
            text = re.sub(rf"\b{value}\b", "", text)
    return text


def _replaced(text: str, value: str, by: str) -> str:
    """A text without a value that it repeats; a short one, as " a", is found only where no word goes on."""
    if len(value) >= _SHORTEST:
        return text.replace(value, by)
    return re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", by, text)


def _stems(text: str) -> list[str]:
    return [_stem(word) for word in re.findall(r"[^\W_]+", text.lower())]


def _has_words(words: list[str], name: list[str]) -> bool:
    """Whether the words of a name follow one another in a text."""
    starts = range(len(words) - len(name) + 1) if name else ()
    return any(words[start : start + len(name)] == name for start in starts)


def _own_headers(request: Request) -> Iterator[str]:
    """The values of the headers that are not those of every request."""
    return (value[:_START] for name, value in request.headers if name.lower() not in _USUAL_HEADERS)


@lru_cache(maxsize=512)
def _values_of(request: Request) -> tuple[str, ...]:
    """The texts that a request has as values, the longest first; of very many, those alone."""
    path, _, query = request.target.partition("?")
    texts = [*map(unquote, path.split("/")), *(value for _, value in query_pairs(query)), *_own_headers(request)]
    with suppress(ValueError):
        texts += [value for value in values_in(parse_json(request.body or b"")) if isinstance(value, str)]
    found = {text for text in texts if len(text) >= _SHORTEST or (len(text) > 1 and not text.isalnum())}
    return tuple(sorted(found, key=lambda text: (-len(text), text))[:_VALUES])


def says_why(exchange: Exchange, names: Iterable[str]) -> bool:
    """Whether an answer has words about its origin, beside those of the request and `names` (as in `symptom`).

    "Internal Server Error" has none: whatever fails looks so.
    """
    if exchange.response is None:
        return False
    repeatable = _repeatable(exchange.request, names)
    return any(_stem(word) not in repeatable for word in _words_of(exchange.response.body))


def raised_at(exchange: Exchange) -> str:
    """A digest of the two innermost calls of the trace in an answer, and of what was raised there; "" without one."""
    if exchange.response is None:
        return ""
    text = "\n".join(readable_texts(exchange.response.body))
    if calls := list(_PYTHON_CALL.finditer(text)):
        inner, raised = calls[-2:], text[calls[-1].end() :].strip().rpartition("\n")[2]
    elif calls := list(_OTHER_CALL.finditer(text)):
        inner, raised = calls[:2], text[: calls[0].start()].strip().rpartition("\n")[2]
    else:
        return ""
    said = _sentence(raised.encode(), exchange.request, ())
    return digest([*(call[0].strip() for call in inner), said])[:12] if len(inner) > 1 else ""


def exceptions_in(exchange: Exchange) -> list[str]:
    """A digest of each exception that an answer tells of, by its class and its message without what the request has,
    whatever the page around it looks like; of those whose message says something."""
    if exchange.response is None:
        return []
    found: dict[str, None] = {}
    for name, message in _RAISED.findall("\n".join(readable_texts(exchange.response.body, "\n"))[:_READ]):
        said = _text(_sentence(message.strip().encode(), exchange.request, ()), frozenset())
        telling = {word for word in _words(said) if word not in _SAYS_NOTHING}
        if len(telling) >= _TELLING and not _EXCEPTION.fullmatch(message.strip()):
            found[digest([name, said])[:12]] = None
    return list(found)


def readable_texts(body: bytes, between: str = " ") -> list[str]:
    """The strings in a JSON body, without the names of members; of any other body, its text, with `between` in the
    place of markup."""
    try:
        return [value for value in values_in(parse_json(body)) if isinstance(value, str)]
    except ValueError:
        return [unescape(_MARKUP.sub(between, body.decode("utf-8", "replace")))]


@lru_cache(maxsize=512)
def _words_of(body: bytes) -> frozenset[str]:
    """The words in the texts of a body that say something, without addresses and words with digits."""
    texts = (_URL.sub(" ", _without_random(text[: _START + _END]).lower()) for text in readable_texts(body))
    words = (word for text in texts for word in _WORD.findall(text))
    plain = (part for word in words if not any(map(str.isdigit, word)) for part in _words(word))
    return frozenset(part for part in plain if part not in _SAYS_NOTHING)


def _has_words_of(body: bytes, texts: Iterable[str]) -> bool:
    """Whether one of the words of `texts` is in the texts of a body."""
    said = {_stem(word) for text in readable_texts(body) for word in _words(text[: _START + _END])}
    return any(_stem(word) in said for text in texts for word in _words(text))


def _repeatable(request: Request, names: Iterable[str]) -> frozenset[str]:
    """The words that an answer may repeat, without the endings of their plurals."""
    return frozenset(_stem(word) for text in (*names, *_texts_of(request), *_OF_PROBES) for word in _words(text))


@lru_cache(maxsize=512)
def _digest(body: bytes, words: frozenset[str], values: tuple[str, ...]) -> str:
    try:
        value = parse_json(body)
    except ValueError:
        value = _headline(body.decode("utf-8", "replace"))
    return digest(_plain(value, words, values))[:12]


def _headline(text: str) -> str:
    """What a long page of HTML says of itself, where it does: the source and the variables that a page of a debugger
    shows below are too many for the words of a request to be in them by accident only."""
    if len(text) <= _START + _END:
        return text
    shown = [match[2] for match in _TITLES.finditer(text)] + [match[1] for match in _PREFORMATTED.finditer(text)][:1]
    headline = unescape(_MARKUP.sub(" ", " ".join(part[:_START] for part in shown)))
    return headline if any(word not in _SAYS_NOTHING for word in _words(headline)) else text


def _plain(value: Any, words: frozenset[str], values: tuple[str, ...], depth: int = _DEPTH) -> Any:
    """`value` without what does not count; of an array, each kind of item once."""
    if isinstance(value, str):
        for repeated in values:
            value = _replaced(value, repeated, _ANY)
        return _text(value, words)
    if value is None or isinstance(value, bool):
        return value
    if depth == 0 or not isinstance(value, dict | list):
        return _ANY
    if isinstance(value, dict):
        return {_text(name, words): _plain(member, words, values, depth - 1) for name, member in value.items()}
    return sorted({digest(_plain(item, words, values, depth - 1)) for item in value})


def _text(text: str, words: frozenset[str]) -> str:
    if len(text) > _START + _END:
        text = f"{text[:_START]} {text[-_END:]}"
    plain = _QUOTED.sub(_ANY, _without_random(_without_statements(text)).lower())
    counted = _WORD.sub(lambda found: _word(found[0], words), plain)
    return " ".join(_REPEATED.sub(_ANY, counted).split())


def _without_statements(text: str) -> str:
    """A text without statements of SQL; one that is very long, or that may have many, as it is: to look for the end of
    each would take long."""
    if len(text) > _START + _END + 1 or len(_SQL_WORD.findall(text)) > _STATEMENTS:
        return text
    return _STATEMENT.sub(_ANY, text)


def _without_random(text: str) -> str:
    """A text without long words of letters in mixed case that no name has, of which ids are made as well as of digits:
    "KTeAebHJMWCFGxdn"."""
    return _RANDOM.sub(lambda found: _ANY if _is_random(found[0]) else found[0], text)


def _is_random(word: str) -> bool:
    return _UPPER_RUN.search(word) is not None and len(_SHORT_LOWER_RUN.findall(word)) > 1


def _word(word: str, words: frozenset[str]) -> str:
    if word in _TYPES or any(character.isdigit() for character in word):
        return _ANY
    return _ANY if any(_stem(part) in words for part in _words(word)) else word


def _stem(word: str) -> str:
    """A word without the ending of its plural, and without what may be taken for one: "alias" and "aliases" have the
    same stem."""
    return word[:_SHORTEST] + word[_SHORTEST:].rstrip("es")


def _words(text: str) -> Iterator[str]:
    return (word for word in re.findall(r"[^\W_]+", text.lower()) if len(word) >= _SHORTEST)


def _texts_of(request: Request) -> Iterator[str]:
    """The texts of a request that an answer may repeat."""
    yield unquote_plus(request.target)
    yield from _own_headers(request)
    try:
        for value in values_in(parse_json(request.body or b"")):
            if isinstance(value, str):
                yield value[:_START]
            elif isinstance(value, dict):
                yield from value
    except ValueError:
        yield (request.body or b"")[:_START].decode("utf-8", "replace")
