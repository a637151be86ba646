"""A resource that an earlier request has damaged: whatever crashes on it is not to blame."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Compile
from tests.servers.small import Answer, Call, Shelves, drive, not_offered, paths

_PARTS: dict[str, Any] = {
    name: {"anyOf": [{"type": "string"}, {"type": "null"}]} for name in ("colour", "kind", "label", "note", "shape")
}


@pytest.mark.parametrize(
    ("damages", "faults"),
    [pytest.param(True, ["kind"], id="damaging"), pytest.param(False, ["kind"], id="crashing"),
     pytest.param(None, [], id="correct")],
)  # fmt: skip
def test_what_crashes_on_a_damaged_resource_is_not_to_blame(
    compiled: Compile, damages: bool | None, faults: list[str]
) -> None:
    """One value breaks what is stored, and every later request for it crashes."""
    crash = (500, b"Internal Server Error", {"content-type": "text/plain"})
    shelves, damaged = Shelves(), set[str]()

    def answer(call: Call) -> Answer:
        if call.method == "PATCH":
            return not_offered("GET", "PUT", "DELETE")
        if call.path in damaged and call.method in ("GET", "PUT"):
            return crash
        if call.method in ("POST", "PUT"):
            if call.headers.get("content-type") != "application/json":
                return 415, {"message": "no"}
            if not isinstance(call.body, dict) or not all(
                isinstance(call.body.get(name), str | None) for name in _PARTS
            ):
                return 400, {"message": "no"}
        if call.method == "PUT" and call.path in shelves.kept and call.body.get("kind", "") is None:
            if damages:
                damaged.add(call.path)
            if damages is not None:
                return crash
        return shelves(call)

    body = {"type": "object", "properties": _PARTS}
    entries = ("POST /things", "GET /things/{id}", "PUT /things/{id}", "DELETE /things/{id}")
    document = {"paths": paths(*entries, body=body)}
    document["paths"]["/things"]["post"]["responses"]["415"] = {"description": ""}
    document["paths"]["/things/{id}"]["put"]["responses"]["415"] = {"description": ""}
    phases = ("baseline", "clauses", "pairs")
    run = drive(compiled(document), answer, phases=phases).run
    found = [each.message for each in run.findings if each.rule == "server-error"]
    assert len(found) == len(faults)
    assert all(f"`{name}`" in message for name, message in zip(faults, found, strict=True))
