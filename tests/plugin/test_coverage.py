"""What all tests and all workers saw, in one record and one table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from clausewise.results import record
from tests.plugin.conftest import Project
from tests.retrieval.conftest import DocumentServer

_TESTS = """
    import httpx, pytest

    def answer(body, status=200, path="/greetings/Ann"):
        request = httpx.Request("GET", f"http://shop.test{path}")
        return httpx.Response(status, json=body, request=request)

    @pytest.mark.parametrize("number", range(4))
    def test_greeting(contract, number):
        contract.check(answer({"text": f"Hello {number}"}))

    def test_mood(contract):
        contract.check(answer({"text": "Hello", "mood": "glad"}))

    def test_fault(contract):
        with pytest.raises(AssertionError):
            contract.check(answer({"text": "Hello", "mood": "cross"}))
"""


def recorded(folder: Path) -> record.Run:
    return record.decode((folder / "run.json").read_bytes(), "run.json")


@pytest.mark.parametrize("workers", [[], ["-n", "3"]], ids=["one process", "three workers"])
def test_all_tests_make_one_record(project: Project, workers: list[str]) -> None:
    project.write(test_greetings=_TESTS)
    done = project.pytest(*workers, "--clausewise-report=json,junit", "--clausewise-output-dir=reports")
    assert done.returncode == 0, done.stdout
    run = recorded(project.folder / "reports")
    assert run.requests == 6
    assert run.target.kind == "recording"
    (finding,) = run.findings
    assert (finding.rule, finding.count, finding.where) == ("response-schema", 1, "response.200.body.mood")
    tried = {clause.where + "." + clause.keyword: (clause.verdict, clause.tried) for clause in run.clauses}
    assert tried["response.200.body.text.type"] == ("upheld", 6)
    assert tried["response.200.body.mood.enum"] == ("violated", 2)
    assert tried["request.body.name.type"] == ("untested", 0)
    assert (project.folder / "reports" / "junit.xml").exists()
    assert (project.folder / "reports" / "exchanges.ndjson").read_text().count("cross") == 1


def test_the_table_has_a_row_for_each_operation_that_was_met(project: Project) -> None:
    project.write(test_greetings=_TESTS)
    printed = project.pytest().stdout
    assert "contract coverage: contract.yaml" in printed
    row = re.search(r"^greet +(\d+) +(\d+) +(\d+) +(\d+) +(\d+)%$", printed, re.MULTILINE)
    assert row is not None
    clauses, upheld, violated, untested, cover = map(int, row.groups())
    assert clauses == upheld + violated + untested and violated == 1
    assert cover == round(100 * upheld / clauses)
    assert "1 of 2 operations was called by no test" in printed
    assert re.search(r'contract\.yaml:\d+:\d+: error: .*"cross".*\(once\) \[response-schema\]', printed)


@pytest.mark.parametrize(
    ("option", "status"), [("5", 0), ("99.9", 1), ("100", 1)], ids=["reached", "nearly", "everything"]
)
def test_too_little_coverage_fails_a_session_whose_tests_pass(project: Project, option: str, status: int) -> None:
    project.write(test_greetings=_TESTS)
    done = project.pytest(f"--clausewise-fail-under={option}")
    assert done.returncode == status
    assert ("is required" in done.stdout) is bool(status)


def test_nothing_seen_is_too_little(project: Project) -> None:
    project.write(test_nothing="def test_nothing(): pass")
    assert project.pytest("--clausewise-fail-under=1").returncode == 1
    assert "contract coverage" not in project.pytest().stdout


def test_options_stand_in_the_ini_file_as_well(project: Project) -> None:
    project.write(test_greetings=_TESTS)
    with (project.folder / "pytest.ini").open("a") as ini:
        ini.write("clausewise_report = json\nclausewise_output_dir = out\nclausewise_fail_under = 99\n")
    done = project.pytest()
    assert done.returncode == 1
    assert recorded(project.folder / "out").requests == 6
    assert project.pytest("--clausewise-fail-under=1").returncode == 0


def test_tests_and_documents_are_counted_together(project: Project) -> None:
    project.write(test_greetings=_TESTS)
    arguments = ("test_greetings.py", "contract.yaml", "--clausewise-target=app:app", "-n", "2")
    done = project.pytest(*arguments, "--clausewise-report=json", "--clausewise-output-dir=out")
    assert done.returncode == 0, done.stdout
    run = recorded(project.folder / "out")
    assert run.target.kind == "app"
    assert {finding.rule for finding in run.findings} == {"response-schema"}
    assert run.coverage.operations.accepted == 2


def test_each_contract_has_a_record_of_its_own(project: Project) -> None:
    (project.folder / "other.yaml").write_text((project.folder / "contract.yaml").read_text())
    project.write(test_greetings=_TESTS, test_other="import pytest\npytestmark = pytest.mark.contract('other.yaml')\n")
    with (project.folder / "test_other.py").open("a") as file:
        file.write("from test_greetings import *\n")
    done = project.pytest("--clausewise-report=json", "--clausewise-output-dir=out")
    assert done.returncode == 0, done.stdout
    assert recorded(project.folder / "out" / "contract").requests == 6
    assert recorded(project.folder / "out" / "other").requests == 6


def test_a_contract_at_a_url(project: Project) -> None:
    server = DocumentServer({"/v1/contract.yaml": (project.folder / "contract.yaml").read_text()})
    try:
        project.write(test_greetings=_TESTS)
        url = f"{server.url}/v1/contract.yaml"
        for arguments in ((f"--clausewise-spec={url}",), (f"--clausewise-spec={url}", "-n", "2")):
            done = project.pytest(*arguments, "--clausewise-report=json", "--clausewise-output-dir=out")
            assert done.returncode == 0, done.stdout
            run = recorded(project.folder / "out")
            assert (run.spec.file, run.requests) == (url, 6)
    finally:
        server.close()
