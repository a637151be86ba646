"""What one security scheme does to a request: whether it is present, how it is applied, how it is stripped.

`KINDS` is the one table of the kinds of credentials (OpenAPI 3.1 section 4.8.27). A kind says where in a request its
credentials stand, how what a person gives is written there, and how a person gives it.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Literal
from urllib.parse import quote, unquote_plus

import msgspec

from clausewise.exchange import Headers, Request, cookie_pairs, header, query_pairs
from clausewise.spec.operations import SecurityScheme

#: what stands in for a token, a key or a password where nobody has a real one
STAND_IN = "clausewise-stand-in"

#: not the base64 that it looks like, as a password's or a token's is (RFC 7617 section 2, RFC 7519 section 3)
_ODD_TOKEN = "a.=.%"

#: beyond Latin-1, which a header or a comparison of bytes may be limited to
_ODD_TEXT = "\u0141\u00f3d\u017a"

#: a request's `Authorization` for `Basic` holds user and password in this encoding (RFC 7617 section 2.1)
_BASIC_CHARSET = "utf-8"


class Slot(msgspec.Struct, frozen=True):
    """The place in a request that holds one credential."""

    location: Literal["header", "query", "cookie"]
    #: as the document writes it; the names of headers compare without case
    name: str

    def holds(self, location: str, name: str) -> bool:
        """Whether a parameter of this location and name stands in the same place."""
        if location == "header":
            return self.location == "header" and self.name.lower() == name.lower()
        return (self.location, self.name) == (location, name)

    def read(self, request: Request) -> str | None:
        """What stands here, of a query percent-decoded; None where nothing does."""
        if self.location == "header":
            return header(request.headers, self.name)
        pairs = cookie_pairs(request.headers) if self.location == "cookie" else _query(request)
        return next((value for name, value in pairs if name == self.name), None)

    def write(self, request: Request, value: str) -> Request:
        """`request` with `value` here, in the place of all that stood here before."""
        if self.location == "header":
            return msgspec.structs.replace(request, headers=_with_header(request.headers, self.name, value))
        if self.location == "cookie":
            return msgspec.structs.replace(request, headers=with_cookies(request.headers, [(self.name, value)]))
        target = self.clear(request).target
        pair = f"{quote(self.name, safe='')}={quote(value, safe='')}"
        return msgspec.structs.replace(request, target=f"{target}{'&' if '?' in target else '?'}{pair}")

    def clear(self, request: Request) -> Request:
        """`request` with nothing here."""
        if self.read(request) is None:
            return request
        if self.location == "header":
            kept = tuple(pair for pair in request.headers if pair[0].lower() != self.name.lower())
            return msgspec.structs.replace(request, headers=kept)
        if self.location == "cookie":
            left = [pair for pair in cookie_pairs(request.headers) if pair[0] != self.name]
            bare = Slot("header", "Cookie").clear(request)
            return msgspec.structs.replace(bare, headers=with_cookies(bare.headers, left))
        path, _, query = request.target.partition("?")
        parts = [part for part in query.split("&") if unquote_plus(part.partition("=")[0]) != self.name]
        return msgspec.structs.replace(request, target=f"{path}?{'&'.join(parts)}" if parts else path)


class Kind(msgspec.Struct, frozen=True, eq=False):
    """One kind of security scheme."""

    #: where its credentials stand; None where a request does not show them
    slot: Callable[[SecurityScheme], Slot | None]
    #: what a token, a key or a whole value that a person gives looks like in that place
    written: Callable[[SecurityScheme, str], str]
    #: whether a value in that place is one of this scheme's, whatever it is worth
    fits: Callable[[SecurityScheme, str], bool]
    #: what a person writes behind `NAME = ` in `[tool.clausewise.credentials]`
    example: str
    #: the value of a header that gives it as well, with "..." for the secret; "" where no header does
    as_header: Callable[[SecurityScheme], str]
    #: keys that a table in `[tool.clausewise.credentials]` may have; () where it must be a string
    keys: tuple[str, ...] = ()
    #: whether a string serves in the place of a table
    takes_string: bool = True
    #: why it cannot be applied, as a sentence; "" where it can
    unsupported: str = ""
    #: what is written where nobody has credentials
    stand_in: Callable[[SecurityScheme], str] = lambda scheme: kind_of(scheme).written(scheme, STAND_IN)
    #: a value in that place in a form that nobody issues, which a careless reader fails on
    odd: Callable[[SecurityScheme], str] = lambda scheme: kind_of(scheme).written(scheme, _ODD_TOKEN)


def present(scheme: SecurityScheme, request: Request) -> bool:
    """Whether a request carries credentials of a scheme, whatever they are worth."""
    kind = kind_of(scheme)
    slot = kind.slot(scheme)
    if slot is None:
        # Presented below HTTP, where a request does not show it.
        return True
    value = slot.read(request)
    return bool(value) and kind.fits(scheme, value or "")


def apply(scheme: SecurityScheme, value: str, request: Request) -> Request:
    """`request` with `value`, as `Kind.written` gives it, as its only credentials in the scheme's place."""
    slot = kind_of(scheme).slot(scheme)
    return slot.write(request, value) if slot is not None else request


def strip(scheme: SecurityScheme, request: Request) -> Request:
    """`request` with nothing in the scheme's place, not even a parameter of the same name."""
    slot = kind_of(scheme).slot(scheme)
    return slot.clear(request) if slot is not None else request


def slot_of(scheme: SecurityScheme) -> Slot | None:
    """Where a scheme's credentials stand in a request; None where a request does not show them."""
    return kind_of(scheme).slot(scheme)


def kind_of(scheme: SecurityScheme) -> Kind:
    """The kind of a scheme."""
    if scheme.type == "http":
        return KINDS.get(f"http {scheme.scheme}", KINDS["http"]) if scheme.scheme else _UNKNOWN
    if scheme.type == "apiKey":
        return KINDS.get(f"apiKey {scheme.location}", _UNKNOWN) if scheme.parameter else _UNKNOWN
    return KINDS.get(scheme.type, _UNKNOWN)


def basic(username: str, password: str) -> str:
    """The value of `Authorization` for a user and a password (RFC 7617 section 2)."""
    return f"Basic {base64.b64encode(f'{username}:{password}'.encode(_BASIC_CHARSET)).decode()}"


def with_cookies(headers: Headers, pairs: list[tuple[str, str]]) -> Headers:
    """`headers` with these cookies in the one `Cookie` header, in the place of others of their names."""
    names = {name for name, _ in pairs}
    kept = [f"{name}={value}" for name, value in cookie_pairs(headers) if name not in names]
    written = "; ".join([*kept, *(f"{name}={value}" for name, value in pairs)])
    return _with_header(headers, "Cookie", written) if written else headers


def _with_header(headers: Headers, name: str, value: str) -> Headers:
    """`headers` with one header of this name, where the first one stood, else at their end."""
    same = [index for index, (other, _) in enumerate(headers) if other.lower() == name.lower()]
    if not same:
        return (*headers, (name, value))
    kept = [(pair if index != same[0] else (pair[0], value)) for index, pair in enumerate(headers)]
    return tuple(pair for index, pair in enumerate(kept) if index not in same[1:])


def _query(request: Request) -> list[tuple[str, str]]:
    return query_pairs(request.target.partition("?")[2])


def _authorization(_: SecurityScheme) -> Slot:
    return Slot("header", "Authorization")


def _authentication_scheme(scheme: SecurityScheme) -> str:
    """The name before the credentials in `Authorization`, which compares without case (RFC 9110 section 11.1)."""
    return scheme.scheme.capitalize() if scheme.type == "http" else "Bearer"


def _with_scheme(scheme: SecurityScheme, given: str) -> str:
    """A token behind its authentication scheme; a whole value that already has it stays as it is."""
    name = _authentication_scheme(scheme)
    return given if given.lower().startswith(f"{name.lower()} ") else f"{name} {given}"


def _has_scheme(scheme: SecurityScheme, value: str) -> bool:
    name, _, credentials = value.partition(" ")
    return bool(credentials.strip()) and name.lower() == scheme.scheme


def _is_token(_: SecurityScheme, value: str) -> bool:
    # OpenAPI does not say how a token of `oauth2` or `openIdConnect` is presented: mostly as a bearer's.
    return bool(value.partition(" ")[2].strip())


def _as_it_is(_: SecurityScheme, given: str) -> str:
    return given


def _anything(_: SecurityScheme, value: str) -> bool:
    return bool(value)


def _in(location: Literal["header", "query", "cookie"]) -> Callable[[SecurityScheme], Slot]:
    return lambda scheme: Slot(location, scheme.parameter)


def _token_header(scheme: SecurityScheme) -> str:
    return f"Authorization: {_authentication_scheme(scheme)} ..."


_TOKEN = Kind(_authorization, _with_scheme, _is_token, '"..."', _token_header)
_FLOWS = ("token-url", "client-id", "client-secret", "username", "password", "scopes")

#: every kind of security scheme there is, by its type and what tells kinds of one type apart
KINDS: dict[str, Kind] = {
    "apiKey header": Kind(_in("header"), _as_it_is, _anything, '"..."', lambda scheme: f"{scheme.parameter}: ..."),
    "apiKey query": Kind(_in("query"), _as_it_is, _anything, '"..."', lambda _: "", odd=lambda _: _ODD_TEXT),
    "apiKey cookie": Kind(
        _in("cookie"),
        _as_it_is,
        _anything,
        '"..."',
        lambda scheme: f"Cookie: {scheme.parameter}=...",
        odd=lambda _: quote(_ODD_TEXT),
    ),
    "http basic": Kind(
        _authorization,
        _with_scheme,
        _has_scheme,
        '{ username = "...", password = "..." }',
        _token_header,
        keys=("username", "password"),
        takes_string=False,
        stand_in=lambda _: basic("clausewise", STAND_IN),
        odd=lambda _: f"Basic {_ODD_TOKEN}",
    ),
    "http bearer": Kind(_authorization, _with_scheme, _has_scheme, '"..."', _token_header),
    "http digest": Kind(
        _authorization,
        _with_scheme,
        _has_scheme,
        "",
        lambda _: "",
        unsupported="HTTP digest authentication (RFC 7616) is not supported",
    ),
    "http": Kind(_authorization, _with_scheme, _has_scheme, '"..."', _token_header),
    "oauth2": msgspec.structs.replace(_TOKEN, example='{ client-id = "...", client-secret = "..." }', keys=_FLOWS),
    "openIdConnect": msgspec.structs.replace(_TOKEN, keys=_FLOWS),
    "mutualTLS": Kind(
        lambda _: None,
        _as_it_is,
        _anything,
        '{ cert = "...", key = "..." }',
        lambda _: "",
        keys=("cert", "key"),
        takes_string=False,
    ),
}

#: a type that OpenAPI does not know, or one that lacks what says where and how its credentials are sent
_UNKNOWN = msgspec.structs.replace(
    _TOKEN, unsupported="a security scheme that OpenAPI does not define is not supported"
)
