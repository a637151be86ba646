"""A value is not blamed for a crash that the accepted request shows as well."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Compile
from tests.servers.small import Answer, Call, Shelves, drive, paths

_BODY: dict[str, Any] = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": ["string", "null"], "maxLength": 40}},
}
_CRASH = 500, {"message": "Internal Server Error"}


class Reading(Shelves):
    """Reads every name before it makes a thing; an update may leave one that it cannot read."""

    def __init__(self, poison: str | None, unread: str, unique: bool) -> None:
        super().__init__()
        self._poison, self._unread, self._unique = poison, unread, unique

    def answer(self, call: Call) -> Answer:
        if call.method in ("POST", "PUT") and call.path.startswith("/things"):
            body = call.body if isinstance(call.body, dict) else {}
            name = body.get("name", 0)
            if not isinstance(name, str | None) or len(name or "") > 40:
                return 400, {"message": "a name is wanted"}
            if call.headers.get("content-type") != "application/json":
                return 415, {"message": "JSON is wanted"}
            names = [thing["name"] for thing in self.kept.values()]
            if call.method == "POST":
                poisoned = self._poison is not None and None in names
                if poisoned or (self._unread and self._unread in (name or "")) or (name is None and self._poison):
                    return _CRASH
                if self._unique and name in names:
                    return _CRASH
        return super().answer(call)


@pytest.mark.parametrize("unique", [False, True])
@pytest.mark.parametrize(
    ("poison", "unread", "expected"),
    [
        pytest.param(None, "", [], id="nothing crashes"),
        pytest.param(None, "'", ["holds a quote"], id="a value crashes"),
    ],
)
def test_a_value_that_crashes_is_blamed(
    compiled: Compile, poison: str | None, unread: str, expected: list[str], unique: bool
) -> None:
    document = {"paths": paths("POST /things", "GET /things/{id}", "PUT /things/{id}", body=_BODY)}
    result = drive(compiled(document), Reading(poison, unread, unique), phases=("baseline", "clauses"))
    crashes = [each.message for each in result.run.findings if each.rule == "server-error"]
    found = [message for message in crashes if "a repetition of the accepted request" not in message]
    assert len(found) == len(expected)
    assert all(words in message for message, words in zip(found, expected, strict=True))


def test_a_value_is_not_blamed_where_the_accepted_request_crashes_as_well(compiled: Compile) -> None:
    """The update to null goes first, and no later creation works."""
    document = {"paths": paths("POST /things", "GET /things/{id}", "PUT /things/{id}", body=_BODY)}
    server = Reading("null", "", unique=False)
    made = 0

    def answer(call: Call) -> Answer:
        nonlocal made
        made += call.method == "POST" and call.path == "/things"
        if made == 8:
            server.kept["/things/poison"] = {"id": "poison", "name": None}
        return server(call)

    result = drive(compiled(document), answer, phases=("baseline", "clauses"), connections=1)
    found = [each.message for each in result.run.findings if each.rule == "server-error"]
    assert any("an accepted request is sent again" in message for message in found)
    assert not [message for message in found if " holds " in message or "characters" in message]


def test_a_value_is_not_blamed_where_the_server_has_recovered_meanwhile(compiled: Compile) -> None:
    """What crashes the server is removed by another request, after the crash has shown again."""
    document = {"paths": paths("POST /things", "GET /things/{id}", body=_BODY)}
    server, state = Shelves(), "sound"

    def answer(call: Call) -> Answer:
        nonlocal state
        if call.method == "POST" and isinstance(call.body, dict):
            if "'" in str(call.body.get("name")) and state != "recovered":
                state = "broken"
                return _CRASH
            state = "recovered" if state == "broken" else state
        return server(call)

    result = drive(compiled(document), answer, phases=("baseline", "clauses"), connections=1)
    assert state == "recovered"
    assert not [each.message for each in result.run.findings if each.rule == "server-error"]


@pytest.mark.parametrize("is_gone", [False, True], ids=["there", "gone"])
def test_a_value_is_not_blamed_for_a_refusal_of_what_is_gone(compiled: Compile, is_gone: bool) -> None:
    """Loans name a copy; somebody removes it in the middle of the run, and nothing says what the refusals are for."""
    lasting = 6

    def answer(call: Call) -> Answer:
        nonlocal lasting
        if call.method != "POST":
            return 405, {"message": "not offered"}, {"allow": "POST"}
        body = call.body if isinstance(call.body, dict) else {}
        lasting -= is_gone
        if lasting < 0 or body.get("copy") != "c1" or ("days" in body and body["days"] not in range(1, 61)):
            return 422, {"message": "this cannot be lent"}
        return 201, {"lent": True}

    properties = {
        "copy": {"type": "string", "enum": ["c1"]},
        "days": {"type": "integer", "minimum": 1, "maximum": 60},
        "note": {"type": "string", "maxLength": 20},
    }
    body = {"type": "object", "required": ["copy"], "properties": properties}
    run = drive(compiled({"paths": paths("POST /loans", body=body)}), answer, connections=1).run
    assert [each.message for each in run.findings if each.rule == "valid-request-rejected"] == []
    told = [clause for clause in run.clauses if "by then the accepted request was refused, too" in clause.reason]
    assert bool(told) is is_gone


@pytest.mark.parametrize("is_gone", [False, True], ids=["there", "gone"])
def test_a_breach_is_not_refused_by_what_the_accepted_request_is_refused_for(compiled: Compile, is_gone: bool) -> None:
    """Loans name a copy that somebody removes in the middle of the run; the server checks that first, and nothing
    else."""
    lasting = 6

    def answer(call: Call) -> Answer:
        nonlocal lasting
        if call.method == "GET":
            return 200, []
        if call.method != "POST":
            return 405, {"message": "not offered"}, {"allow": "GET, POST"}
        lasting -= is_gone
        return (400, {"message": "no copy c1"}) if lasting < 0 else (201, {"lent": True})

    text = {"type": "string", "maxLength": 20}
    members = {"copy": {"type": "string", "enum": ["c1"]}, **{f"note{number}": text for number in range(8)}}
    body = {"type": "object", "required": ["copy"], "properties": members}
    run = drive(compiled({"paths": paths("GET /loans", "POST /loans", body=body)}), answer, connections=1).run
    types = [clause for clause in run.clauses if clause.keyword == "type" and ".note" in clause.where]
    assert len(types) == 8
    assert sum(clause.verdict == "upheld" for clause in types) <= 2 * is_gone
    said = [clause for clause in run.clauses if "by then the accepted request was refused, too" in clause.reason]
    assert bool(said) is is_gone


@pytest.mark.parametrize("is_gone", [False, True], ids=["there", "gone"])
def test_what_is_left_out_is_not_blamed_where_a_member_names_what_is_gone(compiled: Compile, is_gone: bool) -> None:
    """Sessions are moved to a kernel that ends in the middle of the run; new sessions do not bring it back."""

    class Sessions(Shelves):
        lasting = 6

        def answer(self, call: Call) -> Answer:
            if call.method == "PATCH" and call.path in self.kept and isinstance(call.body, dict):
                self.lasting -= is_gone
                if "kernel" in call.body and (self.lasting < 0 or call.body["kernel"] != "k1"):
                    return 400, {"message": "no such kernel"}
            return super().answer(call)

    text = {"type": "string", "maxLength": 20}
    body = {"type": "object", "properties": {"kernel": {"type": "string", "enum": ["k1"]}, "name": text, "note": text}}
    document = paths("POST /sessions", "GET /sessions/{id}")
    document["/sessions/{id}"] |= paths("PATCH /sessions/{id}", body=body)["/sessions/{id}"]
    run = drive(compiled({"paths": document}), Sessions(), connections=1).run
    assert [each.message for each in run.findings if each.rule == "valid-request-rejected"] == []
