"""The lists of defects of public services, and what is made of them."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from tests.benchmarks.services.evidence import shown
from tests.benchmarks.services.found import Item, found, of_doubts, unjudged
from tests.benchmarks.services.service import Defect, Doubt, Service, Step, services


@pytest.mark.parametrize("service", services(), ids=lambda service: service.name)
def test_a_list_of_defects_can_be_used(service: Service) -> None:
    assert len({defect.id for defect in service.defects}) == len(service.defects) > 0
    saved = {name for step in service.setup for name in step.save}
    for defect in service.defects:
        assert defect.says.endswith(".") and (defect.clausewise or defect.schemathesis)
        assert set(re.findall(r"\$(\w+)", defect.evidence.send)) <= saved
        for pattern in (*defect.clausewise, *defect.schemathesis):
            assert all(re.compile(each) for each in pattern)
    assert any("{port}" in argument for argument in service.command)


def test_what_a_tool_lists_is_put_to_the_defects() -> None:
    crash = Defect(
        id="crash",
        says="It crashes.",
        evidence=Step("GET /things"),
        status=500,
        clausewise=(("server-error", "GET /things", "`name`"),),
        schemathesis=(("ST101", "GET /things", "\n500"),),
    )
    doubt = Doubt(kind="arguable", says="Who knows.", clausewise=(("echo-mismatch", ".*", ""),))
    service = Service(
        name="s", packages=("s",), command=("s", "{port}"), document="/", defects=(crash,), doubts=(doubt,)
    )
    items = [
        Item("server-error", ("GET /others", "GET /things"), "it answered 500\nrequest.body where `name` is null"),
        Item("echo-mismatch", ("GET /things",), "another value"),
        Item("server-error", ("GET /others",), "`name`"),
    ]
    assert found(service, items, "clausewise") == {"crash"} and found(service, items, "Schemathesis") == frozenset()
    assert of_doubts(service, items, "arguable") == items[1:2] and of_doubts(service, items, "false") == []
    assert unjudged(service, items) == items[2:]


def test_evidence_is_sent_again(notes: str) -> None:
    """`notes` is a server that takes every POST, and keeps nothing."""
    steps = (Step("POST /notes", '{"text": "a"}', save={"note": "/id"}),)
    there = Defect(id="there", says="It is.", evidence=Step("GET /notes/$note"), status=404, answer="no note 7")
    mended = Defect(id="mended", says="It was.", evidence=Step("GET /notes/$note"), status=500)
    closed = Defect(id="closed", says="It closes.", evidence=Step("DELETE /notes/$note"), status=0)
    service = Service(
        name="n", packages=("n",), command=("n",), document="/", setup=steps, defects=(there, mended, closed)
    )
    assert shown(service, notes) == {"there", "closed"}


@pytest.fixture
def notes() -> Iterator[str]:
    class Notes(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self._answer(201, b'{"id": 7}')

        def do_GET(self) -> None:
            self._answer(404, f"no note {self.path.rpartition('/')[2]}".encode())

        def do_DELETE(self) -> None:
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True

        def _answer(self, status: int, body: bytes) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Notes) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
