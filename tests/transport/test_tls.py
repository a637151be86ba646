"""Servers with TLS: whom a client trusts, and what is said of those that it does not trust."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from clausewise.errors import TargetError
from clausewise.exchange import Failure, Request, Response
from clausewise.transport.http import HttpTransport
from clausewise.transport.reach import reach
from clausewise.transport.tls import Trust, tls_context

Certificate = Callable[..., Path]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """Makes a self-signed certificate with its key, in one file."""

    def make(address: str = "127.0.0.1", days: int = 2) -> Path:
        folder = tmp_path_factory.mktemp("certificate")
        (folder / "names").write_text(f"subjectAltName=IP:{address}\n")
        key = "req -newkey rsa:2048 -nodes -subj /CN=test -keyout key.pem -out request.pem"
        sign = f"x509 -req -in request.pem -signkey key.pem -extfile names -days {days} -out cert.pem"
        try:
            for command in (key, sign):
                subprocess.run(["openssl", *command.split()], cwd=folder, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("no openssl makes certificates here")
        pair = folder / "pair.pem"
        pair.write_text((folder / "cert.pem").read_text() + (folder / "key.pem").read_text())
        return pair

    return make


class _Ok(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def serving(pair: Path, clients: Path | None = None) -> Iterator[str]:
    """The URL of a server with a certificate; where `clients` are given, it asks for one of these."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair)
    if clients is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(clients)
    server = HTTPServer(("127.0.0.1", 0), _Ok)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def asked(url: str, trust: Trust) -> Response | Failure:
    async def ask() -> Response | Failure:
        async with HttpTransport(url, tls=tls_context(trust), timeout=20) as transport:
            return await transport.send(Request("GET", "/"))

    return asyncio.run(ask())


def unreachable(url: str, trust: Trust) -> TargetError:
    with pytest.raises(TargetError) as caught:
        asyncio.run(reach(url, 20, tls_context(trust)))
    return caught.value


@pytest.mark.parametrize(
    ("address", "days", "trusted", "reason"),
    [
        pytest.param("127.0.0.1", 2, False, "is self-signed", id="self-signed"),
        pytest.param("127.0.0.1", -1, True, "has expired", id="expired"),
        pytest.param("10.9.8.7", 2, True, "is for another name: IP address mismatch", id="another host"),
    ],
)
def test_a_certificate_that_is_not_trusted_is_told_as_such(
    certificate: Certificate, address: str, days: int, trusted: bool, reason: str
) -> None:
    pair = certificate(address, days)
    trust = Trust(ca_file=pair if trusted else None)
    with serving(pair) as url:
        error = unreachable(url, trust)
        failure = asked(url, trust)
        ignored = asked(url, Trust(insecure=True))
    place = url.removeprefix("https://")
    assert error.message.startswith(f"{url} cannot be reached: the certificate of {place} {reason}")
    assert error.remedy is not None and "--ca-file" in error.remedy and "--insecure" in error.remedy
    assert isinstance(failure, Failure) and failure.kind == "connect"
    assert failure.message.startswith(f"the certificate of {place} {reason}")
    assert isinstance(ignored, Response) and ignored.status == 200


def test_a_server_of_a_trusted_authority_is_asked(certificate: Certificate) -> None:
    pair = certificate()
    with serving(pair) as url:
        asyncio.run(reach(url, 20, tls_context(Trust(ca_file=pair))))
        answer = asked(url, Trust(ca_file=pair))
    assert isinstance(answer, Response) and answer.status == 200


def test_the_authorities_are_those_of_the_system_or_those_that_are_named(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair, other = certificate(), certificate()
    monkeypatch.setenv("SSL_CERT_FILE", str(pair))
    with serving(pair) as url:
        known = asked(url, Trust())
        asyncio.run(reach(url, 20, tls_context(Trust())))
        others_alone = asked(url, Trust(ca_file=other))
    assert isinstance(known, Response) and known.status == 200
    assert isinstance(others_alone, Failure) and "is self-signed" in others_alone.message


def test_a_server_that_asks_for_a_certificate_gets_it_or_is_told_to(certificate: Certificate) -> None:
    pair, client = certificate(), certificate()
    key = client.with_name("key.pem")
    with serving(pair, clients=client) as url:
        shown = asked(url, Trust(ca_file=pair, client_cert=client))
        apart = asked(url, Trust(ca_file=pair, client_cert=client.with_name("cert.pem"), client_key=key))
        hidden = unreachable(url, Trust(ca_file=pair))
    assert isinstance(shown, Response) and isinstance(apart, Response)
    told = f"{url.removeprefix('https://')} asks for a client's certificate (--client-cert FILE)"
    assert hidden.message == f"{url} cannot be reached: {told}"


@pytest.mark.parametrize("trust", [lambda path: Trust(ca_file=path), lambda path: Trust(client_cert=path)])
def test_a_file_that_holds_no_certificate_is_told(tmp_path: Path, trust: Callable[[Path], Trust]) -> None:
    (tmp_path / "a.pem").write_text("nothing")
    for path in (tmp_path / "a.pem", tmp_path / "missing.pem"):
        with pytest.raises(TargetError, match=r"cannot be used: "):
            tls_context(trust(path))
