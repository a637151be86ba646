"""The texts in structs are found and changed wherever they stand."""

from __future__ import annotations

from typing import Literal

import msgspec

from clausewise.texts import texts_in, with_texts


class _Inner(msgspec.Struct, frozen=True):
    text: str
    more: str | None = None


class _Outer(msgspec.Struct, frozen=True):
    word: Literal["fixed"]
    inner: tuple[_Inner, ...]
    by_name: dict[str, list[str]]
    all_of: frozenset[tuple[str, int]]
    content: bytes = b"bytes"
    missing: str | msgspec.UnsetType = msgspec.UNSET


_SHARED = _Inner("a", "b")
_VALUE = _Outer("fixed", (_SHARED, _SHARED, _Inner("c")), {"d": ["e"]}, frozenset({("f", 1)}))


def test_each_text_is_found_once_wherever_it_stands() -> None:
    assert texts_in(_VALUE) == {"a", "b", "c", "d", "e", "f"}


def test_each_text_is_changed_and_nothing_else() -> None:
    assert with_texts(_VALUE, str.upper) == _Outer(
        "fixed", (_Inner("A", "B"), _Inner("A", "B"), _Inner("C")), {"D": ["E"]}, frozenset({("F", 1)})
    )


def test_what_is_changed_is_what_is_found() -> None:
    asked: list[str] = []

    def same(text: str) -> str:
        asked.append(text)
        return text

    assert with_texts(_VALUE, same) == _VALUE
    assert set(asked) == texts_in(_VALUE)
