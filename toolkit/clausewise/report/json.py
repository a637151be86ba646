"""The Run as JSON: the record itself, for programs and for later comparison."""

from __future__ import annotations

from clausewise.results.record import Run, encode


def render(run: Run) -> bytes:
    """The content of run.json."""
    return encode(run)
