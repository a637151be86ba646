"""Multipart bodies that are no forms: parts by their order, and by name, on servers that read them as e-mail does."""

from __future__ import annotations

import json
import re
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest

from clausewise.contract.bodies import read_body, write_body
from clausewise.contract.contract import Contract, load
from clausewise.media.codec import Malformed
from clausewise.runner.run import Result
from tests.servers.small import Answer, Call, drive, not_offered

DOCUMENT = """
openapi: 3.2.0
info: {title: Parts, version: "1"}
paths:
  /batch:
    post:
      operationId: batch
      requestBody:
        required: true
        content:
          multipart/mixed:
            schema:
              type: array
              prefixItems:
                - {type: object, required: [name], properties: {name: {type: string, maxLength: 9}}}
                - {type: string, format: binary}
              items: {type: string, pattern: '^[a-z]{2,5}$'}
              minItems: 2
              maxItems: 4
            prefixEncoding:
              - {}
              - {contentType: image/png, headers: {X-Size: {required: true, schema: {type: integer, minimum: 1}}}}
            itemEncoding: {contentType: text/plain}
      responses:
        "200":
          description: ok
          content: {multipart/mixed: {itemSchema: {type: object, required: [id], properties: {id: {type: integer}}}}}
        "400": {description: bad}
  /upload:
    post:
      operationId: upload
      requestBody:
        required: true
        content:
          multipart/related:
            schema:
              type: object
              required: [meta, media]
              properties:
                media: {type: string, format: binary}
                meta: {type: object, required: [title], properties: {title: {type: string, minLength: 1}}}
      responses:
        "200": {description: ok}
        "400": {description: bad}
"""


@pytest.fixture
def contract(tmp_path: Path) -> Contract:
    file = tmp_path / "parts.yaml"
    file.write_text(DOCUMENT)
    return load(file)


def parts_in(call: Call) -> list[Message]:
    """The parts of a body, as the standard library reads them; [] where it is no multipart body."""
    head = f"Content-Type: {call.headers.get('content-type', '')}\r\n\r\n".encode("latin-1")
    read = message_from_bytes(head + call.content)
    parts = read.get_payload()
    return [part for part in parts if isinstance(part, Message)] if isinstance(parts, list) else []


def content(part: Message) -> bytes:
    """What stands in a part."""
    found = part.get_payload(decode=True)
    assert isinstance(found, bytes)
    return found


def object_in(part: Message) -> dict[str, object] | None:
    """The JSON object in a part; None for anything else."""
    try:
        found = json.loads(content(part))
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def answer_of(values: list[object]) -> Answer:
    """A multipart body of JSON values, its parts without names."""
    lines = [f"--x\r\nContent-Type: application/json\r\n\r\n{json.dumps(value)}\r\n" for value in values]
    return 200, ("".join(lines) + "--x--\r\n").encode(), {"content-type": "multipart/mixed; boundary=x"}


class Server:
    """Keeps the document, but for the rules that it is told to forget."""

    def __init__(self, *forgotten: str) -> None:
        self._forgotten = frozenset(forgotten)

    def __call__(self, call: Call) -> Answer:
        """The answer to a request."""
        if call.method != "POST":
            return not_offered("POST")
        broken = set(self._batch(call) if call.path == "/batch" else self._upload(call))
        if broken - self._forgotten:
            return 400, None
        if call.path != "/batch":
            return 200, None
        return answer_of([{"id": 1}, {"id": "2" if "answer" in self._forgotten else 2}])

    def _batch(self, call: Call) -> list[str]:
        parts = parts_in(call)
        if not call.headers.get("content-type", "").startswith("multipart/mixed") or not 2 <= len(parts) <= 4:
            return ["form"]
        first, second, *rest = parts
        named = (object_in(first) or {}).get("name")
        broken = [] if isinstance(named, str) else ["form"]
        broken += ["length"] if isinstance(named, str) and len(named) > 9 else []
        broken += ["image"] if second.get_content_type() != "image/png" else []
        size = second.get("X-Size", "")
        broken += ["size"] if not re.fullmatch("[0-9]{1,9}", size) or int(size) < 1 else []
        for part in rest:
            broken += ["text type"] if part.get_content_type() != "text/plain" else []
            broken += ["text"] if not re.fullmatch(rb"[a-z]{2,5}", content(part)) else []
        return broken

    def _upload(self, call: Call) -> list[str]:
        named = {part.get_param("name", header="Content-Disposition"): part for part in parts_in(call)}
        is_related = call.headers.get("content-type", "").startswith("multipart/related")
        if not is_related or not {"meta", "media"} <= named.keys():
            return ["form"]
        title = (object_in(named["meta"]) or {}).get("title")
        return [] if isinstance(title, str) and title else ["title"] if title == "" else ["form"]


def _found(result: Result) -> set[tuple[str, str]]:
    return {(finding.rule, finding.where) for finding in result.run.findings}


def test_a_server_that_keeps_every_part_is_tested_whole(contract: Contract) -> None:
    result = drive(contract, Server())
    assert [finding.message for finding in result.run.findings] == []
    assert result.run.coverage.operations.accepted == 2
    assert {clause.reason for clause in result.run.clauses if clause.verdict == "untested"} == set()
    assert not result.run.coverage.unjudged


@pytest.mark.parametrize(
    ("forgotten", "rule", "where"),
    [
        ("length", "invalid-request-accepted", "request.body.0.name"),
        ("image", "invalid-request-accepted", "request.body.1"),
        ("text", "invalid-request-accepted", "request.body[]"),
        ("text type", "invalid-request-accepted", "request.body[]"),
        ("title", "invalid-request-accepted", "request.body.meta.title"),
        ("answer", "response-schema", "response.200.body[].id"),
    ],
)
def test_a_rule_of_one_part_that_a_server_forgets(contract: Contract, forgotten: str, rule: str, where: str) -> None:
    assert _found(drive(contract, Server(forgotten))) == {(rule, where)}


@pytest.mark.parametrize(
    ("operation", "written", "value"),
    [
        ("batch", b"--B\r\n\r\n[1]\r\n--B\r\nContent-Type: image/png\r\n\r\n\x89P\r\n--B--", [[1], "\x89P"]),
        (
            "batch",
            b'preamble\r\n--B\r\nContent-Type: application/json; charset=utf-8\r\n\r\n{"name": "a"}\r\n'
            b"--B\r\n\r\nx\r\n--B\r\n\r\nab\r\n--B--\r\nepilogue",
            [{"name": "a"}, "x", "ab"],
        ),
        # Parts without names go by the order of the properties.
        ("upload", b'--B\r\n\r\nx\r\n--B\r\n\r\n{"title": "t"}\r\n--B--', {"media": "x", "meta": {"title": "t"}}),
        (
            "upload",
            b'--B\r\nContent-Disposition: form-data; name="meta"\r\n\r\n{"title": "t"}\r\n--B\r\n\r\nx\r\n--B--',
            {"media": "x", "meta": {"title": "t"}},
        ),
    ],
)
def test_what_is_read_of_parts(contract: Contract, operation: str, written: bytes, value: object) -> None:
    (entry,) = contract.operation(operation).bodies
    assert read_body(entry, written, f"{entry.name}; boundary=B") == value


@pytest.mark.parametrize("value", [[{"name": "a"}, "\x89\x00", "ab"], [{"name": "--clausewise-boundary-7d4a1c"}, ""]])
def test_what_is_written_is_read(contract: Contract, value: object) -> None:
    (entry,) = contract.operation("batch").bodies
    written = write_body(entry, value)
    assert written is not None
    assert read_body(entry, written.content, written.content_type) == value


def test_a_related_body_names_the_type_of_its_first_part(contract: Contract) -> None:
    (entry,) = contract.operation("upload").bodies
    written = write_body(entry, {"meta": {"title": "t"}, "media": "x"})
    assert written is not None
    assert written.content_type.endswith('; type="application/octet-stream"')
    assert written.content.index(b'name="media"') < written.content.index(b'name="meta"')


def test_a_part_that_is_no_text_is_named(contract: Contract) -> None:
    (entry,) = contract.operation("batch").bodies
    read = read_body(entry, b"--B\r\n\r\n\xff\r\n--B--", f"{entry.name}; boundary=B")
    assert isinstance(read, Malformed) and read.message.startswith("part 1: ")
