"""Recordings that are broken as a whole: cut off, in another encoding, damaged, with something behind their end. Each
fault has one sentence with its place, and what could be read is checked."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clausewise.contract.contract import Contract
from clausewise.validation.scan import ScanOptions, scan
from tests.validation.traffic import PATH, REQUEST, RESPONSE, line

_JSON = "application/json"


def _har(answers: list[Any]) -> str:
    types = [{"name": "Content-Type", "value": _JSON}]
    posted = {"mimeType": _JSON, "text": json.dumps(REQUEST)}
    request = {"method": "POST", "url": f"https://host{PATH}", "headers": types, "postData": posted}
    texts = [json.dumps(answer, ensure_ascii=False) for answer in answers]
    contents = [{"size": len(text), "mimeType": _JSON, "text": text} for text in texts]
    entries = [{"request": request, "response": {"status": 200, "headers": types, "content": c}} for c in contents]
    return json.dumps({"log": {"entries": entries, "pages": []}}, indent=1, ensure_ascii=False)


def _cassette(answers: list[Any]) -> str:
    headers = {"Content-Type": [_JSON]}
    request = {"method": "POST", "uri": f"https://host{PATH}", "headers": headers, "body": json.dumps(REQUEST)}
    bodies = [{"string": json.dumps(answer, ensure_ascii=False)} for answer in answers]
    taped = [{"request": request, "response": {"status": 200, "headers": headers, "body": body}} for body in bodies]
    return json.dumps({"interactions": taped}, indent=1, ensure_ascii=False)


def _nock(answers: list[Any]) -> str:
    common = {"scope": "https://host:443", "method": "POST", "path": PATH, "body": REQUEST, "status": 200}
    types = {"reqheaders": {"content-type": _JSON}, "rawHeaders": ["Content-Type", _JSON]}
    return json.dumps([{**common, **types, "response": answer} for answer in answers], indent=1, ensure_ascii=False)


def _ndjson(answers: list[Any]) -> str:
    return "".join(f"{line(response=answer).decode()}\n" for answer in answers)


_FORMATS: dict[str, Callable[[list[Any]], str]] = {
    "a.har": _har,
    "a.json": _cassette,
    "b.json": _nock,
    "a.ndjson": _ndjson,
}
_WRONG, _UMLAUT = RESPONSE | {"status": "ODD"}, RESPONSE | {"name": "Köln"}


def _in_other_line_ends(text: str) -> bytes:
    """The first half of the lines end as on Windows."""
    return text.encode().replace(b"\n", b"\r\n", text.count("\n") // 2)


def _damaged(text: str) -> bytes:
    packed = bytearray(gzip.compress(f"{text}\n".encode()))
    packed[-6] ^= 1  # in its checksum
    return bytes(packed)


@pytest.mark.parametrize(("name", "written"), _FORMATS.items(), ids=("HAR", "cassette", "nock", "NDJSON"))
@pytest.mark.parametrize(
    ("breaking", "checked", "complaint"),
    [
        pytest.param(str.encode, 3, "", id="whole"),
        pytest.param(lambda text: b"\xef\xbb\xbf" + text.encode(), 3, "", id="byte order mark"),
        pytest.param(_in_other_line_ends, 3, "", id="mixed line ends"),
        pytest.param(lambda text: gzip.compress(text.encode()), 3, "", id="packed"),
        pytest.param(lambda text: text.encode()[: -len(text) // 6], 2, "ends too early|was truncated", id="cut off"),
        pytest.param(lambda text: gzip.compress(text.encode())[:-4], 3, "is cut off", id="packed, cut off"),
        pytest.param(_damaged, 3, "is damaged: incorrect data check", id="packed, damaged"),
        pytest.param(lambda text: f"{text}\n}} ]".encode(), 3, "behind the end|is not JSON", id="more behind it"),
        pytest.param(lambda text: text.encode("utf-16"), 0, "is UTF-16 text", id="UTF-16"),
        pytest.param(lambda text: text.encode("latin-1"), None, "is not UTF-8 text", id="Latin-1"),
    ],
)
def test_a_broken_recording(
    shipped: Contract,
    tmp_path: Path,
    name: str,
    written: Callable[[list[Any]], str],
    breaking: Callable[[str], bytes],
    checked: int | None,
    complaint: str,
) -> None:
    latin = checked is None
    text = written([_WRONG, RESPONSE, _UMLAUT if latin else RESPONSE])
    # The encoder of the lines escapes what is no ASCII.
    (tmp_path / name).write_bytes(breaking(text.replace("\\u00f6", "ö")))
    found = scan(shipped, ScanOptions(sources=(str(tmp_path / name),))).collector
    if latin:
        # Of NDJSON one line cannot be read; of the others a part of a body.
        checked = 2 if name.endswith(".ndjson") else 3
    assert found.checked == checked
    assert [fault.shown.rule for fault in found.faults.values()] == (["response-schema"] if checked else [])
    messages = [message for _, message in found.unreadable.first]
    assert len(messages) == bool(complaint), messages
    if messages:
        assert any(part in messages[0] for part in complaint.split("|"))
        assert str(found.unreadable.first[0][0]).startswith(str(tmp_path / name))


@pytest.mark.parametrize("text", ["abc", "!!!!", "e30", "ü"])
def test_what_is_no_base64_is_not_blamed_on_the_server(shipped: Contract, tmp_path: Path, text: str) -> None:
    archive, tape = json.loads(_har([RESPONSE])), json.loads(_cassette([RESPONSE]))
    archive["log"]["entries"][0]["response"]["content"] |= {"text": text, "encoding": "base64"}
    tape["interactions"][0]["response"]["body"] = {"base64_string": text}
    exchange = json.loads(line()) | {"response": {"status": 200, "body": {"base64": text}}}
    for name, recording in (("a.har", archive), ("a.json", tape), ("a.ndjson", exchange)):
        (tmp_path / name).write_text(json.dumps(recording))
        found = scan(shipped, ScanOptions(sources=(str(tmp_path / name),))).collector
        assert (found.checked, found.unreadable.count, found.faults) == (0, 1, {})
        assert "base64" in found.unreadable.first[0][1].lower()
