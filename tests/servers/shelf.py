"""A shelf that is searched by parameters in every style: written by hand, taken apart by hand, and with faults.

It knows nothing of the document below: what it checks is written once more, as a developer would.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote, unquote_plus

from tests.servers.small import Answer, Call, not_offered

_PAGE = {"number": {"type": "integer", "minimum": 1, "maximum": 9}, "size": {"type": "integer", "maximum": 50}}
_SORT: dict[str, Any] = {"type": "array", "maxItems": 2, "items": {"type": "string", "enum": ["name", "year"]}}
_COLOURS: dict[str, Any] = {"type": "array", "items": {"type": "string", "enum": ["red", "blue"]}}
_IDS: dict[str, Any] = {"type": "array", "minItems": 1, "maxItems": 3, "items": {"type": "integer", "minimum": 1}}
_RANGE: dict[str, Any] = {
    "type": "object",
    "required": ["from"],
    "properties": {"from": {"type": "integer", "minimum": 0}, "to": {"type": "integer", "maximum": 99}},
}
_FILTER: dict[str, Any] = {
    "type": "object",
    "properties": {"ids": {"type": "array", "maxItems": 2, "items": {"type": "integer", "minimum": 1}}},
}

DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "shelf", "version": "1"},
    "paths": {
        "/shelves/{place}": {
            "get": {
                "operationId": "search",
                "parameters": [
                    {"name": "place", "in": "path", "required": True, "style": "matrix", "schema": _IDS},
                    {"name": "paging", "in": "query", "required": True, "schema": {
                        "type": "object", "properties": {**_PAGE, "sort": _SORT}}},
                    {"name": "colours", "in": "query", "explode": False, "schema": _COLOURS},
                    {"name": "ids", "in": "query", "style": "pipeDelimited", "explode": False, "schema": _IDS},
                    {"name": "filter", "in": "query", "style": "deepObject", "explode": True, "schema": _FILTER},
                    {"name": "limit", "in": "query", "schema": {
                        "anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "enum": ["all"]}]}},
                    {"name": "X-Range", "in": "header", "explode": True, "schema": _RANGE},
                    {"name": "shown", "in": "cookie", "explode": False, "schema": _COLOURS},
                ],
                "responses": {
                    "200": {
                        "description": "found",
                        "headers": {
                            "X-Colours": {"required": True, "schema": _COLOURS},
                            "X-Range": {"explode": True, "schema": _RANGE},
                            "X-Page": {"content": {"application/json": {"schema": {
                                "type": "object", "required": ["number"], "properties": _PAGE}}}},
                            "Set-Cookie": {"schema": {"type": "string", "pattern": "^[a-z]+=[^,]*$"}},
                        },
                    },
                    "400": {"description": "refused"},
                },
            }
        }
    },
}  # fmt: skip

_PARAMETERS = "#/paths/~1shelves~1{place}/get/parameters"
_HEADERS = "#/paths/~1shelves~1{place}/get/responses/200/headers"

#: fault -> the rule and the clause of the one finding that it gives
FAULTS: dict[str, tuple[str, str]] = {
    "any-place": ("invalid-request-accepted", f"{_PARAMETERS}/0/schema/items/minimum"),
    "page-zero": ("invalid-request-accepted", f"{_PARAMETERS}/1/schema/properties/number/minimum"),
    "long-sort": ("invalid-request-accepted", f"{_PARAMETERS}/1/schema/properties/sort/maxItems"),
    "any-colour": ("invalid-request-accepted", f"{_PARAMETERS}/2/schema/items/enum"),
    "many-ids": ("invalid-request-accepted", f"{_PARAMETERS}/3/schema/maxItems"),
    "any-filter": ("invalid-request-accepted", f"{_PARAMETERS}/4/schema/properties/ids/items/minimum"),
    "no-from": ("invalid-request-accepted", f"{_PARAMETERS}/6/schema/required/0"),
    "any-cookie": ("invalid-request-accepted", f"{_PARAMETERS}/7/schema/items/enum"),
    "green-header": ("response-header", f"{_HEADERS}/X-Colours/schema/items/enum"),
    "text-in-header": ("response-header", f"{_HEADERS}/X-Range/schema/properties/to/type"),
    "no-number": ("response-header", f"{_HEADERS}/X-Page/content/application~1json/schema/required/0"),
}


class _Refused(Exception):
    pass


def _need(met: object) -> None:
    if not met:
        raise _Refused


def _whole(written: str, low: int = -(10**30), high: int = 10**30) -> bool:
    return re.fullmatch(r"-?\d+(\.0+)?", written, re.ASCII) is not None and low <= float(written) <= high


def shelf(faults: Iterable[str] = ()) -> Callable[[Call], Answer]:
    """The shelf with these faults."""
    here = frozenset(faults)

    def answer(call: Call) -> Answer:
        if call.method != "GET":
            return not_offered("GET")
        try:
            _check(call, here)
        except _Refused:
            return 400, None
        headers = {
            "x-colours": "red, green" if "green-header" in here else "red , blue",
            "x-range": "from=1,to=" + ("many" if "text-in-header" in here else "9"),
            "x-page": "{}" if "no-number" in here else '{"number": 1, "size": 20}',
            "set-cookie": "seen=yes",
        }
        return 200, None, headers

    return answer


def _check(call: Call, faults: frozenset[str]) -> None:
    place = call.path.rpartition("/")[2]
    _need(place.startswith(";place="))
    places = place.removeprefix(";place=").split(",")
    _need(len(places) <= 3 and all(_whole(one, -1000 if "any-place" in faults else 1) for one in places))
    parts = [part.partition("=") for part in call.query.split("&") if part]
    pairs = [(unquote_plus(name), written) for name, _, written in parts]
    for name, written in pairs:
        value = unquote_plus(written)
        if name == "number":
            _need(_whole(value, -1000 if "page-zero" in faults else 1, 9))
        elif name == "size":
            _need(_whole(value, high=50))
        elif name == "sort":
            _need(value in ("name", "year"))
        elif name == "colours":
            _need("any-colour" in faults or all(unquote_plus(one) in ("red", "blue") for one in written.split(",")))
        elif name == "ids":
            ids = value.split("|")
            _need((len(ids) <= 3 or "many-ids" in faults) and all(_whole(one, 1) for one in ids))
        elif name.startswith("filter[ids]"):
            _need(re.fullmatch(r"filter\[ids\](\[\d*\])?", name) and _whole(value, -9 if "any-filter" in faults else 1))
        elif name == "limit":
            _need(value == "all" or _whole(value, 1))
    _need(sum(name == "sort" for name, _ in pairs) <= 2 or "long-sort" in faults)
    _need(sum(name.startswith("filter[ids]") for name, _ in pairs) <= 2)
    if "x-range" in call.headers:
        members = dict(pair.partition("=")[::2] for pair in call.headers["x-range"].split(","))
        _need("from" in members or "no-from" in faults)
        _need(_whole(members.get("from", "0"), 0) and _whole(members.get("to", "0"), high=99))
    for cookie in call.headers.get("cookie", "").split(";"):
        name, _, written = cookie.strip().partition("=")
        if name == "shown" and "any-cookie" not in faults:
            _need(all(unquote(one) in ("red", "blue") for one in written.split(",")))
