"""Counts and sizes in sentences."""

from __future__ import annotations

import pytest

from clausewise.wording import byte_size


@pytest.mark.parametrize(
    ("count", "text"),
    [(1, "1 byte"), (1000, "1000 bytes"), (1024, "1 KiB"), (1536, "1536 bytes"), (2**25, "32 MiB"), (2**30, "1 GiB")],
)
def test_a_size_is_exact(count: int, text: str) -> None:
    assert byte_size(count) == text
