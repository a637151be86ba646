"""Every client library: its responses are checked, and its clients watched, faults of requests included."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import httpx2
import pytest
import requests
import urllib3
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.test import AsyncClient, Client, override_settings
from django.urls import path, re_path
from starlette.testclient import TestClient
from werkzeug.test import Client as WerkzeugClient

from clausewise.errors import UsageError
from clausewise.plugin.clients import table as clients
from clausewise.plugin.clients.base import ClientExchange
from clausewise.plugin.contracts import Contracts
from clausewise.plugin.fixture import ContractFixture
from clausewise.plugin.options import read_options
from tests.servers.faulty_cluster import serve

#: what the servers below answer to every GET and to every POST
_BOOK = {"id": 1, "title": "Momo", "state": "gone"}
_STATE = 'the 20{} response has `state` = "gone"; the contract says `state` is one of "available", "lent"'
_TITLE = 'addBook accepted (201) a request where `title` is ""; the contract says `title` has at least 1 character'


async def asgi(scope: Any, receive: Any, send: Any) -> None:
    """Answers every request with the same book; /moved leads to /api/books/1, /moved/books to /api/books, and
    /api/books/2 takes its time."""
    while (await receive()).get("more_body"):
        pass
    moved = {"/moved": (302, b"/api/books/1"), "/moved/books": (307, b"/api/books")}
    status, location = moved.get(scope["path"], (201 if scope["method"] == "POST" else 200, b"/api/books/1"))
    headers = [(b"content-type", b"application/json"), (b"location", location)]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    if scope["path"] == "/api/books/2":
        await send({"type": "http.response.body", "more_body": True})
        await asyncio.sleep(0.2)
    await send({"type": "http.response.body", "body": json.dumps(_BOOK).encode()})


def wsgi(environ: Any, start_response: Any) -> list[bytes]:
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    moved, made = environ["PATH_INFO"] == "/moved", environ["REQUEST_METHOD"] == "POST"
    status = "302 Found" if moved else "201 Created" if made else "200 OK"
    body = json.dumps(_BOOK).encode()
    length = [("Content-Length", str(len(body)))] if made else []
    start_response(status, [("Content-Type", "application/json"), ("Location", "/api/books/1"), *length])
    return [body]


def view(request: HttpRequest, **_: Any) -> HttpResponse:
    if request.path == "/moved":
        return HttpResponseRedirect("/api/books/1")
    return HttpResponse(
        json.dumps(_BOOK), status=201 if request.method == "POST" else 200, content_type="application/json"
    )


urlpatterns = [path("moved", view), re_path("api/.*", view)]


@pytest.fixture(scope="module", autouse=True)
def django() -> Iterator[None]:
    """The settings of these tests: others in the same process may have set their own."""
    import django

    if not settings.configured:
        settings.configure(SECRET_KEY="of no worth")
        django.setup()
    with override_settings(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"]):
        yield


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serve(asgi) as url:
        yield url


@pytest.fixture
def attached() -> list[str]:
    return []


@pytest.fixture
def contract(repo: Path, attached: list[str]) -> Iterator[ContractFixture]:
    project = repo / "tests" / "acceptance" / "pytest_project"
    contracts = Contracts(read_options({"spec": project / "openapi.yaml"}, {}, project), "main")
    fixture = ContractFixture(lambda: contracts, None, attached.append)
    yield fixture
    fixture.close()


Send = Callable[[Any, str, str, Any], Any]


def plainly(client: Any, method: str, target: str, body: Any) -> Any:
    return client.request(method, target, json=body)


def in_werkzeug(client: Any, method: str, target: str, body: Any) -> Any:
    return client.open(target, method=method, json=body, follow_redirects=target == "/moved")


def in_django(client: Any, method: str, target: str, body: Any) -> Any:
    given = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
    follow = {"follow": True} if target == "/moved" else {}
    return getattr(client, method.lower())(target, **given, **follow)


def following(client: Any, method: str, target: str, body: Any) -> Any:
    return client.request(method, target, json=body, follow_redirects=True)


class Requests(requests.Session):
    """Sends below a base URL."""

    base = ""

    def request(self, method: Any, url: Any, *arguments: Any, **options: Any) -> Any:
        return super().request(method, self.base + url, *arguments, **options)


class Urllib3(urllib3.PoolManager):
    """Sends below a base URL."""

    base = ""

    def request(self, method: Any, url: Any, *arguments: Any, **options: Any) -> Any:
        return super().request(method, self.base + url, *arguments, **options)


def based(client: Any, url: str) -> Any:
    client.base = url
    return client


#: name -> how a client is made, and how it sends
SYNC: dict[str, tuple[Callable[[str], Any], Send]] = {
    "requests": (lambda url: based(Requests(), url), plainly),
    "urllib3": (lambda url: based(Urllib3(), url), plainly),
    "httpx": (lambda url: httpx.Client(base_url=url), following),
    "httpx2": (lambda url: httpx2.Client(base_url=url), following),
    "starlette": (lambda _: TestClient(asgi), following),
    "werkzeug": (lambda _: WerkzeugClient(wsgi), in_werkzeug),
    "django": (lambda _: Client(), in_django),
}


async def in_aiohttp(client: Any, method: str, target: str, body: Any) -> Any:
    async with client.request(method, target, json=body) as response:
        return response.status


async def in_async_httpx(client: Any, method: str, target: str, body: Any) -> Any:
    return await client.request(method, target, json=body, follow_redirects=True)


async def in_async_django(client: Any, method: str, target: str, body: Any) -> Any:
    given = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
    return await getattr(client, method.lower())(target, **given)


#: the same for clients that are awaited; made inside the loop
ASYNC: dict[str, tuple[Callable[[str], Any], Send]] = {
    "aiohttp": (lambda url: aiohttp.ClientSession(url), in_aiohttp),
    "async httpx": (lambda url: httpx.AsyncClient(base_url=url), in_async_httpx),
    "async django": (lambda _: AsyncClient(), in_async_django),
}


@pytest.mark.parametrize("library", SYNC)
def test_responses_are_checked(contract: ContractFixture, url: str, library: str) -> None:
    make, send = SYNC[library]
    client = make(url)
    response = send(client, "POST", "/api/books", {"title": "", "pages": 3})
    close(client)
    with pytest.raises(AssertionError) as error:
        contract.check(response)
    told = str(error.value).splitlines()
    assert told[0] == _STATE.format(1)
    # urllib3 does not tell what it sent.
    assert (f"and {_TITLE}" in told) is (library != "urllib3")
    assert "openapi.yaml:" in told[1] and told[1].endswith("(response.201.body.state) [response-schema]")
    assert told[-1].startswith("  curl -X POST http://") and "/api/books" in told[-1]


@pytest.mark.parametrize("library", [*SYNC, *ASYNC])
def test_watched_clients_report(contract: ContractFixture, url: str, library: str, attached: list[str]) -> None:
    watched(contract, url, library, "POST", "/api/books", {"title": ""}, strict=False)
    (told,) = attached
    assert _STATE.format(1) in told and _TITLE in told
    assert contract.collector.share.requests == 1


@pytest.mark.parametrize("library", [*SYNC, *ASYNC])
def test_strictly_watched_clients_fail(contract: ContractFixture, url: str, library: str, attached: list[str]) -> None:
    with pytest.raises(AssertionError, match="the 200 response has `state`"):
        watched(contract, url, library, "GET", "/api/books/1", None, strict=True)
    assert attached == []


@pytest.mark.parametrize("library", SYNC)
def test_what_is_of_no_contract_passes_and_redirects_are_followed(
    contract: ContractFixture, url: str, library: str, attached: list[str]
) -> None:
    watched(contract, url, library, "GET", "/moved", None, strict=False)
    (told,) = attached
    assert _STATE.format(0) in told
    assert contract.collector.share.requests == 1


@pytest.mark.parametrize("library", ["requests", "urllib3", "starlette", "aiohttp"])
def test_a_redirected_body_is_the_one_that_was_sent_last(
    contract: ContractFixture, url: str, library: str, attached: list[str]
) -> None:
    watched(contract, url, library, "POST", "/moved/books", {"title": ""}, strict=False)
    (told,) = attached
    assert _STATE.format(1) in told and _TITLE in told


def test_a_urllib3_pool_is_watched_however_it_is_called(contract: ContractFixture, url: str) -> None:
    seen: list[ClientExchange] = []
    with urllib3.connectionpool.connection_from_url(url) as pool:
        undo = clients.watch(pool, seen.append)
        pool.urlopen("POST", "/api/books", b"{}", {"X-One": "1"})
        pool.headers = {"X-Own": "1"}
        pool.urlopen("POST", "/api/books", body=b"{}", headers={})
        pool.urlopen("GET", "/api/books/1", retries=urllib3.Retry(2, status_forcelist=[200], raise_on_status=False))
        undo()
    assert [(one.request.method, one.request.headers, one.request.body) for one in seen] == [
        ("POST", (("X-One", "1"),), b"{}"),
        ("POST", (), b"{}"),
        ("GET", (("X-Own", "1"),), None),
    ]


@pytest.mark.parametrize("library", SYNC)
def test_a_client_that_outlives_the_test_is_let_alone(
    contract: ContractFixture, url: str, library: str, attached: list[str]
) -> None:
    make, send = SYNC[library]
    client = contract.watch(make(url))
    contract.close()
    send(client, "GET", "/api/books/1", None)
    close(client)
    assert attached == []


def close(client: Any) -> None:
    """Give back the sockets of a client that has any."""
    for name in ("close", "clear"):
        if hasattr(client, name):
            getattr(client, name)()
            return


def watched(
    contract: ContractFixture, url: str, library: str, method: str, target: str, body: Any, *, strict: bool
) -> None:
    """Send one request by a client that is watched."""
    if library in SYNC:
        make, send = SYNC[library]
        client = make(url)
        assert contract.watch(client, strict=strict) is client
        try:
            send(client, method, target, body)
        finally:
            close(client)
        return

    async def later() -> None:
        make, send = ASYNC[library]
        client = contract.watch(make(url), strict=strict)
        try:
            await send(client, method, target, body)
        finally:
            if library != "async django":
                await (client.close if library == "aiohttp" else client.aclose)()

    asyncio.run(later())


@pytest.mark.parametrize("kind", ["asgi", "wsgi"])
def test_servers_are_watched(contract: ContractFixture, kind: str, attached: list[str]) -> None:
    client: Any
    if kind == "asgi":
        client, send = TestClient(contract.asgi(asgi)), following
    else:
        client, send = WerkzeugClient(contract.wsgi(wsgi)), in_werkzeug
    assert send(client, "POST", "/api/books", {"title": ""}).status_code == 201
    (told,) = attached
    assert _STATE.format(1) in told and _TITLE in told


@pytest.mark.parametrize("kind", ["asgi", "wsgi"])
def test_strictly_watched_servers_fail_the_test(contract: ContractFixture, kind: str) -> None:
    with pytest.raises(AssertionError, match="the 200 response has `state`"):
        if kind == "asgi":
            TestClient(contract.asgi(asgi, strict=True)).get("/api/books/1")
        else:
            WerkzeugClient(contract.wsgi(wsgi, strict=True)).get("/api/books/1").get_data()


def test_aiohttp_responses_are_checked_once_they_are_read(contract: ContractFixture, url: str) -> None:
    async def check() -> None:
        async with aiohttp.ClientSession(url) as session, session.get("/api/books/2") as response:
            with pytest.raises(UsageError, match=r"has not been read \(call `await response.read\(\)` before\)"):
                contract.check(response)
        async with aiohttp.ClientSession(url) as session, session.get("/api/books/1") as response:
            await response.read()
            with pytest.raises(AssertionError, match="the 200 response has `state`"):
                contract.check(response)
        with pytest.raises(UsageError, match="inside its `async with`"):
            contract.check(response)

    asyncio.run(check())


def made(status: int, body: Any, target: str = "/api/books/1", method: str = "GET") -> httpx.Response:
    return httpx.Response(status, json=body, request=httpx.Request(method, f"http://shop.test{target}"))


_GOOD = {"id": 1, "title": "Momo", "state": "lent"}


@pytest.mark.parametrize(
    ("response", "told"),
    [
        pytest.param(made(200, _GOOD), None, id="good"),
        pytest.param(made(200, _GOOD, "/books/1"), None, id="without the base path"),
        pytest.param(made(404, {"message": "no"}), None, id="documented refusal"),
        pytest.param(made(418, {}), "getBook answered 418; the contract documents 200, 400, 404", id="status"),
        pytest.param(made(503, {"message": "later"}), "getBook answered 503", id="crash"),
        pytest.param(
            made(200, _GOOD, method="DELETE"),
            "the method is DELETE; the contract says the path offers only GET",
            id="method",
        ),
        pytest.param(
            made(200, _GOOD, "/api/books/0"),
            "`bookId` is 0; the contract says the path parameter `bookId` is",
            id="parameter",
        ),
    ],
)
def test_what_fails_a_check(contract: ContractFixture, response: httpx.Response, told: str | None) -> None:
    if told is None:
        contract.check(response)
        return
    with pytest.raises(AssertionError) as error:
        contract.check(response)
    assert told in str(error.value)


def test_an_operation_that_is_named_is_found_below_any_path(contract: ContractFixture) -> None:
    response = made(200, _BOOK, "/v7/shop/books/1")
    with pytest.raises(UsageError, match="has no operation GET /v7/shop/books/1"):
        contract.check(response)
    with pytest.raises(AssertionError, match="the 200 response has `state`"):
        contract.check(response, operation="getBook")


def test_what_is_no_response_is_told(contract: ContractFixture) -> None:
    with pytest.raises(UsageError, match=r"a builtins\.dict is not a response of a supported client"):
        contract.check({})
    with pytest.raises(UsageError, match=r"a builtins\.list is not a supported client"):
        contract.watch([])


def test_secrets_are_not_told(contract: ContractFixture) -> None:
    request = httpx.Request("GET", "http://shop.test/books/1", headers={"Authorization": "Bearer s3cr3t-and-long"})
    with pytest.raises(AssertionError) as error:
        contract.check(httpx.Response(200, json=_BOOK, request=request))
    assert "s3cr3t" not in str(error.value) and "$AUTHORIZATION" in str(error.value)


@pytest.mark.parametrize(
    ("packed", "told"),
    [
        pytest.param(gzip.compress(json.dumps(_BOOK).encode()), _STATE.format("0"), id="undone"),
        pytest.param(
            gzip.compress(json.dumps(_BOOK).encode())[:-9],
            "the body of the 200 response cannot be read: its gzip data ends too early",
            id="cut off",
        ),
    ],
)
def test_a_compressed_answer_is_read_where_its_client_leaves_it_as_it_came(
    contract: ContractFixture, attached: list[str], packed: bytes, told: str
) -> None:
    def packing(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Encoding", "gzip")])
        return [packed]

    contract.watch(WerkzeugClient(packing)).get("/api/books/1")
    (message,) = attached
    assert message.startswith(told)
