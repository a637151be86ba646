"""A minified document is laid out for its readers, and its places are found there."""

from __future__ import annotations

import json

import pytest

from clausewise.errors import Location
from clausewise.report.layout import view_of

_TREE = {"paths": {"/a/{b}": {"get": {"tags": ["x", "y~z"], "empty": {}, "long": "l" * 900}}}}


def test_a_minified_document_is_laid_out() -> None:
    view = view_of(json.dumps(_TREE))
    assert view.lines[:4] == ("{", '  "paths": {', '    "/a/{b}": {', '      "get": {')
    assert json.loads("".join(view.lines)) == _TREE


@pytest.mark.parametrize(
    ("pointer", "line"),
    [("", 1), ("/paths/~1a~1{b}", 3), ("/paths/~1a~1{b}/get/tags/1", 7), ("/paths/~1a~1{b}/get/no/such", 4)],
)
def test_its_places_are_found(pointer: str, line: int) -> None:
    assert view_of(json.dumps(_TREE)).line_of(Location("api.json", 1, 17, pointer)) == line


@pytest.mark.parametrize("text", ["openapi: 3.1.0\npaths: {}\n", "{a: " + "b" * 900 + "}", json.dumps(_TREE, indent=2)])
def test_other_documents_stay_as_they_are(text: str) -> None:
    view = view_of(text)
    assert view.lines == tuple(text.split("\n"))
    assert view.line_of(Location("api", 2, 1, "/paths")) == 2
