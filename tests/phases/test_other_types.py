"""An id that an answer has is that of another type of resource: a POST that makes an album answers with its first
edition, and the id of one thing is not that of what sounds alike."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tests.conftest import Compile
from tests.servers.small import Answer, Call, Shelves, drive, not_offered, paths

_TEXT = {"type": "string"}
_SCHEMAS = {
    "Album": {"type": "object", "required": ["id", "name"], "properties": {"id": _TEXT, "name": _TEXT}},
    "AlbumEdition": {"type": "object", "required": ["id", "label"], "properties": {"id": _TEXT, "label": _TEXT}},
    "Ticket": {
        "type": "object",
        "properties": {"data": {"title": "Ticket", "type": "object", "properties": {"id": _TEXT}}},
    },
    "EditionAnswer": {"type": "object", "properties": {"data": {"$ref": "#/components/schemas/AlbumEdition"}}},
}
_ALBUMS = (
    "POST /albums",
    "GET /albums",
    "GET /albums/{album}/editions",
    "GET /albums/{album}/latest",
    "DELETE /albums/{album}",
    "GET /editions/{edition_id}",
)


def _answer(schema: Any) -> dict[str, Any]:
    return {"description": "", "content": {"application/json": {"schema": schema}}}


def _document(made: str, *more: str) -> dict[str, Any]:
    """The paths of albums, whose POST answers as the schema `made` says."""

    def of(name: str) -> Any:
        return {"$ref": f"#/components/schemas/{name}"}

    found = {"paths": paths(*_ALBUMS, *more), "components": {"schemas": _SCHEMAS}}
    for path, method, schema in (
        ("/albums", "post", of(made)),
        ("/albums", "get", {"type": "object", "properties": {"data": {"type": "array", "items": of("Album")}}}),
        ("/albums/{album}/editions", "get", {"type": "array", "items": of("AlbumEdition")}),
        ("/albums/{album}/latest", "get", of("EditionAnswer")),
        ("/editions/{edition_id}", "get", of("EditionAnswer")),
    ):
        operation = found["paths"][path][method]
        answers = {status: {"description": ""} for status in ("400", "404", "405", "422")}
        operation["responses"] = answers | {"201" if method == "post" else "200": _answer(schema)}
    for item in found["paths"].values():
        for operation in item.values():
            operation["responses"] = operation["responses"] | {"405": {"description": ""}, "422": {"description": ""}}
    return found


class Albums:
    """Albums that paths call by their id or their name, and editions that have ids of their own."""

    def __init__(self, *, answers_with_edition: bool = True, lists: bool = True, named: bool = True) -> None:
        self.albums: dict[str, dict[str, str]] = {}
        self._editions: dict[str, dict[str, str]] = {}
        self._answers_with_edition, self._lists, self._named = answers_with_edition, lists, named
        self._numbers = itertools.count(1)

    def __call__(self, call: Call) -> Answer:
        match call.path.strip("/").split("/"):
            case ["albums"]:
                return self._all(call)
            case ["albums", own]:
                return self._one(call, own)
            case ["albums", own, "editions" | "latest" as part]:
                album = self._known(own)
                if call.method != "GET":
                    return not_offered("GET")
                if album is None:
                    return 422, {"message": "invalid album"}
                edition = self._editions[album["edition"]]
                return 200, {"data": edition} if part == "latest" else [edition]
            case ["editions", own]:
                if call.method != "GET":
                    return not_offered("GET")
                found = self._editions.get(own)
                return (200, {"data": found}) if found else (422, {"message": "invalid edition"})
        return 404, {"message": "no such path"}

    def _known(self, own: str) -> dict[str, str] | None:
        by_name = (album for album in self.albums.values() if self._named and album["name"] == own)
        return self.albums.get(own) or next(by_name, None)

    def _all(self, call: Call) -> Answer:
        if call.method == "GET":
            shown = [{"id": each["id"], "name": each["name"]} for each in self.albums.values()]
            return 200, {"data": shown if self._lists else []}
        if call.method != "POST":
            return not_offered("GET", "POST")
        name = call.body.get("name") if isinstance(call.body, dict) else None
        if not isinstance(name, str) or len(name) > 40:
            return 400, {"message": "a name is wanted"}
        known = next((each for each in self.albums.values() if each["name"] == name), None)
        number = next(self._numbers)
        edition = {"id": f"edition-{number}", "label": "first"}
        self._editions[edition["id"]] = edition
        album = known or {"id": f"album-{number}", "name": name}
        album["edition"] = edition["id"]
        self.albums[album["id"]] = album
        return 201, {"data": edition} if self._answers_with_edition else {"id": album["id"], "name": name}

    def _one(self, call: Call, own: str) -> Answer:
        if call.method != "DELETE":
            return not_offered("DELETE")
        album = self._known(own)
        if album is None:
            return 422, {"message": "invalid album"}
        del self.albums[album["id"]]
        return 204, None


_FALSE = {"created-not-listed", "created-not-found", "valid-request-rejected"}


def _rules(run: Any) -> set[str]:
    return {finding.rule for finding in run.findings if finding.severity != "note"}


def test_what_makes_a_thing_may_answer_with_another(compiled: Compile) -> None:
    albums = Albums()
    run = drive(compiled(_document("EditionAnswer")), albums, phases=("baseline", "lifecycle")).run
    assert _rules(run) & _FALSE == set()
    assert run.unaccepted == ()
    # What was made is removed by its name.
    assert albums.albums == {}


def test_what_is_known_by_its_id_alone_is_found_in_the_list(compiled: Compile) -> None:
    run = drive(compiled(_document("EditionAnswer")), Albums(named=False), phases=("baseline", "lifecycle")).run
    assert _rules(run) & _FALSE == set()
    # Nothing tells the id of what is there to be deleted.
    assert [each.operation for each in run.unaccepted or ()] == ["DELETE /albums/{album}"]


@pytest.mark.parametrize("lists", [True, False])
def test_what_an_answer_of_its_own_form_names_may_be_listed_by_another_id(compiled: Compile, lists: bool) -> None:
    # Nothing else shows what the answer is of.
    run = drive(compiled(_document("Ticket")), Albums(lists=lists), phases=("baseline", "lifecycle")).run
    assert ("created-not-listed" in _rules(run)) is not lists


def test_what_is_made_and_answered_as_it_is_listed_has_to_be_listed(compiled: Compile) -> None:
    albums = Albums(answers_with_edition=False, lists=False)
    run = drive(compiled(_document("Album")), albums, phases=("baseline", "lifecycle")).run
    assert "created-not-listed" in _rules(run)


class Samples(Shelves):
    """Song samples have ids of another form than samples; a sample is refused where the server `refuses` it."""

    def __init__(self, refuses: str) -> None:
        super().__init__()
        self._refuses = refuses

    def answer(self, call: Call) -> Answer:
        if call.method == "GET" and call.path.startswith(self._refuses):
            return 400, {"message": "invalid id"}
        return super().answer(call)


@pytest.mark.parametrize(
    ("refuses", "rules"),
    [
        pytest.param("/song_samples/", set(), id="what sounds alike"),
        pytest.param("/samples/", {"valid-request-rejected"}, id="what was made"),
    ],
)
def test_an_id_is_valid_for_its_own_type(compiled: Compile, refuses: str, rules: set[str]) -> None:
    document = {"paths": paths("POST /samples", "GET /samples/{id}", "GET /song_samples/{song_sample_id}/takes")}
    run = drive(compiled(document), Samples(refuses), phases=("baseline",)).run
    assert _rules(run) == rules
