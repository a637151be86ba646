"""Takes secrets out of whatever is about to be written: headers, targets, texts, bodies, whole exchanges."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar
from urllib.parse import unquote_plus

import msgspec

from clausewise.exchange import Exchange, Failure, Headers, Probe, Request, Response, cookie_pairs
from clausewise.security.declared import NOTHING_DECLARED, Declared
from clausewise.security.names import is_secret_header, is_secret_parameter, looks_like_a_token, named, plain
from clausewise.security.schemes import Slot
from clausewise.security.search import SHORTEST_LITERAL, Search, looks_random
from clausewise.security.spellings import Span, in_layers
from clausewise.texts import texts_in, with_texts

MASK = "[redacted]"

#: how many secrets of answers are looked for; those of older answers are masked only where they stand by name
_ISSUED = 1000
#: characters of the longest of them: a private key of RSA with 4,096 bits has 3,272
_LONGEST_ISSUED = 4096
#: so many values of our own requests are known as ours
_OURS = 20_000
#: so many headers are remembered as they are masked, and characters of the longest value
_SEEN = 1000
_LONGEST_SEEN = 1000

#: authentication schemes that stay readable before the mask (the IANA registry, and what APIs made up)
_SCHEME = re.compile(
    r"(basic|bearer|digest|dpop|gnap|hoba|mutual|negotiate|ntlm|oauth|privatetoken|scram-sha-(?:1|256)|vapid"
    r"|token|apikey|api-key|key|aws4-hmac-sha256)[ \t]+(?=\S)",
    re.IGNORECASE,
)

#: a parameter of a query or of the fragment
_PARAMETER = re.compile(r"(?<=[?&;#])([^?&;#=]+)=([^&#]+)")

#: A value that these sentences show: "`user.password` = "x"", as `conformance.explain` writes them
_SHOWN = re.compile(rb'`([^`\n]{1,200})` = ("(?:[^"\\]|\\.)*+"?|[0-9]{4,})')

#: Words that reports, contracts and answers are full of. One that somebody has for a password is masked in its place.
COMMON_WORDS = frozenset(
    (
        *("access", "account", "accept", "active", "administrator", "anonymous", "application", "authorization"),
        *("bearer", "changeme", "client", "content", "cookie", "default", "developer", "development", "enabled"),
        *("example", "header", "localhost", "object", "operation", "passwd", "password", "private", "public"),
        *("request", "response", "schema", "secret", "server", "service", "session", "string", "testing", "testuser"),
        *("unknown", "username", "untested", "upheld", "violated", "warning"),
    )
)

#: characters of the texts that are searched at once
_BATCH = 2**16

#: what stands around a number of JSON
_BEFORE, _AFTER = (b":", b",", b"[", b" ", b"\n"), (b",", b"]", b"}", b" ", b"\n", b"\r")

T = TypeVar("T")


class Redactor:
    """Masks secrets, and changes nothing else. The text around a mask stays as it was, valid JSON or not.

    It learns more secrets at any time. What was masked before that may hold them: `learned` tells how many it knows.
    """

    def __init__(
        self,
        secrets: Iterable[str] = (),
        slots: Iterable[Slot] = (),
        *,
        declared: Declared = NOTHING_DECLARED,
        own_requests: bool = False,
    ) -> None:
        """A redactor that knows these `secrets` and those that a document has `declared`, and that credentials stand in
        these `slots`.

        Whole header values ("Bearer x", "Basic x") may be among the secrets. With `own_requests` the values in requests
        are made up, but those in the slots.
        """
        places = tuple(slots)
        self._headers = frozenset(slot.name.lower() for slot in places if slot.location == "header")
        self._parameters = frozenset(slot.name for slot in places if slot.location == "query")
        self._names = declared.names
        self._words = COMMON_WORDS | declared.words
        self._slots = places
        self._own_requests = own_requests
        self._held: dict[str, None] = {}
        #: secrets of answers, the oldest first
        self._issued: dict[str, None] = {}
        #: what our requests hold in the places of secrets
        self._ours: set[str] = set()
        self._search = Search()
        #: header -> the same without secrets: most come again and again
        self._seen: dict[tuple[str, str], tuple[str, str]] = {}
        #: how many secrets it has learned, forgotten ones included
        self.learned = 0
        self.learn(secrets)
        self.learn(filter(_is_distinct, declared.shown))

    def learn(self, secrets: Iterable[str]) -> None:
        """Mask these secrets as well, from now on and for good."""
        for secret in secrets:
            for literal in _literals(secret):
                if literal not in self._held and literal.lower() not in self._words:
                    self._held[literal] = None
                    self._add(literal)

    def learn_from(self, exchange: Exchange) -> None:
        """Mask from now on what an exchange shows to be secret: see `issued_in`."""
        if self._own_requests and exchange.request.body is not None and len(self._ours) < _OURS:
            values = self._values_in(exchange.request.body)
            self._ours.update(value for value in values if len(value) <= _LONGEST_ISSUED)
        self._learn_issued(self.issued_in(exchange))

    def issued_in(self, exchange: Exchange) -> Iterator[str]:
        """What an answer issues: the values that are secret by name, and cookies, but for those that were sent; where
        others made the request, its secrets too. What is too short or too common to be looked for is left out."""
        request, response = exchange.request, exchange.response
        found: list[str] = []
        if not self._own_requests:
            found += [*secrets_in(request.headers), *filter(None, (slot.read(request) for slot in self._slots))]
            parameters = _PARAMETER.findall(request.target)
            found += [unquote_plus(value) for name, value in parameters if self._is_secret_parameter(name)]
            found += () if request.body is None else self._values_in(request.body)
        if response is not None:
            issued = [
                value.partition(";")[0].partition("=")[2] if _sets_cookie(name) else value
                for name, value in response.headers
                if self._is_secret_header(name)
            ]
            issued += self._values_in(response.body)
            sent = f"{request.target}\0".encode("utf-8", "surrogatepass") + (request.body or b"")
            found += [
                value
                for value in issued
                if value not in self._ours and value.encode("utf-8", "surrogatepass") not in sent
            ]
        for value in dict.fromkeys(found):
            yield from filter(_is_distinct, _literals(value))

    def text(self, text: str) -> str:
        """`text` without the known secrets, and without what is a secret by its form."""
        return self._text(text, looks_like_a_token)

    def message(self, text: str) -> str:
        """A sentence without secrets; it may show or quote values of secret members."""
        return self._text(text, self._in_sentence)

    def data(self, data: bytes) -> bytes:
        """`data`, the body of an answer or of a request that others made, without secrets."""
        return self._data(data, self._in_body)

    def holds_secret(self, data: bytes) -> bool:
        """Whether `data` holds a known secret."""
        return bool(in_layers(data, self._search.spans))

    def target(self, target: str) -> str:
        """A request's target without known secrets and without the values of parameters that hold secrets by name."""

        def mask(found: re.Match[str]) -> str:
            return f"{found[1]}={MASK if self._is_secret_parameter(found[1]) else found[2]}"

        path, mark, query = target.partition("?")
        return self.text(f"{path}{mark}{_PARAMETER.sub(mask, f'{mark}{query}')[1:]}" if mark else target)

    def headers(self, headers: Headers) -> Headers:
        """The headers, the values of secret ones masked; an authentication scheme stays."""
        return tuple([self._seen.get(pair) or self._header(pair) for pair in headers])

    def exchange(self, exchange: Exchange) -> Exchange:
        """The exchange without secrets, ready to be written."""
        return msgspec.structs.replace(
            exchange,
            request=self._request(exchange.request),
            response=None if exchange.response is None else self._response(exchange.response),
            failure=None if exchange.failure is None else self._failure(exchange.failure),
            probe=None if exchange.probe is None else self._probe(exchange.probe),
        )

    def record(self, record: T) -> T:
        """A struct that is about to be written without the known secrets."""
        masked: dict[str, str] = {}
        for texts in _batches(texts_in(record)):
            # Nearly all of them hold none, which one search tells: a line break ends whatever a secret is part of.
            joined = "\n".join(texts)
            if self.text(joined) != joined:
                masked.update((text, self.text(text)) for text in texts)
        return with_texts(record, lambda text: masked.get(text, text)) if masked else record

    def _text(self, text: str, find: Callable[[bytes], Iterable[Span]]) -> str:
        written = text.encode("utf-8", "surrogatepass")
        masked = self._data(written, find)
        return text if masked is written else masked.decode("utf-8", "surrogatepass")

    def _data(self, data: bytes, find: Callable[[bytes], Iterable[Span]]) -> bytes:
        spans = self._spans(data, find)
        return _masked(data, spans) if spans else data

    def _spans(self, data: bytes, find: Callable[[bytes], Iterable[Span]]) -> list[Span]:
        """Where known secrets stand, and what `find` finds, also in escapes."""
        found = in_layers(data, lambda written: [*self._search.spans(written), *find(written)])
        return [_whole_characters(data, span) for span in found]

    def _in_body(self, data: bytes) -> Iterator[Span]:
        yield from looks_like_a_token(data)
        yield from named(data, self._names)
        yield from self._search.at_the_end(data)

    def _in_sentence(self, data: bytes) -> Iterator[Span]:
        yield from self._in_body(data)
        yield from self._shown(data)

    def _shown(self, data: bytes) -> Iterator[Span]:
        for found in _SHOWN.finditer(data):
            name = found[1].decode("utf-8", "replace").rpartition(".")[2]
            if any(named(f'"{name}": "x"'.encode(), self._names)):
                yield found.span(2)

    def _values_in(self, body: bytes) -> Iterator[str]:
        """The values in a body that are secret by their names."""
        for begin, end in named(body, self._names):
            written = body[begin:end].decode("utf-8", "replace")
            try:
                yield json.loads(f'"{written}"', strict=False) if "\\" in written else written
            except ValueError:
                yield written

    def _learn_issued(self, literals: Iterable[str]) -> None:
        for literal in literals:
            if literal not in self._search and literal.lower() not in self._words:
                self._issued[literal] = None
                self._add(literal)
        if len(self._issued) > _ISSUED:
            self._issued = dict.fromkeys(list(self._issued)[-_ISSUED // 2 :])
            self._search = Search((*self._held, *self._issued))

    def _add(self, literal: str) -> None:
        self._search.add(literal)
        self._seen.clear()
        self.learned += 1

    def _is_secret_header(self, name: str) -> bool:
        return is_secret_header(name) or name.lower() in self._headers or plain(name) in self._names

    def _is_secret_parameter(self, name: str) -> bool:
        known = unquote_plus(name)
        return known in self._parameters or (
            not self._own_requests and (is_secret_parameter(known) or plain(known) in self._names)
        )

    def _header(self, pair: tuple[str, str]) -> tuple[str, str]:
        masked = self.text(pair[0]), self._header_value(*pair)
        if len(self._seen) < _SEEN and len(pair[1]) <= _LONGEST_SEEN:
            self._seen[pair] = masked
        return masked

    def _header_value(self, name: str, value: str) -> str:
        if not self._is_secret_header(name):
            return self.message(value)
        if not value.strip():
            return value
        scheme = _SCHEME.match(value) if name.lower() in ("authorization", "proxy-authorization") else None
        return f"{scheme[1]} {MASK}" if scheme else MASK

    def _request(self, request: Request) -> Request:
        find = looks_like_a_token if self._own_requests else self._in_body
        body = request.body
        return msgspec.structs.replace(
            request,
            target=self.target(request.target),
            headers=self.headers(request.headers),
            body=None if body is None else self._data(body, find),
        )

    def _response(self, response: Response) -> Response:
        return msgspec.structs.replace(response, headers=self.headers(response.headers), body=self.data(response.body))

    def _failure(self, failure: Failure) -> Failure:
        return msgspec.structs.replace(failure, message=self.text(failure.message))

    def _probe(self, probe: Probe) -> Probe:
        sequel = probe.sequel
        if sequel is not None:
            sequel = with_texts(sequel, self.text)
        return msgspec.structs.replace(probe, note=self.text(probe.note), sequel=sequel)


def secrets_in(headers: Headers) -> Iterator[str]:
    """The values of `headers` that are secret by their names, and those of the cookies among them one by one."""
    yield from (value for name, value in headers if is_secret_header(name))
    yield from (value.strip('"') for _, value in cookie_pairs(headers))


def _whole_characters(data: bytes, span: Span) -> Span:
    """A span that divides no character of UTF-8: a backslash before one of several bytes looks like an escape of its
    first byte."""
    start, end = span
    while 0 < start < len(data) and data[start] & 0xC0 == 0x80:
        start -= 1
    while end < len(data) and data[end] & 0xC0 == 0x80:
        end += 1
    return start, end


def _masked(data: bytes, spans: Iterable[Span]) -> bytes:
    """`data` with a mask for each of these parts, which may overlap. No escape is cut in two."""
    parts: list[list[int]] = []
    for begin, end in sorted(spans):
        begin -= _backslashes(data, begin) % 2
        end += end < len(data) and _backslashes(data, end) % 2
        if parts and begin <= parts[-1][1]:
            parts[-1][1] = max(end, parts[-1][1])
        else:
            parts.append([begin, end])
    mask, at = MASK.encode(), 0
    pieces: list[bytes] = []
    for begin, end in parts:
        # In the place of a number of JSON stands a string.
        is_number = data[begin:end].isdigit() and data[begin - 1 : begin] in _BEFORE and data[end : end + 1] in _AFTER
        pieces += (data[at:begin], b'"%b"' % mask if is_number and begin else mask)
        at = end
    return b"".join((*pieces, data[at:]))


def _backslashes(data: bytes, at: int) -> int:
    """How many backslashes stand before the place."""
    count = 0
    while at > count and data[at - count - 1] == 0x5C:
        count += 1
    return count


def _sets_cookie(name: str) -> bool:
    return name.lower() == "set-cookie"


def _is_distinct(value: str) -> bool:
    """Whether a value that is secret by its name can be looked for elsewhere: it is long, but not so long that a server
    could fill our memory with such values, no word of a language, and no placeholder ("********", "<token>")."""
    return (
        SHORTEST_LITERAL + 2 <= len(value) <= _LONGEST_ISSUED
        and len(set(value)) >= SHORTEST_LITERAL - 1
        and not (value.isalpha() and value[1:] in (value[1:].lower(), value.upper()[1:]))
        and value[0] not in "<${["
        and MASK not in value
    )


def _literals(secret: str) -> Iterator[str]:
    """The values to look for: the secret, and when it is a whole Authorization value, the credentials in it."""
    values = [secret, secret.strip()]
    scheme = _SCHEME.match(values[1])
    if scheme:
        credentials = values[1][scheme.end() :]
        values.append(credentials)
        if scheme[1].lower() == "basic":
            try:
                pair = base64.b64decode(credentials, validate=True).decode()
            except (binascii.Error, ValueError):
                pair = ""
            user, _, password = pair.partition(":")
            values += [pair, password]
            # An API may take a token in the place of the user, with nothing or any word for a password.
            values += [user] if not password or looks_random(user) else []
    return (value for value in dict.fromkeys(values) if len(value) >= SHORTEST_LITERAL)


def _batches(texts: Iterable[str]) -> Iterator[list[str]]:
    """The texts, some at a time: of _BATCH characters, or one that is longer."""
    batch: list[str] = []
    length = 0
    for text in texts:
        if batch and length + len(text) > _BATCH:
            yield batch
            batch, length = [], 0
        batch.append(text)
        length += len(text)
    yield batch
