"""What the answer to a request of another program is evidence of."""

from __future__ import annotations

from typing import Any

import pytest

from clausewise.conformance.foreign import probe_of
from clausewise.contract.contract import Contract
from clausewise.exchange import Failure, Request, Response
from clausewise.media.json import json_text
from clausewise.results.evidence import Evidence
from clausewise.results.ledger import Ledger
from tests.conftest import Compile

_BODY = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string", "maxLength": 3}, "size": {"type": "integer"}},
}
_QUERY = [
    {"name": "page", "in": "query", "schema": {"type": "integer", "maximum": 9}},
    {"name": "tag", "in": "query", "schema": {"type": "string", "minLength": 1}},
]


@pytest.fixture(scope="module")
def contract(compiled: Compile) -> Contract:
    operation = {
        "operationId": "make",
        "parameters": _QUERY,
        "requestBody": {"required": True, "content": {"application/json": {"schema": _BODY}}},
        "security": [{"key": []}],
        "responses": {},
    }
    schemes = {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}
    return compiled({"paths": {"/things": {"post": operation}}, "components": {"securitySchemes": schemes}})


def sent(body: Any, query: str = "", *, method: str = "POST", key: str = "k") -> Request:
    """A request with a body: bytes as they are, or the JSON of a value."""
    content = body if isinstance(body, bytes) else json_text(body)
    headers = (("Content-Type", "application/json"), *([("X-Key", key)] if key else []))
    return Request(method, f"/things{query}", headers, content)


def judged(contract: Contract, request: Request, status: int | None, *accepted: str) -> tuple[str, list[str], bool]:
    """How the answer describes the request, the keywords of the clauses that it breaks, and whether it keeps any, where
    breaches of the keywords `accepted` were accepted before. A status of None is a connection without an answer."""
    operation = contract.operation("make")
    keywords = {clause.key: clause.keyword for clause in operation.clauses}
    ledger = Ledger("run")
    ledger.add(Evidence(key, "accepted") for key, keyword in keywords.items() if keyword in accepted)
    answer = Response(status) if status is not None else Failure("timeout", "silence")
    probe = probe_of(operation, request, answer, ledger, "as sent", phase="engine")
    assert (probe.expect == "refuse") is bool(probe.breaks)
    return probe.note, [keywords[key] for key in probe.breaks], bool(probe.keeps)


_LONG, _BOTH = {"name": "long"}, {"name": "long", "size": "x"}


@pytest.mark.parametrize(
    ("request_", "status", "accepted", "broken"),
    [
        pytest.param(sent(_LONG), 200, (), ["maxLength"], id="one clause, accepted"),
        pytest.param(sent(_LONG), 400, (), ["maxLength"], id="one clause, refused"),
        pytest.param(sent(_LONG), 409, (), [], id="one clause, answered for something else"),
        pytest.param(sent(_LONG), 500, (), [], id="one clause, a crash"),
        pytest.param(sent(_LONG), None, (), [], id="one clause, no answer"),
        pytest.param(sent(_BOTH), 200, (), ["type", "maxLength"], id="two clauses, accepted"),
        pytest.param(sent(_BOTH), 200, ("type",), ["type"], id="two clauses, accepted, one of them before"),
        pytest.param(sent(_BOTH), 400, (), [], id="two clauses, refused for either"),
        pytest.param(sent({"name": "a"}, "?page=12"), 400, (), ["maximum"], id="a parameter"),
        pytest.param(sent({"name": "a"}, "?page=12&page=1"), 200, (), [], id="either of a repeated parameter"),
        pytest.param(sent({"name": "a"}, "?tag="), 200, (), [], id="an empty parameter may count as absent"),
        pytest.param(sent(_LONG, method="PUT"), 404, (), ["methods"], id="a method that is not offered"),
    ],
)
def test_the_clauses_that_an_answer_speaks_of(
    contract: Contract, request_: Request, status: int | None, accepted: tuple[str, ...], broken: list[str]
) -> None:
    assert judged(contract, request_, status, *accepted)[1:] == (broken, False)


@pytest.mark.parametrize(("status", "keeps"), [(200, True), (400, True), (500, False)])
def test_a_valid_request_keeps_its_clauses(contract: Contract, status: int, keeps: bool) -> None:
    assert judged(contract, sent({"name": "a"}), status) == ("as sent", [], keeps)


@pytest.mark.parametrize(
    ("request_", "note"),
    [
        (sent(b""), "the body is missing"),
        (sent([]), "the body is []"),
        (sent(b"{"), "the body is not JSON"),
        (sent({}), "`name` is missing"),
        (sent(_LONG), '`name` is "long"'),
        (sent({"name": "a"}, "?page=12"), "`page` is 12"),
        (sent({"name": "a"}, key=""), "credentials are missing"),
        (sent(_LONG, method="PUT"), "the method is PUT"),
    ],
    ids=lambda each: each.replace("`", "") if isinstance(each, str) else "",
)
def test_a_breach_is_described(contract: Contract, request_: Request, note: str) -> None:
    assert judged(contract, request_, 200)[0] == note
