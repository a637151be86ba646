"""Searches with Hypothesis: the same examples for the same seed."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from clausewise.generation.search import Search

_FOUND_NOWHERE_ELSE = 760_213


def _drawn() -> list[int]:
    return list(Search(st.integers(700_000, 800_000), 300, 1, "a search").draw())


@pytest.fixture
def module_with_a_constant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Load a module like one of the app under test."""
    monkeypatch.chdir(tmp_path)
    # No folder of its path may be called `test`: Hypothesis leaves out the constants of tests.
    file = tmp_path / "an_app.py"
    file.write_text(f"LIMIT = {_FOUND_NOWHERE_ELSE}\n", encoding="utf-8")
    spec = importlib.util.spec_from_file_location("an_app", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "an_app", module)
    spec.loader.exec_module(module)


def test_examples_depend_on_the_seed_alone(request: pytest.FixtureRequest) -> None:
    before = _drawn()
    request.getfixturevalue("module_with_a_constant")
    assert _drawn() == before
    assert _FOUND_NOWHERE_ELSE not in before


@pytest.mark.usefixtures("module_with_a_constant")
def test_the_tests_of_users_still_draw_the_constants_of_their_modules() -> None:
    _drawn()
    seen: set[int] = set()

    @seed(1)
    @settings(max_examples=1000, database=None)
    @given(st.integers(700_000, 800_000))
    def collect(number: int) -> None:
        seen.add(number)

    collect()
    assert _FOUND_NOWHERE_ELSE in seen
