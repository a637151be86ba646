"""What a resource is known by."""

from __future__ import annotations

import json
from typing import Any

import pytest

from clausewise.contract.contract import Contract
from clausewise.exchange import Exchange, Headers, Request, Response
from clausewise.resources.identity import items_in, listed_by, resource_created_by
from clausewise.resources.types import ResourceType, resource_types
from tests.conftest import Compile


def document(parameter: str, schema: dict[str, Any]) -> dict[str, Any]:
    named = {"name": parameter, "in": "path", "required": True, "schema": schema}
    content = {"content": {"application/json": {"schema": {"type": "object"}}}}
    answer = {"responses": {"200": {"description": ""}}}
    return {
        "paths": {
            "/shops/{shop}/things": {
                "post": {"operationId": "make", "requestBody": content, **answer},
                "get": {"operationId": "list", **answer},
            },
            f"/shops/{{shop}}/things/{{{parameter}}}": {"parameters": [named], "get": {"operationId": "get", **answer}},
        }
    }


def kind_of(contract: Contract) -> ResourceType:
    return resource_types(contract.operations)["/shops/{}/things/{}"]


def exchange(answer: Any, *, sent: Any = None, method: str = "POST", headers: Headers = ()) -> Exchange:
    body = b"" if answer is None else json.dumps(answer).encode()
    request = Request(method, "/shops/s%2F1/things", body=json.dumps(sent).encode())
    return Exchange("1", request, Response(201, headers, body))


@pytest.mark.parametrize(
    ("parameter", "schema", "answer", "own"),
    [
        ("id", {"type": "string"}, {"id": "a"}, "a"),
        ("thingId", {"type": "string"}, {"id": "a", "thing_id": "b"}, "b"),
        ("thingId", {"type": "string"}, {"name": "n", "id": "a"}, "a"),
        ("thing_name", {"type": "string"}, {"id": "a", "name": "n"}, "n"),
        ("id", {"type": "string"}, {"uuid": "u", "title": "t"}, "u"),
        ("id", {"type": "string"}, {"data": {"id": "a"}, "permissions": {"id": "p"}}, "a"),
        ("id", {"type": "string"}, {"thing": {"id": "a"}}, "a"),
        ("id", {"type": "string"}, {"data": {"attributes": {"key": "k"}}}, "k"),
        ("id", {"type": "integer"}, {"id": 7}, 7),
        ("id", {"type": "integer"}, {"name": "n", "pk": 7}, 7),
        ("номер", {"type": "string"}, {"название": "x", "номер": "a"}, "a"),
        ("商品ID", {"type": "string"}, {"名前": "x", "商品id": "a"}, "a"),
        ("id", {"type": "integer"}, {"id": "7"}, 7),
        ("id", {"type": "string"}, {"id": 7}, "7"),
        ("id", {"type": "string", "format": "uuid"}, {"id": 7, "uuid": "6f1c2a34-9b0e-4d57-8a61-3c5e7f90b12d"}, ...),
        ("id", {"type": "string"}, [{"id": "a"}], "a"),
        ("id", {"type": "string"}, "a", "a"),
        ("id", {"type": "string"}, {"ok": True}, None),
        ("id", {"type": "string"}, {"id": ""}, None),
        ("id", {"type": "integer"}, {"id": "7" * 5000}, None),
        ("id", {"type": "string"}, {"id": None}, None),
    ],
)
def test_an_answer_names_what_was_made(
    compiled: Compile, parameter: str, schema: dict[str, Any], answer: Any, own: Any
) -> None:
    made = resource_created_by(kind_of(compiled(document(parameter, schema))), exchange(answer))
    if own is None:
        assert made is None
    else:
        expected = answer["uuid"] if own is ... else own
        assert made is not None and made.values == ("s/1", expected)


@pytest.mark.parametrize(
    ("location", "own"),
    [
        ("/shops/s%2F1/things/b%20c", "b c"),
        ("https://example.com/api/v1/shops/s/things/b", "b"),
        ("/elsewhere/b", None),
        ("b", None),
        ("http://[bad", None),
    ],
)
def test_a_location_names_what_was_made(compiled: Compile, location: str, own: str | None) -> None:
    kind = kind_of(compiled(document("id", {"type": "string"})))
    made = resource_created_by(kind, exchange(None, headers=(("location", location),)))
    assert (made.values[-1] if made else None) == own


def test_without_an_answer_it_is_called_as_it_was_sent(compiled: Compile) -> None:
    kind = kind_of(compiled(document("name", {"type": "string"})))
    made = resource_created_by(kind, exchange(None, sent={"name": "n", "id": "a"}))
    assert made is not None and made.values[-1] == "n"
    # What the caller calls a name is no id.
    kind = kind_of(compiled(document("id", {"type": "string"})))
    assert resource_created_by(kind, exchange(None, sent={"name": "n"})) is None


def test_lists_name_what_there_is(compiled: Compile) -> None:
    kind = kind_of(compiled(document("id", {"type": "string"})))
    found = listed_by(kind, exchange({"items": [{"id": "a"}, {"no": 1}, {"id": "b"}]}, method="GET"))
    assert [resource.values for resource in found] == [("s/1", "a"), ("s/1", "b")]


@pytest.mark.parametrize(
    ("listed", "items"),
    [
        ([1, 2], [1, 2]),
        ({"total": 1, "items": [1]}, [1]),
        ({"data": {"things": [1]}}, [1]),
        ({"a": {"id": 1}, "b": {"id": 2}}, [{"id": 1}, {"id": 2}]),
        ({"total": 0}, []),
        (None, []),
    ],
)
def test_what_a_list_holds(listed: Any, items: list[Any]) -> None:
    assert items_in(listed) == items
