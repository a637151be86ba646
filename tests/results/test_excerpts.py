"""What a record keeps of the text of a large document."""

from __future__ import annotations

import json
from pathlib import Path

from clausewise.errors import Location
from clausewise.results.excerpts import LEFT_OUT, source_text, united
from clausewise.results.record import SourceText
from clausewise.spec.document import Document, parse

#: more than is recorded whole
_MANY = 30_000


def _read(text: str) -> Document:
    return parse(text.encode(), Path("api.json"), "api.json")


def _minified() -> Document:
    paths = {f"/things/{number}": {"get": {"responses": {"200": {"description": "ok"}}}} for number in range(_MANY)}
    return _read(json.dumps({"openapi": "3.1.0", "paths": paths, "tags": [{"name": "a"}, {"name": "b"}]}))


def _at(pointer: str) -> Location:
    return Location("api.json", 1, 1, pointer)


def test_a_small_document_is_recorded_whole() -> None:
    document = _read('{"openapi": "3.1.0", "paths": {}}')
    assert source_text(document, ()) == SourceText("api.json", document.text)


def test_of_a_large_minified_document_the_parts_are_kept_that_the_run_is_about() -> None:
    kept = source_text(_minified(), [_at("/paths/~1things~17/get"), _at("/tags/1/name")])
    assert kept.excerpt
    tree = json.loads(kept.text)
    assert tree["openapi"] == "3.1.0"
    assert tree["paths"]["/things/7"] == {"get": {"responses": {"200": {"description": "ok"}}}}
    assert tree["tags"] == [LEFT_OUT, {"name": "b"}]
    others = {name: item for name, item in tree["paths"].items() if name != "/things/7"}
    assert len(others) == _MANY - 1 and set(others.values()) == {LEFT_OUT}


def test_what_is_around_a_place_is_kept_with_it() -> None:
    whole, inner = _at("/paths/~1things~17"), _at("/paths/~1things~17/get/responses/200")
    assert source_text(_minified(), [whole, inner]) == source_text(_minified(), [whole])
    assert source_text(_minified(), [_at("")]).text == json.dumps(_minified().tree, separators=(",", ":"))


def test_a_run_about_nothing_keeps_the_outermost_members() -> None:
    assert json.loads(source_text(_minified(), ()).text) == {"openapi": "3.1.0", "paths": LEFT_OUT, "tags": LEFT_OUT}


def test_of_a_large_document_of_many_lines_those_near_a_place_keep_their_numbers() -> None:
    text = "openapi: 3.1.0\npaths:\n" + "".join(f"  /things/{number}: {'{}':>40}\n" for number in range(_MANY))
    kept = source_text(_read(text), [Location("api.json", 500, 3), Location("other.yaml", 900, 1)])
    lines, shown = text.split("\n"), kept.text.split("\n")
    assert kept.excerpt and len(shown) == len(lines)
    assert [number for number, line in enumerate(shown, 1) if line] == list(range(490, 511))
    assert shown[489:510] == lines[489:510]


def test_excerpts_of_merged_runs_are_united_in_the_order_of_the_document() -> None:
    document, one, other = _minified(), _at("/paths/~1things~15"), _at("/paths/~1things~12")
    both = source_text(document, [one, other])
    assert united([(source_text(document, [one]),), (source_text(document, [other]),)]) == (both,)
    assert united([(source_text(document, [one]),), (SourceText("api.json", document.text),)])[0].text == document.text


def test_excerpts_of_lines_are_united() -> None:
    document = _read("".join(f"member-{number}: {'x' * 40}\n" for number in range(_MANY)))
    places = [Location("api.json", 40, 1), Location("api.json", 45, 1), Location("api.json", 9_000, 1)]
    parts = [(source_text(document, [place]),) for place in places]
    assert united(parts) == (source_text(document, places),)
