"""Takes secrets out of whatever is about to be written: headers, targets, texts, bodies, whole exchanges."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote

import msgspec

from clausewise.exchange import Exchange, Failure, Headers, Probe, Request, Response, cookie_pairs
from clausewise.security.schemes import Slot

MASK = "[redacted]"

#: headers whose values are secret whatever they hold, in lower case
SECRET_HEADERS = frozenset(
    {
        "authorization",
        "proxy-authorization",
        "cookie",
        "set-cookie",
        "api-key",
        "apikey",
        "x-api-key",
        "x-apikey",
        "x-goog-api-key",
        "ocp-apim-subscription-key",
        "x-functions-key",
        "private-token",
        "x-auth-token",
        "x-access-token",
        "x-refresh-token",
        "x-csrf-token",
        "x-xsrf-token",
        "x-session-token",
        "x-vault-token",
        "x-gitlab-token",
        "x-amz-security-token",
        "x-auth-key",
        "x-client-secret",
        "x-hub-signature",
        "x-hub-signature-256",
    }
)

#: Secrets shorter than this are not looked for as literals. They occur by chance all over a recording, so masking them
#: would turn it into noise, and where the masks stand would tell what they are. In the headers that are secret by name
#: they are masked all the same.
SHORTEST_LITERAL = 6

#: authentication schemes that stay readable before the mask (the IANA registry, and what APIs made up)
_SCHEME = re.compile(
    r"(basic|bearer|digest|dpop|gnap|hoba|mutual|negotiate|ntlm|oauth|privatetoken|scram-sha-(?:1|256)|vapid"
    r"|token|apikey|api-key|key|aws4-hmac-sha256)[ \t]+(?=\S)",
    re.IGNORECASE,
)

_SECRET_PARAMETER_NAMES = (
    r"(?:access[_-]?token|refresh[_-]?token|id[_-]?token|auth[_-]?token|session[_-]?token|token|x-amz-security-token"
    r"|x-amz-signature|x-amz-credential|(?:x-)?api[_-]?key|subscription-key|key|password|passwd|client[_-]?secret|secret"
    r"|signature|sig)"
)
#: parameters whose values are secret: in a target, where a value ends at "&", and in the URLs that headers hold
_IN_TARGET = re.compile(rf"([?&;#]{_SECRET_PARAMETER_NAMES}=)[^&#]+", re.IGNORECASE)
_IN_HEADER = re.compile(rf"([?&;#]{_SECRET_PARAMETER_NAMES}=)[^&#\s\"'<>]+", re.IGNORECASE)


class Redactor(msgspec.Struct, frozen=True):
    """Masks secrets, and changes nothing else. The text around a mask stays as it was, valid JSON or not."""

    #: finds every known secret in a text, however it is written there; None when no secret is known
    in_text: re.Pattern[str] | None = None
    #: the same for UTF-8 bytes
    in_bytes: re.Pattern[bytes] | None = None
    #: headers that hold secrets besides `SECRET_HEADERS`, in lower case
    secret_headers: frozenset[str] = frozenset()
    #: finds the values of query parameters that hold secrets besides those whose names say so; None when there is none
    in_query: re.Pattern[str] | None = None

    @classmethod
    def of(cls, secrets: Iterable[str], slots: Iterable[Slot] = ()) -> Redactor:
        """A redactor that also knows these values, and that credentials stand in these `slots`.

        Whole header values ("Bearer x", "Basic x") may be among the values.
        """
        places = tuple(slots)
        headers = frozenset(slot.name.lower() for slot in places if slot.location == "header")
        names = sorted({name for slot in places if slot.location == "query" for name in (slot.name, quote(slot.name))})
        in_query = re.compile(rf"([?&](?:{'|'.join(map(re.escape, names))})=)[^&#]+") if names else None
        literals = {literal for secret in secrets for literal in _literals(secret)}
        # the longest first, so that no secret hides behind a shorter one that it begins with
        patterns = [
            pattern
            for literal in sorted(literals, key=lambda literal: (-len(literal), literal))
            for pattern in (_written(literal), *_in_base64(literal))
        ]
        if not patterns:
            return cls(None, None, headers, in_query)
        either = "|".join(patterns)
        return cls(re.compile(either), re.compile(either.encode("utf-8", "surrogatepass")), headers, in_query)

    @classmethod
    def of_request(cls, request: Request, slots: Iterable[Slot] = (), secrets: Iterable[str] = ()) -> Redactor:
        """A redactor that knows what a request itself carries, besides the `secrets` that are known before."""
        places = tuple(slots)
        carried = [*secrets_in(request.headers), *filter(None, (slot.read(request) for slot in places))]
        return cls.of([*secrets, *carried], places)

    def text(self, text: str) -> str:
        """`text` without the known secrets."""
        return text if self.in_text is None else self.in_text.sub(MASK, text)

    def data(self, data: bytes) -> bytes:
        """`data`, a body, without the known secrets."""
        return data if self.in_bytes is None else self.in_bytes.sub(MASK.encode(), data)

    def target(self, target: str) -> str:
        """A request's target without known secrets and without the values of parameters that hold secrets by name."""
        if self.in_query is not None:
            target = self.in_query.sub(rf"\1{MASK}", target)
        return self.text(_IN_TARGET.sub(rf"\1{MASK}", target))

    def headers(self, headers: Headers) -> Headers:
        """The headers, the values of secret ones masked; an authentication scheme stays."""
        return tuple([(self.text(name), self._header_value(name.lower(), value)) for name, value in headers])

    def exchange(self, exchange: Exchange) -> Exchange:
        """The exchange without secrets, ready to be written."""
        return msgspec.structs.replace(
            exchange,
            request=self._request(exchange.request),
            response=None if exchange.response is None else self._response(exchange.response),
            failure=None if exchange.failure is None else self._failure(exchange.failure),
            probe=None if exchange.probe is None else self._probe(exchange.probe),
        )

    def _header_value(self, name: str, value: str) -> str:
        if name not in SECRET_HEADERS and name not in self.secret_headers:
            return self.text(_IN_HEADER.sub(rf"\1{MASK}", value))
        if not value.strip():
            return value
        scheme = _SCHEME.match(value) if name in ("authorization", "proxy-authorization") else None
        return f"{scheme[1]} {MASK}" if scheme else MASK

    def _request(self, request: Request) -> Request:
        return Request(
            request.method,
            self.target(request.target),
            self.headers(request.headers),
            None if request.body is None else self.data(request.body),
        )

    def _response(self, response: Response) -> Response:
        return msgspec.structs.replace(response, headers=self.headers(response.headers), body=self.data(response.body))

    def _failure(self, failure: Failure) -> Failure:
        return Failure(failure.kind, self.text(failure.message))

    def _probe(self, probe: Probe) -> Probe:
        return msgspec.structs.replace(probe, note=self.text(probe.note))


def secrets_in(headers: Headers) -> Iterator[str]:
    """The values of `headers` that are secret by their names, and those of the cookies among them one by one."""
    yield from (value for name, value in headers if name.lower() in SECRET_HEADERS)
    yield from (value for _, value in cookie_pairs(headers))


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
            values += [pair, pair.partition(":")[2]]
    return (value for value in values if len(value) >= SHORTEST_LITERAL)


def _written(literal: str) -> str:
    """A pattern for the literal as it stands, percent-encoded (RFC 3986 2.1, forms with "+"), and escaped in HTML, in
    JSON, and in JSON inside JSON, however deep."""
    return "".join(_character(character) for character in literal)


#: character that HTML escapes -> its names
_IN_HTML = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos"}


def _character(character: str) -> str:
    if character.isascii() and (character.isalnum() or character in "-_."):
        # nobody encodes these, and literal runs keep the search fast
        return re.escape(character)
    encoded = character.encode("utf-8", "surrogatepass")
    forms = [re.escape(character), "".join(f"%{_hex(f'{byte:02x}')}" for byte in encoded)]
    if character == " ":
        forms.append(r"\+")
    short = json.dumps(character, ensure_ascii=False)[1:-1]
    if (short != character and len(short) == 2) or character in "/'":
        forms.append(rf"\\+{re.escape(short[-1])}")
    if character in _IN_HTML:
        forms.append(f"&(?:{_IN_HTML[character]}|#0*{ord(character)}|#[xX]0*{_hex(f'{ord(character):x}')});")
    units = character.encode("utf-16-be", "surrogatepass").hex()
    forms.append("".join(rf"\\+u{_hex(units[start : start + 4])}" for start in range(0, len(units), 4)))
    return f"(?:{'|'.join(forms)})"


def _hex(digits: str) -> str:
    return "".join(f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in digits)


def _in_base64(literal: str) -> Iterator[str]:
    """Patterns for the literal inside a longer text in Base64, plain or URL-safe, as in Basic credentials.

    Three bytes make four characters, so there is one pattern for each place that the literal can begin at. A character
    that the literal shares with what follows may be any. One that it shares with what precedes stays: it tells four
    bits at most, and a pattern that begins with any character makes the search five times slower (measured: 77 us
    against 17 us on 2 KB).
    """
    encoded = literal.encode("utf-8", "surrogatepass")
    for before in range(3):
        after = -(before + len(encoded)) % 3
        characters = base64.b64encode(b"\0" * before + encoded + b"\0" * after).decode()
        first = (0, 2, 3)[before]
        last = len(characters) - (0, 2, 3)[after]
        inner = "".join(_base64_character(character) for character in characters[first:last])
        yield f"{inner}{'[A-Za-z0-9+/_-]?' if after else ''}"


def _base64_character(character: str) -> str:
    return {"+": r"(?:[+-]|%2[bB])", "/": r"(?:[/_]|%2[fF]|\\/)"}.get(character, character)
