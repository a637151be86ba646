"""The operations that the options of a run select."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from clausewise.contract.contract import Contract, load
from clausewise.errors import UsageError
from clausewise.options import RunOptions
from clausewise.runner.selection import narrowed, select, why_none


def operation(key: str, *tags: str, schema: Any = None) -> dict[str, Any]:
    parameters = [{"name": "q", "in": "query", "schema": schema or {"type": "string"}}]
    return {"operationId": key, "tags": list(tags), "parameters": parameters, "responses": {"204": {}}}


_DOCUMENT: dict[str, Any] = {
    "openapi": "3.2.0",
    "info": {"title": "t", "version": "1"},
    "tags": [{"name": "people"}, {"name": "staff", "parent": "people"}, {"name": "empty"}],
    "paths": {
        "/users": {"get": operation("listUsers", "people"), "post": operation("addUser", "people")},
        "/users/{id}/pets": {"get": operation("listPets", "pets")},
        "/usersettings": {"get": operation("settings")},
        "/staff/{id}": {"get": operation("getStaff", "staff", "other")},
    },
}
_EVERY = ["listUsers", "addUser", "listPets", "settings", "getStaff"]


def contract(folder: Path, document: dict[str, Any] = _DOCUMENT) -> Contract:
    path = folder / "api.json"
    path.write_text(json.dumps(document | {"openapi": "3.1.0"}), encoding="utf-8")
    return load(path)


def keys(folder: Path, **options: Any) -> list[str]:
    return [one.key for one in select(contract(folder), RunOptions(**options))]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param({}, _EVERY, id="all"),
        pytest.param(
            {"operations": ("settings", "addUser")}, ["addUser", "settings"], id="in the order of the document"
        ),
        pytest.param({"operations": ("list*",)}, ["listUsers", "listPets"], id="a glob"),
        pytest.param({"operations": ("list*", "listPets")}, ["listUsers", "listPets"], id="named twice"),
        pytest.param({"tags": ("pets", "other")}, ["listPets", "getStaff"], id="one of several tags"),
        pytest.param({"tags": ("people",)}, ["listUsers", "addUser", "getStaff"], id="a tag above others"),
        pytest.param({"paths": ("/users/**",)}, ["listUsers", "addUser", "listPets"], id="a path and all below"),
        pytest.param({"paths": ("/users/*/pets",)}, ["listPets"], id="any segment"),
        pytest.param({"paths": ("/users/{id}/pets",)}, ["listPets"], id="a path as written"),
        pytest.param({"paths": ("/users*",)}, ["listUsers", "addUser", "settings"], id="a segment that begins so"),
        pytest.param({"paths": ("/users", "/staff/**")}, ["listUsers", "addUser", "getStaff"], id="several paths"),
        pytest.param({"tags": ("people",), "operations": ("list*",)}, ["listUsers"], id="both"),
        pytest.param({"shard": "1/2"}, ["listUsers", "listPets", "getStaff"], id="the first share"),
        pytest.param({"shard": "2/2", "tags": ("people",)}, ["addUser"], id="a share of what is selected"),
        pytest.param({"shard": "6/6"}, [], id="a share without an operation"),
    ],
)
def test_selected(tmp_path: Path, options: dict[str, Any], expected: list[str]) -> None:
    assert keys(tmp_path, **options) == expected


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"operations": ("lst*",)}, 'has no operation "lst*" (did you mean "listPets"?)'),
        ({"tags": ("peple",)}, 'has no tag "peple" (did you mean "people"?)'),
        ({"tags": ("empty",)}, "no operation has all that"),
        ({"paths": ("/pets",)}, 'has no path "/pets"'),
        ({"tags": ("pets",), "operations": ("settings",)}, "no operation has all that"),
        ({"changed_since": "main"}, "is not in a git repository"),
    ],
)
def test_nothing_selected_by_mistake(tmp_path: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as raised:
        keys(tmp_path, **options)
    assert message in str(raised.value)


@pytest.mark.parametrize("shard", ["0/2", "3/2", "2", "a/b", "-1/2", ""])
def test_what_is_no_share(shard: str) -> None:
    with pytest.raises(ValueError, match="expected shard to be like"):
        RunOptions(shard=shard)


def test_shares_have_every_operation_once(tmp_path: Path) -> None:
    found = [key for number in (1, 2, 3) for key in keys(tmp_path, shard=f"{number}/3")]
    assert sorted(found) == sorted(_EVERY)


def test_narrowed_options_select_the_same(tmp_path: Path) -> None:
    narrow = narrowed(contract(tmp_path), RunOptions(tags=("people",), shard="2/2", seed=7))
    assert narrow == RunOptions(operations=("addUser",), seed=7)
    nothing = RunOptions(shard="9/9")
    assert narrowed(contract(tmp_path), nothing) is None
    assert why_none(nothing) == "shard 9/9 is left without an operation"


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=n", "-c", "user.email=n@example.com"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, timeout=30)


def test_changed_since_a_revision(tmp_path: Path) -> None:
    shared = {"name": {"type": "string", "maxLength": 9}}
    paths = _DOCUMENT["paths"] | {
        "/shared": {"get": operation("shared", schema={"$ref": "#/components/schemas/name"})},
        "/file": {"get": operation("beside", schema={"$ref": "beside.json#/a"})},
    }
    document = _DOCUMENT | {"paths": paths, "components": {"schemas": shared}}
    beside = tmp_path / "beside.json"
    beside.write_text('{"a": {"type": "integer"}}', encoding="utf-8")
    contract(tmp_path, document)
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    since = RunOptions(changed_since="main")

    assert select(contract(tmp_path, document), since) == ()
    assert why_none(since) == "no contract of an operation has changed since main"

    # Descriptions are no contract.
    described = paths | {"/usersettings": {"get": operation("settings") | {"description": "new"}}}
    assert select(contract(tmp_path, document | {"paths": described}), since) == ()

    added = paths | {"/new": {"get": operation("added")}}
    shorter = {"name": {"type": "string", "maxLength": 8}}
    beside.write_text('{"a": {"type": "number"}}', encoding="utf-8")
    now = contract(tmp_path, document | {"paths": added, "components": {"schemas": shorter}})
    assert [one.key for one in select(now, since)] == ["shared", "beside", "added"]

    git(tmp_path, "rm", "-q", "--cached", "api.json")
    git(tmp_path, "commit", "-q", "-m", "second")
    assert [one.key for one in select(now, since)] == [one.key for one in now.operations]
