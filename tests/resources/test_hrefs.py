"""Addresses in answers."""

from __future__ import annotations

from typing import Any

import pytest

from clausewise.exchange import Exchange, Request, Response
from clausewise.resources.hrefs import addresses, own_addresses


def found(document: Any, *headers: tuple[str, str]) -> list[str]:
    return [*addresses(Exchange("1", Request("GET", "/things"), Response(200, headers)), document)]


@pytest.mark.parametrize(
    ("document", "wanted"),
    [
        pytest.param({"href": "/a"}, ["/a"], id="a member for it"),
        pytest.param({"self": {"href": "/a"}}, ["/a"], id="an object with one"),
        pytest.param({"_links": {"self": {"href": "/a"}, "next": "/b"}}, ["/a", "/b"], id="links by name"),
        pytest.param({"links": [{"rel": "self", "href": "/a"}]}, ["/a"], id="links in a list"),
        pytest.param({"_links": {"items": [{"href": "/a"}, {"href": "/b"}]}}, ["/a", "/b"], id="several of one name"),
        pytest.param({"_links": {"items": ["/a", "/b"]}}, ["/a", "/b"], id="several texts of one name"),
        pytest.param([{"url": "/a"}, {"url": "/b"}], ["/a", "/b"], id="of each item"),
        pytest.param({"data": {"uri": "/a"}}, ["/a"], id="inside"),
        pytest.param({"name": "/a", "about": {"b": "/c"}}, [], id="other members"),
        pytest.param({"href": "a"}, [], id="a word"),
        pytest.param({"href": "see /a"}, [], id="a sentence"),
        pytest.param({"href": 7, "self": None}, [], id="no text"),
        pytest.param(
            [{"url": f"/{number}"} for number in range(60)], [f"/{number}" for number in range(50)], id="many"
        ),
        pytest.param({"a": {"b": {"c": {"d": {"url": "/a"}}}}}, ["/a"], id="deep"),
        pytest.param({"a": {"b": {"c": {"d": {"e": {"f": {"url": "/a"}}}}}}}, [], id="too deep"),
    ],
)
def test_addresses_in_a_body(document: Any, wanted: list[str]) -> None:
    assert found(document) == wanted


def test_those_of_headers_come_first() -> None:
    assert found({"url": "/b"}, ("content-location", "/c"), ("Location", "/a")) == ["/a", "/c", "/b"]


@pytest.mark.parametrize(
    ("document", "wanted"),
    [
        ({"href": "/a", "name": "/b"}, ["/a"]),
        ({"selfLink": "/a"}, ["/a"]),
        ({"_links": {"self": {"href": "/a"}, "next": {"href": "/b"}}}, ["/a"]),
        ({"links": [{"rel": "next", "href": "/b"}, {"rel": "self", "href": "/a"}, "/c"]}, ["/a"]),
        ({"data": {"links": {"self": "/a"}}}, ["/a"]),
        ({"other": {"links": {"self": "/a"}}}, []),
        (["/a"], []),
    ],
)
def test_addresses_that_an_object_has_of_itself(document: Any, wanted: list[str]) -> None:
    assert [*own_addresses(document)] == wanted
