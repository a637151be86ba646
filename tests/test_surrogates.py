"""Halves of surrogate pairs are replaced wherever a text stands."""

from __future__ import annotations

from typing import Any

import pytest

from clausewise.exchange import Exchange, Request, Response
from clausewise.surrogates import without_surrogates


@pytest.mark.parametrize(
    ("value", "replaced"),
    [
        ("a\ud800b\udfff", "a\ufffdb\ufffd"),
        ("\ud7ff\ue000\U0001f600", "\ud7ff\ue000\U0001f600"),
        (("\udc80", 1, None), ("\ufffd", 1, None)),
        (frozenset({("\udc80", "a")}), frozenset({("\ufffd", "a")})),
        (b"\xed\xa0\x80", b"\xed\xa0\x80"),
    ],
    ids=ascii,
)
def test_every_half_is_replaced(value: Any, replaced: Any) -> None:
    assert without_surrogates(value) == replaced


def test_it_looks_into_structs() -> None:
    exchange = Exchange("a:1", Request("GET", "/\ud800", (("X-A", "\ud800"),), b"\xff"), Response(200))
    replaced = Exchange("a:1", Request("GET", "/\ufffd", (("X-A", "\ufffd"),), b"\xff"), Response(200))
    assert without_surrogates(exchange) == replaced
