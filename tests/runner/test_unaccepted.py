"""Operations that accept no request: who is one, what it said, and what a user can do."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clausewise.contract.contract import Contract, load
from clausewise.results.record import Unaccepted
from tests.servers.small import Answer, Call, drive

DOCUMENT = """
openapi: 3.1.0
info: {{title: t, version: "1"}}
components:
  securitySchemes:
    token: {{type: http, scheme: bearer}}
paths:
  /open:
    get: {{operationId: open, responses: {{"200": {{description: ok}}, default: {{description: other}}}}}}
  /closed:
    post:
      operationId: closed
      {security}
      requestBody: {{content: {{application/json: {{schema: {{type: object}}}}}}}}
      responses: {responses}
"""
ANY = '{"200": {description: ok}, default: {description: other}}'
SECURITY = "security: [{token: []}]"
VALUES = "give values that the server accepts in [tool.clausewise.values], or examples in the contract"


def contract(tmp_path: Path, security: str = "", responses: str = ANY) -> Contract:
    file = tmp_path / "api.yaml"
    file.write_text(DOCUMENT.format(security=security, responses=responses))
    return load(file)


def closed_with(status: int, body: Any = None) -> Callable[[Call], Answer]:
    """A server that answers like this to everything below /closed."""
    return lambda call: (200, {}) if call.path == "/open" else (status, body)


def unaccepted(contract: Contract, server: Callable[[Call], Answer], **options: Any) -> list[Unaccepted]:
    return list(drive(contract, server, **options).run.unaccepted or ())


@pytest.mark.parametrize(
    ("status", "body", "said", "remedy"),
    [
        (400, {"error": "no tenant"}, '{"error": "no tenant"}', VALUES),
        (422, {}, "", VALUES),
        (409, b"<html><body>Conflict</body></html>", "", VALUES),
        (401, None, "", "give credentials with -H or in [tool.clausewise.credentials]"),
        (403, b"Forbidden", "Forbidden", "give credentials with -H or in [tool.clausewise.credentials]"),
        (404, None, "", "check the base URL, or name what exists in [tool.clausewise.values]"),
        (405, None, "", "take out of the contract what the server does not offer"),
        (302, None, "", "check the base URL, and whether the redirect leads to a login"),
        (500, None, "", "correct what the findings name"),
    ],
)
def test_the_answer_decides_what_helps(tmp_path: Path, status: int, body: Any, said: str, remedy: str) -> None:
    found = unaccepted(contract(tmp_path), closed_with(status, body))
    assert found == [Unaccepted("closed", (str(status),), said, remedy)]


@pytest.mark.parametrize(
    ("headers", "remedy"),
    [
        ((), "give -H 'Authorization: Bearer ...' or [tool.clausewise.credentials] token = \"...\""),
        (
            (("Authorization", "Bearer of-yesterday"),),
            "the credentials that were given may have expired, or may not allow this: give others",
        ),
    ],
    ids=["none", "expired"],
)
def test_credentials_that_are_missing_or_refused_are_what_helps(
    tmp_path: Path, headers: tuple[tuple[str, str], ...], remedy: str
) -> None:
    (found,) = unaccepted(contract(tmp_path, SECURITY), closed_with(401), headers=headers)
    assert (found.operation, found.answers, found.remedy) == ("closed", ("401",), remedy)


_WITH_LOGIN = DOCUMENT.replace("operationId: open,", "operationId: open, security: [{{token: []}}],")
_ALLOWED = (
    "the credentials that were given, which other operations accept, may not allow this: give others, or name what "
    "they may use in [tool.clausewise.values]"
)


@pytest.mark.parametrize(
    ("security", "answers", "said", "remedy"),
    [
        pytest.param("", [(401, b"wrong password")], "wrong password", VALUES, id="a login"),
        pytest.param("security: []", [(403, b"wrong password")], "wrong password", VALUES, id="one that says so"),
        pytest.param(SECURITY, [(403, b"only for admins")], "only for admins", _ALLOWED, id="another role"),
        pytest.param(SECURITY, [(404, b"no such node"), (403, b"is closed")], "is closed", _ALLOWED, id="among others"),
    ],
)
def test_good_credentials_are_not_said_to_have_expired(
    tmp_path: Path, security: str, answers: list[Answer], said: str, remedy: str
) -> None:
    file, turns = tmp_path / "api.yaml", itertools.chain(answers, itertools.repeat(answers[-1]))
    text = _WITH_LOGIN.format(security=security, responses=ANY)
    # Several valid bodies.
    file.write_text(text.replace("{type: object}", "{type: object, properties: {size: {type: integer}}}"))

    def server(call: Call) -> Answer:
        if call.headers.get("authorization") != "Bearer good":
            return 401, b"who are you"
        return (200, {}) if call.path == "/open" else next(turns)

    (found,) = unaccepted(load(file), server, headers=(("Authorization", "Bearer good"),))
    assert (found.operation, found.text, found.remedy) == ("closed", said, remedy)


@pytest.mark.parametrize(
    ("responses", "status"),
    [
        ('{"302": {description: elsewhere}, "400": {description: bad}}', 302),
        ('{"3XX": {description: elsewhere}}', 307),
        ('{"410": {description: gone}}', 410),
        ('{"501": {description: not yet}}', 501),
    ],
)
def test_what_an_operation_documents_instead_of_success_is_success(tmp_path: Path, responses: str, status: int) -> None:
    assert unaccepted(contract(tmp_path, responses=responses), closed_with(status)) == []


@pytest.mark.parametrize(
    ("responses", "status"),
    [
        ('{"200": {description: ok}, "302": {description: to the login}}', 302),
        ('{"302": {description: elsewhere}, "400": {description: bad}}', 400),
        ('{"401": {description: who}}', 401),
        (ANY, 302),
    ],
)
def test_a_documented_refusal_is_no_success(tmp_path: Path, responses: str, status: int) -> None:
    (found,) = unaccepted(contract(tmp_path, responses=responses), closed_with(status))
    assert found.answers == (str(status),)


def test_an_accepted_breach_is_no_accepted_request(tmp_path: Path) -> None:
    def only_lists(call: Call) -> Answer:
        return (200, {}) if call.path == "/open" or isinstance(call.body, list) else (400, {"error": "no list"})

    (found,) = unaccepted(contract(tmp_path), only_lists)
    assert found.answers == ("400",)


def test_only_tested_operations_count(tmp_path: Path) -> None:
    assert unaccepted(contract(tmp_path), closed_with(400), operations=("open",)) == []


@pytest.mark.parametrize("phases", [("baseline",), ("clauses",), ("pairs", "lifecycle")])
def test_any_selection_of_phases_finds_them(tmp_path: Path, phases: tuple[str, ...]) -> None:
    assert [one.operation for one in unaccepted(contract(tmp_path), closed_with(400), phases=phases)] == ["closed"]


def test_a_run_that_ended_before_says_so(tmp_path: Path) -> None:
    (found,) = unaccepted(contract(tmp_path), closed_with(200), max_requests=1)
    assert found.answers == () and "limit of 1 request" in found.text
    assert found.remedy.startswith("give the run more room")


def test_a_run_that_must_not_write_excludes_what_writes(tmp_path: Path) -> None:
    (found,) = unaccepted(contract(tmp_path), closed_with(200), allow_writes=0)
    assert (found.operation, found.state) == ("closed", "excluded")


def test_a_request_that_cannot_be_generated_is_said(tmp_path: Path) -> None:
    api = contract(tmp_path)
    file = tmp_path / "api.yaml"
    file.write_text(file.read_text().replace("{type: object}", "{type: string, minLength: 2, maxLength: 1}"))
    api = load(file)
    (found,) = unaccepted(api, closed_with(200))
    assert found.answers == () and found.text.startswith("no valid request could be generated")
    assert found.remedy == VALUES


def test_a_refusal_of_nobody_is_no_refusal_of_somebody(tmp_path: Path) -> None:
    """What is asked without credentials, in any media type, says nothing of those that were given."""

    def server(call: Call) -> Answer:
        if call.path == "/open":
            return 200, {}
        is_known = call.headers.get("authorization") == "Bearer good"
        return (409, {"error": "not in this state"}) if is_known else (401, {"error": "who are you"})

    (found,) = unaccepted(contract(tmp_path, SECURITY), server, headers=(("Authorization", "Bearer good"),))
    assert (found.answers, found.remedy) == (("409",), VALUES)
