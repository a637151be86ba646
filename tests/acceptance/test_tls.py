"""`--insecure`, `--ca-file` and proxies, as the command line has them."""

from __future__ import annotations

import json
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import RunClausewise

_DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "status", "version": "1"},
    "paths": {"/status": {"get": {"operationId": "status", "responses": {"204": {"description": "well"}}}}},
}


class _Well(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(204 if self.path == "/status" else 404)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a self-signed certificate of 127.0.0.1 and its key."""
    folder = tmp_path_factory.mktemp("certificates")
    command = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test -addext subjectAltName=IP:127.0.0.1"
    try:
        subprocess.run(
            ["openssl", *command.split(), "-keyout", "key.pem", "-out", "cert.pem"],
            cwd=folder,
            check=True,
            capture_output=True,
        )
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no openssl makes certificates here")
    return folder


@pytest.fixture(scope="module")
def server(certificates: Path) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "cert.pem", certificates / "key.pem")
    server = HTTPServer(("127.0.0.1", 0), _Well)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("document") / "api.json"
    path.write_text(json.dumps(_DOCUMENT))
    return path


def _options(document: Path, url: str, output: Path) -> list[str | Path]:
    return ["test", document, "--url", url, "--phase", "baseline", "--output-dir", output]


def test_a_run_that_trusts_any_server_says_so(
    run_clausewise: RunClausewise, document: Path, server: str, tmp_path: Path
) -> None:
    done = run_clausewise(*_options(document, server, tmp_path), "--insecure", "--quiet")
    assert done.returncode == 0, done.stderr
    assert f"warning: --insecure: {server} is trusted whatever its certificate says" in done.stderr
    assert json.loads((tmp_path / "run.json").read_text())["target"] == {
        "kind": "url",
        "name": server,
        "insecure": True,
    }
    assert f"target `{server}` (certificate not verified)" in (tmp_path / "summary.md").read_text()


def test_a_run_that_trusts_the_authority_says_nothing(
    run_clausewise: RunClausewise, document: Path, server: str, certificates: Path, tmp_path: Path
) -> None:
    done = run_clausewise(*_options(document, server, tmp_path), "--ca-file", certificates / "cert.pem")
    assert done.returncode == 0, done.stderr
    assert "insecure" not in done.stderr
    assert json.loads((tmp_path / "run.json").read_text())["target"] == {"kind": "url", "name": server}


def test_a_server_that_nobody_has_vouched_for_is_not_tested(
    run_clausewise: RunClausewise, document: Path, server: str, tmp_path: Path
) -> None:
    done = run_clausewise(*_options(document, server, tmp_path))
    assert done.returncode == 2
    assert f"the certificate of {server.removeprefix('https://')} is self-signed (give" in done.stderr


def test_this_machine_is_never_asked_through_a_proxy(
    run_clausewise: RunClausewise, document: Path, server: str, tmp_path: Path
) -> None:
    proxies = {"HTTPS_PROXY": "http://127.0.0.1:1", "ALL_PROXY": "http://127.0.0.1:1", "NO_PROXY": ""}
    done = run_clausewise(*_options(document, server, tmp_path), "--insecure", "-v", env=proxies)
    assert done.returncode == 0, done.stderr
    assert "proxy" not in done.stderr


def test_another_machine_is_asked_through_the_proxy_of_the_environment(
    run_clausewise: RunClausewise, document: Path, tmp_path: Path
) -> None:
    proxies = {"HTTP_PROXY": "http://me:secret@127.0.0.1:1", "NO_PROXY": ""}
    done = run_clausewise(*_options(document, "http://api.invalid", tmp_path), "-v", env=proxies)
    assert done.returncode == 2
    assert "requests go through the proxy http://127.0.0.1:1, which HTTP_PROXY names" in done.stderr
    assert "nothing listens at the proxy http://127.0.0.1:1, which HTTP_PROXY names" in done.stderr
    assert "secret" not in done.stderr
