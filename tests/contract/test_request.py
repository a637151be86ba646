"""Whole requests judged by an operation's contract."""

from __future__ import annotations

from typing import Any

import pytest

from clausewise.contract.request import judge_request
from clausewise.exchange import Request
from tests.conftest import Compile

_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "basic": {"type": "http", "scheme": "basic"},
    "keyHeader": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "keyQuery": {"type": "apiKey", "in": "query", "name": "key"},
    "keyCookie": {"type": "apiKey", "in": "cookie", "name": "session"},
}
_JSON = ("Content-Type", "application/json")
_GOOD = b'{"name": "a"}'
_PATH = "/things/{id}"


def broken(
    compiled: Compile,
    request: Request,
    identifier: str = "7",
    security: list[dict[str, list[str]]] | None = None,
    evidence: bool = True,
) -> list[tuple[str, str]]:
    """(part, keyword) of what a request breaks of a small contract."""
    body = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
    operation = {
        "operationId": "put",
        "security": security or [],
        "parameters": [
            {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}},
            {"name": "limit", "in": "query", "required": True, "schema": {"type": "integer", "maximum": 10}},
            {"name": "X-Trace", "in": "header", "schema": {"type": "string", "maxLength": 3}},
            {"name": "theme", "in": "cookie", "schema": {"enum": ["dark", "light"]}},
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": body}, "text/*": {"schema": {"type": "string"}}},
        },
    }
    document = {"paths": {_PATH: {"put": operation}}, "components": {"securitySchemes": _SCHEMES}}
    contract = compiled(document).operation("put")
    judgement = judge_request(contract, request, {"id": identifier}, evidence=evidence)
    assert judgement.conforms is (not judgement.breaches)
    assert not {clause.key for clause in judgement.upheld} & {breach.clause.key for breach in judgement.breaches}
    return [("/".join(breach.location), breach.clause.keyword) for breach in judgement.breaches]


@pytest.mark.parametrize("evidence", [True, False], ids=["evidence", "no evidence"])
@pytest.mark.parametrize(
    ("target", "headers", "body", "expected"),
    [
        ("/things/7?limit=10", (_JSON,), _GOOD, []),
        ("/things/7?limit=1", (("content-type", "Application/JSON; charset=utf-8"),), _GOOD, []),
        ("/things/7?limit=1", (("Content-Type", "text/plain"),), b"anything", []),
        ("/things/7", (_JSON,), _GOOD, [("query/limit", "required")]),
        ("/things/7?limit=ten", (_JSON,), _GOOD, [("query/limit", "type")]),
        ("/things/7?limit=11", (_JSON,), _GOOD, [("query/limit", "maximum")]),
        ("/things/x?limit=1", (_JSON,), _GOOD, [("path/id", "type")]),
        ("/things/7?limit=1", (_JSON, ("x-trace", "abcd")), _GOOD, [("header/X-Trace", "maxLength")]),
        ("/things/7?limit=1", (_JSON, ("Cookie", "a=b; theme=red")), _GOOD, [("cookie/theme", "enum")]),
        ("/things/7?limit=1", (_JSON, ("Cookie", "a=b; theme=dark")), _GOOD, []),
        ("/things/7?limit=1", (_JSON, ("Cookie", "theme=d%61rk")), _GOOD, []),
        ("/things/7?limit=1", (_JSON,), None, [("body", "required")]),
        ("/things/7?limit=1", (_JSON,), b"", [("body", "required")]),
        ("/things/7?limit=1", (("Content-Type", "image/png"),), _GOOD, [("body", "content")]),
        ("/things/7?limit=1", (), _GOOD, [("body", "content")]),
        ("/things/7?limit=1", (_JSON,), b'{"name": ', [("body", "content")]),
        ("/things/7?limit=1", (_JSON,), b'{"name": NaN}', [("body", "content")]),
        ("/things/7?limit=1", (_JSON,), b'{"name": "\xff"}', [("body", "content")]),
        ("/things/7?limit=1", (_JSON,), b"[" * 100_000, [("body", "content")]),
        ("/things/7?limit=1", (_JSON,), b"{}", [("body/name", "required")]),
        ("/things/7?limit=1", (_JSON,), b'{"name": 1}', [("body/name", "type")]),
        ("/things/7?limit=99", (_JSON,), b"[]", [("query/limit", "maximum"), ("body", "type")]),
    ],
    ids=[
        *("good", "media type in other words", "other media type", "no query", "bad query type", "query too great"),
        *(
            "bad path",
            "header",
            "cookie",
            "good cookie",
            "encoded cookie",
            "no body",
            "empty body",
            "wrong media type",
            "no media type",
        ),
        *("malformed", "NaN", "not UTF-8", "deep", "missing member", "bad member", "two at once"),
    ],
)
def test_judge_request(
    compiled: Compile,
    target: str,
    headers: tuple[tuple[str, str], ...],
    body: bytes | None,
    expected: list[tuple[str, str]],
    evidence: bool,
) -> None:
    identifier = target.removeprefix("/things/").partition("?")[0]
    assert broken(compiled, Request("PUT", target, headers, body), identifier, evidence=evidence) == expected


_EITHER: list[dict[str, Any]] = [{"bearer": []}, {"basic": [], "keyHeader": []}]


@pytest.mark.parametrize(
    ("security", "query", "headers", "refused"),
    [
        ([{"bearer": []}], "", (), True),
        ([{"bearer": []}], "", (("Authorization", "Bearer"),), True),
        ([{"bearer": []}], "", (("Authorization", "Basic abc"),), True),
        ([{"bearer": []}], "", (("authorization", "bearer abc"),), False),
        ([{"basic": []}], "", (), True),
        ([{"basic": []}], "", (("Authorization", "Basic abc"),), False),
        ([{"keyHeader": []}], "", (), True),
        ([{"keyHeader": []}], "", (("x-key", ""),), True),
        ([{"keyHeader": []}], "", (("x-key", "1"),), False),
        ([{"keyQuery": []}], "", (), True),
        ([{"keyQuery": []}], "&key=", (), True),
        ([{"keyQuery": []}], "&key=1", (), False),
        ([{"keyCookie": []}], "", (("Cookie", "other=1"),), True),
        ([{"keyCookie": []}], "", (("Cookie", "other=1; session=abc"),), False),
        (_EITHER, "", (("Authorization", "Bearer abc"),), False),
        (_EITHER, "", (("Authorization", "Basic abc"),), True),
        (_EITHER, "", (("Authorization", "Basic abc"), ("X-Key", "1")), False),
        ([{"bearer": []}, {}], "", (), False),
        ([], "", (), False),
    ],
)
def test_credentials(
    compiled: Compile,
    security: list[dict[str, list[str]]],
    query: str,
    headers: tuple[tuple[str, str], ...],
    refused: bool,
) -> None:
    request = Request("PUT", f"/things/7?limit=1{query}", (_JSON, *headers), _GOOD)
    assert broken(compiled, request, security=security) == ([("security", "security")] if refused else [])
