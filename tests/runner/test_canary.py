"""Whether the answer to a request that was accepted before shows that the run is still let in."""

from __future__ import annotations

import json
from typing import Any

import pytest

from clausewise.exchange import Request, Response
from clausewise.runner.canary import Canary, appearance_of, shape_of

_REQUEST = Request("GET", "/dogs")


def answered(value: Any, media_type: str = "application/json") -> Response:
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return Response(200, (("Content-Type", media_type),), content, 0.0)


@pytest.mark.parametrize(
    ("first", "now", "standing"),
    [
        ([{"name": "Rex"}], [], "good"),
        ({"data": [{"name": "Rex"}]}, {"data": []}, "good"),
        ({"data": [{"name": "Rex"}]}, {"error": "log in"}, "denied"),
        ([{"name": "Rex"}], {"error": "log in"}, "denied"),
        ("Rex", "log in", "denied"),
    ],
)
def test_an_answer_that_looks_like_one_in_doubt(first: Any, now: Any, standing: str) -> None:
    before, after = answered(first), answered(now)
    canary = Canary("list", _REQUEST, frozenset(), appearance_of(_REQUEST, before), shape_of(before))
    assert canary.standing(after, frozenset()) == "good"
    assert canary.standing(after, frozenset({appearance_of(_REQUEST, after)})) == standing


def test_a_page_in_the_place_of_json() -> None:
    before, after = answered([]), answered(b"<h1>Log in</h1>", "text/html")
    canary = Canary("list", _REQUEST, frozenset(), appearance_of(_REQUEST, before), shape_of(before))
    assert canary.standing(after, frozenset()) == "denied"
