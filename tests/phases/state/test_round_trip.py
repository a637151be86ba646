"""What was sent is what is read: creates, updates of all members, of one, and of one inside of an object."""

from __future__ import annotations

import pytest

from tests.conftest import Compile
from tests.servers.depot import CONTRACT, MANNERS, depot
from tests.servers.small import Answer, Call, Shelves, drive, paths

_PHASES = ("baseline", "lifecycle")


@pytest.mark.parametrize(
    ("fault", "rule", "severity", "words"),
    [
        ("drops-member", "echo-mismatch", "warning", "makeCrate was sent `straps` = "),
        ("own-date", "echo-mismatch", "warning", "makeCrate was sent `due` = "),
        ("nulls-nested", "echo-mismatch", "warning", "makeCrate was sent `measures.depth` = "),
        (
            "no-default",
            "default-not-applied",
            "warning",
            "makeCrate was sent no `weight`, whose default is 1",
        ),
        ("loses-options", "update-not-visible", "error", "putOptions was sent `colour` = "),
        ("loses-update", "update-not-visible", "error", "was sent `note` = "),
        ("loses-nested-update", "update-not-visible", "error", "was sent `measures.width` = "),
        ("update-breaks", "update-not-visible", "error", "was sent `fragile` = false, and getCrate then shows true"),
        ("update-mends", "update-not-visible", "error", "was sent `fragile` = true, and getCrate then shows false"),
        ("keeps-null", "update-not-visible", "error", "was sent `note` = null, and getCrate then shows "),
        ("patch-clears-others", "update-loses-others", "error", "patchCrate was sent nothing but `name`"),
        ("patch-clears-pin", "update-loses-others", "error", "then shows that `pin` is gone"),
        ("patch-clears-nested", "update-loses-others", "error", "patchCrate was sent nothing but `measures.width`"),
    ],
)
def test_what_is_lost_is_one_finding(compiled: Compile, fault: str, rule: str, severity: str, words: str) -> None:
    findings = drive(compiled(CONTRACT), depot([fault]), phases=_PHASES).run.findings
    assert {(finding.rule, finding.severity) for finding in findings} == {(rule, severity)}, findings
    # PUT and PATCH are two operations, each of which may lose the same.
    assert len(findings) <= 2
    assert words in findings[0].message


@pytest.mark.parametrize("manner", ["", *MANNERS])
def test_a_way_of_writing_is_no_fault(compiled: Compile, manner: str) -> None:
    findings = drive(compiled(CONTRACT), depot([], [manner] if manner else []), phases=_PHASES).run.findings
    assert [finding.message for finding in findings] == []


@pytest.mark.parametrize("manner", ["bare-id", "location"])
def test_what_is_named_but_not_shown_is_read(compiled: Compile, manner: str) -> None:
    findings = drive(compiled(CONTRACT), depot(["own-date"], [manner]), phases=_PHASES).run.findings
    assert [finding.rule for finding in findings] == ["echo-mismatch"]


class Library(Shelves):
    """Keeps books of two kinds; `lost` names a member of either that it takes for 7."""

    def __init__(self, lost: str = "") -> None:
        super().__init__()
        self._lost = lost

    def answer(self, call: Call) -> Answer:
        body = call.body if isinstance(call.body, dict) else {}
        wanted = {"print": "pages", "audio": "narrator"}.get(str(body.get("kind")))
        if call.method == "POST" and (wanted is None or {"kind", wanted} != set(body) or body[wanted] == ""):
            return 400, {"message": "a book has pages, or somebody reads it"}
        status, value, *more = super().answer(call)
        if isinstance(value, dict) and self._lost in value:
            value[self._lost] = type(value[self._lost])(7)
        return (status, value, more[0]) if more else (status, value)


@pytest.mark.parametrize("lost", ["", "pages", "narrator"])
def test_each_alternative_of_a_body_is_compared(compiled: Compile, lost: str) -> None:
    kinds = {
        "print": ("pages", {"type": "integer", "minimum": 1}),
        "audio": ("narrator", {"type": "string", "minLength": 1}),
    }
    alternatives = [
        {
            "title": kind,
            "type": "object",
            "additionalProperties": False,
            "required": ["kind", name],
            "properties": {"kind": {"const": kind}, name: schema},
        }
        for kind, (name, schema) in kinds.items()
    ]
    document = paths("POST /books", "GET /books/{id}", "DELETE /books/{id}", body={"oneOf": alternatives})
    read = document["/books/{id}"]["get"]
    read["responses"] = {**read["responses"], "200": {"description": "", "content": {"application/json": {}}}}
    findings = drive(compiled({"paths": document}), Library(lost), phases=_PHASES).run.findings
    assert [finding.rule for finding in findings] == (["echo-mismatch"] if lost else []), findings
    assert all(f"was sent `{lost}` = " in finding.message for finding in findings)


@pytest.mark.parametrize(("left", "told"), [("", '""'), (None, "null")], ids=["empty", "null"])
def test_what_an_update_leaves_is_told_as_it_is_shown(compiled: Compile, left: str | None, told: str) -> None:
    class Emptying(Shelves):
        def _one(self, call: Call) -> Answer:
            if call.method == "PATCH" and isinstance(call.body, dict) and "note" not in call.body:
                call = Call(call.method, call.path, {**call.body, "note": left}, call.headers, call.content, call.query)
            return super()._one(call)

    texts = {name: {"type": "string", "minLength": 1, "maxLength": 9} for name in ("name", "note", "place")}
    body = {"type": "object", "properties": texts}
    kinds = ("POST /things", "GET /things/{id}", "PATCH /things/{id}", "DELETE /things/{id}")
    findings = drive(compiled({"paths": paths(*kinds, body=body)}), Emptying(), phases=_PHASES).run.findings
    (finding,) = [each for each in findings if each.rule == "update-loses-others"]
    assert finding.message.endswith(f"then shows that `note` is {told}")


@pytest.mark.parametrize(
    ("summary", "severity"),
    [("Partial update of a thing", "note"), ("Merges what is sent into a thing", "error"), ("", "note")],
)
def test_whether_a_patch_reaches_into_objects_only_the_document_says(
    compiled: Compile, summary: str, severity: str
) -> None:
    texts = {name: {"type": "string", "minLength": 1, "maxLength": 9} for name in ("en", "de")}
    names = {"type": "object", "required": ["en"], "properties": texts}
    body = {"type": "object", "properties": {"title": names, "note": texts["en"]}}
    kinds = ("POST /things", "GET /things/{id}", "PATCH /things/{id}", "DELETE /things/{id}")
    document = paths(*kinds, body=body)
    document["/things/{id}"]["patch"]["summary"] = summary
    found = drive(compiled({"paths": document}), Shelves(), phases=_PHASES).run.findings
    assert [(each.rule, each.severity) for each in found] == [("update-loses-others", severity)]
