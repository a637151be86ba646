"""A catalogue that can be filtered, cut into pages and sorted, by hand: each query right, or with one fault."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from clausewise.media.json import parse_json
from tests.servers.small import Answer, Call, not_offered

KINDS = ("book", "film", "game")

#: what is there when it starts; in no order
ITEMS = (
    ("b1", "book", 30, "Zebra", False),
    ("f1", "film", 10, "apple", True),
    ("b2", "book", 50, "Mango", True),
    ("g1", "game", 20, "kiwi", False),
    ("f2", "film", 40, "Pear", False),
    ("g2", "game", 70, "fig", True),
    ("b3", "book", 60, "Date", False),
)

_PARAMETERS: dict[str, dict[str, Any]] = {
    "kind": {"type": "string", "enum": list(KINDS)},
    "title": {"type": "string", "minLength": 1, "maxLength": 20},
    "weight": {"type": "integer", "minimum": 1, "maximum": 999},
    "sold": {"type": "boolean"},
    "limit": {"type": "integer", "minimum": 1, "maximum": 100},
    "offset": {"type": "integer", "minimum": 0, "maximum": 1000},
    "page": {"type": "integer", "minimum": 1, "maximum": 1000},
    "cursor": {"type": "string", "maxLength": 20},
    "sort": {"type": "string", "enum": ["weight", "title", "-weight"]},
    "order": {"type": "string", "enum": ["asc", "desc"]},
}
_THING = {
    "type": "object",
    "required": ["kind", "title"],
    "properties": {
        "kind": _PARAMETERS["kind"],
        "title": _PARAMETERS["title"],
        "weight": _PARAMETERS["weight"],
        "sold": _PARAMETERS["sold"],
    },
}


def document(
    *names: str, makes: bool = True, descriptions: dict[str, str] | None = None, header: str = ""
) -> dict[str, Any]:
    """The catalogue with these parameters of its list; `filters` holds the first four as JSON. `header` describes the
    header that counts things."""
    described = descriptions or {}
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "query", "description": described.get(name, ""), "schema": _PARAMETERS[name]}
        for name in names
        if name != "filters"
    ]
    if "filters" in names:
        lists = {name: {"type": "array", "minItems": 1, "items": _PARAMETERS[name]} for name in ("kind", "title")}
        content = {"application/json": {"schema": {"type": "object", "properties": lists}}}
        parameters.append({"name": "filters", "in": "query", "content": content})
    paths: dict[str, Any] = {
        "/things": {
            "get": {
                "operationId": "listThings",
                "parameters": parameters,
                "responses": {
                    "200": {
                        "description": "",
                        "headers": {"X-Total-Count": {"description": header, "schema": {"type": "integer"}}},
                        "content": {"application/json": {"schema": {"type": "object"}}},
                    },
                    "400": {"description": ""},
                },
            }
        }
    }
    if makes:
        content = {"application/json": {"schema": _THING}}
        paths["/things"]["post"] = {
            "operationId": "makeThing",
            "requestBody": {"required": True, "content": content},
            "responses": {"201": {"description": "", "content": content}, "400": {"description": ""}},
        }
        own = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
        responses = {"200": {"description": ""}, "204": {"description": ""}, "404": {"description": ""}}
        paths["/things/{id}"] = {
            "get": {"operationId": "getThing", "parameters": [own], "responses": responses},
            "delete": {"operationId": "removeThing", "parameters": [own], "responses": responses},
        }
    return {"openapi": "3.1.0", "info": {"title": "catalogue", "version": "1"}, "paths": paths}


class Catalogue:
    """`fault` names what is wrong with its queries, `habit` what is unusual and right; "" for nothing."""

    def __init__(self, fault: str = "", habit: str = "", empty: bool = False) -> None:
        self.fault, self.habit = fault, habit
        names = ("id", "kind", "weight", "title", "sold")
        self.items = [] if empty else [dict(zip(names, item, strict=True)) for item in ITEMS]
        self._reads = 0
        #: what it counts, of the items on a page and of all, if anything; it says so in the body, or in a header
        self.counts: Callable[[int, int], int] | None = None
        self.in_body = True

    def __call__(self, call: Call) -> Answer:
        """The answer to one request."""
        _, _, own = call.path.removeprefix("/").partition("/")
        if own:
            found = next((item for item in self.items if item["id"] == own), None)
            if found is None:
                return 404, {"message": "not here"}
            if call.method == "DELETE":
                self.items.remove(found)
                return 204, None
            return (200, found) if call.method == "GET" else not_offered("GET", "DELETE")
        if call.method == "POST":
            return self._made(call.body)
        return self._listed(dict(parse_qsl(call.query, keep_blank_values=True)))

    def _made(self, body: Any) -> Answer:
        if not isinstance(body, dict) or body.get("kind") not in KINDS or not isinstance(body.get("title"), str):
            return 400, {"message": "kind and title are wanted"}
        made = {"id": f"m{len(self.items)}", "weight": 1, "sold": False, **body}
        self.items.append(made)
        return 201, made

    def _listed(self, query: dict[str, str]) -> Answer:
        self._reads += 1
        wanted = {name: query[name] for name in ("kind", "title", "weight", "sold") if name in query}
        if "filters" in query:
            try:
                filters = parse_json(query["filters"].encode())
            except ValueError:
                return 400, {"message": "filters is no JSON"}
            wanted |= {name: values[0] for name, values in filters.items()}
        found = [item for item in self.items if all(self._has(item, *each) for each in wanted.items())]
        if self.fault == "misses" and wanted:
            found = found[1:]
        found = self._sorted(found, query)
        if self.habit == "unstable order" and self._reads % 2:
            found = found[::-1]
        if self.habit == "written by others":
            self.items.append({**self.items[0], "id": f"o{self._reads}"})
        page = self._cut(found, query)
        if self.counts is None:
            return 200, page
        number = self.counts(len(page["items"]), len(found))
        return (200, {**page, "total": number}) if self.in_body else (200, page, {"x-total-count": str(number)})

    def _has(self, item: dict[str, Any], name: str, value: str) -> bool:
        if self.fault == f"ignores {name}" or (self.fault == "ignores together" and name != "kind"):
            return True
        own = str(item[name])
        if name == "weight":
            return int(own) >= int(value) if self.habit == "range" else int(own) == int(value)
        if name == "title" and self.habit == "search":
            return value.lower() in own.lower()
        if self.habit == "without case":
            return own.lower() == value.lower()
        return own.lower() == value if name == "sold" else own == value

    def _sorted(self, found: list[dict[str, Any]], query: dict[str, str]) -> list[dict[str, Any]]:
        name = query.get("sort", "").removeprefix("-")
        if not name or self.fault == "unsorted":
            return found
        backwards = query.get("sort", "").startswith("-") or query.get("order") == "desc"
        if self.fault == "as texts" and name == "title":
            return sorted(found, key=lambda item: str(item[name])[::-1], reverse=backwards)
        found = sorted(found, key=lambda item: str(item[name]).lower() if name == "title" else item[name])
        return found[::-1] if backwards and self.fault != "one direction" else found

    def _cut(self, found: list[dict[str, Any]], query: dict[str, str]) -> dict[str, Any]:
        most = 5 if self.habit == "default limit" else 100
        size = int(query.get("limit", most))
        start = int(query.get("offset", 0))
        if "page" in query:
            start = (int(query["page"]) - 1) * size
            start -= self.fault == "overlaps" and start > 0
            start += self.fault == "loses" and start > 0
        if "cursor" in query:
            start = int(query["cursor"]) if query["cursor"].isdigit() else 0
        if self.fault == "rounds":
            start -= start % 2
        end = start + size + (self.fault == "one more")
        step = size + 1 if self.fault == "loses by cursor" else size
        return {"items": found[start:end], "next_cursor": str(start + step) if end < len(found) else None}
