"""Texts in which a repetition of a pattern is at its end."""

from __future__ import annotations

import random
import re

import pytest

from clausewise.contract.pattern_parser import parse
from clausewise.values.drawing import draw
from clausewise.values.repetitions import at_ends

_SLICES = r"^(-?[0-9]*(:[0-9]*)?)(,(-?[0-9]*(:[0-9]*)?))*$"


def texts(pattern: str) -> list[str]:
    drawn = (draw(tree, random.Random(1), re.compile(pattern).search) for tree in at_ends(parse(pattern)))  # type: ignore[arg-type]
    return [text for text in drawn if text is not None]


@pytest.mark.parametrize(
    ("pattern", "form"),
    [
        (r"^[0-9]*(,[0-9]+)*$", r",\d"),
        (r"^[a-z]*(\.[a-z]*)*$", r"\.\."),
        (_SLICES, r",,"),
        (_SLICES, r"-?\d:,.*"),
        (r"^v?[0-9]+(-[a-z]+)?$", r"\d-[a-z]"),
        (r"^([a-z]*;){2,}$", r";;"),
        (r"^(?=.{3})[a-z]*(/[a-z]*)*$", r".*//.*"),
    ],
)
def test_one_is_left_out_or_empty(pattern: str, form: str) -> None:
    assert any(re.fullmatch(form, text) for text in texts(pattern)), texts(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "^[a-z]+$",
        "^[a-z][a-z0-9-]{0,62}$",
        r"^[0-9]+(,[0-9]+)*$",
        r"^\d{4}-\d{2}$",
        "^a?$",
        "^[a-z]+(-[a-z]+)?$",
        "^(a|b)*$",
    ],
)
def test_an_ordinary_pattern_has_none(pattern: str) -> None:
    assert texts(pattern) == []
