"""Queries: what a list is asked for is what it lists, on a catalogue with one fault, and on those without."""

from __future__ import annotations

from typing import Any

import pytest

from clausewise.runner.run import Result
from tests.conftest import Compile
from tests.servers.catalogue import Catalogue, document
from tests.servers.small import drive

_FILTERS = ("kind", "title", "weight", "sold")
_RULES = ("filter-mismatch", "page-mismatch", "sort-mismatch", "server-error")


def _asked(compiled: Compile, server: Catalogue, *names: str, **described: Any) -> Result:
    return drive(compiled(document(*names, **described)), server, phases=("baseline", "queries"))


def _found(result: Result) -> list[tuple[str, str]]:
    return [(finding.rule, finding.message) for finding in result.run.findings if finding.rule in _RULES]


@pytest.mark.parametrize("makes", [True, False], ids=["that can be made", "that are there"])
@pytest.mark.parametrize(
    ("fault", "names", "rule", "message"),
    [
        ("ignores kind", _FILTERS, "filter-mismatch", "listThings ignores the query parameter `kind`: asked for "),
        ("ignores title", _FILTERS, "filter-mismatch", "listThings ignores the query parameter `title`: asked for "),
        ("ignores weight", _FILTERS, "filter-mismatch", "listThings ignores the query parameter `weight`: asked for "),
        ("ignores sold", _FILTERS, "filter-mismatch", "listThings ignores the query parameter `sold`: asked for "),
        (
            "ignores kind", ("filters",), "filter-mismatch",
            "listThings ignores `kind` in the query parameter `filters`: asked for ",
        ),
        ("one more", ("limit",), "page-mismatch", "listThings lists 2 items where `limit` is 1"),
        (
            "rounds", ("limit", "offset"), "page-mismatch",
            "listThings does not start where `offset` = 1 says: it begins with item 1 of the list, and not with item 2",
        ),
        (
            "rounds", ("offset",), "page-mismatch",
            "listThings does not start where `offset` = 1 says: it begins with item 1 of the list, and not with item 2",
        ),
        (
            "overlaps", ("limit", "page"), "page-mismatch",
            "the pages of listThings, 2 items each by `page`, are not the list together: item f1 is on two of them",
        ),
        (
            "loses", ("limit", "page"), "page-mismatch",
            "the pages of listThings, 2 items each by `page`, are not the list together: item b2 is on none of them",
        ),
        (
            "loses by cursor", ("limit", "cursor"), "page-mismatch",
            "the pages of listThings, 2 items each by `cursor`, are not the list together: item b2 is on none of them",
        ),
        ("unsorted", ("sort",), "sort-mismatch", "listThings does not sort by `weight` where `sort` = weight asks for"),
        ("as texts", ("sort",), "sort-mismatch", "listThings does not sort by `title` where `sort` = title asks for"),
        (
            "one direction", ("sort", "order"), "sort-mismatch",
            "listThings does not sort by `weight` where `sort` = weight and `order` = desc asks for it",
        ),
    ],
)  # fmt: skip
def test_a_query_that_is_not_answered_as_asked_is_one_finding(
    compiled: Compile, fault: str, names: tuple[str, ...], rule: str, message: str, makes: bool
) -> None:
    ((found, said),) = _found(_asked(compiled, Catalogue(fault), *names, makes=makes))
    assert found == rule and said.startswith(message)


def test_an_item_that_a_filter_leaves_out_is_a_finding(compiled: Compile) -> None:
    found = _found(_asked(compiled, Catalogue("misses"), "title"))
    assert len(found) == 1 and found[0][1].startswith("listThings does not list the item whose `title` is ")


@pytest.mark.parametrize("makes", [True, False], ids=["that can be made", "that are there"])
@pytest.mark.parametrize(
    "names",
    [_FILTERS, ("filters",), ("limit", "offset"), ("offset",), ("limit", "page"), ("limit", "cursor"), ("sort",),
     ("sort", "order"), (*_FILTERS, "limit", "offset", "sort", "order")],
    ids=" ".join,
)  # fmt: skip
@pytest.mark.parametrize(
    "habit", ["", "default limit", "without case", "search", "unstable order", "written by others"]
)
def test_queries_that_are_answered_as_asked_are_none(
    compiled: Compile, habit: str, names: tuple[str, ...], makes: bool
) -> None:
    if habit == "unstable order" and "sort" in names:
        # What is asked to be sorted has an order.
        names = tuple(name for name in names if name not in ("sort", "order")) or ("limit",)
    assert _found(_asked(compiled, Catalogue(habit=habit), *names, makes=makes)) == []


def test_nothing_is_found_where_there_is_nothing(compiled: Compile) -> None:
    names = (*_FILTERS, "limit", "page", "sort", "order")
    assert _found(_asked(compiled, Catalogue(empty=True), *names, makes=False)) == []


@pytest.mark.parametrize("fault", ["ignores kind", "ignores weight"])
def test_two_things_are_made_where_the_list_is_empty(compiled: Compile, fault: str) -> None:
    assert len(_found(_asked(compiled, Catalogue(fault, empty=True), *_FILTERS))) == 1


def test_a_filter_with_another_meaning_is_held_to_that_of_a_range(compiled: Compile) -> None:
    assert _found(_asked(compiled, Catalogue(habit="range"), "weight")) == []
    described = {"kind": "Leave out things of any kind before this one"}
    assert _found(_asked(compiled, Catalogue("ignores kind"), "kind", descriptions=described)) == []


def test_the_requests_of_one_operation_are_bounded(compiled: Compile) -> None:
    names = (*_FILTERS, "limit", "offset", "page", "sort", "order")
    result = _asked(compiled, Catalogue(), *names)
    asked = [exchange for exchange in result.exchanges if exchange.probe and exchange.probe.phase == "queries"]
    assert 20 < len(asked) <= 120
