"""Overlays: what they change, where the result was written, and what is no overlay."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest
import yaml

from clausewise.contract.contract import Contract, load
from clausewise.contract.remarks import remarks
from clausewise.errors import SpecError
from clausewise.spec.document import parse
from clausewise.spec.overlay import apply_overlays
from clausewise.spec.pointer import Source

_DOCUMENT = """\
openapi: 3.1.0
info: {title: Shop, version: "1"}
servers: [{url: https://example.com/live}]
paths:
  /orders:
    get:
      operationId: list
      tags: [orders]
      parameters:
        - {name: page, in: query, schema: {type: integer}}
        - name: size
          in: query
          schema: {type: integer, maximum: 50}
      responses: {"200": {description: done}}
    delete: {operationId: clear, x-internal: true, responses: {"204": {description: done}}}
  /users:
    get: &users {operationId: users, responses: {"200": {description: done}}}
x-same: *users
"""


def _overlay(*actions: dict[str, Any]) -> str:
    info = {"title": "changes", "version": "1"}
    return yaml.safe_dump({"overlay": "1.0.0", "info": info, "actions": list(actions)}, sort_keys=False)


def _applied(*overlays: str) -> Any:
    documents = [parse(text.encode(), None, f"{number}.yaml") for number, text in enumerate(overlays)]
    return apply_overlays(parse(_DOCUMENT.encode(), None, "api.yaml"), documents)


def _contract(folder: Path, *overlays: str) -> Contract:
    (folder / "api.yaml").write_text(_DOCUMENT)
    files = []
    for number, text in enumerate(overlays):
        files.append(folder / f"overlay{number}.yaml")
        files[-1].write_text(text)
    return load(folder / "api.yaml", overlays=files)


def _line_of(file: Path, text: str) -> int:
    return next(number for number, line in enumerate(file.read_text().splitlines(), 1) if text in line)


@pytest.mark.parametrize(
    ("action", "at", "value"),
    [
        pytest.param(
            {"target": "$.info", "update": {"title": "Store", "contact": {"name": "us"}}},
            ("info",),
            {"title": "Store", "version": "1", "contact": {"name": "us"}},
            id="members are merged",
        ),
        pytest.param(
            {"target": "$.paths['/orders'].get", "update": {"tags": ["paged"]}},
            ("paths", "/orders", "get", "tags"),
            ["orders", "paged"],
            id="arrays in objects are concatenated",
        ),
        pytest.param(
            {"target": "$.servers", "update": {"url": "/test"}},
            ("servers",),
            [{"url": "https://example.com/live"}, {"url": "/test"}],
            id="an array gets an entry",
        ),
        pytest.param(
            {"target": "$.paths.*[?@['x-internal'] == true]", "remove": True, "update": {"ignored": 1}},
            ("paths", "/orders", "delete"),
            None,
            id="what matches is removed, whatever the update is",
        ),
        pytest.param(
            {"target": "$.paths['/orders'].get.parameters[?@.name]", "remove": True},
            ("paths", "/orders", "get", "parameters"),
            [],
            id="several elements are removed",
        ),
        pytest.param({"target": "$", "update": {"x-new": [1]}}, ("x-new",), [1], id="the document itself"),
        pytest.param(
            {"target": "$.paths['/users'].get", "update": {"operationId": "people"}},
            ("x-same", "operationId"),
            "users",
            id="a YAML alias is no second place",
        ),
    ],
)
def test_an_action_changes_what_its_target_selects(action: dict[str, Any], at: tuple[str, ...], value: Any) -> None:
    overlaid = _applied(_overlay(action))
    tree = overlaid.tree
    for token in at:
        tree = tree.get(token) if isinstance(tree, dict) else tree[int(token)]
    assert tree == value
    assert overlaid.remarks == ()


@pytest.mark.parametrize(
    ("action", "at", "value"),
    [
        pytest.param(
            {"target": "$.paths['/users'].get", "copy": "$.paths['/orders'].get.responses['200']"},
            ("paths", "/users", "get", "description"),
            "done",
            id="members are copied",
        ),
        pytest.param(
            {"target": "$.paths['/users']", "copy": "$.paths['/orders']"},
            ("paths", "/users", "delete", "operationId"),
            "clear",
            id="a whole path item is merged",
        ),
        pytest.param(
            {"target": "$.servers", "update": [{"url": "/a"}, {"url": "/b"}]},
            ("servers",),
            [{"url": "https://example.com/live"}, {"url": "/a"}, {"url": "/b"}],
            id="arrays are concatenated",
        ),
        pytest.param(
            {"target": "$.servers", "copy": "$.servers"},
            ("servers",),
            [{"url": "https://example.com/live"}] * 2,
            id="an array is copied to itself",
        ),
        pytest.param(
            {"target": "$.servers[*].url", "update": "/test"}, ("servers",), [{"url": "/test"}], id="a text is replaced"
        ),
        pytest.param(
            {"target": "$.info.title", "copy": "$.info.version"}, ("info", "title"), "1", id="a text is copied"
        ),
        pytest.param(
            {"target": "$.paths['/users'].get", "remove": True, "copy": "$.info"},
            ("paths", "/users"),
            {},
            id="what is removed is not copied to",
        ),
    ],
)
def test_an_action_of_overlay_1_1(action: dict[str, Any], at: tuple[str, ...], value: Any) -> None:
    tree = _applied(_overlay(action).replace("1.0.0", "1.1.0")).tree
    for token in at:
        tree = tree[token]
    assert tree == value


def test_what_is_copied_has_the_place_of_the_original(tmp_path: Path) -> None:
    action = {"target": "$.paths['/users'].get", "copy": "$.paths['/orders'].get.parameters[1]"}
    contract = _contract(tmp_path, _overlay(action).replace("1.0.0", "1.1.0"))
    location = contract.locate(Source("", ("paths", "/users", "get", "schema", "maximum")))
    assert location.line == _line_of(tmp_path / "api.yaml", "maximum: 50")
    assert location.file.endswith("api.yaml")


def test_actions_and_overlays_are_applied_in_their_order() -> None:
    first = _overlay(
        {"target": "$.paths['/orders'].get.parameters", "remove": True},
        {"target": "$.paths['/orders'].get", "update": {"parameters": [{"name": "a", "in": "query"}]}},
    )
    second = _overlay({"target": "$.paths['/orders'].get.parameters[?@.name == 'a']", "update": {"required": True}})
    overlaid = _applied(first, second)
    assert overlaid.tree["paths"]["/orders"]["get"]["parameters"] == [{"name": "a", "in": "query", "required": True}]


def test_a_place_is_where_its_author_wrote_it(tmp_path: Path) -> None:
    overlay = _overlay(
        {"target": "$.paths['/orders'].get.parameters[0]", "remove": True},
        {"target": "$.paths['/orders'].get.parameters[0].schema", "update": {"minimum": 1}},
        {
            "target": "$.paths['/orders'].get.parameters",
            "update": {"name": "sort", "in": "query", "schema": {"maxLength": 9}},
        },
    )
    contract = _contract(tmp_path, overlay)
    sources = contract.specification.sources
    parameters = Source("", ("paths", "/orders", "get", "parameters"))
    places = {
        ("0", "schema", "maximum"): ("api.yaml", "maximum: 50"),
        ("0", "schema", "minimum"): ("overlay0.yaml", "minimum: 1"),
        ("1", "schema", "maxLength"): ("overlay0.yaml", "maxLength: 9"),
    }
    for tokens, (file, text) in places.items():
        location = sources.locate(parameters.child(*tokens))
        assert (location.file, location.line) == (str(tmp_path / file), _line_of(tmp_path / file, text))
    # Other processes have the same places.
    again = pickle.loads(pickle.dumps(sources))
    assert again.locate(parameters.child("1", "schema", "maxLength")).file == str(tmp_path / "overlay0.yaml")
    clauses = {clause.keyword for clause in contract.operation("list").clauses}
    assert {"maximum", "minimum", "maxLength"} <= clauses


def test_an_action_without_an_effect_is_noted(tmp_path: Path) -> None:
    overlay = _overlay(
        {"target": "$.paths['/order']", "remove": True}, {"target": "$.info", "description": "nothing to do"}
    )
    contract = _contract(tmp_path, overlay)
    missed, idle = remarks(contract, contract.operations)
    file = tmp_path / "overlay0.yaml"
    assert missed.startswith(f"{file}:{_line_of(file, '/order')}:")
    assert missed.endswith("nothing is changed: the target $.paths['/order'] matches nothing")
    assert idle.endswith("nothing is changed: the action has neither an update nor remove: true")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("openapi: 3.1.0\n", "is not an overlay: it has no 'overlay' field"),
        ("overlay: 2.0.0\nactions: [{target: $}]\n", "Overlay 2.0.0 is not supported"),
        ("overlay: 1.0.0\n", "an overlay must have actions"),
        ("overlay: 1.0.0\nactions: [{update: {}}]\n", "an action must have a target"),
        ("overlay: 1.0.0\nactions: [{target: $.info, copy: $.paths}]\n", "Overlay 1.0 has no `copy`"),
        ("overlay: 1.1.0\nactions: [{target: $.info, copy: $.nothing}]\n", "the copy .* matches nothing"),
        ("overlay: 1.1.0\nactions: [{target: $.info, copy: $.paths.*}]\n", "selects 2 values"),
        ("overlay: 1.1.0\nactions: [{target: $.info, copy: 3}]\n", "copy must be a JSONPath"),
        ("overlay: 1.1.0\nactions: [{target: $.info, copy: $.paths, update: {}}]\n", "and not both"),
        ("overlay: 1.1.0\nactions: [{target: $.info, copy: $.servers}]\n", "with another value"),
        ("overlay: 1.0.0\nactions: [{target: $.info, remove: 'yes'}]\n", "remove must be true or false"),
        ("overlay: 1.0.0\nactions: [{target: '', update: {}}]\n", "cannot be read"),
        ("overlay: 1.0.0\nactions: [{target: '$.info[', update: {}}]\n", "cannot be read"),
        (
            "overlay: 1.0.0\nactions: [{target: $.info.title, update: {}}]\n",
            "a value that is no object or array",
        ),
        ("overlay: 1.0.0\nactions: [{target: $.info, update: 3}]\n", "an object cannot be updated with another value"),
        ("overlay: 1.0.0\nactions: [{target: $, update: {servers: {}}}]\n", "of another type"),
        ("overlay: 1.0.0\nactions: [{target: $, remove: true}]\n", "the whole document cannot be removed"),
    ],
)
def test_what_cannot_be_applied_is_an_error_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SpecError, match=message.replace("(", r"\(")) as error:
        _contract(tmp_path, text)
    assert error.value.location is not None and error.value.location.file == str(tmp_path / "overlay0.yaml")
    assert error.value.remedy


def test_an_overlay_that_is_missing_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "api.yaml").write_text(_DOCUMENT)
    with pytest.raises(SpecError, match="no such file"):
        load(tmp_path / "api.yaml", overlays=[tmp_path / "none.yaml"])
