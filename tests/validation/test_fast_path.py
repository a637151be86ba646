"""The fast way over recorded lines finds what the full examination finds: on any lines, in any order."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clausewise.contract.contract import Contract
from clausewise.errors import Location
from clausewise.exchange import Unreadable
from clausewise.recordings import ndjson
from clausewise.validation.collector import Secrets, TrafficCollector
from clausewise.validation.examiner import Examiner
from clausewise.validation.lines import LineExaminer
from tests.conftest import Compile

_FILE = "traffic.ndjson"
_JSON = ["Content-Type", "application/json"]
_KEY = ["Authorization", "Bearer abc"]

_CONTENT = {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}
_PROBLEM = {"application/json": {"schema": {"type": "object", "required": ["title"]}}}
_DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "things", "version": "1"},
    "security": [{"token": []}],
    "paths": {
        "/things/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}],
            "put": {
                "operationId": "putThing",
                "parameters": [
                    {"name": "limit", "in": "query", "schema": {"type": "integer"}},
                    {"name": "X-Trace", "in": "header", "schema": {"type": "string", "maxLength": 3}},
                ],
                "requestBody": {"required": True, "content": _CONTENT},
                "responses": {
                    "200": {"description": "put", "content": _CONTENT},
                    "204": {"description": "put"},
                    "400": {"description": "refused", "content": _PROBLEM},
                    "401": {"description": "who are you?", "content": _PROBLEM},
                },
            },
            "get": {"operationId": "getThing", "responses": {"200": {"description": "it", "content": _CONTENT}}},
        }
    },
    "components": {
        "schemas": {
            "Thing": {
                "type": "object",
                "required": ["name"],
                "properties": {"name": {"type": "string", "maxLength": 4}},
            }
        },
        "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
    },
}


@pytest.fixture(scope="module")
def contract(compiled: Compile) -> Contract:
    return compiled(_DOCUMENT)


def _line(
    method: str = "PUT",
    target: str = "/things/1",
    sent: tuple[list[str], ...] = (_JSON, _KEY),
    request: Any = None,
    status: int = 200,
    came: tuple[list[str], ...] = (_JSON,),
    response: Any = None,
) -> bytes:
    asked = {"method": method, "target": target, "headers": sent, "body": request}
    answer = {"status": status, "headers": came, "body": response, "seconds": 0.1}
    return json.dumps({"version": 1, "id": "any", "request": asked, "response": answer}).encode()


_THING, _OTHER = {"json": {"name": "a"}}, {"text": '{"name": "b"}'}
_PROBLEM_BODY = {"json": {"title": "no"}}
_WRONG_BODIES: list[Any] = [{"json": {"name": "too long"}}, {"json": []}, {"text": "{"}, None]
_BODIES = st.sampled_from([_THING, _THING, _OTHER, _PROBLEM_BODY, _PROBLEM_BODY, *_WRONG_BODIES])
_ODD_TARGETS = [*(f"/things/{rest}" for rest in ("0", "x", "%31", "1/", "1?limit=x", "1?limit=2")), "/else"]
_SENT = [(_JSON, _KEY), (_JSON,), (_JSON, _KEY, ["X-Trace", "ab"]), (_JSON, _KEY, ["x-trace", "abcd"]), (_KEY,), ()]
_PROBED = {"operation": "putThing", "phase": "clauses", "note": "", "expect": "any"}
_LINES = st.one_of(
    st.builds(
        _line,
        st.sampled_from(["PUT", "PUT", "PUT", "GET", "DELETE", "HEAD"]),
        st.sampled_from(["/things/1", "/things/1", "/things/2", *_ODD_TARGETS]),
        st.sampled_from(_SENT),
        _BODIES,
        st.sampled_from([200, 200, 204, 400, 401, 401, 418, 500]),
        st.sampled_from([(_JSON,), (_JSON,), (["Content-Type", "text/plain"],), ()]),
        _BODIES,
    ),
    st.sampled_from([b"", b"  ", b"{", b'{"version": 2}', b"[1]"]),
    st.sampled_from([{"response": None}, {"failure": {"kind": "timeout", "message": "late"}}, {"probe": _PROBED}]).map(
        lambda changed: json.dumps(json.loads(_line(request=_THING, response=_OTHER)) | changed).encode()
    ),
)


def _fast(contract: Contract, lines: list[bytes]) -> TrafficCollector:
    examiner = LineExaminer(contract, "none")
    # What was learnt of earlier parts makes it faster only.
    examiner.examine(lines, _FILE)
    return examiner.examine(lines, _FILE)


def _full(contract: Contract, lines: list[bytes]) -> TrafficCollector:
    examiner = Examiner(contract, "none")
    for number, content in enumerate(lines, 1):
        if not content.strip():
            continue
        name, location = f"{_FILE}:{number}", Location(_FILE, number, 1)
        exchange = ndjson.decode(content, name)
        if isinstance(exchange, Unreadable):
            examiner.collector.add_unreadable(location, exchange.message)
        else:
            examiner.take(ndjson.located(exchange, name, location))
    # Of lines, only those that are shown are searched for secrets.
    examiner.collector.secrets = Secrets()
    return examiner.collector


@settings(max_examples=300, deadline=None)
@given(lines=st.lists(_LINES, min_size=1, max_size=25))
def test_it_finds_what_the_full_examination_finds(contract: Contract, lines: list[bytes]) -> None:
    assert _fast(contract, lines) == _full(contract, lines)


def _refused(*sent: list[str]) -> bytes:
    return _line(sent=sent, request=_THING, status=401, response=_PROBLEM_BODY)


@pytest.mark.parametrize(
    ("lines", "rules"),
    [
        pytest.param([_line(request=_THING, response=_OTHER)] * 2, [], id="right lines"),
        # Only where credentials were missed it matters that there were none.
        pytest.param([_refused(_JSON, _KEY), _refused(_JSON)], ["request-schema"], id="401 without credentials"),
        pytest.param([_refused(_JSON, _KEY), _refused(_JSON, _KEY)], [], id="401 with credentials"),
        pytest.param(
            [
                json.dumps(json.loads(_line(request=_THING, response=_OTHER)) | {"probe": _PROBED}).encode(),
                _line(request=_THING, response=_OTHER),
            ],
            [],
            id="behind a probe",
        ),
        pytest.param(
            [_line(request=_THING, response=_OTHER), _line(request=_THING, response={"json": {}})],
            ["response-schema"],
            id="a wrong body behind a right one",
        ),
    ],
)
def test_a_line_like_an_earlier_right_one_is_still_checked(
    contract: Contract, lines: list[bytes], rules: list[str]
) -> None:
    seen = _fast(contract, lines)
    assert [fault.shown.rule for fault in seen.faults.values()] == rules
    assert seen == _full(contract, lines)
