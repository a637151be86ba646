"""Which names say that a value is a secret, and where such values stand in headers, targets and bodies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from clausewise.security.spellings import Span

#: headers whose values are secret whatever they hold, in lower case
SECRET_HEADERS = frozenset(
    {
        "authorization",
        "proxy-authorization",
        "authentication-info",
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

#: how the names of secrets end, in lower case and without what is no letter or digit: members of OAuth 2.0 (RFC 6749,
#: RFC 7662, RFC 8628, RFC 7636) and OpenID Connect, and what APIs call theirs
_ENDINGS = (
    *("token", "jwt", "assertion", "codeverifier", "devicecode", "authorizationcode"),
    *("password", "passwd", "passphrase", "passcode", "pwd"),
    *("secret", "secrets", "credential", "credentials", "authorization"),
    *("apikey", "accesskey", "authkey", "clientkey", "encryptionkey", "masterkey", "privatekey", "secretkey"),
    *("servicekey", "sessionkey", "signingkey", "subscriptionkey", "sharedkey", "accountkey", "sessionid", "sessid"),
)
#: the same for headers and cookies, where a key is mostly one to an API
_HEADER_ENDINGS = (*_ENDINGS, "key", "auth", "session", "otp")
#: names with such endings that hold no secret: where the next page begins, what makes a request unique
_INNOCENT = (
    *("pagetoken", "nexttoken", "previoustoken", "prevtoken", "continuationtoken", "paginationtoken", "cursortoken"),
    *("synctoken", "canceltoken", "starttoken", "markertoken", "idempotencykey", "cachekey", "surrogatekey"),
    *("partitionkey", "routingkey", "sortkey", "websocketkey", "foreignkey", "primarykey", "publickey"),
)

_SECRET_PARAMETERS = frozenset({"key", "signature", "sig", "sid", "session", "xamzsignature", "xamzcredential"})

#: a name in JSON, or in what a programming language prints of it, up to its value
_MEMBER = re.compile(rb"""["']([A-Za-z_$][\w.$ -]{1,63})["']\s*(?::|=>)\s*(?=["'\d])""")
#: the same names alone, by each of the two quotation marks: what begins with one character is found fast
_NAMES_OF_MEMBERS = tuple(
    re.compile(rb"%b([A-Za-z_$][\w.$ -]{1,63}+)[\"']\s*+(?::|=>)" % mark) for mark in (b'"', b"'")
)
#: a field of a form, or of a URL's query, in whatever text it stands
_FIELD = re.compile(rb"((?:^|[?&]|(?<=[;#\s\"'({,]))[A-Za-z_][\w.\[\]-]{1,63})=")
_ELEMENT = re.compile(rb"<([A-Za-z_][\w.:-]{1,63})(?:\s[^<>]*)?>")
#: one part of a multipart body (RFC 7578)
_PART = re.compile(rb'\bname="?([^"\r\n;]{2,64})"?[^\r\n]*\r?\n(?:[^\r\n]+\r?\n)*\r?\n')

#: One of these is in every name that ends like that of a secret, in lower case.
_STEMS = tuple(
    stem.encode()
    for stem in (
        "token",
        "jwt",
        "assertion",
        "verifier",
        "code",
        "pass",
        "pwd",
        "secret",
        "cred",
        "auth",
        "key",
        "sess",
        "sig",
        "sid",
    )
)
#: bytes of the longest body whose names are remembered
_REMEMBERED = 1024 * 1024

#: what is in every text that a pattern matches, and the pattern
_NAMED = ((b"=", _FIELD), (b"</", _ELEMENT), (b"name=", _PART))
#: pattern -> the value behind what it matches, by its first byte. Numbers that are shorter are mostly no secrets but
#: limits and counts.
_VALUE_AFTER = {
    _MEMBER: {
        b'"': re.compile(rb'"((?:[^"\\]|\\.)*+)', re.DOTALL),
        b"'": re.compile(rb"'((?:[^'\\]|\\.)*+)", re.DOTALL),
        b"": re.compile(rb"([0-9]{4,})(?![0-9.eE])"),
    },
    _FIELD: {b"": re.compile(rb"([^&#\s\"'<>;,]+)")},
    _ELEMENT: {b"": re.compile(rb"([^<>]+)(?=</)")},
    _PART: {b"": re.compile(rb"(.*?)(?=\r?\n--|\Z)", re.DOTALL)},
}

#: a JSON Web Token (RFC 7519): two or three parts, the first of which is a JSON object
_JWT = re.compile(rb"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?")
#: credentials of HTTP in whatever text they stand; a word of a sentence has neither digits nor two cases
_CREDENTIALS = re.compile(rb"\b(?:[Bb]earer|BEARER|[Bb]asic|BASIC) +([A-Za-z0-9._~+/-]{12,}=*)")
#: a password in a URL (RFC 3986 section 3.2.1), or a user name that is long enough to be a token
_USERINFO = re.compile(rb"://(?:[^/?#@\s\"'<>:]*:([^/?#@\s\"'<>]+)|([^/?#@\s\"'<>:]{16,}))@")


def plain(name: str) -> str:
    """A name as it is compared: the letters and digits, in lower case."""
    return "".join(filter(str.isalnum, name)).lower()


@lru_cache(maxsize=4096)
def is_secret_header(name: str) -> bool:
    """Whether a header or a cookie of this name holds a secret."""
    known = plain(name)
    return name.lower() in SECRET_HEADERS or (known.endswith(_HEADER_ENDINGS) and not known.endswith(_INNOCENT))


@lru_cache(maxsize=4096)
def is_secret_member(name: str) -> bool:
    """Whether a member of an object, a field of a form or an element of XML of this name holds a secret."""
    known = plain(name)
    return known.endswith(_ENDINGS) and not known.endswith(_INNOCENT)


@lru_cache(maxsize=4096)
def is_secret_parameter(name: str) -> bool:
    """Whether a parameter of a query of this name holds a secret."""
    return is_secret_member(name) or plain(name) in _SECRET_PARAMETERS


def named(data: bytes, names: frozenset[str] = frozenset()) -> tuple[Span, ...]:
    """Where the values of members, fields and elements stand whose names are those of secrets; those of `names`, as
    `plain` writes them, are too."""
    # A body is searched for what to learn, and again for what to mask.
    return _named_again(data, names) if len(data) < _REMEMBERED else tuple(_named(data, names))


@lru_cache(maxsize=4)
def _named_again(data: bytes, names: frozenset[str]) -> tuple[Span, ...]:
    return tuple(_named(data, names))


def _named(data: bytes, names: frozenset[str]) -> Iterator[Span]:
    if _may_have_member(data, names):
        yield from _values(data, names, _MEMBER)
    if b"=" not in data and b"</" not in data:
        return
    lowered = data.lower()
    if not names and not any(stem in lowered for stem in _STEMS):
        return
    for mark, pattern in _NAMED:
        if mark in lowered:
            yield from _values(data, names, pattern)


def _may_have_member(data: bytes, names: frozenset[str]) -> bool:
    """Whether a member of an object may have the name of a secret: most bodies have none, which this tells fast."""
    return any(_is_secret(name, names) for pattern in _NAMES_OF_MEMBERS for name in set(pattern.findall(data)))


def _values(data: bytes, names: frozenset[str], pattern: re.Pattern[bytes]) -> Iterator[Span]:
    for found in pattern.finditer(data):
        if not _is_secret(found[1], names):
            continue
        begin = found.end()
        value = _VALUE_AFTER[pattern].get(data[begin : begin + 1], _VALUE_AFTER[pattern][b""]).match(data, begin)
        if value and value[1].strip():
            yield value.span(1)


@lru_cache(maxsize=4096)
def _is_secret(name: bytes, names: frozenset[str]) -> bool:
    """Whether a name, as it stands in a body, is that of a secret; in a query "?" or "&" comes before it."""
    text = name.decode("utf-8", "replace")
    bare = text.lstrip("?&").rpartition(":")[2]
    return is_secret_member(bare) or plain(bare) in names or (bare != text and is_secret_parameter(bare))


def looks_like_a_token(data: bytes) -> Iterator[Span]:
    """Where something stands that is a secret by its form, whatever its name: a JSON Web Token, credentials of HTTP, a
    password in a URL."""
    if b"eyJ" in data:
        yield from (found.span() for found in _JWT.finditer(data))
    if b"@" in data and b"://" in data:
        yield from (found.span(found.lastindex or 0) for found in _USERINFO.finditer(data))
    if b"earer " in data or b"asic " in data or b"EARER " in data or b"ASIC " in data:
        for found in _CREDENTIALS.finditer(data):
            text = found[1][1:]
            if text not in (text.lower(), text.upper()) or any(48 <= byte < 58 for byte in text):
                yield found.span(1)
