"""Values that each further request needs anew."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest

from clausewise.generation.draft import Draft
from clausewise.resources.uniqueness import candidates, fresh_values, keys_of_requests, moved_to, names_its_owner

_UUID = "6f1c2a34-9b0e-4d57-8a61-3c5e7f90b12d"


@pytest.mark.parametrize(
    ("body", "places"),
    [
        pytest.param({"colour": "red", "name": "a"}, [("name",), ("colour",)], id="names first"),
        pytest.param({"data": {"slug": "a"}, "email": "b"}, [("email",), ("data", "slug")], id="the outer ones first"),
        pytest.param({"data": {"attributes": {"code": "a"}}}, [("data", "attributes", "code")], id="in two envelopes"),
        pytest.param({"a": {"b": {"c": {"name": "x"}}}}, [], id="in three"),
        pytest.param({"name": "a", "ownerId": _UUID}, [("name",)], id="what refers to another"),
        pytest.param({"id": _UUID, "name": "a"}, [("id",), ("name",)], id="its own id"),
        pytest.param({"ownerId": _UUID}, [("ownerId",)], id="nothing else"),
        pytest.param({"size": 3, "tags": ["a"]}, [], id="no text"),
        pytest.param(["a"], [], id="no object"),
    ],
)
def test_texts_that_may_have_to_be_unique(body: Any, places: list[tuple[str, ...]]) -> None:
    assert candidates(Draft(body=body)) == [("body", place) for place in places]


@pytest.mark.parametrize(
    ("name", "names"), [("userName", True), ("orderid", True), ("idle", False), ("Code", True), ("colour", False)]
)
def test_what_names_its_owner(name: str, names: bool) -> None:
    assert names_its_owner(("body", ("data", name))) is names


@pytest.mark.parametrize(
    ("old", "forms"),
    [
        ("ab", [r"ab-\w{8}", r"ab\w{8}", r"\w{8}", r"\w{8}", r"\d{9}", r"ab\d{9}"]),
        ("abcdefghij", [r"abcdefghij-\w{8}", r"abcdefghij\w{8}", r"ab\w{8}", r"\w{8}", r"\d{9}", r"abcdefghij\d{9}"]),
        ("a@b.example", [r"[a-z]\w{7}@b\.example", *[".+"] * 6]),
        ("host.b.example", [r"[a-z]\w{7}\.b\.example", *[".+"] * 6]),
        ("+12025550123", [r"\+1202555\d{4}", *[".+"] * 6]),
        ("@b.example", [r"@b\.example-\w{8}", *[".+"] * 5]),
        (_UUID, [r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", *[".+"] * 6]),
    ],
)
def test_texts_like_another(old: str, forms: list[str]) -> None:
    made = [*fresh_values(old, random.Random(1))]
    assert [form for form, text in zip(forms, made, strict=True) if not re.fullmatch(form, text)] == []
    assert old not in made and made != [*fresh_values(old, random.Random(2))]


def test_whole_numbers_like_another() -> None:
    assert [len(str(number)) for number in fresh_values(7, random.Random(1))] == [9, 5, 3]
    assert [*fresh_values(True, random.Random(1))] == [*fresh_values(1.5, random.Random(1))] == []


def test_only_keys_of_requests_are_headers_that_are_renewed() -> None:
    draft = Draft(
        parameters={("header", "Idempotency-Key"): "a", ("query", "Idempotency-Key"): "b", ("header", "X"): "c"}
    )
    assert keys_of_requests(draft) == (("header.Idempotency-Key", ()),)


@pytest.mark.parametrize(
    ("body", "moved"),
    [
        pytest.param({"id": "a", "name": "a"}, {"id": "b", "name": "a"}, id="its id"),
        pytest.param({"thingId": "a"}, {"thingId": "b"}, id="called as in the path"),
        pytest.param({"thing": {"id": "a"}}, {"thing": {"id": "b"}}, id="in an envelope"),
        pytest.param({"id": "c"}, {"id": "c"}, id="another value"),
        pytest.param({"ownerId": "a"}, {"ownerId": "a"}, id="the id of another"),
        pytest.param({"id": True}, {"id": True}, id="no id"),
        pytest.param(["a"], ["a"], id="no object"),
    ],
)
def test_a_request_that_is_about_another_resource(body: Any, moved: Any) -> None:
    draft = Draft(parameters={("path", "thingId"): "a", ("query", "thingId"): "a"}, body=body)
    other = moved_to(draft, {"thingId": "b"})
    assert (other.body, other.parameters) == (moved, {("path", "thingId"): "b", ("query", "thingId"): "a"})
    assert moved_to(Draft(body=body), {"thingId": "b"}).body == body


@pytest.mark.parametrize(
    ("old", "body", "moved"),
    [
        pytest.param("a", {"id": "a"}, {"id": "b"}, id="an id, whatever the path calls it"),
        pytest.param("True", {"id": True, "slug": [True]}, {"id": True, "slug": [True]}, id="what only looks alike"),
        pytest.param("None", {"id": None}, {"id": None}, id="nothing"),
    ],
)
def test_what_the_path_calls_otherwise(old: str, body: Any, moved: Any) -> None:
    assert moved_to(Draft(parameters={("path", "slug"): old}, body=body), {"slug": "b"}).body == moved


def test_an_id_keeps_its_type() -> None:
    draft = Draft(parameters={("path", "id"): 7}, body={"id": 7, "thing": {"id": "7"}})
    assert moved_to(draft, {"id": 8}).body == {"id": 8, "thing": {"id": "8"}}
