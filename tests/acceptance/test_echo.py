"""Fields that come back otherwise than they were sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import Compile
from tests.servers.small import Answer, Call, drive, not_offered, paths


def _sent_and_returned(compiled: Compile, path: str, returned: Callable[[Call], Any]) -> list[str]:
    text = {"type": "string", "maxLength": 40}
    body = {"type": "object", "required": ["name", "colour"], "properties": {"name": text, "colour": text}}
    document = {"paths": paths(f"POST {path}", body=body)}
    made = {"description": "", "content": {"application/json": {"schema": {"type": "object"}}}}
    document["paths"][path]["post"]["responses"] |= {"201": made}

    def answer(call: Call) -> Answer:
        if call.method != "POST":
            return not_offered("POST")
        fine = isinstance(call.body, dict) and all(isinstance(call.body.get(name), str) for name in ("name", "colour"))
        return (201, returned(call)) if fine else (400, {"message": "no"})

    found = drive(compiled(document), answer, phases=("baseline",)).run.findings
    return [finding.message for finding in found if finding.rule == "echo-mismatch"]


def test_an_operation_that_returns_nothing_as_it_was_sent_is_one_finding(compiled: Compile) -> None:
    (message,) = _sent_and_returned(compiled, "/copies", lambda _: {"id": 1, "name": "copy", "colour": "red"})
    assert message.startswith("the operation returns other values than it was sent in 2 places")
    (message,) = _sent_and_returned(compiled, "/copies", lambda call: {**call.body, "name": "copy"})
    assert "`name`" in message and not _sent_and_returned(compiled, "/copies", lambda call: call.body)


@pytest.mark.parametrize(
    ("own", "told"), [({}, 0), ({"part_id": "p1"}, 1)], ids=["the outer resource", "a part that knows it"]
)
def test_an_answer_that_shows_the_outer_resource_returns_nothing(
    compiled: Compile, own: dict[str, Any], told: int
) -> None:
    def returned(call: Call) -> Any:
        return {"thing_id": call.path.split("/")[2], "name": "the name", **own}

    assert len(_sent_and_returned(compiled, "/things/{thing_id}/parts", returned)) == told
