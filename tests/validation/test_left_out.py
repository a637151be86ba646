"""What recorders and their users leave out, mask or write in other words: no fault of the server."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from clausewise.contract.contract import Contract
from clausewise.results.record import Run
from clausewise.validation.scan import ScanOptions, scan
from clausewise.validation.summary import record_scan
from tests.conftest import Compile

_JSON = [["Content-Type", "application/json"]]
_GOOD = {"id": 1, "url": "https://host/a"}


@pytest.fixture(scope="module")
def contract(compiled: Compile) -> Contract:
    thing = {
        "type": "object",
        "required": ["id", "url"],
        "properties": {"id": {"type": "integer"}, "url": {"type": "string", "format": "uri"}},
    }
    content = {"content": {"application/json": {"schema": thing}}}
    identifier = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    mode = {"name": "X-Mode", "in": "header", "schema": {"enum": ["a"]}}
    size = {"name": "size", "in": "query", "schema": {"type": "integer"}}
    place = {"type": "object", "properties": {"lat": {"type": "number"}}}
    near = {"name": "near", "in": "query", "style": "deepObject", "explode": True, "schema": place}
    where = {"name": "where", "in": "query", "schema": {"type": "object", "properties": {"row": {"type": "integer"}}}}
    visits = {"name": "visits", "in": "cookie", "schema": {"type": "integer"}}
    headers = {"X-Left": {"schema": {"type": "integer"}}, "Set-Cookie": {"schema": {"pattern": "^[a-z]=[0-9]$"}}}
    put = {
        "operationId": "put",
        "parameters": [identifier, mode, size, near, where, visits],
        "requestBody": content,
        "responses": {"200": {"description": "", "headers": headers, **content}},
    }
    return compiled({"paths": {"/things/{id}": {"put": put}}})


def checked(contract: Contract, path: Path) -> Run:
    return record_scan(contract, scan(contract, ScanOptions(sources=(str(path),)))).run


def ndjson(path: Path, **changes: Any) -> Path:
    """A recording of one exchange in which all is right but for the `changes`."""
    file = path / "a.ndjson"
    body = {"json": changes.get("sent", _GOOD)} if "raw" not in changes else {"base64": changes["raw"]}
    request = {
        "method": "PUT",
        "target": changes.get("target", "/things/1"),
        "headers": [*_JSON, *changes.get("headers", [])],
        "body": body,
    }
    answered = [*_JSON, *changes.get("answered", [])]
    response: dict[str, Any] = {"status": changes.get("status", 200), "headers": answered}
    if "status" not in changes:
        response["body"] = {"json": changes.get("came", _GOOD)}
    file.write_text(json.dumps({"version": 1, "id": "1", "request": request, "response": response}))
    return file


def rules(run: Run) -> list[str]:
    return [finding.rule for finding in run.findings]


@pytest.mark.parametrize(
    "mask",
    ["<ITEM_ID>", "REDACTED", "[REDACTED]", "[Filtered]", "[FILTERED]", "<redacted>", "***", "XXXXX", "**REDACTED**"],
)
@pytest.mark.parametrize(
    "part", ["path", "query", "member", "exploded member", "header", "cookie", "sent", "came", "answered", "set cookie"]
)
def test_a_mask_is_no_value(contract: Contract, tmp_path: Path, mask: str, part: str) -> None:
    written: dict[str, dict[str, Any]] = {
        "path": {"target": f"/things/{mask}"},
        "query": {"target": f"/things/1?size={mask}"},
        "member": {"target": f"/things/1?near[lat]={mask}"},
        "exploded member": {"target": f"/things/1?row={mask}"},
        "header": {"headers": [["x-mode", mask]]},
        "cookie": {"headers": [["Cookie", f"sid=a; visits={mask}"]]},
        "answered": {"answered": [["x-left", mask]]},
        "set cookie": {"answered": [["Set-Cookie", "a=1"], ["Set-Cookie", mask]]},
        "sent": {"sent": {"id": mask, "url": f"https://host/<GITHUB_LOGIN>/{mask}"}},
        "came": {"came": {"id": mask, "url": "https://host/users/<GITHUB_LOGIN>"}},
    }
    run = checked(contract, ndjson(tmp_path, **written[part]))
    assert rules(run) == [] and run.coverage.clauses.violated == 0


@pytest.mark.parametrize("value", ["[redacted]", "sid=[redacted]"])
def test_a_cookie_that_is_required_may_be_among_masked_ones(compiled: Compile, tmp_path: Path, value: str) -> None:
    visits = {"name": "visits", "in": "cookie", "required": True, "schema": {"type": "integer"}}
    put = {"operationId": "put", "parameters": [visits], "responses": {"200": {"description": ""}}}
    contract = compiled({"paths": {"/things/1": {"put": put}}})
    run = checked(contract, ndjson(tmp_path, headers=[["Cookie", value]], came=None))
    assert rules(run) == ([] if value == "[redacted]" else ["invalid-request-accepted"])


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"headers": [["Cookie", "sid=[redacted]; visits=x"]]}, "invalid-request-accepted"),
        ({"target": "/things/1?near[lat]=x"}, "invalid-request-accepted"),
        ({"answered": [["X-Left", "x"]]}, "response-header"),
        ({"target": "/things/abc"}, "invalid-request-accepted"),
        ({"headers": [["X-Mode", "b"]]}, "invalid-request-accepted"),
        ({"sent": {"id": "filtered out", "url": "https://host"}}, "invalid-request-accepted"),
        ({"came": {"id": "<b>", "url": "https://host"}}, "response-schema"),
        ({"came": {"url": "<GITHUB_LOGIN>"}}, "response-schema"),
        ({"came": {"id": "removed", "url": "https://host"}}, "response-schema"),
        ({"status": 304}, "undocumented-status"),
    ],
    ids=[
        "a cookie beside a mask",
        "a member",
        "a header of the answer",
        "a path",
        "a header",
        "words",
        "markup",
        "beside a mask",
        "a state",
        "304 unasked",
    ],
)
def test_a_wrong_value_is_found(contract: Contract, tmp_path: Path, changes: dict[str, Any], rule: str) -> None:
    assert rules(checked(contract, ndjson(tmp_path, **changes))) == [rule]


@pytest.mark.parametrize("name", ["If-None-Match", "if-modified-since"])
def test_304_answers_a_conditional_request(contract: Contract, tmp_path: Path, name: str) -> None:
    assert rules(checked(contract, ndjson(tmp_path, status=304, headers=[[name, "x"]]))) == []


@pytest.mark.parametrize(
    ("coding", "sent", "found"),
    [
        ("gzip", gzip.compress(json.dumps(_GOOD).encode()), []),
        ("GZIP", gzip.compress(json.dumps(_GOOD).encode()), []),
        ("gzip", json.dumps(_GOOD).encode(), []),
        ("gzip", gzip.compress(b'{"id": "a", "url": "https://host"}'), ["invalid-request-accepted"]),
    ],
    ids=["coded", "in capitals", "decoded", "coded and wrong"],
)
def test_codings_of_requests(contract: Contract, tmp_path: Path, coding: str, sent: bytes, found: list[str]) -> None:
    raw = base64.b64encode(sent).decode()
    run = checked(contract, ndjson(tmp_path, raw=raw, headers=[["Content-Encoding", coding]]))
    assert rules(run) == found


def test_a_request_that_cannot_be_decoded_is_unreadable(contract: Contract, tmp_path: Path) -> None:
    raw = base64.b64encode(b"\x1f\x8b\x08").decode()
    run = checked(contract, ndjson(tmp_path, raw=raw, headers=[["Content-Encoding", "gzip"]]))
    assert run.scan is not None and run.scan.unreadable_entries == 1 and rules(run) == []
    assert "the body of its request cannot be read: its gzip data ends too early" in run.scan.unreadable[0].message


def cassette(path: Path, request: dict[str, Any], response: dict[str, Any]) -> Path:
    file = path / "a.yaml"
    sent = {"method": "PUT", "uri": "http://host/things/1", **request}
    file.write_text(
        json.dumps({"interactions": [{"request": sent, "response": {"status": {"code": 200}, **response}}]})
    )
    return file.rename(path / "a.json")


@pytest.mark.parametrize(
    ("came", "found"), [(_GOOD, []), ({"id": "a", "url": "https://host"}, ["response-schema"])], ids=["right", "wrong"]
)
def test_a_type_that_was_not_recorded_is_the_documented_one(
    contract: Contract, tmp_path: Path, came: dict[str, Any], found: list[str]
) -> None:
    run = checked(contract, cassette(tmp_path, {"body": json.dumps(_GOOD)}, {"body": json.dumps(came)}))
    assert rules(run) == found
    assert all("http://host/things/1" in (finding.curl or "") for finding in run.findings)


def test_bodies_that_were_not_recorded_are_counted(contract: Contract, tmp_path: Path) -> None:
    headers = {"Content-Type": ["application/json"], "Content-Length": ["30"]}
    run = checked(contract, cassette(tmp_path, {"headers": headers}, {"headers": headers, "body": ""}))
    assert rules(run) == [] and run.scan is not None and run.scan.unrecorded_bodies == 2
