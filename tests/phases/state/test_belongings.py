"""What is done to what belongs to a resource: its ETag changes with that, and it goes with its owner."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Compile
from tests.servers.small import Answer, Call, Shelves, drive, not_offered, paths

_PHASES = ("baseline", "lifecycle")
_MARKS = ("POST /boxes", "GET /boxes/{id}", "DELETE /boxes/{id}", "POST /boxes/{id}/marks", "GET /boxes/{id}/marks")


class Boxes(Shelves):
    """Boxes with marks, of which they show the number, and an ETag that counts changes; `fault` names what is wrong."""

    def __init__(self, fault: str = "") -> None:
        super().__init__()
        self.fault = fault
        self._versions: dict[str, int] = {}
        #: boxes that were there once
        self.known: set[str] = set()
        self._before: dict[str, Any] = {}

    def answer(self, call: Call) -> Answer:
        box = "/".join(call.path.split("/")[:3])
        self.known |= self.kept.keys()
        if call.line == f"GET {box}/marks" and box in self.known - self.kept.keys() and self.fault == "marks stay":
            return self._collection(call)
        wanted = call.headers.get("if-match")
        if call.method == "DELETE" and wanted not in (None, "*", self._tag(box)) and self.fault != "removed unseen":
            return 412, {"message": "it has changed"}
        status, value, *more = super().answer(call)
        if call.method == "POST" and call.path.endswith("/marks") and status == 201:
            self.kept[box] = {**self.kept[box], "marks": self.kept[box].get("marks", 0) + 1}
            if self.fault != "tag stays":
                self._versions[box] = self._versions.get(box, 0) + 1
        if call.method == "DELETE" and self.fault == "marks stay" and status == 204:
            self.kept |= {path: one for path, one in self._before.items() if path.startswith(f"{box}/")}
        self._before = dict(self.kept)
        if status == 200 and call.path.count("/") == 2:
            return status, value, {"etag": self._tag(box)}
        return (status, value, more[0]) if more else (status, value)

    def _tag(self, box: str) -> str:
        return f'"{box[-1]}-{self._versions.get(box, 0)}"'


def _document() -> dict[str, Any]:
    found = paths(*_MARKS)
    delete = found["/boxes/{id}"]["delete"]
    delete["parameters"].append({"name": "If-Match", "in": "header", "schema": {"type": "string"}})
    delete["responses"] = {**delete["responses"], "412": {"description": ""}}
    read = found["/boxes/{id}/marks"]["get"]
    read["responses"] = {**read["responses"], "200": {"description": "", "content": {"application/json": {}}}}
    return {"paths": found}


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("", []),
        ("tag stays", [("stale-etag", "before and after POST /boxes/{id}/marks changed the resource")]),
        (
            "removed unseen",
            [("condition-ignored", "DELETE /boxes/{id} answered 204 to `If-Match` with an ETag that no")],
        ),
        ("marks stay", [("use-after-delete", "GET /boxes/{id}/marks returns the same as before, after ")]),
    ],
    ids=["none", "an ETag that stays", "a condition of DELETE", "parts that stay"],
)
def test_a_fault_is_one_finding(compiled: Compile, fault: str, told: list[tuple[str, str]]) -> None:
    findings = drive(compiled(_document()), Boxes(fault), phases=_PHASES).run.findings
    assert [finding.rule for finding in findings] == [rule for rule, _ in told], findings
    assert all(words in finding.message for finding, (_, words) in zip(findings, told, strict=True))


def test_a_list_that_is_empty_is_empty_after_its_owner_as_well(compiled: Compile) -> None:
    class Empty(Boxes):
        """Gives an empty list for each box that was there once."""

        def answer(self, call: Call) -> Answer:
            self.known |= self.kept.keys()
            if call.path.endswith("/marks") and call.path.removesuffix("/marks") in self.known:
                return (200, []) if call.method == "GET" else not_offered("GET")
            return super().answer(call)

    document = _document()
    del document["paths"]["/boxes/{id}/marks"]["post"]
    assert drive(compiled(document), Empty(), phases=_PHASES).run.findings == ()
