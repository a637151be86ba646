"""A fault that shows in many places is one finding with these places, and two faults stay two."""

from __future__ import annotations

import json
import re
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote

import pytest

from clausewise.conformance.causes import with_causes
from clausewise.contract.contract import Contract
from clausewise.exchange import CUT_OFF, Exchange, Probe, Request
from clausewise.results.evidence import Observation
from clausewise.results.record import Finding
from tests.conftest import Compile
from tests.servers.library import CONTRACT, FAULTS, library
from tests.servers.small import Answer, Call, Shelves, drive, not_offered, paths

UUID = re.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

_LISTS = {"list-books", "list-loans", "list-members"}
_MAKES = {"make-books", "make-loans", "make-members"}

#: fault -> rule and operations of its one finding, and words of its message
EXPECTED: dict[str, tuple[str, set[str], str]] = {
    "query-handler": ("server-error", _LISTS, "the server fails in the same way in 6 places"),
    "query-handler-in-text": ("server-error", _LISTS, "the server fails in the same way in 6 places"),
    "body-handler": ("server-error", _MAKES, "the server fails in the same way in 12 places"),
    "unguarded": ("auth-not-enforced", _LISTS | _MAKES, "without valid credentials in 6 places"),
    "coerces": ("invalid-request-accepted", _LISTS | _MAKES, "strings for numbers and booleans in 9 places"),
    "nulls": ("invalid-request-accepted", _MAKES, "null for other types in 12 places"),
    "nul": ("server-error", _MAKES, "the server fails in the same way in 3 places"),
    "null-note": ("response-schema", _LISTS | _MAKES, "in 6 places"),
    "any-media-type": ("invalid-request-accepted", _MAKES, "other media types in 3 places"),
    "any-isbn": ("invalid-request-accepted", _MAKES, "the same fault occurs in 3 places"),
}

#: faults that hide one another: the first one answers before the second can
_HIDING = ("query-handler", "query-handler-in-text")


@pytest.fixture(scope="module")
def contract(compiled: Compile) -> Contract:
    return compiled(CONTRACT)


def findings(contract: Contract, *faults: str) -> tuple[Finding, ...]:
    headers = (("Authorization", "Bearer of-a-reader"),)
    return drive(contract, library(faults), headers=headers).run.findings


def told(finding: Finding) -> tuple[str, set[str]]:
    return finding.rule, set(finding.operations)


def test_every_fault_is_expected_here() -> None:
    assert EXPECTED.keys() == FAULTS.keys()


def test_the_correct_server_gives_no_finding(contract: Contract) -> None:
    assert findings(contract) == ()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_many_places_is_one_finding(contract: Contract, fault: str) -> None:
    (finding,) = findings(contract, fault)
    rule, operations, words = EXPECTED[fault]
    assert told(finding) == (rule, operations)
    assert words in finding.message
    assert {place.operation for place in finding.places} == operations


@pytest.mark.slow
@pytest.mark.parametrize("hidden", _HIDING)
def test_as_many_faults_are_as_many_findings(contract: Contract, hidden: str) -> None:
    faults = [fault for fault in FAULTS if fault != hidden]
    found = Counter((rule, frozenset(operations)) for rule, operations in map(told, findings(contract, *faults)))
    # Sets have no order of their own, and are written in another one by each process.
    assert found == Counter((EXPECTED[fault][0], frozenset(EXPECTED[fault][1])) for fault in faults)


@pytest.mark.parametrize(
    ("needs", "told"),
    [
        pytest.param({"colour"}, ["`colour` is left out"], id="one member"),
        pytest.param({"colour", "size"}, ["`colour` is left out", "`size` is left out"], id="each of two"),
        pytest.param(None, ["`colour` is left out and `size` is left out"], id="either of two"),
    ],
)
def test_the_smallest_body_crashes_by_what_it_leaves_out(
    compiled: Compile, needs: set[str] | None, told: list[str]
) -> None:
    text = {"type": "string", "maxLength": 9}
    body = {"type": "object", "required": ["name"], "properties": dict.fromkeys(("name", "colour", "size"), text)}

    def answer(call: Call) -> Answer:
        if call.method != "POST":
            return not_offered("POST")
        if not isinstance(call.body, dict) or not all(isinstance(one, str) for one in call.body.values()):
            return 400, {"message": "an object of texts is wanted"}
        has = call.body.keys() & {"colour", "size"}
        crashes = needs - has if needs is not None else not has
        return (500, {"message": "Internal Server Error"}) if crashes else (201, call.body)

    found = drive(compiled({"paths": paths("POST /cats", body=body)}), answer).run.findings
    crashes = sorted(finding.message for finding in found if finding.rule == "server-error")
    assert [message.partition(" where ")[2] for message in crashes] == told


def test_a_store_that_keeps_64_bits_is_one_fault_at_either_end(compiled: Compile) -> None:
    body = {"type": "object", "required": ["size"], "properties": {"size": {"type": "integer"}}}

    def answer(call: Call) -> Answer:
        if call.method != "POST":
            return not_offered("POST")
        number = call.body.get("size") if isinstance(call.body, dict) else None
        if isinstance(number, bool) or not isinstance(number, int | float) or abs(number) > 2**65 or number % 1:
            return 400, {"message": "an integer is wanted"}
        is_kept = -(2**63) <= number < 2**63
        return (201, call.body) if is_kept else (500, {"message": "Internal Server Error"})

    found = drive(compiled({"paths": paths("POST /cats", "POST /dogs", body=body)}), answer).run.findings
    assert [set(finding.operations) for finding in found if finding.rule == "server-error"] == [
        {"POST /cats", "POST /dogs"}
    ]


def _makes(member: str) -> dict[str, Any]:
    schema = {"type": "object", "required": [member], "properties": {member: {"type": "string"}}}
    answers = {"201": {"description": "made"}, "400": {"description": "refused"}, "405": {"description": "no"}}
    return {"post": {"requestBody": {"content": {"application/json": {"schema": schema}}}, "responses": answers}}


_TWO = {
    "openapi": "3.1.0",
    "info": {"title": "two", "version": "1"},
    "paths": {"/cats": _makes("colour"), "/dogs": _makes("breed")},
}


@pytest.mark.parametrize(
    ("body", "findings_expected"),
    [
        pytest.param({"message": "RequestValidationError"}, 1, id="that says why"),
        pytest.param({"message": "Internal Server Error"}, 2, id="that says nothing"),
    ],
)
def test_two_resources_crash_for_one_cause_only_by_an_answer(
    compiled: Compile, body: dict[str, str], findings_expected: int
) -> None:
    def answer(call: Call) -> Answer:
        if call.method != "POST":
            return not_offered("POST")
        if not isinstance(call.body, dict) or None in call.body.values():
            return 400, {"message": "refused"}
        member = {"/cats": "colour", "/dogs": "breed"}[call.path]
        if member in call.body and not isinstance(call.body[member], str):
            return 500, body
        return (201, None) if member in call.body else (400, {"message": "refused"})

    found = drive(compiled(_TWO), answer).run.findings
    assert len([each for each in found if each.rule == "server-error"]) == findings_expected


def test_a_refused_value_is_one_finding_with_what_is_in_it(compiled: Compile) -> None:
    """No `links` are accepted, for one reason; another member is refused for a reason of its own."""
    members = {
        "name": {"type": "string"},
        "links": {"type": "array", "maxItems": 9, "items": {"type": "string", "minLength": 1, "maxLength": 80}},
        "size": {"type": "integer", "minimum": 0, "maximum": 9},
    }
    schema = {"type": "object", "required": ["name"], "properties": members}
    answers = {"201": {"description": "made"}, "405": {"description": "no"}}
    operation = {"requestBody": {"content": {"application/json": {"schema": schema}}}, "responses": answers}
    document = {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": {"/pages": {"post": operation}}}

    def answer(call: Call) -> Answer:
        if call.method != "POST":
            return not_offered("POST")
        body = call.body
        if not isinstance(body, dict) or not isinstance(body.get("name"), str):
            return 400, {"message": "name is missing"}
        if "links" in body:
            return 400, {"message": "the list of links is closed"}
        if body.get("size") == 9:
            return 400, {"message": "nine is too many"}
        return (400, {"message": "no size"}) if not isinstance(body.get("size", 1), int) else (201, None)

    found = [each for each in drive(compiled(document), answer).run.findings if each.rule == "valid-request-rejected"]
    assert sorted("links" in each.message for each in found) == [False, True]


_TEXT = {"type": "string", "minLength": 1, "maxLength": 9}
_OPTIONAL = {"type": "object", "properties": {"colour": _TEXT, "size": _TEXT}}


def _wants_one(refusals: dict[str, str]) -> Callable[[Call], Answer]:
    """A server of texts that wants one of two, and says so by the words of `refusals` for each path."""

    def answer(call: Call) -> Answer:
        if call.method != "POST":
            return not_offered("POST")
        is_texts = isinstance(call.body, dict) and all(isinstance(one, str) for one in call.body.values())
        if is_texts and not call.body.keys() & {"colour", "size"}:
            return 400, {"message": refusals[call.path]}
        return (201, call.body) if is_texts else (400, {"message": "an object of texts is wanted"})

    return answer


@pytest.mark.parametrize(
    ("of_cats", "of_dogs", "expected"),
    [
        pytest.param("give a colour or a size", "give a colour or a size", 1, id="one rule"),
        pytest.param("give a colour or a size", "the size or the colour is missing", 2, id="two rules"),
        pytest.param("that cannot be", "that cannot be", 2, id="no name"),
    ],
)
def test_operations_that_refuse_the_smallest_body_with_one_sentence_are_one_finding(
    compiled: Compile, of_cats: str, of_dogs: str, expected: int
) -> None:
    contract = compiled({"paths": paths("POST /cats", "POST /dogs", body=_OPTIONAL)})
    answer = _wants_one({"/cats": of_cats, "/dogs": of_dogs})
    found = drive(contract, answer, phases=("baseline", "pairs")).run.findings
    assert len([each for each in found if each.rule == "valid-request-rejected"]) == expected


def test_what_is_left_out_is_told_as_what_is_not_required(compiled: Compile) -> None:
    contract = compiled({"paths": paths("POST /cats", body=_OPTIONAL)})
    found = drive(contract, _wants_one({"/cats": "give a colour or a size"})).run.findings
    assert [each.message for each in found if each.rule == "valid-request-rejected"] == [
        "POST /cats refused (400) a request where `colour` is left out and `size` is left out; the contract does not "
        "require `colour`"
    ]


_ENTITY_TAG = r'^"[0-9]+"$|\*'


@pytest.mark.parametrize(
    ("schema", "is_refused", "expected"),
    [
        pytest.param(
            {"type": "integer", "minimum": 0, "maximum": 2**63}, lambda text: int(text) >= 2**63, 1, id="a type's range"
        ),
        pytest.param({"type": "integer", "minimum": 0, "maximum": 50}, lambda text: int(text) >= 50, 2, id="a limit"),
        pytest.param(
            {"type": "string", "pattern": _ENTITY_TAG},
            lambda text: re.fullmatch(r'"[0-9]+"|\*', text) is None,
            1,
            id="a pattern without an end",
        ),
    ],
)
def test_parameters_that_one_check_refuses_are_one_finding(
    compiled: Compile, schema: dict[str, Any], is_refused: Callable[[str], bool], expected: int
) -> None:
    parameters = [{"name": name, "in": "query", "schema": schema} for name in ("before", "since")]
    answers = {"200": {"description": ""}, "400": {"description": ""}}
    document = {"paths": {"/things": {"get": {"operationId": "list", "parameters": parameters, "responses": answers}}}}

    def answer(call: Call) -> Answer:
        if call.method != "GET":
            return not_offered("GET")
        for name, text in parse_qsl(call.query, keep_blank_values=True):
            if schema["type"] == "integer" and not (text.isascii() and text.isdigit()):
                return 400, {"message": f"{name} is no number"}
            if is_refused(text):
                return 400, {"message": f"{name} is not valid"}
        return 200, []

    found = drive(compiled(document), answer).run.findings
    assert len([each for each in found if each.rule == "valid-request-rejected"]) == expected


def _guarded(*alternatives: tuple[str, ...]) -> dict[str, Any]:
    answers = {"200": {"description": "listed"}, "401": {"description": "no"}, "405": {"description": "no"}}
    return {"get": {"security": [{name: [] for name in names} for names in alternatives], "responses": answers}}


_KEYS: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "keys", "version": "1"},
    "paths": {"/open": _guarded(("key",), ("tenant",)), "/both": _guarded(("key", "tenant"))},
    "components": {
        "securitySchemes": {name: {"type": "apiKey", "in": "header", "name": f"X-{name}"} for name in ("key", "tenant")}
    },
}


@pytest.mark.parametrize(
    ("asked_for", "findings_expected"),
    [
        pytest.param("x-key", 2, id="a part that is not asked for is another fault"),
        pytest.param(None, 1, id="no credentials are asked for anywhere"),
    ],
)
def test_a_missing_part_of_the_credentials_is_not_a_missing_check(
    compiled: Compile, asked_for: str | None, findings_expected: int
) -> None:
    def answer(call: Call) -> Answer:
        if call.method != "GET":
            return not_offered("GET")
        return (401, None) if call.path == "/both" and asked_for and asked_for not in call.headers else (200, None)

    found = drive(compiled(_KEYS), answer, headers=(("X-Key", "a"), ("X-Tenant", "b"))).run.findings
    assert [finding.rule for finding in found] == ["auth-not-enforced"] * findings_expected


def test_two_headers_that_are_refused_for_two_reasons_are_two_findings(compiled: Compile) -> None:
    parameters = [
        {"name": name, "in": "header", "schema": {"type": "integer", "minimum": 1, "maximum": 9}}
        for name in ("X-Depth", "X-Width")
    ]
    operation = {"parameters": parameters, "responses": {"200": {"description": "ok"}, "405": {"description": "no"}}}
    document = {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": {"/pages": {"get": operation}}}

    def answer(call: Call) -> Answer:
        if call.method != "GET":
            return not_offered("GET")
        depth, width = (call.headers.get(name, "1") for name in ("x-depth", "x-width"))
        if depth not in set("12345678"):
            return 400, {"message": "nothing is so deep"}
        return (200, None) if width in set("12345678") else (400, {"message": "too many columns"})

    found = [each for each in drive(compiled(document), answer).run.findings if each.rule == "valid-request-rejected"]
    assert sorted(each.where for each in found) == ["request.header.X-Depth", "request.header.X-Width"]


_NULLABLE: dict[str, Any] = {
    "type": "object", "required": ["name"], "properties": {
        "name": {"type": "string"},
        "wide": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        "open": {"anyOf": [{"type": "boolean"}, {"type": "null"}]},
        "deep": {"oneOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]},
    }
}  # fmt: skip


@pytest.mark.parametrize(
    ("taken", "expected"),
    [
        ("quoted", ["the server takes strings for numbers and booleans in 3 places"]),
        ("true", ["the server takes numbers and booleans for one another in 2 places"]),
        ("", []),
    ],
)
def test_a_coercion_is_one_finding_where_alternatives_say_the_types_as_well(
    compiled: Compile, taken: str, expected: list[str]
) -> None:
    def is_fine(value: Any, kind: type[int], least: int = 0) -> bool:
        if taken == "quoted" and isinstance(value, str):
            return value.isdecimal() and int(value) >= least if kind is int else value in ("true", "yes", "false")
        if taken == "true" and value is True:
            return True
        if isinstance(value, bool) or not isinstance(value, kind):
            return value is None or (kind is bool and isinstance(value, bool))
        return value >= least or least == 0

    def answer(call: Call) -> Answer:
        if call.method != "POST":
            return not_offered("POST")
        body = call.body
        if call.headers.get("content-type") != "application/json":
            return 415, {"message": "no"}
        if not isinstance(body, dict) or not isinstance(body.get("name"), str):
            return 400, {"message": "no"}
        fine = is_fine(body.get("wide"), int) and is_fine(body.get("open"), bool) and is_fine(body.get("deep"), int, 1)
        return (201, None) if fine else (400, {"message": "no"})

    answers = {str(status): {"description": ""} for status in (201, 400, 405, 415)}
    operation = {"requestBody": {"required": True, "content": {"application/json": {"schema": _NULLABLE}}}}
    document = {"openapi": "3.1.0", "info": {"title": "x", "version": "1"},
                "paths": {"/pages": {"post": operation | {"responses": answers}}}}  # fmt: skip
    found = drive(compiled(document), answer).run.findings
    assert [finding.message.partition(";")[0] for finding in found] == expected


@pytest.mark.parametrize(
    ("rejects", "expected"),
    [(True, ["a generated", "the body is []"]), (False, ["the body is ["])],
    ids=["and a valid one", "alone"],
)
def test_the_crash_of_a_valid_body_is_not_that_of_a_list(compiled: Compile, rejects: bool, expected: list[str]) -> None:
    """A server that cannot do without an optional member, and reads members of what is no object."""

    def answer(call: Call) -> Answer:
        if call.method != "POST":
            return not_offered("POST")
        if isinstance(call.body, list):
            return 500, b"Internal Server Error", {"content-type": "text/plain"}
        if not isinstance(call.body, dict) or not isinstance(call.body.get("host"), str):
            return 400, {"message": "no"}
        if rejects and "word" not in call.body:
            return 500, b"Internal Server Error", {"content-type": "text/plain"}
        return (409, {"message": "there is one already"}) if rejects else (201, None)

    schema = {"type": "object", "required": ["host"], "properties": {
        "host": {"type": "string"}, "word": {"type": "string"}
    }}  # fmt: skip
    answers = {str(status): {"description": ""} for status in (201, 400, 405, 409)}
    operation = {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
    document = {"openapi": "3.1.0", "info": {"title": "x", "version": "1"},
                "paths": {"/nodes": {"post": operation | {"responses": answers}}}}  # fmt: skip
    found = [each.message for each in drive(compiled(document), answer).run.findings if each.rule == "server-error"]
    assert len(found) == len(expected)
    assert all(any(words in message for message in found) for words in expected)


@pytest.mark.parametrize(
    ("crashes", "words"),
    [
        pytest.param(lambda name: name != "remote", 'is "abcde"', id="any other text"),
        pytest.param(lambda name: name != name.strip(), "blank", id="a blank"),
        pytest.param(lambda name: "\0" in name, "holds a NUL", id="a NUL"),
        pytest.param(lambda name: False, "", id="none"),
    ],
)
def test_a_crash_on_every_other_text_is_not_that_of_its_characters(
    compiled: Compile, crashes: Callable[[str], bool], words: str
) -> None:
    def answer(call: Call) -> Answer:
        if call.method != "GET":
            return not_offered("GET")
        name = call.path.removeprefix("/engines/")
        if crashes(name):
            return 500, b"Internal Server Error", {"content-type": "text/plain"}
        return (200, {}) if name == "remote" else (404, {"message": "none"})

    parameter = {"name": "engine", "in": "path", "required": True, "schema": {"type": "string"}, "example": "remote"}
    answers = {str(status): {"description": ""} for status in (200, 404, 405)}
    document = {"openapi": "3.1.0", "info": {"title": "x", "version": "1"},
                "paths": {"/engines/{engine}": {"get": {"parameters": [parameter], "responses": answers}}}}  # fmt: skip
    found = [each.message for each in drive(compiled(document), answer).run.findings if each.rule == "server-error"]
    assert len(found) == bool(words)
    assert all(words in message for message in found)


def test_what_crashes_wherever_it_is_present_is_one_finding(compiled: Compile) -> None:
    def answer(call: Call) -> Answer:
        if call.method != "POST":
            return not_offered("POST")
        if call.headers.get("content-type") != "application/json":
            return 415, {"message": "no"}
        if not isinstance(call.body, dict) or not isinstance(call.body.get("name"), str):
            return 400, {"message": "no"}
        owner = call.body.get("owner")
        if isinstance(owner, str) and UUID.fullmatch(owner):
            return 500, b"Internal Server Error", {"content-type": "text/plain"}
        return (201, None) if owner is None else (400, {"message": "no"})

    schema = {"type": "object", "required": ["name"], "properties": {
        "name": {"type": "string"}, "owner": {"anyOf": [{"type": "string", "format": "uuid"}, {"type": "null"}]},
    }}  # fmt: skip
    answers = {str(status): {"description": ""} for status in (201, 400, 405, 415)}
    operation = {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
    document = {"openapi": "3.1.0", "info": {"title": "x", "version": "1"},
                "paths": {"/pages": {"post": operation | {"responses": answers}}}}  # fmt: skip
    (found,) = drive(compiled(document), answer).run.findings
    assert found.rule == "server-error" and "`owner`" in found.message


def _answers(*statuses: int, schema: dict[str, Any] | None = None) -> dict[str, Any]:
    content = {"application/json": {"schema": schema if schema is not None else {}}}
    return {str(status): {"description": "", "content": content} for status in statuses}


def _one_document(path: str, operation: dict[str, Any], method: str = "get") -> dict[str, Any]:
    return {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": {path: {method: operation}}}


@pytest.mark.parametrize(
    ("matches", "messages"),
    [
        pytest.param(re.search, ["line break at the end of texts in 2 places"], id="by an engine that looks past it"),
        pytest.param(re.fullmatch, [], id="by one that does not"),
        pytest.param(lambda *_: True, ["", ""], id="not at all"),
    ],
)
def test_a_line_break_behind_texts_is_one_finding(
    compiled: Compile, matches: Callable[[str, str], Any], messages: list[str]
) -> None:
    patterns = {"code": "^[a-z]{3}$", "hour": "^[0-2][0-9]$"}
    members = {name: {"type": "string", "pattern": pattern, "maxLength": 9} for name, pattern in patterns.items()}
    schema = {"type": "object", "required": list(members), "properties": members}
    operation = {"requestBody": {"content": {"application/json": {"schema": schema}}}, "responses": _answers(200, 400)}

    def answer(call: Call) -> Answer:
        if call.method != "POST":
            return not_offered("POST")
        body = call.body if isinstance(call.body, dict) else {}
        texts = [body.get(name) for name in members]
        right = call.headers.get("content-type") == "application/json"
        right = right and all(isinstance(text, str) and len(text) <= 9 for text in texts)
        right = right and all(matches(pattern, body[name]) for name, pattern in patterns.items())
        return (200, {}) if right else (400, {"message": "no"})

    found = drive(compiled(_one_document("/hours", operation, "post")), answer).run.findings
    assert [finding.rule for finding in found] == ["invalid-request-accepted"] * len(messages)
    assert all(part in finding.message for finding, part in zip(found, messages, strict=True))


@pytest.mark.parametrize(("checked", "places"), [(set(), 2), ({"sort"}, 1), ({"sort", "view"}, 0)])
def test_parameters_that_one_operation_does_not_check_are_one_finding(
    compiled: Compile, checked: set[str], places: int
) -> None:
    known = {"sort": ["up", "down"], "view": ["all", "own"]}
    parameters = [
        {"name": name, "in": "query", "schema": {"type": "string", "enum": values}} for name, values in known.items()
    ]
    document = _one_document("/pages", {"parameters": parameters, "responses": _answers(200, 400)})

    def answer(call: Call) -> Answer:
        if call.method != "GET":
            return not_offered("GET")
        given = parse_qs(call.query, keep_blank_values=True)
        wrong = any(name in given and given[name][0] not in known[name] for name in checked)
        return (400, {"message": "unknown value"}) if wrong else (200, {})

    found = drive(compiled(document), answer).run.findings
    assert [finding.rule for finding in found] == ["invalid-request-accepted"] * (places > 0)
    assert [len(finding.places) for finding in found] == [places] * (places > 0)


def test_an_answer_of_another_kind_is_another_fault_than_such_a_member(compiled: Compile) -> None:
    """A whole answer and a member of another one break the same assertion of a schema that both share."""
    cat = {"$ref": "#/components/schemas/Cat"}
    document = _one_document("/cat", {"operationId": "cat", "responses": _answers(200, schema=cat)})
    cats = {"type": "object", "additionalProperties": cat}
    document["paths"]["/cats"] = {"get": {"operationId": "cats", "responses": _answers(200, schema=cats)}}
    document["components"] = {"schemas": {"Cat": {"type": "object", "properties": {"name": {"type": "string"}}}}}

    def answer(call: Call) -> Answer:
        if call.method != "GET":
            return not_offered("GET")
        return 200, "purring" if call.path == "/cat" else {"status": "all are well", "tom": {"name": "Tom"}}

    found = sorted(told(finding) for finding in drive(compiled(document), answer).run.findings)
    assert found == [("response-schema", {"cat"}), ("response-schema", {"cats"})]


@pytest.mark.parametrize(
    ("shown", "findings"),
    [
        pytest.param({"id": 1, "name": "a", "owner": "b", "size": 3, "kind": "c"}, 0, id="what is described"),
        pytest.param({"id": 1, "error": "none"}, 1, id="another object"),
        pytest.param({"id": 1, "name": "a", "owner": "b"}, 2, id="without two of five members"),
    ],
)
def test_another_object_than_the_described_one_is_one_finding(
    compiled: Compile, shown: dict[str, Any], findings: int
) -> None:
    cat = {"type": "object", "required": ["id", "name", "owner", "size", "kind"]}
    document = _one_document("/cats", {"operationId": "cats", "responses": _answers(200, schema=cat)})
    result = drive(compiled(document), lambda call: (200, shown) if call.method == "GET" else not_offered("GET"))
    found = [finding.message for finding in result.run.findings]
    assert len(found) == findings
    assert ["another object than the contract describes" in message for message in found][:1] in ([], [findings == 1])


@pytest.mark.parametrize(
    ("shown", "findings"),
    [
        pytest.param({"id": 1, "name": "a", "lives": 9}, 0, id="what is described"),
        pytest.param({}, 1, id="another object"),
        pytest.param({"id": 1, "name": "a"}, 1, id="none of the alternatives"),
        pytest.param({"lives": "many"}, 2, id="a member of an alternative that is wrong in itself"),
    ],
)
def test_another_object_is_none_of_the_alternatives_either(
    compiled: Compile, shown: dict[str, Any], findings: int
) -> None:
    number = {"type": "integer"}
    kinds = [{"type": "object", "required": [name], "properties": {name: number}} for name in ("lives", "tricks")]
    cat = {"type": "object", "required": ["id", "name"], "oneOf": kinds}
    document = _one_document("/cats", {"operationId": "cats", "responses": _answers(200, schema=cat)})
    result = drive(compiled(document), lambda call: (200, shown) if call.method == "GET" else not_offered("GET"))
    assert len(result.run.findings) == findings


@pytest.mark.parametrize(
    ("status", "operations"),
    [
        pytest.param(400, [("DELETE /cats/{id}",), ("POST /cats", "POST /dogs")], id="400"),
        pytest.param(204, [("POST /cats", "POST /dogs")], id="none"),
    ],
)
def test_an_undocumented_refusal_of_a_valid_request_is_no_check_of_values(
    compiled: Compile, status: int, operations: list[tuple[str, ...]]
) -> None:
    """Both makers check what they are sent, with texts of their own; a deletion says 400 of what is gone."""
    document = {"paths": paths("POST /cats", "GET /cats/{id}", "DELETE /cats/{id}", "POST /dogs")}
    for item in document["paths"].values():
        for operation in item.values():
            operation["responses"].pop("400", None)
    shelves = Shelves()

    def answer(call: Call) -> Answer:
        name = call.body.get("name") if isinstance(call.body, dict) else None
        if call.method == "POST" and call.path in ("/cats", "/dogs") and not (isinstance(name, str) and len(name) < 41):
            return 400, {"message": f"the {'purr' if call.path == '/cats' else 'bark'} of it is wrong"}
        if call.method == "DELETE" and call.path.startswith("/cats/") and call.path not in shelves.kept:
            return status, {"message": "cannot be removed"} if status == 400 else None
        return shelves.answer(call)

    found = drive(compiled(document), answer).run.findings
    told = [each.operations for each in found if each.rule == "undocumented-status" and "400" in each.message]
    assert sorted(told) == operations


@pytest.mark.parametrize("crashes", [True, False])
def test_a_body_that_is_not_utf_8_is_tried(compiled: Compile, crashes: bool) -> None:
    def answer(call: Call) -> Answer:
        if call.method != "POST":
            return not_offered("POST")
        try:
            call.content.decode()
        except UnicodeDecodeError:
            return (500, {"message": "Internal Server Error"}) if crashes else (400, {"message": "not UTF-8"})
        member = {"/cats": "colour", "/dogs": "breed"}[call.path]
        text = isinstance(call.body, dict) and isinstance(call.body.get(member), str)
        json_body = call.headers.get("content-type") == "application/json"
        return (201, None) if text and json_body else (400, {"message": "refused"})

    found = drive(compiled(_TWO), answer).run.findings
    assert [(finding.rule, len(finding.places)) for finding in found] == [("server-error", 2)] * crashes
    assert all("is not UTF-8" in finding.message for finding in found)


@pytest.mark.parametrize("takes", [True, False])
def test_a_server_that_refuses_undocumented_members_gives_one_note(compiled: Compile, takes: bool) -> None:
    def answer(call: Call) -> Answer:
        if call.method != "POST":
            return not_offered("POST")
        member = {"/cats": "colour", "/dogs": "breed"}[call.path]
        body = call.body if isinstance(call.body, dict) else {}
        if not isinstance(body.get(member), str) or call.headers.get("content-type") != "application/json":
            return 400, {"message": "refused"}
        return (201, None) if takes or body.keys() == {member} else (400, {"message": "unknown member"})

    found = drive(compiled(_TWO), answer).run.findings
    assert [(each.severity, each.rule) for each in found] == [("note", "valid-request-rejected")] * (not takes)
    assert all("refuses undocumented members in 2 places" in each.message for each in found)


@pytest.mark.parametrize("texts", [("the hue is odd", "the hue is odd"), ("the hue is odd", "too many of them")])
def test_a_member_that_two_operations_refuse_with_one_text_is_one_finding(
    compiled: Compile, texts: tuple[str, str]
) -> None:
    makes = _makes("colour")
    makes["post"]["requestBody"]["content"]["application/json"]["schema"]["properties"]["tags"] = {
        "type": "array", "items": {"type": "string", "format": "uri"}
    }  # fmt: skip
    document = {**_TWO, "paths": {"/cats": makes, "/dogs": makes}}

    def answer(call: Call) -> Answer:
        if call.method != "POST":
            return not_offered("POST")
        body = call.body if isinstance(call.body, dict) else {}
        if not isinstance(body.get("colour"), str) or call.headers.get("content-type") != "application/json":
            return 400, {"message": "refused"}
        return (400, {"message": texts[call.path == "/dogs"]}) if "tags" in body else (201, None)

    found = [each for each in drive(compiled(document), answer).run.findings if each.severity == "error"]
    assert [each.rule for each in found] == ["valid-request-rejected"] * len(set(texts))


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        pytest.param({("/cats", 1), ("/cats", 40)}, {400: 2, 500: 2}, id="both limits of one member"),
        pytest.param({("/cats", 40), ("/dogs", 1)}, {400: 2, 500: 2}, id="two limits of two members of one name"),
        pytest.param({("/cats", 40), ("/dogs", 40)}, {400: 1, 500: 2}, id="one limit of two members of one name"),
        pytest.param({("/cats", None)}, {400: 0, 500: 1}, id="whatever is sent there"),
    ],
)
@pytest.mark.parametrize(("status", "rule"), [(400, "valid-request-rejected"), (500, "server-error")])
def test_two_limits_that_are_wrong_are_two_findings(
    compiled: Compile, wrong: set[tuple[str, int | None]], expected: dict[int, int], status: int, rule: str
) -> None:
    makes = _makes("colour")
    makes["post"]["requestBody"]["content"]["application/json"]["schema"]["properties"]["note"] = {
        "type": "string", "minLength": 1, "maxLength": 40
    }  # fmt: skip
    document = {**_TWO, "paths": {"/cats": makes, "/dogs": makes}}

    def answer(call: Call) -> Answer:
        if call.method != "POST":
            return not_offered("POST")
        body = call.body if isinstance(call.body, dict) else {}
        note = body.get("note", "plain")
        is_note = isinstance(note, str) and 1 <= len(note) <= 40
        is_json = call.headers.get("content-type") == "application/json"
        if not is_json or not isinstance(body.get("colour"), str) or not is_note:
            return 400, {"message": "refused"}
        if "note" in body and not wrong.isdisjoint({(call.path, len(note)), (call.path, None)}):
            return status, {"message": "refused"}
        return 201, None

    found = [each for each in drive(compiled(document), answer).run.findings if each.severity == "error"]
    assert [each.rule for each in found] == [rule] * expected[status], [each.message for each in found]


@pytest.mark.parametrize(
    ("fatal", "expected"),
    [pytest.param({0}, 1, id="one number"), pytest.param({0, 99}, 2, id="two numbers"), pytest.param({}, 0, id="none")],
)
def test_a_number_that_crashes_is_one_finding_whichever_clause_it_was_sent_for(
    compiled: Compile, fatal: set[int], expected: int
) -> None:
    makes = _makes("colour")
    # FastAPI writes the limits of whole numbers with a fraction.
    limits = {"type": "integer", "minimum": 0.0, "maximum": 99.0}
    makes["post"]["requestBody"]["content"]["application/json"]["schema"] = {
        "type": "object", "required": ["count"], "properties": {"count": limits}
    }  # fmt: skip

    def answer(call: Call) -> Answer:
        if call.method != "POST":
            return not_offered("POST")
        count: Any = call.body.get("count") if isinstance(call.body, dict) else None
        is_number = isinstance(count, int | float) and not isinstance(count, bool) and count == int(count)
        if call.headers.get("content-type") != "application/json" or not is_number or not 0 <= count <= 99:
            return 400, {"message": "refused"}
        return (500, {"message": "Internal Server Error"}) if count in fatal else (201, None)

    found = drive(compiled({**_TWO, "paths": {"/cats": makes}}), answer).run.findings
    assert [each.rule for each in found] == ["server-error"] * expected, [each.message for each in found]


@pytest.mark.parametrize(
    ("crashes", "expected"),
    [
        pytest.param({"a value"}, ["`name` is an empty string"], id="a value"),
        pytest.param(
            {"a value", "a second one"}, ["`name` is an empty string", "a repetition"], id="also a second one"
        ),
        pytest.param({"a value", "a deleted one"}, ["`name` is an empty string", "is gone"], id="also a deleted one"),
        pytest.param(set(), [], id="none"),
    ],
)
def test_no_value_explains_a_crash_on_values_that_were_accepted_before(
    compiled: Compile, crashes: set[str], expected: list[str]
) -> None:
    """Whatever crashes looks alike, and an update of what is gone is sent as a whole."""
    document = {"paths": paths("POST /cats", "GET /cats/{id}", "PUT /cats/{id}", "DELETE /cats/{id}")}
    shelves, gone = Shelves(), set[str]()

    def answer(call: Call) -> Answer:
        if call.method == "DELETE" and call.path in shelves.kept:
            gone.add(call.path)
        name = call.body.get("name") if call.method == "PUT" and isinstance(call.body, dict) else None
        fatal = {
            "a value": name == "",
            "a second one": bool(name) and name == shelves.kept.get(call.path, {}).get("name"),
            "a deleted one": call.method == "PUT" and call.path in gone,
        }
        if any(fatal[each] for each in crashes):
            return 500, {"message": "Internal Server Error"}
        return shelves.answer(call)

    found = [each.message for each in drive(compiled(document), answer).run.findings if each.rule == "server-error"]
    assert len(found) == len(expected), found
    assert all(any(words in message for message in found) for words in expected), found


def test_a_refusal_of_credentials_is_told_apart_from_those_of_handlers(compiled: Compile) -> None:
    """A cookie alone is refused in one place for all operations, a cat without a tail in another."""
    tail = {"type": "object", "required": ["tail"], "properties": {"tail": {"type": "string"}}}
    sent = {"required": True, "content": {"application/json": {"schema": tail}}}
    answers = {"200": {"description": "done"}, "401": {"description": "who?"}, "405": {"description": "no"}}
    operation = {"requestBody": sent, "responses": answers, "security": [{"token": []}, {"session": []}]}
    schemes = {
        "token": {"type": "http", "scheme": "bearer"},
        "session": {"type": "apiKey", "in": "cookie", "name": "session"},
    }
    document = {
        "openapi": "3.1.0",
        "info": {"title": "pets", "version": "1"},
        "paths": {path: {"post": operation} for path in ("/cats", "/dogs")},
        "components": {"securitySchemes": schemes},
    }

    def answer(call: Call) -> Answer:
        if call.method != "POST":
            return not_offered("POST")
        if "session" in call.headers.get("cookie", ""):
            return 403, {"message": "a cookie is not enough"}
        if call.headers.get("authorization") != "Bearer of-a-reader":
            return 401, None
        if not isinstance(call.body, dict) or not isinstance(call.body.get("tail"), str):
            return 403, {"message": f"{call.path} wants a tail"}
        return (200, None) if call.headers.get("content-type") == "application/json" else (403, {"message": "a tail"})

    headers = (("Authorization", "Bearer of-a-reader"),)
    found = drive(compiled(document), answer, headers=headers, phases=("baseline", "clauses")).run.findings
    assert [(each.rule, len(each.operations)) for each in found] == [("undocumented-status", 2)] * 2


def _reading(*names: str) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "query", "schema": {"anyOf": [{"type": "string"}, {"type": "null"}]}} for name in names
    ]
    answers = {"200": {"description": "read"}, "405": {"description": "no"}}
    operation = {"get": {"operationId": "read", "parameters": parameters, "responses": answers}}
    return {"openapi": "3.1.0", "info": {"title": "read", "version": "1"}, "paths": {"/pages": operation}}


@pytest.mark.parametrize(
    ("names", "findings_expected"),
    [
        pytest.param(("filter[size]", "filter[age][least]", "filter[age][most]"), 1, id="one family"),
        pytest.param(("size", "age"), 2, id="unlike names"),
    ],
)
def test_parameters_of_one_family_crash_for_one_cause(
    compiled: Compile, names: tuple[str, ...], findings_expected: int
) -> None:
    def answer(call: Call) -> Answer:
        if call.method != "GET":
            return not_offered("GET")
        return (500, {"message": "Internal Server Error"}) if call.query else (200, None)

    found = drive(compiled(_reading(*names)), answer).run.findings
    assert len([each for each in found if each.rule == "server-error"]) == findings_expected


@pytest.mark.parametrize(
    ("texts", "findings_expected"),
    [
        pytest.param(("a query is wanted", "a query is wanted"), 1, id="with the same words"),
        pytest.param(("a query is wanted", "the parrot is asleep"), 2, id="with other words"),
    ],
)
def test_methods_of_a_path_that_refuse_every_request_have_one_cause(
    compiled: Compile, texts: tuple[str, str], findings_expected: int
) -> None:
    answers = {"200": {"description": "done"}, "400": {"description": "refused"}, "405": {"description": "no"}}
    path = {method: {"operationId": method, "responses": answers} for method in ("get", "post")}
    document = {"openapi": "3.1.0", "info": {"title": "ask", "version": "1"}, "paths": {"/queries": path}}

    def answer(call: Call) -> Answer:
        if call.method not in ("GET", "POST"):
            return not_offered("GET", "POST")
        return 400, {"message": texts[call.method == "POST"]}

    found = drive(compiled(document), answer).run.findings
    assert [each.rule for each in found] == ["valid-request-rejected"] * findings_expected


_REFUSED = {"200": {"description": "done"}, "405": {"description": "no"}}


@pytest.mark.parametrize(
    ("texts", "findings_expected"),
    [
        pytest.param({"/cats": ["no tail"], "/dogs": ["no bark"]}, 2, id="two handlers"),
        pytest.param({"/cats": ["no tail", "no pet"], "/dogs": ["no bark", "no pet"]}, 1, id="a check that they share"),
        pytest.param({"/cats": ["no tail", ""], "/dogs": ["no bark", ""]}, 1, id="some without words"),
        pytest.param({"/cats": ["no tail"], "/dogs": ["no tail"]}, 1, id="the same words"),
        pytest.param({"/cats": [""], "/dogs": [""]}, 1, id="no words"),
    ],
)
def test_an_undocumented_status_is_told_by_handler(
    compiled: Compile, texts: dict[str, list[str]], findings_expected: int
) -> None:
    schema = {"type": "object", "required": ["name", "age"], "properties": {
        "name": {"type": "string"}, "age": {"type": "integer"},
    }}  # fmt: skip
    sent = {"required": True, "content": {"application/json": {"schema": schema}}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "pets", "version": "1"},
        "paths": {path: {"post": {"requestBody": sent, "responses": _REFUSED}} for path in texts},
    }

    def answer(call: Call) -> Answer:
        if call.method != "POST":
            return not_offered("POST")
        body, known = call.body, texts[call.path]
        if not isinstance(body, dict) or not isinstance(body.get("name"), str):
            return 406, {"message": known[0]}
        if not isinstance(body.get("age"), int) or isinstance(body["age"], bool):
            return 406, {"message": known[-1]}
        return (200, None) if call.headers.get("content-type") == "application/json" else (406, {"message": known[0]})

    found = drive(compiled(document), answer, phases=("baseline", "clauses")).run.findings
    assert [each.rule for each in found] == ["undocumented-status"] * findings_expected


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "integer", "minimum": 1},
        {"type": "string", "format": "uuid"},
        {"type": "string", "pattern": "^[0-9]+$"},
    ],
    ids=["minimum", "format", "pattern"],
)
@pytest.mark.parametrize("takes", ["any", "wrong"])
def test_an_answer_for_any_id_is_one_finding(compiled: Compile, schema: dict[str, Any], takes: str) -> None:
    """A server that looks nothing up shows it with ids that were never made, and with ids that cannot be."""
    offered = {True: ("POST",), False: ("GET", "DELETE")}
    forms = {"minimum": "[1-9][0-9]*", "format": "[0-9a-f-]{36}", "pattern": "[0-9]+"}

    class Answering(Shelves):
        def _collection(self, call: Call) -> Answer:
            if call.headers.get("content-type") != "application/json" or not isinstance(call.body, dict):
                return 400, {"message": "an object is wanted"}
            if not isinstance(call.body.get("name"), str) or len(call.body["name"]) > 40:
                return 400, {"message": "a name is wanted"}
            number = len(self.kept) + 1
            made = str(uuid.UUID(int=number)) if "format" in schema else str(number)
            self.kept[f"/notes/{made}"] = {"name": call.body["name"], "id": made}
            return 201, self.kept[f"/notes/{made}"]

        def answer(self, call: Call) -> Answer:
            own, form = unquote(call.path.removeprefix("/notes/")), forms[next(iter(schema.keys() & forms))]
            is_right = re.fullmatch(form, own) is not None
            if call.path == "/notes" or call.method not in ("GET", "DELETE"):
                return (
                    super().answer(call) if call.line == "POST /notes" else not_offered(*offered[call.path == "/notes"])
                )
            if call.method == "GET" and call.path not in self.kept and (takes == "any" or not is_right):
                return 200, {"name": "", "id": own}
            return super().answer(call)

    document = {"paths": paths("POST /notes", "GET /notes/{id}", "DELETE /notes/{id}")}
    for method in ("get", "delete"):
        document["paths"]["/notes/{id}"][method]["parameters"][0]["schema"] = schema
    findings = drive(compiled(document), Answering(), phases=("baseline", "clauses", "lifecycle")).run.findings
    assert [each.message for each in findings][1:] == []
    says_so = "the operation answers for what was never made in 2 places" in findings[0].message
    assert says_so is (takes == "any")


@pytest.mark.parametrize(
    ("texts", "notes"),
    [
        (("title and year, or one movie identifier, is needed",) * 2, 1),
        (("validation failed",) * 2, 1),
        (("bad movie code", "entry not understood"), 2),
    ],
    ids=["a sentence", "a general one", "two"],
)
def test_a_grammar_that_two_operations_have_is_one_note(compiled: Compile, texts: tuple[str, str], notes: int) -> None:
    kept = {"type": "object", "required": ["imdb"], "properties": {"imdb": {"type": "string"}}}
    document = {"paths": paths("POST /movies", body=kept) | paths("POST /watchlist/{list}/entries", body=kept)}

    def answer(call: Call) -> Answer:
        if call.method != "POST":
            return not_offered("POST")
        imdb = call.body.get("imdb") if isinstance(call.body, dict) else None
        if not isinstance(imdb, str) or call.headers.get("content-type") != "application/json":
            return 400, {"message": "JSON is wanted"}
        return (201, {}) if re.fullmatch(r"[a-z]{1,99}", imdb) else (400, {"message": texts[call.path != "/movies"]})

    findings = drive(compiled(document), answer).run.findings
    assert [(each.rule, each.severity) for each in findings] == [("valid-request-rejected", "note")] * notes


@pytest.mark.parametrize(
    "written",
    [
        lambda text: b"\xef\xbb\xbf" + text,
        lambda text: text.decode().encode("utf-16"),
        lambda text: text[:-1] + b"\xff}",
    ],
    ids=["byte order mark", "UTF-16", "no UTF-8"],
)
def test_bodies_in_another_encoding_are_one_finding(compiled: Compile, written: Callable[[bytes], bytes]) -> None:
    shelves = Shelves()

    def answer(call: Call) -> Answer:
        status, value, *more = shelves(call)
        return status, None if value is None else written(json.dumps(value).encode()), more[0] if more else {}

    document = {"paths": paths("POST /cats", "GET /cats/{id}", "POST /dogs", "GET /dogs/{id}")}
    for item in document["paths"].values():
        for operation in item.values():
            shown = {"description": "", "content": {"application/json": {"schema": {"type": "object"}}}}
            operation["responses"] = {"200": shown, "201": shown, "400": shown, "404": shown, "405": shown}
    run = drive(compiled(document), answer, phases=("baseline",)).run
    found = [each for each in run.findings if each.rule == "malformed-body"]
    assert [len(each.operations) for each in found] == [4]


@pytest.mark.parametrize(
    ("texts", "crashes"),
    [
        (("join() wants a text", "cannot bind this type"), 2),
        (("cannot bind this type", "cannot bind this type"), 1),
        (("internal server error", "internal server error"), 1),
        (("internal server error", "cannot bind this type"), 2),
    ],
    ids=["two texts", "one text", "no reason", "a reason and none"],
)
def test_operations_that_share_a_schema_fail_on_it_for_one_cause_or_two(
    compiled: Compile, texts: tuple[str, str], crashes: int
) -> None:
    """`POST` and `PATCH` take the same object, and each fails on names that are no text."""

    class Labels(Shelves):
        def answer(self, call: Call) -> Answer:
            if isinstance(call.body, dict) and not isinstance(call.body.get("name", ""), str):
                return 500, {"message": texts[call.method == "PATCH"]}
            return super().answer(call)

    entries = paths("POST /labels", "PATCH /labels/{id}", "GET /labels/{id}", body={"$ref": "#/components/schemas/L"})
    schema = {"type": "object", "properties": {"name": {"type": "string"}}, "additionalProperties": True}
    document = {"paths": entries, "components": {"schemas": {"L": schema}}}
    found = drive(compiled(document), Labels(), phases=("baseline", "clauses")).run.findings
    told = [finding.message for finding in found if finding.rule == "server-error"]
    assert len(told) == crashes, told


def test_what_an_operation_never_does_is_one_finding_whatever_it_is_asked_for(compiled: Compile) -> None:
    """New things, and things that were never made, get the same answer with the same words."""

    class Idle(Shelves):
        def answer(self, call: Call) -> Answer:
            if call.path.endswith("/seal"):
                return 501, {"message": "sealing is not built yet"}
            return super().answer(call)

    entries = ("POST /boxes", "GET /boxes", "GET /boxes/{id}", "DELETE /boxes/{id}", "POST /boxes/{id}/seal")
    found = drive(compiled({"paths": paths(*entries)}), Idle()).run.findings
    told = [finding.message for finding in found if finding.rule == "server-error"]
    assert len(told) == 1, told


def test_a_crash_on_whatever_was_never_made_is_one_finding(compiled: Compile) -> None:
    shelves = Shelves()

    def answer(call: Call) -> Answer:
        found = shelves(call)
        return (500, {"message": "Internal Server Error"}) if found[0] == 404 else found

    body = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "maxLength": 40}}}
    document = {"paths": paths("POST /cups", "GET /cups/{id}", "DELETE /cups/{id}", body=body)}
    document["paths"]["/cups"]["post"]["responses"]["201"] = {"description": ""}
    found = drive(compiled(document), answer, phases=("baseline", "clauses", "lifecycle")).run.findings
    (crash,) = [each for each in found if each.rule == "server-error" and "GET /cups/{id}" in each.operations]
    assert "DELETE /cups/{id}" in crash.operations


@pytest.mark.parametrize(
    ("says", "told"),
    [
        (lambda name: "This field may not be blank.", 1),
        (lambda name: {"name": "give it a name", "note": "say something"}[name], 2),
    ],
    ids=["one sentence", "two sentences"],
)
def test_empty_texts_that_are_refused_with_one_sentence_are_one_finding(
    compiled: Compile, says: Callable[[str], str], told: int
) -> None:
    def answer(call: Call) -> Answer:
        if call.method != "POST":
            return not_offered("POST")
        sent = call.body if isinstance(call.body, dict) else {"name": 0}
        if not all(isinstance(sent.get(name), str) for name in ("name", "note")):
            return 400, {"message": "no"}
        empty = next((name for name in ("name", "note") if not sent[name]), None)
        return (422, {empty: [says(empty)]}) if empty else (201, None)

    text = {"type": "string", "maxLength": 9000}
    body = {"type": "object", "required": ["name", "note"], "properties": {"name": text, "note": text}}
    document = {"paths": paths("POST /cups", body=body)}
    document["paths"]["/cups"]["post"]["responses"] = {"201": {"description": ""}, "400": {"description": ""}}
    found = drive(compiled(document), answer, phases=("baseline", "clauses")).run.findings
    assert len([each for each in found if each.rule == "valid-request-rejected"]) == told


def test_head_that_crashes_as_get_does_is_one_finding(compiled: Compile) -> None:
    size = {"name": "size", "in": "query", "schema": {"type": "integer"}}
    document = {
        "paths": {
            "/cups": {m: {"parameters": [size], "responses": {"200": {"description": ""}}} for m in ("get", "head")}
        }
    }

    def answer(call: Call) -> Answer:
        if call.method not in ("GET", "HEAD"):
            return not_offered("GET", "HEAD")
        fine = not call.query or re.fullmatch("size=-?[0-9]{1,9}", call.query)
        return (
            (200, None)
            if fine
            else (500, {"message": f"{call.query} is out of range"} if call.method == "GET" else None)
        )

    found = drive(compiled(document), answer, phases=("baseline", "clauses")).run.findings
    assert found and all(
        each.operations == ("GET /cups", "HEAD /cups") for each in found if each.rule == "server-error"
    )


def test_answers_that_break_off_in_the_middle_have_one_cause_in_an_operation(compiled: Compile) -> None:
    size, colour = ({"name": name, "in": "query", "schema": {"type": "string"}} for name in ("size", "colour"))
    document = {"paths": {"/cups": {"get": {"parameters": [size, colour], "responses": {"200": {"description": ""}}}}}}
    operation = compiled(document).operations[0]
    found = []
    for clause in operation.clauses:
        if clause.part.startswith("query.") and clause.keyword == "type":
            name = clause.part.partition(".")[2]
            probe = Probe(operation.key, "clauses", "n", "accept", clause.key, deviates_at=(clause.part,))
            exchange = Exchange(name, Request("GET", f"/cups?{name}=a"), None, CUT_OFF, probe=probe)
            observation = Observation.of("transport-failure", operation.key, exchange, "no answer", clause=clause)
            found.append(with_causes(observation, operation, exchange, clause).causes.shared)
    assert len(found) == 2 and found[0] & found[1]


@pytest.mark.parametrize("says", ["the same", "something else"])
def test_one_exception_on_two_pages_is_one_finding(compiled: Compile, says: str) -> None:
    """POST /finds answers with JSON, and POST /removals with a page of HTML."""

    def answer(call: Call) -> Answer:
        if call.method != "POST":
            return not_offered("POST")
        sent = call.body.get("pattern") if isinstance(call.body, dict) else None
        if not isinstance(sent, str):
            return 400, {"message": "no"}
        if "'" not in sent:
            return 201, None
        other = says != "the same" and call.path == "/finds"
        what = "a bracket opens before another one ends" if other else "the pattern has no closing sign"
        told = f"java.lang.FormatException: {what}"
        if call.path == "/finds":
            return 500, {"cause0": told}
        return 500, f"<html><title>Error 500 {told}</title></html>".encode(), {"content-type": "text/html"}

    body = {"type": "object", "required": ["pattern"], "properties": {"pattern": {"type": "string", "maxLength": 9000}}}
    found = drive(compiled({"paths": paths("POST /finds", "POST /removals", body=body)}), answer).run.findings
    assert len([each for each in found if each.rule == "server-error"]) == (1 if says == "the same" else 2)
