"""HTTP Archive 1.2, as browsers and proxies save it."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from clausewise.errors import Location
from clausewise.exchange import Exchange, ExchangePath, Failure, Headers, Request, Response, Unreadable, header
from clausewise.media.codec import File
from clausewise.media.codings import decoded_record
from clausewise.media.multipart import MULTIPART
from clausewise.recordings.entry import Entries, Entry, RecordedExchange, Skipped
from clausewise.recordings.fields import base64_of, header_of, method_of, status_of, with_those_of_url
from clausewise.recordings.forms import with_form
from clausewise.recordings.json_entries import entries_in, readable, reason, rest_of
from clausewise.recordings.positions import below, skip

#: what browsers call it when a server breaks off, or gives no answer that can be read
_FAILED = re.compile(
    r"CONNECTION_(?:RESET|CLOSED|REFUSED|FAILED)|EMPTY_RESPONSE|TIMED_OUT|INCOMPLETE_CHUNKED|CONTENT_LENGTH_MISMATCH"
    r"|PROTOCOL_ERROR|INVALID_(?:HTTP_)?RESPONSE|RESPONSE_HEADERS_TRUNCATED|INVALID_CHUNKED",
    re.IGNORECASE,
)
#: statuses, and a method, whose answers have no body (RFC 9110 section 6.4.1)
_BODILESS = frozenset((204, 205, 304))


def read_har(content: bytes, file: str) -> Entries:
    """The exchanges of an archive, in their order. An entry that is no exchange becomes Unreadable; an archive that is
    cut off gives those before the cut."""
    passage, wrong = readable(content, file)
    yield from wrong
    text = passage.text
    try:
        log = below(text, skip(text, 0), "log")
        entries = below(text, log, "entries") if log is not None else None
    except (ValueError, IndexError, RecursionError) as error:
        yield Unreadable(file, f"is not a HAR file: {reason(error)}")
        return
    if entries is None or text[entries : entries + 1] != "[":
        yield Unreadable(file, "is not a HAR file: it has no log.entries")
        return
    end = yield from entries_in(passage, entries + 1, _entry)
    if end is not None:
        yield from rest_of(passage, end, '{"log":{"entries":[')


def _entry(entry: Any, place: Location, number: int) -> Entry:
    try:
        request, response = entry["request"], entry["response"]
        unrecorded: set[ExchangePath] = set()
        sent = _request(request, unrecorded)
        answer, failure = None, None
        if response.get("status") in (None, "", 0, "0"):
            why = str(response.get("_error") or response.get("statusText") or "")
            if not _FAILED.search(why):
                # Browsers abort and block requests, and those of a page that is left have no answer.
                return Skipped(str(place), f"no response was recorded{f': {why}' if why else ''}")
            failure = Failure("disconnect", why)
        else:
            answer = _response(response, str(request["method"]), unrecorded)
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
        return Unreadable(str(place), f"entry {number} is not an exchange: {_why(error)}")
    started, scheme = _time(entry.get("startedDateTime")), urlsplit(request["url"]).scheme
    exchange = Exchange(f"{place.file}:{place.line}", sent, answer, failure, started=started, scheme=scheme)
    return RecordedExchange(exchange, place, unrecorded=frozenset(unrecorded))


def _time(written: Any) -> datetime | None:
    """A time with its zone, as HAR demands; None for anything else, because an entry without one can be checked."""
    try:
        started = datetime.fromisoformat(written)
    except (TypeError, ValueError):
        return None
    return started if started.tzinfo is not None else None


def _why(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"it has no {error}"
    return "it is not built like a HAR entry" if isinstance(error, TypeError | AttributeError) else str(error)


def _request(recorded: dict[str, Any], unrecorded: set[ExchangePath]) -> Request:
    if not isinstance(recorded["url"], str):
        # urlsplit reads null as an empty URL.
        raise TypeError
    parts = urlsplit(recorded["url"])
    headers = list(with_those_of_url(_headers(recorded), parts))
    posted = recorded.get("postData") or {}
    body = None
    if posted.get("text") is None and posted.get("params") and MULTIPART.covers(posted.get("mimeType") or ""):
        fields = [(each["name"], each.get("value"), each.get("fileName")) for each in posted["params"]]
        types = [each.get("contentType") or "" for each in posted["params"]]
        # Browsers do not save the content of files.
        unrecorded |= {("request", "body", name) for name, value, filename in fields if filename and not value}
        named = [
            (name, File(filename, (value or "").encode("utf-8", "surrogatepass"), kind))
            for (name, value, filename), kind in zip(fields, types, strict=True)
        ]
        sent, body = with_form(headers, named)
        headers = list(sent)
    elif posted:
        text = posted.get("text")
        if text is None and posted.get("params"):
            text = urlencode([(each["name"], each.get("value", "")) for each in posted["params"]])
        body = _bytes(text or "", posted.get("encoding"))
        if posted.get("mimeType") and not any(name.lower() == "content-type" for name, _ in headers):
            headers.append(header_of("Content-Type", posted["mimeType"]))
    elif (recorded.get("bodySize") or 0) > 0:
        unrecorded.add(("request", "body"))
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    return Request(method_of(recorded["method"]), target, tuple(headers), body or None)


def _response(recorded: dict[str, Any], method: str, unrecorded: set[ExchangePath]) -> Response:
    headers = list(_headers(recorded))
    content = recorded.get("content") or {}
    # "x-unknown" is what browsers write where the server named no type.
    named = content.get("mimeType") not in (None, "", "x-unknown")
    if named and not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(header_of("Content-Type", content["mimeType"]))
    if content.get("text") is None and _has_content(recorded, content, tuple(headers), method):
        # Browsers can save an archive without content.
        unrecorded.add(("response", "body"))
    # The text is decoded (HAR 1.2, "content"), and yet some programs save in Base64 what came.
    body = decoded_record(_bytes(content.get("text") or "", content.get("encoding")), tuple(headers))
    return Response(status_of(recorded["status"]), tuple(headers), body)


def _has_content(recorded: dict[str, Any], content: dict[str, Any], headers: Headers, method: str) -> bool:
    """Whether a response whose text is not saved had, or may have had, a body. -1 says that nobody knows (HAR 1.2)."""
    if method.upper() == "HEAD" or status_of(recorded["status"]) in _BODILESS:
        return False
    sizes = (content.get("size", -1), recorded.get("bodySize"), header(headers, "Content-Length"))
    return sizes[0] == -1 or any(str(size or 0).isdecimal() and int(size or 0) > 0 for size in sizes)


def _headers(recorded: dict[str, Any]) -> Headers:
    pairs = [header_of(each["name"], each["value"]) for each in recorded.get("headers") or ()]
    # HTTP/2 pseudo-headers (RFC 9113 section 8.3) are listed too; `:authority` is the host.
    plain = [pair for pair in pairs if not pair[0].startswith(":")]
    return tuple(plain + [("Host", value) for name, value in pairs if name == ":authority"])


def _bytes(text: str, encoding: str | None) -> bytes:
    if text.startswith('["') and encoding in ("base64", "hex"):
        # Polly writes the pieces of a coded body as they came.
        return b"".join(_bytes(piece, encoding) for piece in json.loads(text))
    if encoding == "hex":
        return bytes.fromhex(text)
    return base64_of(text) if encoding == "base64" else text.encode("utf-8", "surrogatepass")
