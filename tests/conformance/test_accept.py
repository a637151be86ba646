"""Who asks for one documented media type gets that one."""

from __future__ import annotations

from typing import Any

import pytest

from clausewise.conformance.accept import check_accept
from clausewise.contract.contract import Contract
from clausewise.exchange import Exchange, Probe, Request, Response
from tests.conftest import Compile


@pytest.fixture(scope="module")
def contract(compiled: Compile) -> Contract:
    content: dict[str, Any] = {"application/json": {}, "text/csv": {}, "text/*": {}}
    answers = {"200": {"description": "", "content": content}, "400": {"description": "", "content": content}}
    return compiled({"paths": {"/things": {"get": {"operationId": "see", "responses": answers}}}})


@pytest.mark.parametrize(
    ("asked", "status", "came", "seen"),
    [
        pytest.param("text/csv", 200, "application/json", ["text/csv"], id="another one"),
        pytest.param("text/csv; charset=utf-8", 200, "application/json", ["text/csv"], id="with a parameter"),
        pytest.param("text/csv", 200, "text/csv; charset=utf-8", [], id="that one"),
        pytest.param("text/csv", 400, "application/json", [], id="a refusal"),
        pytest.param("text/csv", 200, "image/png", [], id="one that is not documented"),
        pytest.param("image/png", 200, "application/json", [], id="nobody may have it"),
        pytest.param("text/csv", 200, "", [], id="no media type"),
        pytest.param("text/csv, application/json", 200, "application/json", [], id="one of two"),
        pytest.param("text/*", 200, "application/json", [], id="a range"),
        pytest.param("*/*", 200, "application/json", [], id="any"),
        pytest.param("", 200, "application/json", [], id="nothing was asked for"),
    ],
)
def test_what_is_asked_for_and_what_comes(
    contract: Contract, asked: str, status: int, came: str, seen: list[str]
) -> None:
    request = Request("GET", "/things", (("Accept", asked),) if asked else ())
    answer = Response(status, (("Content-Type", came),) if came else ())
    exchange = Exchange("e", request, answer, probe=Probe("see", "negotiation", "n", "accept"))
    assert [each.seen for each in check_accept(contract.operation("see"), exchange)] == seen
