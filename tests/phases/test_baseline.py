"""How operations find accepted requests on servers that tell little: forms, files, and what is seen only later."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs

import pytest

from clausewise.exchange import Failure, Request, Response
from clausewise.options import RunOptions
from clausewise.runner import run, targets
from tests.conftest import Compile
from tests.servers.small import Answer, Call, Shelves, app_of, drive, not_offered, paths

_TEXT = {"type": "string"}
_FORM = {"type": "object", "required": ["name", "sizes"], "properties": {
    "name": _TEXT,
    "sizes": {"type": "array", "items": {"type": "integer"}},
    "file": {"type": "string", "format": "binary"},
}}  # fmt: skip


_URLENCODED, _MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"


def upload(media_type: str, schema: Any) -> dict[str, Any]:
    content = {media_type: {} if schema is None else {"schema": schema}}
    operation = {"operationId": "upload", "requestBody": {"required": True, "content": content}}
    return {
        "/files": {
            "post": {
                **operation,
                "responses": {"200": {"description": ""}, "400": {"description": ""}, "405": {"description": ""}},
            }
        }
    }


def _urlencoded(kind: str, content: bytes) -> bool:
    sent = parse_qs(content.decode())
    return kind == _URLENCODED and {"name", "sizes"} <= {*sent} and sent["sizes"][0].isdecimal()


_LINES = "application/x-ndjson"


def _multipart(kind: str, content: bytes) -> bool:
    boundary = kind.partition("boundary=")[2].encode()
    parts = content.split(b"--" + boundary)
    named = [part for part in parts if b'name="name"' in part and b"filename" not in part]
    return (
        bool(boundary)
        and len(named) == 1
        and any(b'name="file"; filename=' in part for part in parts)
        and parts[-1] == b"--\r\n"
    )


@pytest.mark.parametrize(
    ("media_type", "schema", "fits"),
    [
        (_URLENCODED, _FORM, _urlencoded),
        (_MULTIPART, _FORM, _multipart),
        (_LINES, {"type": "array", "items": {"const": 7}}, lambda *sent: sent == (_LINES, b"7\n")),
        ("application/xml", {"enum": ["<a/>"]}, lambda kind, content: (kind, content) == ("application/xml", b"<a/>")),
        ("text/plain", {"enum": ["hello"]}, lambda kind, content: kind[:5] == "text/" and content == b"hello"),
        ("application/octet-stream", None, lambda kind, content: kind == "application/octet-stream" and content != b""),
        ("image/png", None, lambda kind, content: kind == "image/png" and content != b""),
    ],
    ids=["a form", "a form with a file", "lines", "XML", "a text", "bytes", "a file without a schema"],
)  # fmt: skip
def test_bodies_that_are_no_json(compiled: Compile, media_type: str, schema: Any, fits: Any) -> None:
    def answer(call: Call) -> Answer:
        if call.method != "POST":
            return not_offered("POST")
        return (200, {}) if fits(call.headers.get("content-type", ""), call.content) else (400, {"message": "no"})

    result = drive(compiled({"paths": upload(media_type, schema)}), answer)
    assert result.run.coverage.operations.accepted == 1
    # The answers look at no more of a form than that it is one.
    assert media_type in (_URLENCODED, _MULTIPART) or not result.run.findings


def test_what_is_made_without_a_word_is_found_in_the_list(compiled: Compile) -> None:
    class Queue(Shelves):
        """Takes marks and shows them at the second look, by ids that nobody could guess."""

        looks = 0

        def answer(self, call: Call) -> Answer:
            if call.path.startswith("/marks/"):
                return (200, {}) if call.path == "/marks/m-4711" else (404, {"message": "no mark"})
            if call.path.endswith("/marks") and call.method == "GET":
                self.looks += call.path in self.kept
                return 200, [{"mark_id": "m-4711"}] if self.looks > 1 else []
            if call.path.endswith("/marks"):
                self.kept[call.path] = {}
                return 202, {"queued": 1}
            return super().answer(call)

    entries = ("POST /boxes", "POST /boxes/{box}/marks", "GET /boxes/{box}/marks", "GET /marks/{mark_id}")
    result = drive(compiled({"paths": paths(*entries)}), Queue(), phases=("baseline",))
    assert result.run.coverage.operations.accepted == len(entries)


def test_what_is_called_otherwise_than_its_making_tells_is_found_in_the_list(compiled: Compile) -> None:
    class Renaming(Shelves):
        """Answers to a making with the id of a version, and lists by another."""

        def answer(self, call: Call) -> Answer:
            status, value, *_ = super().answer(call)
            return status, {"id": f"version-{value['id']}"} if call.method == "POST" and status == 201 else value

    entries = ("POST /boxes", "GET /boxes", "GET /boxes/{id}")
    result = drive(compiled({"paths": paths(*entries)}), Renaming(), phases=("baseline",))
    assert result.run.coverage.operations.accepted == len(entries)


def test_what_never_answers_is_asked_once_and_twice_again_alone(compiled: Compile) -> None:
    asked: list[Request] = []

    class Silent(targets.Target, frozen=True, eq=False):
        @asynccontextmanager
        async def open(self, base_path: str = "") -> AsyncIterator[Any]:
            class Transport:
                async def send(self, request: Request) -> Response | Failure:
                    if not request.target.startswith("/boxes/wait"):
                        return await inner.send(request)
                    asked.append(request)
                    return Failure("timeout", "no complete answer")

            async with super().open(base_path) as inner:
                yield Transport()

    document = {"paths": paths("POST /boxes", "GET /boxes", "GET /boxes/wait")}
    query = [{"name": name, "in": "query", "schema": _TEXT} for name in ("a", "b", "c")]
    document["paths"]["/boxes/wait"]["get"]["parameters"] = query
    target = Silent("app", "silent", 4, app_of(Shelves()))
    result = run.run(compiled(document), target, RunOptions(phases=("baseline",)))
    assert result.run.coverage.operations.accepted == 2
    assert len(asked) == 3


_MADE_UP = {"type": "object", "required": ["name", "snapshot", "owner"], "properties": {
    "name": _TEXT, "snapshot": {"type": "string", "format": "uuid"}, "owner": {"type": "string", "format": "uuid"},
}}  # fmt: skip


def test_an_id_refers_to_what_its_name_is_a_word_for(compiled: Compile) -> None:
    snapshot = "0d6c5f9e-5f0a-4a43-9f3e-2b8f7a1c9d10"
    sent: list[Any] = []

    def answer(call: Call) -> Answer:
        if call.path == "/runs":
            sent.append(call.body)
            taken = isinstance(call.body, dict) and call.body.get("snapshot") == snapshot
            return (201, {"id": "r1"}) if taken else (404, {"message": f"no snapshot {call.body['snapshot']}"})
        return (201, {"id": snapshot})

    document = {
        "paths": paths("POST /runs", body=_MADE_UP) | paths("POST /pipeline_snapshots", "GET /pipeline_snapshots/{id}")
    }
    result = drive(compiled(document), answer, phases=("baseline",))
    assert {"POST /runs", "POST /pipeline_snapshots"} <= {
        e.probe.operation for e in result.exchanges if e.accepted and e.probe
    }
    assert all(body["snapshot"] != body["owner"] for body in sent)


@pytest.mark.parametrize(
    ("parameter", "found"),
    [
        ({"schema": _TEXT}, []),
        ({"schema": {"type": "integer", "minimum": 1}}, []),
        ({"schema": _TEXT, "example": "red"}, ["valid-request-rejected"]),
        ({"schema": {"type": "string", "default": "red"}}, ["valid-request-rejected"]),
        ({"schema": {"type": "string", "examples": ["red"]}}, ["valid-request-rejected"]),
    ],
    ids=["a text", "a number", "an example", "a default", "a schema's example"],
)
@pytest.mark.parametrize("required", [True, False])
def test_only_what_the_document_gives_must_be_taken(
    compiled: Compile, parameter: dict[str, Any], found: list[str], required: bool
) -> None:
    def answer(call: Call) -> Answer:
        return 400, {"message": "not like this"}

    document = {"paths": paths("GET /boxes")}
    document["paths"]["/boxes"]["get"]["parameters"] = [{"name": "q", "in": "query", "required": required} | parameter]
    result = drive(compiled(document), answer, phases=("baseline",))
    # The request without a parameter that may be left out is the document's own.
    expected = found if required else ["valid-request-rejected"]
    assert sorted({finding.rule for finding in result.run.findings}) == expected
    noted = {finding.message.partition(") ")[2] for finding in result.run.findings}
    assert required or "a request without parameters" in noted
    assert required or any("every parameter" in note for note in noted) == bool(found)


def test_a_name_in_an_envelope_is_another_one_each_time(compiled: Compile) -> None:
    shelves, taken = Shelves(), set[str]()

    def answer(call: Call) -> Answer:
        if call.line != "POST /things":
            return shelves(call)
        name = call.body["thing"]["name"]
        if name in taken:
            return 409, {"message": "a thing has this name"}
        taken.add(name)
        return shelves(call)

    envelope = {"type": "object", "required": ["thing"], "properties": {
        "thing": {"type": "object", "required": ["name"], "properties": {"name": _TEXT}}
    }}  # fmt: skip
    document = {"paths": paths("POST /things", "GET /things/{id}", "DELETE /things/{id}", body=envelope)}
    made = drive(compiled(document), answer, phases=("baseline",)).run
    # Each of the operations has a thing of its own.
    assert made.coverage.operations.accepted == 3 and len(taken) >= 2
    assert not shelves.kept


_KEYED = {"type": "object", "required": ["name", "kind", "label_id"], "properties": {
    "name": _TEXT, "kind": {"enum": ["round", "square"]}, "label_id": {"type": "string", "format": "uuid"},
}}  # fmt: skip


@pytest.mark.parametrize(
    ("path", "repeats"), [("/labels", True), ("/orders", False)], ids=["its own id", "the id of another"]
)
def test_what_is_named_by_its_maker_has_a_name_and_an_id_of_its_own(
    compiled: Compile, path: str, repeats: bool
) -> None:
    names, ids, crashes = set[str](), set[str](), list[Any]()

    def answer(call: Call) -> Answer:
        if call.line != f"POST {path}":
            return (204, None) if call.method == "DELETE" else (200, {}) if call.method == "GET" else not_offered("GET")
        if call.body["name"] in names:
            return 409, {"message": "there is one of this name"}
        if repeats and call.body["label_id"] in ids:
            crashes.append(call.body)
            return 500, {"message": "UNIQUE constraint failed"}
        names.add(call.body["name"])
        ids.add(call.body["label_id"])
        return 201, {"id": call.body["label_id"] if repeats else call.body["name"]}

    parameter = "{label_id}" if repeats else "{order_id}"
    document = {"paths": paths(f"POST {path}", f"GET {path}/{parameter}", f"DELETE {path}/{parameter}", body=_KEYED)}
    made = drive(compiled(document), answer, phases=("baseline",)).run
    assert made.coverage.operations.accepted == 3 and len(names) >= 3
    # An id that refers to something else stays.
    assert (len(ids) >= 3) == repeats
    assert [finding.rule for finding in made.findings] == ["server-error", "leaked-internals"] * repeats
    assert not repeats or "a second request with a fresh `name` and all else as in" in made.findings[0].message


def test_what_a_request_made_up_is_not_known_from_its_answer(compiled: Compile) -> None:
    shelves = Shelves()

    def answer(call: Call) -> Answer:
        if call.path == "/hosts":
            return (200, [{"host_id": "local"}]) if call.method == "GET" else not_offered("GET")
        if call.line == "POST /nodes" and call.body.get("host_id") != "local":
            return 404, {"message": f"no host {call.body.get('host_id')}"}
        return shelves(call)

    body = {"type": "object", "required": ["host_id"], "properties": {"host_id": _TEXT}}
    document = {"paths": paths("POST /drafts", "GET /drafts", "POST /nodes", "GET /hosts", body=body)}
    made = drive(compiled(document), answer, phases=("baseline",)).run
    assert made.coverage.operations.accepted == 4


@pytest.mark.slow
@pytest.mark.parametrize("logout", ["POST /auth/logout", "DELETE /auth/logout"])
def test_what_ends_the_login_comes_last(compiled: Compile, logout: str) -> None:
    shelves, lines = Shelves(), list[str]()

    def answer(call: Call) -> Answer:
        if call.headers.get("authorization") != "Bearer mine" or logout in lines:
            return 401, {"message": "who?"}
        lines.append(call.line)
        return (200, {}) if call.path == "/auth/logout" else shelves(call)

    document = {"paths": paths(logout, "POST /things", "GET /things/{id}", "DELETE /things/{id}")}
    made = drive(compiled(document), answer, headers=(("Authorization", "Bearer mine"),)).run
    assert made.coverage.operations.accepted == 4
    assert lines.index(logout) == len(lines) - 1 and not shelves.kept
    assert any(clause.operation == "GET /things/{id}" and clause.tried for clause in made.clauses)


def test_an_array_may_stay_empty_where_nothing_is_known_for_it(compiled: Compile) -> None:
    schema = {"type": "object", "required": ["permissions"], "properties": {
        "permissions": {"type": "array", "items": _TEXT}
    }}  # fmt: skip

    def answer(call: Call) -> Answer:
        return (400, {"message": "no"}) if call.body["permissions"] else (201, {"id": "1"})

    made = drive(compiled({"paths": paths("POST /roles", body=schema)}), answer, phases=("baseline",)).run
    assert made.coverage.operations.accepted == 1


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array", "items": _TEXT},
        {"type": "object", "properties": {"a": _TEXT}},
        {"oneOf": [{"type": "integer"}, {"type": "array", "items": _TEXT}]},
    ],
    ids=["an array", "an object", "either"],
)
def test_a_path_may_hold_arrays_and_objects(compiled: Compile, schema: dict[str, Any]) -> None:
    entries = ("PUT /boxes/{id}", "DELETE /boxes/{id}", "POST /boxes/{id}/open", "GET /boxes/{id}/parts")
    document = {"paths": paths(*entries)}
    for item in document["paths"].values():
        for operation in item.values():
            operation["parameters"][0]["schema"] = schema
    result = drive(compiled(document), lambda call: (201, None), phases=("baseline", "clauses", "lifecycle"))
    assert result.stopped is None and not result.left
    assert result.run.coverage.operations.accepted == len(entries)


@pytest.mark.parametrize("fields", [{"example": ""}, {"schema": {"type": "string", "default": ""}}])
def test_an_empty_path_parameter_is_never_sent(compiled: Compile, fields: dict[str, Any]) -> None:
    """A server that does not have `/things/` tells nothing of `/things/{name}`."""
    parameter = {"name": "name", "in": "path", "required": True, "schema": _TEXT, **fields}
    seen: list[str] = []

    def answer(call: Call) -> Answer:
        seen.append(call.path)
        return (200, {}) if call.method == "GET" and call.path.removeprefix("/things/") else not_offered("GET")

    responses = {status: {"description": ""} for status in ("200", "404", "405")}
    document = {"paths": {"/things/{name}": {"get": {"parameters": [parameter], "responses": responses}}}}
    result = drive(compiled(document), answer, phases=("baseline",))
    assert result.run.unaccepted == () and "/things/" not in seen and len(seen) > 0


@pytest.mark.parametrize(
    ("status", "rules"), [(400, set()), (200, {"invalid-request-accepted"}), (500, {"server-error"})]
)
def test_a_path_parameter_that_must_be_empty_is_said(compiled: Compile, status: int, rules: set[str]) -> None:
    """What the server may not accept is sent all the same."""
    parameter = {"name": "name", "in": "path", "required": True, "schema": {"type": "string", "maxLength": 0}}
    responses = {"200": {"description": ""}, "400": {"description": ""}}
    operation = {"operationId": "read", "parameters": [parameter], "responses": responses}
    targets: list[str] = []

    def answer(call: Call) -> Answer:
        targets.append(call.path)
        if not call.path.startswith("/things/"):
            return 404, {"message": "no such path"}
        return (status, {}) if call.method == "GET" else not_offered("GET")

    result = drive(compiled({"paths": {"/things/{name}": {"get": operation}}}), answer)
    assert {finding.rule for finding in result.run.findings} == rules
    reasons = {clause.reason for clause in result.run.clauses if clause.verdict == "untested"}
    assert len(reasons) == 1
    assert "`name` would be empty, and an empty path segment makes another path" in reasons.pop()
    assert targets and "/things/" not in targets


@pytest.mark.parametrize("written", ["/café/a b/{id}", "/caf%C3%A9/a%20b/{id}"])
def test_a_path_that_is_no_ascii_is_asked_for_as_servers_know_it(compiled: Compile, written: str) -> None:
    """Servers decode a path once, and our own mock is one of them."""

    def answer(call: Call) -> Answer:
        if not call.path.startswith("/café/a b/"):
            return 404, {"message": "no such path"}
        return (200, {}) if call.method == "GET" else not_offered("GET")

    contract = compiled({"paths": paths(f"GET {written}")})
    assert drive(contract, answer).run.coverage.operations.accepted == 1
    mocked = run.run(contract, targets.mock_target(contract, 1, 4), RunOptions()).run
    assert mocked.coverage.operations.accepted == 1


@pytest.mark.parametrize("name", ["If-Match", "if-match"])
def test_a_condition_that_is_asked_for_is_sent(compiled: Compile, name: str) -> None:
    """428 Precondition Required (RFC 6585 section 3) asks for a header that the contract has as optional."""

    class Guarded(Shelves):
        """Changes nothing that its reader may not have seen."""

        def answer(self, call: Call) -> Answer:
            if call.method == "PATCH" and "if-match" not in call.headers:
                return 428, {"message": "send If-Match"}
            return super().answer(call)

    document = paths("POST /boxes", "GET /boxes/{id}", "PATCH /boxes/{id}")
    patch = document["/boxes/{id}"]["patch"]
    patch["parameters"].append({"name": name, "in": "header", "schema": {"type": "string"}})
    patch["responses"] = {**patch["responses"], "428": {"description": ""}}
    result = drive(compiled({"paths": document}), Guarded(), phases=("baseline", "clauses"))
    assert result.run.unaccepted == ()
    assert [finding.message for finding in result.run.findings if "If-Match" in finding.message] == []


def test_no_value_makes_the_path_that_of_another_operation(compiled: Compile) -> None:
    """Reports are named; `latest` is a path of its own, and the only one that works."""
    document = paths("GET /reports/{name}", "GET /reports/latest")
    document["/reports/{name}"]["get"]["parameters"][0]["description"] = "The report, for example `latest`."
    called = set[str]()

    def answer(call: Call) -> Answer:
        if call.method == "GET" and call.path == "/reports/latest":
            return 200, {"name": "latest"}
        called.add(call.path)
        return (404, {"message": "no such report"}) if call.method == "GET" else not_offered("GET")

    result = drive(compiled({"paths": document}), answer)
    assert called and result.run.unaccepted
    assert [one.operation for one in result.run.unaccepted] == ["GET /reports/{name}"]
    assert result.run.findings == ()


def test_a_name_of_what_is_called_alike_comes_first(compiled: Compile) -> None:
    """A kernel needs the name of a specification, and other things have names, too."""
    document = paths("GET /authors", "GET /kernelspecs", "POST /kernels")

    def answer(call: Call) -> Answer:
        if call.path == "/kernels":
            name = call.body.get("name") if isinstance(call.body, dict) else None
            if call.method != "POST":
                return not_offered("POST")
            return (201, {"name": name}) if name == "python3" else (500, {"message": "unhandled error"})
        if call.method != "GET":
            return not_offered("GET")
        if call.path == "/authors":
            return 200, [{"name": "Somebody"}]
        return 200, {"default": "python3", "kernelspecs": {"python3": {"name": "python3", "spec": {"name": "Python"}}}}

    assert drive(compiled({"paths": document}), answer, phases=("baseline",)).run.unaccepted == ()


@pytest.mark.parametrize("parameter", ["collection_id", "collection"])
@pytest.mark.parametrize("member", ["name", "slug", "secret"])
def test_a_path_that_wants_another_name_than_the_id(compiled: Compile, member: str, parameter: str) -> None:
    """Who reads that it is an id would send one, and that is said once."""
    kept: dict[str, dict[str, str]] = {}
    numbers = itertools.count(1)

    def answer(call: Call) -> Answer:
        if call.path == "/collections":
            if call.method != "POST":
                return not_offered("POST")
            if not isinstance(call.body, dict) or not isinstance(call.body.get("name"), str):
                return 400, {"message": "a name is wanted"}
            number = next(numbers)
            name = call.body["name"] if member == "name" else f"collection-{number}"
            if not name or "/" in name:
                return 400, {"message": "a plain name is wanted"}
            kept[name] = {"id": f"c{number}", "name": call.body["name"], member: name}
            return 201, kept[name]
        name = call.path.rpartition("/")[2]
        if call.method not in ("GET", "DELETE"):
            return not_offered("GET", "DELETE")
        if name not in kept:
            return 404, {"message": f"no collection {name}"}
        return (204, kept.pop(name) and None) if call.method == "DELETE" else (200, kept[name])

    one = f"/collections/{{{parameter}}}"
    entries = ("POST /collections", f"GET {one}", f"DELETE {one}")
    result = drive(compiled({"paths": paths(*entries)}), answer, phases=("baseline", "clauses", "lifecycle"))
    assert result.run.unaccepted == () and kept == {} and result.left == {}
    # What has another name is there, and what was never made is not.
    blamed = {finding.rule for finding in result.run.findings if finding.severity != "note"}
    assert not blamed & {"created-not-found", "unknown-id-accepted"}
    notes = [finding.message for finding in result.run.findings if finding.rule == "created-not-found"]
    said = f"knows it by its `{member}`; the contract calls the parameter `collection_id`"
    assert [said in note for note in notes] == ([True] if parameter == "collection_id" else [])
