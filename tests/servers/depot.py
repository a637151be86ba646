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
    "no-default": "a new crate has no weight where none is sent",
    "loses-options": "the options of a crate keep their old colour",
    "nulls-nested": "the depth of a new crate is null",
    "loses-update": "an update keeps the old note, which was null at first",
    "loses-nested-update": "an update keeps the old width",
    "update-breaks": "an update makes a crate fragile, whatever it says",
    "update-mends": "an update makes a crate sturdy, whatever it says",
    "keeps-null": "a note that is set to null keeps its text",
    "patch-clears-others": "a PATCH sets the members to null that it does not have",
    "patch-clears-pin": "a PATCH drops the pin, which only POST takes",
    "patch-clears-nested": "a PATCH of one measure sets the others to null",
    "reads-unknown": "GET makes up a crate for an unknown id",
    "patches-unknown": "PATCH takes any id",
    "removes-unknown": "DELETE takes any id",
    "labels-of-unknown": "an unknown crate has no labels instead of being unknown",
    "no-seal": "there is no route for the action seal",
    "stores-nothing": "every id shows the same crate, whatever was sent",
    "list-without-note": "the list shows no notes",
    "short-labels": "a crate shows the first of its labels alone",
    "miscounts": "a crate counts at most one label",
    "put-merges": "a PUT leaves the members as they are that it does not have",
    "put-adds": "the same PUT sent again doubles the weight",
    "delete-takes-next": "a second DELETE removes the next crate",
    "ignores-key": "the same order sent with the same key makes two",
    "settings-stay": "settings can be read after they were deleted",
    "second-settings-lost": "settings are gone after they were made twice",
    "never-304": "If-None-Match is ignored",
    "stale-taken": "a PUT with the ETag of an older state is taken",
    "tag-stays": "a change leaves the ETag as it was",
    "tag-late": "a change is answered with the ETag from before",
    "seal-hides": "a sealed crate cannot be read",
    "seal-twice-crashes": "500 where a crate is sealed that was sealed and opened before",
    "shipped-crashes": "500 where a shipped crate is listed by its labels",
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
    "bare-id": "POST is answered with the id alone, as a text",
    "location": "POST is answered with nothing but `Location`",
    "marks-deleted": "a deleted crate is still shown, as deleted",
    "refuses-second-delete": "the second DELETE is answered with 404",
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
    "weight": {"type": "integer", "minimum": 0, "maximum": 100_000, "default": 1},
    "fragile": {"type": "boolean"},
    "due": {"type": ["string", "null"], "format": "date-time"},
    "straps": {"type": "array", "items": _TEXT},
    "measures": _MEASURES,
}
_PIN = {"pin": {**_TEXT, "minLength": 4}}
_SENT = {"type": "object", "required": ["name"], "properties": {**_MEMBERS, **_PIN}, "additionalProperties": False}
_CHANGE = {"type": "object", "properties": _MEMBERS, "additionalProperties": False}
_LABEL = {"type": "object", "required": ["text"], "properties": {"text": {**_TEXT, "minLength": 1}}}
_OWN = {
    "id": {"type": "integer"},
    "made": {"type": "string"},
    "state": {"type": "string", "enum": ["open", "sealed", "shipped", "deleted"]},
    "labels": {"type": "array", "items": {"type": "object"}},
    "label_count": {"type": "integer"},
}
_SHOWN = {
    "type": "object",
    "required": ["id", "name", "made", "state", "labels", "label_count"],
    "properties": {**_OWN, **_MEMBERS, **_PIN},
}


def _answer(schema: Any = None) -> dict[str, Any]:
    return {"description": "", "content": {"application/json": {"schema": schema or {"type": "object"}}}}


def _operation(key: str, success: dict[str, Any], body: Any = None, media: str = "application/json") -> dict[str, Any]:
    found: dict[str, Any] = {"operationId": key, "responses": {**success, "400": _answer(), "404": _answer()}}
    if body is not None:
        found["requestBody"] = {"required": True, "content": {media: {"schema": body}}}
        found["responses"]["415"] = _answer()
    return found


def _header(name: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "schema": {"type": "string"}}


_MADE = {"201": _answer({"description": "its id"})}
_ONE = {"200": _answer(_SHOWN)}
_MANY = {"200": _answer({"type": "array", "items": _SHOWN})}
_ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}
_ACTION = {**_ONE, "409": _answer()}
_LABELS = {"200": _answer({"type": "array", "items": {"type": "object", "required": ["id", "text"]}})}
_OPTIONS = {"type": "object", "properties": {"colour": _TEXT, "lid": {"type": "boolean"}}}
_SETTINGS = {"type": "object", "required": ["unit"], "properties": {"unit": _TEXT}}
_EMPTY = {"204": {"description": ""}}
CONTRACT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "depot", "version": "1"},
    "paths": {
        "/crates": {
            "get": _operation("listCrates", _MANY),
            "post": _operation("makeCrate", {**_MADE, "202": _answer(), "200": {"description": ""}}, _SENT),
        },
        "/crates/{id}": {
            "parameters": [_ID],
            "get": {
                **_operation("getCrate", {**_ONE, "304": {"description": ""}}),
                "parameters": [_header("If-None-Match")],
            },
            "put": {
                **_operation("putCrate", {**_ONE, "412": _answer()}, {**_SENT, "properties": _MEMBERS}),
                "parameters": [_header("If-Match")],
            },
            "patch": _operation("patchCrate", _ONE, _CHANGE, "application/merge-patch+json"),
            "delete": _operation("deleteCrate", _EMPTY),
        },
        "/crates/{id}/options": {
            "parameters": [_ID],
            "get": _operation("getOptions", {"200": _answer(_OPTIONS)}),
            "put": _operation("putOptions", {"200": _answer(_OPTIONS)}, _OPTIONS),
        },
        "/crates/{id}/labels": {
            "parameters": [_ID],
            "get": _operation("listLabels", _LABELS),
            "post": _operation("addLabel", {"201": _answer()}, _LABEL),
        },
        **{
            f"/crates/{{id}}/{action}": {"parameters": [_ID], "post": _operation(f"{action}Crate", _ACTION)}
            for action in ("seal", "open", "ship")
        },
        "/orders": {
            "post": {
                **_operation("makeOrder", {"201": _answer()}, _LABEL),
                "parameters": [_header("Idempotency-Key")],
            },
        },
        "/orders/{id}": {"parameters": [_ID], "get": _operation("getOrder", {"200": _answer()})},
        "/settings": {
            "get": _operation("getSettings", {"200": _answer(_SETTINGS)}),
            "post": _operation("makeSettings", {"201": _answer(), "409": _answer()}, _SETTINGS),
            "delete": _operation("deleteSettings", _EMPTY),
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
        self._options: dict[str, dict[str, Any]] = {}
        self._labels: dict[str, list[dict[str, Any]]] = {}
        #: actions that were taken on each crate
        self._past: dict[str, list[str]] = {}
        self._last_put: dict[str, Any] = {}
        self._orders: list[dict[str, Any]] = []
        self._by_key: dict[str, dict[str, Any]] = {}
        self._settings: dict[str, Any] | None = None
        self._numbers = itertools.count(1)

    def answer(self, call: Call) -> Answer:
        try:
            return self._answered(call)
        except Refused as refused:
            return refused.status, {"message": str(refused)}

    def _answered(self, call: Call) -> Answer:
        first, *rest = call.path.strip("/").split("/")
        if first == "settings" and not rest:
            return self._of_settings(call)
        if first == "orders" and len(rest) < 2:
            return self._of_orders(call, rest)
        if first != "crates" or len(rest) > 2:
            raise Refused(404, "no such path")
        if not rest:
            if call.method == "GET":
                listed = [self._shown(key) for key, crate in self._crates.items() if crate["state"] != "deleted"]
                without = "list-without-note" in self._faults
                return 200, [{**crate, "note": None} if without else crate for crate in listed]
            return self._make(call) if call.method == "POST" else not_offered("GET", "POST")
        key, *below = rest
        actions = {"seal", "open", "ship"} - ({"seal"} if "no-seal" in self._faults else set())
        if below and below[0] not in actions | {"labels", "options"}:
            raise Refused(404, "no such path")
        offered: tuple[str, ...] = ("GET", "PUT", "PATCH", "DELETE")
        if below:
            offered = ("POST",) if below[0] in actions else ("GET", "PUT" if below[0] == "options" else "POST")
        if call.method not in offered:
            return not_offered(*offered)
        if not key.isascii() or not key.isdigit() or int(key) < 1:
            raise Refused(400, "an id is a number from 1")
        if below and below[0] == "options":
            return self._of_options(call, key)
        if below and below[0] == "labels":
            return self._of_labels(call, key)
        return self._act(key, below[0]) if below else self._one(call, key)

    def _one(self, call: Call, key: str) -> Answer:
        faults = self._faults
        if "stores-nothing" in faults:
            return (204, None) if call.method == "DELETE" else (200, _made_up(int(key)))
        if call.method in ("PUT", "PATCH"):
            change = _read(call, "application/merge-patch+json" if call.method == "PATCH" else "application/json")
            _check(change, _TYPES.keys() - {"pin"}, () if call.method == "PATCH" else ("name",))
        if key not in self._crates:
            if {"GET": "reads", "PATCH": "patches", "DELETE": "removes"}.get(call.method, "") + "-unknown" in faults:
                return (204, None) if call.method == "DELETE" else (200, _made_up(int(key)))
            if call.method == "DELETE" and "delete-takes-next" in faults and key in self._past and self._crates:
                del self._crates[next(reversed(self._crates))]
                return 204, None
            raise Refused(404, "no such crate")
        if call.method == "DELETE":
            if "marks-deleted" in self._manners and self._crates[key].get("state") != "deleted":
                self._crates[key] = {**self._crates[key], "state": "deleted"}
            elif "marks-deleted" not in self._manners:
                del self._crates[key]
            return 204, None
        tag = f'"{self._crates[key]["version"]}"'
        if call.method == "GET":
            early = self._before.pop(key, self._crates[key])
            if call.headers.get("if-none-match") == tag and "never-304" not in faults:
                return 304, None, {"etag": tag}
            if "seal-hides" in faults and self._crates[key]["state"] == "sealed":
                raise Refused(404, "no such crate")
            return 200, self._shown(key, early if self._is_late else None), {"etag": tag}
        if call.headers.get("if-match", tag) not in (tag, "*") and "stale-taken" not in faults:
            raise Refused(412, "the crate is another one by now")
        self._before[key] = self._crates[key]
        self._crates[key] = self._changed(self._crates[key], change, replaces=call.method == "PUT")
        if "put-adds" in faults and call.method == "PUT" and self._last_put.get(key) == change:
            self._crates[key]["weight"] = 2 * self._crates[key].get("weight", 1) + 1
        for fault, fragile in (("update-breaks", True), ("update-mends", False)):
            if fault in faults and "fragile" in self._crates[key]:
                self._crates[key]["fragile"] = fragile
        self._last_put[key] = change if call.method == "PUT" else None
        if "tag-stays" not in faults:
            self._crates[key]["version"] = next(self._numbers)
        return 200, self._shown(key), {"etag": tag if "tag-late" in faults else f'"{self._crates[key]["version"]}"'}

    def _act(self, key: str, action: str) -> Answer:
        if key not in self._crates:
            raise Refused(404, "no such crate")
        state, faults = self._crates[key]["state"], self._faults
        wanted = {"seal": "open", "open": "sealed", "ship": "sealed"}[action]
        if state != wanted:
            raise Refused(409, f"the crate is {state}")
        if "seal-twice-crashes" in faults and action == "seal" and "open" in self._past[key]:
            return 500, {}
        self._past[key].append(action)
        self._crates[key] = {
            **self._crates[key],
            "state": {"seal": "sealed", "open": "open", "ship": "shipped"}[action],
            "version": next(self._numbers),
        }
        return 200, self._shown(key)

    def _of_options(self, call: Call, key: str) -> Answer:
        sent: dict[str, Any] = {}
        if call.method == "PUT":
            sent = _read(call, "application/json")
            if not isinstance(sent.get("lid", True), bool):
                raise Refused(400, "a lid is there or not")
            if "colour" in sent:
                _check_text(sent, "colour", least=0)
        if key not in self._crates:
            raise Refused(404, "no such crate")
        before = self._options.get(key)
        if call.method == "PUT":
            self._options[key] = {name: sent[name] for name in ("colour", "lid") if name in sent}
            if "loses-options" in self._faults and before is not None and "colour" in before:
                self._options[key]["colour"] = before["colour"]
        elif before is None:
            raise Refused(404, "it has no options yet")
        return 200, self._options[key]

    def _of_labels(self, call: Call, key: str) -> Answer:
        if call.method == "POST":
            label = _read(call, "application/json")
            _check_text(label, "text")
        if key not in self._crates:
            if "labels-of-unknown" in self._faults and call.method == "GET":
                return 200, []
            raise Refused(404, "no such crate")
        if call.method == "GET":
            if "shipped-crashes" in self._faults and self._crates[key]["state"] == "shipped":
                return 500, {}
            return 200, self._labels[key]
        self._labels[key].append({"text": label["text"], "id": next(self._numbers)})
        self._crates[key] = {**self._crates[key], "version": next(self._numbers)}
        return 201, self._labels[key][-1]

    def _of_orders(self, call: Call, rest: list[str]) -> Answer:
        if rest:
            if call.method != "GET":
                return not_offered("GET")
            found = next((order for order in self._orders if str(order["id"]) == rest[0]), None)
            if found is None:
                raise Refused(404 if rest[0].isascii() and rest[0].isdigit() and int(rest[0]) else 400, "no such order")
            return 200, found
        if call.method != "POST":
            return not_offered("POST")
        key = call.headers.get("idempotency-key")
        order = _read(call, "application/json")
        _check_text(order, "text")
        if key in self._by_key and "ignores-key" not in self._faults:
            return 201, self._by_key[key]
        self._orders.append({"text": order["text"], "id": next(self._numbers)})
        self._by_key |= {key: self._orders[-1]} if key is not None else {}
        return 201, self._orders[-1]

    def _of_settings(self, call: Call) -> Answer:
        if call.method not in ("GET", "POST", "DELETE"):
            return not_offered("GET", "POST", "DELETE")
        if call.method == "POST":
            sent = _read(call, "application/json")
            _check_text(sent, "unit", least=0)
            if self._settings is not None:
                self._settings = None if "second-settings-lost" in self._faults else self._settings
                raise Refused(409, "there are settings")
            self._settings = {"unit": sent["unit"]}
            return 201, self._settings
        if self._settings is None:
            raise Refused(404, "there are no settings")
        shown = self._settings
        if call.method == "DELETE":
            self._settings = shown if "settings-stay" in self._faults else None
            return 204, None
        return 200, shown

    @property
    def _is_late(self) -> bool:
        return "later" in self._manners

    def _make(self, call: Call) -> Answer:
        sent = _read(call, "application/json")
        _check(sent, _TYPES, ("name",))
        crate = {"note": None, "due": None, "straps": [], "measures": {}, "weight": 1, **self._written(sent)}
        if "no-default" in self._faults and "weight" not in sent:
            del crate["weight"]
        if "drops-member" in self._faults:
            crate["straps"] = []
        if "own-date" in self._faults:
            crate["due"] = "2026-01-01T00:00:00Z"
        if "nulls-nested" in self._faults and crate["measures"]:
            crate["measures"] = {**crate["measures"], "depth": None}
        number = next(self._numbers)
        own = {"id": number, "made": "2026-01-01T00:00:00Z", "state": "open", "version": number}
        self._crates[str(number)] = {**own, **crate}
        self._labels[str(number)], self._past[str(number)] = [], []
        if self._is_late:
            self._before[str(number)] = {**own, "name": crate["name"]}
        if "location" in self._manners:
            return 200, None, {"location": f"/crates/{number}"}
        named = str(number) if "bare-id" in self._manners else {"Id": number}
        return (202 if "promises" in self._manners else 201), named

    def _changed(self, crate: dict[str, Any], change: dict[str, Any], *, replaces: bool) -> dict[str, Any]:
        changed, faults = copy.deepcopy(crate), self._faults
        if replaces and "put-merges" not in faults:
            changed = {name: value for name, value in changed.items() if name not in _MEMBERS}
        if "patch-clears-others" in faults and not replaces:
            changed |= {name: None for name in ("note", "due") if name not in change}
        if "patch-clears-pin" in faults and not replaces:
            changed.pop("pin", None)
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
        if "completes" in manners and 0 < len(sent.get("site") or "") < 16:
            kept["site"] = f"depot.example/{sent['site']}:latest"
        if "caps" in manners and isinstance(sent.get("weight"), int):
            kept["weight"] = min(sent["weight"], 500)
        if "utc" in manners and sent.get("due"):
            kept["due"] = sent["due"].upper().replace("+00:00", "Z")
        return kept

    def _shown(self, key: str, crate: dict[str, Any] | None = None) -> dict[str, Any]:
        crate, labels = crate or self._crates[key], self._labels[key]
        shown = {name: value for name, value in crate.items() if name != "version"}
        shown["labels"] = labels[:1] if "short-labels" in self._faults else labels
        shown["label_count"] = min(1, len(labels)) if "miscounts" in self._faults else len(labels)
        return {**shown, "pin": "****"} if "pin" in crate and "masks" in self._manners else shown


def _made_up(number: int) -> dict[str, Any]:
    own = {"id": number, "name": "none", "made": "2026-01-01T00:00:00Z", "state": "open"}
    return {**own, "labels": [], "label_count": 0}


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


def _check_text(sent: dict[str, Any], name: str, least: int = 1) -> None:
    if not isinstance(sent.get(name), str) or not least <= len(sent[name]) <= 40:
        raise Refused(400, f"{name} is a text")


def _is_moment(text: str) -> bool:
    written = re.fullmatch(
        r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)", text, re.ASCII
    )
    try:
        datetime.fromisoformat(text[:19].upper())
    except ValueError:
        return False
    return written is not None
