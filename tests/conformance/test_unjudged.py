"""Bodies that have a schema and that nothing judges are counted, and every report names them."""

from __future__ import annotations

from typing import Any

import pytest

from clausewise.report import markdown
from clausewise.report.html.page import render as html
from clausewise.report.run_text import verdict
from clausewise.report.terminal import text
from tests.conftest import Compile
from tests.servers.small import Answer, Call, drive, not_offered

_BYTES = {"type": "string", "format": "binary"}
_OBJECT = {"type": "object"}


def _download(content: dict[str, Any]) -> dict[str, Any]:
    responses = {"200": {"description": "", "content": content}, "405": {"description": ""}}
    return {"paths": {"/file": {"get": {"operationId": "get", "responses": responses}}}}


def _sending(content_type: str, body: bytes) -> Any:
    def answer(call: Call) -> Answer:
        return (200, body, {"content-type": content_type}) if call.method == "GET" else not_offered("GET")

    return answer


@pytest.mark.parametrize(
    ("documented", "schema", "content_type", "reason"),
    [
        ("application/octet-stream", _BYTES, "application/octet-stream", "binary data is not compared with a schema"),
        ("*/*", _BYTES, "image/png", "its schema describes bytes"),
        ("*/*", _OBJECT, "image/png", ""),
        ("text/plain", _OBJECT, "text/plain", "plain text has no form for an object"),
        (
            "text/event-stream",
            {"type": "string"},
            "text/event-stream",
            "its schema describes a text, and no values in it",
        ),
    ],
)
def test_what_is_not_judged_is_counted_and_named(
    compiled: Compile, documented: str, schema: dict[str, Any], content_type: str, reason: str
) -> None:
    result = drive(compiled(_download({documented: {"schema": schema}})), _sending(content_type, b"data: x\n\n"))
    assert not result.run.findings
    unjudged = result.run.coverage.unjudged
    assert unjudged
    assert [(each.media_type, each.reason) for each in unjudged] == [(documented, reason)]
    bodies = unjudged[0].bodies
    sentence = f"ot judged: {bodies} bodies of {documented}" + (f" ({reason})" if reason else "")
    assert f"n{sentence}" in text(verdict(result.run), color=False)
    assert f"N{sentence}" in html(result.run).decode()
    assert f"N{sentence}".replace("*", "\\*") in markdown.render(result.run).decode()


@pytest.mark.parametrize(
    ("documented", "content_type", "body"),
    [("*/*", "application/json", b"{}"), ("application/octet-stream", "application/octet-stream", b"")],
    ids=["judged as what it was sent as", "no body"],
)
def test_what_is_judged_or_empty_is_not_named(
    compiled: Compile, documented: str, content_type: str, body: bytes
) -> None:
    result = drive(compiled(_download({documented: {"schema": _OBJECT}})), _sending(content_type, body))
    assert not result.run.coverage.unjudged


def test_bodies_without_a_schema_have_nothing_to_be_judged_by(compiled: Compile) -> None:
    result = drive(compiled(_download({"image/png": {}})), _sending("image/png", b"x"))
    assert not result.run.coverage.unjudged
