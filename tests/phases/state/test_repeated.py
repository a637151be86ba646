"""What is sent twice, and what is sent with a condition."""

from __future__ import annotations

import copy

import pytest

from tests.conftest import Compile
from tests.servers.depot import CONTRACT, depot
from tests.servers.small import Answer, Call, Shelves, drive, paths

_PHASES = ("baseline", "lifecycle")


@pytest.mark.parametrize(
    ("fault", "rule", "words"),
    [
        ("put-adds", "not-idempotent", "putCrate was sent the same request twice, and the second changed `weight`"),
        ("delete-takes-next", "not-idempotent", "deleteCrate was sent twice for the crate "),
        ("ignores-key", "idempotency-key-ignored", "makeOrder made two of one request that was sent twice"),
        ("never-304", "condition-ignored", "getCrate answered 200 to `If-None-Match`"),
        ("stale-taken", "condition-ignored", "putCrate answered 200 to `If-Match`"),
        ("tag-stays", "stale-etag", "before and after patchCrate changed the resource"),
        ("tag-late", "stale-etag", "patchCrate answered with the ETag "),
    ],
)
def test_a_fault_is_one_finding(compiled: Compile, fault: str, rule: str, words: str) -> None:
    findings = drive(compiled(CONTRACT), depot([fault]), phases=_PHASES).run.findings
    assert [(finding.rule, finding.severity) for finding in findings] == [(rule, "error")]
    assert words in findings[0].message


@pytest.mark.parametrize("is_required", [False, True])
def test_each_request_has_a_key_of_its_own(compiled: Compile, is_required: bool) -> None:
    """Otherwise a server answers with what an earlier request has made, which is no echo of this one."""
    orders = {path: copy.deepcopy(item) for path, item in CONTRACT["paths"].items() if path.startswith("/orders")}
    orders["/orders"]["post"]["parameters"][0]["required"] = is_required
    server = depot()

    def answer(call: Call) -> Answer:
        if is_required and call.method == "POST" and "idempotency-key" not in call.headers:
            return 400, {"message": "a key is wanted"}
        return server(call)

    phases = ("baseline", "clauses", "pairs", "lifecycle")
    found = drive(compiled({**CONTRACT, "paths": orders}), answer, phases=phases)
    assert [finding.message for finding in found.run.findings] == []


class Tagged(Shelves):
    """Gives ETags that follow from the path, or from what is there."""

    def __init__(self, *, stay: bool) -> None:
        super().__init__()
        self._stay = stay

    def answer(self, call: Call) -> Answer:
        status, value, *more = super().answer(call)
        if status != 200 or call.path.count("/") != 2:
            return (status, value, more[0]) if more else (status, value)
        return status, value, {"etag": f'"{len(call.path) if self._stay else hash(str(value))}"'}


@pytest.mark.parametrize("stay", [False, True])
def test_etags_that_stay_are_one_finding_for_all_types(compiled: Compile, stay: bool) -> None:
    entries = [f"{method} /{name}" for name in ("boxes/{id}", "bags/{id}") for method in ("GET", "PATCH")]
    document = {"paths": paths("POST /boxes", "POST /bags", *entries)}
    findings = drive(compiled(document), Tagged(stay=stay), phases=_PHASES).run.findings
    assert [each.rule for each in findings] == (["stale-etag"] if stay else [])
    assert all(each.operations == ("GET /bags/{id}", "GET /boxes/{id}") for each in findings)
