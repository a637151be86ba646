"""Patterns: by two engines, and on both sides of each."""

from __future__ import annotations

import random

import pytest
import regress

from clausewise.contract.pattern_parser import UnreadableError
from clausewise.contract.patterns import matcher, portable
from clausewise.values.strings import for_pattern
from tests.contract.pattern_table import HALVES, UNREADABLE, VALID, WEB, WITH_U

_READ = {**VALID, **WITH_U, **WEB, **HALVES}


def _table(*tables: dict[str, tuple[str, str, str]]) -> pytest.MarkDecorator:
    rows = [pytest.param(*row, id=name) for table in tables for name, row in table.items()]
    return pytest.mark.parametrize(("pattern", "matching", "other"), rows)


@_table(VALID, WITH_U, WEB, HALVES)
def test_a_pattern_is_read_as_ecma_262_has_it(pattern: str, matching: str, other: str) -> None:
    matches = matcher(portable(pattern))
    assert (matches(matching), matches(other)) == (True, False)


@pytest.mark.parametrize("flags", ["u", ""])
@_table(VALID)
def test_a_second_engine_reads_it_alike_with_and_without_the_flag(
    pattern: str, matching: str, other: str, flags: str
) -> None:
    second = regress.Regex(pattern, flags)
    assert (second.find(matching) is not None, second.find(other) is not None) == (True, False)


@_table(WITH_U)
def test_a_second_engine_reads_alike_what_needs_the_flag(pattern: str, matching: str, other: str) -> None:
    second = regress.Regex(pattern, "u")
    assert (second.find(matching) is not None, second.find(other) is not None) == (True, False)


@_table(WEB)
def test_a_second_engine_reads_alike_what_the_flag_forbids(pattern: str, matching: str, other: str) -> None:
    with pytest.raises(regress.RegressError):
        regress.Regex(pattern, "u")
    second = regress.Regex(pattern)
    assert (second.find(matching) is not None, second.find(other) is not None) == (True, False)


@_table(VALID, WITH_U, WEB, HALVES)
def test_what_is_written_is_read_alike(pattern: str, matching: str, other: str) -> None:
    assert portable(portable(pattern)) == portable(pattern)


@_table(VALID, WITH_U, WEB, HALVES)
def test_a_text_is_made_for_it(pattern: str, matching: str, other: str) -> None:
    matches = matcher(portable(pattern))
    for seed in range(5):
        drawn = for_pattern(portable(pattern), random.Random(seed), lambda _: True)
        assert drawn is not None and matches(drawn)


@pytest.mark.parametrize(("pattern", "reason"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_cannot_be_read_has_a_reason_in_the_words_of_its_author(pattern: str, reason: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        portable(pattern)
    assert reason in str(caught.value)
