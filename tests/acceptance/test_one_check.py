"""One check that is missing, or fails, is one finding: of the type of a value, of its width, of a member."""

from __future__ import annotations

from typing import Any

import pytest

from clausewise.results.record import Finding
from tests.conftest import Compile
from tests.servers.small import Answer, Call, drive, not_offered, paths


def _findings(compiled: Compile, answer: Any, body: Any, *entries: str) -> list[Finding]:
    document = {"paths": paths(*entries, body=body)}
    result = drive(compiled(document), answer, phases=("baseline", "clauses", "pairs"))
    return [finding for finding in result.run.findings if finding.severity == "error"]


def _refusal(call: Call) -> Answer | None:
    if call.method != "POST":
        return not_offered("POST")
    is_json = call.headers.get("content-type") == "application/json"
    return None if is_json else (400, {"message": "JSON is wanted"})


def _object(**members: Any) -> dict[str, Any]:
    return {"type": "object", "properties": members}


_NAMES = {type(None): "NoneType", int: "int", float: "float", bool: "bool", list: "list", dict: "dict"}


@pytest.mark.parametrize("path", ["path", "name"])
def test_one_step_that_fails_on_other_types_is_one_crash(compiled: Compile, path: str) -> None:
    def answer(call: Call) -> Answer:
        if (refusal := _refusal(call)) is not None:
            return refusal
        if not isinstance(call.body, dict):
            return 400, {"message": "an object is wanted"}
        value = call.body.get(path)
        if not isinstance(value, str):
            return 500, {"message": f"'{_NAMES[type(value)]}' object has no attribute 'strip'"}
        return 201, {"done": True}

    (finding,) = _findings(compiled, answer, _object(**{path: {"type": "string"}}), "POST /sessions")
    assert finding.rule == "server-error"


def test_a_crash_on_each_wrong_type_is_one_whatever_it_says(compiled: Compile) -> None:
    says = {int: "unhashable 12345", bool: "strange true", dict: "cannot read member of object", list: "list index"}

    def answer(call: Call) -> Answer:
        if (refusal := _refusal(call)) is not None:
            return refusal
        if not isinstance(call.body, dict) or not isinstance(call.body.get("name"), str | type(None)):
            value = call.body.get("name") if isinstance(call.body, dict) else None
            return (500, {"message": says[type(value)]}) if type(value) in says else (400, {"message": "no"})
        return 201, {"done": True}

    (finding,) = _findings(compiled, answer, _object(name={"type": ["string", "null"]}), "POST /sessions")
    assert finding.rule == "server-error"


@pytest.mark.parametrize("other", ["the same", "another"])
def test_a_crash_with_one_text_is_one_whether_the_value_is_valid_or_not(compiled: Compile, other: str) -> None:
    def answer(call: Call) -> Answer:
        if (refusal := _refusal(call)) is not None:
            return refusal
        if not isinstance(call.body, dict) or not isinstance(call.body.get("name", ""), str):
            return 400, {"message": "an object is wanted"}
        if call.body.get("name") in ("", None):
            says = "cannot read primary_key of undefined" if other == "the same" else "division by zero"
            return 500, {"message": says}
        if call.body["name"] != "typical":
            return 500, {"message": "cannot read primary_key of undefined"}
        return 201, {"done": True}

    body = {**_object(name={"type": "string", "examples": ["typical"]}), "required": ["name"]}
    found = _findings(compiled, answer, body, "POST /sessions")
    assert {finding.rule for finding in found} == {"server-error"}
    assert len(found) == 1 + (other == "another")


def test_integers_that_are_wider_than_their_format_are_one_finding(compiled: Compile) -> None:
    def answer(call: Call) -> Answer:
        if (refusal := _refusal(call)) is not None:
            return refusal
        if not isinstance(call.body, dict) or any(type(value) is not int for value in call.body.values()):
            return 400, {"message": "an object of integers is wanted"}
        return 201, {"done": True}

    width = {"type": "integer", "format": "int32"}
    body = _object(limit=width, offset=width, replicas=width)
    (finding,) = _findings(compiled, answer, body, "POST /searches", "POST /clusters")
    assert finding.message.startswith("the server takes integers that are too large for their format in ")
    assert len({(place.operation, place.where) for place in finding.places}) == 6


def test_arrays_that_are_taken_for_objects_are_one_finding(compiled: Compile) -> None:
    def answer(call: Call) -> Answer:
        if (refusal := _refusal(call)) is not None:
            return refusal
        if isinstance(call.body, list) and len(call.body) == 1 and isinstance(call.body[0], str):
            return 201, {"name": call.body[0]}
        if not isinstance(call.body, dict) or not isinstance(call.body.get("name"), str):
            return 400, {"message": "a name is wanted"}
        return 201, {"name": call.body["name"]}

    body = {**_object(name={"type": "string"}), "required": ["name"]}
    (finding,) = _findings(compiled, answer, body, "POST /tenants", "POST /databases")
    assert finding.message.startswith("the server takes arrays for objects in 2 places")


@pytest.mark.parametrize("says_which", [True, False], ids=["says which", "does not say"])
def test_the_smallest_body_is_refused_for_what_it_leaves_out(compiled: Compile, says_which: bool) -> None:
    """The server wants two members of three, and the contract none."""

    def answer(call: Call) -> Answer:
        if (refusal := _refusal(call)) is not None:
            return refusal
        if not isinstance(call.body, dict):
            return 400, {"message": "an object is wanted"}
        missing = next((name for name in ("path", "kind") if name not in call.body), None)
        if missing is not None:
            return 400, {"message": f"missing field: {missing}" if says_which else "something is missing"}
        if any(not isinstance(value, str) for value in call.body.values()):
            return 400, {"message": "texts are wanted"}
        return 201, {"done": True}

    text = {"type": "string"}
    found = _findings(compiled, answer, _object(path=text, kind=text, note=text), "POST /sessions")
    told = sorted(finding.message for finding in found if finding.rule == "valid-request-rejected")
    assert [any(f"`{name}` is left out" in message for message in told) for name in ("kind", "path")] == [True, True]
    if says_which:
        assert len(told) == 2


@pytest.mark.parametrize("crashes", ["on all", "on blanks"])
def test_a_crash_that_repeats_the_id_is_one_however_long_the_id_is(compiled: Compile, crashes: str) -> None:
    def answer(call: Call) -> Answer:
        if call.method != "GET":
            return not_offered("GET")
        name = call.path.removeprefix("/projects/").removesuffix("/jobs")
        if name == "main":
            return 200, []
        if crashes == "on all" or name != name.strip():
            return 500, {"message": f"Project not found: {name}: unknown"}
        return 404, {"message": "none"}

    parameter = {"name": "project", "in": "path", "required": True, "schema": {"type": "string"}, "example": "main"}
    answers = {str(status): {"description": ""} for status in (200, 404, 405)}
    jobs = {"get": {"parameters": [parameter], "responses": answers}}
    found = drive(compiled({"paths": {"/projects/{project}/jobs": jobs}}), answer).run.findings
    assert [each.rule for each in found if each.severity == "error"] == ["server-error"]


def test_one_reason_is_one_finding_also_where_it_has_a_word_of_the_path(compiled: Compile) -> None:
    def answer(call: Call) -> Answer:
        if call.method != "POST":
            return not_offered("POST")
        return 415, {"message": "The data was not loaded, because its media type was not application/json"}

    answers = {str(status): {"description": ""} for status in (201, 405)}
    document = {"paths": {f"/{name}": {"post": {"responses": answers}} for name in ("data", "users", "media", "jobs")}}
    found = [each for each in drive(compiled(document), answer).run.findings if each.severity == "error"]
    assert sorted((each.rule, len({one.operation for one in each.places})) for each in found) == [
        ("undocumented-status", 4),
        ("valid-request-rejected", 4),
    ]


@pytest.mark.parametrize("sent", [[], ["text"]], ids=["empty", "one item"])
def test_a_list_that_is_taken_for_an_object_is_one_finding(compiled: Compile, sent: list[Any]) -> None:
    def answer(call: Call) -> Answer:
        if (refusal := _refusal(call)) is not None:
            return refusal
        is_thing = isinstance(call.body, dict) and isinstance(call.body.get("name", ""), str)
        # An empty array is tried where no object is accepted.
        if call.body == sent or (is_thing and sent):
            return 201, {"done": True}
        return 400, {"message": "an object is wanted"}

    thing = {"type": "object", "properties": {"name": {"type": "string"}}}
    document: dict[str, Any] = {"components": {"schemas": {"Thing": thing}}, "paths": {}}
    for name, schema in (("users", thing), ("roles", {"anyOf": [{"$ref": "#/components/schemas/Thing"}]})):
        document["paths"] |= paths(f"POST /{name}", body=schema)
    result = drive(compiled(document), answer, phases=("baseline", "clauses"))
    (finding,) = [each for each in result.run.findings if each.rule == "invalid-request-accepted"]
    assert finding.message.startswith("the server takes arrays for objects in 2 places")


@pytest.mark.parametrize("checks", ["nothing", "types"])
def test_an_object_that_is_not_checked_has_unchecked_enums(compiled: Compile, checks: str) -> None:
    def answer(call: Call) -> Answer:
        if (refusal := _refusal(call)) is not None:
            return refusal
        if not isinstance(call.body, dict):
            return 400, {"message": "an object is wanted"}
        wrong = not isinstance(call.body.get("role", {}), dict) or not all(
            isinstance(call.body.get(name, ""), str) for name in ("read", "write")
        )
        return (400, {"message": "a text is wanted"}) if checks == "types" and wrong else (201, {"done": True})

    choice = {"type": "string", "enum": ["none", "full"]}
    found = _findings(
        compiled, answer, _object(role={"type": "object"}, read=choice, write=choice), "POST /permissions"
    )
    assert len(found) == (1 if checks == "nothing" else 2)


def test_one_text_that_names_members_is_one_crash_whichever_a_request_has(compiled: Compile) -> None:
    def answer(call: Call) -> Answer:
        if (refusal := _refusal(call)) is not None:
            return refusal
        if not isinstance(call.body, dict):
            return 400, {"message": "an object is wanted"}
        if "version" in call.body:
            return 500, {"message": "a version needs exactly one view"}
        return 500, {"message": "start_ts and end_ts are wanted where disable_timestamp is false"}

    text = {"type": "string"}
    body = _object(start_ts=text, end_ts=text, disable_timestamp={"type": "boolean"}, version={"enum": ["v2"]})
    found = _findings(compiled, answer, body, "POST /materialize")
    assert [each.rule for each in found] == ["server-error"] * 2


_PYTHON = """Traceback (most recent call last):
  File "/app/routes.py", line {handler}, in {name}
    return schedule(body)
  File "/app/jobs.py", line 48, in schedule
    task = prepare(body)
  File "/app/jobs.py", line {line}, in prepare
    user = body["user"]
KeyError: '{key}'
"""
_JAVA = """java.lang.IllegalStateException: no {key}
\tat com.example.Jobs.prepare(Jobs.java:{line})
\tat com.example.Jobs.schedule(Jobs.java:48)
\tat com.example.Routes.{name}(Routes.java:{handler})
"""


@pytest.mark.parametrize(
    ("line", "key", "findings"),
    [
        pytest.param("{0}", "user", 3, id="three lines"),
        pytest.param("61", "{1}", 3, id="three keys"),
        pytest.param("61", "user", 1, id="one line"),
    ],
)
@pytest.mark.parametrize("trace", [_PYTHON, _JAVA], ids=["Python", "Java"])
def test_what_is_raised_in_one_line_is_one_crash_in_all_operations(
    compiled: Compile, trace: str, line: str, key: str, findings: int
) -> None:
    names = ("jobs", "pools", "volumes")

    def answer(call: Call) -> Answer:
        if call.method != "GET":
            return not_offered("GET")
        at = names.index(call.path[1:])
        key_of = f"key_{'abc'[at]}"
        text = trace.format(handler=9 + at, name=call.path[1:], line=line.format(60 + at), key=key.format("", key_of))
        return 500, text.encode(), {"content-type": "text/plain"}

    answers = {str(status): {"description": ""} for status in (200, 405)}
    document = {"paths": {f"/{name}": {"get": {"responses": answers}} for name in names}}
    found = drive(compiled(document), answer).run.findings
    assert [each.rule for each in found if each.severity == "error"] == ["server-error"] * findings


@pytest.mark.parametrize(("says", "findings"), [("no user is known", 1), ("Internal Server Error", 2)])
def test_a_member_that_crashes_with_the_same_words_everywhere_is_one_finding(
    compiled: Compile, says: str, findings: int
) -> None:
    def answer(call: Call) -> Answer:
        if (refusal := _refusal(call)) is not None:
            return refusal
        if not isinstance(call.body, dict) or not isinstance(call.body.get("vars", {}), dict):
            return 400, {"message": "an object is wanted"}
        return (500, {"message": says}) if "vars" in call.body else (201, {"done": True})

    values = {"type": "object", "additionalProperties": {"type": "string"}}
    found = _findings(compiled, answer, _object(vars=values), "POST /jobs", "POST /pools")
    assert {each.rule for each in found} == {"server-error"} and len(found) == findings
