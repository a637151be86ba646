"""A finding that was seen in several places shows them, in every report."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from clausewise.errors import Location
from clausewise.report import html, junit, markdown, sarif
from clausewise.report.places import places
from clausewise.report.run_text import lines
from clausewise.results.record import Finding, Place
from tests.report.conftest import MakeClause, MakeFinding, MakeRun

_CLAUSE = "#/paths/~1{}/get/parameters/0/schema/type"


def place(number: int, where: str = "request.query.page") -> Place:
    name = f"list{number:02}"
    return Place(name, where, _CLAUSE.format(name), Location("openapi/API.yaml", 10 + number, 3), f"fault{number}")


@pytest.fixture
def several(make_finding: MakeFinding) -> Finding:
    seen = tuple(place(number) for number in range(1, 31))
    return make_finding(operations=tuple(each.operation for each in seen), clause=seen[0].clause, places=seen)


def test_one_place_is_no_list(make_finding: MakeFinding) -> None:
    assert list(places(make_finding(places=(place(1),)))) == []
    assert list(places(make_finding())) == []


def test_one_place_where_several_clauses_are_broken_names_each(make_finding: MakeFinding, make_run: MakeRun) -> None:
    one = place(1)
    other = Place(one.operation, one.where, "#/other", Location("openapi/API.yaml", 99, 1), "fault99")
    finding = make_finding(places=(one, other))
    line = "in list01 (request.query.page), openapi/API.yaml:11:3, openapi/API.yaml:99:1"
    assert list(places(finding)) == [line]
    assert "1 place<" in html.render(make_run(findings=(finding,))).decode()
    (run,) = json.loads(sarif.render(make_run(findings=(finding,))))["runs"]
    assert [each["physicalLocation"]["region"]["startLine"] for each in run["results"][0]["relatedLocations"]] == [
        11,
        99,
    ]


def test_two_clauses_of_one_place_are_one_line(make_finding: MakeFinding) -> None:
    first, second = place(1), place(2)
    other = Place(first.operation, first.where, "#/other", Location("openapi/API.yaml", 99, 1), "fault99")
    assert list(places(make_finding(places=(first, other, second)))) == [
        "in list01 (request.query.page), openapi/API.yaml:11:3, openapi/API.yaml:99:1",
        "in list02 (request.query.page), openapi/API.yaml:12:3",
    ]


def test_a_terminal_shows_some_and_counts_the_others(several: Finding, make_run: MakeRun) -> None:
    shown = [
        "".join(str(getattr(part, "text", part)) for part in line) for line in lines(make_run(findings=(several,)), 0)
    ]
    listed = [line.strip() for line in shown if "list0" in line]
    assert listed == [
        f"in list0{number} (request.query.page), openapi/API.yaml:{10 + number}:3" for number in range(1, 6)
    ]
    assert any("and in 25 more: run.json lists all" in line for line in shown)


def test_markdown_shows_more_of_them(several: Finding, make_run: MakeRun) -> None:
    text = markdown.render(make_run(findings=(several,))).decode()
    assert text.count("- in list") == 20 and "and in 10 more" in text


def test_sarif_has_each_as_a_related_location(several: Finding, make_run: MakeRun) -> None:
    (run,) = json.loads(sarif.render(make_run(findings=(several,))))["runs"]
    related = run["results"][0]["relatedLocations"]
    assert [each["id"] for each in related] == list(range(1, 31))
    assert related[4]["message"]["text"] == "in list05 (request.query.page)"
    assert related[4]["physicalLocation"]["region"]["startLine"] == 15


def test_junit_fails_the_clause_of_each(several: Finding, make_run: MakeRun, make_clause: MakeClause) -> None:
    clauses = tuple(
        make_clause(id=each.clause, operation=each.operation, where=each.where, verdict="violated")
        for each in several.places
    )
    root = ElementTree.fromstring(junit.render(make_run(findings=(several,), clauses=clauses)))
    assert root.get("failures") == "30"
    texts = [failure.text or "" for failure in root.iter("failure")]
    assert ["in list30 (request.query.page)" in text for text in texts] == [True] + [False] * 29
    assert all("which the first case of this failure lists" in text for text in texts[1:])


def test_the_page_lists_all(several: Finding, make_run: MakeRun) -> None:
    page = html.render(make_run(findings=(several,))).decode()
    assert "30 places" in page and "in list30 (request.query.page), openapi/API.yaml:40:3" in page
