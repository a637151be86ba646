"""A harbour with several manners of naming things, by hand: ships in JSON:API, berths that a PUT makes, pilots whose
changes need `If-Match`, and one notice that nobody makes. Each fault is one of state."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection
from typing import Any
from urllib.parse import parse_qs

from tests.servers.small import Answer, Call, not_offered

FAULTS = {
    "keeps-name": "an update of a ship does not change its name",
    "keeps-depth": "a PUT of a berth that is there keeps its depth",
    "loses-labels": "the labels of a berth are not stored",
    "counts-ropes-late": "a berth counts none of its ropes",
    "keeps-deleted": "a deleted ship can still be read",
    "counts-page": "the total of the ships is that of one page",
    "loses-scripts": "letters of a ship's name that are not ASCII are lost",
    "lowers-later": "a ship's name is answered as it was sent, and lower case is stored",
    "adds-crew": "the crew of a pilot is added to the one before",
    "forgets-notice": "the notice is answered, and not stored",
    "ignores-tag": "a pilot is changed whatever `If-Match` says",
}

_NAME = {"type": "string", "minLength": 1, "maxLength": 60}
_ATTRIBUTES = {
    "type": "object",
    "properties": {"name": _NAME, "imo": {"type": "string", "pattern": "^IMO[0-9]{7}$"}},
    "additionalProperties": False,
}
_BERTH: dict[str, Any] = {
    "type": "object",
    "required": ["depth"],
    "additionalProperties": False,
    "properties": {
        "depth": {"type": "integer", "minimum": 1, "maximum": 9000},
        "labels": {"type": "object", "additionalProperties": {"type": "string", "maxLength": 20}},
    },
}
_ROPE = {"type": "object", "required": ["metres"], "properties": {"metres": {"type": "integer", "minimum": 1}}}
_CREW = {"type": "array", "maxItems": 9, "items": _NAME}
_PILOT = {
    "type": "object",
    "required": ["name"],
    "additionalProperties": False,
    "properties": {"name": _NAME, "crew": _CREW},
}
_NOTICE = {"type": "object", "required": ["text"], "additionalProperties": False, "properties": {"text": _NAME}}


def _ship(required: list[str], *, names: bool) -> dict[str, Any]:
    members = {"type": {"const": "ships"}, "attributes": {**_ATTRIBUTES, "required": required}}
    members |= {"id": {"type": "string"}} if names else {}
    return {
        "type": "object",
        "required": ["data"],
        "properties": {"data": {"type": "object", "required": [*members], "properties": members}},
    }


def _shows(schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": "", "content": {"application/json": {"schema": schema}}}


def _lists(schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "data": {"type": "array", "items": schema},
            "meta": {"type": "object", "properties": {"total": {"type": "integer"}}},
        },
    }


def _operation(key: str, success: str, shown: Any, body: Any = None, parameters: Collection[Any] = ()) -> Any:
    refusals = {status: {"description": "refused"} for status in ("400", "404", "409", "412", "428")}
    found: dict[str, Any] = {"operationId": key, "parameters": [*parameters], "responses": {success: shown, **refusals}}
    if key == "putBerth":
        found["responses"]["201"] = shown
    return found | ({"requestBody": {"required": True, **_shows(body)}} if body is not None else {})


def _id(name: str, schema: dict[str, Any]) -> list[Any]:
    return [{"name": name, "in": "path", "required": True, "schema": schema}]


_GONE = {"description": "gone"}
_SHOWN_SHIP = _ship(["name", "imo"], names=True)
_SHOWN_BERTH = {
    "type": "object",
    "required": ["berth", "rope_count"],
    "properties": {"berth": {"type": "string"}, "rope_count": {"type": "integer"}, **_BERTH["properties"]},
}
_SHOWN_ROPE = {"type": "object", "properties": {"id": {"type": "integer"}, "metres": {"type": "integer"}}}
_SHOWN_PILOT = {"type": "object", "properties": {"id": {"type": "integer"}, "name": _NAME, "crew": _CREW}}
_LIMIT = {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 100}}
_IF_MATCH = {"name": "If-Match", "in": "header", "required": True, "schema": {"type": "string"}, "example": '"7"'}

DOCUMENT: dict[str, Any] = {
    "info": {"title": "harbour", "version": "1"},
    "paths": {
        "/ships": {
            "get": _operation(
                "listShips", "200", _shows(_lists(_SHOWN_SHIP["properties"]["data"])), parameters=[_LIMIT]
            ),
            "post": _operation("addShip", "201", _shows(_SHOWN_SHIP), _ship(["name", "imo"], names=False)),
        },
        "/ships/{ship}": {
            "parameters": _id("ship", {"type": "string"}),
            "get": _operation("getShip", "200", _shows(_SHOWN_SHIP)),
            "patch": _operation("patchShip", "200", _shows(_SHOWN_SHIP), _ship([], names=True)),
            "delete": _operation("removeShip", "204", _GONE),
        },
        "/berths/{berth}": {
            "parameters": _id("berth", {"type": "string", "pattern": "^[a-z][a-z0-9-]{2,29}$"}),
            "get": _operation("getBerth", "200", _shows(_SHOWN_BERTH)),
            "put": _operation("putBerth", "200", _shows(_SHOWN_BERTH), _BERTH),
            "delete": _operation("removeBerth", "204", _GONE),
        },
        "/berths/{berth}/ropes": {
            "parameters": _id("berth", {"type": "string", "pattern": "^[a-z][a-z0-9-]{2,29}$"}),
            "get": _operation("listRopes", "200", _shows({"type": "array", "items": _SHOWN_ROPE})),
            "post": _operation("addRope", "201", _shows(_SHOWN_ROPE), _ROPE),
        },
        "/berths/{berth}/ropes/{rope}": {
            "parameters": [*_id("berth", {"type": "string"}), *_id("rope", {"type": "integer"})],
            "delete": _operation("removeRope", "204", _GONE),
        },
        "/pilots": {"post": _operation("addPilot", "201", _shows(_SHOWN_PILOT), _PILOT)},
        "/pilots/{pilot}": {
            "parameters": _id("pilot", {"type": "integer", "minimum": 1}),
            "get": _operation("getPilot", "200", _shows(_SHOWN_PILOT)),
            "put": _operation("putPilot", "200", _shows(_SHOWN_PILOT), _PILOT, [_IF_MATCH]),
        },
        "/notice": {
            "get": _operation("getNotice", "200", _shows(_NOTICE)),
            "put": _operation("putNotice", "200", _shows(_NOTICE), _NOTICE),
        },
    },
}


class _Refused(Exception):
    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Harbour:
    """The server, with the named faults."""

    def __init__(self, faults: Collection[str] = ()) -> None:
        assert set(faults) <= FAULTS.keys()
        self._faults = faults
        self._ships: dict[str, dict[str, Any]] = {}
        self._berths: dict[str, dict[str, Any]] = {}
        self._ropes: dict[str, dict[str, Any]] = {}
        self._pilots: dict[str, dict[str, Any]] = {}
        self._tags: dict[str, int] = {}
        self._notice = {"text": "none"}
        self._numbers = {kind: itertools.count(1) for kind in ("ships", "ropes", "pilots")}

    def __call__(self, call: Call) -> Answer:
        """The answer to one request."""
        try:
            match call.path.strip("/").split("/"):
                case ["ships", *rest]:
                    return self._ship(call, rest)
                case ["berths", berth]:
                    return self._berth(call, berth)
                case ["berths", berth, "ropes", *rest]:
                    return self._rope(call, berth, rest)
                case ["pilots", *rest]:
                    return self._pilot(call, rest)
                case ["notice"]:
                    return self._board(call)
        except _Refused as refused:
            return refused.status, {"message": "refused"}
        return 404, {"message": "no such path"}

    def _ship(self, call: Call, rest: list[str]) -> Answer:
        if not rest and call.method == "GET":
            limit = parse_qs(call.query, keep_blank_values=True).get("limit", ["100"])[-1]
            if not re.fullmatch(r"[1-9][0-9]?|100", limit, re.ASCII):
                raise _Refused(400)
            ships = list(self._ships.values())
            page = ships[: int(limit)]
            return 200, {"data": page, "meta": {"total": len(page if "counts-page" in self._faults else ships)}}
        if not rest and call.method == "POST":
            own = _attributes(call.body, required=True)
            if any(each["attributes"]["imo"] == own["imo"] for each in self._ships.values()):
                raise _Refused(409)
            key = str(next(self._numbers["ships"]))
            self._ships[key] = {"type": "ships", "id": key, "attributes": self._kept(own)}
            return 201, {"data": {**self._ships[key], "attributes": own}}
        if not rest:
            return not_offered("GET", "POST")
        ship = _found(self._ships, rest)
        if call.method == "DELETE":
            if "keeps-deleted" not in self._faults:
                del self._ships[ship["id"]]
            return 204, None
        if call.method == "PATCH":
            own = _attributes(call.body, required=False)
            if call.body["data"].get("id") != ship["id"]:
                raise _Refused(409 if isinstance(call.body["data"].get("id"), str) else 400)
            if "keeps-name" in self._faults:
                own.pop("name", None)
            ship["attributes"] = ship["attributes"] | own
        elif call.method != "GET":
            return not_offered("GET", "PATCH", "DELETE")
        return 200, {"data": ship}

    def _kept(self, own: dict[str, Any]) -> dict[str, Any]:
        """What is stored of a ship."""
        if "loses-scripts" in self._faults:
            return own | {"name": own["name"].encode("ascii", "ignore").decode() or "-"}
        return own | {"name": own["name"].lower()} if "lowers-later" in self._faults else own

    def _board(self, call: Call) -> Answer:
        if call.method == "PUT":
            text = call.body.get("text") if isinstance(call.body, dict) and call.body.keys() == {"text"} else None
            if not _is_name(text):
                raise _Refused(400)
            if "forgets-notice" in self._faults:
                return 200, call.body
            self._notice = call.body
        return (200, self._notice) if call.method in ("GET", "PUT") else not_offered("GET", "PUT")

    def _berth(self, call: Call, key: str) -> Answer:
        if call.method == "PUT":
            if not re.fullmatch(r"[a-z][a-z0-9-]{2,29}", key, re.ASCII):
                raise _Refused(404)
            before, berth = self._berths.get(key), _berth(call.body)
            if before is not None and "keeps-depth" in self._faults:
                berth["depth"] = before["depth"]
            if "loses-labels" in self._faults:
                berth.pop("labels", None)
            self._berths[key] = {"berth": key, **berth}
            return (201 if before is None else 200), self._shown(key)
        _found(self._berths, [key])
        if call.method == "DELETE":
            del self._berths[key]
            self._ropes = {rope: each for rope, each in self._ropes.items() if each["berth"] != key}
            return 204, None
        return (200, self._shown(key)) if call.method == "GET" else not_offered("GET", "PUT", "DELETE")

    def _shown(self, key: str) -> dict[str, Any]:
        ropes = [each for each in self._ropes.values() if each["berth"] == key]
        return {**self._berths[key], "rope_count": 0 if "counts-ropes-late" in self._faults else len(ropes)}

    def _rope(self, call: Call, berth: str, rest: list[str]) -> Answer:
        _found(self._berths, [berth])
        ropes = {key: each for key, each in self._ropes.items() if each["berth"] == berth}
        if rest:
            rope = _found(ropes, rest)
            if call.method != "DELETE":
                return not_offered("DELETE")
            del self._ropes[str(rope["id"])]
            return 204, None
        if call.method == "POST":
            metres = call.body.get("metres") if isinstance(call.body, dict) else None
            if not isinstance(metres, int) or isinstance(metres, bool) or metres < 1:
                raise _Refused(400)
            number = next(self._numbers["ropes"])
            self._ropes[str(number)] = {"id": number, "metres": metres, "berth": berth}
            return 201, {"id": number, "metres": metres}
        if call.method != "GET":
            return not_offered("GET", "POST")
        return 200, [{"id": each["id"], "metres": each["metres"]} for each in ropes.values()]

    def _pilot(self, call: Call, rest: list[str]) -> Answer:
        if not rest:
            if call.method != "POST":
                return not_offered("POST")
            number = next(self._numbers["pilots"])
            self._pilots[str(number)], self._tags[str(number)] = {"id": number, **_pilot(call.body)}, 1
            return 201, self._pilots[str(number)]
        pilot, key = _found(self._pilots, rest), rest[0]
        if call.method == "PUT":
            wanted, own = call.headers.get("if-match"), _pilot(call.body)
            if wanted is None:
                raise _Refused(428)
            if wanted.strip() != "*" and f'"{self._tags[key]}"' not in wanted and "ignores-tag" not in self._faults:
                raise _Refused(412)
            if "adds-crew" in self._faults and "crew" in own:
                own["crew"] = [*pilot.get("crew", []), *own["crew"]]
            pilot = self._pilots[key] = {"id": pilot["id"], **own}
            self._tags[key] += 1
        elif call.method != "GET":
            return not_offered("GET", "PUT")
        return 200, pilot, {"etag": f'"{self._tags[key]}"'}


def _found(kept: dict[str, dict[str, Any]], rest: list[str]) -> dict[str, Any]:
    if len(rest) != 1 or rest[0] not in kept:
        raise _Refused(404)
    return kept[rest[0]]


def _attributes(body: Any, *, required: bool) -> dict[str, Any]:
    resource = body.get("data") if isinstance(body, dict) else None
    own = resource.get("attributes") if isinstance(resource, dict) else None
    if not isinstance(resource, dict) or not isinstance(own, dict) or resource.get("type") != "ships":
        raise _Refused(400)
    if own.keys() - {"name", "imo"} or (required and own.keys() != {"name", "imo"}):
        raise _Refused(400)
    if not _is_name(own.get("name", "x")) or not re.fullmatch(
        r"IMO[0-9]{7}", str(own.get("imo", "IMO1234567")), re.ASCII
    ):
        raise _Refused(400)
    return dict(own)


def _berth(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict) or body.keys() - {"depth", "labels"}:
        raise _Refused(400)
    depth, labels = body.get("depth"), body.get("labels", {})
    if not isinstance(depth, int) or isinstance(depth, bool) or not 1 <= depth <= 9000 or not isinstance(labels, dict):
        raise _Refused(400)
    if not all(isinstance(label, str) and len(label) <= 20 for label in labels.values()):
        raise _Refused(400)
    return dict(body)


def _pilot(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict) or body.keys() - {"name", "crew"} or not _is_name(body.get("name")):
        raise _Refused(400)
    crew = body.get("crew", [])
    if not isinstance(crew, list) or len(crew) > 9 or not all(map(_is_name, crew)):
        raise _Refused(400)
    return dict(body)


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= 60
