"""Servers whose paths lead into a tree: `/nodes/{path}` is the root, a node, or a node in a node."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Compile
from tests.servers.small import Answer, Call, drive, not_offered

_PATH = {"name": "path", "in": "path", "required": True, "schema": {"type": "string"}}
_NODE = {
    "type": "object",
    "required": ["kind"],
    "properties": {"kind": {"enum": ["array", "folder"]}, "note": {"type": "string"}},
}


def _operation(id: str, body: Any = None) -> dict[str, Any]:
    answers = {status: {"description": ""} for status in ("200", "400", "404", "405")}
    sent = {"requestBody": {"required": True, "content": {"application/json": {"schema": body}}}} if body else {}
    return {"operationId": id, "responses": answers, **sent}


DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "tree", "version": "1"},
    "paths": {
        "/nodes/{path}": {
            "parameters": [_PATH],
            "get": _operation("read"),
            "post": _operation("make", _NODE),
            "patch": _operation("change", {"type": "object", "properties": {"note": {"type": "string"}}}),
            "delete": _operation("remove"),
        },
        "/below/{path}": {"parameters": [_PATH], "get": _operation("list")},
    },
}


class Tree:
    """A tree of nodes. `link` writes the address of a new one into the answer that made it."""

    def __init__(self, link: str) -> None:
        self.link = link
        self.nodes: dict[str, Any] = {"": {"kind": "folder"}}
        #: paths of the nodes that were removed
        self.removed: list[str] = []

    def __call__(self, call: Call) -> Answer:
        resource, _, path = call.path.removeprefix("/").partition("/")
        path = path.strip("/")
        if resource == "below":
            return self._list(path) if call.method == "GET" else not_offered("GET")
        if call.method not in ("GET", "POST", "PATCH", "DELETE"):
            return not_offered("GET", "POST", "PATCH", "DELETE")
        if path not in self.nodes:
            return 404, {"message": f"no such node: {path}"}
        if call.method == "POST":
            return self._make(path, call)
        if call.method == "PATCH":
            if not isinstance(call.body, dict) or not isinstance(call.body.get("note", ""), str):
                return 400, {"message": "an object with a text is wanted"}
            if call.headers.get("content-type") != "application/json":
                return 400, {"message": "JSON is wanted"}
            self.nodes[path] |= call.body
        if call.method == "DELETE":
            self.removed.append(path)
            self.nodes = {other: node for other, node in self.nodes.items() if other != path or not path}
        return 200, self.nodes.get(path)

    def _list(self, path: str) -> Answer:
        if path not in self.nodes:
            return 404, {"message": f"no such node: {path}"}
        return 200, {"names": [other for other in self.nodes if other.startswith(path)]}

    def _make(self, path: str, call: Call) -> Answer:
        body = call.body
        if not isinstance(body, dict) or not isinstance(body.get("note", ""), str):
            return 400, {"message": "a node is wanted"}
        if call.headers.get("content-type") != "application/json" or body.get("kind") not in ("array", "folder"):
            return 400, {"message": "a node is wanted"}
        if body["kind"] == "array":
            return 400, {"message": "the data are not there"}
        own = f"n{len(self.nodes) + len(self.removed)}"
        inside = f"{path}/{own}" if path else own
        self.nodes[inside] = body
        address = f"http://tree.example/nodes/{'' if path else '/'}{inside}"
        if self.link == "header":
            return 200, {"made": True}, {"location": address}
        return 200, {"made": True, "links": {"below": f"http://tree.example/below/{inside}", "self": address}}


@pytest.mark.parametrize("link", ["header", "body"])
def test_a_tree_is_reached_from_its_root_and_only_what_the_run_made_is_removed(compiled: Compile, link: str) -> None:
    tree = Tree(link)
    run = drive(compiled(DOCUMENT), tree).run
    assert run.coverage.operations.accepted == 5
    assert [finding.message for finding in run.findings] == []
    assert "" not in tree.removed
    assert len(tree.removed) > 1
    assert [*tree.nodes] == [""], "the run has cleaned up"


def test_a_name_in_the_path_of_a_create_request_is_the_resources_own(compiled: Compile) -> None:
    """The twin: POST /nodes/{path} makes the node that it names, and its answer links to that one."""
    nodes: dict[str, Any] = {}
    removed: list[str] = []

    def answer(call: Call) -> Answer:
        resource, _, path = call.path.removeprefix("/").partition("/")
        if resource == "below":
            return (200, {"names": [*nodes]}) if call.method == "GET" else not_offered("GET")
        if call.method not in ("GET", "POST", "PATCH", "DELETE"):
            return not_offered("GET", "POST", "PATCH", "DELETE")
        if call.method == "POST":
            if not isinstance(call.body, dict) or call.body.get("kind") not in ("array", "folder"):
                return 400, {"message": "a node is wanted"}
            if call.headers.get("content-type") != "application/json":
                return 400, {"message": "a node is wanted"}
            if not isinstance(call.body.get("note", ""), str):
                return 400, {"message": "a text is wanted"}
            nodes[path] = call.body
            return 200, {"self": f"/nodes/{path}"}
        if path not in nodes:
            return 404, {"message": "no such node"}
        if call.method == "PATCH":
            if not isinstance(call.body, dict) or not isinstance(call.body.get("note", ""), str):
                return 400, {"message": "an object with a text is wanted"}
            if call.headers.get("content-type") != "application/json":
                return 400, {"message": "JSON is wanted"}
        if call.method == "DELETE":
            removed.append(path)
            del nodes[path]
        return 200, {"path": path}

    run = drive(compiled(DOCUMENT), answer).run
    assert run.coverage.operations.accepted == 5
    assert [finding.message for finding in run.findings] == []
    assert len({*removed}) > 1
