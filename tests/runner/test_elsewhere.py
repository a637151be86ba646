"""A page that every path gets says nothing of an operation whose request a router took there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest

from tests.conftest import Compile
from tests.servers.small import Answer, Call, Shelves, drive, not_offered, paths

_PAGE = "<!DOCTYPE html><html><head><title>Boxes</title></head><body><div id='root'></div></body></html>"
_HTML = {"content-type": "text/html"}

_BODY = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "maxLength": 40}}}


def _document() -> dict[str, Any]:
    document: dict[str, Any] = {
        "paths": paths("POST /api/boxes", "GET /api/boxes/{id}", "DELETE /api/bags/{id}", "POST /api/bags", body=_BODY)
    }
    made = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
    for path, method, status in (
        ("/api/boxes", "post", "201"), ("/api/boxes/{id}", "get", "200"), ("/api/bags", "post", "201"),
    ):  # fmt: skip
        document["paths"][path][method]["responses"][status]["content"] = {"application/json": {"schema": made}}
    return document


class Application(Shelves):
    """Boxes and bags below /api; `fallback` answers what is asked for anywhere else, and `other` in its place."""

    def __init__(
        self, fallback: Callable[[Call], Answer], other: Callable[[Call], Answer | None] = lambda call: None
    ) -> None:
        super().__init__()
        self._fallback, self._other = fallback, other

    def answer(self, call: Call) -> Answer:
        """That of the shelves, where the router leads there."""
        other = self._other(call)
        if other is not None:
            return other
        kind, *ids = unquote(call.path).removeprefix("/api/").split("/")
        methods = {("boxes", 0): "POST", ("bags", 0): "POST", ("boxes", 1): "GET", ("bags", 1): "DELETE"}
        method = methods.get((kind, len(ids)), "") if all(ids) else ""
        if call.method != method:
            return self._fallback(call) if call.method in ("GET", "HEAD") else not_offered(*filter(None, [method]))
        fine = isinstance(call.body, dict) and isinstance(call.body.get("name"), str) and len(call.body["name"]) <= 40
        if method == "POST" and not fine:
            return 400, {"message": "a name is wanted"}
        if method == "POST" and call.headers.get("content-type") != "application/json":
            return 400, {"message": "JSON is wanted"}
        inner = Call(call.method, call.path.removeprefix("/api"), call.body, call.headers, call.content, call.query)
        return super().answer(inner)


def _page(call: Call) -> Answer:
    return 200, _PAGE.encode(), _HTML


def _page_with_path(call: Call) -> Answer:
    return 200, _PAGE.replace("Boxes", call.path).encode(), _HTML


def _greeting(call: Call) -> Answer:
    return 200, {"message": "hello"}


@pytest.mark.parametrize("fallback", [_page, _page_with_path, _greeting], ids=["page", "page with path", "greeting"])
def test_what_every_path_gets_is_no_answer_of_an_operation(
    compiled: Compile, fallback: Callable[[Call], Answer]
) -> None:
    result = drive(compiled(_document()), Application(fallback))
    assert [finding.message for finding in result.run.findings] == []
    assert any(note.startswith("GET of a path that nothing serves is answered 200 (") for note in result.notes)


@pytest.mark.parametrize("methods", [("GET",), ("GET", "POST", "DELETE", "PUT", "PATCH")], ids=["GET", "every method"])
def test_a_page_for_ids_that_the_router_does_not_take_is_no_answer_of_the_operation(
    compiled: Compile, methods: tuple[str, ...]
) -> None:
    document = _document()
    for path, method in (("/api/boxes/{id}", "get"), ("/api/bags/{id}", "delete")):
        document["paths"][path][method]["parameters"] = [
            {"name": "id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}
        ]

    def digits_only(call: Call) -> Answer | None:
        kind, *ids = unquote(call.path).removeprefix("/api/").split("/")
        is_taken = kind in ("boxes", "bags") and (not ids or (len(ids) == 1 and ids[0].isdecimal()))
        offered = {("boxes", 0): "POST", ("bags", 0): "POST", ("boxes", 1): "GET", ("bags", 1): "DELETE"}
        is_offered = is_taken and offered[kind, len(ids)] == call.method
        if is_offered or call.method not in (*methods, "HEAD"):
            return None
        return _page(call)

    assert [
        finding.message for finding in drive(compiled(document), Application(_page, digits_only)).run.findings
    ] == []


def _shows_bags(call: Call) -> Answer | None:
    is_bag = call.method == "GET" and call.path.startswith("/api/bags/") and call.path.count("/") == 3
    return (200, {"id": "1", "name": "a bag"}) if is_bag else None


@pytest.mark.parametrize("fallback", [_page, lambda call: (404, {"message": "no"})], ids=["page", "none"])
def test_a_method_that_is_really_offered_is_told(compiled: Compile, fallback: Callable[[Call], Answer]) -> None:
    result = drive(compiled(_document()), Application(fallback, _shows_bags))
    assert [finding.rule for finding in result.run.findings] == ["undocumented-method-accepted"]


def _boxes_as_pages(call: Call) -> Answer | None:
    is_box = call.method == "GET" and call.path.startswith("/api/boxes/") and call.path.count("/") == 3
    return (200, b"<p>a box</p>", _HTML) if is_box else None


def test_a_media_type_of_an_ordinary_answer_is_told(compiled: Compile) -> None:
    result = drive(compiled(_document()), Application(_page, _boxes_as_pages))
    assert "undocumented-content-type" in {finding.rule for finding in result.run.findings}


def test_the_page_is_no_answer_of_an_operation_that_accepts_nothing(compiled: Compile) -> None:
    document = _document()
    document["paths"] |= paths("POST /api/old/bags", body=_BODY)

    def refuses_old(call: Call) -> Answer | None:
        return (409, {"message": "no more bags"}) if (call.method, call.path) == ("POST", "/api/old/bags") else None

    run = drive(compiled(document), Application(_page, refuses_old)).run
    assert [(each.operation, each.answers) for each in run.unaccepted or ()] == [("POST /api/old/bags", ("409",))]


def test_a_path_that_takes_any_name_is_not_taken_for_one_that_nothing_serves(compiled: Compile) -> None:
    def answer(call: Call) -> Answer:
        if call.path.count("/") != 1:
            return 404, {"message": "no such path"}
        return (200, {"message": "hello"}) if call.method in ("GET", "DELETE") else not_offered("DELETE")

    found = drive(compiled({"paths": paths("DELETE /{name}")}), answer).run.findings
    assert "undocumented-method-accepted" in {finding.rule for finding in found}


def _charts(value: Callable[[str], Answer | None]) -> Callable[[Call], Answer]:
    """Charts by number, and an export whose path ends in a slash; `value` answers for what else is in their place."""

    def answer(call: Call) -> Answer:
        if call.method != "GET":
            return not_offered("GET")
        name = call.path.removeprefix("/charts/")
        if name in ("export/", "17"):
            return 200, {"id": name}
        return value(name) or (404, {"message": "no such chart"})

    return answer


def _slash(name: str) -> Answer | None:
    return (308, None, {"location": f"/charts/{name}/"}) if name == "export" else None


def _other_method(name: str) -> Answer | None:
    return None if name.isdecimal() else (405, {"message": "not here"}, {"allow": "DELETE"})


def _too_long(name: str) -> Answer | None:
    return (414, None) if len(name) > 200 else None


def _long_line(name: str) -> Answer | None:
    page = b"<html><h1>Bad Request</h1>Request Line is too large (5041 &gt; 4094)</html>"
    return (400, page, {"content-type": "text/html"}) if len(name) > 200 else None


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        pytest.param(_slash, {"type": "string", "examples": ["export", "17"]}, id="a slash"),
        pytest.param(_other_method, {"type": "integer", "examples": [17]}, id="another method"),
        pytest.param(_too_long, {"type": "string", "examples": ["17"]}, id="too long"),
        pytest.param(_long_line, {"type": "string", "examples": ["17"]}, id="a line that is too long"),
    ],
)
def test_what_a_router_says_of_a_value_in_the_path_is_neither_undocumented_nor_a_refusal(
    compiled: Compile, value: Callable[[str], Answer | None], schema: dict[str, Any]
) -> None:
    document = {"paths": paths("GET /charts/{id}", "GET /charts/export/")}
    document["paths"]["/charts/{id}"]["get"]["parameters"][0]["schema"] = schema
    found = drive(compiled(document), _charts(value)).run.findings
    rules = ("undocumented-status", "valid-request-rejected")
    assert [finding.message for finding in found if finding.rule in rules] == []


def test_a_redirect_of_each_request_is_undocumented(compiled: Compile) -> None:
    def answer(call: Call) -> Answer:
        if call.method != "GET":
            return not_offered("GET")
        return 308, None, {"location": f"{call.path}/"}

    found = drive(compiled({"paths": paths("GET /charts/{id}", "GET /charts/export/")}), answer).run.findings
    assert "undocumented-status" in {finding.rule for finding in found}
