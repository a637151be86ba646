"""Which writes of a recorded run may have been the last one before an answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from clausewise.conformance.comparison import Race
from clausewise.exchange import Exchange, Request, Response
from clausewise.media.json import json_text
from clausewise.runner.overlaps import Overlaps

_START = datetime(2030, 1, 1, tzinfo=UTC)


def sent(method: str, target: str, begins: float, ends: float, body: Any = None, status: int = 200) -> Exchange:
    """A request that went out and was answered at these seconds."""
    return Exchange(
        f"{method} {begins}",
        Request(method, target, (), json_text(body) if body is not None else None),
        Response(status, seconds=ends - begins),
        started=_START + timedelta(seconds=begins),
    )


_A, _B = {"name": "a"}, {"name": "b"}
_GET = sent("GET", "/things/1", 10, 11)


@pytest.mark.parametrize(
    ("writes", "read", "expected"),
    [
        pytest.param([], _GET, Race(), id="no write"),
        pytest.param([sent("PUT", "/things/1", 0, 1, _A)], _GET, Race(), id="one before"),
        pytest.param(
            [sent("PUT", "/things/1", 0, 1, _A), sent("PUT", "/things/1", 2, 3, _B)], _GET, Race(), id="in turn"
        ),
        pytest.param(
            [sent("PUT", "/things/1", 0, 2, _A), sent("PATCH", "/things/1", 1, 3, _B)],
            _GET,
            Race(False, (_A, _B)),
            id="two together",
        ),
        pytest.param(
            [
                sent("PUT", "/things/1", 0, 2, _A),
                sent("PUT", "/things/1", 1, 3, _B),
                sent("PUT", "/things/1", 4, 5, _A),
            ],
            _GET,
            Race(),
            id="two together and one after them",
        ),
        pytest.param(
            [sent("PUT", "/things/1", 0, 2, _A), sent("PUT", "/things/1", 1, 3, _B, 400)],
            _GET,
            Race(),
            id="one refused",
        ),
        pytest.param(
            [
                sent("PUT", "/things/1", 0, 1, _A),
                sent("PUT", "/things/1", 2, 3, _B),
                sent("PUT", "/things/1", 4, 5, {}, 400),
            ],
            _GET,
            Race(False, (_A, _B)),
            id="a refusal at the end",
        ),
        pytest.param([sent("PUT", "/things/1?x=1", 10.5, 12, _A)], _GET, Race(True, ({"x": "1", **_A},)), id="during"),
        pytest.param([sent("PUT", "/things/1", 11, 12, _A)], _GET, Race(), id="after"),
        pytest.param([sent("PUT", "/things/12", 10.5, 12, _A)], _GET, Race(), id="another thing"),
        pytest.param([sent("POST", "/things/1/parts", 10.5, 12, _A)], _GET, Race(True), id="something in it"),
        pytest.param([sent("DELETE", "/things", 10.5, 12)], _GET, Race(True, ({},)), id="what it lies in"),
    ],
)
def test_which_writes_may_have_been_the_last(writes: list[Exchange], read: Exchange, expected: Race) -> None:
    assert Overlaps([*writes, read]).of(read) == expected


def test_a_write_meets_itself_in_no_race() -> None:
    write = sent("PUT", "/things/1", 0, 1, _A)
    assert Overlaps([write]).of(write) == Race()
