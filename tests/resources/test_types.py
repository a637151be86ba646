"""Kinds of resources, read off paths."""

from __future__ import annotations

from typing import Any

import pytest

from clausewise.contract.contract import Contract
from clausewise.resources.types import ResourceType, erased, resource_paths, resource_types, singletons
from clausewise.values.words import plain, singular
from tests.conftest import Compile

_ID = [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}]


def paths(*entries: str) -> dict[str, Any]:
    """`METHOD /path` entries as a document's paths, each with the id "METHOD /path"."""
    found: dict[str, Any] = {}
    for entry in entries:
        method, _, path = entry.partition(" ")
        found.setdefault(path, {})[method.lower()] = {"responses": {"200": {"description": ""}}}
    return found


def kind(compiled: Compile, path: str, *entries: str) -> ResourceType:
    return resource_types(compiled({"paths": paths(*entries)}).operations)[path]


def keys(kind: ResourceType) -> dict[str, str | None]:
    roles = {"create": kind.create, "get": kind.get, "list": kind.list, "update": kind.update, "delete": kind.delete}
    return {role: operation.key for role, operation in roles.items() if operation is not None}


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        (
            ("POST /things", "GET /things", "GET /things/{id}", "PUT /things/{id}", "DELETE /things/{thingId}"),
            {
                "create": "POST /things",
                "list": "GET /things",
                "get": "GET /things/{id}",
                "update": "PUT /things/{id}",
                "delete": "DELETE /things/{thingId}",
            },
        ),
        (("POST /things/", "GET /things/{id}/parts"), {"create": "POST /things/"}),
        (("POST /things/upload", "GET /things/{id}"), {"create": "POST /things/upload", "get": "GET /things/{id}"}),
        (("PUT /things/{name}",), {"create": "PUT /things/{name}", "update": "PUT /things/{name}"}),
        (("POST /things/{name}", "GET /things"), {"create": "POST /things/{name}", "list": "GET /things"}),
        (("PUT /things/{id}", "PATCH /things/{id}"), {"create": "PUT /things/{id}", "update": "PATCH /things/{id}"}),
    ],
)
def test_operations_find_their_roles(compiled: Compile, entries: tuple[str, ...], expected: dict[str, str]) -> None:
    assert keys(kind(compiled, "/things/{}", *entries)) == expected


@pytest.mark.parametrize(
    ("entries", "path", "made_by"),
    [
        (("POST /silences", "GET /silence/{id}"), "/silence/{}", "POST /silences"),
        (("POST /api/categories", "GET /api/category/{id}"), "/api/category/{}", "POST /api/categories"),
        (("POST /user", "POST /users", "GET /user/{id}"), "/user/{}", "POST /user"),
        (("POST /users", "GET /users/{id}", "GET /user/{id}"), "/user/{}", None),
        (("POST /other/silences", "GET /silence/{id}"), "/silence/{}", None),
    ],
    ids=["in the plural", "below another path", "both", "with resources of its own", "elsewhere"],
)
def test_a_collection_may_be_in_the_plural_where_one_is_in_the_singular(
    compiled: Compile, entries: tuple[str, ...], path: str, made_by: str | None
) -> None:
    of_type = kind(compiled, path, *entries)
    assert (of_type.create.key if of_type.create else None) == made_by and not of_type.made_elsewhere


def test_a_put_that_does_something_to_a_resource_makes_none(compiled: Compile) -> None:
    action = kind(compiled, "/things/{}/set-level/{}", "GET /things/{id}", "PUT /things/{id}/set-level/{level}")
    assert action.create is None
    kept = kind(compiled, "/things/{}/tags/{}", "PUT /things/{id}/tags/{tag}", "DELETE /things/{id}/tags/{tag}")
    assert keys(kept)["create"] == "PUT /things/{id}/tags/{tag}"


@pytest.mark.parametrize(
    ("name", "required", "makes"),
    [("cmd", True, False), ("Action", True, False), ("cmd", False, True), ("kind", True, True)],
)
def test_a_command_in_the_query_makes_nothing(compiled: Compile, name: str, required: bool, makes: bool) -> None:
    document = {"paths": paths("POST /things", "GET /things/{id}", "GET /things")}
    query = {"name": name, "in": "query", "required": required, "schema": {"enum": ["wipe", "rebuild"]}}
    document["paths"]["/things"]["post"]["parameters"] = [query]
    found = resource_types(compiled(document).operations)["/things/{}"]
    assert (found.create is not None) is makes


def test_a_kind_is_called_by_its_collection(compiled: Compile) -> None:
    inner = kind(compiled, "/things/{}/spare-parts/{}", "GET /things/{id}/spare-parts/{partId}")
    assert inner.noun == "sparepart"
    assert inner.parameter.parameter.name == "partId"
    assert inner.collection == "/things/{}/spare-parts"


def test_who_names_it(compiled: Compile) -> None:
    assert kind(compiled, "/things/{}", "PUT /things/{name}").named_by_caller
    assert not kind(compiled, "/things/{}", "POST /things", "GET /things/{name}").named_by_caller


def test_the_shipped_contract_makes_no_kind_that_it_can_name(shipped: Contract) -> None:
    # /organizations/{organizationId}/clusters makes clusters, but no path leads to one.
    assert list(resource_types(shipped.operations)) == ["/organizations/{}"]


@pytest.mark.parametrize(
    ("word", "expected"),
    [("things", "thing"), ("policies", "policy"), ("boxes", "box"), ("classes", "class"), ("s", "s"), ("data", "data")],
)
def test_singular(word: str, expected: str) -> None:
    assert singular(word) == expected


def test_names_compare_without_case_and_punctuation() -> None:
    assert {plain(name) for name in ("thing_id", "thingId", "Thing-ID")} == {"thingid"}


def test_paths_lose_their_names() -> None:
    assert erased("/a/{b}/c/{d}/") == "/a/{}/c/{}"
    assert list(resource_paths("/a/{}/c/{}/e")) == ["/a/{}", "/a/{}/c/{}"]


@pytest.mark.parametrize(
    ("entries", "found"),
    [
        pytest.param(("GET /settings", "PUT /settings"), {"/settings": "PUT /settings"}, id="read and changed"),
        pytest.param(("GET /me", "PUT /me", "PATCH /me"), {"/me": "PATCH /me"}, id="changed in part"),
        pytest.param(("GET /status",), {}, id="only read"),
        pytest.param(("PUT /settings",), {}, id="only changed"),
        pytest.param(("GET /things", "PUT /things", "GET /things/{id}"), {}, id="a collection"),
        pytest.param(("GET /things/{id}/settings", "PUT /things/{id}/settings"), {}, id="one in each of several"),
    ],
)
def test_what_there_is_one_of(compiled: Compile, entries: tuple[str, ...], found: dict[str, str]) -> None:
    single = singletons(compiled({"paths": paths(*entries)}).operations)
    assert {one.path: one.update.key for one in single if one.update is not None} == found
    assert all(one.get is not None and one.create is None and one.delete is None for one in single)
