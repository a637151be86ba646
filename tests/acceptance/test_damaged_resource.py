"""A resource that an earlier request has damaged: whatever crashes on it is not to blame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tests.conftest import Compile
from tests.servers.small import Answer, Call, Shelves, drive, not_offered, paths

_PARTS: dict[str, Any] = {
    name: {"anyOf": [{"type": "string"}, {"type": "null"}]} for name in ("colour", "kind", "label", "note", "shape")
}


_CRASH: Answer = (500, b"Internal Server Error", {"content-type": "text/plain"})
_ENTRIES = ("POST /things", "GET /things/{id}", "PUT /things/{id}", "DELETE /things/{id}")


def _crashes(compiled: Compile, damages: bool | None, crashing: Sequence[str] = (), **options: Any) -> list[str]:
    """What a run says of the crashes of a server where one value breaks what is stored, and every later request for it
    crashes. It only crashes once where nothing `damages`, and never where that is None. Other members crash it as well
    when they are null, those `crashing`, and damage nothing."""
    shelves, damaged, parts = Shelves(), set[str](), dict.fromkeys(crashing, _PARTS["kind"]) | _PARTS

    def answer(call: Call) -> Answer:
        if call.method == "PATCH":
            return not_offered("GET", "PUT", "DELETE")
        if call.path in damaged and call.method in ("GET", "PUT"):
            return _CRASH
        if call.method in ("POST", "PUT"):
            if call.headers.get("content-type") != "application/json":
                return 415, {"message": "no"}
            if not isinstance(call.body, dict) or not all(
                isinstance(call.body.get(name), str | None) for name in parts
            ):
                return 400, {"message": "no"}
        if call.method == "PUT" and any(call.body.get(name, "") is None for name in crashing):
            return _CRASH
        if call.method == "PUT" and call.path in shelves.kept and call.body.get("kind", "") is None:
            if damages:
                damaged.add(call.path)
            if damages is not None:
                return _CRASH
        return shelves(call)

    document = {"paths": paths(*_ENTRIES, body={"type": "object", "properties": parts})}
    document["paths"]["/things"]["post"]["responses"]["415"] = {"description": ""}
    document["paths"]["/things/{id}"]["put"]["responses"]["415"] = {"description": ""}
    run = drive(compiled(document), answer, **options).run
    return [each.message for each in run.findings if each.rule == "server-error"]


@pytest.mark.parametrize(
    ("damages", "faults"),
    [pytest.param(True, ["kind"], id="damaging"), pytest.param(False, ["kind"], id="crashing"),
     pytest.param(None, [], id="correct")],
)  # fmt: skip
def test_what_crashes_on_a_damaged_resource_is_not_to_blame(
    compiled: Compile, damages: bool | None, faults: list[str]
) -> None:
    """One value breaks what is stored, and every later request for it crashes."""
    found = _crashes(compiled, damages, phases=("baseline", "clauses", "pairs"))
    assert len(found) == len(faults)
    assert all(f"`{name}`" in message for name, message in zip(faults, found, strict=True))


@pytest.mark.parametrize("requests", [100, 142, 148, 184, 220])
def test_the_end_of_the_run_blames_no_value_that_crashed_on_a_damaged_resource(
    compiled: Compile, requests: int
) -> None:
    """A value that crashed while the phase explored, and is asked about again, may be innocent."""
    crashing = ("address", "amount", "author", "basis")
    found = _crashes(compiled, True, crashing, phases=("baseline", "clauses"), max_requests=requests)
    assert not [message for message in found if not any(f"`{name}`" in message for name in ("kind", *crashing))]
