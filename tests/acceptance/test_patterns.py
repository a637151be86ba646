"""Patterns of a document against servers of our own: one that keeps them, ones that forget a part, and a pattern that
nobody can read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Compile, RunClausewise
from tests.servers.small import Answer, Call, drive, not_offered

_CODE = r"^(?=.*[a-z])(?=.*\d)(?!.*--)[a-z\d-]{6,20}$"
_HOST = r"^(?=.{1,253}$)(([a-z0-9]+(-[a-z0-9]+)*)\.)+[a-z]{2,}$"
_NAME = r"^\p{Lu}[\p{L} '-]{1,30}$"
_PYTHON = r"\A[a-z]+\Z"


def _document(**patterns: str) -> dict[str, Any]:
    properties = {name: {"type": "string", "pattern": pattern} for name, pattern in patterns.items()}
    schema = {"type": "object", "required": list(patterns), "properties": properties}
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    statuses = {status: {"description": ""} for status in ("201", "400", "415")}
    post = {"operationId": "book", "requestBody": body, "responses": statuses}
    return {"openapi": "3.1.0", "info": {"title": "berths", "version": "1"}, "paths": {"/berths": {"post": post}}}


def _is_code(text: str) -> bool:
    letters, digits = any(c in "abcdefghijklmnopqrstuvwxyz" for c in text), any(c in "0123456789" for c in text)
    return letters and digits and "--" not in text and re.fullmatch("[a-z0-9-]{6,20}", text) is not None


def _is_host(text: str) -> bool:
    labels = text.split(".")
    whole = all(re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", label) for label in labels)
    return len(labels) > 1 and len(text) <= 253 and whole and re.fullmatch("[a-z]{2,}", labels[-1]) is not None


def _is_name(text: str) -> bool:
    return 2 <= len(text) <= 31 and text[0].isupper() and all(c.isalpha() or c in " '-" for c in text[1:])


def _no_digit(text: str) -> bool:
    return (
        re.fullmatch("[a-z0-9-]{6,20}", text) is not None and "--" not in text and re.search("[a-z]", text) is not None
    )


def _two_hyphens(text: str) -> bool:
    return _is_code(text.replace("--", "-x-")[:20]) if "--" in text else _is_code(text)


def _server(**checks: Callable[[str], bool]) -> Callable[[Call], Answer]:
    def answer(call: Call) -> Answer:
        if call.method != "POST":
            return not_offered("POST")
        if call.headers.get("content-type") != "application/json":
            return 415, {"message": "JSON is wanted"}
        body = call.body if isinstance(call.body, dict) else {}
        fits = all(isinstance(body.get(name), str) and check(body[name]) for name, check in checks.items())
        return (201, None) if fits else (400, {"message": "no"})

    return answer


_CHECKS = {"code": _is_code, "host": _is_host, "name": _is_name}


def test_a_server_that_keeps_its_patterns_is_right_and_every_clause_is_tried(compiled: Compile) -> None:
    contract = compiled(_document(code=_CODE, host=_HOST, name=_NAME))
    run = drive(contract, _server(**_CHECKS), phases=("baseline", "clauses")).run
    assert [finding.message for finding in run.findings] == []
    tried = {clause.where: clause.verdict for clause in run.clauses if clause.keyword == "pattern"}
    assert tried == dict.fromkeys(("request.body.code", "request.body.host", "request.body.name"), "upheld")


@pytest.mark.parametrize(
    "forgetful", [pytest.param(_no_digit, id="the digit"), pytest.param(_two_hyphens, id="the hyphens")]
)
def test_a_server_that_forgets_one_condition_is_found(compiled: Compile, forgetful: Callable[[str], bool]) -> None:
    contract = compiled(_document(code=_CODE, host=_HOST, name=_NAME))
    run = drive(contract, _server(**{**_CHECKS, "code": forgetful}), phases=("baseline", "clauses")).run
    (finding,) = run.findings
    assert (finding.rule, finding.where) == ("invalid-request-accepted", "request.body.code")
    assert finding.message.endswith(f"the contract says `code` matches {_CODE}")


@pytest.mark.parametrize(
    ("pattern", "whole", "value"),
    [
        ("[a-z]{3,10}", True, '"~'),
        ("[a-z]{3,10}$", True, '"~'),
        ("^[a-z]{3,10}", True, '~"'),
        ("[a-z]{3,10}", False, ""),
        ("^[a-z]{3,10}$", True, ""),
    ],
    ids=["no anchors", "no start", "no end", "a part is enough", "anchored"],
)
def test_a_server_that_wants_the_whole_text_to_match_is_told_so(
    compiled: Compile, pattern: str, whole: bool, value: str
) -> None:
    def answer(call: Call) -> Answer:
        if call.method != "POST":
            return not_offered("POST")
        if call.headers.get("content-type") != "application/json":
            return 415, None
        text = call.body.get("name") if isinstance(call.body, dict) else None
        matches = re.compile(pattern.replace("$", r"\Z"))
        fits = isinstance(text, str) and (matches.fullmatch(text) if whole else matches.search(text))
        return (201, None) if fits else (400, None)

    found = [each.message for each in drive(compiled(_document(name=pattern)), answer).run.findings]
    assert len(found) == bool(value)
    told = "a part of which matches; without `^` and `$` that is enough; the contract says `name` matches "
    assert all(value in message and told in message for message in found)


def test_where_a_pattern_cannot_be_read_the_rest_is_tested(compiled: Compile) -> None:
    contract = compiled(_document(code=_CODE, tag=_PYTHON))
    run = drive(contract, _server(code=_no_digit), phases=("baseline", "clauses"))
    # The server does not look at the tag, which no pattern that can be read describes.
    assert {finding.where for finding in run.run.findings} >= {"request.body.code"}
    of_tag = {(one.rule, one.severity) for one in run.run.findings if "tag/pattern" in (one.clause or "")}
    assert of_tag == {("spec-invalid", "warning")}
    (unread,) = [clause for clause in run.run.clauses if clause.id.endswith("tag/pattern")]
    assert (unread.verdict, unread.text) == ("untested", f"`tag` matches {_PYTHON}")
    assert unread.reason.startswith(f"it cannot be judged: the pattern {_PYTHON} cannot be read: it has `\\A`")
    assert any(finding.message.startswith("is not judged") for finding in run.run.findings)


@pytest.mark.parametrize(
    ("pattern", "severity"),
    [
        (r"\Aa\Z", "warning"),
        (r"^[[:alpha:]]+$", "warning"),
        (r"^(?P<a>b)$", "error"),
        (r"^[a-", "error"),
    ],
    ids=["escaped letters", "POSIX", "Python", "open"],
)
def test_a_pattern_that_is_no_ecma_262_is_an_error_and_one_of_another_meaning_a_warning(
    compiled: Compile, pattern: str, severity: str
) -> None:
    run = drive(compiled(_document(tag=pattern)), _server(), phases=("baseline",)).run
    assert [(finding.rule, finding.severity) for finding in run.findings] == [("spec-invalid", severity)]


@pytest.mark.process
def test_every_command_goes_on_with_such_a_pattern(run_clausewise: RunClausewise, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(_document(code="^[a-z]+$", tag=_PYTHON)))
    (tmp_path / "body.json").write_text(json.dumps({"code": "A", "tag": "A"}))
    commands = {
        "clauses a.json": 0,
        "validate a.json body.json --operation book": 1,
        "schemas a.json": 0,
        "diff a.json a.json": 0,
        # ECMA-262 reads the pattern, though as something else than is meant
        "test a.json --mock --phase baseline --report json": 0,
    }
    for command, status in commands.items():
        done = run_clausewise(*command.split(), cwd=tmp_path)
        assert done.returncode == status, (command, done.stderr)
