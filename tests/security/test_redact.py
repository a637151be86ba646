"""A secret that goes into a Redactor, or stands where secrets stand, does not come out."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable
from urllib.parse import quote, quote_plus, unquote

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from clausewise.exchange import Exchange, Failure, Headers, Probe, Request, Response
from clausewise.security.names import SECRET_HEADERS
from clausewise.security.redact import MASK, Redactor
from clausewise.security.schemes import Slot
from clausewise.security.search import SHORTEST_LITERAL


@pytest.mark.parametrize(
    ("name", "value", "masked"),
    [
        ("Authorization", "Bearer abc.def", "Bearer [redacted]"),
        ("authorization", "basic dXNlcjpwYXNz", "basic [redacted]"),
        ("Proxy-Authorization", 'Digest username="a", response="b"', "Digest [redacted]"),
        ("Authorization", "abc.def", "[redacted]"),
        ("Authorization", "my pass phrase", "[redacted]"),
        ("Authorization", "Bearer ", "[redacted]"),
        ("Authorization", "", ""),
        ("X-API-Key", "k", "[redacted]"),
        ("Cookie", "sid=1; theme=dark", "[redacted]"),
        ("Set-Cookie", "sid=1; HttpOnly", "[redacted]"),
        ("Location", "https://h/cb?code=1&access_token=abc#x", "https://h/cb?code=1&access_token=[redacted]#x"),
        ("Link", '<https://h/?page=2&api_key=abc>; rel="next"', '<https://h/?page=2&api_key=[redacted]>; rel="next"'),
        ("Content-Type", "application/json; charset=utf-8", "application/json; charset=utf-8"),
        ("Idempotency-Key", "1234567", "1234567"),
    ],
)
def test_header_values(name: str, value: str, masked: str) -> None:
    assert Redactor().headers(((name, value),)) == ((name, masked),)


@pytest.mark.parametrize("name", sorted(SECRET_HEADERS))
def test_every_secret_header_is_masked_in_any_case(name: str) -> None:
    assert Redactor().headers(((name.title(), "s3cret"),)) == ((name.title(), MASK),)


@pytest.mark.parametrize(
    ("target", "masked"),
    [
        ("/a?token=1&b=2", "/a?token=[redacted]&b=2"),
        ("/a?b=2&API_KEY=x%20y;z'", "/a?b=2&API_KEY=[redacted]"),
        ("/a?client_secret=1&password=2", "/a?client_secret=[redacted]&password=[redacted]"),
        ("/a?signature=3", "/a?signature=[redacted]"),
        ("/a?apikey=1&key=2&secret=3", "/a?apikey=[redacted]&key=[redacted]&secret=[redacted]"),
        ("/a?token=", "/a?token="),
        ("/token=1/a?keyword=2&monkey=3&page_token_size=4", "/token=1/a?keyword=2&monkey=3&page_token_size=4"),
    ],
)  # fmt: skip
def test_query_parameters(target: str, masked: str) -> None:
    assert Redactor().target(target) == masked


@pytest.mark.parametrize(
    ("secret", "text", "masked"),
    [
        ("hunter2!", "it is hunter2! twice hunter2!", "it is [redacted] twice [redacted]"),
        ("hunter2!", "q=hunter2%21", "q=[redacted]"),
        ("pass wörd", "pass%20w%c3%b6rd pass+w%C3%B6rd", "[redacted] [redacted]"),
        ('quo"te\\/', r'{"a": "quo\"te\\\/"}', '{"a": "[redacted]"}'),
        ("a&b<c>d'e\"f", "a&#38;b&#x3c;c&gt;d&apos;e&#034;f", "[redacted]"),
        ("wörd😀word", r'"w\u00f6rd\uD83D\ude00word"', '"[redacted]"'),
        ("Bearer abcdef123", "token abcdef123 seen", "token [redacted] seen"),
        (
            f"Basic {base64.b64encode(b'me:hunter2!').decode()}",
            "hunter2! is the password",
            "[redacted] is the password",
        ),
        ("abcdef", "abcdefghi abcdef", "[redacted]ghi [redacted]"),
        ("short", "a short text", "a short text"),
        ("", "nothing", "nothing"),
    ],
)
def test_literals_in_text(secret: str, text: str, masked: str) -> None:
    redactor = Redactor([secret])
    assert redactor.text(text) == masked
    assert redactor.data(text.encode()) == masked.encode()


def test_the_longer_of_two_secrets_is_masked_whole() -> None:
    assert Redactor(["abcdef", "abcdefghi"]).text("abcdefghi") == MASK


def test_bodies_that_are_no_text_stay_bytes() -> None:
    assert Redactor(["hunter2!"]).data(b"\xff\x00hunter2!\xfe") == b"\xff\x00[redacted]\xfe"


def test_a_redactor_without_secrets_gives_back_what_it_got() -> None:
    redactor = Redactor(["abc"])
    assert redactor.learned == 0
    assert redactor.data(b"abc") == b"abc"


def test_nothing_but_the_secret_changes() -> None:
    exchange = Exchange(
        "op-1", Request("POST", "/a?b=1", (("A", "b"),), b"{}"), Response(200, (("C", "d"),), b"e", 0.5)
    )
    assert Redactor(["hunter2!"]).exchange(exchange) == exchange


#: the ways in which a secret can be written somewhere
PLACES: dict[str, Callable[[str], str]] = {
    "as it is": lambda secret: secret,
    "percent-encoded": lambda secret: quote(secret, safe=""),
    "a path": quote,
    "a form": quote_plus,
    "lower-case percent": lambda secret: re.sub(
        "%..", lambda found: found[0].lower(), quote(secret, safe="")
    ),
    "JSON": json.dumps,
    "JSON in UTF-8": lambda secret: json.dumps(secret, ensure_ascii=False),
    "JSON in JSON": lambda secret: json.dumps(json.dumps({"a": secret})),
    "HTML": html.escape,
    "Python": lambda secret: repr(secret) if secret.isprintable() else secret,
    "Base64": lambda secret: base64.b64encode(secret.encode()).decode(),
    "Basic credentials": lambda secret: base64.b64encode(f"user:{secret}".encode()).decode(),
    "longer Basic credentials": lambda secret: base64.b64encode(f"users:{secret}!".encode()).decode(),
    "URL-safe Base64": lambda secret: base64.urlsafe_b64encode(f"u:{secret}".encode()).decode(),
}  # fmt: skip


@settings(deadline=None, max_examples=200)
@given(
    secret=st.text(min_size=SHORTEST_LITERAL, max_size=40),
    place=st.sampled_from(sorted(PLACES)),
    before=st.text(max_size=5),
    after=st.text(max_size=5),
)
@example("pass+word/=%&?", "percent-encoded", "", "")
@example("\0\n\t\"\\'", "JSON", "", "")
@example("a'b\"c\\d", "Python", "", "")
@example("pass&<>'\"/é", "HTML", "", "")
@example("pass&<>'\"/é", "JSON in JSON", "", "")
@example("Bearer abcdef", "as it is", "", "")
def test_a_secret_placed_anywhere_never_survives(secret: str, place: str, before: str, after: str) -> None:
    written = PLACES[place](secret)
    # what the mask or the text around it holds anyway is no secret
    assume(not any(secret in text for text in (MASK, before, after)))
    text = before + written + after
    headers: Headers = (("X-Note", text), ("Authorization", f"Bearer {written}"), ("X-Basic", f"Basic {written}"))
    exchange = Exchange(
        "op-0001",
        Request("POST", f"/a/{text}?b={text}", headers, text.encode()),
        Response(200, headers, b"\xff" + text.encode()),
        Failure("protocol", text),
        Probe("op", "baseline", text, "accept"),
    )
    redacted = Redactor([secret]).exchange(exchange)
    assert redacted.response is not None
    assert redacted.failure is not None
    assert redacted.probe is not None
    assert redacted.request.body is not None
    parts = [
        redacted.request.target,
        redacted.request.body.decode(),
        *(value for _, value in redacted.request.headers + redacted.response.headers),
        redacted.response.body[1:].decode(),
        redacted.failure.message,
        redacted.probe.note,
    ]
    for part in parts:
        assert MASK in part
        assert written not in part.replace(MASK, "\n\n") or written in before + after
        assert secret not in part.replace(MASK, "\n\n")
        assert secret not in unquote(part).replace(MASK, "\n\n")


def test_what_a_request_carries_is_masked_wherever_it_is_repeated() -> None:
    """Of recordings and of tests nobody says what their secrets are."""
    request = Request(
        "GET", "/x?k=query-secret&limit=1", (("Authorization", "Bearer bearer-secret"), ("X-H", "h-secret"))
    )
    response = Response(200, (("X-H", "h-secret"),), b'["bearer-secret", "query-secret", "h-secret", "public"]')
    redactor = Redactor((), (Slot("query", "k"), Slot("header", "X-H")))
    redactor.learn_from(Exchange("1", request, response))
    masked = redactor.exchange(Exchange("1", request, response))
    assert masked.request.target == f"/x?k={MASK}&limit=1"
    assert dict(masked.request.headers) == {"Authorization": f"Bearer {MASK}", "X-H": MASK}
    assert masked.response is not None and dict(masked.response.headers) == {"X-H": MASK}
    assert json.loads(masked.response.body) == [MASK, MASK, MASK, "public"]


def test_a_short_secret_is_masked_in_its_place() -> None:
    redactor = Redactor(["k"], (Slot("query", "api key"), Slot("header", "X-H")))
    assert redactor.target("/k?api%20key=k&k=k") == f"/k?api%20key={MASK}&k=k"
    assert redactor.headers((("x-h", "k"), ("X-K", "k"))) == (("x-h", MASK), ("X-K", "k"))
