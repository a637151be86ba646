"""The exchanges of a run over its time, as columns."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from clausewise.exchange import Exchange, Failure, Request, Response
from clausewise.report.html.timeline import timeline

_BEGIN = datetime(2030, 1, 31, 12, tzinfo=UTC)


def sent(seconds: float | None, status: int | None) -> Exchange:
    started = None if seconds is None else _BEGIN + timedelta(seconds=seconds)
    answer = None if status is None else Response(status)
    failure = Failure("timeout", "late") if status is None else None
    return Exchange(f"e{seconds}", Request("GET", "/"), answer, failure, started=started)


def test_each_slice_has_its_requests_by_what_came_of_them() -> None:
    found = timeline([sent(0, 200), sent(0.5, 200), sent(0.5, 404), sent(0.5, None), sent(30, 503), sent(60, 200)])
    assert found is not None and found.seconds == "60.0"
    assert [each.label for each in found.slices if each.pieces] == [
        "0.0 s to 1.0 s: 2 of 2xx, 1 of 4xx, 1 without an answer",
        "30.0 s to 31.0 s: 1 of 5xx",
        "59.0 s to 60.0 s: 1 of 2xx",
    ]
    assert [(piece.kind, piece.y, piece.height) for piece in found.slices[0].pieces] == [
        ("2", 50, 50),
        ("4", 25, 25),
        ("x", 0, 25),
    ]
    assert found.slices[1].label == "1.0 s to 2.0 s: nothing was sent"


def test_a_status_of_no_class_is_counted_too() -> None:
    found = timeline([sent(0, 999), sent(60, 200)])
    assert found is not None and found.slices[0].label == "0.0 s to 1.0 s: 1 of 9xx"
    assert [(piece.kind, piece.y, piece.height) for piece in found.slices[0].pieces] == [("9", 0, 100)]


def test_slices_of_a_short_run_have_different_edges() -> None:
    found = timeline([sent(0, 200), sent(0.12, 200)])
    assert found is not None and found.seconds == "0.120"
    assert found.slices[0].label == "0.000 s to 0.002 s: 1 of 2xx"


@pytest.mark.parametrize(
    "exchanges",
    [
        pytest.param([], id="no exchange"),
        pytest.param([sent(None, 200), sent(None, 200)], id="times that nobody knows"),
        pytest.param([sent(1, 200), sent(1, 500)], id="one moment"),
    ],
)
def test_there_is_none_without_a_span_of_time(exchanges: list[Exchange]) -> None:
    assert timeline(exchanges) is None
