"""Operations of which the first requests are refused: what the refusal says leads to one that is accepted."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from tests.conftest import Compile
from tests.servers.small import Answer, Call, Shelves, drive, paths

_TEXT = {"type": "string"}

#: judges a body: what the server says of it; None where it is taken
Judge = Callable[[dict[str, Any]], Any]


def body(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties}


def _detail(*loc: str | int, **more: Any) -> Any:
    return {"detail": [{"loc": ["body", *loc], "type": "value_error", **more}]}


def _lacks(*names: str) -> Callable[[dict[str, Any], Callable[[str], Any]], Any]:
    def judge(sent: dict[str, Any], say: Callable[[str], Any]) -> Any:
        """What is said of the first of `names` that is missing; a body with every member is refused without a word."""
        return "no" if "internal" in sent else next((say(name) for name in names if name not in sent), None)

    return judge


def _not_both(sent: dict[str, Any]) -> Any:
    if missing := {"p", "q"} - {*sent}:
        return f"not without {missing}"
    return (
        "Only one of start_time and intervalSeconds can be set."
        if {"start_time", "intervalSeconds"} <= {*sent}
        else None
    )


def _words(sent: dict[str, Any]) -> Any:
    return (
        None
        if sent["colour"] in ("red", "sea green")
        else {"error": f"{sent['colour']}: must be one of: red, sea green"}
    )


def _quoted(sent: dict[str, Any]) -> Any:
    if sent["colour"] == "red":
        return None
    return _detail(
        "colour", msg="Input should be 'red' or 'blue'", input=sent["colour"], ctx={"expected": "'red' or 'blue'"}
    )


def _nested(sent: dict[str, Any]) -> Any:
    size = sent["boxes"][0]["size"]
    return None if size >= 10 else _detail("boxes", 0, "size", msg="too small", ctx={"ge": 10})


def _by_name(sent: dict[str, Any]) -> Any:
    return _lacks("owner", "p")(sent, lambda name: {"errors": {name: ["This field is required."]}})


def _by_pointer(sent: dict[str, Any]) -> Any:
    if sent["when"] == "2024-05-17T09:30:00Z":
        return None
    return {"errors": [{"source": {"pointer": "/when"}, "title": "is no ISO 8601 timestamp"}]}


def _in_words(sent: dict[str, Any]) -> Any:
    return _lacks("run_once_at", "dueDate")(
        sent, lambda name: {"run_once_at": "Run once at has", "dueDate": "a due date has"}[name] + " to be set"
    )


def _printed(sent: dict[str, Any]) -> Any:
    if "inner" not in sent["outer"] and {"p", "q"} <= {*sent}:
        return None
    if missing := {"p", "q"} - {*sent}:
        return f"not without {missing}"
    return [
        "ValueError",
        "1 error:\n {'type': 'value_error', 'loc': ('body', 'outer', 'inner'), 'msg': 'is internal', 'input': 1}",
    ]


def _same_version(sent: dict[str, Any]) -> Any:
    return None if sent["version"] == "3.0.6" else {"message": f"version {sent['version']} is not the server's 3.0.6"}


@pytest.mark.parametrize(
    ("schema", "judge"),
    [
        (
            body(["n"], start_time=_TEXT, intervalSeconds={"type": "integer"}, n=_TEXT, p=_TEXT, q=_TEXT),
            _not_both,
        ),
        (body(["colour"], colour=_TEXT), _words),
        (body(["colour"], colour=_TEXT), _quoted),
        (
            body(["boxes"], boxes={"type": "array", "minItems": 1, "items": body(["size"], size={"type": "integer"})}),
            _nested,
        ),
        (body(["a"], a=_TEXT, owner=_TEXT, p=_TEXT, internal=_TEXT), _by_name),
        (body(["when"], when=_TEXT), _by_pointer),
        (body(["cron"], cron=_TEXT, run_once_at=_TEXT, dueDate=_TEXT, internal=_TEXT), _in_words),
        (body(["outer"], outer=body([], inner=_TEXT, other=_TEXT), p=_TEXT, q=_TEXT), _printed),
        (body(["version"], version=_TEXT), _same_version),
    ],
    ids=[
        "one of two",
        "listed words",
        "quoted words",
        "a bound",
        "a name",
        "a pointer",
        "words of a name",
        "as Python prints it",
        "a version",
    ],
)
def test_a_refusal_says_what_is_wanted(compiled: Compile, schema: dict[str, Any], judge: Judge) -> None:
    def answer(call: Call) -> Answer:
        said = judge(call.body) if isinstance(call.body, dict) else "an object is requested_values"
        return (200, {"ok": True}) if said is None else (422, said)

    result = drive(compiled({"paths": paths("POST /things/find", body=schema)}), answer, phases=("baseline",))
    assert result.run.coverage.operations.accepted == 1
    assert not result.run.findings


def _of_its_own(**errors: Any) -> Any:
    """A refusal with an id and a version that have nothing to do with the request."""
    return {"id": str(uuid4()), "version": "1.23.2", "detail": "Validation error", "errors": errors}


def _among_noise(sent: dict[str, Any]) -> Any:
    return None if "owner" in sent else _of_its_own(owner=["This field is required."])


def _noisy_sentence(sent: dict[str, Any]) -> Any:
    return None if sent["colour"] == "red" else {"message": f"{uuid4()}: colour must be one of: red, sea green"}


def _long_enough(sent: dict[str, Any]) -> Any:
    return None if len(sent["code"]) == 12 else {"message": "code must be at least 12 characters long"}


@pytest.mark.parametrize(
    ("schema", "judge", "most"),
    [
        (body(["a"], a=_TEXT, b=_TEXT), _among_noise, 6),
        (body(["colour"], colour=_TEXT), _noisy_sentence, 5),
        (body(["code"], code=_TEXT), _long_enough, 4),
    ],
    ids=["ids and versions", "an id in the sentence", "a length"],
)
def test_what_is_wanted_is_told_from_the_rest(
    compiled: Compile, schema: dict[str, Any], judge: Judge, most: int
) -> None:
    calls: list[Call] = []

    def answer(call: Call) -> Answer:
        calls.append(call)
        said = judge(call.body)
        return (200, {"ok": True}) if said is None else (422, said)

    result = drive(compiled({"paths": paths("POST /things/find", body=schema)}), answer, phases=("baseline",))
    assert result.run.coverage.operations.accepted == 1 and len(calls) <= most


@pytest.mark.parametrize(
    ("says", "is_fine"),
    [
        ("Enter a valid domain name", lambda text: re.fullmatch(r"([a-z0-9-]+\.)+[a-z]{2,}", text)),
        ("The phone number entered is not valid.", lambda text: re.fullmatch(r"\+[0-9]{11,15}", text)),
        ("must be an IPv4 network in CIDR notation", lambda text: re.fullmatch(r"[0-9.]+/[0-9]+", text)),
        ("Unknown time zone", lambda text: text in ("UTC", "Europe/Oslo")),
        ("is no semantic version", lambda text: re.fullmatch(r"[0-9]+(\.[0-9]+){2}", text)),
        ("invalid MAC address", lambda text: re.fullmatch("[0-9a-f]{2}(:[0-9a-f]{2}){5}", text)),
        ("not a country", lambda text: re.fullmatch("[A-Z]{2}", text)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_form_that_a_refusal_names_is_sent(compiled: Compile, says: str, is_fine: Callable[[str], object]) -> None:
    def answer(call: Call) -> Answer:
        sent = call.body.get("code") if isinstance(call.body, dict) else None
        return (200, {"ok": True}) if isinstance(sent, str) and is_fine(sent) else (422, {"code": [says]})

    schema = body(["code"], code=_TEXT)
    result = drive(compiled({"paths": paths("POST /things/find", body=schema)}), answer, phases=("baseline",))
    assert result.run.coverage.operations.accepted == 1


def test_a_page_for_people_asks_for_nothing(compiled: Compile) -> None:
    calls: list[Call] = []

    def answer(call: Call) -> Answer:
        calls.append(call)
        page = f'<!doctype html><title>Not found</title><a href="/start">{call.body}</a>'
        return 404, page.encode(), {"content-type": "text/html"}

    drive(compiled({"paths": paths("POST /things/find", body=body(["a"], a=_TEXT))}), answer, phases=("baseline",))
    assert len(calls) <= 4


def test_what_a_refusal_asked_for_is_given_once_it_is_known(compiled: Compile) -> None:
    kept = Shelves()

    def answer(call: Call) -> Answer:
        if call.line != "POST /views":
            return kept(call)
        project = call.body.get("project")
        if project is None:
            return 400, _of_its_own(project=["This field is required."])
        if f"/projects/{project}" not in kept.kept:
            return 400, _of_its_own(project=[f'Invalid pk "{project}" - object does not exist.'])
        return 201, {"id": "7", "project": project}

    others = paths("GET /projects", "POST /projects", "GET /projects/{id}")
    document = {"paths": paths("POST /views", body=body([])) | others}
    made = drive(compiled(document), answer, phases=("baseline",)).run
    assert made.coverage.operations.accepted == 4


@pytest.mark.parametrize(
    "refusal",
    [
        {"field": f"name.{'9' * 5000}", "message": "wrong"},
        f"{{'loc': ('body', 'name', {'9' * 5000}), 'msg': 'wrong', 'input': 1}}",
    ],
    ids=["a dotted path", "as Python prints it"],
)
def test_an_index_beyond_all_numbers_is_read_as_a_name(compiled: Compile, refusal: Any) -> None:
    result = drive(
        compiled({"paths": paths("POST /things/find", body=body(["name"], name=_TEXT))}),
        lambda call: (422, refusal) if call.body["name"] != "wrong" else (200, None),
        phases=("baseline",),
    )
    assert result.stopped is None
