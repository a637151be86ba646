"""Documents of one feature each, against their own mocks. An index beside them says what is right.

Unless a table here says otherwise, the operation is accepted, there is no finding, and no clause is untested.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from clausewise.contract.contract import load
from clausewise.errors import SpecError
from clausewise.options import RunOptions
from clausewise.runner.run import Result, run
from clausewise.runner.targets import mock_target

pytestmark = pytest.mark.slow

#: documents that are used with bodies of their own, and not with a mock
_FOR_BODIES = frozenset({"max-contains", "uneval", "dependencies"})

#: document -> what is said of what cannot be tested in it; everything else is
_SAID = {
    "bad-one-of-two-ops": r"`\p{XDigit}` names no property",
    "s30-pattern-invalid": "the pattern [a- cannot be read",
    "s30-pattern-python-only": "which names a group",
    "disc-mapping-file-leftover": "the operation is not tested",
    "properties-is-a-ref": "`$ref` in `properties` must be a schema",
    "remote-ref": "is not in the contract's files",
    "same-template-twice": "the operation is not tested",
    "s30-recursive-required": "no value was found for the required `v`",
    "resp-schema-excludes-every-value": "no value was found for the required `v`",
    "s30-maxitems-huge": "is out of reach",
    "s30-maxlength-huge": "is out of reach",
    "path-minlength-0": "an empty path segment makes another path",
}

#: document -> what the note on a contradiction in it says; but for those below, no other document has a finding
_NOTED = {"req-looser-than-response": "lets a client send it, and lets no answer return it"}

#: document -> what the finding on a defect in it says; what is sound in it is tested
_DEFECT = {
    "s30-recursive-required": "no value satisfies this schema",
    "resp-schema-excludes-every-value": "no value satisfies this schema",
    "bad-one-of-two-ops": r"`\p{XDigit}` names no property",
    "disc-mapping-file-leftover": "there is no file models/a.yml",
    "dup-operationid": 'the operationId "op" occurs twice',
    "dup-operationid-deprecated-path": 'the operationId "op" occurs twice',
    "duplicate-paths-template": "is the same to a client",
    "properties-is-a-ref": "`properties` has no `$ref`",
    "remote-ref": "is not in the contract's files",
    "s30-pattern-invalid": "the pattern [a- cannot be read",
    "s30-pattern-python-only": "which names a group",
    "same-template-twice": "is the same to a client",
    "status-600": '"600" is not a status',
    "status-number-range": '"2xx" is not a status',
    "undefined-scheme": 'the security scheme "nope" is not defined',
}

#: document -> what is said of it: its only operation is closed, and nothing is left to be tested
_CLOSED = {
    "s30-minimum-string": "`minimum` must be a number",
    "s30-required-true-inside": "`required` must be a list of names",
    "s30-type-any": "`any` is not a type",
    "s30-type-file": "`file` is not a type",
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each document."""
    if "name" not in metafunc.fixturenames:
        return
    folder = Path(__file__).resolve().parents[2].parent / "shared" / "cases" / "features"
    names = [file.stem for file in sorted(folder.glob("*.json")) if file.stem not in _FOR_BODIES]
    metafunc.parametrize(
        "name",
        names or [pytest.param("", marks=pytest.mark.skip(reason="there is no folder shared/ beside the checkout"))],
    )


def _tested(file: Path) -> Result:
    contract = load(file)
    return run(contract, mock_target(contract, 1, 8), RunOptions(seed=1, max_time=60))


def test_a_document_of_one_feature_is_tested_whole(shared: Path, name: str) -> None:
    if name in _CLOSED:
        with pytest.raises(SpecError, match=_CLOSED[name]):
            _tested(shared / "cases" / "features" / f"{name}.json")
        return
    result = _tested(shared / "cases" / "features" / f"{name}.json")
    found = [(finding.severity, finding.message) for finding in result.run.findings]
    if name in _NOTED:
        assert found and all(severity == "note" and _NOTED[name] in message for severity, message in found)
    elif name in _DEFECT:
        rule = "ref-not-fetched" if name == "remote-ref" else "spec-invalid"
        assert {finding.rule for finding in result.run.findings} == {rule}
        assert all(_DEFECT[name] in message for _, message in found)
    else:
        assert found == []
    reasons = {clause.reason for clause in result.run.clauses if clause.verdict == "untested"}
    if name in _SAID:
        assert reasons and all(_SAID[name] in reason for reason in reasons)
    else:
        assert reasons == set()
        assert result.run.coverage.operations.accepted == result.run.coverage.operations.total


def test_the_tables_name_documents_that_there_are(shared: Path) -> None:
    there = {file.stem for file in (shared / "cases" / "features").glob("*.json")}
    assert {*_FOR_BODIES, *_SAID, *_NOTED, *_DEFECT, *_CLOSED} <= there
