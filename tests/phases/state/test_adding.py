"""An update that adds to a list of what there is one of: whether that is a fault, the document says."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Compile
from tests.servers.small import Answer, Call, Shelves, drive, not_offered, paths

_BODY: dict[str, Any] = {
    "type": "object",
    "required": ["urls"],
    "properties": {"urls": {"type": "array", "items": {"type": "string"}, "minItems": 1}},
}


def _told(compiled: Compile, method: str, said: dict[str, Any], *, forgets: bool = False) -> list[str]:
    """The rules of the findings against a server that keeps a list of URLs, and adds to it what it is sent."""
    kept: list[str] = ["mailto:first"]

    def answer(call: Call) -> Answer:
        if call.method == "GET":
            return 200, {"urls": list(kept)}
        if call.method not in ("PUT", method):
            return not_offered("GET", "PUT", method)
        urls = call.body.get("urls") if isinstance(call.body, dict) else None
        is_json = call.headers.get("content-type") == "application/json"
        if not (is_json and isinstance(urls, list) and urls and all(isinstance(one, str) for one in urls)):
            return 400, {"message": "no"}
        if call.method != method:
            kept.clear()
        kept.extend(urls if not forgets else [])
        return 200, {"urls": list(kept)}

    document = {"paths": paths("GET /targets", "PUT /targets", f"{method} /targets", body=_BODY)}
    operations = document["paths"]["/targets"]
    schema = {"content": {"application/json": {"schema": _BODY}}, "description": ""}
    operations["get"]["responses"]["200"] = schema
    operations[method.lower()] |= said
    result = drive(compiled(document), answer, phases=("baseline", "lifecycle"))
    return [finding.rule for finding in result.run.findings]


@pytest.mark.parametrize(
    ("method", "said"),
    [
        pytest.param("POST", {"operationId": "addTargets"}, id="by its name"),
        pytest.param("POST", {"summary": "Adds targets to those there are"}, id="by its summary"),
        pytest.param("PATCH", {"description": "What is sent is appended."}, id="by its description"),
    ],
)
def test_an_update_that_is_meant_to_add_may(compiled: Compile, method: str, said: dict[str, Any]) -> None:
    assert "update-not-visible" not in _told(compiled, method, said)
    assert "update-not-visible" in _told(compiled, method, said, forgets=True)


@pytest.mark.parametrize(
    ("method", "said"),
    [
        pytest.param("PUT", {"summary": "Adds targets"}, id="a PUT replaces"),
        pytest.param("POST", {"summary": "Sets the targets"}, id="nothing is said of adding"),
        pytest.param("PATCH", {"description": "Changes the addresses."}, id="another word"),
    ],
)
def test_another_must_not(compiled: Compile, method: str, said: dict[str, Any]) -> None:
    assert "update-not-visible" in _told(compiled, method, said)


_WRITERS: dict[str, Any] = {
    "type": "object",
    "required": ["name", "writers"],
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 20},
        "writers": {"type": "array", "items": {"type": "string", "minLength": 1, "maxLength": 20}, "maxItems": 9},
    },
}


class Owned(Shelves):
    """Whoever asks is among the writers of a box, whatever is sent; an update keeps the `old` ones, or drops them."""

    def __init__(self, old: bool) -> None:
        super().__init__()
        self._old = old

    def answer(self, call: Call) -> Answer:
        """As that of shelves, with the writers that are kept."""
        before = list(self.kept.get(call.path, {}).get("writers", ())) if self._old else []
        status, value, *more = super().answer(call)
        if call.method in ("POST", "PUT") and isinstance(value, dict) and isinstance(value.get("writers"), list):
            value["writers"] = [*dict.fromkeys([*value["writers"], *before, "the-user"])]
        return (status, value, *more)


@pytest.mark.parametrize(("old", "rules"), [(False, []), (True, ["update-not-visible"])], ids=["replaced", "kept"])
def test_what_a_server_adds_by_itself_is_no_remainder(compiled: Compile, old: bool, rules: list[str]) -> None:
    document = {"paths": paths("POST /boxes", "GET /boxes/{id}", "PUT /boxes/{id}", body=_WRITERS)}
    found = drive(compiled(document), Owned(old), phases=("baseline", "lifecycle")).run.findings
    assert [finding.rule for finding in found if finding.rule == "update-not-visible"] == rules


class Sets(Shelves):
    """Each answer shows the writers of a box in another order; an update of the name makes it `forget` one."""

    def __init__(self, forget: bool) -> None:
        super().__init__()
        self._forget = forget

    def answer(self, call: Call) -> Answer:
        """As that of shelves."""
        status, value, *more = super().answer(call)
        if isinstance(value, dict) and isinstance(value.get("writers"), list):
            writers = value["writers"][1:] + value["writers"][:1]
            value["writers"] = (
                writers[1:] if self._forget and call.method == "PATCH" and len(call.body) == 1 else writers
            )
        return (status, value, *more)


@pytest.mark.parametrize(("forget", "told"), [(False, 0), (True, 1)], ids=["another order", "one less"])
def test_an_array_in_another_order_is_the_same(compiled: Compile, forget: bool, told: int) -> None:
    body = {**_WRITERS, "required": []}
    body["properties"] = {**body["properties"], "writers": {**body["properties"]["writers"], "minItems": 4}}
    document = {"paths": paths("POST /boxes", "GET /boxes/{id}", "PATCH /boxes/{id}", body=body)}
    found = drive(compiled(document), Sets(forget), phases=("baseline", "lifecycle")).run.findings
    assert len([finding for finding in found if finding.rule == "update-loses-others"]) == told
