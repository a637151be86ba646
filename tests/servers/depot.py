"""A depot of crates, checked by hand, that keeps what it is sent; its faults show only in several answers together.

Without faults it is correct. Its manners are no faults: ways in which servers write, delay and complete what they keep.
"""

from __future__ import annotations

import copy
import itertools
import re
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from tests.servers.small import Answer, Call, not_offered

#: fault -> what it does
FAULTS: dict[str, str] = {
    "drops-member": "the straps of a new crate are dropped",
    "own-date": "a new crate has the date of today, whatever is sent",
    "nulls-nested": "the depth of a new crate is null",
    "loses-update": "an update keeps the old note, which was null at first",
    "loses-nested-update": "an update keeps the old width",
    "keeps-null": "a note that is set to null keeps its text",
    "patch-clears-others": "a PATCH sets the members to null that it does not have",
    "patch-clears-nested": "a PATCH of one measure sets the others to null",
}

MANNERS: dict[str, str] = {
    "upper-case": "texts are kept in capital letters",
    "trims": "blanks around texts are cut off",
    "utc": "dates are shown in UTC",
    "sorts": "straps are kept in another order, each once",
    "masks": "the pin is masked",
    "completes": "the site is completed to a full name",
    "later": "the second read after a change is the first that shows it",
    "promises": "POST is answered with 202",
    "caps": "weights over 500 are kept as 500",
}

_TEXT = {"type": "string", "maxLength": 40}
_MEASURES = {
    "type": "object",
    "properties": {name: {"type": ["integer", "null"], "minimum": 1} for name in ("width", "height", "depth")},
}
_MEMBERS: dict[str, Any] = {
    "name": {**_TEXT, "minLength": 1},
    "note": {"type": ["string", "null"], "maxLength": 40},
    "site": _TEXT,
    "weight": {"type": "integer", "minimum": 0, "maximum": 100_000},
    "fragile": {"type": "boolean"},
    "due": {"type": ["string", "null"], "format": "date-time"},
    "straps": {"type": "array", "items": _TEXT},
    "measures": _MEASURES,
}
_PIN = {"pin": {**_TEXT, "minLength": 4}}
_SENT = {"type": "object", "required": ["name"], "properties": {**_MEMBERS, **_PIN}, "additionalProperties": False}
_CHANGE = {"type": "object", "properties": _MEMBERS, "additionalProperties": False}
_SHOWN = {
    "type": "object",
    "required": ["id", "name", "made"],
    "properties": {"id": {"type": "integer"}, "made": {"type": "string"}, **_MEMBERS, **_PIN},
}


def _answer(schema: Any = None) -> dict[str, Any]:
    return {"description": "", "content": {"application/json": {"schema": schema or {"type": "object"}}}}


def _operation(key: str, success: dict[str, Any], body: Any = None, media: str = "application/json") -> dict[str, Any]:
    found: dict[str, Any] = {"operationId": key, "responses": {**success, "400": _answer(), "404": _answer()}}
    if body is not None:
        found["requestBody"] = {"required": True, "content": {media: {"schema": body}}}
        found["responses"]["415"] = _answer()
    return found


_ONE = {"200": _answer(_SHOWN)}
CONTRACT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "depot", "version": "1"},
    "paths": {
        "/crates": {
            "get": _operation("listCrates", {"200": _answer({"type": "array", "items": _SHOWN})}),
            "post": _operation("makeCrate", {"201": _answer({"type": "object"}), "202": _answer()}, _SENT),
        },
        "/crates/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}],
            "get": _operation("getCrate", _ONE),
            "put": _operation("putCrate", _ONE, {**_SENT, "properties": _MEMBERS}),
            "patch": _operation("patchCrate", _ONE, _CHANGE, "application/merge-patch+json"),
            "delete": _operation("deleteCrate", {"204": {"description": ""}}),
        },
    },
}

_TYPES: dict[str, tuple[type, ...]] = {
    "name": (str,),
    "note": (str, type(None)),
    "site": (str,),
    "weight": (int,),
    "fragile": (bool,),
    "due": (str, type(None)),
    "straps": (list,),
    "measures": (dict,),
    "pin": (str,),
}


class Refused(Exception):
    """The request breaks a rule."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def depot(faults: Collection[str] = (), manners: Collection[str] = ()) -> Callable[[Call], Answer]:
    """The server, with the named faults and manners."""
    assert FAULTS.keys() >= set(faults) and MANNERS.keys() >= set(manners)
    return _Depot(frozenset(faults), frozenset(manners)).answer


class _Depot:
    def __init__(self, faults: frozenset[str], manners: frozenset[str]) -> None:
        self._faults = faults
        self._manners = manners
        self._crates: dict[str, dict[str, Any]] = {}
        #: what was there before the last change of each, for readers that ask early
        self._before: dict[str, dict[str, Any]] = {}
        self._numbers = itertools.count(1)

    def answer(self, call: Call) -> Answer:
        try:
            return self._answered(call)
        except Refused as refused:
            return refused.status, {"message": str(refused)}

    def _answered(self, call: Call) -> Answer:
        if call.path == "/crates":
            if call.method == "GET":
                return 200, [self._shown(crate) for crate in self._crates.values()]
            return self._make(call) if call.method == "POST" else not_offered("GET", "POST")
        key = call.path.removeprefix("/crates/")
        if "/" in key or not call.path.startswith("/crates/"):
            raise Refused(404, "no such path")
        if call.method not in ("GET", "PUT", "PATCH", "DELETE"):
            return not_offered("GET", "PUT", "PATCH", "DELETE")
        if not key.isascii() or not key.isdigit() or int(key) < 1:
            raise Refused(400, "an id is a number from 1")
        if call.method in ("PUT", "PATCH"):
            change = _read(call, "application/merge-patch+json" if call.method == "PATCH" else "application/json")
            _check(change, _TYPES.keys() - {"pin"}, () if call.method == "PATCH" else ("name",))
        if key not in self._crates:
            raise Refused(404, "no such crate")
        if call.method == "DELETE":
            del self._crates[key]
            return 204, None
        if call.method != "GET":
            self._before[key] = self._crates[key]
            self._crates[key] = self._changed(self._crates[key], change, replaces=call.method == "PUT")
            return 200, self._shown(self._crates[key])
        early = self._before.pop(key, self._crates[key])
        return 200, self._shown(early if self._is_late else self._crates[key])

    @property
    def _is_late(self) -> bool:
        return "later" in self._manners

    def _make(self, call: Call) -> Answer:
        sent = _read(call, "application/json")
        _check(sent, _TYPES, ("name",))
        crate = {"note": None, "due": None, "straps": [], "measures": {}, **self._written(sent)}
        if "drops-member" in self._faults:
            crate["straps"] = []
        if "own-date" in self._faults:
            crate["due"] = "2026-01-01T00:00:00Z"
        if "nulls-nested" in self._faults and crate["measures"]:
            crate["measures"] = {**crate["measures"], "depth": None}
        number = next(self._numbers)
        self._crates[str(number)] = {"id": number, "made": "2026-01-01T00:00:00Z", **crate}
        if self._is_late:
            self._before[str(number)] = {"id": number, "made": "2026-01-01T00:00:00Z", "name": crate["name"]}
        return (202 if "promises" in self._manners else 201), {"Id": number}

    def _changed(self, crate: dict[str, Any], change: dict[str, Any], *, replaces: bool) -> dict[str, Any]:
        changed, faults = copy.deepcopy(crate), self._faults
        if "patch-clears-others" in faults and not replaces:
            changed |= {name: None for name in ("note", "due") if name not in change}
        for name, value in self._written(change).items():
            if name == "measures" and not replaces:
                before = crate["measures"]
                value = {**before, **{inner: each for inner, each in value.items() if each is not None}}
                value = {inner: each for inner, each in value.items() if change["measures"].get(inner, 0) is not None}
                if "patch-clears-nested" in faults:
                    value = {inner: each if inner in change["measures"] else None for inner, each in value.items()}
            if name == "measures" and "loses-nested-update" in faults and "width" in crate["measures"]:
                value = {**value, "width": crate["measures"]["width"]}
            if name == "note" and ("loses-update" in faults or ("keeps-null" in faults and value is None)):
                continue
            changed[name] = value
        return changed

    def _written(self, sent: dict[str, Any]) -> dict[str, Any]:
        """What is kept of what was sent."""
        kept, manners = copy.deepcopy(sent), self._manners
        for name, value in sent.items():
            if isinstance(value, str) and name in ("name", "note") and "upper-case" in manners:
                kept[name] = value.upper()
            if isinstance(value, str) and name == "note" and "trims" in manners:
                kept[name] = f" {value.strip()} ".strip()
        if "sorts" in manners and isinstance(sent.get("straps"), list):
            kept["straps"] = sorted(set(sent["straps"]), reverse=True)
        if "completes" in manners and sent.get("site"):
            kept["site"] = f"depot.example/{sent['site']}:latest"
        if "caps" in manners and isinstance(sent.get("weight"), int):
            kept["weight"] = min(sent["weight"], 500)
        if "utc" in manners and sent.get("due"):
            kept["due"] = sent["due"].upper().replace("+00:00", "Z")
        return kept

    def _shown(self, crate: dict[str, Any]) -> dict[str, Any]:
        return {**crate, "pin": "****"} if "pin" in crate and "masks" in self._manners else crate


def _read(call: Call, media: str) -> dict[str, Any]:
    if call.headers.get("content-type", "").partition(";")[0].strip().lower() != media:
        raise Refused(415, f"{media} is wanted")
    if not isinstance(call.body, dict):
        raise Refused(400, "an object is wanted")
    return call.body


def _check(sent: dict[str, Any], known: Collection[str], required: Collection[str]) -> None:
    for name, value in sent.items():
        if (
            name not in known
            or not isinstance(value, _TYPES[name])
            or isinstance(value, bool) is not (name == "fragile")
        ):
            raise Refused(400, f"{name} is wrong")
        if isinstance(value, str) and len(value) > 40:
            raise Refused(400, f"{name} is too long")
    if isinstance(sent.get("due"), str) and not _is_moment(sent["due"]):
        raise Refused(400, "due is no date with a time")
    if any(name not in sent for name in required):
        raise Refused(400, "a member is missing")
    if len(sent.get("name", "x")) < 1 or not 0 <= sent.get("weight", 1) <= 100_000 or len(sent.get("pin", "1234")) < 4:
        raise Refused(400, "a value is out of its limits")
    if not all(isinstance(strap, str) and len(strap) <= 40 for strap in sent.get("straps", [])):
        raise Refused(400, "straps are texts")
    for measure in sent.get("measures", {}).values():
        if measure is not None and (isinstance(measure, bool) or not isinstance(measure, int) or measure < 1):
            raise Refused(400, "measures are numbers from 1")


def _is_moment(text: str) -> bool:
    written = re.fullmatch(
        r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)", text, re.ASCII
    )
    try:
        datetime.fromisoformat(text[:19].upper())
    except ValueError:
        return False
    return written is not None
