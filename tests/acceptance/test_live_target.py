"""What a live server may do to a run: the wrong base path, a lost login, limits, silence."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clausewise.contract.contract import Contract, load
from clausewise.errors import TargetError
from clausewise.options import RunOptions
from clausewise.runner import run, targets
from clausewise.transport.budget import SAFE_METHODS
from tests.conftest import Compile
from tests.servers.faulty_cluster import create_app, serve
from tests.servers.small import Answer, Call, paths
from tests.servers.small import drive as small_drive

Handler = Callable[[Any, Any, Any], Any]


@pytest.fixture(scope="module")
def shipped(contract_file: Path) -> Contract:
    return load(contract_file)


def drive(contract: Contract, url: str, **options: Any) -> run.Result:
    return run.run(contract, targets.url_target(url, 8), RunOptions(**options))


async def answer(send: Any, status: int, body: bytes = b'{"detail": "Not Found"}') -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def only_below(prefix: str, counted: list[str]) -> Handler:
    """The correct server, at one base path alone."""
    inner = create_app()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        counted.append(scope["path"])
        if scope["path"].startswith(f"{prefix}/organizations"):
            await inner({**scope, "path": scope["path"].removeprefix(prefix)}, receive, send)
        else:
            await answer(send, 404)

    return app


def logs_out(after: int, tokens: list[str]) -> Handler:
    """The correct server, whose token is renewed once by a probe: after so many requests the next one is wanted."""
    inner, served = create_app(), [0]

    async def app(scope: Any, receive: Any, send: Any) -> None:
        served[0] += 1
        wanted = tokens[0] if served[0] <= after else tokens[1]
        given = dict(scope["headers"]).get(b"authorization", b"").decode()
        if given and given != f"Bearer {wanted}":
            error = {"message": "unknown token", "requestId": "r", "statusCode": 401}
            await answer(send, 401, json.dumps(error).encode())
        else:
            await inner(scope, receive, send)

    return app


@pytest.mark.parametrize(
    ("served_at", "asked_at", "remedy"),
    [
        ("/platform/v1beta1", "", "use --url {url}/platform/v1beta1"),
        ("", "/platform/v1beta1", "use --url {url}"),
        ("/elsewhere", "", "does the URL need a base path?"),
    ],
    ids=["base path left out", "base path too much", "somewhere else"],
)
def test_a_wrong_base_path_is_said_after_a_handful_of_requests(
    shipped: Contract, served_at: str, asked_at: str, remedy: str
) -> None:
    counted: list[str] = []
    with serve(only_below(served_at, counted)) as url:
        with pytest.raises(TargetError) as raised:
            drive(shipped, url + asked_at)
        assert remedy.format(url=url) in str(raised.value)
    assert len(counted) < 10


def test_a_wrong_base_path_is_looked_for_within_the_limit_of_writes(shipped: Contract) -> None:
    """The only operation of the contract is a POST."""
    written: list[str] = []
    below = only_below("/platform/v1beta1", [])

    async def app(scope: Any, receive: Any, send: Any) -> None:
        written.extend([scope["path"]] if scope["method"] not in SAFE_METHODS else [])
        await below(scope, receive, send)

    with serve(app) as url:
        result = drive(shipped, url, allow_writes=1)
    assert len(written) == 1
    assert str(result.stopped) == "the limit of 1 writing request is reached"


@pytest.mark.parametrize("most", [1, 2, 3])
def test_a_server_without_the_paths_is_doubted_within_the_limit_of_requests(shipped: Contract, most: int) -> None:
    counted: list[str] = []
    with serve(only_below("/elsewhere", counted)) as url:
        result = drive(shipped, url, max_requests=most)
    assert len(counted) == most
    limit = "1 request" if most == 1 else f"{most} requests"
    assert str(result.stopped) == f"the phase baseline used up the limit of {limit}"


def test_an_app_is_found_at_its_base_path(shipped: Contract) -> None:
    app = only_below("/platform/v1beta1", [])
    target = targets.Target("app", "app", 8, app)
    result = run.run(shipped, target, RunOptions())
    assert result.run.findings == () and result.run.coverage.operations.accepted == 1


def test_an_unknown_organization_is_not_a_wrong_base_path(shipped: Contract) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        known = "/organizations/" in scope["path"]
        error = {"message": "no such organization", "requestId": "r", "statusCode": 404}
        await answer(send, 404, json.dumps(error).encode() if known else b"nothing here")

    with serve(app) as url:
        made = drive(shipped, url).run
    assert made.coverage.operations.accepted == 0
    assert any(
        clause.reason.startswith("no request for AWS was accepted: the answer was 404") for clause in made.clauses
    )
    assert any("no such organization" in clause.reason for clause in made.clauses)


def test_a_lost_login_stops_the_run_and_is_no_finding(shipped: Contract) -> None:
    with serve(logs_out(100, ["first", "second"])) as url:
        result = drive(shipped, url, headers=(("Authorization", "Bearer first"),))
    assert isinstance(result.stopped, TargetError)
    assert "createCluster answers 401 to a request that it accepted before" in str(result.stopped)
    assert result.run.findings == () and result.run.requests < 150


def test_what_logs_in_by_its_body_tells_nothing_of_the_run(compiled: Compile) -> None:
    logins = [0]

    def answer_to(call: Call) -> Answer:
        if call.path == "/login":
            logins[0] += 1
            return (200, {}) if logins[0] == 1 else (401, {"message": "locked"})
        return (200, []) if call.headers.get("authorization") == "Bearer mine" else (401, {"message": "who?"})

    document = compiled({"paths": paths("POST /login", "GET /things")})
    result = small_drive(document, answer_to, headers=(("Authorization", "Bearer mine"),))
    assert result.stopped is None and logins[0] > 5


def test_a_lost_login_is_renewed_where_there_is_a_command(shipped: Contract) -> None:
    command = (sys.executable, "-c", "print('Authorization: Bearer second')")
    with serve(logs_out(100, ["first", "second"])) as url:
        headers = (("Authorization", "Bearer first"),)
        result = drive(shipped, url, headers=headers, credentials_command=command)
    assert result.stopped is None and result.run.findings == ()
    assert result.run.coverage.clauses.upheld > 250


def test_limits_end_the_run_with_what_is_known(shipped: Contract) -> None:
    with serve(create_app(["response-null"])) as url:
        result = drive(shipped, url, max_requests=50)
    assert result.run.requests == 50 and "limit of 50 requests" in str(result.stopped)
    assert [finding.rule for finding in result.run.findings] == ["response-schema"]


def test_a_server_that_dies_is_noticed(shipped: Contract) -> None:
    inner, served = create_app(), [0]

    async def app(scope: Any, receive: Any, send: Any) -> None:
        served[0] += 1
        if served[0] > 60:
            raise RuntimeError("the handler died")
        await inner(scope, receive, send)

    with serve(app) as url:
        found = drive(shipped, url).run.findings
    assert found and {finding.rule for finding in found} == {"server-error", "undocumented-content-type"}
