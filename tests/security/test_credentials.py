"""Which alternative of a security requirement goes with an operation's requests, and what configures it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from clausewise.errors import ConfigError, Location
from clausewise.exchange import Headers, Request
from clausewise.options import SchemeCredentials
from clausewise.security.configure import configure
from clausewise.security.credentials import Certificate, OperationCredentials
from clausewise.security.oauth import Grant
from clausewise.security.schemes import Slot
from clausewise.spec.specification import Specification
from tests.conftest import Compile

SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "basic": {"type": "http", "scheme": "basic"},
    "digest": {"type": "http", "scheme": "digest"},
    "hkey": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "qkey": {"type": "apiKey", "in": "query", "name": "api_key"},
    "cook": {"type": "apiKey", "in": "cookie", "name": "SID"},
    "oauth": {
        "type": "oauth2",
        "flows": {"clientCredentials": {"tokenUrl": "/token", "scopes": {}}, "password": {"tokenUrl": "/login"}},
    },
    "oidc": {"type": "openIdConnect", "openIdConnectUrl": "/o"},
    "tls": {"type": "mutualTLS"},
    "unused": {"type": "http", "scheme": "bearer"},
}

BEARER, BASIC = ("Authorization", "Bearer good"), ("Authorization", "Basic dTpw")
KEY, COOKIE = ("x-key", "good"), ("Cookie", "theme=dark; SID=good")
PLAIN = ("X-Trace", "1")


def specification(compiled: Compile, *security: Any) -> Specification:
    """A document with an operation `op0`, `op1`, ... for each requirement; None for one that has none."""
    paths = {}
    for number, requirement in enumerate(security):
        operation: dict[str, Any] = {"operationId": f"op{number}", "responses": {"200": {"description": "ok"}}}
        if requirement is not None:
            operation["security"] = [{name: [] for name in names.split()} for names in requirement]
        paths[f"/{number}"] = {"get": operation}
    return compiled({"paths": paths, "components": {"securitySchemes": SCHEMES}}).specification


def of(spec: Specification, number: int = 0, **given: Any) -> OperationCredentials:
    return configure(spec, **given).of(spec.operations[number])


def applied(credentials: OperationCredentials) -> list[str]:
    return [scheme.name for scheme, _ in credentials.applied]


def table(value: str | None = None, **fields: Any) -> SchemeCredentials:
    return SchemeCredentials(location=Location("pyproject.toml", 3, 1), value=value, **fields)


@pytest.mark.parametrize(
    ("security", "headers", "chosen"),
    [
        pytest.param(["bearer"], [BEARER], ["bearer"], id="one"),
        pytest.param(["bearer", "hkey"], [KEY], ["hkey"], id="the second alternative"),
        pytest.param(["bearer", "hkey"], [KEY, BEARER], ["bearer"], id="the first of both, alone"),
        pytest.param(["bearer", "hkey", "cook"], [COOKIE], ["cook"], id="the third alternative"),
        pytest.param(["bearer hkey"], [BEARER, KEY], ["bearer", "hkey"], id="both parts of an AND"),
        pytest.param(["bearer hkey cook"], [BEARER, KEY, COOKIE], ["bearer", "hkey", "cook"], id="an AND of three"),
        pytest.param(["bearer hkey", "cook"], [BEARER, COOKIE], ["cook"], id="an AND that lacks a part"),
        pytest.param(["", "bearer"], [BEARER], ["bearer"], id="optional, and configured"),
        pytest.param(["", "hkey"], [BEARER], [], id="optional, and not configured"),
        pytest.param(["basic"], [BASIC], ["basic"], id="basic"),
        pytest.param(["oauth"], [BEARER], ["oauth"], id="oauth2"),
        pytest.param(["oidc"], [BEARER], ["oidc"], id="openIdConnect"),
        pytest.param(["bearer", "basic"], [BASIC], ["basic"], id="basic is no bearer"),
    ],
)
def test_the_first_configured_alternative_is_applied_alone(
    compiled: Compile, security: list[str], headers: list[tuple[str, str]], chosen: list[str]
) -> None:
    credentials = of(specification(compiled, security, ["bearer"]), headers=(*headers, PLAIN))
    assert (applied(credentials), credentials.real, credentials.missing) == (chosen, bool(chosen), "")
    request = credentials.apply(Request("GET", "/x", credentials.headers))
    assert PLAIN in request.headers
    names = [name.lower() for name, _ in request.headers]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("security", "headers", "missing"),
    [
        (
            ["bearer"],
            [],
            "(`bearer`): give -H 'Authorization: Bearer ...' or [tool.clausewise.credentials] bearer = \"...\"",
        ),
        (["bearer hkey"], [BEARER], "(`bearer` and `hkey`): give -H 'X-Key: ...' or "),
        (
            ["bearer hkey", "qkey"],
            [],
            '(`bearer` and `hkey` or `qkey`): give [tool.clausewise.credentials] qkey = "..."',
        ),
        (
            ["basic"],
            [BEARER],
            "(`basic`): give -H 'Authorization: Basic ...' or [tool.clausewise.credentials] basic = { user",
        ),
        (["cook"], [], "(`cook`): give -H 'Cookie: SID=...' or "),
        (["oauth"], [BASIC], "(`oauth`): give -H 'Authorization: Bearer ...' or "),
        (
            ["digest"],
            [("Authorization", "Digest a")],
            "(`digest`): HTTP digest authentication (RFC 7616) is not supported",
        ),
        (
            ["bearer basic"],
            [BEARER, BASIC],
            "(`bearer` and `basic`): two of its schemes need the same place in a request",
        ),
    ],
    ids=str,
)
def test_what_is_missing_is_named(
    compiled: Compile, security: list[str], headers: list[tuple[str, str]], missing: str
) -> None:
    credentials = of(specification(compiled, security), headers=tuple(headers))
    assert not credentials.can_call and credentials.applied == ()
    assert credentials.missing.startswith(f"credentials are required {missing}")


@pytest.mark.parametrize(
    "scheme",
    [
        {"type": "http"},
        {"type": "apiKey", "name": "id", "in": "path"},
        {"type": "apiKey", "name": "id"},
        {"type": "apiKey", "in": "header"},
        {"type": "saml"},
        {},
    ],
    ids=str,
)
def test_a_scheme_that_openapi_does_not_define_is_named_as_the_reason(compiled: Compile, scheme: Any) -> None:
    read = {"responses": {"200": {"description": ""}}, "security": [{"odd": []}]}
    spec = compiled({"paths": {"/x": {"get": read}}, "components": {"securitySchemes": {"odd": scheme}}}).specification
    reason = "a security scheme that OpenAPI does not define is not supported"
    assert of(spec, headers=(BEARER, ("Cookie", "id=1"))).missing == f"credentials are required (`odd`): {reason}"
    with pytest.raises(ConfigError, match=f'the credentials for "odd" cannot be used: {reason}'):
        configure(spec, tables={"odd": table("s3cret")})


@pytest.mark.parametrize("security", [None, []], ids=["no requirement", "overridden with []"])
def test_where_nothing_is_required_only_headers_go_along(compiled: Compile, security: list[str] | None) -> None:
    spec = specification(compiled, security, ["bearer", "basic", "qkey"])
    credentials = of(spec, headers=(BEARER, BASIC, PLAIN), tables={"qkey": table("good")})
    assert credentials.apply(Request("GET", "/x")).target == "/x"
    assert len(credentials.applied) == 1 and credentials.schemes == () and credentials.can_call


def test_a_header_for_a_scheme_that_no_operation_names_is_a_plain_one(compiled: Compile) -> None:
    credentials = of(specification(compiled, None), headers=(BEARER,))
    assert (credentials.headers, credentials.applied) == ((BEARER,), ())


def test_cookies_of_several_headers_are_sent_in_one(compiled: Compile) -> None:
    headers = (("Cookie", "a=1; SID=good"), PLAIN, ("cookie", "b=2"))
    credentials = of(specification(compiled, ["cook"]), headers=headers)
    assert credentials.headers == (PLAIN, ("Cookie", "a=1; b=2"))
    request = credentials.apply(Request("GET", "/x", credentials.headers))
    assert dict(request.headers)["Cookie"] == "a=1; b=2; SID=good"


def test_stand_ins_are_of_the_operations_own_kinds(compiled: Compile) -> None:
    spec = specification(compiled, ["bearer"], ["basic"], ["qkey cook"], ["digest"], ["", "hkey"])
    credentials = configure(spec)
    made_up = type(credentials)(schemes=credentials.schemes, stand_ins=True)
    chosen = [made_up.of(operation) for operation in spec.operations]
    assert [applied(each) for each in chosen] == [["bearer"], ["basic"], ["qkey", "cook"], ["digest"], []]
    assert not any(each.real for each in chosen) and all(each.can_call for each in chosen)


def test_each_part_of_an_and_can_be_left_out(compiled: Compile) -> None:
    credentials = of(specification(compiled, ["bearer hkey qkey"]), headers=(BEARER, KEY), tables={"qkey": table("k")})
    whole = credentials.apply(Request("GET", "/x"))
    assert [scheme.name for scheme in credentials.parts] == ["bearer", "hkey", "qkey"]
    for scheme, gone in zip(credentials.parts, ("Authorization", "X-Key", "api_key"), strict=True):
        request = credentials.apply(Request("GET", "/x"), [scheme])
        assert gone not in (*dict(request.headers), request.target.partition("?")[2].partition("=")[0])
        assert len(request.headers) + ("?" in request.target) == len(whole.headers)
    assert credentials.strip(whole) == Request("GET", "/x")


def test_values_by_name_give_a_key_to_their_operation(compiled: Compile) -> None:
    spec = specification(compiled, ["qkey"], ["qkey"])

    values = {"op0": {"api_key": "good"}}
    assert of(spec, values=values).apply(Request("GET", "/x")).target == "/x?api_key=good"
    assert not of(spec, 1, values=values).can_call
    both = of(specification(compiled, ["hkey"]), headers=[KEY], values={"X-Key": "worse"})
    assert dict(both.apply(Request("GET", "/x")).headers) == {"X-Key": "good"}, "a header goes before a value"
    for none in ("", None, ["good"], {"a": "good"}):
        assert not of(spec, values={"api_key": none}).can_call
    with pytest.raises(ConfigError, match=r'^the values of "X-Key" have a character that a header cannot carry$'):
        of(specification(compiled, ["hkey"]), values={"X-Key": "s3cret\nof two lines"})


@pytest.mark.parametrize(
    ("name", "given", "headers"),
    [
        ("bearer", table("env:TOKEN"), {"Authorization": "Bearer s3cret"}),
        ("hkey", table("k"), {"X-Key": "k"}),
        ("cook", table("k="), {"Cookie": "SID=k="}),
        ("basic", table(username="u", password="env:TOKEN"), {"Authorization": "Basic dTpzM2NyZXQ="}),
        ("oauth", table("env:TOKEN"), {"Authorization": "Bearer s3cret"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_table_gives_credentials_by_the_schemes_name(
    compiled: Compile, name: str, given: SchemeCredentials, headers: dict[str, str]
) -> None:
    spec = specification(compiled, [name])
    credentials = configure(spec, tables={name: given}, environ={"TOKEN": "s3cret"})
    assert dict(credentials.of(spec.operations[0]).apply(Request("GET", "/x")).headers) == headers
    assert set(headers.values()) & {*credentials.secrets, *(f"SID={secret}" for secret in credentials.secrets)}


def test_a_key_in_a_query_may_have_any_character(compiled: Compile) -> None:
    spec = specification(compiled, ["qkey"])
    given = configure(spec, tables={"qkey": table("a é")})
    assert given.of(spec.operations[0]).apply(Request("GET", "/x")).target == "/x?api_key=a%20%C3%A9"


def test_a_header_goes_before_a_table(compiled: Compile) -> None:
    credentials = of(specification(compiled, ["bearer"]), headers=(BEARER,), tables={"bearer": table("other")})
    assert dict(credentials.apply(Request("GET", "/x")).headers) == dict([BEARER])


@pytest.mark.parametrize(
    ("given", "grant"),
    [
        (table(client_id="c", client_secret="s"), Grant("/token", "c", "s")),
        (table(username="u", password="p", scopes=("a",)), Grant("/login", None, None, "u", "p", ("a",))),
        (table(client_id="c", client_secret="s", token_url="https://a/t"), Grant("https://a/t", "c", "s")),
    ],
    ids=["client credentials", "password", "another URL"],
)
def test_a_table_may_say_how_a_token_is_had(compiled: Compile, given: SchemeCredentials, grant: Grant) -> None:
    credentials = configure(specification(compiled, ["oauth"]), tables={"oauth": given})
    assert credentials.grants == {"oauth": grant} and set(grant.secrets) <= set(credentials.secrets)
    renewed = credentials.renewed(tokens={"oauth": "t0ken"})
    assert renewed.values == {"oauth": "Bearer t0ken"} and {"t0ken", *credentials.secrets} <= set(renewed.secrets)


def test_mutual_tls_is_given_as_files_and_needed_only_over_tls(compiled: Compile, tmp_path: Path) -> None:
    spec, cert = specification(compiled, ["tls"]), tmp_path / "client.pem"
    cert.touch()
    assert of(spec).can_call and not of(spec, over_tls=True).can_call
    assert 'tls = { cert = "...", key = "..." }' in of(spec, over_tls=True).missing
    given = configure(spec, tables={"tls": table(cert=cert)}, over_tls=True)
    assert given.certificate == Certificate(cert) and given.of(spec.operations[0]).can_call


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("bearr", table("s3cret"), 'no security scheme "bearr" (it has bearer, basic, digest, '),
        ("bearer", table("env:NONE"), '"bearer" is read from the environment variable NONE, which is empty or not set'),
        ("bearer", table(username="s3cret", password="x"), '"bearer" must be a string (write bearer = "...")'),
        ("bearer", table("s3crét"), '"bearer" have a character that a header cannot carry'),
        ("cook", table("s3cret; a"), '"cook" have a character that a cookie cannot carry'),
        ("basic", table("s3cret"), '"basic" must be a table (write basic = { username = "...", password = "..." })'),
        ("basic", table(username="s3cret"), '"basic" must give username and password together'),
        ("basic", table(username="s3:cret", password="x"), '"basic" have a colon in the username'),
        ("digest", table("s3cret"), '"digest" cannot be used: HTTP digest authentication'),
        ("oauth", table(client_secret="s3cret"), '"oauth" must give client-id and client-secret, or username and'),
        ("oidc", table(client_id="a", client_secret="s3cret"), '"oidc" must give token-url'),
        ("tls", table(cert=Path("s3cret.pem")), '"tls" name a file that does not exist'),
        ("hkey", table(), '"hkey" must be a string'),
        ("qkey", table(" "), '"qkey" are empty (write qkey = "...")'),
    ],
    ids=lambda value: value if isinstance(value, str) and '"' not in value else "",
)
def test_a_wrong_table_is_told_with_its_place_and_without_its_secret(
    compiled: Compile, name: str, given: SchemeCredentials, message: str
) -> None:
    spec = specification(compiled, *([each] for each in SCHEMES))
    with pytest.raises(ConfigError) as error:
        configure(spec, tables={name: given}, environ={})
    assert str(error.value).startswith("pyproject.toml:3:1: ") and message in str(error.value)
    assert "s3cr" not in str(error.value).replace("s3cret.pem", "")


def test_a_defined_scheme_that_no_operation_names_may_be_given(compiled: Compile) -> None:
    assert not configure(specification(compiled, ["bearer"]), tables={"unused": table("x")}).are_given


def test_newer_credentials_take_the_place_of_older_ones(compiled: Compile) -> None:
    spec = specification(compiled, ["bearer hkey"])
    old = configure(spec, headers=(BEARER, KEY))
    new = old.renewed(headers=(("Authorization", "Bearer newer"),))
    request = old.of(spec.operations[0]).apply(Request("GET", "/x"))
    assert dict(new.refresh(request, old).headers) == {"Authorization": "Bearer newer", "X-Key": "good"}
    others: Headers = (("Authorization", "Bearer another's"),)
    assert new.refresh(Request("GET", "/x", others), old).headers == others
    assert {"Bearer good", "Bearer newer", "good"} <= set(new.secrets)


def test_newer_plain_headers_and_cookies_take_the_place_of_older_ones(compiled: Compile) -> None:
    spec = specification(compiled, ["bearer"])
    old = configure(spec, headers=(BEARER, ("X-CSRF", "old-one"), ("Cookie", "a=1; sid=old-sid")))
    new = old.renewed(headers=(("x-csrf", "new-one"), ("Cookie", "sid=new-sid; other=1"), ("X-Other", "unsent")))
    request = old.of(spec.operations[0]).apply(Request("GET", "/x", old.headers))
    assert dict(new.refresh(request, old).headers) == {
        "Authorization": "Bearer good",
        "X-CSRF": "new-one",
        "Cookie": "a=1; sid=new-sid",
    }
    drawn: Headers = (("X-CSRF", "of a probe"), ("Cookie", "sid=of-a-probe"))
    assert new.refresh(Request("GET", "/x", drawn), old).headers == drawn
    assert {"old-sid", "new-one", "new-sid", "unsent"} <= set(new.secrets)


def test_what_a_header_has_from_the_environment_is_a_secret_whatever_its_name(compiled: Compile) -> None:
    headers = (("X-Tenant", "env:TOKEN"), ("X-Trace", "not-secret"))
    credentials = configure(specification(compiled, None), headers=headers, environ={"TOKEN": "s3cret"})
    assert credentials.headers == (("X-Tenant", "s3cret"), ("X-Trace", "not-secret"))
    assert credentials.secrets == ("s3cret",)


@pytest.mark.parametrize(
    ("header", "slots"),
    [
        (BEARER, [Slot("header", "Authorization")]),
        (("Proxy-Authorization", "Basic dTpw"), [Slot("header", "Proxy-Authorization")]),
        (("X-API-Key", "k"), [Slot("header", "X-API-Key")]),
        (("X-Acme-Access-Token", "k"), [Slot("header", "X-Acme-Access-Token")]),
        (("Cookie", "theme=dark; SID=good"), [Slot("cookie", "theme"), Slot("cookie", "SID")]),
        (("Idempotency-Key", "k"), []),
        (PLAIN, []),
    ],
)
def test_headers_that_hold_credentials_by_their_names_are_given_without_a_scheme(
    compiled: Compile, header: tuple[str, str], slots: list[Slot]
) -> None:
    assert list(configure(specification(compiled, [""]), headers=(header,)).given) == slots


def test_what_is_given_for_a_scheme_is_known_by_its_place(compiled: Compile) -> None:
    credentials = configure(specification(compiled, ["bearer hkey"]), headers=(BEARER, KEY))
    assert credentials.given == {Slot("header", "Authorization"): {"Bearer good"}, Slot("header", "X-Key"): {"good"}}


def test_configured_values_are_secrets_by_their_names(compiled: Compile) -> None:
    values = {"name": "plain-value-1", "api_key": "value-key-2", "login": {"password": "value-pass-3", "user": "me-4"}}
    assert set(configure(specification(compiled, None), values=values).secrets) == {"value-key-2", "value-pass-3"}
