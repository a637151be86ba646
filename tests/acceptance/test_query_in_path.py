"""Paths that have a query in them, as documents of object stores write them, against small servers."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from clausewise.contract.contract import Contract, load
from clausewise.contract.remarks import found_remarks
from clausewise.exchange import Request
from clausewise.mockserver.app import MockApp
from tests.servers.small import Answer, Call, drive, not_offered

DOCUMENT = """
openapi: 3.0.3
info: {title: Buckets, version: "1"}
paths:
  /{bucket}:
    parameters: [&bucket {name: bucket, in: path, required: true, schema: {type: string, pattern: '^[a-z]{3,9}$'}}]
    get:
      operationId: show
      responses:
        "200": {description: ok, content: {application/json: {schema: {type: object, required: [name],
          properties: {name: {type: string}}}}}}
        "400": {description: bad}
  /{bucket}?acl:
    parameters: [*bucket]
    get:
      operationId: rights
      parameters:
        - {name: acl, in: query, required: true, schema: {type: boolean}}
        - {name: most, in: query, schema: {type: integer, minimum: 1, maximum: 9}}
      responses:
        "200": {description: ok, content: {application/json: {schema: {type: array, items: {type: string}}}}}
        "400": {description: bad}
  /{bucket}?kind=log&part={part}:
    parameters: [*bucket, {name: part, in: path, required: true, schema: {type: integer, minimum: 1}}]
    get:
      operationId: logs
      responses:
        "200": {description: ok, content: {application/json: {schema: {type: integer}}}}
        "400": {description: bad}
"""


@pytest.fixture
def buckets(tmp_path: Path) -> Contract:
    file = tmp_path / "buckets.yaml"
    file.write_text(DOCUMENT)
    return load(file)


def right(call: Call) -> Answer:
    """As the document says."""
    if call.method != "GET":
        return not_offered("GET")
    name, query = call.path[1:], dict(parse_qsl(call.query, keep_blank_values=True))
    if not (3 <= len(name) <= 9 and name.isascii() and name.isalpha() and name.islower()):
        return 400, None
    if "acl" in query:
        most = query.get("most", "1")
        return (200, ["read"]) if most.isdigit() and 1 <= int(most) <= 9 else (400, None)
    if query.get("kind") == "log":
        part = query.get("part", "")
        return (200, int(part)) if part.isascii() and part.isdigit() and int(part) >= 1 else (400, None)
    return 200, {"name": name}


def careless(call: Call) -> Answer:
    """Answers the list of rights as text, and takes any part of a log."""
    query = dict(parse_qsl(call.query, keep_blank_values=True))
    if right(Call(call.method, call.path, None, {}))[0] != 200 or (right(call)[1] is None and "acl" in query):
        return right(call)
    return (200, "read") if "acl" in query else (200, 1) if "kind" in query else right(call)


def _found(contract: Contract, answer: Any) -> set[tuple[str, str]]:
    return {(one.rule, operation) for one in drive(contract, answer).run.findings for operation in one.operations}


def test_a_server_that_keeps_it_is_tested_whole_and_not_blamed(buckets: Contract) -> None:
    result = drive(buckets, right)
    assert [finding.message for finding in result.run.findings] == []
    assert result.run.coverage.operations.accepted == 3
    assert {clause.reason for clause in result.run.clauses if clause.verdict == "untested"} == set()


def test_a_fault_of_one_query_is_that_operations(buckets: Contract) -> None:
    assert _found(buckets, careless) == {("response-schema", "rights"), ("invalid-request-accepted", "logs")}


@pytest.mark.parametrize(
    ("target", "operation"),
    [
        ("/abc", "show"),
        ("/abc?other=1", "show"),
        ("/abc?acl", "rights"),
        ("/abc?acl=&most=3", "rights"),
        ("/abc?most=3&acl", "rights"),
        ("/abc?acl=x", "show"),
        ("/abc?part=3&kind=log", "logs"),
        ("/abc?kind=log", "show"),
        ("/abc?kind=log&part=", "show"),
        ("/abc?k%69nd=l%6Fg&part=3", "logs"),
    ],
)
def test_a_request_is_for_the_path_whose_query_it_has(buckets: Contract, target: str, operation: str) -> None:
    match = buckets.router.match("GET", target)
    assert match is not None and match.operation.key == operation
    assert MockApp(buckets, 1).reply(Request("GET", target)).operation == operation


def test_a_value_in_the_query_is_that_of_the_path_parameter(buckets: Contract) -> None:
    match = buckets.router.match("GET", "/abc?kind=log&part=a%2Fb")
    assert match is not None and match.path_parameters == {"bucket": "abc", "part": "a%2Fb"}
    assert buckets.operation("logs").match("/abc?kind=log&part=7") == {"bucket": "abc", "part": "7"}
    assert buckets.operation("logs").match("/abc?kind=other&part=7") == {}


def test_a_reader_learns_how_such_a_path_is_read(buckets: Contract) -> None:
    texts = [remark.text for remark in found_remarks(buckets, buckets.operations)]
    assert "OpenAPI has no query in a path: /{bucket}?acl is read as a path whose requests all have this query" in texts
    assert "the path /{bucket}?acl gives `acl` its value: no other is tried" in texts


def test_a_question_mark_in_a_name_is_no_query(tmp_path: Path) -> None:
    file = tmp_path / "api.yaml"
    file.write_text(
        "openapi: 3.0.3\ninfo: {title: T, version: '1'}\n"
        "paths: {'/a/{id?}': {get: {operationId: one, responses: {'200': {description: ok}}}}}\n"
    )
    match = load(file).router.match("GET", "/a/7")
    assert match is not None and match.path_parameters == {"id?": "7"}
