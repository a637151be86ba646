"""Why a refusal of a valid request breaks no clause."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from clausewise.conformance.refusals import Excuse, excuse_of
from clausewise.contract.contract import Contract
from clausewise.exchange import Exchange, Probe, Request, Response
from clausewise.media.json import json_text
from tests.conftest import Compile

_TEXT = {"type": "string"}
_BODY = {
    "type": "object",
    "properties": {
        "id": _TEXT,
        "note": _TEXT,
        "code": {"type": "string", "maxLength": 3},
        "kind": {"enum": ["small", "large"]},
        "size": {"type": "integer"},
        "owner": {"type": "integer", "examples": [3]},
        "tags": {"type": "array", "items": {"type": "integer"}},
        "most": {"type": "integer"},
    },
}
_JSON, _FORM, _PATCH = "application/json", "application/x-www-form-urlencoded", "application/json-patch+json"


@pytest.fixture(scope="module")
def contract(compiled: Compile) -> Contract:
    operation = {
        "operationId": "change",
        "description": "Ranges must use UTC hour boundaries, or whole days. A code must have at most 3 Latin letters.",
        "parameters": [
            {"name": "id", "in": "path", "required": True, "schema": _TEXT},
            {"name": "q", "in": "query", "schema": _TEXT},
            {
                "name": "order",
                "in": "query",
                "description": "Default: desc. by_size requires a single shelf. The name of each shelf.",
                "schema": {"enum": ["by_size", "by_name"]},
            },
            {"name": "since", "in": "query", "schema": {"type": "string", "format": "date"}},
        ],
        "requestBody": {"content": {_JSON: {"schema": _BODY}, _FORM: {"schema": _BODY}, _PATCH: {"schema": {}}}},
        "responses": {"400": {"description": "refused"}},
    }
    return compiled({"paths": {"/things/{id}": {"patch": operation}}})


def note(value: Any, media_type: str = _JSON) -> Exchange:
    return tried(("body", "note"), media_type, {"note": value})


def query(name: str, value: str) -> Exchange:
    return tried((f"query.{name}",), _JSON, {}, f"?{name}={value}")


def tried(
    at: tuple[str, ...], media_type: str = _JSON, body: Any = None, query: str = "", says: str = "no", status: int = 400
) -> Exchange:
    """A refusal of a request that tries a value `at` a place."""
    content = "&".join(f"{name}={value}" for name, value in body.items()).encode() if media_type == _FORM else None
    request = Request(
        "PATCH", f"/things/t-70{query}", (("Content-Type", media_type),), content or json_text(body or {})
    )
    probe = Probe("change", "clauses", "n", "accept", deviates_at=at)
    return Exchange("e", request, Response(status, (), json_text({"error": says})), probe=probe)


@pytest.mark.parametrize(
    ("refusal", "excuse"),
    [
        pytest.param(note("a?b"), "text", id="a text of an open form"),
        pytest.param(note("", _FORM), "empty", id="a field of a form without a value"),
        pytest.param(note("a b", _FORM), "text", id="a field of a form with a value"),
        pytest.param(note(""), "text", id="an empty text of JSON"),
        pytest.param(query("q", ""), "empty", id="a query parameter without a value"),
        pytest.param(query("q", "a"), "text", id="a query parameter"),
        pytest.param(query("since", "2030-01-31"), None, id="a text whose form the contract names"),
        pytest.param(tried(("body", "kind"), body={"kind": "small"}), None, id="a value that the contract lists"),
        pytest.param(tried(("body", "size"), body={"size": 7}), None, id="a number"),
        pytest.param(tried(("body", "id"), body={"id": "t-71"}), "identifier", id="another id than in the path"),
        pytest.param(tried(("body", "note"), body={"note": "a"}, status=403), None, id="an undocumented status"),
        pytest.param(
            tried(("body", "size"), body={"size": 7}, says="it was closed already"), "state", id="what happened before"
        ),
        pytest.param(
            tried(("body", "size"), body={"size": 7}, says="t-70 is not a folder"), "state", id="what the path names"
        ),
        pytest.param(
            tried(("body", "size"), body={"size": 7}, says="there is no such project"), "state", id="what is not there"
        ),
        pytest.param(
            tried(("body", "owner"), body={"owner": 3}, says="Invalid foreign key."), "state", id="an example of an id"
        ),
        pytest.param(
            tried(("body", "kind"), body={"kind": "small"}, says="unknown kind"), None, id="a value of an enum"
        ),
        pytest.param(tried(("body", "owner"), body={"owner": 3}, says="too small"), None, id="an example of a number"),
        pytest.param(
            tried(("body", "size"), body={"size": 7}, says='Value for "size" has to be unique.'),
            "state",
            id="a value that another thing has",
        ),
        pytest.param(
            tried(("body", "size"), body={"size": 7}, says="The fields owner, size must make a unique set."),
            "state",
            id="a value that others have beside another one",
        ),
        *(
            pytest.param(tried(("body", "size"), body={"size": 7}, says=says), "state", id=says)
            for says in ("the daemon does not appear to be running", "no_dep: irc_bot is not installed")
        ),
        pytest.param(query("order", "by_size"), None, id="a value that the contract names"),
        pytest.param(
            tried(("query.order",), query="?order=by_size", says="by_size requires a single shelf."),
            "told",
            id="a rule that the description of a parameter tells",
        ),
        pytest.param(
            tried(("query.since",), query="?since=2030-01-31", says="Must be on a UTC hour boundary"),
            "told",
            id="a rule that the description of the operation tells",
        ),
        pytest.param(
            tried(("query.order",), query="?order=by_size", says="The name of each shelf is wrong"),
            None,
            id="words of a description that are no rule",
        ),
        pytest.param(
            tried(("path.id",), body={"note": "k-9f"}, says="note mismatch: expected 't-70' got '/k-9f'"),
            "identifier",
            id="what another place has to be, of both of which it speaks",
        ),
        pytest.param(
            tried(("path.id",), body={"note": "k-9f"}, says="note mismatch: expected 't%2D70' got '/k-9f'"),
            "identifier",
            id="what another place has to be, which the refusal writes in another way",
        ),
        pytest.param(
            tried(("path.id",), body={"note": "k-9f"}, says="t-70 is not what is expected"),
            "text",
            id="what is expected, of the one alone",
        ),
        pytest.param(tried((), body={}, says="size is not unique"), "state", id="a whole request with such a value"),
        pytest.param(
            tried(("body", "tags"), body={"tags": [1, 1]}, says="items have to be unique"), None, id="two like items"
        ),
        pytest.param(tried((), body={}, says="This session has no runs to copy."), "state", id="what a thing has not"),
        pytest.param(
            tried(("body", "size"), body={"size": 7}, says="That choice is not one of the available choices."),
            "state",
            id="a choice that is not there",
        ),
        pytest.param(
            tried(("body", "size"), body={"size": 7}, says="ROLE_NOT_EXISTING_PERMISSION"), "state", id="a code"
        ),
        pytest.param(tried((), body={}, says="Cannot delete database files."), "state", id="what cannot be deleted"),
        pytest.param(tried((), body={}, says="the body has no field size"), None, id="what the request has not"),
        pytest.param(tried((), body={}, says="This request has no title."), None, id="a member that is missed"),
        pytest.param(
            tried(("body", "size"), body={"size": 7}, says="no such field"), None, id="a place that is not known"
        ),
        pytest.param(
            tried(("body", "size"), body={"size": 7, "most": 3}, says="size must not be more than most"),
            "state",
            id="how two numbers compare",
        ),
        pytest.param(
            tried(("body", "size"), body={"size": 7, "most": 3}, says="size must not be more than 5"),
            None,
            id="how a number compares with one that the contract could tell",
        ),
        pytest.param(
            tried(("body", "size"), body={"size": 7, "most": 3}, says="size and most are wrong"),
            None,
            id="two numbers that do not compare",
        ),
        pytest.param(
            tried(("body", "size"), body={"size": 7, "kind": "small"}, says="size cannot be used with kind"),
            "together",
            id="two members that exclude each other",
        ),
        pytest.param(
            tried(("body", "size"), body={"size": 7}, says="size cannot be used with kind"),
            None,
            id="a member that excludes one that is not there",
        ),
        pytest.param(
            tried(
                ("body", "size"),
                body={"size": 7, "kind": "small"},
                says="When a 'kind' is given, 'size' must be omitted",
            ),
            "together",
            id="a member that is to be omitted",
        ),
        pytest.param(
            tried(("body", "kind"), body={"kind": "large", "note": "my-app"}, says="note must be a number, not my-app"),
            "together",
            id="a value beside it that does not fit it",
        ),
        pytest.param(
            tried(
                ("body", "kind"), body={"kind": "large", "note": "my-app"}, says="kind is wrong where note is my-app"
            ),
            None,
            id="a value that does not fit what is beside it",
        ),
        pytest.param(
            tried(("body", "kind"), body={"kind": "large"}, says="note must be a number"),
            None,
            id="a value that is not there",
        ),
        *(
            pytest.param(
                tried(("body", name), body={name: "K", other: "Kestrel"}, says="The two fields did not match."),
                "together",
                id=f"{name} that is not {other}",
            )
            for name, other in (
                ("password1", "password2"),
                ("password", "password_confirmation"),
                ("confirmEmail", "email"),
                ("new_password", "repeat_new_password"),
            )
        ),
        *(
            pytest.param(tried(("body", "line1"), body={"line1": "K", "line2": "x"}, says=says), "text", id=says)
            for says in ("must match pattern ^[a-z]+$", "must be equal to one of the allowed values")
        ),
        pytest.param(
            tried(("body", "email"), body={"email": "a@b"}, says="Invalid email"),
            "text",
            id="an address that is refused",
        ),
        pytest.param(
            tried(("body", "note"), body={"note": "K", "kind": "small"}, says="note and pattern do not match"),
            "text",
            id="a text that does not match something else",
        ),
        *(
            pytest.param(tried(("body", name), body={name: "K"}, says=says), "state", id=f"a wrong {name}: {says}")
            for name, says in (
                ("password", "Unable to log in with provided credentials."),
                ("username", "Invalid username or password"),
                ("otp", "wrong pin"),
            )
        ),
        pytest.param(
            tried(("body", "size"), body={"size": 7}, says="You have to log in for that"),
            None,
            id="credentials, of what is none",
        ),
        pytest.param(tried((), body={}, says="Only refresh tokens are allowed"), "state", id="other credentials"),
        pytest.param(tried((), body={}, says="a schema is wanted"), None, id="what the contract leaves out"),
        pytest.param(tried(("body",), _PATCH, [{"op": "test"}]), "state", id="a JSON Patch"),
        pytest.param(tried((), body={"size": 7}), None, id="nothing is tried"),
    ],
)
def test_reasons_that_no_contract_lists(contract: Contract, refusal: Exchange, excuse: Excuse | None) -> None:
    assert excuse_of(contract.operation("change"), refusal, None) == excuse


@pytest.mark.parametrize(
    ("says", "excuse"),
    [
        ("unsupported language", "text"),
        ("about:blank unsupported language", "text"),
        ("at most 2 characters", None),
        ("code is too long", None),
        ("code must have at most 3 Latin letters", None),
        ("Bad Request", None),
    ],
)
def test_a_text_of_the_greatest_length_may_be_refused_for_what_it_says(
    contract: Contract, says: str, excuse: Excuse | None
) -> None:
    operation = contract.operation("change")
    clause = next(each for each in operation.clauses if each.keyword == "maxLength")
    refusal = tried(("body", "code"), body={"code": "enn"}, says=says)
    assert refusal.probe is not None
    probe = msgspec.structs.replace(refusal.probe, keeps=(clause.key,))
    assert excuse_of(operation, msgspec.structs.replace(refusal, probe=probe), clause) == excuse


@pytest.mark.parametrize(
    ("says", "excuse"),
    [
        ('Unrecognized field "lower" (class LogNormal)', "together"),
        ('Unrecognized field "sigma" (class LogNormal)', None),
        ("lower has to be more than 5", None),
    ],
)
def test_a_member_of_another_alternative_may_be_unknown_there(
    compiled: Compile, says: str, excuse: Excuse | None
) -> None:
    """A value of one alternative may have members of another, by the letter of its schema."""
    number = {"type": "integer"}
    alternatives = [
        {"title": "LogNormal", "type": "object", "properties": {"sigma": number, "kind": {"const": "lognormal"}}},
        {"title": "Uniform", "type": "object", "properties": {"lower": number, "kind": {"const": "uniform"}}},
    ]
    delay = {"type": "object", "properties": {"delay": {"anyOf": alternatives}}}
    operation = {"operationId": "change", "requestBody": {"content": {_JSON: {"schema": delay}}}, "responses": {}}
    contract = compiled({"paths": {"/things/{id}": {"patch": operation}}})
    clause = next(each for each in contract.operation("change").clauses if each.path[-1:] == ("lower",))
    refusal = tried(("body", "delay", "lower"), body={"delay": {"kind": "lognormal", "lower": 3}}, says=says)
    assert clause.branch and excuse_of(contract.operation("change"), refusal, clause) == excuse
