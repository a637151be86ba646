"""The shipped contract with one line changed: what that is, whom it breaks, and that its line is named.

The edits are made on the text, and what they mean was written down by hand.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from clausewise.comparison.compare import diff
from clausewise.contract.contract import Contract, load

_BASE, _POOL, _CLUSTER = "    ClusterRequestBase:", "    CreateNodePoolRequest:", "    Cluster:"
_NAME = "request.body[AWS].name"
_POOLS = "request.body[AWS].nodePools[]"

#: name -> section, line in it, what stands there instead (None: nothing), and the changes, "@old" and "@new" saying in
#: which document the line is named
EDITS: dict[str, tuple[str, str, str | None, list[str]]] = {
    "maxLength 32": (_BASE, "maxLength: 64", "maxLength: 32", [f"breaking tightened {_NAME} @new"]),
    "maxLength 128": (_BASE, "maxLength: 64", "maxLength: 128", [f"compatible loosened {_NAME} @new"]),
    "maxLength gone": (_BASE, "maxLength: 64", None, [f"compatible loosened {_NAME} @old"]),
    "minLength 2": (_BASE, "minLength: 1", "minLength: 2", [f"breaking tightened {_NAME} @new"]),
    "minLength 0": (_BASE, "minLength: 1", "minLength: 0", [f"compatible loosened {_NAME} @old"]),
    "maximum 999": (_POOL, "maximum: 1000", "maximum: 999", [f"breaking tightened {_POOLS}.maxNodeCount @new"]),
    "maximum 1001": (_POOL, "maximum: 1000", "maximum: 1001", [f"compatible loosened {_POOLS}.maxNodeCount @new"]),
    "maximum exclusive": (
        _POOL,
        "maximum: 1000",
        "exclusiveMaximum: 1000",
        [f"breaking tightened {_POOLS}.maxNodeCount @new"],
    ),
    "minimum 0": (_POOL, "minimum: 1 ", "minimum: 0 ", [f"compatible loosened {_POOLS}.maxNodeCount @new"]),
    "minimum 2": (_POOL, "minimum: 1 ", "minimum: 2 ", [f"breaking tightened {_POOLS}.maxNodeCount @new"]),
    "any number": (_POOL, "type: integer", "type: number", [f"compatible loosened {_POOLS}.maxNodeCount @new"]),
    "maxItems 49": (_BASE, "maxItems: 50", "maxItems: 49", ["breaking tightened request.body[AWS].k8sTags @new"]),
    "maxItems 51": (_BASE, "maxItems: 50", "maxItems: 51", ["compatible loosened request.body[AWS].k8sTags @new"]),
    "no request name required": (_BASE, "- name", None, [f"compatible loosened {_NAME} @old"]),
    "one more required": (
        _BASE,
        "- vpcSubnetRange",
        "- vpcSubnetRange\n- drRegion",
        ["breaking tightened request.body[AWS].drRegion @new+1"],
    ),
    "one less required under a condition": (
        _BASE,
        "- providerAccount",
        None,
        ["compatible loosened request.body[AWS].providerAccount @old"],
    ),
    "another condition": (
        _BASE,
        "  const: HYBRID",
        "  const: DEDICATED",
        [
            "breaking changed request.body[AWS].dbInstanceType @new-5",
            "breaking changed request.body[AWS].providerAccount @new-5",
        ],
    ),
    "no further members": (
        _POOL,
        "type: object",
        "type: object\nadditionalProperties: false",
        [f"breaking tightened {_POOLS} @new+1"],
    ),
    "a request's member gone": (
        _POOL,
        "isDefault:",
        "wasDefault:",
        [
            f"breaking removed {_POOLS}.isDefault @old",
            f"compatible added {_POOLS}.wasDefault @new",
        ],
    ),
    "a request's member new": (
        _POOL,
        "properties:",
        "properties:\n  extra: {type: string, minLength: 1}",
        [f"compatible added {_POOLS}.extra @new+1"],
    ),
    "a response's member gone": (
        _CLUSTER,
        "isLimited:",
        "wasLimited:",
        [
            "breaking removed response.200.body.isLimited @old",
            "compatible added response.200.body.wasLimited @new",
        ],
    ),
    "a response's member new": (
        _CLUSTER,
        "properties:",
        "properties:\n  extra: {type: string, minLength: 1}",
        ["compatible added response.200.body.extra @new+1"],
    ),
    "a response's member optional": (_CLUSTER, "- id", None, ["breaking loosened response.200.body.id @old"]),
    "a response's member required": (
        _CLUSTER,
        "- id",
        "- id\n- isLimited",
        ["compatible tightened response.200.body.isLimited @new+1"],
    ),
    "a response's value new": (
        _CLUSTER,
        "- UPDATING",
        "- UPDATING\n- PAUSED",
        ["breaking loosened response.200.body.status @new+1"],
    ),
    "a response's value gone": (
        _CLUSTER,
        "- CREATED",
        None,
        ["compatible tightened response.200.body.status @new-2"],
    ),
    "a value of a response alone gone": (
        "    CloudProvider:",
        "- GCP",
        None,
        [
            "compatible tightened response.200.body.cloudProvider @new-3",
        ],
    ),
    "a value of a request and a response gone": (
        "    ClusterType:",
        "- DEDICATED",
        None,
        [
            "breaking tightened request.body[AWS].type @new-1",
            "compatible tightened response.200.body.type @new-1",
        ],
    ),
    "null in both": (
        "    Tag:",
        "type: string",
        "type: [string, 'null']",
        [
            "breaking loosened response.200.body.tags[].key @new",
            "compatible loosened request.body[AWS].k8sTags[].key @new",
        ],
    ),
    "a pattern of both": (
        "    CidrRange:",
        "pattern: '^",
        "pattern: '^ ?",
        [
            "compatible loosened request.body[AWS].vpcSubnetRange @new",
            "breaking changed response.200.body.vpcSubnetRange @new",
        ],
    ),
    "a format gone": (
        "    Timestamp:",
        "format: date-time",
        None,
        [
            "breaking loosened response.200.body.createdAt @old",
        ],
    ),
    "another const": (
        "    CreateAzureClusterRequest:",
        "const: AZURE",
        "const: AZ",
        [
            "breaking changed request.body[AZURE].cloudProvider @new",
        ],
    ),
    "advice becomes a must": (
        "      # The page names some fields",
        "x-clausewise-severity: warning",
        None,
        ["compatible tightened response.200.body @new+5"],
    ),
    "no body needed": (
        "      requestBody:",
        "required: true",
        "required: false",
        ["compatible loosened request.body @new"],
    ),
    "a failure gone": (
        "      responses:",
        "'412':",
        "'411':",
        [
            "compatible added response.411 @new",
            "compatible removed response.412 @old",
        ],
    ),
    "a success gone": (
        "      responses:",
        "'200':",
        "'201':",
        [
            "breaking removed response.200 @old",
            "compatible added response.201 @new",
        ],
    ),
    "another media type": (
        "      requestBody:",
        "application/json:",
        "application/*:",
        [
            "breaking removed request.body @old",
            "compatible added request.body @new",
        ],
    ),
    "another method": ("  /organizations/", "post:", "put:", ["breaking removed  @old", "compatible added  @new"]),
    "other credentials": (
        "  securitySchemes:",
        "scheme: bearer",
        "scheme: basic",
        [
            "breaking changed request.security @other",
        ],
    ),
    "another operationId": (
        "    post:",
        "operationId: createCluster",
        "operationId: makeCluster",
        ["risky changed  @new"],
    ),
    "another description": (_CLUSTER, "description: The cluster's name.", "description: Its name.", []),
    "another example": ("      requestBody:", "name: analytics-prod", "name: analytics", []),
}


def edited(text: str, section: str, line: str, instead: str | None) -> tuple[str, int]:
    """The text with `line`, the first such one after `section`, replaced, and its number."""
    lines = text.split("\n")
    start = next(number for number, each in enumerate(lines) if each.startswith(section))
    at = next(number for number, each in enumerate(lines) if number > start and each.strip().startswith(line.strip()))
    indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
    rest = lines[at].strip().removeprefix(line.strip())
    new = [] if instead is None else [indent + each for each in f"{instead.strip()}{rest}".split("\n")]
    return "\n".join([*lines[:at], *new, *lines[at + 1 :]]), at + 1


@pytest.mark.parametrize("name", EDITS)
def test_one_line_changed(shipped: Contract, contract_file: Path, tmp_path: Path, name: str) -> None:
    section, line, instead, wanted = EDITS[name]
    text, number = edited(contract_file.read_text(encoding="utf-8"), section, line, instead)
    (tmp_path / "new.yaml").write_text(text, encoding="utf-8")
    found = []
    for change in diff(shipped, load(tmp_path / "new.yaml")):
        place = change.new or change.old
        assert place is not None
        offset = place.line - number
        at = f"@{'new' if change.new else 'old'}{f'{offset:+}' if offset else ''}"
        found.append(f"{change.level} {change.kind} {change.where} {at}")
    if wanted and wanted[0].endswith("@other"):
        found = [f"{each.rpartition(' @')[0]} @other" for each in found]
    assert sorted(found) == sorted(wanted)


def test_a_branch_gone(shipped: Contract, contract_file: Path, tmp_path: Path) -> None:
    text = contract_file.read_text(encoding="utf-8")
    text = text.replace("        - $ref: '#/components/schemas/CreateGcpClusterRequest'\n", "")
    text = text.replace("          GCP: '#/components/schemas/CreateGcpClusterRequest'\n", "")
    (tmp_path / "new.yaml").write_text(text, encoding="utf-8")
    (change,) = diff(shipped, load(tmp_path / "new.yaml"))
    assert (change.breaking, change.kind, change.where) == (True, "removed", "request.body")
    assert change.text == 'the body no longer has the alternative "GCP"'
    (change,) = diff(load(tmp_path / "new.yaml"), shipped)
    assert (change.breaking, change.kind, change.where) == (False, "added", "request.body")


def test_it_has_not_changed(shipped: Contract, contract_file: Path) -> None:
    assert diff(shipped, load(contract_file)) == ()
