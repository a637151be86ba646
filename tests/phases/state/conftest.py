"""Runs of the phase `lifecycle` that do not wait for servers which are slow to show a change."""

from __future__ import annotations

import pytest

from clausewise.phases.state.kind import Kind


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Kind, "later", 0.01)
