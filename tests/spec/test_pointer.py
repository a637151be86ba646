"""JSON Pointers by the letter of RFC 6901."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clausewise.spec.pointer import Source, descend, from_fragment, from_pointer, to_pointer

#: the document of RFC 6901 section 5
_DOCUMENT = {
    "foo": ["bar", "baz"],
    "": 0,
    "a/b": 1,
    "c%d": 2,
    "e^f": 3,
    "g|h": 4,
    "i\\j": 5,
    'k"l': 6,
    " ": 7,
    "m~n": 8,
}


@pytest.mark.parametrize(
    ("pointer", "fragment", "value"),
    [
        ("", "", _DOCUMENT),
        ("/foo", "/foo", ["bar", "baz"]),
        ("/foo/0", "/foo/0", "bar"),
        ("/", "/", 0),
        ("/a~1b", "/a~1b", 1),
        ("/c%d", "/c%25d", 2),
        ("/e^f", "/e%5Ef", 3),
        ("/g|h", "/g%7Ch", 4),
        ("/i\\j", "/i%5Cj", 5),
        ('/k"l', "/k%22l", 6),
        ("/ ", "/%20", 7),
        ("/m~0n", "/m~0n", 8),
    ],
)
def test_the_tables_of_sections_5_and_6(pointer: str, fragment: str, value: Any) -> None:
    tokens = from_pointer(pointer)
    assert descend(_DOCUMENT, tokens) == value
    assert from_fragment(fragment) == tokens
    assert to_pointer(tokens) == pointer


_TOKENS = st.lists(st.text(alphabet=st.one_of(st.sampled_from("~/01%#"), st.characters(codec="utf-8")))).map(tuple)


@given(tokens=_TOKENS)
def test_tokens_survive_being_written(tokens: tuple[str, ...]) -> None:
    assert from_pointer(to_pointer(tokens)) == tokens
    assert from_fragment(quote(to_pointer(tokens))) == tokens


def test_an_escaped_tilde_is_not_unescaped_twice() -> None:
    assert from_pointer("/~01") == ("~1",)


@pytest.mark.parametrize("pointer", ["a", "a/b", "#/a", " /a"])
def test_what_does_not_begin_with_a_slash_is_no_pointer(pointer: str) -> None:
    with pytest.raises(ValueError, match="starts with '/'"):
        from_pointer(pointer)


@pytest.mark.parametrize("token", ["-1", "01", "+1", "-", "2", "", "1.0", "\u0661", " 1"])
def test_what_is_no_index_of_an_array(token: str) -> None:
    with pytest.raises(KeyError):
        descend(["a", "b"], (token,))


@pytest.mark.parametrize("scalar", ["text", 12, 1.5, True, None], ids=str)
def test_nothing_is_below_a_scalar(scalar: Any) -> None:
    with pytest.raises(KeyError):
        descend({"a": scalar}, ("a", "0"))


def test_a_missing_member() -> None:
    with pytest.raises(KeyError):
        descend({"a": {}}, ("a", "b"))


def test_a_source_reads_as_a_reference() -> None:
    assert str(Source("").child("paths", "/a~b", 0)) == "#/paths/~1a~0b/0"
    assert str(Source("parts.yaml").child("x")) == "parts.yaml#/x"
