"""Two answers look alike where they differ only in what repeats the request, in numbers and in ids."""

from __future__ import annotations

import json
from typing import Any

import pytest

from clausewise.conformance.symptom import says_why, symptom
from clausewise.exchange import Exchange, Failure, Request, Response


def looks(body: Any, target: str = "/things/7", sent: Any = None, *, status: int = 500) -> str:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    written = None if sent is None else json.dumps(sent).encode()
    exchange = Exchange("e1", Request("POST", target, (), written), Response(status, (), content))
    return symptom(exchange, [target.rpartition("/")[0]])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(looks({"error": "no thing 7"}), looks({"error": "no thing 8"}, "/things/8"), id="a number"),
        pytest.param(
            looks("no thing bob", "/things/bob"), looks("no user al-1", "/users/al-1"), id="words of the path"
        ),
        pytest.param(looks("bad 'x'"), looks("bad 'y z'"), id="quoted text"),
        pytest.param(
            looks("colour purple is unknown", sent={"colour": "purple"}),
            looks("shape oval is unknown", sent={"shape": "oval"}),
            id="words of the body",
        ),
        pytest.param(
            looks({"id": "9f3b2c1d-0000-4000-8000-1f2e3d4c5b6a", "at": "2030-01-31T12:00:00Z"}),
            looks({"id": "00000000-1111-4000-8000-1f2e3d4c5b6b", "at": "2031-02-01T00:00:00Z"}),
            id="ids and times",
        ),
        pytest.param(looks({"errors": ["bad", "bad"]}), looks({"errors": ["bad"]}), id="one error more"),
        pytest.param(
            looks(b"<h1>Bad: page=1</h1>", "/x?page=1"), looks(b"<h1>Bad: size=0</h1>", "/x?size=0"), id="HTML"
        ),
    ],
)
def test_answers_that_look_alike(one: str, other: str) -> None:
    assert one == other


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(looks("unknown id"), looks("the file is gone"), id="two messages"),
        pytest.param(looks("nil pointer"), looks("nil pointer", status=502), id="two statuses"),
        pytest.param(looks({"error": "bad"}), looks({"message": "bad"}), id="two handlers"),
        pytest.param(looks({"error": None}), looks({"error": "bad"}), id="with a reason and without"),
    ],
)
def test_answers_that_differ(one: str, other: str) -> None:
    assert one != other


def test_where_no_answer_came_it_is_the_kind_of_failure() -> None:
    assert symptom(Exchange("e1", Request("GET", "/"), None, Failure("timeout", "late")), []) == "timeout"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(b"", False, id="nothing"),
        pytest.param(b"Internal Server Error", False, id="the reason phrase"),
        pytest.param({"detail": "Internal Server Error", "status": 500}, False, id="as JSON"),
        pytest.param(
            b"<!doctype html><html lang=en><title>500 Internal Server Error</title><h1>Internal Server Error</h1>"
            b"<p>The server encountered an internal error and was unable to complete your request.</p>",
            False,
            id="a page",
        ),
        pytest.param({"error": "Something went wrong, please try again later", "id": "a1b2"}, False, id="an apology"),
        pytest.param({"message": "RequestValidationError"}, True, id="the name of an exception"),
        pytest.param(b"KeyError: 'name'", True, id="an exception"),
        pytest.param({"error": "Internal Server Error", "message": "column is ambiguous"}, True, id="a message"),
    ],
)
def test_whether_an_answer_says_why(body: Any, expected: bool) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    assert says_why(Exchange("e1", Request("GET", "/"), Response(500, (), content))) is expected
