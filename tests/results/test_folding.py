"""One fold: what is seen in one run, in a recording, or in shards that are merged in any order, is the same."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clausewise.conformance.checker import Checker
from clausewise.contract.contract import Contract
from clausewise.errors import Location
from clausewise.exchange import Exchange, Failure, Probe, Request, Response
from clausewise.results import record
from clausewise.results.collector import Collector, RunInfo, locate, to_run
from clausewise.results.evidence import Observation
from clausewise.results.faults import Fault
from clausewise.results.findings import fold, to_finding
from clausewise.results.ledger import Ledger
from clausewise.results.merge import Part, merge
from clausewise.validation.collector import TrafficCollector
from tests.conftest import Compile

_THING = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string", "maxLength": 5}, "size": {"enum": ["S", "L"]}},
}


def _operation(name: str, *, inline: bool = False) -> dict[str, Any]:
    content = {"application/json": {"schema": _THING if inline else {"$ref": "#/components/schemas/Thing"}}}
    return {
        "operationId": name,
        "requestBody": {"required": True, "content": content},
        "responses": {
            "200": {"description": "done", "content": content},
            "400": {"description": "refused", "content": {"application/json": {"schema": {"type": "object"}}}},
        },
    }


@pytest.fixture(scope="module")
def contract(compiled: Compile) -> Contract:
    return compiled(
        {
            "openapi": "3.1.0",
            "info": {"title": "things", "version": "1"},
            "paths": {
                "/a": {"post": _operation("makeA")},
                "/b": {"post": _operation("makeB")},
                "/b/{id}": {
                    "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
                    "post": _operation("changeB", inline=True),
                },
            },
            "components": {"schemas": {"Thing": _THING}},
        }
    )


_ASPECTS = st.sampled_from(["", "", "", "emoji", "non-ascii", "quote", "nul", "control-character", "null", "quoted"])
_BODIES = st.sampled_from([{"name": "a"}, {"name": "too long"}, {}, {"name": "b", "size": "M"}, {"name": 1, "size": 2}])


@st.composite
def _exchanges(draw: st.DrawFn, contract: Contract) -> list[Exchange]:
    made = []
    for number in range(draw(st.integers(0, 14))):
        operation = draw(st.sampled_from(contract.operations))
        keys = [clause.key for clause in operation.clauses if clause.direction == "request"]
        expect: Literal["accept", "refuse", "any"] = draw(st.sampled_from(["accept", "refuse", "refuse", "any"]))
        breaks = draw(st.lists(st.sampled_from(keys[:4]), min_size=1, max_size=2, unique=True))
        phase = draw(st.sampled_from(["baseline", "clauses", "clauses", "engine"]))
        probe = Probe(
            operation=operation.key,
            phase=phase,
            note="a thing is tried",
            expect=expect,
            clause=breaks[0] if expect == "refuse" and phase != "engine" else None,
            breaks=tuple(breaks) if expect == "refuse" and phase != "engine" else (),
            keeps=() if expect == "refuse" else tuple(breaks),
            aspect=draw(_ASPECTS),
        )
        body = json.dumps(draw(_BODIES)).encode()
        status = draw(st.sampled_from([200, 200, 400, 404, 418, 500, 503, 0]))
        made.append(
            Exchange(
                f"e{number:02}",
                Request("POST", operation.operation.path, (("Content-Type", "application/json"),), body),
                Response(status, (("Content-Type", "application/json"),), body) if status else None,
                None if status else Failure("timeout", "no answer"),
                probe,
            )
        )
    return made


def _collected(contract: Contract, exchanges: list[Exchange], causes: dict[str, tuple[str, str]], part: str) -> Part:
    collector = Collector(Ledger(part))
    for exchange in exchanges:
        assert exchange.probe is not None
        operation = contract.operation(exchange.probe.operation)
        collector.exchanges[exchange.id] = exchange
        collector.add(operation, exchange, Checker(operation).check(exchange))
    collector.causes.update({name: cause for name, cause in causes.items() if name in collector.exchanges})
    started = datetime(2030, 1, 31, tzinfo=UTC)
    info = RunInfo(started, 1.0, 1, record.TargetInfo("url", "http://a"), "http://a", len(exchanges))
    run = to_run(contract, contract.operations, collector, info, lambda _contract, _fault: None)
    # As it is read back from a file.
    return Part(part, record.decode(record.encode(run), "run.json"), tuple(exchanges))


def _comparable(run: record.Run) -> record.Run:
    # Why a clause is untested each part can tell of itself only.
    clauses = tuple(
        msgspec.structs.replace(clause, reason="" if clause.verdict == "untested" else clause.reason)
        for clause in run.clauses
    )
    return msgspec.structs.replace(run, clauses=clauses)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_shards_merged_in_any_order_are_the_whole_run(contract: Contract, data: st.DataObject) -> None:
    exchanges = data.draw(_exchanges(contract))
    assertion = next(clause.id for clause in contract.operations[0].clauses)
    caused = [exchange.id for exchange in exchanges if data.draw(st.booleans())]
    causes = dict.fromkeys(caused, (assertion, "status 500"))
    whole = _collected(contract, exchanges, causes, "run").run
    numbers = [data.draw(st.integers(0, 2)) for _ in exchanges]
    shards = [
        _collected(
            contract,
            [exchange for exchange, number in zip(exchanges, numbers, strict=True) if number == shard],
            causes,
            f"shard {shard}",
        )
        for shard in range(3)
    ]
    merged, _ = merge(data.draw(st.permutations(shards)))
    assert _comparable(merged) == _comparable(whole)
    first, second, third = data.draw(st.permutations(shards))
    both, seen = merge([first, second])
    again, _ = merge([Part("both", record.decode(record.encode(both), "run.json"), seen), third])
    assert again.findings == merged.findings


def test_a_breach_that_a_shard_explained_is_a_violation_where_another_shard_shows_it_alone(contract: Contract) -> None:
    """`size` is one component: makeA accepts its breach beside that of `name`, makeB accepts it alone."""

    def accepted(id: str, operation: str, *keywords: str) -> Exchange:
        clauses = {
            clause.keyword: clause.key for clause in contract.operation(operation).clauses if "request" in clause.where
        }
        keys = tuple(clauses[keyword] for keyword in keywords)
        probe = Probe(operation, "clauses", "a thing is tried", "refuse", clause=keys[0], breaks=keys)
        path = contract.operation(operation).operation.path
        content = (("Content-Type", "application/json"),)
        return Exchange(
            id, Request("POST", path, content, b'{"name": "a"}'), Response(200, content, b'{"name": "a"}'), None, probe
        )

    together = [accepted("e1", "makeA", "enum", "maxLength"), accepted("e2", "makeA", "maxLength")]
    alone = [accepted("e3", "makeB", "enum")]
    shards = [_collected(contract, together, {}, "shard 1"), _collected(contract, alone, {}, "shard 2")]
    whole = _collected(contract, [*together, *alone], {}, "run").run

    def verdicts(run: record.Run) -> dict[str, str]:
        return {
            clause.operation: clause.verdict
            for clause in run.clauses
            if (clause.direction, clause.keyword) == ("request", "enum") and clause.operation in ("makeA", "makeB")
        }

    merged, _ = merge(shards)
    assert verdicts(shards[0].run) == {"makeA": "untested", "makeB": "untested"}
    assert verdicts(merged) == verdicts(whole) == {"makeA": "violated", "makeB": "violated"}
    assert _comparable(merged) == _comparable(whole)


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_a_recording_in_parts_folds_as_a_run_does(contract: Contract, data: st.DataObject) -> None:
    exchanges = data.draw(_exchanges(contract))
    run = _collected(contract, exchanges, {}, "run").run
    clauses = {clause.key: clause for operation in contract.operations for clause in operation.clauses}

    def render(fault: Fault[Observation]) -> record.Finding:
        return to_finding(fault, locate(contract, clauses, fault.shown), None)

    parts = [TrafficCollector() for _ in range(3)]
    for number, exchange in enumerate(exchanges, 1):
        assert exchange.probe is not None
        checked = Checker(contract.operation(exchange.probe.operation)).check(exchange)
        place = Location("traffic.ndjson", number, 1)
        data.draw(st.sampled_from(parts)).add_faults(((seen, place) for seen in checked.observations), exchange)
    whole = TrafficCollector()
    for part in data.draw(st.permutations(parts)):
        whole = whole.merge(part)
    found = fold(whole.faults.values(), render)
    # A recording lists equally bad findings by their lines in it.
    assert {finding.id: msgspec.structs.replace(finding, source=None) for finding in found.findings} == {
        finding.id: msgspec.structs.replace(finding, curl=None) for finding in run.findings
    }
