"""The hand-written server, its faults on: each is one finding, and none hides another."""

from __future__ import annotations

from pathlib import Path

import pytest

from clausewise.contract.contract import Contract, load
from clausewise.options import RunOptions
from clausewise.phase_table import DEFAULT_PHASES
from clausewise.results.record import Finding
from clausewise.runner import run, targets
from tests.servers.faulty_cluster import FAULTS, PAIRED_FAULTS, create_app, serve

_SCHEMAS = "#/components/schemas"

#: fault -> rule and clause of the one finding that it makes
EXPECTED: dict[str, tuple[str, str | None]] = {
    "min-length": ("invalid-request-accepted", f"{_SCHEMAS}/ClusterRequestBase/properties/name/minLength"),
    "max-length": ("invalid-request-accepted", f"{_SCHEMAS}/CreateNodePoolRequest/properties/name/maxLength"),
    "pattern": ("invalid-request-accepted", f"{_SCHEMAS}/CidrRange/pattern"),
    "enum": ("invalid-request-accepted", f"{_SCHEMAS}/ClusterType/enum"),
    "minimum": ("invalid-request-accepted", f"{_SCHEMAS}/CreateNodePoolRequest/properties/maxNodeCount/minimum"),
    "maximum": ("invalid-request-accepted", f"{_SCHEMAS}/CreateNodePoolRequest/properties/maxNodeCount/maximum"),
    "max-items": ("invalid-request-accepted", f"{_SCHEMAS}/ClusterRequestBase/properties/k8sTags/maxItems"),
    "branch-required": ("invalid-request-accepted", f"{_SCHEMAS}/CreateGcpClusterRequest/required/1"),
    "response-wrong-type": ("response-schema", f"{_SCHEMAS}/Cluster/properties/isLimited/type"),
    "response-bad-date": ("response-schema", f"{_SCHEMAS}/Timestamp/format"),
    "response-null": ("response-schema", f"{_SCHEMAS}/ClusterMetadata/properties/oidcIssuerUrl/type"),
    "response-bad-enum": ("response-schema", f"{_SCHEMAS}/Cluster/properties/status/enum"),
    "crash-on-boundary": ("server-error", f"{_SCHEMAS}/ClusterRequestBase/properties/name/maxLength"),
    "crash-on-unicode": ("server-error", f"{_SCHEMAS}/CreateNodePoolRequest/properties/name/type"),
    "crash-on-zero": ("server-error", f"{_SCHEMAS}/CreateNodePoolRequest/properties/maxNodeCount/minimum"),
    "undocumented-422": ("undocumented-status", None),
}


#: fault that needs two things -> rule, and what its one finding names
PAIRED: dict[str, tuple[str, set[str]]] = {
    "hybrid-azure": ("server-error", {'`type` is "HYBRID"', "[AZURE]"}),
    "two-pools-tagged": ("server-error", {"`k8sTags` is there", "`nodePools` has two items"}),
    "default-at-limit": ("server-error", {"`isDefault` is false", "`maxNodeCount` is 1000"}),
    "tags-and-workspaces": ("valid-request-rejected", {"`k8sTags` is there", "`workspaceIds` is there"}),
    "short-region-recovered": ("server-error", {"`region` has 1 character", "`drRegion` is there"}),
    "replicated-range": (
        "server-error",
        {"`enableReplicationTimeControl` is true", "`drVpcSubnetRange` is there"},
    ),
}


#: every phase that is not Schemathesis'
_OURS = ("baseline", "clauses", "pairs", "properties", "lifecycle")


def findings(
    contract: Contract, url: str, seed: int = 1, phases: tuple[str, ...] = DEFAULT_PHASES
) -> tuple[Finding, ...]:
    options = RunOptions(seed=seed, phases=phases)
    return run.run(contract, targets.url_target(url, 8), options).run.findings


def findings_in_process(
    contract: Contract, faults: list[str], phases: tuple[str, ...] = DEFAULT_PHASES
) -> tuple[Finding, ...]:
    target = targets.Target("app", "faulty_cluster", 8, create_app(faults))
    return run.run(contract, target, RunOptions(phases=phases)).run.findings


def identities(found: tuple[Finding, ...]) -> list[tuple[str, str | None]]:
    return sorted(((finding.rule, finding.clause) for finding in found), key=str)


@pytest.fixture(scope="module")
def shipped(contract_file: Path) -> Contract:
    return load(contract_file)


def test_every_fault_is_expected_here() -> None:
    assert EXPECTED.keys() == FAULTS.keys()
    assert PAIRED.keys() == PAIRED_FAULTS.keys()


def names(finding: Finding, fault: str) -> bool:
    """Whether a finding is the one of a fault that needs two things, and names both."""
    rule, words = PAIRED[fault]
    return finding.rule == rule and all(word in f"{finding.message} {finding.where}" for word in words)


@pytest.mark.parametrize("fault", PAIRED_FAULTS)
def test_a_fault_that_needs_two_things_is_one_finding_that_names_both(shipped: Contract, fault: str) -> None:
    (finding,) = findings_in_process(shipped, [fault])
    assert names(finding, fault), finding.message


@pytest.mark.parametrize(
    "phases",
    [DEFAULT_PHASES, _OURS],
    ids=["by default", "properties as well"],
)
def test_all_twenty_two_faults_at_once(shipped: Contract, phases: tuple[str, ...]) -> None:
    with serve(create_app([*FAULTS, *PAIRED_FAULTS])) as url:
        found = findings(shipped, url, phases=phases)
    paired = [finding for finding in found if any(names(finding, fault) for fault in PAIRED)]
    assert len(paired) == 6
    assert identities(tuple(finding for finding in found if finding not in paired)) == sorted(
        EXPECTED.values(), key=str
    )


def test_all_faults_at_once_are_sixteen_findings(shipped: Contract) -> None:
    with serve(create_app(FAULTS)) as url:
        found = findings(shipped, url)
    assert identities(found) == sorted(EXPECTED.values(), key=str)


@pytest.mark.parametrize("fault", FAULTS)
def test_one_fault_is_one_finding(shipped: Contract, fault: str) -> None:
    # The other phases take as long again; all faults at once are found in all of them above.
    assert identities(findings_in_process(shipped, [fault], ("baseline", "clauses"))) == [EXPECTED[fault]]


@pytest.mark.parametrize("seed", [1, 2])
def test_a_correct_server_gives_no_finding(shipped: Contract, seed: int) -> None:
    with serve(create_app()) as url:
        assert findings(shipped, url, seed) == ()


def test_nor_does_it_in_the_phases_that_run_on_request(shipped: Contract) -> None:
    with serve(create_app()) as url:
        assert findings(shipped, url, 1, ("baseline", "properties", "engine")) == ()


def test_a_fault_of_every_response_shows_in_the_first_one(shipped: Contract) -> None:
    options = RunOptions(phases=("baseline",))
    with serve(create_app(["response-null"])) as url:
        result = run.run(shipped, targets.url_target(url, 8), options)
    assert result.exchanges[0].probe is not None and result.exchanges[0].probe.phase == "baseline"
    assert [(finding.rule, finding.count) for finding in result.run.findings] == [("response-schema", 4)]


def test_a_finding_points_at_its_line_and_can_be_reproduced(shipped: Contract, contract_file: Path) -> None:
    with serve(create_app(["minimum"])) as url:
        (finding,) = findings(shipped, url)
        assert finding.curl is not None and url in finding.curl
    assert finding.location is not None
    line = contract_file.read_text().splitlines()[finding.location.line - 1]
    assert line.strip().startswith("minimum: 1")
    assert '"maxNodeCount": -1' in finding.curl
    assert "$AUTHORIZATION" in finding.curl
