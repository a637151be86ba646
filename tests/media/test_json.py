"""What JSON texts have in them."""

from __future__ import annotations

from time import process_time

import pytest

from clausewise.media.json import repeated_member


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b'{"a": 1, "b": 2}', None),
        (b'{"a": 1, "a": 1}', "a"),
        (b'[{"x": {"b": 1, "c": 2, "b": 3}}]', "b"),
        (b'{"a": {"b": 1}, "b": {"a": 1}}', None),
        (b'{"a": 1,', None),
        (b"[" * 100_000, None),
    ],
)
def test_a_member_that_an_object_has_twice(content: bytes, name: str | None) -> None:
    assert repeated_member(content) == name


def _seconds_for(count: int) -> float:
    """Seconds of the processor for an object of so many members, of which the last two have one name."""
    members = ", ".join(f'"n{number}": 1' for number in (*range(count), count - 1))
    begun = process_time()
    assert repeated_member(f"{{{members}}}".encode()) == f"n{count - 1}"
    return process_time() - begun


def test_the_cost_grows_with_the_number_of_members() -> None:
    small, large = (min(_seconds_for(members) for _ in range(3)) for members in (4_000, 32_000))
    assert large < 30 * small
