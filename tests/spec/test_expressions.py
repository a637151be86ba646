"""Runtime expressions, alone and embedded in texts."""

from __future__ import annotations

import pytest

from clausewise.spec.expressions import Expression, read_expression, read_template


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$url", Expression("url")),
        ("$method", Expression("method")),
        ("$statusCode", Expression("statusCode")),
        ("$request.query.url", Expression("query", "request", "url")),
        ("$request.header.X-Hook.Url", Expression("header", "request", "X-Hook.Url")),
        ("$request.path.id", Expression("path", "request", "id")),
        ("$response.header.Location", Expression("header", "response", "Location")),
        ("$request.body", Expression("body", "request")),
        ("$response.body#/a/0/b~1c", Expression("body", "response", pointer=("a", "0", "b/c"))),
    ],
)
def test_an_expression(text: str, expected: Expression) -> None:
    assert read_expression(text) == expected
    assert read_template(text).is_bare


@pytest.mark.parametrize(
    "text", ["", "$", "$5.00", "$request", "$request.cookie.a", "$response.body#a", "$url.x", "url"]
)
def test_no_expression(text: str) -> None:
    assert read_expression(text) is None


def test_expressions_in_a_text() -> None:
    template = read_template("{$request.query.url}/{id}?at={$response.body#/a}")
    query, body = template.expressions
    assert template.parts == (query, "/{id}?at=", body)
    assert not template.is_bare
    assert not read_template("{$url}").is_bare
