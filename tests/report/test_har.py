"""exchanges.har: HTTP Archive 1.2, whatever was sent and came."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from clausewise.exchange import Exchange, Failure, Probe, Request, Response
from clausewise.report import har
from clausewise.results.record import TargetInfo
from tests.report.conftest import MakeRun

_JSON = (("Content-Type", "application/json"),)


def entry(make_run: MakeRun, exchange: Exchange) -> Any:
    log = json.loads(har.render(make_run(target=TargetInfo("url", "http://127.0.0.1:8000/v1")), (exchange,)))["log"]
    assert log["version"] == "1.2" and log["creator"] == {"name": "clausewise", "version": "1.0"}
    (only,) = log["entries"]
    return only


def test_request_and_response_are_whole(make_run: MakeRun) -> None:
    told = entry(
        make_run,
        Exchange(
            "op-1",
            Request("POST", "/things?a=1&b=%20", _JSON, b'{"n": 1}'),
            Response(201, (*_JSON, ("Location", "/things/1")), b"{}", 0.25),
            None,
            Probe("op", "clauses", "`n` is 1", "accept"),
        ),
    )
    request, response = told["request"], told["response"]
    assert (request["method"], request["url"]) == ("POST", "http://127.0.0.1:8000/v1/things?a=1&b=%20")
    assert request["queryString"] == [{"name": "a", "value": "1"}, {"name": "b", "value": " "}]
    assert request["postData"] == {"mimeType": "application/json", "text": '{"n": 1}'}
    assert request["headers"] == [{"name": "Content-Type", "value": "application/json"}]
    assert (response["status"], response["statusText"], response["redirectURL"]) == (201, "Created", "/things/1")
    assert response["content"] == {"size": 2, "mimeType": "application/json", "text": "{}"}
    assert (told["time"], told["comment"], told["startedDateTime"]) == (250.0, "op-1: `n` is 1", "2030-01-31T12:00:00Z")


def test_each_exchange_has_its_own_time(make_run: MakeRun) -> None:
    started = datetime(2030, 2, 1, 7, 30, 0, 250_000, tzinfo=timezone(timedelta(hours=1)))
    told = entry(make_run, Exchange("op-1", Request("GET", "/"), Response(200), started=started))
    assert told["startedDateTime"] == "2030-02-01T06:30:00.250Z"


def test_where_no_response_came_it_says_why(make_run: MakeRun) -> None:
    told = entry(make_run, Exchange("op-1", Request("GET", "/"), None, Failure("timeout", "nothing within 5 s")))
    assert (told["response"]["status"], told["response"]["comment"]) == (0, "nothing within 5 s")


@pytest.mark.parametrize(
    ("body", "text", "encoding"),
    [(b"\xff\x00", "/wA=", "base64"), ("\u202eé".encode(), "\u202eé", None), (b"", "", None)],
)
def test_bodies_that_are_no_text_are_base64(body: bytes, text: str, encoding: str | None, make_run: MakeRun) -> None:
    content = entry(make_run, Exchange("op-1", Request("GET", "/"), Response(299, (), body)))["response"]["content"]
    assert (content["text"], content.get("encoding"), content["size"]) == (text, encoding, len(body))


def test_a_run_without_exchanges_is_an_empty_archive(make_run: MakeRun) -> None:
    assert json.loads(har.render(make_run(), ()))["log"]["entries"] == []
