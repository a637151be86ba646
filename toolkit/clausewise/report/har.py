"""The exchanges of a Run as HTTP Archive 1.2, for the network panels of browsers and other tools."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from clausewise.exchange import Exchange, Headers, Request, Response, header
from clausewise.results.record import Run


def render(run: Run, exchanges: Sequence[Exchange] = (), /) -> bytes:
    """The content of exchanges.har. An exchange of an older record, which has no start, gets that of the run."""
    import harfile

    base = run.target.name if run.target.kind == "url" else "http://localhost:8000"
    written = io.StringIO()
    with harfile.HarFile.open(written, creator=harfile.Creator(run.tool.name, run.tool.version)) as archive:
        for exchange in exchanges:
            milliseconds = exchange.response.seconds * 1000 if exchange.response else 0.0
            probe = exchange.probe
            archive.add_entry(
                startedDateTime=_time(exchange.started) or run.started,
                time=milliseconds,
                request=_request(exchange.request, base),
                response=_response(exchange),
                timings=harfile.Timings(send=0, wait=milliseconds, receive=0),
                comment=f"{exchange.id}: {probe.note}" if probe and probe.note else exchange.id,
            )
    return written.getvalue().encode("utf-8", "replace")


def _time(started: datetime | None) -> str:
    return started.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z") if started else ""


def _request(request: Request, base: str) -> Any:
    import harfile

    query = request.target.partition("?")[2].partition("#")[0]
    post = None
    if request.body is not None:
        text, encoding = _text(request.body)
        media_type = header(request.headers, "Content-Type") or ""
        # HAR has no member for the encoding of a request body
        post = harfile.PostData(mimeType=media_type, text=text, comment=encoding)
    return harfile.Request(
        method=request.method,
        url=base + request.target,
        httpVersion="HTTP/1.1",
        headers=_records(request.headers),
        queryString=[harfile.Record(name, value) for name, value in parse_qsl(query, keep_blank_values=True)],
        postData=post,
        bodySize=len(request.body or b"") + request.cut,
    )


def _response(exchange: Exchange) -> Any:
    import harfile

    response: Response | None = exchange.response
    if response is None:
        # as browsers write a missing response
        reason = exchange.failure.message if exchange.failure else None
        return harfile.Response(status=0, statusText="", httpVersion="", comment=reason)
    text, encoding = _text(response.body)
    try:
        phrase = HTTPStatus(response.status).phrase
    except ValueError:
        phrase = ""
    return harfile.Response(
        status=response.status,
        statusText=phrase,
        httpVersion="HTTP/1.1",
        headers=_records(response.headers),
        content=harfile.Content(
            size=len(response.body) + response.cut,
            mimeType=header(response.headers, "Content-Type") or "",
            text=text,
            encoding=encoding,
        ),
        redirectURL=header(response.headers, "Location") or "",
        bodySize=len(response.body) + response.cut,
    )


def _records(headers: Headers) -> list[Any]:
    import harfile

    return [harfile.Record(name, value) for name, value in headers]


def _text(body: bytes) -> tuple[str, str | None]:
    try:
        return body.decode(), None
    except UnicodeDecodeError:
        return base64.b64encode(body).decode(), "base64"
