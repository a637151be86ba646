"""A secret that goes into a Redactor, or stands where secrets stand, does not come out."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable
from urllib.parse import quote, quote_plus, unquote

import msgspec
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from clausewise.exchange import Exchange, Failure, Headers, Probe, Request, Response
from clausewise.security.declared import Declared
from clausewise.security.names import SECRET_HEADERS
from clausewise.security.redact import COMMON_WORDS, MASK, Redactor
from clausewise.security.schemes import Slot
from clausewise.security.search import SHORTEST_LITERAL, Search
from clausewise.security.spellings import Span
from tests.servers import telltale


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


def test_a_backslash_before_a_character_of_several_bytes_divides_none() -> None:
    assert "00000" not in Redactor(["00000\\\x80"]).text("/a/00000\\\x80?b=1")


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
    assume(secret.lower() not in COMMON_WORDS)
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


@pytest.mark.parametrize(("name", "spell"), telltale.SPELLINGS.items())
@pytest.mark.parametrize("secret", ["BEARERsecret-11/+=", "a.b~c_d-e+f/12345678", "correct horse <battery> 7"])
def test_no_spelling_survives(secret: str, name: str, spell: Callable[[str], str]) -> None:
    random = " " not in secret
    if not random and name in ("the first twelve characters", "Base64 for URLs behind one byte"):
        return
    redactor, text = Redactor([secret]), f'<<{spell(secret)}>> and "{spell(secret)}"'
    assert redactor.text(text).count(MASK) == 2, redactor.text(text)
    assert spell(secret) not in redactor.data(text.encode()).decode()


def test_a_thousand_secrets_are_found_as_one_is() -> None:
    secrets = [f"{number:04}-Secret-{number * 7919 % 10007}" for number in range(1000)]
    text = json.dumps({"a": [base64.b64encode(secret.encode()).decode() for secret in secrets], "b": secrets})
    masked = Redactor(secrets).text(text)
    assert masked.count(MASK) == 2000
    assert not any(secret in masked for secret in secrets)
    assert json.loads(masked)["b"] == [MASK] * 1000


def test_five_layers_of_escapes_are_undone() -> None:
    secret = written = 'a"b/secret+77'
    redactor = Redactor([secret])
    for _ in range(5):
        written = quote(written, safe="")
        assert redactor.text(f"<{written}>") == f"<{MASK}>"


@pytest.mark.parametrize(
    ("user", "password", "masked"),
    [
        ("operator-77", "hunter2!", False),
        ("jane.doe@example.com", "hunter2!", False),
        ("sk_live_51H8xYzAb", "", True),
        ("operator-77", "", True),
        ("ghp_16C7e42F292c6912E7", "x-oauth-basic", True),
    ],
)
def test_of_basic_credentials_the_user_alone_is_a_secret_where_it_is_a_token(
    user: str, password: str, masked: bool
) -> None:
    redactor = Redactor([f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"])
    assert redactor.text(f"it was {user}.") == f"it was {MASK if masked else user}."
    assert redactor.text(f"<{user}:{password}>") == f"<{MASK}>"
    assert not password or redactor.text(f"<{password}>") == f"<{MASK}>"


@pytest.mark.parametrize(("length", "masked"), [(4096, True), (4097, False)])
def test_an_issued_value_of_great_length_is_not_looked_for_elsewhere(length: int, masked: bool) -> None:
    value = ("0123456789-Abcdef" * 300)[:length]
    redactor = Redactor(own_requests=True)
    redactor.learn_from(
        Exchange("1", Request("GET", "/a"), Response(200, (), b'{"access_token": "%b"}' % value.encode()))
    )
    assert redactor.text(value) == (MASK if masked else value)
    assert redactor.data(b'{"access_token": "%b"}' % value.encode()) == b'{"access_token": "%b"}' % MASK.encode()


def test_many_issued_secrets_push_out_the_oldest_alone() -> None:
    redactor = Redactor(["Held-secret-00"], own_requests=True)
    for number in range(1001):
        body = b'{"access_token": "Issued-%d-token"}' % number
        redactor.learn_from(Exchange("1", Request("GET", "/a"), Response(200, (), body)))
    lately = [f"Issued-{number}-token" for number in range(501, 1001)]
    assert {redactor.text(secret) for secret in [*lately, "Held-secret-00"]} == {MASK}
    # By its name it is known all the same.
    assert redactor.data(b'{"access_token": "Issued-0-token"}') == b'{"access_token": "%b"}' % MASK.encode()


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ('has `a` = "x ... wxyz"; told', 'has `a` = "x ... [redacted]"; told'),
        ('has `a` = "SECRETbeg ... ", told', 'has `a` = "[redacted] ... ", told'),
        ('has `a` = "x ... 99wxyz"; told', 'has `a` = "x ... [redacted]"; told'),
        ('has `a` = "%53%45%43%52%4 ... 9%77%78%79%7A"', 'has `a` = "[redacted]%4 ... [redacted]"'),
        ("it said SECRETbegin-9…", "it said [redacted]…"),
        ("SECRETbegin- is enough", "[redacted] is enough"),
        ("SECRETbegin is not", "SECRETbegin is not"),
        ("it had to begin ... and wxyz ended", "it had to begin ... and wxyz ended"),
    ],
)
def test_what_is_left_of_a_secret_that_was_cut(text: str, masked: str) -> None:
    assert Redactor(["SECRETbegin-99wxyz"]).text(text) == masked


@pytest.mark.parametrize(
    ("secret", "text", "masked"),
    [
        ("nSecret-123456", r'{"a": "x\nSecret-123456"}', '{"a": "x[redacted]"}'),
        ("nSecret-123456", r'{"a": "x\\\\nSecret-123456"}', r'{"a": "x\\\\[redacted]"}'),
        ("Secret-123456\\", r'{"a": "Secret-123456\n"}', '{"a": "[redacted]"}'),
    ],
    ids=["at its beginning", "after it", "at its end"],
)
def test_no_escape_is_cut_in_two(secret: str, text: str, masked: str) -> None:
    assert Redactor([secret]).text(text) == masked


ANSWER = b"""{"access_token": "Issued-token-1", "user": {"clientSecret": "Issued-secret-2", "password": "no"},
"api-key": "Issued\\"key\\u002d3", "pin_code": 123456, "secret": 20251126, "nextPageToken": "page-two-123", "tokens": 5,
"token_type": "Bearer", "has_password": true, "key": "a-plain-key-1", "note": "{\\"id_token\\": \\"Issued-id-4\\"}",
"link": "https://h/?sig=abcdef123&page=2", "url": "https://me:hunter2@h/",
"x": "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."}"""


def test_what_an_answer_issues_is_masked_there_and_everywhere_else() -> None:
    redactor = Redactor(own_requests=True)
    headers = (
        ("Set-Cookie", "sid=Issued-cookie-5; Secure"),
        ("X-New-Token", "Issued-header-6"),
        ("ETag", "Plain-etag-7"),
    )
    exchange = Exchange("1", Request("GET", "/a"), Response(200, headers, ANSWER))
    redactor.learn_from(exchange)
    response = redactor.exchange(exchange).response
    assert response is not None
    body = json.loads(response.body)
    shown = {name: value for name, value in body.items() if MASK not in json.dumps(value)}
    assert shown.keys() == {"pin_code", "nextPageToken", "tokens", "token_type", "has_password", "key"}
    assert body["link"] == f"https://h/?sig={MASK}&page=2" and body["url"] == f"https://me:{MASK}@h/"
    assert dict(response.headers) == {"Set-Cookie": MASK, "X-New-Token": MASK, "ETag": "Plain-etag-7"}
    for secret in ("Issued-token-1", "Issued-secret-2", 'Issued"key-3', "Issued-cookie-5", "Issued-header-6"):
        assert redactor.text(f"it is {secret.upper()}.") == f"it is {MASK}."
    assert redactor.text("no, a page-two-123 of a-plain-key-1") == "no, a page-two-123 of a-plain-key-1"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("form", b"user=me&pass_word=Value-123&x=1"),
        ("XML", b"<a><user>me</user><ns:clientSecret id='1'>Value-123</ns:clientSecret></a>"),
        ("multipart", b'--b\r\nContent-Disposition: form-data; name="api_key"\r\n\r\nValue-123\r\n--b--'),
        ("Python", b"{'user': 'me', 'access_token': 'Value-123'}"),
        ("cut", b'{"user": "me", "access_token": "Value-123'),
    ],
)
def test_secret_fields_of_other_media_types(kind: str, body: bytes) -> None:
    assert Redactor().data(body) == body.replace(b"Value-123", MASK.encode())


@pytest.mark.parametrize("between", [":", " : ", "   :  ", "\t:", "\n:\n", "=>", "  =>  "])
@pytest.mark.parametrize("mark", ['"', "'"])
def test_blanks_between_a_name_and_its_value(mark: str, between: str) -> None:
    body = f"{{{mark}access_token{mark}{between}{mark}Value-123{mark}, {mark}other{mark}: 1}}"
    assert Redactor().data(body.encode()).decode() == body.replace("Value-123", MASK)


@pytest.mark.parametrize(
    "body",
    [
        r'{"log": "user=me\npassword=Value-123\nx=1"}',
        r'{"access\u005ftoken": "Value-123"}',
        r'{"url": "https://me:Value-123\u0040host/"}',
        r'{"log": "<clientSecret>Value-123<\/clientSecret>"}',
        "access%5Ftoken=Value-123&x=1",
        "&#97;ccess_token=Value-123&x=1",
    ],
)
def test_escapes_in_what_stands_around_a_secret(body: str) -> None:
    assert Redactor().data(body.encode()).decode() == body.replace("Value-123", MASK)


def test_values_that_we_make_up_stay_so_that_a_finding_can_be_repeated() -> None:
    request = Request("POST", "/login?token=made-up-9", (), b'{"password": "Made-up-12"}')
    exchange = Exchange("1", request, Response(200, (), b'{"password": "Made-up-12", "again": "Made-up-12"}'))
    redactor = Redactor(own_requests=True)
    redactor.learn_from(exchange)
    masked = redactor.exchange(exchange)
    assert masked.request == request
    assert masked.response is not None and json.loads(masked.response.body) == {"password": MASK, "again": "Made-up-12"}
    others = Redactor()
    others.learn_from(exchange)
    assert b"Made-up" not in repr(others.exchange(exchange)).encode()


@pytest.mark.parametrize("value", ["wonderful", "Wonderful", "Ab3-xyz", "<the-token-1>", "********"])
def test_an_issued_value_that_says_little_is_masked_in_its_place_alone(value: str) -> None:
    body = json.dumps({"access_token": value, "note": value}).encode()
    exchange = Exchange("1", Request("GET", "/a"), Response(200, (), body))
    redactor = Redactor(own_requests=True)
    redactor.learn_from(exchange)
    masked = redactor.exchange(exchange).response
    assert masked is not None and json.loads(masked.body) == {"access_token": MASK, "note": value}


def test_bearer_credentials_are_known_by_their_form() -> None:
    assert Redactor().text("it sent Bearer Ab3xyz-0123456789.abc twice") == f"it sent Bearer {MASK} twice"


@pytest.mark.parametrize("common", ["true", "1", "admin", "password", "Default", "clusterName"])
def test_short_and_common_secrets_are_masked_in_their_places_alone(common: str) -> None:
    declared = Declared(words=frozenset({"clustername"}))
    redactor = Redactor([common], [Slot("query", "code")], declared=declared)
    body = json.dumps({common: common, "x": [common] * 3}).encode()
    exchange = Exchange(
        "1", Request("GET", f"/{common}?code={common}", (("X-Api-Key", common),)), Response(200, (), body)
    )
    masked = redactor.exchange(exchange)
    assert masked.request.target == f"/{common}?code={MASK}" and dict(masked.request.headers) == {"X-Api-Key": MASK}
    assert masked.response is not None and masked.response.body.count(common.encode()) >= 4


class _Line(msgspec.Struct, frozen=True):
    id: str
    text: str


def test_a_record_is_masked_text_by_text() -> None:
    lines = (_Line("1", "keep"), _Line("2", "it is Held-secret-01."), _Line("3", "a\\u0048eld-secret-01b"))
    assert Redactor(["Held-secret-01"]).record(lines) == (
        _Line("1", "keep"),
        _Line("2", f"it is {MASK}."),
        _Line("3", f"a{MASK}b"),
    )


@pytest.mark.parametrize(
    "texts",
    [
        ("Held-secret", "-01"),
        ("the first line...", "Held-sec"),
        ("a\\", "u0048eld-secret-01"),
        ("Bearer", "abcDEF0123456789"),
        ("https://user", ":Held-word@host"),
    ],
)
def test_texts_of_a_record_are_masked_as_each_is_alone(texts: tuple[str, ...]) -> None:
    redactor = Redactor(["Held-secret-01"])
    lines = tuple(_Line(str(number), text) for number, text in enumerate(texts))
    assert redactor.record(lines) == tuple(_Line(line.id, redactor.text(line.text)) for line in lines)


def test_a_record_without_secrets_is_the_same_object() -> None:
    lines = tuple(_Line(str(number), "x" * 1000) for number in range(200))
    assert Redactor(["Held-secret-01"]).record(lines) is lines


def test_a_record_is_searched_once_for_each_distinct_text(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[int] = []
    spans = Search.spans

    def counted(self: Search, data: bytes) -> list[Span]:
        searched.append(len(data))
        return spans(self, data)

    monkeypatch.setattr(Search, "spans", counted)
    text = "`name` has at most 64 characters"
    Redactor(["Held-secret-01"]).record(tuple(_Line("one", text) for _ in range(1000)))
    assert 0 < sum(searched) < 2 * len(text)
