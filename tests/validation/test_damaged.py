"""Recordings with entries of which a part is missing, null or of another type: each is checked or named, none stops a
scan."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from clausewise.contract.contract import Contract
from clausewise.results.record import encode
from clausewise.validation.collector import TrafficCollector
from clausewise.validation.examiner import EvidenceMode
from clausewise.validation.scan import ScanOptions, scan
from clausewise.validation.summary import record_scan
from tests.validation.traffic import PATH, REQUEST, RESPONSE, line

#: takes the place of every part in turn
_OTHER: tuple[Any, ...] = (
    *(None, True, 0, -1, 1000, 2.5, 1e400, 10**400, "", "x", "\ud800", "\0", "http://[::1", "//", "%"),
    *([], [None], [["a"]], [["a", 1]], [{"name": "x", "value": None}], {}, {"a": 1}, {"name": None}),
)

_MODES: tuple[EvidenceMode, ...] = ("all", "sampled", "none")

_JSON = [{"name": "Content-Type", "value": "application/json"}]
_REQUEST_TEXT, _RESPONSE_TEXT = json.dumps(REQUEST), json.dumps(RESPONSE)

_LINE: dict[str, Any] = json.loads(line())
_FAILED = {**_LINE, "response": None, "failure": {"kind": "timeout", "message": "late"}}
_PROBE: dict[str, Any] = {
    "operation": "createCluster",
    "phase": "clauses",
    "note": "`name` is 1",
    "expect": "refuse",
    "clause": "c",
    "breaks": ["c"],
    "deviates_at": ["body", 0],
    "sequel": {"rule": "r", "told": "t", "expects": "found", "value": 1},
}
_ARCHIVED: dict[str, Any] = {
    "startedDateTime": "2030-01-01T00:00:00Z",
    "request": {
        "method": "POST",
        "url": f"https://host{PATH}",
        "headers": _JSON,
        "postData": {"mimeType": "application/json", "text": _REQUEST_TEXT, "params": [{"name": "a", "value": "b"}]},
    },
    "response": {
        "status": 200,
        "headers": _JSON,
        "content": {"size": 3, "mimeType": "application/json", "text": _RESPONSE_TEXT},
    },
}
_BARE: dict[str, Any] = {
    "request": {"method": "POST", "url": PATH, "postData": {"params": [{"name": "a", "value": "b"}]}},
    "response": {"status": 200, "content": {"text": "e30=", "encoding": "base64", "mimeType": "application/json"}},
}
_HEADERS = {"Content-Type": ["application/json"]}
_TAPED: dict[str, Any] = {
    "request": {"method": "POST", "uri": f"https://host{PATH}", "headers": _HEADERS, "body": _REQUEST_TEXT},
    "response": {
        "status": {"code": 200, "message": "OK"},
        "headers": {**_HEADERS, "Content-Encoding": ["gzip"]},
        "body": {"string": _RESPONSE_TEXT},
    },
}


def _lines(entries: list[Any]) -> str:
    return "\n".join(map(json.dumps, entries))


#: name of the file, an entry that is right, how entries are written
_TABLE: dict[str, tuple[str, Any, Callable[[list[Any]], str]]] = {
    "NDJSON": ("a.ndjson", _LINE, _lines),
    "NDJSON without an answer": ("a.ndjson", {**_LINE, "response": None}, _lines),
    "NDJSON with a failure": ("a.ndjson", _FAILED, _lines),
    "NDJSON of clausewise": ("a.ndjson", {**_LINE, "probe": _PROBE, "started": "2030-01-01T00:00:00Z"}, _lines),
    "HAR": ("a.har", _ARCHIVED, lambda entries: json.dumps({"log": {"entries": entries}})),
    "HAR with the least": ("a.har", _BARE, lambda entries: json.dumps({"log": {"entries": entries}})),
    "cassette": ("a.json", _TAPED, lambda entries: json.dumps({"interactions": entries})),
}


def _damaged(entry: Any) -> Iterator[Any]:
    """`entry` with each of its parts left out or replaced, one at a time; bodies that are JSON stay as they are."""
    for path in _paths(entry):
        for other in _OTHER:
            whole, owner, token = _copied(entry, path)
            owner[token] = other
            yield whole[0]
        if path:
            whole, owner, token = _copied(entry, path)
            del owner[token]
            yield whole[0]


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for token, part in below:
        if path[-1:] != ("json",):
            yield from _paths(part, (*path, token))


def _copied(entry: Any, path: tuple[Any, ...]) -> tuple[list[Any], Any, Any]:
    """A list with a copy of `entry`; what has the part at `path` in it, and the name or index that it has there."""
    whole: list[Any] = [copy.deepcopy(entry)]
    owner: Any = whole
    *above, token = (0, *path)
    for step in above:
        owner = owner[step]
    return whole, owner, token


def _scanned(contract: Contract, path: Path, evidence: EvidenceMode) -> TrafficCollector:
    result = scan(contract, ScanOptions(sources=(str(path),), evidence=evidence))
    assert encode(record_scan(contract, result).run)
    assert result.failed == ()
    return result.collector


@pytest.mark.slow
@pytest.mark.parametrize(("name", "right", "write"), _TABLE.values(), ids=_TABLE)
def test_each_entry_is_checked_or_named(
    shipped: Contract, tmp_path: Path, name: str, right: Any, write: Callable[[list[Any]], str]
) -> None:
    entries = [right, *_damaged(right), right]
    (tmp_path / name).write_text(write(entries).replace("Infinity", "1e400"), encoding="utf-8")
    seen = [_scanned(shipped, tmp_path / name, evidence) for evidence in _MODES]
    counts = [(each.checked, each.unreadable.count, each.unmatched.count, each.skipped.count) for each in seen]
    assert len(set(counts)) == 1
    checked, unreadable, *_ = counts[0]
    assert sum(counts[0]) == len(entries)
    assert checked > len(entries) / 20 and unreadable > len(entries) / 4
    assert {fault.shown.rule for fault in seen[0].faults.values()} == {
        fault.shown.rule for fault in seen[2].faults.values()
    }


@pytest.mark.parametrize("evidence", _MODES)
def test_a_request_without_an_answer_is_judged_alone(shipped: Contract, tmp_path: Path, evidence: EvidenceMode) -> None:
    wrong = {**_LINE, "request": json.loads(line(request={**REQUEST, "name": 1}))["request"], "response": None}
    half = {name: value for name, value in _LINE.items() if name != "response"}
    (tmp_path / "a.ndjson").write_text(_lines([half, wrong, _LINE]), encoding="utf-8")
    seen = _scanned(shipped, tmp_path / "a.ndjson", evidence)
    assert (seen.checked, seen.unreadable.count) == (3, 0)
    assert [fault.shown.rule for fault in seen.faults.values()] == ["request-schema"]
