"""Proxies that the environment names: which requests go through them, and which never do."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from clausewise.errors import TargetError
from clausewise.exchange import Failure, Request, Response
from clausewise.transport.http import HttpTransport
from clausewise.transport.proxy import Proxy, is_loopback, proxy_for
from clausewise.transport.reach import reach

_HTTP, _TLS, _ALL = "http://one:3128", "http://two:3128", "http://three:3128"
_EVERY = {"HTTP_PROXY": _HTTP, "HTTPS_PROXY": _TLS, "ALL_PROXY": _ALL}


@pytest.mark.parametrize(
    ("url", "environ", "proxy"),
    [
        pytest.param("http://api.test/v1", _EVERY, Proxy(_HTTP, _HTTP, "HTTP_PROXY"), id="http"),
        pytest.param("https://api.test", _EVERY, Proxy(_TLS, _TLS, "HTTPS_PROXY"), id="https"),
        pytest.param("http://api.test", {"ALL_PROXY": _ALL}, Proxy(_ALL, _ALL, "ALL_PROXY"), id="all"),
        pytest.param("http://api.test", {**_EVERY, "http_proxy": _TLS}, Proxy(_TLS, _TLS, "http_proxy"), id="lower"),
        pytest.param(
            "http://api.test",
            {"http_proxy": "one"},
            Proxy("http://one", "http://one:80", "http_proxy"),
            id="without a scheme",
        ),
        pytest.param(
            "https://api.test",
            {"HTTPS_PROXY": "http://me:secret@one:1"},
            Proxy("http://me:secret@one:1", "http://one:1", "HTTPS_PROXY"),
            id="with credentials, which nobody is shown",
        ),
        pytest.param("http://api.test", {}, None, id="none"),
        pytest.param("http://api.test", {"HTTP_PROXY": ""}, None, id="empty"),
        pytest.param("http://api.test", {**_EVERY, "NO_PROXY": "other, .test"}, None, id="domain excepted"),
        pytest.param("http://api.test", {**_EVERY, "no_proxy": "api.test"}, None, id="host excepted"),
        pytest.param("http://api.test:81", {**_EVERY, "no_proxy": "api.test:81"}, None, id="port excepted"),
        pytest.param(
            "http://api.test:82",
            {**_EVERY, "no_proxy": "api.test:81"},
            Proxy(_HTTP, _HTTP, "HTTP_PROXY"),
            id="another port",
        ),
        pytest.param(
            "http://myapi.test",
            {**_EVERY, "no_proxy": "api.test"},
            Proxy(_HTTP, _HTTP, "HTTP_PROXY"),
            id="another host",
        ),
        pytest.param("http://10.1.2.3", {**_EVERY, "no_proxy": "10.0.0.0/8"}, None, id="range excepted"),
        pytest.param("http://api.test", {**_EVERY, "NO_PROXY": "*"}, None, id="all excepted"),
        pytest.param("http://localhost:8000", _EVERY, None, id="localhost"),
        pytest.param("http://127.0.0.2", _EVERY, None, id="loopback"),
        pytest.param("https://[::1]:8000", _EVERY, None, id="loopback of IPv6"),
    ],
)
def test_a_proxy_of_the_environment(url: str, environ: Mapping[str, str], proxy: Proxy | None) -> None:
    assert proxy_for(url, environ) == proxy


@pytest.mark.parametrize("written", ["socks5://me:secret@one:1080", "http://", "http://[", "http://one:port"])
def test_what_is_no_proxy_for_http_is_told_without_its_credentials(written: str) -> None:
    with pytest.raises(TargetError, match="the proxy that HTTP_PROXY names is none that speaks HTTP") as caught:
        proxy_for("http://api.test", {"HTTP_PROXY": written})
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("localhost", True),
        ("app.localhost", True),
        ("127.1.2.3", True),
        ("::1", True),
        ("0.0.0.0", True),
        ("10.0.0.1", False),
        ("localhost.example.com", False),
        ("", False),
    ],
)
def test_this_machine(host: str, local: bool) -> None:
    assert is_loopback(host) is local


class _Proxying:
    """A proxy that keeps what it is asked for, and answers itself; it opens no tunnel."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.asked.append(head)
        status = "403 No Tunnel" if head.startswith("CONNECT") else "200 OK"
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok".encode())
        await writer.drain()
        writer.close()


def _through(proxying: _Proxying, url: str) -> tuple[Response | Failure, str]:
    async def run() -> tuple[Response | Failure, str]:
        server = await asyncio.start_server(proxying, "127.0.0.1", 0)
        place = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with server, HttpTransport(url, proxy=Proxy(f"http://me:pass@{place}", f"http://{place}", "X")) as sender:
            return await sender.send(Request("GET", "/a%2Fb?x=%7e")), place

    return asyncio.run(run())


def test_a_proxy_is_asked_for_the_target_exactly_as_it_is() -> None:
    proxying = _Proxying()
    answer, _ = _through(proxying, "http://api.invalid:8080/v1")
    assert isinstance(answer, Response) and answer.body == b"ok"
    (head,) = proxying.asked
    assert head.startswith("GET http://api.invalid:8080/v1/a%2Fb?x=%7e HTTP/1.1\r\n")
    assert "Host: api.invalid:8080\r\n" in head and "Proxy-Authorization: Basic " in head


def test_a_tunnel_that_a_proxy_refuses_is_told() -> None:
    proxying = _Proxying()
    failure, place = _through(proxying, "https://api.invalid")
    assert failure == Failure(
        "connect",
        f"cannot connect to api.invalid:443 through the proxy http://{place}: the proxy answered 403 No Tunnel",
    )
    assert proxying.asked[0].startswith("CONNECT api.invalid:443 HTTP/1.1\r\n")


def test_a_proxy_that_is_not_there_is_told() -> None:
    proxy = Proxy("http://127.0.0.1:1", "http://127.0.0.1:1", "HTTP_PROXY")
    with pytest.raises(TargetError, match=r"nothing listens at the proxy http://127.0.0.1:1, which HTTP_PROXY names"):
        asyncio.run(reach("http://api.invalid", 5.0, proxy=proxy))
