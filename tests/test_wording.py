"""Counts and sizes in sentences."""

from __future__ import annotations

import pytest

from clausewise.wording import byte_size, path_text


@pytest.mark.parametrize(
    ("count", "text"),
    [(1, "1 byte"), (1000, "1000 bytes"), (1024, "1 KiB"), (1536, "1536 bytes"), (2**25, "32 MiB"), (2**30, "1 GiB")],
)
def test_a_size_is_exact(count: int, text: str) -> None:
    assert byte_size(count) == text


def test_a_place_in_a_value_has_brackets_for_items_wherever_they_stand() -> None:
    assert path_text(("nodePools", "0", "name")) == "nodePools[0].name"
    assert path_text(("50", "age")) == "[50].age"
    assert path_text(("0", "1")) == "[0][1]"
    assert path_text(()) == ""
