"""What a terminal shows of a validation."""

from __future__ import annotations

from typing import Any

import pytest

from clausewise.report import scan_text
from clausewise.results.record import Scan, Trouble
from tests.report.conftest import MakeRun

_ONE = (Trouble("a.har:3:1", "has no method"),)


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"unreadable": _ONE, "unreadable_entries": 2}, "1 more entry could not be read"),
        ({"unreadable": _ONE, "unreadable_entries": 3}, "2 more entries could not be read"),
        ({"skipped": _ONE, "skipped_entries": 2}, "1 more entry was skipped"),
        ({"skipped": _ONE, "skipped_entries": 301}, "300 more entries were skipped"),
    ],
)
def test_entries_beyond_the_listed_ones_are_counted(make_run: MakeRun, fields: dict[str, Any], line: str) -> None:
    run = make_run(scan=Scan(("a.har",), 4, "all", **fields))
    shown = [
        "".join(str(getattr(span, "text", span)) for span in each) for each in scan_text.lines(run, lambda *_: None)
    ]
    assert line in shown
