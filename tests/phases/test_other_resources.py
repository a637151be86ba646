"""Other resources than the first: those that the document names in a path, and those that a list shows."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Compile
from tests.servers.small import Answer, Call, drive, not_offered, paths


def _document(example: str | None) -> dict[str, Any]:
    document: dict[str, Any] = {"paths": paths("GET /schemas", "GET /schemas/{name}")}
    if example is not None:
        own = {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}, "example": example}
        document["paths"]["/schemas/{name}"]["get"]["parameters"] = [own]
    return document


class _Schemas:
    def __init__(self, wrong: str) -> None:
        self._wrong = wrong
        self.asked: list[str] = []

    def __call__(self, call: Call) -> Answer:
        if call.method != "GET":
            return not_offered("GET")
        if call.path == "/schemas":
            return 200, [{"name": name} for name in ("track", "phenomenon", "unit")]
        name = call.path.rpartition("/")[2]
        self.asked.append(name)
        if name == self._wrong:
            return 500, {"message": "failed"}
        return (200, {"name": name}) if name in ("track", "phenomenon", "unit", "sensor") else (404, {"message": "no"})


@pytest.mark.parametrize(("wrong", "example"), [("sensor", "sensor"), ("phenomenon", None), ("track", None)])
def test_each_is_read_and_one_that_fails_is_named(compiled: Compile, wrong: str, example: str | None) -> None:
    run = drive(compiled(_document(example)), _Schemas(wrong), phases=("baseline", "clauses")).run
    (message,) = [finding.message for finding in run.findings if finding.rule == "server-error"]
    assert message == f'GET /schemas/{{name}} answered 500 where the path parameter `name` is "{wrong}"'


def test_where_all_are_read_nothing_is_found(compiled: Compile) -> None:
    server = _Schemas("")
    run = drive(compiled(_document("sensor")), server, phases=("baseline", "clauses")).run
    assert not [finding for finding in run.findings if finding.rule == "server-error"]
    assert {"track", "phenomenon", "unit", "sensor"} <= set(server.asked)
