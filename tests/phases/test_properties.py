"""Properties: any values of the schemas, and a failure brought down to the values that it takes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

import msgspec
import pytest

from clausewise.contract.contract import Contract
from clausewise.exchange import Exchange, Response
from clausewise.generation.prover import Case
from clausewise.options import RunOptions
from clausewise.phases.base import PhaseInterrupted
from clausewise.runner.run import Result
from tests.conftest import Compile
from tests.phases.tasks import phases_of
from tests.servers.small import Answer, Call, drive, not_offered, paths

pytestmark = pytest.mark.slow

_ALL = ("baseline", "clauses", "pairs", "properties")

_ORDER: dict[str, Any] = {
    "type": "object",
    "required": ["item"],
    "properties": {
        "item": {"type": "string", "maxLength": 40},
        "count": {"type": "integer", "minimum": 1, "maximum": 100},
        "note": {"type": "string"},
        "lines": {"type": "array", "items": {"type": "object", "properties": {"text": {"type": "string"}}}},
    },
    "additionalProperties": False,
}
_PAGE = {"name": "page", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 500}}
_TRACE = {"name": "X-Trace", "in": "header", "schema": {"type": "string", "minLength": 2, "maxLength": 20}}
_THEME = {"name": "theme", "in": "cookie", "schema": {"type": "string", "maxLength": 9}}
_ID = {"name": "orderId", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}


def _operation(key: str, **rest: Any) -> dict[str, Any]:
    return {"operationId": key, "responses": {status: {"description": ""} for status in ("200", "400", "404")}, **rest}


@pytest.fixture(scope="module")
def contract(compiled: Compile) -> Contract:
    body = {"requestBody": {"required": True, "content": {"application/json": {"schema": _ORDER}}}}
    one = {"parameters": [_ID], "get": _operation("getOrder"), "delete": _operation("deleteOrder")}
    many = {"post": _operation("order", parameters=[_PAGE, _TRACE, _THEME], **body)}
    return compiled({"paths": {"/orders": many, "/orders/{orderId}": one}})


def server(fails: Callable[[Call], bool] = lambda _: False) -> Callable[[Call], Answer]:
    """By hand, the contract of orders; 500 where `fails` says so of a request that keeps it."""

    def answer(call: Call) -> Answer:
        number = call.path.removeprefix("/orders/")
        if call.method != ("POST" if call.path == "/orders" else call.method):
            return not_offered("POST")
        if call.method in ("GET", "DELETE"):
            return (200, None) if number.isascii() and number.isdecimal() and int(number) else (400, None)
        if call.path != "/orders":
            return not_offered("GET", "DELETE")
        return (400, None) if not _is_order(call) else (500, None) if fails(call) else (200, None)

    return answer


def _is_order(call: Call) -> bool:
    order, trace = call.body, call.headers.get("x-trace", "ok")
    pages = parse_qs(call.query, keep_blank_values=True).get("page", ["1"])
    theme = unquote(call.headers.get("cookie", "theme=").partition("=")[2])
    if not isinstance(order, dict) or not order.keys() <= _ORDER["properties"].keys():
        return False
    count, lines = order.get("count", 1), order.get("lines", [])
    return (
        call.headers.get("content-type", "").partition(";")[0] == "application/json"
        and 2 <= len(trace) <= 20
        and len(theme) <= 9
        and all(page.isascii() and page.isdecimal() and int(page) in range(1, 501) for page in pages)
        and isinstance(order.get("item"), str)
        and len(order["item"]) <= 40
        and isinstance(count, int | float)
        and not isinstance(count, bool)
        and count in range(1, 101)
        and isinstance(order.get("note", ""), str)
        and isinstance(lines, list)
        and all(isinstance(line, dict) and isinstance(line.get("text", ""), str) for line in lines)
    )


def tried(result: Result, operation: str) -> list[Exchange]:
    return [
        exchange
        for exchange in result.exchanges
        if exchange.probe is not None and exchange.probe.phase == "properties" and exchange.probe.operation == operation
    ]


def messages(result: Result) -> list[str]:
    return sorted(f"{finding.rule}: {finding.message}" for finding in result.run.findings)


@pytest.mark.parametrize(
    ("fails", "told"),
    [
        pytest.param(lambda order: order.get("count", 0) % 7 == 5, "`count` is 5", id="a number"),
        pytest.param(lambda order: any(map(str.isdigit, order.get("note", ""))), '`note` is "0"', id="a text"),
        pytest.param(
            lambda order: order.get("count", 0) > 60 and len(order.get("lines", ())) > 1,
            "`count` is 61 and `lines` is [{}, {}]",
            id="two at once",
        ),
        pytest.param(
            lambda order: any(max(line.get("text") or "a") >= "é" for line in order.get("lines", ())),
            '`text` is "é"',
            id="deep within",
        ),
    ],
)
def test_a_crash_names_the_smallest_values_that_it_takes(
    contract: Contract, fails: Callable[[dict[str, Any]], bool], told: str
) -> None:
    result = drive(
        contract,
        server(lambda call: call.method == "POST" and fails(call.body)),
        phases=("baseline", "properties"),
        operations=("order",),
        max_examples=300,
    )
    assert messages(result) == [f"server-error: order answered 500 where {told}"]


@pytest.mark.parametrize("status", [400, 500])
def test_places_without_clauses_fail_apart(compiled: Compile, status: int) -> None:
    def answer(call: Call) -> Answer:
        order = call.body if isinstance(call.body, dict) else {}
        return (status if [] in (order.get("one"), order.get("other")) else 200), None

    schema = {"type": "object", "properties": {"one": {}, "other": {}}}
    body = {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
    document = {"paths": {"/orders": {"post": _operation("order", **body)}}}
    result = drive(compiled(document), answer, phases=("baseline", "properties"), max_examples=300)
    noted = [finding.message.partition(" where ")[2] for finding in result.run.findings if "[]" in finding.message]
    assert sorted(noted) == ["`one` is []", "`other` is []"]


@pytest.mark.parametrize("phases", [_ALL, ("baseline", "properties")], ids=["after others", "alone"])
def test_a_value_of_a_map_fails_once_whatever_its_name(compiled: Compile, phases: tuple[str, ...]) -> None:
    def answer(call: Call) -> Answer:
        filters = call.body.get("filters") if isinstance(call.body, dict) else None
        if not isinstance(filters, dict) or not all(isinstance(one, str | list) for one in filters.values()):
            return 400, None
        return (500 if any(isinstance(one, list) for one in filters.values()) else 200), None

    text = {"type": "string"}
    filters = {"type": "object", "additionalProperties": {"oneOf": [text, {"type": "array", "items": text}]}}
    schema = {"type": "object", "required": ["filters"], "properties": {"filters": filters}}
    body = {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
    result = drive(compiled({"paths": {"/orders": {"post": _operation("order", **body)}}}), answer, phases=phases)
    (crash,) = [finding for finding in result.run.findings if finding.rule == "server-error"]
    assert "where a value of `filters` is [" in crash.message


@pytest.mark.parametrize("place", ["body", "query"])
def test_a_crash_on_a_value_without_a_schema_is_not_told_again(compiled: Compile, place: str) -> None:
    def crashes(value: Any) -> bool:
        return isinstance(value, dict) and any(isinstance(one, list) and None in one for one in value.values())

    def answer(call: Call) -> Answer:
        if call.method != "POST":
            return not_offered("POST")
        query = parse_qs(call.query).get("filter", ["{}"])[0]
        sent = [call.body.get("filter")] if isinstance(call.body, dict) else []
        with suppress(ValueError):
            sent.append(json.loads(query))
        return (500 if any(map(crashes, sent)) else 200 if call.body or place == "query" else 400), None

    schema = {"type": "object"}
    body = {"application/json": {"schema": {**schema, "required": ["filter"], "properties": {"filter": schema}}}}
    query = {"name": "filter", "in": "query", "content": {"application/json": {"schema": schema}}}
    rest = {"requestBody": {"required": True, "content": body}} if place == "body" else {"parameters": [query]}
    document = {"paths": {"/orders": {"post": _operation("order", **rest)}}}
    result = drive(compiled(document), answer, phases=_ALL)
    assert len([finding for finding in result.run.findings if finding.rule == "server-error"]) == 1


def test_what_another_phase_has_found_is_not_told_again(contract: Contract) -> None:
    def fails(call: Call) -> bool:
        order = call.body if call.method == "POST" else {}
        return order.get("count") == 100 or "'" in order.get("note", "") or order.get("item") == ""

    before = drive(contract, server(fails), phases=_ALL[:-1])
    after = drive(contract, server(fails), phases=_ALL)
    assert [finding.id for finding in after.run.findings] == [finding.id for finding in before.run.findings]
    assert len(after.run.findings) == 3


def test_a_crash_behind_another_one_is_told(compiled: Compile) -> None:
    """Whatever `owner` is fails on a server that knows no owner, and an empty name within it fails in another way."""

    def answer(call: Call) -> Answer:
        if not isinstance(call.body, dict) or not isinstance(call.body.get("item"), str):
            return 400, None
        owner = call.body.get("owner")
        if owner is None:
            return 200, None
        is_empty = isinstance(owner, dict) and owner.get("name") == ""
        return 500, {"message": "a label of zero length" if is_empty else "no owners"}

    owner = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
    schema = {"type": "object", "required": ["item"], "properties": {"item": {"type": "string"}, "owner": owner}}
    body = {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
    result = drive(compiled({"paths": {"/orders": {"post": _operation("order", **body)}}}), answer, phases=_ALL)
    crashes = [finding for finding in result.run.findings if finding.rule == "server-error"]
    assert len(crashes) == 2, [finding.message for finding in crashes]


def test_what_the_contract_says_of_headers_cookies_and_queries_is_drawn_as_well(contract: Contract) -> None:
    result = drive(contract, server(), phases=("baseline", "properties"), max_examples=150)
    assert result.run.findings == ()
    sent = tried(result, "order")
    pages = {exchange.request.target.partition("page=")[2] for exchange in sent}
    traces = {value for exchange in sent for name, value in exchange.request.headers if name == "X-Trace"}
    assert len(pages) > 10 and len(traces) > 10
    assert any(name == "Cookie" for exchange in sent for name, _ in exchange.request.headers)
    kept = [exchange for exchange in sent if exchange.probe is not None and not exchange.probe.breaks]
    assert len(kept) > 60 and {exchange.response.status for exchange in kept if exchange.response} == {200}
    broken = [exchange for exchange in sent if exchange not in kept]
    assert len(broken) > 20 and {exchange.response.status for exchange in broken if exchange.response} == {400}


def test_any_path_is_read_but_only_what_the_run_knows_is_deleted(contract: Contract) -> None:
    result = drive(contract, server(), phases=("baseline", "properties"), max_examples=100)
    assert len({exchange.request.target for exchange in tried(result, "getOrder")}) > 10
    assert len({exchange.request.target for exchange in tried(result, "deleteOrder")}) == 1


def test_a_clause_that_is_not_enforced_is_the_finding_of_the_clause_phase(contract: Contract) -> None:
    def answer(call: Call) -> Answer:
        order = call.body if isinstance(call.body, dict) else {}
        count = order.get("count")
        mended = msgspec.structs.replace(call, body=order | {"count": 1})
        return server()(mended if count == 101 else call)

    def found(phase: str) -> list[tuple[str, str | None]]:
        result = drive(contract, answer, phases=("baseline", phase), max_examples=400, operations=("order",))
        return [(finding.id, finding.clause) for finding in result.run.findings]

    assert found("properties") == found("clauses")
    assert len(found("clauses")) == 1


def test_what_failed_is_tried_first_in_the_next_run(contract: Contract, tmp_path: Path) -> None:
    def driven(seed: int, fails: Callable[[dict[str, Any]], bool]) -> list[Exchange]:
        answer = server(lambda call: call.method == "POST" and fails(call.body))
        options: dict[str, Any] = {"max_examples": 60, "store": tmp_path, "operations": ("order",), "seed": seed}
        return tried(drive(contract, answer, phases=("baseline", "properties"), **options), "order")

    def is_many(order: dict[str, Any]) -> bool:
        return order.get("count", 0) > 50

    def fails_first(seed: int, fails: Callable[[dict[str, Any]], bool]) -> bool:
        # Before it comes the smallest request.
        first = driven(seed, fails)[1]
        return first.response is not None and first.response.status == 500

    assert not fails_first(1, is_many)
    assert fails_first(2, is_many)
    assert not fails_first(3, lambda _: False)
    # It was mended, and is forgotten.
    assert not fails_first(4, is_many)


def test_a_schema_that_nothing_can_be_drawn_of_is_noted(compiled: Compile) -> None:
    never = {"type": "array", "items": {"enum": [1]}, "uniqueItems": True, "minItems": 2}
    schema = {"type": "object", "properties": {"never": never}}
    body = {"requestBody": {"required": True, "content": {"application/json": {"schema": schema, "example": {}}}}}
    contract = compiled({"paths": {"/words": {"post": _operation("say", **body)}}})
    result = drive(contract, lambda _: (200, None), phases=("baseline", "properties"))
    (note,) = result.notes
    assert note.startswith("say: no values were drawn for the phase properties: ")


@pytest.mark.parametrize(
    ("contradiction", "noted"),
    [
        ({"type": "string", "minLength": 4, "maxLength": 2}, False),
        ({"type": "array", "items": {"type": "string", "minLength": 4, "maxLength": 2}}, True),
        ({"type": "array", "items": {"enum": [1]}, "uniqueItems": True, "minItems": 2}, True),
    ],
    ids=["a text", "items", "distinct items"],
)
def test_a_member_that_no_value_fits_is_left_out_or_noted(
    compiled: Compile, contradiction: dict[str, Any], noted: bool
) -> None:
    schema = {"type": "object", "properties": {"word": {"type": "string"}, "never": contradiction}}
    body = {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
    contract = compiled({"paths": {"/words": {"post": _operation("say", **body)}}})
    result = drive(contract, lambda _: (200, None), phases=("baseline", "properties"), max_examples=60)
    assert result.stopped is None
    assert bool(result.notes) == noted
    assert noted or len(tried(result, "say")) > 10


def test_a_failure_that_is_not_reduced_in_time_is_said(contract: Contract) -> None:
    """The run ends while the server's failure is reduced, so that no request shows it alone."""
    operation = contract.operation("order")
    steps = phases_of(contract, operation, RunOptions(phases=("baseline", "properties"), max_examples=60))

    def answered(case: Case) -> Exchange:
        order = json.loads(case.request.body or b"{}")
        status = 500 if case.probe.explores and order.get("count", 0) > 50 else 200
        return Exchange("one", case.request, Response(status), None, case.probe)

    batch, reduced = next(steps), 0
    with pytest.raises(StopIteration) as end:
        while True:
            assert isinstance(batch, Iterable)
            cases = list(batch)
            reduced += any(case.probe.note == "a failure is reduced" for case in cases)
            batch = steps.throw(PhaseInterrupted()) if reduced > 20 else steps.send([answered(case) for case in cases])
    (note,) = end.value.value.notes
    assert note == 'order answered 500, and the time ended before the values were known that cause it: "POST /orders"'


def test_a_wrong_type_that_is_drawn_is_of_the_kind_that_is_sent_on_purpose(compiled: Compile) -> None:
    """Two kinds of resources take booleans for integers: that is one fault, in this phase as in the others."""
    body = {"type": "object", "required": ["count"], "properties": {"count": {"type": "integer"}}}

    def answer(call: Call) -> Answer:
        if call.method != "POST":
            return not_offered("POST")
        is_object = isinstance(call.body, dict) and isinstance(call.body.get("count"), int)
        return (201, None) if is_object else (400, {"message": "a count is wanted"})

    contract = compiled({"paths": paths("POST /hats", "POST /coats", body=body)})
    run = drive(contract, answer, phases=("baseline", "properties"), max_examples=300).run
    found = [each for each in run.findings if each.rule == "invalid-request-accepted"]
    assert len(found) == 1, [each.message for each in found]
    (finding,) = found
    assert finding.message.startswith("the server takes numbers and booleans for one another in 2 places")
