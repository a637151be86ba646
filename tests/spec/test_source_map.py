"""The line and column of a pointer."""

from __future__ import annotations

from pathlib import Path

import pytest

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


def test_text_that_only_json_can_read_has_a_file_and_no_line(tmp_path: Path) -> None:
    assert place(tmp_path, '{"a"\n:\n{"b": 1}}', ("a", "b")) == "api:1:1"


def test_keys_with_escaped_slashes(tmp_path: Path) -> None:
    assert place(tmp_path, '{"paths": {\n"\\/things": {}}}', ("paths", "/things")) == "api:2:1"
