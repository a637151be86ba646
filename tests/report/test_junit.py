"""junit.xml: every clause a test case that CI servers can name, whatever a server wrote into it."""

from __future__ import annotations

from xml.etree import ElementTree

import msgspec
import pytest

from clausewise.report import junit
from clausewise.results.record import Gate, Place, Run, Unaccepted
from clausewise.results.unaccepted import unaccepted_sentences
from tests.report.conftest import MakeClause, MakeFinding, MakeRun


def cases(run: Run) -> list[ElementTree.Element]:
    return ElementTree.fromstring(junit.render(run)).findall("testsuite/testcase")


def test_each_operation_is_a_suite_with_its_counts(make_run: MakeRun, make_clause: MakeClause) -> None:
    run = make_run(clauses=(make_clause(), make_clause(operation="listClusters", verdict="untested", reason="no 200")))
    root = ElementTree.fromstring(junit.render(run))
    assert [suite.get("name") for suite in root] == ["createCluster", "listClusters"]
    assert [(suite.get("tests"), suite.get("failures"), suite.get("skipped")) for suite in root] == [
        ("1", "0", "0"),
        ("1", "0", "1"),
    ]
    assert (root.get("tests"), root.get("skipped"), root.get("time")) == ("2", "1", "1.250")


def test_a_clause_is_named_by_its_place_and_keyword(make_run: MakeRun, make_clause: MakeClause) -> None:
    (case,) = cases(make_run(clauses=(make_clause(),)))
    assert case.get("name") == "response.200.body.name maxLength"
    assert (case.get("classname"), case.get("file"), case.get("line")) == ("createCluster", "openapi/API.yaml", "120")
    assert list(case) == []


def test_clauses_of_one_place_and_keyword_have_names_of_their_own(make_run: MakeRun, make_clause: MakeClause) -> None:
    run = make_run(clauses=tuple(make_clause(id=f"#/required/{n}", keyword="required") for n in range(3)))
    assert len({case.get("name") for case in cases(run)}) == 3


def test_a_violated_clause_fails_with_message_and_curl(
    make_run: MakeRun, make_clause: MakeClause, make_finding: MakeFinding
) -> None:
    (case,) = cases(make_run(clauses=(make_clause(verdict="violated"),), findings=(make_finding(),)))
    failure = case.find("failure")
    assert failure is not None
    assert (failure.get("type"), failure.get("message")) == ("response-schema", "`name` has 65 characters")
    assert "openapi/API.yaml:120:9" in (failure.text or "")
    assert "curl -X POST http://localhost/clusters -d '{}'" in (failure.text or "")


@pytest.mark.parametrize("state", ["known", "waived"])
def test_what_is_known_or_waived_is_skipped(
    state: str, make_run: MakeRun, make_clause: MakeClause, make_finding: MakeFinding
) -> None:
    (case,) = cases(make_run(clauses=(make_clause(verdict="violated"),), findings=(make_finding(state=state),)))
    skipped = case.find("skipped")
    assert skipped is not None
    assert skipped.get("message") == f"{state}: `name` has 65 characters"
    assert case.find("failure") is None


def test_one_new_finding_among_known_ones_fails(
    make_run: MakeRun, make_clause: MakeClause, make_finding: MakeFinding
) -> None:
    findings = (make_finding(state="known"), make_finding(id="f2"))
    (case,) = cases(make_run(clauses=(make_clause(verdict="violated"),), findings=findings))
    assert case.find("failure") is not None


def test_a_finding_without_a_clause_is_a_case_named_after_its_rule(
    make_run: MakeRun, make_finding: MakeFinding
) -> None:
    finding = make_finding(rule="undocumented-status", clause=None, operations=("createCluster", "listClusters"))
    (case,) = cases(make_run(findings=(finding,)))
    assert (case.get("name"), case.get("classname")) == ("undocumented-status", "createCluster")
    assert case.find("failure") is not None


@pytest.mark.parametrize(
    "hostile",
    [
        pytest.param("</failure><testcase name='x'/>", id="markup"),
        pytest.param("]]><!--", id="section ends"),
        pytest.param("a\x00b\x08c\x0bd\x1b[31me\ufffef\ud800g", id="characters that XML forbids"),
        pytest.param("&amp; \"quotes\" 'and' \U0001f4a5", id="quotes and planes"),
    ],
)
def test_what_a_server_wrote_cannot_break_the_file(
    hostile: str, make_run: MakeRun, make_clause: MakeClause, make_finding: MakeFinding
) -> None:
    clauses = (make_clause(verdict="violated", where=hostile), make_clause(verdict="untested", reason=hostile))
    finding = make_finding(message=hostile, curl=hostile)
    told = cases(make_run(clauses=clauses, findings=(finding, make_finding(clause=None, message=hostile))))
    assert [[child.tag for child in case] for case in told] == [["failure"], ["skipped"], ["failure"]]


def test_the_same_run_gives_the_same_file(make_run: MakeRun, make_clause: MakeClause) -> None:
    run = make_run(clauses=(make_clause(),))
    assert junit.render(run) == junit.render(run)


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"clause": None, "operations": (), "location": None}, id="of no operation"),
        pytest.param({}, id="of a clause that is not violated"),
        pytest.param({"clause": "#/gone"}, id="of a clause that is not listed"),
    ],
)
def test_no_finding_is_lost(
    fields: dict[str, object], make_run: MakeRun, make_clause: MakeClause, make_finding: MakeFinding
) -> None:
    told = cases(make_run(clauses=(make_clause(),), findings=(make_finding(**fields),)))
    failures = [case.find("failure") for case in told]
    assert [failure.get("message") for failure in failures if failure is not None] == ["`name` has 65 characters"]


def test_a_finding_without_a_place_says_none(make_run: MakeRun, make_finding: MakeFinding) -> None:
    assert b"None" not in junit.render(make_run(findings=(make_finding(clause=None, location=None),)))


@pytest.mark.parametrize(
    ("state", "fails", "outcome"),
    [("new", True, "failure"), ("new", False, "skipped"), ("known", True, "skipped")],
    ids=["fails the gate", "only warns", "known"],
)
def test_an_operation_that_accepts_no_request_is_a_case(
    state: str, fails: bool, outcome: str, make_run: MakeRun, make_clause: MakeClause
) -> None:
    one = Unaccepted("createCluster", ("401",), "", "give credentials")
    run = make_run(clauses=(make_clause(),), unaccepted=(msgspec.structs.replace(one, state=state),))
    sentences = unaccepted_sentences(run)
    run = msgspec.structs.replace(run, gate=Gate(not (fails and sentences), sentences if fails else ()))
    case = cases(run)[-1]
    (told,) = case
    assert (case.get("classname"), case.get("name"), told.tag) == ("createCluster", "a request is accepted", outcome)
    assert "createCluster answered 401 to everything: give credentials" in (told.get("message") or "")


def test_the_places_of_a_finding_are_listed_once(
    make_run: MakeRun, make_clause: MakeClause, make_finding: MakeFinding
) -> None:
    names = [f"get{number}" for number in range(40)]
    clauses = tuple(make_clause(id=f"#/{name}", operation=name, verdict="violated") for name in names)
    places = tuple(Place(name, f"response.200.{name}", f"#/{name}", None, "f1") for name in names)
    failures = [
        case.findtext("failure") or ""
        for case in cases(make_run(clauses=clauses, findings=(make_finding(operations=tuple(names), places=places),)))
    ]
    assert len(failures) == 40
    assert sum(text.count("\nin get") for text in failures) == 40 == failures[0].count("\nin get")
    assert all("in several places" in text for text in failures[1:])
