"""With trace ids, a server's own traces lead from a finding to its request; without, nothing is added."""

from __future__ import annotations

import re
from typing import Any

import pytest

from clausewise.exchange import header
from tests.conftest import Compile
from tests.servers.small import Answer, Call, drive, not_offered

_FORM = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-01")


def document(*parameters: dict[str, Any]) -> dict[str, Any]:
    limit = {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 9}}
    get = {"operationId": "list", "parameters": [limit, *parameters], "responses": {"200": {"description": "ok"}}}
    return {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/things": {"get": get}}}


class Traced:
    """A server that fails with a limit of 9, and notes what it was sent for each `traceparent`."""

    def __init__(self) -> None:
        self.calls: dict[str | None, list[Call]] = {}

    def __call__(self, call: Call) -> Answer:
        self.calls.setdefault(call.headers.get("traceparent"), []).append(call)
        if call.method != "GET":
            return not_offered("GET")
        if call.query == "limit=9":
            return 500, {"message": "broken"}
        limit = call.query.removeprefix("limit=") or "1"
        return (200, []) if limit.isdecimal() and 1 <= int(limit) <= 9 else (400, {"message": "limit"})


def test_a_finding_names_the_trace_in_which_the_server_saw_it(compiled: Compile) -> None:
    server = Traced()
    result = drive(compiled(document()), server, phases=("baseline", "clauses"), trace_ids=True)
    seen: dict[str, set[str]] = {}
    for written, calls in server.calls.items():
        # What only finds out whether the run is still let in belongs to no exchange, and has none.
        if written is not None:
            form = _FORM.fullmatch(written)
            assert form is not None and len(calls) == 1, (written, calls)
            seen.setdefault(form[1], set()).update(f"{call.line}?{call.query}" for call in calls)
    (finding,) = [each for each in result.run.findings if each.rule == "server-error"]
    assert isinstance(finding.trace, str)
    assert "GET /things?limit=9" in seen[finding.trace]
    traces = [exchange.trace for exchange in result.exchanges]
    assert len({*traces}) == len(traces) and {*traces} <= {*seen}
    # What is recorded, and given to repeat, is the request as the contract has it.
    assert not any(header(exchange.request.headers, "traceparent") for exchange in result.exchanges)
    assert "traceparent" not in (finding.curl or "")


def test_two_runs_have_no_trace_in_common(compiled: Compile) -> None:
    both = [Traced(), Traced()]
    for server in both:
        drive(compiled(document()), server, phases=("baseline",), trace_ids=True)
    first, second = ({written.split("-")[1] for written in server.calls if written} for server in both)
    assert first and second and not first & second


def test_nothing_is_added_unasked(compiled: Compile) -> None:
    server = Traced()
    result = drive(compiled(document()), server, phases=("baseline", "clauses"))
    assert {*server.calls} == {None}
    assert {exchange.trace for exchange in result.exchanges} == {""}
    assert not any(finding.trace for finding in result.run.findings)


@pytest.mark.parametrize("by", ["user", "contract"])
def test_a_header_of_the_user_or_the_contract_stays(by: str, compiled: Compile) -> None:
    own = f"00-{'a' * 32}-{'b' * 16}-00"
    schema = {"type": "string", "enum": [own]}
    parameter = {"name": "traceparent", "in": "header", "required": True, "schema": schema}
    server, contract = Traced(), compiled(document(*([parameter] if by == "contract" else [])))
    headers = (("traceparent", own),) if by == "user" else ()
    result = drive(contract, server, phases=("baseline",), trace_ids=True, headers=headers)
    accepted = [exchange for exchange in result.exchanges if exchange.accepted]
    assert accepted and {exchange.trace for exchange in accepted} == {"a" * 32}
    assert own in server.calls
