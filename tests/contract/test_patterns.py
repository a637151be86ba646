"""Patterns: by two engines, and on both sides of each."""

from __future__ import annotations

import random

import pytest
import regress
from hypothesis import given, settings
from hypothesis import strategies as st

from clausewise.contract.pattern_parser import UnreadableError
from clausewise.contract.patterns import matcher, portable
from clausewise.values.deviation import ValueSite
from clausewise.values.deviations import beyond
from clausewise.values.shape import shape_of
from clausewise.values.strings import for_pattern
from tests.conftest import MessageOf
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


@_table(VALID, WITH_U, WEB, HALVES)
def test_a_text_is_made_that_breaks_it(message_of: MessageOf, pattern: str, matching: str, other: str) -> None:
    message = message_of({"type": "string", "pattern": pattern})
    clause = next(clause for clause in message.clauses if clause.keyword == "pattern")
    site = ValueSite(
        matching, shape_of([message.schema], message.schema), message.schema, random.Random(1), message.is_valid
    )
    assert any(not message.is_valid(deviation.value) for deviation in beyond(clause, site))


def _nested(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    repeated = st.builds("(?:{}){}".format, parts, st.sampled_from(["*", "+?", "{1,2}", "{2}"]))
    looks = st.builds("({}{})".format, st.sampled_from(["?=", "?!", "?<=", "?<!"]), parts)
    return st.one_of(
        st.builds("{}{}".format, parts, parts), st.builds("(?:{}|{})".format, parts, parts), repeated, looks
    )


_LEAVES = (
    *("a", "b", "-", ".", "^", "$", r"\b", r"\B", r"\d", r"\D", r"\w", r"\W", r"\s", r"\S", r"\n", r"\.", r"\u{e9}"),
    *(
        "[a-]",
        "[^a]",
        r"[\W-]",
        r"[^\S]",
        r"[\d\D]",
        "[^]",
        "[]",
        r"\p{L}",
        r"[^\p{Lu}\d]",
        r"[\P{L}]",
        r"\ud83d\ude00",
    ),
)


@settings(max_examples=300, deadline=None, database=None)
@given(
    pattern=st.recursive(st.sampled_from(_LEAVES), _nested, max_leaves=5),
    texts=st.lists(st.text("abA1-. \n\r\u2028\u00e9\U0001f600", max_size=5), min_size=1, max_size=5),
)
def test_two_engines_agree_on_patterns_of_every_kind(pattern: str, texts: list[str]) -> None:
    try:
        second = regress.Regex(pattern, "u")
    except regress.RegressError:
        second = regress.Regex(pattern)
    try:
        matches = matcher(portable(pattern))
    except UnreadableError as error:
        # It does not look behind a place for what has no length.
        assert "cannot search" in str(error)
        return
    assert [matches(text) for text in texts] == [second.find(text) is not None for text in texts]
