"""The line and column of a pointer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from clausewise.spec.document import read
from clausewise.spec.source_map import SourceMap

_YAML = """\
openapi: 3.1.0
paths:
  /a:
    get: {tags: [x, y]}
    parameters:
      - name: id
      - name: limit
"""
_JSON = '{\n\t"openapi": "3.1.0",\n\t"smile": {"face": "\\ud83d\\ude00 \\/", "after": [1,\n\t\t2]}, "last": 0\n}\n'


def place(folder: Path, text: str, tokens: tuple[str, ...]) -> str:
    path = folder / "api"
    path.write_text(text, encoding="utf-8")
    return str(SourceMap(read(path, "api")).locate(tokens))


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        ((), "api:1:1"),
        (("openapi",), "api:1:1"),
        (("paths",), "api:2:1"),
        (("paths", "/a"), "api:3:3"),
        (("paths", "/a", "get", "tags"), "api:4:11"),
        (("paths", "/a", "get", "tags", "1"), "api:4:21"),
        (("paths", "/a", "parameters", "1"), "api:7:9"),
        (("paths", "/a", "parameters", "1", "name"), "api:7:9"),
        (("paths", "/a", "parameters", "7"), "api:5:5"),
        (("paths", "/a", "parameters", "-1"), "api:5:5"),
        (("paths", "/a", "put", "responses"), "api:3:3"),
        (("openapi", "below", "a", "scalar"), "api:1:1"),
        (("nothing",), "api:1:1"),
    ],
)
def test_yaml(tmp_path: Path, tokens: tuple[str, ...], expected: str) -> None:
    assert place(tmp_path, _YAML, tokens) == expected


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        (("openapi",), "api:2:2"),
        (("smile",), "api:3:2"),
        (("smile", "after"), "api:3:39"),
        (("smile", "after", "1"), "api:4:3"),
        (("last",), "api:4:8"),
        (("missing",), "api:1:1"),
    ],
)
def test_json_with_tabs_and_surrogate_escapes(tmp_path: Path, tokens: tuple[str, ...], expected: str) -> None:
    assert place(tmp_path, _JSON, tokens) == expected


def test_text_that_only_json_can_read(tmp_path: Path) -> None:
    assert place(tmp_path, '{"a"\n:\n{"b": 1}}', ("a", "b")) == "api:3:2"


def test_a_flow_mapping_of_yaml_that_is_no_json(tmp_path: Path) -> None:
    assert place(tmp_path, "{a: [1,\n  {b: 2}]}", ("a", "1", "b")) == "api:2:4"


def test_every_place_of_a_json_text_is_that_which_yaml_gives(tmp_path: Path) -> None:
    tree = {
        "openapi": "3.1.0",
        "": {"~/": [[], {}, [{"é\u2028": None}], 'a\\"{', -1.5e3], "deep": {"x": {"y": [True, {"z": {}}]}}},
        **{f"name{number}": {str(number): [number]} for number in range(20)},
    }
    for indent in (None, 2):
        path = tmp_path / "api"
        path.write_text(json.dumps(tree, indent=indent), encoding="utf-8")
        document = read(path, "api")
        assert document.is_json
        as_json, as_yaml = SourceMap(document), SourceMap(structs.replace(document, is_json=False))
        for tokens in (*every_place(tree), ("", "~/", "9"), ("openapi", "x"), ("none",), ("", "~/", "-1")):
            # From a fresh map as well as from one that has seen other places.
            expected = as_yaml.locate(tokens)
            assert (as_json.locate(tokens), SourceMap(document).locate(tokens)) == (expected, expected)


_LONG = {"~a/": ["x" * 1000], "b": {"": 1}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(json.dumps(_LONG), "api#/b/", id="one long line"),
        pytest.param(json.dumps(_LONG) + "\r\n", "api#/b/", id="one long line that is ended"),
        pytest.param("\n" + json.dumps(_LONG), "api#/b/", id="a long line below another"),
        pytest.param(json.dumps(_LONG)[:-1] + "\n}", "api#/b/", id="a long line above another"),
        pytest.param('{"b": {"": 1}}', "api:1:8", id="a short line"),
        pytest.param("{b: {'': 1}}", "api:1:6", id="no JSON"),
    ],
)
def test_a_place_is_named_as_it_is_located(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "api"
    path.write_text(text, encoding="utf-8", newline="")
    document = read(path, "api")
    positions = SourceMap(document)
    for tokens in (*every_place(document.tree), ("none", "1")):
        assert positions.named(tokens) == str(positions.locate(tokens))
    assert positions.named(("b", "")).startswith(expected)
    remote = SourceMap(structs.replace(document, path=None))
    assert remote.named(("b", "")) == str(remote.locate(("b", "")))


def every_place(value: Any, tokens: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield tokens
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for token, member in members:
        yield from every_place(member, (*tokens, str(token)))


def test_keys_with_escaped_slashes(tmp_path: Path) -> None:
    assert place(tmp_path, '{"paths": {\n"\\/things": {}}}', ("paths", "/things")) == "api:2:1"
