"""Forms, in a server of their own: each field has its clauses, and each that is not enforced is one finding."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from clausewise.contract.contract import Contract
from clausewise.results.record import Finding
from tests.conftest import Compile, RunClausewise
from tests.servers.desk import DOCUMENT, FAULTS, LOGIN, UPLOAD, Refused, desk, parts_of
from tests.servers.small import Answer, Call, drive, not_offered

_MEDIA = {"login": LOGIN, "upload": UPLOAD}
_PATHS = {"login": "~1login", "upload": "~1uploads"}


@pytest.fixture(scope="module")
def contract(compiled: Compile) -> Contract:
    return compiled(DOCUMENT)


def pointer(fault: str) -> str:
    """The clause that a fault breaks."""
    operation, below = FAULTS[fault]
    media = _MEDIA[operation].replace("/", "~1")
    kind = "" if below.startswith("encoding/") else "schema/"
    return f"#/paths/{_PATHS[operation]}/post/requestBody/content/{media}/{kind}{below}"


def findings(contract: Contract, *faults: str) -> tuple[Finding, ...]:
    return drive(contract, desk(faults)).run.findings


def test_a_server_that_enforces_everything_has_no_finding(contract: Contract) -> None:
    result = drive(contract, desk())
    assert result.run.findings == ()
    untested = {clause.where: clause.reason for clause in result.run.clauses if clause.verdict == "untested"}
    assert untested == {}


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_a_clause_of_a_form_that_is_not_enforced_is_one_finding(contract: Contract, fault: str) -> None:
    found = [(each.rule, each.clause) for each in findings(contract, fault)]
    assert found == [("invalid-request-accepted", pointer(fault))]


def test_every_fault_of_the_forms_at_once(contract: Contract) -> None:
    found = [each.clause for each in findings(contract, *FAULTS)]
    assert sorted(map(str, found)) == sorted(map(pointer, FAULTS))


_NAME = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "maxLength": 5}}}
_EITHER: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "either", "version": "1"},
    "components": {"schemas": {"Named": _NAME}},
    "paths": {
        "/names": {
            "post": {
                "operationId": "name",
                "requestBody": {
                    "required": True,
                    "content": {
                        media: {"schema": {"$ref": "#/components/schemas/Named"}}
                        for media in ("application/json", LOGIN)
                    },
                },
                "responses": {"200": {"description": ""}, "400": {"description": ""}, "405": {"description": ""}},
            }
        }
    },
}


@pytest.mark.parametrize("careless", [(), ("json",), ("form",), ("json", "form")], ids="+".join)
def test_a_body_in_json_and_as_a_form_is_tried_as_both(compiled: Compile, careless: tuple[str, ...]) -> None:
    def answer(call: Call) -> Answer:
        if call.method != "POST":
            return not_offered("POST")
        kind = call.headers.get("content-type", "")
        if kind == "application/json":
            name, enforces = call.body.get("name") if isinstance(call.body, dict) else None, "json" not in careless
        else:
            name, enforces = dict(parse_qsl(call.content.decode())).get("name"), "form" not in careless
            name = name if kind == LOGIN else None
        return (200, None) if isinstance(name, str) and (len(name) <= 5 or not enforces) else (400, {"message": "no"})

    found = drive(compiled(_EITHER), answer).run.findings
    assert {each.clause for each in found} == (
        {"#/components/schemas/Named/properties/name/maxLength"} if careless else set()
    )
    places = {place.where for each in found for place in each.places} or {each.where for each in found}
    wanted = {"json": "request.body.name", "form": f"request.body[{LOGIN}].name"}
    assert places == {wanted[name] for name in careless}


@pytest.mark.parametrize(
    ("fails", "words"),
    [
        (lambda parts: parts["file"][0][1] == b"", "`file` is an empty file"),
        (lambda parts: len(parts["file"][0][1]) > 500_000, "`file` is a file of 1 MiB"),
    ],
    ids=["empty", "large"],
)
def test_a_crash_on_a_file_is_a_finding(compiled: Compile, fails: Any, words: str) -> None:
    schema = {"type": "object", "required": ["file"], "properties": {"file": {"type": "string", "format": "binary"}}}
    body = {"required": True, "content": {UPLOAD: {"schema": schema}}}
    statuses = {status: {"description": ""} for status in ("200", "400", "405")}
    operation = {"operationId": "take", "requestBody": body, "responses": statuses}

    def answer(call: Call) -> Answer:
        if call.method != "POST":
            return not_offered("POST")
        try:
            parts = parts_of(call)
        except Refused:
            return 400, None
        return (400 if "file" not in parts else 500 if fails(parts) else 200), None

    (finding,) = drive(compiled({"paths": {"/files": {"post": operation}}}), answer).run.findings
    assert finding.rule == "server-error" and words in finding.message


@pytest.mark.slow
def test_every_clause_of_the_forms_that_the_mock_breaks_is_found(tmp_path: Path, run_clausewise: RunClausewise) -> None:
    document = tmp_path / "desk.json"
    document.write_text(json.dumps(DOCUMENT, indent=1))
    done = run_clausewise("prove", document, "--min-score", "98", "--output-dir", tmp_path / "out", timeout=300)
    assert done.returncode == 0, done.stdout
