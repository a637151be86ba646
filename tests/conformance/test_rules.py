"""Every rule there is can be broken, and each by an exchange that breaks no other."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest

from clausewise.conformance.callback import Arrival, check_callback, missing
from clausewise.conformance.checker import Checker
from clausewise.conformance.recording import check_recorded
from clausewise.conformance.second_opinion import disagreement
from clausewise.contract.contract import Contract, load
from clausewise.contract.operation import OperationContract
from clausewise.errors import Location
from clausewise.exchange import Exchange, Failure, Probe, Request, Response, Sequel
from clausewise.generation.prover import Case
from clausewise.options import Role
from clausewise.phases.state.table import ORACLES
from clausewise.results.defects import defect_findings
from clausewise.results.evidence import Observation
from clausewise.results.faults import faults_of
from clausewise.results.rules import RULES
from clausewise.runner.confirmation import Confirmation
from clausewise.runner.targets import Target
from clausewise.runner.timing import Timing
from clausewise.runner.traffic import Traffic
from clausewise.spec.defects import Defect
from clausewise.validation.collector import TrafficCollector
from clausewise.validation.examples import check_examples
from tests.conftest import Compile
from tests.servers.catalogue import Catalogue, document
from tests.servers.small import drive

_THING = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "maxLength": 5},
        "email": {"type": "string", "format": "email"},
        "secret": {"type": "string", "writeOnly": True},
    },
    "example": {"name": "too long"},
}
_CONTENT = {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}
_DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "things", "version": "1"},
    "paths": {
        "/things": {
            "post": {
                "operationId": "createThing",
                "security": [{"key": []}],
                "requestBody": {"required": True, "content": _CONTENT},
                "responses": {
                    "201": {
                        "description": "made",
                        "headers": {"Location": {"required": True, "schema": {"type": "string"}}},
                        "content": {**_CONTENT, "text/csv": {}, "application/hal+json": {}},
                    },
                    "400": {"description": "refused"},
                    "404": {"description": "not there"},
                    "405": {"description": "not offered"},
                    "409": {"description": "in the way", "content": {"application/problem+json": {"schema": {}}}},
                },
                "callbacks": {"kept": {"{$request.body#/url}": {"post": {"requestBody": {"content": _CONTENT}}}}},
            }
        }
    },
    "components": {
        "schemas": {"Thing": _THING},
        "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}},
    },
}


@pytest.fixture(scope="module")
def contract(compiled: Compile) -> Contract:
    return compiled(_DOCUMENT)


def _exchange(
    status: int = 201,
    answer: bytes = b'{"name": "a"}',
    media_type: str = "application/json",
    location: bool = True,
    sent: Any = None,
    framing: str = "",
    undecoded: str = "",
    accept: str = "",
    **probe: Any,
) -> Exchange:
    given = {"operation": "createThing", "phase": "clauses", "note": "a thing is tried", "expect": "any", **probe}
    headers = (("Content-Type", media_type), *([("Location", "/things/1")] if location else []))
    body = json.dumps({"name": "a"} if sent is None else sent).encode()
    asked = (("Accept", accept),) if accept else ()
    request = Request("POST", "/things", (("Content-Type", "application/json"), ("X-Key", "k"), *asked), body)
    return Exchange("e1", request, Response(status, headers, answer, 0, undecoded, framing), probe=Probe(**given))


def _checked(contract: Contract, exchange: Exchange) -> Iterable[str]:
    return (seen.rule for seen in Checker(contract.operations[0]).check(exchange).observations)


def _breach(keyword: str) -> Callable[[Contract], Iterable[str]]:
    """An accepted request that breaks the first clause of requests with that keyword."""

    def rules(contract: Contract) -> Iterable[str]:
        operation: OperationContract = contract.operations[0]
        key = next(one.key for one in operation.clauses if one.keyword == keyword and one.direction == "request")
        return _checked(contract, _exchange(expect="refuse", clause=key, breaks=(key,)))

    return rules


def _seen(**fields: Any) -> Callable[[Contract], Iterable[str]]:
    return lambda contract: _checked(contract, _exchange(**fields))


def _callback(contract: Contract) -> Iterable[str]:
    """A callback with a name that is too long."""
    operation = contract.operations[0]
    request = Request("POST", "/clausewise", (("Content-Type", "application/json"),), b'{"name": "too long"}')
    expected = [(one, "") for one in operation.callbacks]
    _, checked = check_callback(operation, _exchange(), Arrival(request, "", "e2"), expected)
    return (seen.rule for seen in checked.observations)


def _no_callback(contract: Contract) -> Iterable[str]:
    operation = contract.operations[0]
    return [missing(operation, _exchange(), operation.callbacks[0], 5).rule]


def _no_answer(contract: Contract) -> Iterable[str]:
    return _checked(contract, Exchange("e1", Request("POST", "/things"), failure=Failure("timeout", "no answer")))


def _sequel(rule: str) -> Callable[[Contract], Iterable[str]]:
    return _seen(status=404, answer=b"", location=False, sequel=Sequel(rule, "createThing had made it", "found"))


def _written(contract: Contract) -> Iterable[str]:
    exchange = _exchange(sent={"name": "too long"})
    return (seen.rule for seen in check_recorded(contract.operations[0], exchange, {}, written=True).observations)


def _defective(contract: Contract) -> Iterable[str]:
    """A defect of the document, which needs no exchange."""
    place = Location("api.yaml", 3, 1)
    return {
        finding.rule for finding in defect_findings([*contract.known_defects, Defect("#/paths/a", place, "is wrong")])
    }


def _elsewhere(contract: Contract) -> Iterable[str]:
    """Two `$ref`s to URLs, which are one finding."""
    place = Location("api.yaml", 3, 1)
    defects = [Defect(f"#/paths/{name}/$ref", place, "is not fetched", kind="not-fetched") for name in "ab"]
    return [finding.rule for finding in defect_findings([*contract.known_defects, *defects])]


def _examples(contract: Contract) -> Iterable[str]:
    collector = TrafficCollector()
    deque(check_examples(contract, collector), 0)
    return {fault.shown.rule for fault in collector.faults.values()}


def _second_opinion(contract: Contract) -> Iterable[str]:
    exchange = _exchange(answer=b'{"name": "a", "email": "two words@example.com"}')
    observations = Checker(contract.operations[0]).check(exchange).observations
    opinions = (
        disagreement(contract, fault) for fault in faults_of([(exchange.id, observations)], {exchange.id: exchange}, {})
    )
    return (opinion.shown.rule for opinion in opinions if opinion is not None)


def _at_random(contract: Contract) -> Iterable[str]:
    exchange = _exchange()
    assert exchange.probe is not None

    async def answered(_case: Case, _limited: bool) -> Response:
        return Response(201)

    async def reconnected() -> None:
        pass

    target = Target("app", "at random", 1)
    confirmation = Confirmation(target, Traffic(1), answered, reconnected, lambda _operation, kept: kept)
    asyncio.run(confirmation.confirmed(Case(exchange.request, exchange.probe), Response(500), crowded=False))
    return [confirmation.flaky.rule] if confirmation.flaky is not None else []


def _slow(contract: Contract) -> Iterable[str]:
    timing, found = Timing(limit=1), list[Observation]()
    exchange = _exchange(status=400)
    assert exchange.response is not None
    slow = msgspec.structs.replace(exchange, response=msgspec.structs.replace(exchange.response, seconds=2))
    timing.take(contract.operations[0], slow)
    steps = timing.steps(found.append)
    next(steps)
    with suppress(StopIteration):
        while True:
            steps.send([slow])
    return [each.rule for each in found]


def _queried(fault: str, *names: str) -> Callable[[Contract], Iterable[str]]:
    def rules(_contract: Contract) -> Iterable[str]:
        with TemporaryDirectory() as folder:
            path = Path(folder) / "openapi.json"
            path.write_text(json.dumps(document(*names, makes=False)))
            result = drive(load(path), Catalogue(fault), phases=("baseline", "queries"))
        return [finding.rule for finding in result.run.findings]

    return rules


def _forbidden(_contract: Contract) -> Iterable[str]:
    roles, headers = (Role("viewer", ("GET /things",), (("X-Key", "v"),)),), (("X-Key", "k"),)
    responses = {"200": {"description": ""}, "401": {"description": ""}}
    written = {"/things": {"get": {"security": [{"key": []}], "responses": responses}}}
    with TemporaryDirectory() as folder:
        path = Path(folder) / "openapi.json"
        path.write_text(json.dumps({**_DOCUMENT, "paths": written}))
        options: dict[str, Any] = {"roles": roles, "headers": headers, "phases": ("baseline", "roles")}
        result = drive(load(path), lambda _call: (200, None), **options)
    return [finding.rule for finding in result.run.findings]


_BROKEN: dict[str, Callable[[Contract], Iterable[str]]] = {
    "server-error": _seen(status=500),
    "transport-failure": _no_answer,
    "flaky": _at_random,
    "malformed-framing": _seen(framing="with more bytes than its Content-Length of 13"),
    "malformed-body": _seen(answer=b"{"),
    "response-schema": _seen(answer=b"{}"),
    "write-only-leaked": _seen(answer=b'{"name": "a", "secret": "s"}'),
    "response-header": _seen(location=False),
    "callback-mismatch": _callback,
    "callback-missing": _no_callback,
    "auth-not-enforced": _breach("security"),
    "invalid-request-accepted": _breach("maxLength"),
    "request-schema": _written,
    "valid-request-rejected": _seen(status=400, answer=b"", expect="accept"),
    "undocumented-method-accepted": _breach("methods"),
    "created-not-found": _sequel("created-not-found"),
    "foreign-access": _sequel("foreign-access"),
    "role-not-enforced": _forbidden,
    "use-after-delete": _sequel("use-after-delete"),
    "update-not-visible": _sequel("update-not-visible"),
    "read-only-writable": _seen(
        sequel=Sequel("read-only-writable", "createThing was sent it", "own", {"/name": ("#/somewhere/readOnly", "a")})
    ),
    "created-not-listed": _sequel("created-not-listed"),
    "filter-mismatch": _queried("ignores kind", "kind"),
    "page-mismatch": _queried("one more", "limit"),
    "sort-mismatch": _queried("unsorted", "sort"),
    "undocumented-status": _seen(status=418),
    "undocumented-content-type": _seen(media_type="text/html"),
    "slow-response": _slow,
    "spec-invalid": _defective,
    "ref-not-fetched": _elsewhere,
    "example-invalid": _examples,
    "echo-mismatch": _seen(sent={"name": "b"}),
    "accept-ignored": _seen(accept="text/csv"),
    "problem-status": _seen(status=409, answer=b'{"status": 400}', media_type="application/problem+json"),
    "leaked-internals": _seen(status=400, answer=b'{"message": "Cannot read properties of null (reading \'a\')"}'),
    "allow-header": _seen(status=405, answer=b""),
    "engine-disagreement": _second_opinion,
}


@pytest.mark.parametrize("rule", _BROKEN)
def test_a_rule_can_be_broken_alone(contract: Contract, rule: str) -> None:
    assert list(_BROKEN[rule](contract)) == [rule]


@pytest.mark.parametrize(
    ("answer", "media_type"),
    [
        (b'{"status": 409}', "application/problem+json"),
        (b'{"title": "in the way"}', "application/problem+json; charset=utf-8"),
        (b'{"status": "new"}', "application/problem+json"),
        (b'["status", 400]', "application/problem+json"),
    ],
    ids=["the same", "none", "no number", "no object"],
)
def test_the_status_of_a_problem_is_that_of_its_answer(contract: Contract, answer: bytes, media_type: str) -> None:
    assert list(_checked(contract, _exchange(status=409, answer=answer, media_type=media_type))) == []


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("application/json", "application/json"),
        ("application/json;q=0.9", "application/json; charset=utf-8"),
        ("text/csv, application/json", "application/json"),
        ("text/csv, */*;q=0.1", "application/json"),
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        ("text/html", "application/json"),
    ],
    ids=["that one", "with parameters", "either", "anything", "any", "a range", "undocumented"],
)
def test_what_was_asked_for_is_right(contract: Contract, accept: str, media_type: str) -> None:
    assert list(_checked(contract, _exchange(accept=accept, media_type=media_type))) == []


def test_no_other_rule_is_listed() -> None:
    # What several answers decide together is tested in tests/phases/state.
    of_oracles = {rule for oracle in ORACLES for rule in oracle.rules}
    assert list(_BROKEN) == [rule for rule in RULES if rule in _BROKEN or rule not in of_oracles]
    assert of_oracles <= RULES.keys()


def _messages(contract: Contract, exchange: Exchange) -> list[str]:
    return [seen.message for seen in Checker(contract.operations[0]).check(exchange).observations]


def test_a_body_that_could_not_be_decoded_is_judged_no_further(contract: Contract) -> None:
    coded = _exchange(answer=b"\x1f\x8b", undecoded="its gzip data ends too early")
    assert _messages(contract, coded) == [
        "the body of the 201 response cannot be read: its gzip data ends too early"
    ]  # fmt: skip


def test_an_undocumented_redirect_says_where_it_leads(contract: Contract) -> None:
    (message,) = _messages(contract, _exchange(status=307, answer=b""))
    assert message.startswith('createThing answered 307, a redirect to "/things/1"; the contract documents ')
    (elsewhere,) = _messages(contract, _exchange(status=307, answer=b"", location=False))
    assert elsewhere.startswith("createThing answered 307; ")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        pytest.param(b'{"name": "a", "n": 1e400}', "it has 1e400, which is too large for a number in", id="1e400"),
        pytest.param(b'{"n": ' + b"9" * 10_000 + b"}", "it has a whole number of 10,000 digits", id="10,000 digits"),
        pytest.param(b'{"name": "\\ud800"}', "it has \\ud800, half of a surrogate pair, which is no", id="surrogate"),
        pytest.param(
            b'{"a":' * 9_000 + b"1" + b"}" * 9_000, "its arrays and objects are more than 2,000 levels", id="depth"
        ),
    ],
)
def test_hard_json_is_told_as_what_it_is(contract: Contract, answer: bytes, told: str) -> None:
    (message,) = _messages(contract, _exchange(answer=answer))
    assert message.startswith(f"the body of the 201 response cannot be judged: {told}")


@pytest.mark.parametrize(
    "answer",
    [
        b"{'name': 1}",
        b'\xef\xbb\xbf{"name": "a"}',
        b'{"name": NaN}',
        b'{"name": "\xff"}',
        b"",
        b'{"n": ' + b"9" * 10_000,
    ],
    ids=["quotes", "a byte order mark", "NaN", "no UTF-8", "empty", "cut off in a long number"],
)
def test_what_is_no_json_is_told_as_that(contract: Contract, answer: bytes) -> None:
    (message,) = _messages(contract, _exchange(answer=answer))
    assert message.startswith("the body of the 201 response is not JSON: ") or "10,000 digits" in message


def test_a_member_that_an_object_has_twice_is_a_warning_and_the_body_is_judged(contract: Contract) -> None:
    seen = Checker(contract.operations[0]).check(_exchange(answer=b'{"name": "a", "name": "too long"}')).observations
    assert [(each.rule, each.severity) for each in seen][:2] == [
        ("malformed-body", "warning"),
        ("response-schema", "error"),
    ]
    assert seen[0].message == (
        'the body of the 201 response has the member "name" twice in one object: programs keep one or the other'
    )
    assert _messages(contract, _exchange(answer=b'{"name": "a", "b": {"name": "too long"}}')) == []


def test_a_body_that_ends_at_a_length_too_short_is_one_fault(contract: Contract) -> None:
    framing = "with more bytes than its Content-Length of 5 names"
    assert list(_checked(contract, _exchange(answer=b'{"nam', framing=framing))) == ["malformed-framing"]
    assert list(_checked(contract, _exchange(answer=b"{}", framing=framing))) == [
        "malformed-framing", "response-schema"
    ]  # fmt: skip
