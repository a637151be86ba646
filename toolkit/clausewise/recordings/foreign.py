"""Files that hold requests or traffic in a format that is not read, and what to do with each."""

from __future__ import annotations

import codecs
import re

import msgspec

from clausewise.recordings.files import plain_name


class Foreign(msgspec.Struct, frozen=True):
    """A format that is not read."""

    #: as a sentence names it: "a Postman collection"
    name: str
    remedy: str
    #: how such a file begins; None where only its name says it
    begins: re.Pattern[bytes] | None = None
    #: suffixes of such files
    suffixes: tuple[str, ...] = ()


_SENT = "send its requests through `clausewise proxy`, which checks them and what comes back"
_JSON = rb"\s*\{.{,2000}?"

_FORMATS = (
    Foreign("UTF-16 text", "save it as UTF-8", re.compile(b"|".join((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)))),
    Foreign(
        "a Postman collection",
        _SENT,
        re.compile(_JSON + rb'"(?:_postman_id"|schema"\s*:\s*"[^"]*/collection/v)', re.DOTALL),
    ),
    Foreign(
        "an Insomnia export", _SENT, re.compile(_JSON + rb'"__export_format"|type: collection\.insomnia', re.DOTALL)
    ),
    Foreign("a Bruno request", _SENT, suffixes=(".bru",)),
    Foreign("a file of an HTTP client", _SENT, suffixes=(".http", ".rest", ".hurl")),
    Foreign(
        "a recording of mitmproxy",
        "write it as HAR: mitmdump -nr FILE --set hardump=flows.har",
        re.compile(rb"\d+:\d+:\w+[;,]"),
        (".flow", ".flows", ".mitm"),
    ),
    Foreign(
        "an OpenTelemetry export",
        "spans have no bodies: record HAR or NDJSON",
        re.compile(rb'\s*\{\s*"resource(?:Spans|Logs)"\s*:'),
    ),
    Foreign(
        "a packet capture",
        "record HAR instead, or let the traffic pass `clausewise proxy`",
        re.compile(rb"\xd4\xc3\xb2\xa1|\xa1\xb2\xc3\xd4|\x0a\x0d\x0d\x0a"),
        (".pcap", ".pcapng"),
    ),
    Foreign("a session of Fiddler", "export it as HAR", suffixes=(".saz",)),
    Foreign("a session of Charles", "export it as HAR", suffixes=(".chls", ".chlsj", ".chlz")),
    Foreign("a ZIP archive", "unpack it", re.compile(rb"PK\x03\x04")),
    # The outer compression is gone here (RFC 1952 section 2.3, RFC 8878 section 3.1.1).
    Foreign("compressed twice", "unpack it once", re.compile(rb"\x1f\x8b\x08|\x28\xb5\x2f\xfd")),
)


def why_not_read(file: str, head: bytes) -> str:
    """Why a file that begins with `head` is not read, as a predicate; "" for one that may be read."""
    name = plain_name(file)
    for each in _FORMATS:
        if name.endswith(each.suffixes) or (each.begins is not None and each.begins.match(head)):
            return f"is {each.name}, which is not read; {each.remedy}"
    return ""
