"""Read-only and write-only members: servers that treat them rightly, each in a way of its own, and one that leaks."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from clausewise.options import RunOptions
from clausewise.runner import run, targets
from tests.conftest import Compile, RunClausewise
from tests.servers.faulty_cluster import serve
from tests.servers.small import Answer, Call, app_of, drive, not_offered

_USER: dict[str, Any] = {
    "type": "object",
    "required": ["id", "name", "password", "address"],
    "additionalProperties": False,
    "properties": {
        "id": {"$ref": "#/components/schemas/Id"},
        "created": {"allOf": [{"$ref": "#/components/schemas/Time"}], "readOnly": True},
        "name": {"type": "string", "minLength": 1, "maxLength": 9},
        "password": {"type": "string", "minLength": 3, "maxLength": 9, "writeOnly": True},
        "address": {
            "type": "object",
            "required": ["since", "street"],
            "properties": {"since": {"type": "integer", "readOnly": True}, "street": {"type": "string"}},
        },
    },
    "example": {"id": 1, "created": "2024-05-17", "name": "ada", "password": "abc", "address": {"street": "x"}},
}
_JSON = {"application/json": {"schema": {"$ref": "#/components/schemas/User"}}}
_LIST = {"application/json": {"schema": {"type": "array", "items": {"$ref": "#/components/schemas/User"}}}}
_REFUSED = {status: {"description": "refused"} for status in ("400", "404", "415")}
_DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "users", "version": "1"},
    "paths": {
        "/users": {
            "post": {
                "operationId": "makeUser",
                "requestBody": {"required": True, "content": _JSON},
                "responses": {"201": {"description": "made", "content": _JSON}, **_REFUSED},
            },
            "get": {
                "operationId": "listUsers",
                "responses": {"200": {"description": "all", "content": _LIST}, **_REFUSED},
            },
        },
        "/users/{id}": {
            "get": {
                "operationId": "getUser",
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"$ref": "#/components/schemas/Id"}}
                ],
                "responses": {"200": {"description": "one", "content": _JSON}, **_REFUSED},
            }
        },
    },
    "components": {
        "schemas": {
            "User": _USER,
            "Id": {"type": "integer", "minimum": 1, "readOnly": True},
            "Time": {"type": "string", "format": "date"},
        }
    },
}


class Users:
    """Keeps users. It refuses what is read-only where it is `strict`, and ignores it else; it shows the password as
    `shown` says."""

    def __init__(self, strict: bool = False, shown: str = "absent") -> None:
        self._strict, self._shown = strict, shown
        self._kept: dict[str, dict[str, Any]] = {}
        self._numbers = itertools.count(100)

    def __call__(self, call: Call) -> Answer:
        if call.path == "/users" and call.method == "POST":
            is_json = call.headers.get("content-type") == "application/json"
            return self._made(call.body) if is_json else (415, {"message": "JSON is wanted"})
        if call.path == "/users":
            return (200, [*self._kept.values()]) if call.method == "GET" else not_offered("GET", "POST")
        head, _, number = call.path.rpartition("/")
        if head != "/users" or number not in self._kept:
            return (404, {"message": "no such user"}) if call.method == "GET" else not_offered("GET")
        return (200, self._kept[number]) if call.method == "GET" else not_offered("GET")

    def _made(self, body: Any) -> Answer:
        if not isinstance(body, dict) or not body.keys() <= {"id", "created", "name", "password", "address"}:
            return 400, {"message": "these members are wanted: name, password, address"}
        address = body.get("address")
        texts = [body.get("name"), body.get("password"), address.get("street") if isinstance(address, dict) else None]
        if not all(isinstance(text, str) for text in texts):
            return 400, {"message": "name, password and street are texts"}
        name, password, street = map(str, texts)
        if not 1 <= len(name) <= 9 or not 3 <= len(password) <= 9:
            return 400, {"message": "too short or too long"}
        if self._strict and ({"id", "created"} & body.keys() or "since" in (address or {})):
            return 400, {"message": "that is mine to set"}
        number = next(self._numbers)
        made: dict[str, Any] = {"id": number, "name": name, "address": {"since": 2020, "street": street}}
        self._kept[str(number)] = made | {"created": "2024-05-17"}
        match self._shown:
            case "null":
                self._kept[str(number)]["password"] = None
            case "mask":
                self._kept[str(number)]["password"] = "*****"
            case "made":
                return 201, {**self._kept[str(number)], "password": password}
            case "read":
                self._kept[str(number)]["password"] = password
                return 201, made
        return 201, self._kept[str(number)]


def _not_upheld(result: run.Result) -> set[tuple[str, str]]:
    """What is said of the clauses about users that are not upheld."""
    about = [each for each in result.run.clauses if each.id.startswith("#/components/schemas/User")]
    assert about
    return {(each.id, each.reason) for each in about if each.verdict != "upheld"}


@pytest.mark.parametrize("strict", [False, True], ids=["ignores", "refuses"])
@pytest.mark.parametrize("shown", ["absent", "null", "mask"])
def test_right_servers(compiled: Compile, strict: bool, shown: str) -> None:
    result = drive(compiled(_DOCUMENT), Users(strict, shown), phases=("baseline", "clauses", "pairs", "lifecycle"))
    assert result.run.findings == ()
    assert _not_upheld(result) == set()


_LEAKS = [("made", {"response.201.body.password"}), ("read", {"response.200.body.password"})]


@pytest.mark.parametrize(("shown", "places"), _LEAKS, ids=["in one answer", "in the others"])
def test_a_leak(compiled: Compile, shown: str, places: set[str]) -> None:
    with serve(app_of(Users(shown=shown))) as url:
        found = run.run(compiled(_DOCUMENT), targets.url_target(url, 4), RunOptions()).run.findings
    assert [finding.rule for finding in found] == ["write-only-leaked"]
    assert found[0].clause == "#/components/schemas/User/properties/password/writeOnly"
    assert {place.where.replace("[]", "") for place in found[0].places} >= places


def test_the_mock_is_right(compiled: Compile) -> None:
    contract = compiled(_DOCUMENT)
    result = run.run(contract, targets.mock_target(contract, 1, 4), RunOptions())
    assert result.run.findings == ()
    assert _not_upheld(result) == set()


@pytest.mark.parametrize(
    ("answer", "rules"),
    [({}, []), ({"password": None}, []), ({"password": "abc"}, ["write-only-leaked"])],
    ids=["absent", "null", "leaked"],
)
@pytest.mark.parametrize("kind", ["payload", "har"])
def test_recorded_answers(
    run_clausewise: RunClausewise, tmp_path: Path, answer: dict[str, Any], rules: list[str], kind: str
) -> None:
    body = {"id": 1, "name": "ada", "address": {"since": 1, "street": "x"}, **answer}
    sent = {**body, "id": "of mine", "password": "abc"}
    exchange = {
        "request": {
            "method": "POST",
            "url": "http://localhost/users",
            "headers": [],
            "postData": {"mimeType": "application/json", "text": json.dumps(sent)},
        },
        "response": {
            "status": 201,
            "headers": [],
            "content": {"mimeType": "application/json", "text": json.dumps(body)},
        },
    }
    har = {"log": {"version": "1.2", "entries": [exchange]}}
    (tmp_path / "api.json").write_text(json.dumps(_DOCUMENT))
    (tmp_path / f"seen.{'json' if kind == 'payload' else 'har'}").write_text(
        json.dumps(body if kind == "payload" else har)
    )
    about = ("seen.json", "--operation", "makeUser", "--status", "201") if kind == "payload" else ("seen.har",)
    done = run_clausewise("validate", "api.json", *about, "--format", "json", cwd=tmp_path)
    assert [finding["rule"] for finding in json.loads(done.stdout)["findings"]] == rules
    assert done.returncode == len(rules)
