"""Bodies of other media types than JSON, and of several: each clause of each of them is tried, on a server that reads
them in its own way."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs
from xml.etree import ElementTree

import pytest

from tests.conftest import Compile
from tests.servers.small import Answer, Call, drive, not_offered

_NAME = {"type": "string", "minLength": 2, "maxLength": 8}
_PET = {
    "type": "object",
    "xml": {"name": "pet"},
    "required": ["name"],
    "properties": {
        "name": _NAME,
        "age": {"type": "integer", "minimum": 0, "maximum": 99, "xml": {"attribute": True}},
        "tags": {"type": "array", "maxItems": 2, "items": {"type": "string", "xml": {"name": "tag"}}},
    },
}
_ORDER = {"type": "object", "required": ["count"], "properties": {"count": {"type": "integer", "maximum": 5}}}


def _taking(content: dict[str, Any]) -> dict[str, Any]:
    statuses = {status: {"description": ""} for status in ("200", "400", "405", "409", "415")}
    body = {"required": True, "content": {name: {"schema": schema} for name, schema in content.items()}}
    return {"paths": {"/pets": {"post": {"operationId": "add", "requestBody": body, "responses": statuses}}}}


class Pets:
    """Takes a pet as XML and an order as JSON; with `unique`, no name twice. `lax` names what it does not look at."""

    def __init__(self, *lax: str, unique: bool = False) -> None:
        self.lax = lax
        self.unique = unique
        self.names: set[str] = set()

    def __call__(self, call: Call) -> Answer:
        if call.method != "POST":
            return not_offered("POST")
        if not call.content:
            return 400, None
        kind = call.headers.get("content-type", "").partition(";")[0]
        if kind == "application/vnd.order+json":
            return self._order(call.body)
        return self._pet(call.content.decode("utf-8", "replace")) if kind == "application/xml" else (415, None)

    def _order(self, order: Any) -> Answer:
        count = order.get("count") if isinstance(order, dict) else None
        if not isinstance(count, int | float) or isinstance(count, bool) or count != int(count):
            return 400, None
        return (200 if count <= 5 or "count" in self.lax else 400), None

    def _pet(self, text: str) -> Answer:
        found = re.fullmatch(r'<pet(?: age="([^"]*)")?>(.*)</pet>', text, re.DOTALL)
        names = re.findall(r"<name>([^<>]*)</name>", found[2]) if found else []
        if found is None or len(names) != 1 or "<name><" in text:
            return 400, None
        tags = re.findall(r"<tag>(.*?)</tag>", found[2], re.DOTALL)
        length = len(names[0].replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">"))
        age = found[1] or "0"
        if (
            (not 2 <= length <= 8 and "name" not in self.lax)
            or not re.fullmatch(r"-?\d+", age)
            or (not 0 <= int(age) <= 99 and "age" not in self.lax)
            or (len(tags) > 2 and "tags" not in self.lax)
            or any("<" in tag for tag in tags)
        ):
            return 400, None
        if self.unique and names[0] in self.names:
            return 409, None
        self.names.add(names[0])
        return 200, None


_BOTH = {"application/vnd.order+json": _ORDER, "application/xml": _PET}


@pytest.mark.parametrize(
    ("content", "unique"),
    [(_BOTH, False), ({"application/xml": _PET}, False), ({"application/xml": _PET}, True)],
    ids=["two media types", "XML alone", "names that are taken once"],
)
def test_an_innocent_server_is_accepted_and_every_clause_is_tried(
    compiled: Compile, content: dict[str, Any], unique: bool
) -> None:
    result = drive(compiled(_taking(content)), Pets(unique=unique))
    assert [finding.message for finding in result.run.findings] == []
    untested = [clause for clause in result.run.clauses if clause.verdict == "untested"]
    assert [clause.text for clause in untested if clause.direction == "request"] == []


@pytest.mark.parametrize(
    ("lax", "clause"),
    [
        ("count", "`count` is at most 5"),
        ("name", "`name` has at most 8 characters"),
        ("age", "`age` is at most 99"),
        ("tags", "`tags` has at most 2 items"),
    ],
)
def test_what_a_server_does_not_look_at_is_found(compiled: Compile, lax: str, clause: str) -> None:
    result = drive(compiled(_taking(_BOTH)), Pets(lax))
    assert {finding.rule for finding in result.run.findings} == {"invalid-request-accepted"}
    assert any(clause in finding.message for finding in result.run.findings) or lax in str(result.run.findings)


def test_a_media_type_that_is_never_accepted_is_named(compiled: Compile) -> None:
    content = {"application/json": _ORDER, "application/xml": _PET}

    def answer(call: Call) -> Answer:
        is_json = call.headers.get("content-type") == "application/json"
        return not_offered("POST") if call.method != "POST" else Pets()._order(call.body) if is_json else (415, None)

    result = drive(compiled(_taking(content)), answer)
    reasons = {clause.reason for clause in result.run.clauses if clause.verdict == "untested"}
    assert "no request for application/xml was accepted: the answer was 415" in reasons
    assert not any("bodies are sent as" in reason for reason in reasons)


def test_what_a_server_takes_wrongly_and_returns_is_no_fault_of_its_answer(compiled: Compile) -> None:
    document = _taking({"application/xml": _PET})
    operation = document["paths"]["/pets"]["post"]
    operation["responses"]["200"] = {"description": "", "content": {"application/xml": {"schema": _PET}}}

    def answer(call: Call) -> Answer:
        if call.method != "POST":
            return not_offered("POST")
        status, *_ = Pets("age")(call)
        return (status, call.content, {"content-type": "application/xml"}) if status == 200 else (status, None)

    result = drive(compiled(document), answer)
    assert {finding.rule for finding in result.run.findings} == {"invalid-request-accepted"}


#: media type of a body without a schema -> reads one; it raises an error, or gives nothing, for what does not have it
_READERS: dict[str, Callable[[bytes], object]] = {
    "application/json": lambda content: [json.loads(content)],
    "application/x-www-form-urlencoded": lambda content: parse_qs(content.decode(), strict_parsing=True),
    "multipart/form-data": lambda content: content.startswith(b"--"),
    "application/xml": lambda content: [ElementTree.fromstring(content)],
    "application/x-ndjson": lambda content: [json.loads(line) for line in content.splitlines()],
    "application/octet-stream": len,
    "text/plain": len,
}


@pytest.mark.parametrize("media_type", _READERS)
def test_a_body_of_which_only_the_format_is_known_is_made(compiled: Compile, media_type: str) -> None:
    statuses = {status: {"description": ""} for status in ("200", "400", "405", "415")}
    body = {"required": True, "content": {media_type: {}}}
    document = {"paths": {"/things": {"post": {"operationId": "add", "requestBody": body, "responses": statuses}}}}

    def answer(call: Call) -> Answer:
        if call.method != "POST":
            return not_offered("POST")
        if not call.headers.get("content-type", "").startswith(media_type):
            return 415 if call.content else 400, None
        try:
            return 200 if _READERS[media_type](call.content) else 400, None
        except (ValueError, ElementTree.ParseError):
            return 400, None

    result = drive(compiled(document), answer)
    assert [finding.message for finding in result.run.findings] == []
    untested = [clause for clause in result.run.clauses if clause.verdict == "untested"]
    assert [(clause.text, clause.reason) for clause in untested if clause.direction == "request"] == []
