"""What each kind of security scheme does to a request."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from clausewise.exchange import Headers, Request
from clausewise.security.schemes import KINDS, Slot, apply, basic, kind_of, present, strip, with_cookies
from clausewise.spec.operations import SecurityScheme

HEADER_KEY = SecurityScheme("key", "apiKey", location="header", parameter="X-Key")
QUERY_KEY = SecurityScheme("key", "apiKey", location="query", parameter="api_key")
COOKIE_KEY = SecurityScheme("key", "apiKey", location="cookie", parameter="SID")
BASIC = SecurityScheme("basic", "http", scheme="basic")
BEARER = SecurityScheme("bearer", "http", scheme="bearer")
DIGEST = SecurityScheme("digest", "http", scheme="digest")
OTHER = SecurityScheme("other", "http", scheme="negotiate")
OAUTH2 = SecurityScheme("oauth", "oauth2")
OPENID = SecurityScheme("oidc", "openIdConnect")
MUTUAL_TLS = SecurityScheme("tls", "mutualTLS")

SHOWN = [HEADER_KEY, QUERY_KEY, COOKIE_KEY, BASIC, BEARER, DIGEST, OTHER, OAUTH2, OPENID]


def label(scheme: SecurityScheme) -> str:
    return next(name for name, kind in KINDS.items() if kind is kind_of(scheme))


def get(target: str = "/x", *headers: tuple[str, str]) -> Request:
    return Request("GET", target, headers)


def test_every_kind_is_tried_here() -> None:
    assert {label(scheme) for scheme in (*SHOWN, MUTUAL_TLS)} == KINDS.keys()


@pytest.mark.parametrize("scheme", SHOWN, ids=label)
def test_what_is_applied_is_present_and_what_is_stripped_is_not(scheme: SecurityScheme) -> None:
    bare = get("/x?limit=1", ("Accept", "*/*"), ("Cookie", "theme=dark"))
    applied = apply(scheme, kind_of(scheme).stand_in(scheme), bare)
    assert not present(scheme, bare) and present(scheme, applied)
    assert apply(scheme, kind_of(scheme).stand_in(scheme), applied) == applied
    assert strip(scheme, applied) == bare


@pytest.mark.parametrize(
    ("scheme", "given", "written"),
    [
        pytest.param(BEARER, "abc", "Bearer abc", id="a token"),
        pytest.param(BEARER, "bearer abc", "bearer abc", id="a whole value"),
        pytest.param(BEARER, "a token", "Bearer a token", id="a token with a blank"),
        pytest.param(BEARER, "bearerish", "Bearer bearerish", id="a token that begins alike"),
        pytest.param(OTHER, "Negotiate abc", "Negotiate abc", id="another scheme's whole value"),
        pytest.param(OAUTH2, "abc", "Bearer abc", id="OAuth 2.0"),
        pytest.param(OPENID, "abc", "Bearer abc", id="OpenID Connect"),
        pytest.param(HEADER_KEY, "Bearer abc", "Bearer abc", id="a key is never changed"),
    ],
)
def test_how_what_is_given_is_written(scheme: SecurityScheme, given: str, written: str) -> None:
    assert kind_of(scheme).written(scheme, given) == written


@pytest.mark.parametrize("password", ["secret", "with:colon", "pässwörd"])
def test_basic_credentials_are_utf_8_up_to_the_first_colon(password: str) -> None:
    """RFC 7617 sections 2 and 2.1."""
    scheme, _, encoded = basic("user", password).partition(" ")
    assert scheme == "Basic"
    assert base64.b64decode(encoded).decode().split(":", 1) == ["user", password]


@pytest.mark.parametrize(
    ("scheme", "headers", "is_present"),
    [
        (BEARER, (("authorization", "bearer abc"),), True),
        (BEARER, (("Authorization", "Basic abc"),), False),
        (BEARER, (("Authorization", "Bearer "),), False),
        (BASIC, (("Authorization", "Basic abc"),), True),
        (OAUTH2, (("Authorization", "DPoP abc"),), True),
        (OAUTH2, (("Authorization", "abc"),), False),
        (HEADER_KEY, (("x-key", "abc"),), True),
        (HEADER_KEY, (("X-Key", ""),), False),
        (COOKIE_KEY, (("Cookie", "a=b; SID=c"),), True),
        (COOKIE_KEY, (("Cookie", "sid=c"),), False),
        (MUTUAL_TLS, (), True),
    ],
    ids=str,
)
def test_presence(scheme: SecurityScheme, headers: Headers, is_present: bool) -> None:
    assert present(scheme, Request("GET", "/x", headers)) is is_present


def test_a_header_is_never_written_twice() -> None:
    request = get("/x", ("authorization", "Bearer a"), ("Accept", "*/*"), ("Authorization", "Bearer b"))
    assert apply(BEARER, "Bearer c", request).headers == (("authorization", "Bearer c"), ("Accept", "*/*"))


def test_cookies_share_one_header() -> None:
    request = apply(COOKIE_KEY, "s", get("/x", ("Cookie", "theme=dark; SID=old")))
    assert request.headers == (("Cookie", "theme=dark; SID=s"),)
    assert with_cookies((), [("a", "1"), ("b", "2")]) == (("Cookie", "a=1; b=2"),)
    assert strip(COOKIE_KEY, get("/x", ("Cookie", "SID=s"))).headers == ()


@pytest.mark.parametrize(
    ("target", "applied"),
    [
        ("/x", "/x?api_key=a%26b"),
        ("/x?limit=1", "/x?limit=1&api_key=a%26b"),
        ("/x?api_key=old&limit=1&api%5Fkey=older", "/x?limit=1&api_key=a%26b"),
    ],
)
def test_a_key_in_the_query_takes_the_place_of_every_other(target: str, applied: str) -> None:
    request = apply(QUERY_KEY, "a&b", get(target))
    assert request.target == applied
    assert Slot("query", "api_key").read(request) == "a&b"
    assert "api" not in strip(QUERY_KEY, request).target


def test_the_documentation_says_how_each_kind_is_given() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "how-to" / "login.md").read_text(encoding="utf-8")
    rows = page.partition("## Every scheme\n")[2].partition("\n## ")[0].count("\n| `")
    assert rows == len(KINDS)
