"""How the format of a file is recognised, by its name first and by its beginning where that says nothing."""

from __future__ import annotations

import pytest

from clausewise.recordings.formats import format_of

_LINE = b'{"version": 1, "id": "a", "request": {}}\n'
_CASSETTE = b'{"recorded_with": "x", "interactions": ['


@pytest.mark.parametrize(
    ("file", "head", "name"),
    [
        ("a.md", b"{}", "document"),
        ("a.HTML", _LINE, "document"),
        ("a.ndjson", b"# text", "ndjson"),
        ("a.jsonl.gz", b"", "ndjson"),
        ("a.har", b"text", "har"),
        ("traffic.har.zst", b"", "har"),
        ("a.json", b' {"log": {', "har"),
        ("a.json", _CASSETTE, "vcr"),
        ("a.yaml", b"version: 1\ninteractions:\n", "vcr"),
        ("-", b"http_interactions:\n", "vcr"),
        ("a.json", b'[{"scope": "https://host"', "nock"),
        ("a.yml", b"---\nversion: 2\ninteractions:\n", "vcr"),
        ("a.json", _LINE, "ndjson"),
        ("-", _LINE, "ndjson"),
        ("a", _LINE, "ndjson"),
        ("a.json", b'{"name": 1}', None),
        ("a.json", b"", None),
        ("a.yaml", b"interaction: 1", None),
        ("-", b"\n[1]", None),
        ("a.conf", b"interactions:\n", "document"),
        ("-", b"Call it with curl", "document"),
        ("README", b"# Title", "document"),
    ],
)
def test_the_format_of_a_file(file: str, head: bytes, name: str | None) -> None:
    found = format_of(file, head)
    assert (found and found.name) == name
