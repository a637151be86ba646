"""What a run's record says of itself."""

from __future__ import annotations

import pytest

from clausewise.results.record import percent


@pytest.mark.parametrize(
    ("part", "total", "shown"),
    [(0, 0, "100%"), (0, 7, "0%"), (7, 7, "100%"), (1, 1000, "1%"), (999, 1000, "99%"), (1, 3, "33%"), (2, 3, "67%")],
)
def test_a_share_is_0_or_100_percent_only_where_it_is_exact(part: int, total: int, shown: str) -> None:
    assert percent(part, total) == shown
