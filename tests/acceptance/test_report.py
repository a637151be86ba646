"""Reports from recorded runs, the gate against a baseline, and what a run prints on GitHub: by the commands."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from clausewise.report_table import REPORT_FILES
from tests.conftest import RunClausewise

_APP = """
from tests.servers.faulty_cluster import create_app

app = create_app({faults!r})
"""


@pytest.fixture
def project(repo: Path, tmp_path: Path) -> Path:
    """A folder with a configuration, a contract and an app that has faults."""
    shutil.copy(repo / "openapi" / "astro-create-cluster.yaml", tmp_path / "api.yaml")
    (tmp_path / "pyproject.toml").write_text(
        '[tool.clausewise]\nspec = "api.yaml"\ntarget = { app = "served:app" }\nphases = ["baseline", "clauses"]\n'
    )
    break_it(tmp_path, "response-bad-enum")
    return tmp_path


def break_it(project: Path, *faults: str) -> None:
    (project / "served.py").write_text(_APP.format(faults=faults))


@pytest.fixture
def clausewise(repo: Path, project: Path, run_clausewise: RunClausewise) -> Any:
    """The command line in the project's folder."""

    def run(*arguments: str | Path, **environment: str) -> Any:
        return run_clausewise(*arguments, cwd=project, env={"PYTHONPATH": f"{repo}:{project}", **environment})

    return run


def test_every_format_is_written_anew_from_the_record(clausewise: Any, project: Path) -> None:
    everything = ",".join(REPORT_FILES)
    assert clausewise("gate", "--report", everything).returncode == 1
    folder, other = project / "reports" / "latest", project / "again"
    done = clausewise("report", "reports/latest/run.json", "--report", everything, "--output-dir", other)
    assert done.returncode == 0, done.stderr
    assert "1 new error" in done.stdout
    written = {file.name: file.read_bytes() for file in other.iterdir()}
    # What the run made on the server is no report.
    assert written == {file.name: file.read_bytes() for file in folder.iterdir() if file.name != "created.ndjson"}


def test_a_report_goes_beside_its_record(clausewise: Any, project: Path) -> None:
    clausewise("gate", "--report", "json", "--output-dir", "kept")
    assert clausewise("report", "kept", "--report", "html,json", "-q").stdout.startswith("FAILED: 1 new error")
    wanted = {"run.json", "exchanges.ndjson", "created.ndjson", "report.html"}
    assert {file.name for file in (project / "kept").iterdir()} == wanted


def test_the_contract_is_shown_as_it_was_tested(clausewise: Any, project: Path) -> None:
    clausewise("gate", "--report", "json")
    (project / "api.yaml").write_text("openapi: 3.1.0\n")
    clausewise("report", "reports/latest", "--report", "html,sarif")
    page = (project / "reports" / "latest" / "report.html").read_text()
    assert '<div class="l violated" id="L0-540">' in page


def test_shards_are_joined_and_judged_anew(clausewise: Any, project: Path) -> None:
    with (project / "pyproject.toml").open("a") as config:
        config.write("min-coverage = 85\n")
    clausewise("gate", "--output-dir", "a")
    break_it(project)
    clausewise("test", "--phase", "baseline", "--output-dir", "b")
    done = clausewise("report", "--merge", "a/run.json", "b/run.json", "--output-dir", "whole")
    assert done.returncode == 1 and "FAILED: 1 new error" in done.stdout, done.stdout + done.stderr
    parts = [json.loads((project / name / "run.json").read_text()) for name in ("a", "b")]
    whole = json.loads((project / "whole" / "run.json").read_text())
    assert whole["requests"] == sum(part["requests"] for part in parts)
    recorded = [(project / name / "exchanges.ndjson").read_bytes().count(b"\n") for name in ("a", "b", "whole")]
    assert recorded[0] + recorded[1] == recorded[2]
    assert whole["coverage"]["clauses"] == parts[0]["coverage"]["clauses"]
    assert clausewise("report", "--merge", "a", "b", "--output-dir", "whole", "--exit-zero").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        pytest.param(["gone/run.json"], "cannot read the run record gone/run.json: No such file", id="missing"),
        pytest.param(["api.yaml"], "api.yaml is not a clausewise run record", id="not a record"),
        pytest.param(["a", "b"], "2 runs are named (give --merge to merge them, or name one)", id="several"),
        pytest.param(["--report", "jsn", "a"], 'got "jsn" (did you mean "json"?)', id="no such format"),
        pytest.param([], "Missing argument 'RUN...'", id="none"),
    ],
)
def test_bad_arguments_are_told_in_one_line(arguments: list[str], complaint: str, clausewise: Any) -> None:
    done = clausewise("report", *arguments)
    assert done.returncode == 2
    assert complaint in done.stderr and len(done.stderr.splitlines()) == 1


def test_recordings_are_reported_as_validate_reports_them(clausewise: Any, project: Path) -> None:
    clausewise("gate", "--output-dir", "a")
    traffic = project / "traffic.ndjson"
    traffic.write_bytes((project / "a" / "exchanges.ndjson").read_bytes() + b"{\n")
    printed = clausewise("validate", "traffic.ndjson", "--output-dir", "b").stdout
    assert "unreadable traffic.ndjson:" in printed and "FAILED: 1 entry could not be read" in printed
    assert clausewise("report", "b").stdout.splitlines() == printed.splitlines()
    merged = clausewise("report", "--merge", "b", "--output-dir", "c")
    assert merged.returncode == 1 and "unreadable traffic.ndjson:" in merged.stdout


def test_the_whole_does_not_replace_a_part(clausewise: Any) -> None:
    clausewise("gate", "--report", "json", "--output-dir", "a")
    done = clausewise("report", "--merge", "a", "--output-dir", "a")
    assert done.returncode == 2 and "would replace one of its parts" in done.stderr


def test_a_record_without_its_exchanges_is_told(clausewise: Any, project: Path) -> None:
    clausewise("gate", "--report", "json")
    (project / "reports" / "latest" / "exchanges.ndjson").unlink()
    done = clausewise("report", "reports/latest", "--report", "html")
    assert done.returncode == 0 and "exchanges.ndjson does not exist" in done.stderr


@pytest.mark.parametrize("kind", ["a baseline file", "the run.json of the base"])
def test_the_gate_names_what_is_new_since_the_base(kind: str, clausewise: Any, project: Path) -> None:
    if kind == "a baseline file":
        baseline = "known.json"
        assert clausewise("gate", "--baseline", baseline, "--update-baseline").returncode == 0
    else:
        baseline = "base/run.json"
        assert clausewise("gate", "--output-dir", "base").returncode == 1
    passed = clausewise("gate", "--baseline", baseline)
    assert passed.returncode == 0 and "known: api.yaml:540:11" in passed.stdout
    break_it(project, "response-bad-enum", "maximum")
    failed = clausewise("gate", "--baseline", baseline, "-q")
    assert failed.returncode == 1
    assert failed.stdout.splitlines() == [
        "new: error api.yaml:498:11 createCluster accepted (200) a request where `maxNodeCount` is 1001; the contract "
        "says `maxNodeCount` is at most 1000 [invalid-request-accepted]",
        "FAILED: 1 new error (1 more in the baseline), and the gate allows 0: fix it, or waive it with a "
        "reason and an expiry date",
    ]
    states = {
        each["rule"]: each["state"]
        for each in json.loads((project / "reports/latest/run.json").read_text())["findings"]
    }
    assert states == {"invalid-request-accepted": "new", "response-schema": "known"}


def test_what_is_gone_since_the_base_is_told(clausewise: Any, project: Path) -> None:
    clausewise("gate", "--output-dir", "base")
    break_it(project)
    done = clausewise("gate", "--baseline", "base/run.json")
    assert done.returncode == 0
    assert "1 finding of the baseline did not occur; --update-baseline removes what is gone" in done.stderr


@pytest.mark.parametrize("command", ["gate", "report reports/latest"])
def test_on_github_new_findings_are_annotations_and_nothing_else_is_a_command(command: str, clausewise: Any) -> None:
    clausewise("gate")
    done = clausewise(*command.split(), GITHUB_ACTIONS="true")
    lines = done.stdout.splitlines()
    assert lines[0].startswith("::stop-commands::")
    end = lines.index(f"::{lines[0].removeprefix('::stop-commands::')}::")
    assert any("response-schema" in line for line in lines[1:end])
    assert len(lines) == end + 2
    assert lines[-1].startswith("::error file=api.yaml,line=540,endLine=540,col=11,")
