"""Files of YAML and JSON as plain values, and what is said of those that are neither."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from clausewise.errors import SpecError
from clausewise.spec import document
from clausewise.spec.document import read


def tree(folder: Path, text: str) -> Any:
    path = folder / "api.yaml"
    path.write_bytes(text.encode())
    return read(path, "api.yaml").tree


@pytest.mark.parametrize(
    ("written", "value"),
    [
        *((word, word) for word in ("on", "off", "yes", "no", "y", "n", "On", "NO", "tRUE", "nul")),
        *((word, True) for word in ("true", "True", "TRUE")),
        *((word, False) for word in ("false", "False", "FALSE")),
        *((word, None) for word in ("~", "null", "Null", "NULL", "")),
        ("2020-01-01", "2020-01-01"),
        ("2020-01-01T10:00:00Z", "2020-01-01T10:00:00Z"),
        ("12:30:45", "12:30:45"),
        ("1_000", "1_000"),
        ("1.2.3", "1.2.3"),
        ("0b11", "0b11"),
        ("<<", "<<"),
        ("010", 10),
        ("0o17", 15),
        ("0x1F", 31),
        ("+12", 12),
        ("-7", -7),
        ("1e3", 1000.0),
        ("-1.5E-2", -0.015),
        (".5", 0.5),
        ("2.", 2.0),
        ("'12'", "12"),
        ('"no"', "no"),
        ("!Ref thing", "thing"),
        ("!!str 12", "12"),
        ("!!timestamp 2020-01-01", "2020-01-01"),
        ("!!binary aGk=", "aGk="),
        ("!Tags [a, 1]", ["a", 1]),
        ("!Tags {a: 1}", {"a": 1}),
    ],
)
def test_scalars_are_those_of_yaml_1_2(tmp_path: Path, written: str, value: Any) -> None:
    found = tree(tmp_path, f"value: {written}\n")["value"]
    assert (found, type(found)) == (value, type(value))


def test_keys_are_strings_as_written(tmp_path: Path) -> None:
    assert list(tree(tmp_path, "200: a\non: b\nnull: c\n1.0: d\n010: e\n")) == ["200", "on", "null", "1.0", "010"]


@pytest.mark.parametrize(
    ("text", "merged"),
    [
        ("a: &a {x: 1, y: 2}\nm:\n  <<: *a\n  y: 3\n", {"x": 1, "y": 3}),
        ("a: &a {x: 1, y: 2}\nm:\n  y: 3\n  <<: *a\n", {"x": 1, "y": 3}),
        ("a: &a {x: 1}\nb: &b {x: 2, z: 3}\nm:\n  <<: [*a, *b]\n", {"x": 1, "z": 3}),
        ("a: &a {name: 1}\nb: &b {name: 2}\nm:\n  <<: [*a, *b]\n", {"name": 1}),
        ("a: &a {x: 1}\nb: &b {<<: *a, z: 3}\nm:\n  <<: *b\n", {"x": 1, "z": 3}),
        ("a: &a {x: 1}\nm: {c: &c {<<: *a, x: 2}, <<: *c}\n", {"c": {"x": 2}, "x": 2}),
        ("a: &a {name: 1}\nm: {c: &c {<<: *a, name: 2}, <<: *c}\n", {"c": {"name": 2}, "name": 2}),
        ("a: &a {x: 1, 'x ': 2}\nm: {<<: [*a, {x: 3, y: 4}]}\n", {"x": 1, "x ": 2, "y": 4}),
        ("m: &m {x: 1, <<: {y: 2, x: 3}}\n", {"x": 1, "y": 2}),
        ("m: &m {<<: [], x: 1}\n", {"x": 1}),
    ],
    ids=[
        "own key wins",
        "own key wins before it",
        "first of a list wins",
        "first of a list wins, long name",
        "merged twice",
        "merged before it is made",
        "merged before it is made, long name",
        "an alias and one written in place",
        "beside its own",
        "nothing merged",
    ],
)
def test_merge_keys(tmp_path: Path, text: str, merged: dict[str, int]) -> None:
    assert tree(tmp_path, text)["m"] == merged


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb:\n  c: 1\n  c: 2\n", 'api.yaml:4:3: is not valid YAML: the key "c" occurs twice'),
        ("1: a\n'1': b\n", 'api.yaml:2:1: is not valid YAML: the key "1" occurs twice'),
        ("? [a]\n: b\n", "api.yaml:1:3: is not valid YAML: a key must be a scalar"),
        ("a:\n  b: 1\n c: 2\n", "api.yaml:3:2: is not valid YAML: "),
        ("a:\n\tb: 1\n", "api.yaml:2:1: is not valid YAML: "),
        ("a: *x\n", "api.yaml:1:4: is not valid YAML: "),
        ("a: &a [*a]\n", "api.yaml:1:4: is not valid YAML: "),
        ("a: 1\n---\nb: 2\n", "api.yaml:2:1: is not valid YAML: "),
        (
            "c:\n  <<: 1\n",
            "api.yaml:2:7: is not valid YAML: `<<` merges a mapping or a list of mappings, not a scalar (give it",
        ),
        (
            "c:\n  <<: [{a: 1}, b]\n",
            "api.yaml:2:16: is not valid YAML: `<<` merges a mapping or a list of mappings, not a scalar",
        ),
        ("a: 1\nb: x\x01y\n", "api.yaml:2:5: has the character U+0001, which YAML does not allow"),
        ("a: " + "[" * 3000 + "]" * 3000, "api.yaml:1:4: is nested too deeply (nest fewer"),
        ("a: " + "- " * 100_000, "api.yaml:1:4: is nested too deeply (nest fewer"),
        ("a: " + "[" * 100_000, "api.yaml:1:4: is nested too deeply (nest fewer"),
        ('{"a": 1} x', "api.yaml:1:10: is not valid JSON: Extra data"),
        ('{\n  "a": 1\n}}', "api.yaml:3:2: is not valid JSON: Extra data"),
        ('{"a": NaN}', "api.yaml:1:7: is not valid JSON: NaN is not a JSON number"),
        ('{"a": "NaN",\n "b": -Infinity}', "api.yaml:2:7: is not valid JSON: -Infinity is not a JSON number"),
        ('{"a": ' + "9" * 5000 + "}", "api.yaml:1:7: is not valid JSON: "),
        ('{"a": 1, "a": 2}', 'api.yaml:1:10: the object member "a" occurs twice'),
        ('{"a":' * 100_000, "api.yaml:1:1: is nested too deeply (nest fewer"),
        ("", "api.yaml is empty (an OpenAPI document starts with 'openapi: 3.1.0')"),
        (" \n\n", "api.yaml is empty (an OpenAPI document starts with 'openapi: 3.1.0')"),
    ],
    ids=lambda value: value[:12] if value.startswith(("{", "a:", "?")) else "",
)
def test_what_cannot_be_read_is_said_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        tree(tmp_path, text)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    "written", ["!!int x", "!!float x", "!!float .inf", "!!bool maybe", "!!map x", "!!seq x", "1e999", "9" * 5000]
)
def test_what_its_tag_does_not_allow_is_said_with_its_place(tmp_path: Path, written: str) -> None:
    with pytest.raises(SpecError, match=r"^api\.yaml:1:4: "):
        tree(tmp_path, f"a: {written}\n")


@pytest.mark.parametrize(
    ("written", "value"), [("!!set {x, y}", {"x": None, "y": None}), ("!!omap [x: 1]", [{"x": 1}])]
)
def test_collections_that_json_lacks_are_read_as_those_it_has(tmp_path: Path, written: str, value: Any) -> None:
    assert tree(tmp_path, f"a: {written}\n") == {"a": value}


def test_a_flow_mapping_of_yaml_is_not_taken_for_broken_json(tmp_path: Path) -> None:
    assert tree(tmp_path, "{a: 1, b: on}") == {"a": 1, "b": "on"}


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    assert tree(tmp_path, '\ufeff{"a": 1}') == {"a": 1}


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clausewise.spec.document._LARGEST", 2**20)
    path = tmp_path / "api.yaml"
    path.write_bytes(b"a: 1\n" + b"#" * (2**20 - 5))
    assert read(path, "api.yaml").tree == {"a": 1}
    path.write_bytes(path.read_bytes() + b"#")
    with pytest.raises(SpecError, match=r"^api\.yaml has more than 1 MiB \(split it"):
        read(path, "api.yaml")


def test_a_file_without_an_end_is_not_read_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clausewise.spec.document._LARGEST", 2**20)
    with pytest.raises(SpecError, match=r"^zero has more than 1 MiB"):
        read(Path("/dev/zero"), "zero")


def test_a_file_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"^shown\.yaml: no such file \(check the path\)$"):
        read(tmp_path / "api.yaml", "shown.yaml")


def test_a_directory(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"^shown is a directory \(name the OpenAPI file in it\)$"):
        read(tmp_path, "shown")


def test_a_binary_file(tmp_path: Path) -> None:
    path = tmp_path / "api.yaml"
    path.write_bytes(b"a: 1\nb: \xff\xfe\x00")
    with pytest.raises(SpecError, match=r"^api\.yaml:2:4: is not UTF-8 text \(save it as UTF-8\)$"):
        read(path, "api.yaml")


def test_a_large_document_is_read_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two pieces an interruption has its effect, which it has not within libyaml."""
    pieces: list[str] = []

    def read(self: document._Reading, size: int) -> str:
        if len(pieces) == 3:
            raise KeyboardInterrupt
        pieces.append(text[len("".join(pieces)) :][:size])
        return pieces[-1]

    text = "openapi: 3.1.0\n" + "# a comment\n" * 100_000
    monkeypatch.setattr(document._Reading, "read", read)
    with pytest.raises(KeyboardInterrupt):
        document.parse(text.encode(), Path("api.yaml"), "api.yaml")
    assert sum(map(len, pieces)) < len(text) / 2


def test_dashes_are_counted_once() -> None:
    """A search for thousands of them would begin anew at each."""
    text = "openapi: 3.1.0\n" + ("# " + "-" * 1_999 + "\n") * 5_000
    assert document.parse(text.encode(), Path("api.yaml"), "api.yaml").tree == {"openapi": "3.1.0"}
