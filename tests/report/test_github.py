"""Annotations on GitHub: at the right line, the worst first, and no command but ours."""

from __future__ import annotations

import pytest

from clausewise.errors import Location
from clausewise.report import github
from clausewise.results.record import Gate, SourceText, Spec, Unaccepted
from tests.report.conftest import MakeFinding, MakeRun


def test_an_annotation_points_at_its_line(make_run: MakeRun, make_finding: MakeFinding) -> None:
    text = "\n" * 119 + "        maxLength: 64\n"
    spec = Spec("openapi/API.yaml", "Things", "3.1.0", "0", (SourceText("openapi/API.yaml", text),))
    assert github.render(make_run(spec=spec, findings=(make_finding(),))).decode() == (
        "::error file=openapi/API.yaml,line=120,endLine=120,col=9,endColumn=22,title=response-schema"
        "::`name` has 65 characters\n"
    )


def test_a_document_at_a_url_has_no_line_there(make_run: MakeRun, make_finding: MakeFinding) -> None:
    finding = make_finding(location=Location("http://h:1/api.json", 1, 400, "/paths/~1things"))
    assert github.render(make_run(findings=(finding,))).decode() == (
        "::error title=response-schema::http://h:1/api.json#/paths/~1things: `name` has 65 characters\n"
    )


@pytest.mark.parametrize(
    ("severity", "command"), [("error", "::error "), ("warning", "::warning "), ("note", "::notice ")]
)
def test_a_severity_has_its_command(severity: str, command: str, make_run: MakeRun, make_finding: MakeFinding) -> None:
    assert github.render(make_run(findings=(make_finding(severity=severity),))).decode().startswith(command)


def test_the_worst_ten_are_shown_and_the_rest_counted(make_run: MakeRun, make_finding: MakeFinding) -> None:
    errors = tuple(make_finding(id=f"e{n}") for n in range(11))
    warnings = tuple(make_finding(id=f"w{n}", severity="warning") for n in range(2))
    lines = github.render(make_run(findings=errors + warnings)).decode().splitlines()
    assert len(lines) == 11
    assert lines[-1] == "::error title=clausewise::1 error and 2 warnings more: see the job summary"


def test_what_is_known_or_waived_is_no_annotation(make_run: MakeRun, make_finding: MakeFinding) -> None:
    findings = (make_finding(state="known"), make_finding(id="f2", state="waived"))
    assert github.render(make_run(findings=findings)).decode() == ""


@pytest.mark.parametrize(
    "hostile",
    [
        pytest.param("\n::add-mask::x", id="line feed"),
        pytest.param("\r::add-mask::x", id="carriage return"),
        pytest.param("\x85::add-mask::x\u2028::add-mask::x", id="other line breaks"),
        pytest.param("%0A::add-mask::x", id="escaped already"),
        pytest.param("a,line=1::b", id="properties"),
    ],
)
def test_a_server_cannot_write_a_command(hostile: str, make_run: MakeRun, make_finding: MakeFinding) -> None:
    finding = make_finding(message=hostile, rule="response-schema", where=hostile, curl=hostile)
    text = github.render(make_run(findings=(finding,))).decode()
    assert text.count("\n") == 1 and len(text.splitlines()) == 1
    head, message = text[2:].split("::", 1)
    assert head.count("line=120") == 1 and "add-mask" not in head
    assert "%0A" not in message.replace("%250A", "")


def test_what_ends_the_silence_cannot_be_guessed() -> None:
    (stop, resume), (other, _) = github.brackets(), github.brackets()
    assert stop.startswith("::stop-commands::") and stop != other
    assert resume == f"::{stop.removeprefix('::stop-commands::')}::"
    assert len(resume) > 30


@pytest.mark.parametrize("level", ["error", "warning"])
def test_operations_that_accept_no_request_come_first(level: str, make_run: MakeRun, make_finding: MakeFinding) -> None:
    unaccepted = (Unaccepted("createCluster", ("401",), "", "give credentials"),)
    sentence = "createCluster answered 401 to everything: give credentials; or list it in known-unaccepted"
    gate = Gate(False, (sentence, "1 new error")) if level == "error" else Gate(False, ("1 new error",), (sentence,))
    lines = github.render(make_run(unaccepted=unaccepted, gate=gate, findings=(make_finding(),))).decode().splitlines()
    assert lines[0] == f"::{level} title=clausewise::{sentence}"
    assert len(lines) == 2
