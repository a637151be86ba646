"""The clauses of the shipped contract, and what its own examples show of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from clausewise.contract.clause import Clause
from clausewise.contract.contract import Contract
from clausewise.contract.operation import OperationContract

_SCHEMAS = "#/components/schemas"
_POST = "#/paths/~1organizations~1{organizationId}~1clusters/post"
_REQUEST = f"{_SCHEMAS}/ClusterRequestBase"
_NODE_POOL = f"{_SCHEMAS}/CreateNodePoolRequest"
_UNION = f"{_SCHEMAS}/CreateClusterRequest"

#: where -> id, keyword, text
_NOTABLE = {
    "request.security": ("#/security/0", "security", "credentials are required (`bearerAuth`)"),
    "request.method": (_POST.removesuffix("/post"), "methods", "the path offers only POST"),
    "request.path.organizationId": (
        "#/components/parameters/OrganizationId/required",
        "required",
        "the path parameter `organizationId` is required",
    ),
    "request.body": (f"{_POST}/requestBody/required", "required", "a request body is required"),
    "request.body.cloudProvider": (
        f"{_UNION}/discriminator/mapping",
        "enum",
        '`cloudProvider` is one of "AWS", "AZURE", "GCP"',
    ),
    "request.body[AWS].name": (
        f"{_REQUEST}/properties/name/maxLength",
        "maxLength",
        "`name` has at most 64 characters",
    ),
    "request.body[GCP].podSubnetRange": (
        f"{_SCHEMAS}/CreateGcpClusterRequest/required/1",
        "required",
        "`podSubnetRange` is required",
    ),
    "request.body[AZURE].nodePools[].maxNodeCount": (
        f"{_NODE_POOL}/properties/maxNodeCount/minimum",
        "minimum",
        "`maxNodeCount` is at least 1",
    ),
    "request.body[AWS].workspaceIds[]": (
        f"{_REQUEST}/properties/workspaceIds/items/type",
        "type",
        "each item of `workspaceIds` is a string",
    ),
    "response.412": (f"{_POST}/responses/412", "status", "the server answers with status 412"),
    "response.404.content": (
        "#/components/responses/NotFound/content/application~1json",
        "content",
        "the media type of a 404 response is application/json",
    ),
    "response.400.body.fieldErrors[].code": (f"{_SCHEMAS}/FieldError/required/0", "required", "`code` is required"),
}


@pytest.fixture(scope="module")
def operation(shipped: Contract) -> OperationContract:
    return shipped.operation("createCluster")


@pytest.mark.parametrize(("where", "described"), _NOTABLE.items(), ids=_NOTABLE)
def test_notable_clauses(operation: OperationContract, where: str, described: tuple[str, str, str]) -> None:
    assert described in [(c.id, c.keyword, c.text) for c in operation.clauses if c.where == where]


@pytest.mark.parametrize("rest", ["properties/name/maxLength", "required/0", "then/required/1"])
def test_each_branch_has_the_clauses_that_it_shares(operation: OperationContract, rest: str) -> None:
    found = [clause for clause in operation.clauses if clause.id == f"{_REQUEST}/{rest}"]
    assert [clause.branch for clause in found] == [("AWS",), ("AZURE",), ("GCP",)]
    assert len({clause.where for clause in found}) == 3


def test_six_clauses_are_advice(operation: OperationContract) -> None:
    advice = [clause for clause in operation.clauses if clause.severity != "error"]
    assert {clause.severity for clause in advice} == {"warning"}
    assert [clause.text for clause in advice] == [
        "the body lacks `tenantId` (only clusters on Azure have a tenant)",
        "the body lacks `podSubnetRange` (only clusters on GCP have a range for Pods)",
        "the body lacks `servicePeeringRange` (only clusters on GCP have a range for peered services)",
        "the body lacks `serviceSubnetRange` (only clusters on GCP have a range for services)",
        "the body lacks `providerAccount` (only clusters on GCP have a provider account)",
        "the body lacks `tags` (only hybrid clusters on AWS have tags)",
    ]


def test_what_applies_only_under_a_condition_says_so(operation: OperationContract) -> None:
    conditional = {clause.id: [c.holds for c in clause.conditions] for clause in operation.clauses if clause.conditions}
    assert conditional == {
        f"{_REQUEST}/then/required/0": [True],
        f"{_REQUEST}/then/required/1": [True],
        **{f"{_SCHEMAS}/Cluster/allOf/{index}/then/not": [True] for index in range(5)},
        f"{_SCHEMAS}/Cluster/allOf/5/else/not": [False],
    }


def test_a_branchs_own_word_on_its_choice_is_governed_by_the_union(operation: OperationContract) -> None:
    governor = {clause.key: clause for clause in operation.clauses}
    governed = {
        (clause.id, clause.keyword): governor[clause.governed_by].id
        for clause in operation.clauses
        if clause.governed_by is not None and clause.branch == ("AWS",)
    }
    assert governed == {
        (f"{_REQUEST}/type", "type"): f"{_UNION}/oneOf",
        (f"{_SCHEMAS}/CreateAwsClusterRequest/type", "type"): f"{_UNION}/oneOf",
        (f"{_SCHEMAS}/CreateAwsClusterRequest/required/0", "required"): f"{_UNION}/discriminator/propertyName",
        (
            f"{_SCHEMAS}/CreateAwsClusterRequest/properties/cloudProvider/const",
            "const",
        ): f"{_UNION}/discriminator/mapping",
    }


def test_keys_are_unique(operation: OperationContract) -> None:
    keys = [clause.key for clause in operation.clauses]
    assert len(keys) == len(set(keys)) > 300


def test_the_line_of_every_clause_holds_it(
    shipped: Contract, operation: OperationContract, contract_file: Path
) -> None:
    lines = contract_file.read_text(encoding="utf-8").splitlines()

    def holds(clause: Clause) -> bool:
        place = shipped.locate(clause.source)
        written = lines[place.line - 1][place.column - 1 :].lstrip("'\"")
        if not clause.source.tokens[-1].isdigit() or clause.keyword == "status":
            return written.startswith(clause.source.tokens[-1])
        item: Any = shipped.specification.sources.value(clause.source)
        return written.startswith(item if isinstance(item, str) else next(iter(item)))

    assert [clause.key for clause in operation.clauses if not holds(clause)] == []


def _judged_examples(operation: OperationContract) -> dict[str, list[str]]:
    """Name of each example in the document -> the clauses that it breaks."""
    body = operation.body
    assert body is not None
    owners = {"request": body.content, **{status: found.content for status, found in operation.responses.items()}}
    return {
        f"{owner} {example.name}".strip(): [breach.clause.id for breach in entry.message.judge(example.value).breaches]
        for owner, content in owners.items()
        for entry in content.values()
        for example in entry.media.examples
        if entry.message is not None
    }


def test_the_pages_own_response_breaks_the_advice_and_no_other_example_breaks_anything(
    operation: OperationContract,
) -> None:
    judged = _judged_examples(operation)
    advice = [clause.id for clause in operation.clauses if clause.severity == "warning"]
    assert len(judged) == 5 + 5 + 6
    assert sorted(judged.pop("200 pageExample")) == sorted(advice)
    assert {name: broken for name, broken in judged.items() if broken} == {}
