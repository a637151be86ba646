"""`clausewise login` prints the headers of a user whom a file of Web Fuzzing Commons describes."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.conftest import RunClausewise
from tests.servers.faulty_cluster import serve
from tests.servers.small import Answer, Call, app_of, paths

_PASSWORDS = {"anna": "wonderland", "bob": "builder"}

#: the members that most users share, and what each has alone
_FILE: dict[str, Any] = {
    "authTemplate": {
        "loginEndpointAuth": {
            "endpoint": "/login",
            "verb": "POST",
            "contentType": "application/json",
            "payloadUserPwd": {"usernameField": "user", "passwordField": "secret"},
            "token": {
                "extractFrom": "body",
                "extractSelector": "/tokens/0",
                "sendIn": "header",
                "sendName": "Authorization",
                "sendTemplate": "Bearer {token}",
            },
        }
    },
    "auth": [
        {"name": name, "loginEndpointAuth": {"payloadUserPwd": {"username": name, "password": password}}}
        for name, password in _PASSWORDS.items()
    ],
}


def knows(call: Call) -> str | None:
    """The user who logs in, by JSON, a form or a header."""
    if isinstance(call.body, dict):
        user, secret = call.body.get("user"), call.body.get("secret")
    elif call.headers.get("content-type") == "application/x-www-form-urlencoded":
        user, secret = (pair.partition("=")[2] for pair in call.content.decode().split("&"))
    else:
        user, _, secret = call.headers.get("x-login", "").partition(" ")
    return user if user is not None and _PASSWORDS.get(user) == secret else None


def answer(call: Call) -> Answer:
    if call.path == "/login":
        user = knows(call)
        if user is None:
            return 401, {"message": "who are you"}
        return 200, {"tokens": [f"of-{user}"]}, {"x-token": f"for-{user}", "set-cookie": f"sid={user}; HttpOnly"}
    is_known = call.headers.get("authorization") in ("Bearer of-anna", "Bearer of-bob")
    return (200, []) if is_known else (401, {"message": "log in"})


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serve(app_of(answer)) as url:
        yield url


def login(**changes: Any) -> dict[str, Any]:
    """The file of one user, whose login is that of anna with some members changed; None leaves one out."""
    plain = _FILE["authTemplate"]["loginEndpointAuth"] | changes
    if plain.get("payloadUserPwd") is not None:
        plain["payloadUserPwd"] = plain["payloadUserPwd"] | {"username": "anna", "password": "wonderland"}
    kept = {name: value for name, value in plain.items() if value is not None}
    return {"auth": [{"name": "anna", "loginEndpointAuth": kept}]}


_BY_HEADER = {"extractFrom": "header", "extractSelector": "X-Token", "sendIn": "header", "sendName": "X-Key"}


@pytest.mark.process
@pytest.mark.parametrize(
    ("content", "arguments", "printed"),
    [
        pytest.param(_FILE, (), "Authorization: Bearer of-anna\n", id="the first user"),
        pytest.param(_FILE, ("bob",), "Authorization: Bearer of-bob\n", id="a user by name"),
        pytest.param(login(token=_BY_HEADER), (), "X-Key: for-anna\n", id="a token in a header"),
        pytest.param(login(token=None, expectCookies=True), (), "Cookie: sid=anna\n", id="a cookie"),
        pytest.param(
            login(contentType="application/x-www-form-urlencoded"), (), "Authorization: Bearer of-anna\n", id="a form"
        ),
        pytest.param(
            login(payloadUserPwd=None, headers=[{"name": "X-Login", "value": "bob builder"}]),
            (),
            "Authorization: Bearer of-bob\n",
            id="a login by headers",
        ),
        pytest.param(
            {"auth": [{"name": "fixed", "fixedHeaders": [{"name": "X-Key", "value": "k"}]}]},
            (),
            "X-Key: k\n",
            id="headers that never change",
        ),
    ],
)
def test_the_headers_of_a_user(
    content: dict[str, Any],
    arguments: tuple[str, ...],
    printed: str,
    url: str,
    tmp_path: Path,
    run_clausewise: RunClausewise,
) -> None:
    official = yaml.safe_load(files("webfuzzing_commons").joinpath("data/auth.yaml").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(official).validate(content)
    (tmp_path / "auth.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    done = run_clausewise("login", "auth.yaml", *arguments, "--url", url, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, printed, "")


@pytest.mark.process
@pytest.mark.parametrize(
    ("content", "arguments", "error"),
    [
        pytest.param(_FILE, ("carl",), 'auth.yaml has no user "carl" (it has anna, bob)', id="a user who is not there"),
        pytest.param({"auth": []}, (), "auth.yaml has no users", id="no users"),
        pytest.param({"auth": [{"name": "a"}, {"name": "a"}]}, (), 'has two users "a" (give each', id="a name twice"),
        pytest.param(
            login(headers=[{"name": "X-Login", "value": "wonderland\r\nX: 1"}]),
            (),
            "a header has a name or a value that HTTP does not allow",
            id="two lines in a header",
        ),
        pytest.param(
            login(token=_BY_HEADER | {"sendName": "X Key"}), (), "a header has a name", id="a name that is none"
        ),
        pytest.param(
            login(endpoint=None, externalEndpointURL="http://anna:wonderland@127.0.0.1:9/"),
            (),
            "its URL holds credentials: give them in headers",
            id="credentials in a URL",
        ),
        pytest.param({"users": []}, (), "auth.yaml is no file of users: Expected `array`", id="another format"),
        pytest.param(login(verb="FETCH"), (), "Invalid enum value 'FETCH'", id="a method that there is not"),
        pytest.param(login(endpoint=None), (), "expected one of endpoint and externalEndpointURL", id="no endpoint"),
        pytest.param(login(contentType="text/csv"), (), "no password is written as text/csv", id="a form unknown"),
        pytest.param(login(payloadUserPwd=None, payloadRaw="{}"), (), "the answer was 401", id="a wrong password"),
        pytest.param(
            login(token=_BY_HEADER | {"extractSelector": "X-Other"}), (), "no token in its header", id="no token"
        ),
        pytest.param(login(token=_BY_HEADER | {"sendIn": "query"}), (), "in the query is no header", id="in the query"),
        pytest.param(
            {"auth": [{"name": "a", "createUsers": {"endpoint": "/users"}}]}, (), "which is not supported", id="creates"
        ),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(
    content: dict[str, Any],
    arguments: tuple[str, ...],
    error: str,
    url: str,
    tmp_path: Path,
    run_clausewise: RunClausewise,
) -> None:
    (tmp_path / "auth.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    done = run_clausewise("login", "auth.yaml", *arguments, "--url", url, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert error in done.stderr and len(done.stderr.splitlines()) == 1
    assert "wonderland" not in done.stderr


@pytest.mark.process
def test_a_run_logs_in_by_the_file(url: str, tmp_path: Path, run_clausewise: RunClausewise) -> None:
    document = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths("GET /things")}
    (tmp_path / "api.json").write_text(json.dumps(document), encoding="utf-8")
    (tmp_path / "auth.yaml").write_text(yaml.safe_dump(_FILE), encoding="utf-8")
    configuration = f'spec = "api.json"\ntarget = {{ url = "{url}" }}\n'
    # As a script it is in PATH only where the environment is active.
    configuration += f"credentials-command = {json.dumps([sys.executable, '-m', 'clausewise', 'login', 'auth.yaml'])}\n"
    (tmp_path / "clausewise.toml").write_text(configuration, encoding="utf-8")
    done = run_clausewise("test", "--phase", "baseline", "--report", "json", cwd=tmp_path)
    run = json.loads((tmp_path / "reports" / "latest" / "run.json").read_text(encoding="utf-8"))
    assert run["coverage"]["operations"] == {"accepted": 1, "total": 1}, done.stdout + done.stderr
    assert "of-anna" not in (tmp_path / "reports" / "latest" / "exchanges.ndjson").read_text(encoding="utf-8")
