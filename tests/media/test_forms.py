"""Forms on the wire: what is written for a value is read as the same value, whatever names and texts it has."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clausewise.media.codec import Either, File, Malformed, Typed
from clausewise.media.members import Member, Members
from clausewise.media.multipart import parts_of
from clausewise.media.registry import codec_for
from clausewise.media.styles import SEPARATORS

_FORM = "application/x-www-form-urlencoded"
_PARTS = "multipart/form-data"

_TEXTS = st.text(st.characters(codec="utf-8"))
# The escapes of a quoted name (`%22`) are the same as these characters in one.
_WORDS = st.text(st.characters(codec="utf-8", exclude_characters="%"), min_size=1)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | _TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(_TEXTS, inner),
    max_leaves=8,
)
_ANY_MEMBERS: Members = {
    "meta": Member(default_type="application/json"),
    "file": Member(default_type="application/octet-stream", is_file=True),
}


def _values(*, files: bool) -> st.SearchStrategy[dict[str, Any]]:
    plain = _WORDS.filter(lambda name: name not in _ANY_MEMBERS)
    bytes_as_text = st.binary().map(lambda content: content.decode("latin-1"))
    optional: dict[Any, st.SearchStrategy[Any]] = {"meta": st.dictionaries(_TEXTS, _JSON)}
    if files:
        optional["file"] = bytes_as_text | st.lists(bytes_as_text, min_size=2)
    return st.builds(
        lambda texts, rest: {**texts, **rest},
        st.dictionaries(plain, _TEXTS | st.lists(_TEXTS, min_size=2)),
        st.fixed_dictionaries({}, optional=optional),
    )


def _untyped(value: Any) -> Any:
    """A value that was read, with what came as JSON as it is."""
    if isinstance(value, dict):
        return {name: _untyped(member) for name, member in value.items()}
    if isinstance(value, list):
        return list(map(_untyped, value))
    if isinstance(value, Either):
        return value.raws[0]
    return value.value if isinstance(value, Typed) else value


def round_trip(media_type: str, value: Any, members: Members) -> Any:
    codec = codec_for(media_type)
    written = codec.write(value, media_type, members)
    assert written is not None
    return _untyped(read(written.content, written.content_type, members))


def read(content: bytes, content_type: str, members: Members) -> Any:
    codec = codec_for(content_type)
    assert codec.read_form is not None
    return codec.read_form(content, content_type, members)


@settings(max_examples=40, deadline=None)
@given(_values(files=False))
def test_an_urlencoded_form_is_read_as_it_was_written(value: dict[str, Any]) -> None:
    assert round_trip(_FORM, value, _ANY_MEMBERS) == value


@settings(max_examples=40, deadline=None)
@given(_values(files=True))
def test_a_multipart_form_is_read_as_it_was_written(value: dict[str, Any]) -> None:
    assert round_trip(_PARTS, value, _ANY_MEMBERS) == value


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(["form", "spaceDelimited", "pipeDelimited"]),
    st.lists(_TEXTS, min_size=2),
    st.booleans(),
)
def test_an_array_in_a_style_is_read_as_it_was_written(style: str, value: list[str], reserved: bool) -> None:
    members = {"a": Member(is_list=True, style=style, explode=False, allow_reserved=reserved)}
    separator = SEPARATORS[style]
    if separator != ",":
        # It stands there encoded, like one in an item.
        value = [item.replace(separator, "") for item in value]
    assert round_trip(_FORM, {"a": value}, members) == {"a": value}


_NAMES = st.text("abcdefgh_-é ", min_size=1)


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(_NAMES, _TEXTS, min_size=1), st.sampled_from(["deepObject", "form", "flat"]))
def test_an_object_in_a_style_is_read_as_it_was_written(value: dict[str, str], style: str) -> None:
    names = frozenset(value)
    member = Member(style="form" if style == "flat" else style, explode=style != "flat", names=names)
    assert round_trip(_FORM, {"the object": value}, {"the object": member}) == {"the object": value}


@pytest.mark.parametrize(
    ("written", "ways"),
    [
        ("flags=x,y", [["x", "y"]]),
        ("flags=x%2Cy", [["x,y"], ["x", "y"]]),
        ("flags=x", [["x"]]),
        ("flags=", [[""], []]),
    ],
)
def test_an_array_in_one_field_is_taken_apart_in_every_way(written: str, ways: list[list[str]]) -> None:
    found = read(written.encode(), _FORM, {"flags": Member(is_list=True, style="form", explode=False)})
    assert found == {"flags": Either((*ways, written.removeprefix("flags=").replace("%2C", ",")))}


@pytest.mark.parametrize("media_type", [_FORM, _PARTS])
def test_null_has_no_form_but_in_json(media_type: str) -> None:
    codec = codec_for(media_type)
    assert codec.write({"a": None}, media_type, {}) is None
    assert codec.write({"a": ["x", None]}, media_type, {}) is None
    assert round_trip(media_type, {"meta": {"a": None}}, _ANY_MEMBERS) == {"meta": {"a": None}}


def test_each_item_of_an_array_is_a_part_of_the_first_media_type_that_is_allowed() -> None:
    members = {"a": Member(media_types=("image/*", "text/csv"), is_file=True)}
    written = codec_for(_PARTS).write({"a": ["\xff", "b"]}, _PARTS, members)
    assert written is not None
    parts = parts_of(written.content, written.content_type)
    assert not isinstance(parts, Malformed)
    assert [(part.name, part.filename, part.media_type, part.content) for part in parts] == [
        ("a", "clausewise.png", "image/png", b"\xff"),
        ("a", "clausewise.png", "image/png", b"b"),
    ]


def test_a_file_keeps_its_own_name_and_media_type() -> None:
    file = File('a "b"\\é.txt', b"\x00\xff", "text/x")
    written = codec_for(_PARTS).write({"ü": file}, _PARTS, {})
    assert written is not None
    parts = parts_of(written.content, written.content_type)
    assert not isinstance(parts, Malformed)
    assert [(each.name, each.filename, each.media_type, each.content) for each in parts] == [
        ("ü", file.name, file.media_type, file.content)
    ]


@pytest.mark.parametrize(
    ("disposition", "name", "filename"),
    [
        ('form-data; name="a"', "a", None),
        ("form-data; name=a; filename=b.txt", "a", "b.txt"),
        ('form-data; name="a\\"b"', 'a"b', None),
        ('form-data; name="a%22b"', 'a"b', None),
        ('form-data; name="ü"', "ü", None),
        ("form-data; name=\"a\"; filename*=UTF-8''%C3%BC.txt", "a", "ü.txt"),
        ('form-data;\r\n name="a"', "a", None),
        ('FORM-DATA; NAME="a"; filename=""', "a", ""),
    ],
)
def test_names_as_programs_write_them(disposition: str, name: str, filename: str | None) -> None:
    content = f"--B\r\ncontent-disposition: {disposition}\r\n\r\nx\r\n--B--".encode()
    parts = parts_of(content, f"{_PARTS}; boundary=B")
    assert not isinstance(parts, Malformed)
    assert [(part.name, part.filename) for part in parts] == [(name, filename)]


@pytest.mark.parametrize("line_break", ["\r\n", "\n"])
def test_a_body_that_was_kept_as_text_has_any_line_breaks(line_break: str) -> None:
    lines = ["--B", 'Content-Disposition: form-data; name="a"', "", "x", "--B--", ""]
    content = line_break.join(lines).encode()
    assert read(content, f'{_PARTS}; boundary="B"', {}) == {"a": "x"}


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(_TEXTS, _JSON))
def test_a_part_that_says_that_it_is_json_is_read_as_json(value: dict[str, Any]) -> None:
    part = b'--B\r\nContent-Disposition: form-data; name="a"\r\nContent-Type: application/json\r\n\r\n'
    content = part + json.dumps(value).encode() + b"\r\n--B--"
    assert read(content, f"{_PARTS}; boundary=B", {}) == {"a": Either((Typed(value), json.dumps(value)))}
    assert read(content, f"{_PARTS}; boundary=B", {"a": Member(default_type="application/json")}) == {"a": Typed(value)}


@pytest.mark.parametrize(
    ("content", "contents"),
    [
        pytest.param(b"--B\r\nContent-Type: text/plain\r\n\r\n--B--", [b""], id="header fields alone"),
        pytest.param(b"--B\r\n\r\n--B\nA: b;\n c\n\n--B--", [b"", b""], id="nothing at all"),
        pytest.param(
            b"--B\r\nContent-Transfer-Encoding: Base64\r\n\r\nw6kK\r\n\r\n--B--", ["é\n".encode()], id="base64"
        ),
        pytest.param(
            b"--B\nContent-Transfer-Encoding: quoted-printable\n\n=C3=A9\n--B--", ["é".encode()], id="quoted-printable"
        ),
        pytest.param(b"before\n--B\n\n\x00\r\xff\n--B-\n--B--\nafter", [b"\x00\r\xff\n--B-"], id="octets"),
    ],
)
def test_parts_of_a_multipart_body_are_those_of_mime(content: bytes, contents: list[bytes]) -> None:
    parts = parts_of(content, 'multipart/mixed; boundary="B"')
    assert not isinstance(parts, Malformed)
    assert [part.content for part in parts] == contents


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"--B\r\nContent-Type: text/plain\r\ntext\r\n--B--", "no empty line before its content"),
        (b"--B\r\n--B--", "no empty line before its content"),
        (b"--B\r\nContent-Transfer-Encoding: base64\r\n\r\nw6kK1\r\n--B--", "not in base64"),
    ],
)
def test_a_part_that_is_none_of_mime_is_malformed(content: bytes, message: str) -> None:
    found = parts_of(content, "multipart/related; boundary=B")
    assert isinstance(found, Malformed) and message in found.message
