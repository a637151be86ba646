"""Services that answer in XML or YAML have resources as others have: what is created is read, deleted, and removed."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from clausewise.runner.run import Result
from tests.conftest import Compile
from tests.servers.small import Answer, Call, drive, not_offered

_BOAT = {
    "type": "object",
    "xml": {"name": "boat"},
    "required": ["name"],
    "properties": {"number": {"type": "integer", "readOnly": True}, "name": {"type": "string", "maxLength": 20}},
}
_BOATS = {"type": "array", "xml": {"name": "boats", "wrapped": True}, "items": _BOAT}
_NUMBER = {"name": "number", "in": "path", "required": True, "schema": {"type": "integer"}}


def _document(media: str) -> dict[str, Any]:
    def answer(schema: Any = None) -> dict[str, Any]:
        return {"description": "", **({"content": {media: {"schema": schema}}} if schema else {})}

    body = {"required": True, "content": {media: {"schema": _BOAT}}}
    problems = {status: answer() for status in ("400", "404", "405", "415")}
    make = {"operationId": "make", "requestBody": body, "responses": {"201": answer(_BOAT), **problems}}
    every = {"operationId": "list", "responses": {"200": answer(_BOATS), **problems}}
    one = {"operationId": "show", "responses": {"200": answer(_BOAT), **problems}}
    remove = {"operationId": "remove", "responses": {"204": answer(), **problems}}
    of_one = {"parameters": [_NUMBER], "get": one, "delete": remove}
    return {"paths": {"/boats": {"get": every, "post": make}, "/boats/{number}": of_one}}


class Harbour:
    """Keeps boats; answers in one media type. With `forgetful`, a removed boat is still shown."""

    def __init__(self, media: str, *, forgetful: bool = False) -> None:
        self.media = media
        self.forgetful = forgetful
        self.boats: dict[int, str] = {}
        self.removed: set[int] = set()
        self.last = 0

    def __call__(self, call: Call) -> Answer:
        _, collection, *rest = call.path.split("/")
        if collection != "boats" or len(rest) > 1:
            return 404, None
        return self._one(call, rest[0]) if rest else self._all(call)

    def _all(self, call: Call) -> Answer:
        if call.method == "GET":
            return self._answer(200, [number for number in self.boats if number not in self.removed])
        if call.method != "POST":
            return not_offered("GET", "POST")
        if not call.headers.get("content-type", "").startswith(self.media):
            return 415, None
        name = self._name(call.content)
        if name is None or len(name) > 20:
            return 400, None
        self.last += 1
        self.boats[self.last] = name
        return self._answer(201, self.last)

    def _one(self, call: Call, written: str) -> Answer:
        if call.method not in ("GET", "DELETE"):
            return not_offered("GET", "DELETE")
        number = int(written) if written.isdigit() else -1
        if number not in self.boats or (number in self.removed and not self.forgetful):
            return 404, None
        if call.method == "DELETE":
            self.removed.add(number)
            return 204, None
        return self._answer(200, number)

    def _name(self, content: bytes) -> str | None:
        """The name in a body; None where it is no boat."""
        if self.media == "application/yaml":
            try:
                boat = yaml.safe_load(content)
            except (yaml.YAMLError, ValueError):
                return None
            name = boat.get("name") if isinstance(boat, dict) else None
            return name if isinstance(name, str) else None
        try:
            root = ElementTree.fromstring(content)
        except ElementTree.ParseError:
            return None
        names = root.findall("name")
        return (names[0].text or "") if root.tag == "boat" and len(names) == 1 and not len(names[0]) else None

    def _answer(self, status: int, shown: int | list[int]) -> Answer:
        if self.media == "application/yaml":
            written = [self._value(one) for one in shown] if isinstance(shown, list) else self._value(shown)
            return status, yaml.safe_dump(written).encode(), {"content-type": self.media}
        root = ElementTree.Element("boats") if isinstance(shown, list) else self._element(shown)
        root.extend(self._element(one) for one in shown) if isinstance(shown, list) else None
        return status, ElementTree.tostring(root), {"content-type": self.media}

    def _value(self, number: int) -> dict[str, Any]:
        return {"number": number, "name": self.boats[number]}

    def _element(self, number: int) -> ElementTree.Element:
        boat = ElementTree.Element("boat")
        for name, value in self._value(number).items():
            ElementTree.SubElement(boat, name).text = str(value)
        return boat


def _tested(compiled: Compile, harbour: Harbour) -> Result:
    return drive(compiled(_document(harbour.media)), harbour, phases=("baseline", "clauses", "lifecycle"))


@pytest.mark.parametrize("media", ["application/xml", "application/yaml"])
def test_what_is_made_is_shown_and_removed(compiled: Compile, media: str) -> None:
    harbour = Harbour(media)
    result = _tested(compiled, harbour)
    assert [finding.message for finding in result.run.findings] == []
    assert result.run.coverage.operations.accepted == 4
    assert harbour.boats and harbour.removed == harbour.boats.keys()
    assert dict(result.left) == {}


@pytest.mark.parametrize("media", ["application/xml", "application/yaml"])
def test_what_is_removed_and_still_shown_is_found(compiled: Compile, media: str) -> None:
    result = _tested(compiled, Harbour(media, forgetful=True))
    assert "use-after-delete" in {finding.rule for finding in result.run.findings}
