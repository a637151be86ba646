"""The words of names, in any script."""

from __future__ import annotations

import pytest

from clausewise.values.words import end_alike, plain, words


@pytest.mark.parametrize(
    ("name", "found", "bare"),
    [
        ("thingId", ["thing", "id"], "thingid"),
        ("Thing-ID", ["thing", "id"], "thingid"),
        ("HTTPServer_2b", ["http", "server", "2", "b"], "httpserver2b"),
        ("größeInCm", ["größe", "in", "cm"], "größeincm"),
        ("ÉcoleÉlève", ["école", "élève"], "écoleélève"),
        ("номерЗаказа", ["номер", "заказа"], "номерзаказа"),
        ("商品_ID", ["商品", "id"], "商品id"),
        ("-_.", [], ""),
    ],
)
def test_the_words_of_a_name(name: str, found: list[str], bare: str) -> None:
    assert (words(name), plain(name)) == (found, bare)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [("id", "thingId", True), ("id", "petId", True), ("petId", "thingId", False), ("заказ", "номерЗаказ", True)],
)
def test_names_that_end_alike(one: str, other: str, alike: bool) -> None:
    assert end_alike(one, other) is alike
