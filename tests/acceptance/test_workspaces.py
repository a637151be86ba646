"""The hand-written server that remembers: a correct one gives no finding, and each fault of its memory is one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from clausewise.contract.contract import Contract, load
from clausewise.options import RunOptions
from clausewise.phase_table import DEFAULT_PHASES
from clausewise.results.record import Finding
from clausewise.runner import run, targets
from tests.conftest import RunClausewise
from tests.servers.faulty_cluster import serve
from tests.servers.workspaces import FAULTS, create_app

_ALICE, _BOB = (("Authorization", "Bearer alice-token"),), (("Authorization", "Bearer bob-token"),)

#: fault -> rule and operation of the one finding that it makes
EXPECTED: dict[str, tuple[str, str]] = {
    "deleted-readable": ("use-after-delete", "getDocument"),
    "deleted-listed": ("use-after-delete", "listDocuments"),
    "update-lost": ("update-not-visible", "getWorkspace"),
    "list-misses": ("created-not-listed", "listDocuments"),
    "created-missing": ("created-not-found", "getShare"),
    "tenant-readable": ("foreign-access", "getWorkspace"),
    "parent-ignored": ("foreign-access", "getDocument"),
}


@pytest.fixture(scope="module")
def document(repo: Path) -> Path:
    return repo / "tests" / "servers" / "workspaces.yaml"


@pytest.fixture(scope="module")
def contract(document: Path) -> Contract:
    return load(document)


def drive(contract: Contract, app: Any, **options: Any) -> run.Result:
    ordinary: dict[str, Any] = {"headers": _ALICE, "other_headers": _BOB}
    return run.run(contract, targets.Target("app", "workspaces", 8, app), RunOptions(**(ordinary | options)))


def identities(found: tuple[Finding, ...]) -> list[tuple[str, str]]:
    return sorted((finding.rule, operation) for finding in found for operation in finding.operations)


def is_empty(app: Any) -> bool:
    return not (app.store.workspaces or app.store.documents or app.store.shares)


def test_every_fault_is_expected_here() -> None:
    assert EXPECTED.keys() == FAULTS.keys()


@pytest.mark.parametrize("seed", range(1, 11))
def test_a_correct_server_gives_no_finding_and_is_left_as_it_was(contract: Contract, seed: int) -> None:
    app = create_app()
    result = drive(contract, app, seed=seed)
    assert result.stopped is None and result.run.findings == ()
    assert result.run.coverage.operations.accepted == len(contract.operations) == 14
    assert is_empty(app)


@pytest.mark.parametrize("seed", [1, 2])
def test_nor_does_it_with_properties(contract: Contract, seed: int) -> None:
    app = create_app()
    result = drive(contract, app, seed=seed, phases=(*DEFAULT_PHASES, "properties"))
    assert result.stopped is None and result.run.findings == () and is_empty(app)


@pytest.mark.parametrize("fault", FAULTS)
def test_one_fault_is_one_finding(contract: Contract, fault: str) -> None:
    app = create_app([fault])
    assert identities(drive(contract, app).run.findings) == [EXPECTED[fault]]
    assert is_empty(app)


def test_all_faults_at_once(contract: Contract) -> None:
    # A list that lacks the newest cannot show that it was deleted: that one is seen when the other is mended.
    hidden = EXPECTED["deleted-listed"]
    assert identities(drive(contract, create_app(FAULTS)).run.findings) == sorted({*EXPECTED.values()} - {hidden})
    others = [fault for fault in FAULTS if fault != "list-misses"]
    expected = sorted({*EXPECTED.values()} - {EXPECTED["list-misses"]})
    assert identities(drive(contract, create_app(others)).run.findings) == expected


def test_findings_have_the_same_ids_in_every_run(contract: Contract) -> None:
    def ids(seed: int) -> list[str]:
        return [finding.id for finding in drive(contract, create_app(FAULTS), seed=seed).run.findings]

    assert ids(1) == ids(1) == ids(2)
    assert len(set(ids(1))) == 6


@pytest.mark.parametrize(
    ("options", "missing"),
    [
        ({"other_headers": ()}, {"tenant-readable"}),
        ({"phases": ("baseline", "clauses")}, set(FAULTS)),
        ({"phases": ("lifecycle",)}, set()),
        ({"operations": ("getDocument",)}, set(FAULTS) - {"deleted-readable", "parent-ignored"}),
    ],
    ids=["without another user", "without the phase", "with nothing but the phase", "of one operation"],
)
def test_what_a_run_sees_is_what_it_was_asked_for(
    contract: Contract, options: dict[str, Any], missing: set[str]
) -> None:
    app = create_app(set(FAULTS) - {"list-misses"})
    expected = {EXPECTED[fault] for fault in FAULTS if fault not in {*missing, "list-misses"}}
    assert set(identities(drive(contract, app, **options).run.findings)) == expected
    assert is_empty(app)


@pytest.mark.parametrize(("faults", "status"), [((), 0), (("tenant-readable", "update-lost"), 1)])
def test_by_the_command_line(
    run_clausewise: RunClausewise, document: Path, tmp_path: Path, faults: tuple[str, ...], status: int
) -> None:
    app = create_app(faults)
    with serve(app) as url:
        credentials = ("-H", "Authorization: env:ALICE", "--other-header", "Authorization: env:BOB")
        done = run_clausewise(
            "test", document, "--url", url, *credentials, "--output-dir", tmp_path,
            env={"ALICE": "Bearer alice-token", "BOB": "Bearer bob-token"},
        )  # fmt: skip
    assert done.returncode == status, done.stdout + done.stderr
    record = json.loads((tmp_path / "run.json").read_text())
    found = sorted((finding["rule"], *finding["operations"]) for finding in record["findings"])
    assert found == sorted(EXPECTED[fault] for fault in faults)
    assert is_empty(app)
    written = "".join(path.read_text() for path in tmp_path.iterdir() if path.is_file())
    assert "alice-token" not in written and "bob-token" not in written
