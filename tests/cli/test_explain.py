"""`clausewise explain` on the example run that the repository ships."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Protocol

import pytest

from clausewise.cli import group
from clausewise.errors import UsageError
from clausewise.results.rules import RULES

_LENGTH = "#/components/schemas/CreateNodePoolRequest/properties/name/maxLength"


class Explain(Protocol):
    """Gives what `clausewise explain` prints."""

    def __call__(self, *arguments: str) -> str: ...


@pytest.fixture
def explain(repo: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Explain:
    monkeypatch.chdir(repo)
    monkeypatch.setenv("NO_COLOR", "1")

    def run(*arguments: str) -> str:
        assert group.main(["explain", *arguments], standalone_mode=False) == 0
        return capsys.readouterr().out

    return run


@pytest.fixture(scope="module")
def findings(repo: Path) -> dict[str, dict[str, Any]]:
    """The findings of the example run by the clauses that they break."""
    record = json.loads((repo / "reports" / "example" / "run.json").read_text(encoding="utf-8"))
    return {finding["clause"] or finding["rule"]: finding for finding in record["findings"]}


def test_without_an_argument_it_lists_every_rule(explain: Explain) -> None:
    assert [line.split()[0] for line in explain().splitlines()] == list(RULES)


@pytest.mark.parametrize("written", ["flaky", "[flaky]", "error[flaky]", "error openapi.yaml:1:1 [flaky]"])
def test_a_rule_is_named_as_output_shows_it(written: str, explain: Explain) -> None:
    page = explain(written)
    assert page.startswith("error [flaky] the server fails at random\n\nWhat it means\n")
    assert 'rule = "flaky"' in page


def test_the_page_of_a_finding_has_the_contract_what_was_sent_and_what_to_do(
    explain: Explain, findings: dict[str, dict[str, Any]]
) -> None:
    finding = findings["#/components/schemas/CreateNodePoolRequest/properties/maxNodeCount/minimum"]
    for id in (finding["id"], finding["id"][:6], finding["places"][0]["fault"]):
        page = explain(id, "--run", "reports/example")
        place = "{file}:{line}:{column}".format(**finding["location"])
        assert page.splitlines()[0] == f"{finding['severity']} {place} [server-error]"
        assert f"> {finding['location']['line']:>5} |" in page
        assert "\nSent\n  POST /organizations/" in page
        assert "\nAnswered\n  500, after " in page
        assert f"\nRepeat it\n  {finding['curl']}\n" in page
        assert f"\nHow to fix it\n  {RULES['server-error'].remedy[:40]}" in page


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(_LENGTH, id="pointer"),
        pytest.param("createCluster request.body[GCP].nodePools[].name.maxLength", id="operation and place"),
        pytest.param("request.body[GCP].nodePools[].name.maxLength", id="place"),
        pytest.param("api.yaml::createCluster::request.body:GCP.nodePools.items.name.maxLength", id="id in pytest"),
        pytest.param(f"createCluster request.body[GCP].nodePools[].name {_LENGTH} maxLength", id="key"),
        pytest.param("{file}:{line}:{column}", id="line and column"),
        pytest.param("{file}:{line}", id="line"),
    ],
)
def test_a_clause_is_named_in_each_way_in_which_output_shows_it(
    written: str, explain: Explain, findings: dict[str, dict[str, Any]]
) -> None:
    accepted = findings[_LENGTH]
    page = explain(written.format(**accepted["location"]), "--run", "reports/example")
    assert page.splitlines()[0].startswith("`name` has at most")
    assert f"> {accepted['location']['line']:>5} |" in page
    assert '"maxLength":' in page.split("Its schema")[1]
    assert "  violated in createCluster (request.body[GCP].nodePools[].name)" in page
    assert f"[invalid-request-accepted]: clausewise explain {accepted['id']}" in page


def test_what_was_tried_says_whether_it_keeps_the_clause_and_what_came(
    explain: Explain, findings: dict[str, dict[str, Any]]
) -> None:
    page = explain(_LENGTH, "--run", "reports/example")
    accepted = findings[_LENGTH]
    tried = page.split("What was tried\n")[1].split("\n\n")[0]
    assert "  breaks it: `name` " in tried and f" -> 200 ({accepted['exchange']})" in tried


def test_a_place_with_several_clauses_lists_them(explain: Explain) -> None:
    listed = explain("request.body.cloudProvider", "--run", "reports/example").splitlines()
    assert [line.partition(" ")[2] for line in listed[:2]] == [
        "`cloudProvider` is required: upheld",
        '`cloudProvider` is one of "AWS", "AZURE", "GCP": upheld',
    ]


def test_without_a_run_a_clause_is_that_of_the_document(explain: Explain, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.clausewise]\n")
    spec = "openapi/astro-create-cluster.yaml"
    page = explain("response.200.body.status.enum", spec, "--config", str(tmp_path / "pyproject.toml"))
    assert page.startswith("`status` is one of")
    assert f"untested in createCluster (response.200.body.status): there is no run in {tmp_path}" in page


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("server-eror", "did you mean server-error?"),
        ("request.body.cloudProvider.enumm", "did you mean request.body.cloudProvider.enum"),
        ("#/nothing", "`clausewise explain` lists the rules"),
    ],
)
def test_what_is_misspelt_is_no_riddle(written: str, meant: str, explain: Explain) -> None:
    with pytest.raises(UsageError, match=f'"{written}" is no rule, and no finding or clause') as raised:
        explain(written, "--run", "reports/example")
    assert str(raised.value).partition("(")[2].startswith(meant)


def test_a_misspelt_rule_needs_neither_run_nor_document(explain: Explain, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.clausewise]\n")
    with pytest.raises(UsageError, match=r"\(did you mean flaky\?\)"):
        explain("flakey", "--config", str(tmp_path / "pyproject.toml"))
