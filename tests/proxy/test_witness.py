"""The checks of exchanges that pass the proxy: each fault has one line, each exchange one in the recording."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from clausewise.contract.contract import Contract
from clausewise.exchange import Exchange, Headers, Request, Response
from clausewise.proxy.witness import CheckingWitness
from clausewise.validation.summary import record_scan
from tests.conftest import Compile

_ITEM = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}
_BODY = {"content": {"application/json": {"schema": _ITEM}}}
_DOCUMENT: dict[str, Any] = {
    "servers": [{"url": "https://example.com/v1"}],
    "components": {"securitySchemes": {"login": {"type": "http", "scheme": "bearer"}}},
    "paths": {
        "/items": {
            "get": {"operationId": "show", "responses": {"200": {"description": "", **_BODY}}},
            "post": {
                "operationId": "add",
                "security": [{"login": []}],
                "requestBody": {"required": True, **_BODY},
                "responses": {"201": {"description": ""}, "400": {"description": ""}},
            },
        }
    },
}
_JSON = ("Content-Type", "application/json")


@pytest.fixture(scope="module")
def contract(compiled: Compile) -> Contract:
    return compiled(_DOCUMENT)


def _get(answer: bytes, *headers: tuple[str, str], target: str = "/v1/items") -> Exchange:
    return Exchange("", Request("GET", target), Response(200, (_JSON, *headers), answer))


def _post(body: bytes, status: int, headers: Headers = (_JSON,)) -> Exchange:
    return Exchange("", Request("POST", "/v1/items", headers, body), Response(status))


def _seen(contract: Contract, tmp_path: Path, exchanges: Iterable[Exchange]) -> tuple[list[str], Any, list[Any]]:
    """The lines, the record and the recording of some exchanges."""
    lines: list[str] = []
    file = tmp_path / "exchanges.ndjson"
    witness = CheckingWitness(contract, "http://127.0.0.1:1", file, lines.append)
    for exchange in exchanges:
        witness.saw(exchange)
    witness.lost("GET /v1/items?token=abcdefgh", "the server is gone")
    run = record_scan(contract, witness.result()).run
    return lines, run, [json.loads(line) for line in file.read_text().splitlines()]


def test_each_fault_is_said_once_and_each_exchange_recorded(contract: Contract, tmp_path: Path) -> None:
    lines, run, recorded = _seen(contract, tmp_path, [_get(b"{}"), _get(b'{"n": 1}'), _get(b"{}")])
    assert [line for line in lines if line.startswith("error")] == [
        "error: the 200 response lacks `n`; `n` is required (GET /v1/items, exchanges.ndjson:1) [response-schema]"
    ]
    assert [finding.count for finding in run.findings] == [2]
    assert [line["response"]["body"]["text"] for line in recorded] == ["{}", '{"n": 1}', "{}"]
    assert run.requests == 3


def test_good_traffic_has_no_fault(contract: Contract, tmp_path: Path) -> None:
    coded = _get(gzip.compress(b'{"n": 1}'), ("Content-Encoding", "gzip"))
    good = _post(b'{"n": 1}', 201, (_JSON, ("Authorization", "Bearer s3cr3t-of-a-user")))
    _, run, recorded = _seen(contract, tmp_path, [coded, good])
    assert run.findings == ()
    assert "s3cr3t" not in json.dumps(recorded)


def test_a_secret_that_shows_later_is_masked_before_as_well(contract: Contract, tmp_path: Path) -> None:
    before = _get(b'{"n": 1, "note": "zq8-hidden-word-77"}')
    issued = _get(b'{"n": 1, "access_token": "zq8-hidden-word-77"}')
    _, _, recorded = _seen(contract, tmp_path, [before, issued])
    assert len(recorded) == 2
    assert "zq8-hidden" not in json.dumps(recorded)


def test_requests_are_checked_as_well_with_their_credentials(contract: Contract, tmp_path: Path) -> None:
    _, run, _ = _seen(contract, tmp_path, [_post(b'{"n": 1}', 201), _post(b"{}", 201)])
    assert {finding.rule for finding in run.findings} == {"auth-not-enforced", "invalid-request-accepted"}


def test_what_was_not_checked_is_said(contract: Contract, tmp_path: Path) -> None:
    lines, run, _ = _seen(contract, tmp_path, [_get(b"{}", target="/elsewhere"), _get(b"{}", target="/elsewhere")])
    assert lines == [
        "GET /elsewhere: the contract has no such path",
        "GET /v1/items?token=[redacted]: the server is gone",
    ]
    assert run.scan is not None
    assert (run.scan.unmatched_exchanges, [each.message for each in run.scan.skipped]) == (2, ["the server is gone"])


def test_a_body_that_is_cut_is_not_judged_and_said(contract: Contract, tmp_path: Path) -> None:
    cut = Exchange("", Request("GET", "/v1/items"), Response(200, (_JSON,), b'{"m": ', cut=5))
    lines, run, _ = _seen(contract, tmp_path, [cut])
    assert lines[0] == "GET /v1/items: the answer has 5 bytes more than 8 MiB, which are not judged"
    assert run.findings == ()


@pytest.mark.parametrize(
    ("request_", "breach"),
    [
        (Request("GET", "/v1/items"), ""),
        (Request("GET", "/elsewhere"), "the contract has no such path"),
        (Request("PUT", "/v1/items"), "the path offers only GET, POST"),
        (Request("POST", "/v1/items", (_JSON, ("Authorization", "Bearer x")), b"{}"), "body.n: `n` is required"),
    ],
)
def test_what_a_request_breaks(contract: Contract, tmp_path: Path, request_: Request, breach: str) -> None:
    witness = CheckingWitness(contract, "http://127.0.0.1:1", tmp_path / "e.ndjson", lambda line: None, enforces=True)
    assert witness.breach_of_request(request_) == breach
    witness.result()


def test_what_a_response_breaks(contract: Contract, tmp_path: Path) -> None:
    witness = CheckingWitness(contract, "http://127.0.0.1:1", tmp_path / "e.ndjson", lambda line: None, enforces=True)
    request = Request("GET", "/v1/items")
    assert witness.breach_of_response(request, Response(200, (_JSON,), b'{"n": 1}')) == ""
    assert "lacks `n`" in witness.breach_of_response(request, Response(200, (_JSON,), b"{}"))
    witness.result()
