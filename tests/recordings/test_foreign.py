"""Files of formats that are not read: each is recognised, named, and has a remedy; what is read is none of them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from clausewise.contract.contract import Contract
from clausewise.recordings.foreign import why_not_read
from clausewise.validation.scan import ScanOptions, scan
from tests.validation.traffic import line, write

_POSTMAN = {
    "info": {"name": "a", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
    "item": [{"name": "r", "request": {"method": "POST", "url": "https://host/a"}}],
}
_SPANS: dict[str, object] = {"resourceSpans": [{"resource": {}, "scopeSpans": []}]}
_FLOW = b"75:7:request;29:6:method;4:POST,4:path;2:/a,}8:response;0:~4:type;4:http;7:version;2:20#}"


@pytest.mark.parametrize(
    ("file", "head", "name", "remedy"),
    [
        ("a.json", json.dumps(_POSTMAN).encode(), "a Postman collection", "clausewise proxy"),
        ("a.json", json.dumps(_POSTMAN, indent=2).encode(), "a Postman collection", "clausewise proxy"),
        ("a.json", b'{"_type": "export", "__export_format": 4}', "an Insomnia export", "clausewise proxy"),
        ("a.http", b"GET https://host/a\n", "a file of an HTTP client", "clausewise proxy"),
        ("flows", _FLOW, "a recording of mitmproxy", "hardump"),
        ("a.mitm", b"", "a recording of mitmproxy", "hardump"),
        ("a.json", json.dumps(_SPANS).encode(), "an OpenTelemetry export", "HAR or NDJSON"),
        ("a.pcapng", b"\x0a\x0d\x0d\x0a\x1c\0", "a packet capture", "HAR"),
        ("a.saz", b"PK\x03\x04", "a session of Fiddler", "HAR"),
        ("a.bin", b"PK\x03\x04", "a ZIP archive", "unpack"),
        ("a.har", '{"log": {}}'.encode("utf-16"), "UTF-16 text", "UTF-8"),
        ("a.har.gz", gzip.compress(b"{}"), "compressed twice", "unpack"),
    ],
)
def test_what_is_not_read(file: str, head: bytes, name: str, remedy: str) -> None:
    why = why_not_read(file, head)
    assert why.startswith(f"is {name}, which is not read; ") and remedy in why


@pytest.mark.parametrize(
    ("file", "head"),
    [
        ("a.ndjson", line()),
        ("a.har", b'{"log": {"entries": []}}'),
        ("a.json", b'{"interactions": []}'),
        ("a.json", b'{"name": "a", "schema": "public"}'),
        ("a.md", b"10:15:a meeting\n"),
        ("a.txt", b""),
    ],
)
def test_what_is_read(file: str, head: bytes) -> None:
    assert why_not_read(file, head) == ""


def test_it_is_trouble_where_it_is_named_and_left_out_where_a_folder_is(shipped: Contract, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(_POSTMAN))
    write(tmp_path / "b.ndjson", [line()])
    named, folder = (
        scan(shipped, ScanOptions(sources=sources)).collector
        for sources in ((str(tmp_path / "a.json"), str(tmp_path / "b.ndjson")), (str(tmp_path),))
    )
    assert (named.checked, named.unreadable.count, named.skipped.count) == (1, 1, 0)
    assert (folder.checked, folder.unreadable.count, folder.skipped.count) == (1, 0, 1)
