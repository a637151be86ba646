"""Whole runs against servers that check credentials: what is sent, what is found, and that no secret is written."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import msgspec
import pytest

from clausewise.contract.contract import Contract
from clausewise.errors import Location, TargetError
from clausewise.options import RunOptions, SchemeCredentials
from clausewise.recordings import ndjson
from clausewise.runner.run import Result, run
from clausewise.runner.targets import Target, mock_target, url_target
from tests.conftest import Compile

SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "basic": {"type": "http", "scheme": "basic"},
    "hkey": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "qkey": {"type": "apiKey", "in": "query", "name": "api_key"},
    "cook": {"type": "apiKey", "in": "cookie", "name": "SID"},
    "oauth": {
        "type": "oauth2",
        "flows": {"clientCredentials": {"tokenUrl": "/token", "scopes": {}}, "password": {"tokenUrl": "token"}},
    },
    "tls": {"type": "mutualTLS"},
}
RESPONSES = {"200": {"description": "ok"}, "401": {"description": "no"}}

BASIC = ("Authorization", "Basic dTpw")
BEARER, KEY, COOKIE = ("Authorization", "Bearer good"), ("X-Key", "good"), ("Cookie", "theme=dark; SID=good")


class Seen(msgspec.Struct, frozen=True):
    """A request as the server sees it: its headers by lower-case name, every value of each, and its query."""

    path: str
    headers: dict[str, list[str]]
    query: dict[str, list[str]]
    body: bytes

    @property
    def bearer(self) -> bool:
        return self.headers.get("authorization") == ["Bearer good"]

    @property
    def key(self) -> bool:
        return self.headers.get("x-key") == ["good"]

    @property
    def query_key(self) -> bool:
        return self.query.get("api_key") == ["good"]

    @property
    def cookie(self) -> bool:
        return "SID=good" in "".join(self.headers.get("cookie", [])).split("; ")


#: what a server makes of a request: whether it lets it in, or a status and a JSON body
Policy = Callable[[Seen], bool | tuple[int, Any]]


def served(policy: Policy, seen: list[Seen]) -> Target:
    """A server in this process."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        body = (await receive()).get("body", b"")
        headers: dict[str, list[str]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.decode().lower(), []).append(value.decode("latin-1"))
        one = Seen(scope["path"], headers, parse_qs(scope["query_string"].decode()), body)
        seen.append(one)
        offered = {"/token": "POST", "/things": "POST"}.get(one.path, "GET")
        decided = policy(one) if scope["method"] == offered else (405, None)
        status, content = decided if isinstance(decided, tuple) else (200 if decided else 401, None)
        sent = b"" if content is None else json.dumps(content).encode()
        kind = [(b"content-type", b"application/json")] if sent else []
        kind += [(b"allow", offered.encode())] if status == 405 else []
        await send({"type": "http.response.start", "status": status, "headers": kind})
        await send({"type": "http.response.body", "body": sent})

    return Target("app", "app", 4, app)


def contract_of(compiled: Compile, *security: str, **operation: Any) -> Contract:
    """One operation whose alternatives are `security`, each the names of its schemes."""
    described = {
        "operationId": "read",
        "responses": RESPONSES,
        "security": [{name: [] for name in names.split()} for names in security],
        **operation,
    }
    return compiled({"paths": {"/x": {"get": described}}, "components": {"securitySchemes": SCHEMES}})


#: a parameter whose clauses take some more requests
LIMIT = {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 5}}


def table(value: str | None = None, **fields: Any) -> SchemeCredentials:
    return SchemeCredentials(location=Location("pyproject.toml", 1, 1), value=value, **fields)


def drive(contract: Contract, policy: Policy, seen: list[Seen] | None = None, **options: Any) -> Result:
    phases = options.pop("phases", ("baseline", "clauses"))
    return run(contract, served(policy, [] if seen is None else seen), RunOptions(phases=phases, **options))


def rules(result: Result) -> list[str]:
    return [finding.rule for finding in result.run.findings]


@pytest.mark.parametrize(
    ("security", "headers", "policy"),
    [
        pytest.param(["bearer"], [BEARER], lambda r: r.bearer, id="bearer"),
        pytest.param(["bearer", "hkey"], [KEY], lambda r: r.key and "authorization" not in r.headers, id="or"),
        pytest.param(["bearer", "hkey"], [KEY, BEARER], lambda r: r.bearer and not r.key, id="first of two"),
        pytest.param(["bearer hkey"], [BEARER, KEY], lambda r: r.bearer and r.key, id="and"),
        pytest.param(["bearer hkey cook"], [BEARER, KEY, COOKIE], lambda r: r.key and r.cookie and r.bearer, id="3"),
        pytest.param(["bearer hkey", "cook"], [COOKIE], lambda r: r.cookie, id="and inside or"),
        pytest.param(["hkey", "bearer", "cook"], [COOKIE], lambda r: r.cookie, id="the last of three"),
        pytest.param(["cook"], [COOKIE], lambda r: r.cookie, id="cookie"),
        pytest.param(["oauth"], [BEARER], lambda r: r.bearer, id="oauth2"),
        pytest.param(["", "bearer"], [BEARER], lambda r: r.bearer or "authorization" not in r.headers, id="optional"),
    ],
)  # fmt: skip
def test_what_is_configured_is_sent_alone_and_a_correct_server_has_no_finding(
    compiled: Compile, security: list[str], headers: list[tuple[str, str]], policy: Policy
) -> None:
    seen: list[Seen] = []
    result = drive(contract_of(compiled, *security), policy, seen, headers=tuple(headers))
    assert rules(result) == [] and result.run.coverage.operations.accepted == 1
    assert all(len(values) == 1 for request in seen for values in request.headers.values())
    required = "" not in security
    assert required is (result.run.coverage.clauses.untested == 0)


@pytest.mark.parametrize(
    ("security", "headers", "policy"),
    [
        pytest.param(["bearer"], [BEARER], lambda _: True, id="open"),
        pytest.param(["bearer", "hkey", "cook"], [COOKIE], lambda _: True, id="the last alternative, open"),
        pytest.param(["bearer hkey"], [BEARER, KEY], lambda _: True, id="and, open"),
        pytest.param(["bearer hkey"], [BEARER, KEY], lambda r: r.bearer, id="and, the key forgotten"),
        pytest.param(["bearer hkey"], [BEARER, KEY], lambda r: r.key, id="and, the token forgotten"),
        pytest.param(["bearer hkey cook"], [BEARER, KEY, COOKIE], lambda r: r.key and r.cookie, id="and of three"),
        pytest.param(["bearer hkey", "cook"], [BEARER, KEY], lambda r: r.bearer, id="and inside or"),
    ],
)
def test_a_hole_is_one_finding(
    compiled: Compile, security: list[str], headers: list[tuple[str, str]], policy: Policy
) -> None:
    assert rules(drive(contract_of(compiled, *security), policy, headers=tuple(headers))) == ["auth-not-enforced"]


def test_a_part_that_another_alternative_does_without_is_no_hole(compiled: Compile) -> None:
    result = drive(contract_of(compiled, "bearer hkey", "bearer"), lambda r: r.bearer, headers=(BEARER, KEY))
    assert rules(result) == []


@pytest.mark.parametrize(
    "options",
    [
        {"credentials": {"qkey": table("good")}},
        {"values": {"api_key": "good"}},
        {"values": {"read": {"api_key": "good"}}},
    ],
    ids=["by scheme", "by name", "by operation and name"],
)
def test_a_key_in_the_query_is_sent(compiled: Compile, options: dict[str, Any]) -> None:
    result = drive(contract_of(compiled, "qkey"), lambda r: r.query_key, **options)
    assert rules(result) == [] and result.run.coverage.clauses.untested == 0
    assert "good" not in "".join(exchange.request.target for exchange in result.exchanges)
    assert rules(drive(contract_of(compiled, "qkey"), lambda _: True, **options)) == ["auth-not-enforced"]


@pytest.mark.parametrize(
    ("name", "location", "security", "headers"),
    [("X-Key", "header", "hkey", [KEY]), ("SID", "cookie", "cook", [COOKIE]), ("api_key", "query", "qkey", [])],
)
@pytest.mark.parametrize("required", [True, False], ids=["required", "optional"])
def test_a_parameter_in_the_place_of_a_credential_is_left_out_with_it(
    compiled: Compile, name: str, location: str, security: str, headers: list[tuple[str, str]], required: bool
) -> None:
    parameter = {"name": name, "in": location, "required": required, "schema": {"type": "string", "minLength": 2}}
    contract = contract_of(compiled, security, parameters=[parameter])
    options: dict[str, Any] = {"headers": tuple(headers), "values": {"api_key": "good"}}
    seen: list[Seen] = []
    result = drive(contract, lambda r: r.key or r.cookie or r.query_key, seen, **options)
    assert rules(result) == [] and result.run.coverage.operations.accepted == 1
    assert any(name not in request.query and name.lower() not in request.headers for request in seen)
    assert rules(drive(contract, lambda _: True, **options)).count("auth-not-enforced") == 1


def test_a_cookie_parameter_shares_the_header_with_a_cookie_credential(compiled: Compile) -> None:
    parameter = {"name": "theme", "in": "cookie", "required": True, "schema": {"enum": ["light"]}}
    seen: list[Seen] = []
    result = drive(contract_of(compiled, "cook", parameters=[parameter]), lambda r: r.cookie, seen, headers=(COOKIE,))
    assert result.run.coverage.operations.accepted == 1
    assert sorted(seen[0].headers["cookie"][0].split("; ")) == ["SID=good", "theme=light"]
    assert all(len(request.headers.get("cookie", ["one"])) == 1 for request in seen)


def test_nothing_is_sent_where_something_else_is_configured(compiled: Compile) -> None:
    seen: list[Seen] = []
    result = drive(contract_of(compiled, "bearer hkey", "cook"), lambda _: True, seen, headers=(BEARER,))
    assert seen == [] and result.missing_credentials
    assert {clause.verdict for clause in result.run.clauses} == {"untested"}
    (reason,) = {clause.reason for clause in result.run.clauses}
    assert "credentials are required (`bearer` and `hkey` or `cook`): give -H 'X-Key: ...' or " in reason


def test_made_up_credentials_are_tried_once_where_nothing_is_configured(compiled: Compile) -> None:
    seen: list[Seen] = []
    parameters = [{"name": name, "in": "query", "schema": {"type": "string"}} for name in "abc"]
    result = drive(contract_of(compiled, "qkey", parameters=parameters), lambda r: r.query_key, seen)
    assert len(seen) == 1 and result.missing_credentials
    assert "give [tool.clausewise.credentials] qkey" in result.run.clauses[0].reason


@pytest.mark.parametrize(
    ("headers", "accepted"),
    [((), ["no credentials were given; made-up ones were accepted by read"]), ((BEARER,), [])],
    ids=["made up", "given"],
)
def test_made_up_credentials_that_are_accepted_are_noted(
    compiled: Compile, headers: tuple[tuple[str, str], ...], accepted: list[str]
) -> None:
    result = drive(contract_of(compiled, "bearer"), lambda r: "authorization" in r.headers, headers=headers)
    assert rules(result) == [] and list(result.notes) == accepted


@pytest.mark.parametrize(
    ("security", "header"),
    [
        ("bearer", ("Authorization", "good")),
        ("basic", ("Authorization", "Bearer good")),
        ("basic", ("authorization", "Token good")),
        ("oauth", BASIC),
    ],
)
def test_a_users_header_that_is_not_of_the_schemes_form_is_what_the_server_takes(
    compiled: Compile, security: str, header: tuple[str, str]
) -> None:
    seen: list[Seen] = []
    contract = contract_of(compiled, security, parameters=[LIMIT])

    def answer(request: Seen) -> bool | tuple[int, Any]:
        limits = request.query.get("limit", ["1"])
        good = request.headers.get("authorization") == [header[1]]
        return good and (limits[0] in list("12345") or (400, {"error": "no such limit"}))

    result = drive(contract, answer, seen, headers=(header,), phases=("baseline", "clauses", "properties"))
    assert result.run.coverage.operations.accepted == 1 and not result.missing_credentials
    assert [rule for rule in rules(result) if rule not in ("undocumented-status", "valid-request-rejected")] == []
    note = f"is not of the form that `{security}` describes: it is sent as it is"
    assert sum(note in each for each in result.notes) == 1


def test_credentials_by_the_name_of_a_scheme_are_of_its_form_whatever_a_header_says(compiled: Compile) -> None:
    seen: list[Seen] = []
    tables = {"basic": table(username="u", password="p")}
    header = ("Authorization", "Token good")
    contract = contract_of(compiled, "basic")
    result = drive(contract, lambda _: True, seen, headers=(header,), credentials=tables, phases=("baseline",))
    sent = {one.headers["authorization"][0] for one in seen if "authorization" in one.headers}
    assert result.notes == () and sent == {"Basic dTpw"}


def test_nothing_is_said_of_the_form_of_a_header_that_fits_one_scheme(compiled: Compile) -> None:
    result = drive(contract_of(compiled, "basic", "bearer"), lambda r: r.bearer, headers=(BEARER,))
    assert (result.run.coverage.operations.accepted, result.notes) == (1, ())


def test_the_mock_is_sent_what_each_operation_asks_for(compiled: Compile) -> None:
    paths = {
        f"/{name}": {"get": {"operationId": name, "responses": RESPONSES, "security": [{name: []}]}} for name in SCHEMES
    }
    contract = compiled({"paths": paths, "components": {"securitySchemes": SCHEMES}})
    result = run(contract, mock_target(contract, 1, 4), RunOptions(phases=("baseline", "clauses")))
    assert rules(result) == [] and result.run.coverage.operations.accepted == len(SCHEMES)
    assert result.missing_credentials == ""


def written(result: Result, folder: Path) -> str:
    """Everything that a run writes."""
    ndjson.write(folder / "exchanges.ndjson", result.exchanges)
    return (folder / "exchanges.ndjson").read_text() + msgspec.json.encode(result.run).decode()


def test_a_renewed_token_is_masked_wherever_the_server_repeats_it(compiled: Compile, tmp_path: Path) -> None:
    content = {"application/json": {"schema": {"properties": {"session": {"type": "integer"}}}}}
    responses = {"200": {"description": "ok", "content": content}, "401": {"description": "no"}}
    allowed = iter(["first-token"] * 4)

    def policy(request: Seen) -> tuple[int, Any]:
        token = request.headers.get("authorization", [""])[0].removeprefix("Bearer ")
        valid = token == "second-token" or (token == "first-token" and next(allowed, None))
        # Before it is known as a secret, it is in an answer already.
        return (200, {"session": token, "next": "second-token"}) if valid else (401, None)

    command = (sys.executable, "-c", "print('Authorization: Bearer second-token')")
    result = drive(
        contract_of(compiled, "bearer", responses=responses, parameters=[LIMIT]),
        policy,
        headers=(("Authorization", "Bearer first-token"),),
        credentials_command=command,
    )
    text = written(result, tmp_path)
    assert result.stopped is None and "response-schema" in rules(result)
    assert "[redacted]" in text and "first-token" not in text and "second-token" not in text


def test_whatever_a_credentials_command_prints_is_masked(compiled: Compile, tmp_path: Path) -> None:
    command = (sys.executable, "-c", "print('Authorization: Bearer first-token'); print('X-Tenant: s3cret-tenant')")
    seen: list[Seen] = []
    contract = contract_of(compiled, "bearer", parameters=[LIMIT])
    result = drive(contract, lambda r: (200, r.headers), seen, credentials_command=command)
    assert seen[0].headers["x-tenant"] == ["s3cret-tenant"]
    text = written(result, tmp_path)
    assert "[redacted]" in text and "s3cret-tenant" not in text and "first-token" not in text


@pytest.mark.parametrize(
    ("headers", "sent"),
    [
        ((), {"authorization": ["Bearer good"], "x-tenant": ["printed"]}),
        ((("X-Tenant", "mine"),), {"authorization": ["Bearer good"], "x-tenant": ["mine"]}),
        ((("Authorization", "Bearer mine"),), {"authorization": ["Bearer mine"]}),
    ],
    ids=["nothing given", "a plain header given", "credentials given"],
)
def test_a_command_is_run_where_no_credentials_are_given(
    compiled: Compile, headers: tuple[tuple[str, str], ...], sent: dict[str, list[str]]
) -> None:
    command = (sys.executable, "-c", "print('Authorization: Bearer good'); print('X-Tenant: printed')")
    seen: list[Seen] = []
    drive(contract_of(compiled, "bearer"), lambda _: True, seen, headers=headers, credentials_command=command)
    assert {name: seen[0].headers[name] for name in ("authorization", "x-tenant") if name in seen[0].headers} == sent


def test_a_command_that_prints_nothing_that_the_run_sends_is_reported(compiled: Compile) -> None:
    command = (sys.executable, "-c", "print('X-Other: unsent')")
    allowed = iter([True, True])
    contract = contract_of(compiled, "bearer", parameters=[LIMIT])
    result = drive(contract, lambda r: next(allowed, False), headers=(BEARER,), credentials_command=command)
    assert str(result.stopped) == "the credentials-command printed nothing that the run sends, only X-Other"


def test_a_plain_header_is_renewed_with_the_credentials(compiled: Compile) -> None:
    command = (sys.executable, "-c", "print('Authorization: Bearer second'); print('X-CSRF: two')")
    left = iter([True, True])

    def policy(request: Seen) -> bool:
        login = (request.headers.get("authorization"), request.headers.get("x-csrf"))
        return login == (["Bearer second"], ["two"]) or (login == (["Bearer good"], ["one"]) and next(left, False))

    contract = contract_of(compiled, "bearer", parameters=[LIMIT])
    result = drive(contract, policy, headers=(BEARER, ("X-CSRF", "one")), credentials_command=command)
    assert result.stopped is None and result.run.coverage.operations.accepted == 1


def several(compiled: Compile) -> Contract:
    """Six operations that require a token."""
    read = {"parameters": [LIMIT], "responses": RESPONSES, "security": [{"oauth": []}]}
    paths = {f"/x{number}": {"get": {"operationId": f"read{number}", **read}} for number in range(6)}
    return compiled({"paths": paths, "components": {"securitySchemes": SCHEMES}})


def test_a_token_that_ends_before_an_operation_has_accepted_anything_is_renewed(
    compiled: Compile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLIENT_SECRET", "s3cret-client")
    endpoint = TokenEndpoint(lasts=4)
    result = drive(several(compiled), endpoint, credentials={"oauth": CLIENT}, connections=1, phases=("baseline",))
    assert result.stopped is None and result.run.coverage.operations.accepted == 6


def test_a_login_that_ends_before_an_operation_has_accepted_anything_is_named_as_the_reason(compiled: Compile) -> None:
    left = iter([True] * 3)
    result = drive(
        several(compiled), lambda _: next(left, False), headers=(BEARER,), connections=1, phases=("baseline",)
    )
    assert "answers 401 to a request that it accepted before" in str(result.stopped)


def test_an_operation_that_refuses_a_valid_login_is_no_loss_of_it(compiled: Compile) -> None:
    result = drive(several(compiled), lambda r: r.bearer and r.path != "/x3", headers=(BEARER,), phases=("baseline",))
    assert result.stopped is None and result.run.coverage.operations.accepted == 5


def test_what_is_refused_with_new_credentials_is_not_sent_again(compiled: Compile) -> None:
    command = (sys.executable, "-c", "print('Authorization: Bearer second')")
    left, refused = iter([True, True]), list[str]()

    def policy(request: Seen) -> bool | tuple[int, Any]:
        (limit,) = request.query.get("limit", ["1"])
        if request.headers.get("authorization") == ["Bearer second"] and limit not in "12345":
            refused.append(limit)
            return 403, None
        return request.headers.get("authorization") == ["Bearer second"] or (request.bearer and next(left, False))

    contract = contract_of(compiled, "bearer", parameters=[LIMIT])
    result = drive(contract, policy, headers=(BEARER,), credentials_command=command, connections=1)
    assert result.stopped is None and len(refused) > 2
    assert len(refused) == len(set(refused))


def test_a_token_endpoint_that_does_not_answer_is_given_up_within_the_runs_time(compiled: Compile) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(30)

    given = table(client_id="ci", client_secret="s3cret-client")
    options = RunOptions(credentials={"oauth": given}, max_time=0.3)
    with pytest.raises(TargetError, match=r"^no token was received within the limit of 0\.3 s$"):
        run(contract_of(compiled, "oauth"), Target("app", "app", 4, app), options)


class TokenEndpoint:
    """Gives tokens that serve for a few requests, to who shows the right secret in the right place."""

    def __init__(self, *, in_body: bool = False, lasts: int = 1000) -> None:
        self.in_body = in_body
        self.lasts = lasts
        self.asked: list[Seen] = []
        self.given = 0
        self.left = 0

    def __call__(self, request: Seen) -> bool | tuple[int, Any]:
        if request.path == "/token":
            return self.token(request)
        valid = request.headers.get("authorization") == [f"Bearer token-{self.given}"] and self.left > 0
        self.left -= valid
        return valid

    def token(self, request: Seen) -> tuple[int, Any]:
        self.asked.append(request)
        fields = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        shown = request.headers.get("authorization", [""])[0].removeprefix("Basic ")
        client = base64.b64decode(shown).decode() if shown else ""
        if self.in_body:
            client = f"{fields.get('client_id')}:{fields.get('client_secret')}"
        user = f"{fields.get('username')}:{fields.get('password')}"
        if "ci:s3cret-client" not in client and user != "anna:s3cret-pass":
            return 401, {"error": "invalid_client", "error_description": f"not {client}"}
        self.given, self.left = self.given + 1, self.lasts
        return 200, {"access_token": f"token-{self.given}", "token_type": "Bearer"}


CLIENT = table(client_id="ci", client_secret="env:CLIENT_SECRET", scopes=("read", "list"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("given", "in_body", "fields"),
    [
        (CLIENT, False, {"grant_type": ["client_credentials"], "scope": ["read list"]}),
        (
            CLIENT,
            True,
            {
                "grant_type": ["client_credentials"],
                "scope": ["read list"],
                "client_id": ["ci"],
                "client_secret": ["s3cret-client"],
            },
        ),
        (
            table(username="anna", password="s3cret-pass"),
            False,
            {"grant_type": ["password"], "username": ["anna"], "password": ["s3cret-pass"]},
        ),
    ],
    ids=["client credentials", "secret in the body", "password"],
)
def test_a_token_is_fetched_from_the_server_and_renewed(
    compiled: Compile,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    given: SchemeCredentials,
    in_body: bool,
    fields: dict[str, list[str]],
) -> None:
    monkeypatch.setenv("CLIENT_SECRET", "s3cret-client")
    endpoint = TokenEndpoint(in_body=in_body, lasts=4)
    contract = contract_of(compiled, "oauth", parameters=[LIMIT])
    result = drive(contract, endpoint, credentials={"oauth": given}, connections=1)
    assert result.stopped is None and result.run.coverage.operations.accepted == 1
    assert "auth-not-enforced" not in rules(result)
    assert parse_qs(endpoint.asked[-1].body.decode()) == fields and endpoint.given > 1
    text = written(result, tmp_path)
    assert not any(secret in text for secret in ("token-1", "token-2", "s3cret-client", "s3cret-pass"))


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://[::1", "http://[::1 is not an HTTP URL"),
        ("http://a:99999/token", "http://a:99999/token is not an HTTP URL"),
        ("http://a\u2100b/", "is not an HTTP URL"),
        ("mailto:ci", "mailto:ci is not an HTTP URL"),
        ("https:///token", "is not an HTTP URL"),
        ("https://ci:s3cret-pass@127.0.0.1/token", "its URL has credentials in it"),
    ],
)
def test_a_token_url_that_cannot_be_used_is_reported(compiled: Compile, url: str, problem: str) -> None:
    given = table(client_id="ci", client_secret="s3cret-client", token_url=url)
    with pytest.raises(TargetError, match=r"^cannot get a token: ") as error:
        drive(contract_of(compiled, "oauth"), TokenEndpoint(), credentials={"oauth": given})
    assert problem in str(error.value) and "s3cret" not in str(error.value)


@pytest.mark.parametrize("url", ["/token", "http://127.0.0.1:9/token"], ids=["refused", "unreachable"])
def test_an_error_of_a_token_endpoint_shows_no_secret(compiled: Compile, url: str) -> None:
    given = table(client_id="ci", client_secret="s3cret-wrong", token_url=url)
    with pytest.raises(TargetError) as error:
        drive(contract_of(compiled, "oauth"), TokenEndpoint(), credentials={"oauth": given})
    assert url in str(error.value) and "s3cret" not in str(error.value)


def drive_two_users(compiled: Compile, seen: list[Seen], **options: Any) -> Result:
    """Follow the life of a thing on a server that shows everybody's things to the users "mine" and "theirs"."""
    things: dict[str, str] = {}

    def policy(request: Seen) -> tuple[int, Any]:
        user = request.query.get("api_key", [""])[0]
        if user not in ("mine", "theirs"):
            return 401, None
        if request.path == "/things":
            things[f"t{len(things)}"] = user
            return 201, {"id": f"t{len(things) - 1}"}
        name = request.path.rpartition("/")[2]
        return (200, {"id": name}) if name in things else (404, None)

    thing = {"application/json": {"schema": {"type": "object", "properties": {"id": {"type": "string"}}}}}
    responses = {"401": {"description": "no"}, "404": {"description": "none"}}
    identifier = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    document = {
        "security": [{"qkey": []}],
        "paths": {
            "/things": {
                "post": {
                    "operationId": "make",
                    "responses": {"201": {"description": "", "content": thing}, **responses},
                }
            },
            "/things/{id}": {
                "parameters": [identifier],
                "get": {"operationId": "get", "responses": {"200": {"description": "", "content": thing}, **responses}},
            },
        },
        "components": {"securitySchemes": SCHEMES},
    }
    mine = {"qkey": table("mine")}
    return drive(compiled(document), policy, seen, phases=("baseline", "lifecycle"), credentials=mine, **options)


def test_another_users_credentials_are_given_by_scheme_as_well(compiled: Compile) -> None:
    seen: list[Seen] = []
    result = drive_two_users(compiled, seen, other_credentials={"qkey": table("theirs")})
    assert rules(result) == ["foreign-access"] and result.notes == ()
    assert any(request.query.get("api_key") == ["theirs"] for request in seen)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"other_credentials": {"qkey": table("expired")}}, "the credentials of the other user are refused (401)"),
        ({"other_credentials": {"qkey": table("mine")}}, "both users send the same credentials, or none"),
        ({"other_headers": (("X-Key", "theirs"),)}, "the other user has none of the credentials that it requires"),
    ],
    ids=["refused", "the same", "of another scheme"],
)
def test_another_user_that_shows_nothing_is_noted(compiled: Compile, options: dict[str, Any], reason: str) -> None:
    result = drive_two_users(compiled, [], **options)
    assert rules(result) == []
    assert result.notes == (f"get: not tested whether another user can read what was created: {reason}",)


class _Quiet(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        content = b'{"access_token": "t0ken", "token_type": "Bearer"}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def certificates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with `pair.pem`, a certificate of 127.0.0.1 and its key, which is trusted in this process."""
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"]
    try:
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no openssl makes certificates here")
    (tmp_path / "pair.pem").write_text((tmp_path / "cert.pem").read_text() + (tmp_path / "key.pem").read_text())
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    return tmp_path


@pytest.fixture
def mutual_tls(certificates: Path) -> Iterator[str]:
    """A server that talks only to clients with a certificate."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(certificates / "cert.pem"))
    context.load_cert_chain(certificates / "pair.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    server = HTTPServer(("127.0.0.1", 0), _Quiet)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("files", [("cert.pem", "key.pem"), ("pair.pem", None)], ids=["two files", "one file"])
def test_a_client_certificate_is_shown(
    compiled: Compile, certificates: Path, mutual_tls: str, files: tuple[str, str | None]
) -> None:
    given = table(cert=certificates / files[0], key=certificates / files[1] if files[1] else None)
    options = RunOptions(phases=("baseline",), connections=1)
    target = url_target(mutual_tls, 1)
    contract = contract_of(compiled, "tls")
    accepted = run(contract, target, msgspec.structs.replace(options, credentials={"tls": given})).run
    assert accepted.coverage.operations.accepted == 1


def test_a_token_endpoint_is_shown_the_client_certificate(
    compiled: Compile, certificates: Path, mutual_tls: str
) -> None:
    client = table(client_id="ci", client_secret="s3cret-client")
    credentials = {"tls": table(cert=certificates / "pair.pem"), "oauth": client}
    options = RunOptions(phases=("baseline",), connections=1, credentials=credentials)
    result = run(contract_of(compiled, "tls oauth"), url_target(mutual_tls, 1), options)
    assert result.run.coverage.operations.accepted == 1


def test_a_certificate_that_cannot_be_used_is_said(compiled: Compile, certificates: Path, mutual_tls: str) -> None:
    options = RunOptions(phases=("baseline",), credentials={"tls": table(cert=certificates / "cert.pem")})
    with pytest.raises(TargetError, match=r"the client certificate .* cannot be used"):
        run(contract_of(compiled, "tls"), url_target(mutual_tls, 1), options)
