"""The catalogue of edge values."""

from __future__ import annotations

import random
from typing import Any

import pytest

from clausewise.generation.edge_values import edge_values
from clausewise.results.evidence import CHARACTERS, OTHER_TEXT, WIDER
from clausewise.values.deviation import ValueSite
from clausewise.values.shape import shape_of


def place(value: Any, schema: dict[str, Any]) -> ValueSite:
    return ValueSite(value, shape_of([schema], schema), schema, random.Random(1), lambda _: True)


def test_every_kind_of_characters_is_in_the_catalogue() -> None:
    texts = {edge.aspect for edge in edge_values(place("word", {"type": "string"}))}
    assert texts - CHARACTERS == {"empty-string", "long-string", OTHER_TEXT}
    assert texts >= CHARACTERS


def test_what_explains_another_is_itself_told() -> None:
    aspects = {edge.aspect for value in ("word", 3) for edge in edge_values(place(value, {}))}
    assert {aspect for pair in WIDER.items() if pair[1] for aspect in pair} <= aspects


@pytest.mark.parametrize("length", [0, 1, 7, 40])
def test_texts_are_as_long_as_they_have_to_be_and_keep_what_they_hold(length: int) -> None:
    texts = {edge.aspect: edge.value for edge in edge_values(place("word", {"type": "string", "minLength": length}))}
    assert all(len(str(texts[aspect])) >= length for aspect in CHARACTERS)
    holds = {"quote": "'", "nul": "\0", "emoji": "😀", "backslash": "\\", "slash": "/"}
    assert all(character in str(texts[aspect]) for aspect, character in holds.items())


@pytest.mark.parametrize(
    ("value", "schema"),
    [("a", {"enum": ["a"]}), ("2024-05-17", {"type": "string", "format": "date"}), (True, {}), ({}, {})],
)
def test_what_is_left_alone(value: Any, schema: dict[str, Any]) -> None:
    assert list(edge_values(place(value, schema))) == []
