"""Fields that come back otherwise than they were sent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.conftest import Compile
from tests.servers.small import Answer, Call, drive, not_offered, paths


def _sent_and_returned(
    compiled: Compile,
    path: str,
    returned: Callable[[Call], Any],
    status: int = 201,
    phases: tuple[str, ...] = ("baseline",),
) -> list[str]:
    text = {"type": "string", "maxLength": 40}
    body = {"type": "object", "required": ["name", "colour"], "properties": {"name": text, "colour": text}}
    document = {"paths": paths(f"POST {path}", body=body)}
    made = {"description": "", "content": {"application/json": {"schema": {"type": "object"}}}}
    document["paths"][path]["post"]["responses"] |= {str(status): made}

    def answer(call: Call) -> Answer:
        if call.method != "POST":
            return not_offered("POST")
        fine = isinstance(call.body, dict) and all(isinstance(call.body.get(name), str) for name in ("name", "colour"))
        return (status, returned(call)) if fine else (400, {"message": "no"})

    found = drive(compiled(document), answer, phases=phases).run.findings
    return [finding.message for finding in found if finding.rule == "echo-mismatch"]


def test_an_operation_that_returns_nothing_as_it_was_sent_is_one_finding(compiled: Compile) -> None:
    (message,) = _sent_and_returned(compiled, "/copies", lambda _: {"id": 1, "name": "copy", "colour": "red"})
    assert message.startswith("the operation returns other values than it was sent in 2 places")
    (message,) = _sent_and_returned(compiled, "/copies", lambda call: {**call.body, "name": "copy"})
    assert "`name`" in message and not _sent_and_returned(compiled, "/copies", lambda call: call.body)


def _two_makers(*where: str, **more: Any) -> dict[str, Any]:
    """A document of POSTs that make things with a name, and with `more` members, and answer with JSON."""
    members = {"name": {"type": "string", "maxLength": 40}, **more}
    body = {"type": "object", "required": [*members], "properties": members}
    document = {"paths": paths(*(f"POST {path}" for path in where), body=body)}
    made = {"description": "", "content": {"application/json": {"schema": {"type": "object"}}}}
    for path in document["paths"].values():
        path["post"]["responses"] = {"201": made, "400": {"description": ""}}
    return document


def test_what_another_operation_has_made_is_shown_as_that_made_it(compiled: Compile) -> None:
    """A store that knows things by their content answers with what it has already."""
    kept: dict[str, dict[str, Any]] = {}
    document = _two_makers("/blobs", "/files", content={"enum": ["a"]})

    def answer(call: Call) -> Answer:
        if call.method != "POST":
            return not_offered("POST")
        sent = call.body if isinstance(call.body, dict) else {}
        if sent.get("content") != "a" or not isinstance(sent.get("name"), str):
            return 400, {"message": "no"}
        return 201, kept.setdefault("a", {"id": "0cc175b9", "name": sent["name"]})

    found = drive(compiled(document), answer, phases=("baseline", "clauses")).run.findings
    assert [finding.message for finding in found if finding.rule == "echo-mismatch"] == []


def test_a_server_that_trims_texts_is_one_finding(compiled: Compile) -> None:
    document = _two_makers("/cups", "/jugs")

    def answer(call: Call) -> Answer:
        if call.method != "POST":
            return not_offered("POST")
        fine = isinstance(call.body, dict) and isinstance(call.body.get("name"), str)
        return (201, {"name": call.body["name"].strip()}) if fine else (400, {"message": "no"})

    found = drive(compiled(document), answer, phases=("baseline", "clauses")).run.findings
    (finding,) = [finding for finding in found if finding.rule == "echo-mismatch"]
    assert finding.message.startswith("the server trims texts in 2 places; for example, POST /")


@pytest.mark.parametrize(("shift", "told"), [(0, 0), (1, 1)], ids=["the same moment", "an hour later"])
def test_a_moment_in_another_zone_is_what_was_sent(compiled: Compile, shift: int, told: int) -> None:
    def answer(call: Call) -> Answer:
        if call.method != "POST":
            return not_offered("POST")
        try:
            due = datetime.fromisoformat(call.body["due"].upper().replace("Z", "+00:00"))
        except (KeyError, TypeError, ValueError, AttributeError):
            return 400, {"message": "no"}
        if not 1000 < due.year < 9000:
            return 400, {"message": "too far away"}
        return 201, {"due": (due + timedelta(hours=shift)).astimezone(timezone(timedelta(hours=1))).isoformat()}

    moment = {"type": "string", "format": "date-time"}
    body = {"type": "object", "required": ["due"], "properties": {"due": moment}}
    document = {"paths": paths("POST /tasks", body=body)}
    made = {"description": "", "content": {"application/json": {"schema": {"type": "object"}}}}
    document["paths"]["/tasks"]["post"]["responses"] = {"201": made, "400": {"description": ""}}
    found = drive(compiled(document), answer, phases=("baseline", "clauses")).run.findings
    assert len([finding for finding in found if finding.rule == "echo-mismatch"]) == told


@pytest.mark.parametrize(
    ("known_by", "told"), [("name", 0), (None, 1)], ids=["what is there by its name", "what it has made of it"]
)
def test_an_answer_that_shows_what_is_there_already_changes_nothing(
    compiled: Compile, known_by: str | None, told: int
) -> None:
    """A POST with a name that is taken is answered with what has it, as it was made."""
    kept: dict[str, dict[str, Any]] = {}

    def returned(call: Call) -> Any:
        made = {**call.body, "id": f"t{len(kept)}"}
        if known_by is None:
            return {**made, "colour": "red"}
        return kept.setdefault(call.body[known_by], made)

    assert len(_sent_and_returned(compiled, "/tags", returned, phases=("baseline", "clauses"))) == told


@pytest.mark.parametrize(
    ("own", "told"), [({}, 0), ({"part_id": "p1"}, 1)], ids=["the outer resource", "a part that knows it"]
)
def test_an_answer_that_shows_the_outer_resource_returns_nothing(
    compiled: Compile, own: dict[str, Any], told: int
) -> None:
    def returned(call: Call) -> Any:
        return {"thing_id": call.path.split("/")[2], "name": "the name", **own}

    assert len(_sent_and_returned(compiled, "/things/{thing_id}/parts", returned)) == told


_OWNER = {"name": "owner_id", "required": True, "schema": {"type": "string", "minLength": 1, "maxLength": 9}}


@pytest.mark.parametrize(
    ("path", "place", "shown", "told"),
    [
        pytest.param("/notes", "query", "owner_id", 0, id="of a parameter of the query"),
        pytest.param("/owners/{owner_id}/notes", "path", "owner_id", 0, id="of a parameter of the path"),
        pytest.param("/owners/{owner_id}/notes", "path", "id", 0, id="the path's id"),
        pytest.param("/notes", "query", "colour", 1, id="of a parameter of another name"),
    ],
)
def test_a_member_that_a_parameter_overrules_is_no_fault(
    compiled: Compile, path: str, place: str, shown: str, told: int
) -> None:
    """What the request says twice, and differently, cannot be kept twice."""
    text = {"type": "string", "minLength": 1, "maxLength": 9}
    body = {"type": "object", "required": ["name", shown], "properties": {"name": text, shown: text}}
    document = {"paths": paths(f"POST {path}", body=body)}
    document["paths"][path]["post"]["parameters"] = [{**_OWNER, "in": place}]
    made = {"description": "", "content": {"application/json": {"schema": {"type": "object"}}}}
    document["paths"][path]["post"]["responses"] |= {"201": made}

    def answer(call: Call) -> Answer:
        if call.method != "POST":
            return not_offered("POST")
        owner = parse_qs(call.query).get("owner_id", [""])[0] if place == "query" else call.path.split("/")[2]
        fine = isinstance(call.body, dict) and all(isinstance(call.body.get(name), str) for name in ("name", shown))
        return (201, {**call.body, shown: owner, "size": 1}) if fine and owner else (400, {"message": "no"})

    found = drive(compiled(document), answer, phases=("baseline",)).run.findings
    assert len([finding for finding in found if finding.rule == "echo-mismatch"]) == told


@pytest.mark.parametrize("default", [{}, {"default": "nobody"}], ids=["sent", "left out, with a default"])
def test_a_kept_member_that_a_parameter_overrules_is_no_fault(compiled: Compile, default: dict[str, str]) -> None:
    text = {"type": "string", "minLength": 1, "maxLength": 9}
    members = {"name": text, "owner_id": {**text, **default}}
    body = {"type": "object", "required": ["name"], "properties": members}
    document = {"paths": paths("POST /notes", "GET /notes/{id}", body=body)}
    document["paths"]["/notes"]["post"]["parameters"] = [{**_OWNER, "in": "query"}]
    shown = {"type": "object", "properties": {"id": text, **members}}
    for method, where in (("post", "/notes"), ("get", "/notes/{id}")):
        answers = document["paths"][where][method]["responses"]
        document["paths"][where][method]["responses"] = {
            **answers, ("201" if method == "post" else "200"): {
                "description": "", "content": {"application/json": {"schema": shown}}
            }
        }  # fmt: skip
    kept: dict[str, Any] = {}

    def answer(call: Call) -> Answer:
        if call.path != "/notes":
            found = kept.get(call.path.rpartition("/")[2])
            return not_offered("GET") if call.method != "GET" else (200, found) if found else (404, {"message": "no"})
        owner = parse_qs(call.query).get("owner_id", [""])[0]
        fine = isinstance(call.body, dict) and isinstance(call.body.get("name"), str) and owner
        if call.method != "POST":
            return not_offered("POST")
        if not fine:
            return 400, {"message": "no"}
        key = f"n{len(kept)}"
        kept[key] = {**call.body, "owner_id": owner, "id": key}
        return 201, {"id": key}

    found = drive(compiled(document), answer, phases=("baseline", "lifecycle")).run.findings
    assert [finding.message for finding in found if finding.rule in ("echo-mismatch", "default-not-applied")] == []


@pytest.mark.parametrize(
    ("status", "returned", "told"),
    [
        (200, lambda _: {"name": "the best", "price": 5}, 0),
        (201, lambda _: {"name": "the best", "price": 5}, 1),
        (200, lambda _: {"name": "the best", "colour": "red"}, 1),
    ],
    ids=["a result", "what was created", "a copy with all that is required"],
)
def test_a_result_of_what_was_sent_is_no_copy_of_it(
    compiled: Compile, status: int, returned: Callable[[Call], Any], told: int
) -> None:
    assert len(_sent_and_returned(compiled, "/quotes", returned, status)) == told
