"""Ids that vary no known one."""

from __future__ import annotations

import base64
import random
import re

import pytest

from clausewise.resources.distance import distant_values, roots, varies

_UUID = "6f1c2a34-9b0e-4d57-8a61-3c5e7f90b12d"


@pytest.mark.parametrize(
    ("old", "forms"),
    [
        ("12", [r"[2-7]{9}", r"[2-7]{8}"]),
        ("ord-0012", [r"ord-[2-7]{9}", r"ord-[2-7]{4}"]),
        ("ord-0012-a1b2c3d4-b1b2c3d4", [r"ord-[2-7]{9}", r"ord-[2-7]{4}"]),
        ("9f0c77aa10be", [r"9f0c77[a-f]{2}[2-7]{2}[a-f]{2}"]),
        ("Main", [r"[A-F][a-f]{3}[A-F][a-f]{3}"]),
        ("1234567890123", [r"123456[2-7]{7}"]),
        ("\u65e5\u672c", []),
        (_UUID, [r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"]),
        (12, [r"\d{9}"]),
        (True, []),
    ],
)
def test_ids_of_the_same_form(old: object, forms: list[str]) -> None:
    for seed in range(20):
        made = [*distant_values(old, random.Random(seed))]
        assert [form for form, id in zip(forms, made, strict=True) if not re.fullmatch(form, str(id))] == []
        assert not any(id == old or varies(id, old) for id in made)


@pytest.mark.parametrize("text", ["Project:455", "Project:4556", "gid://shop/Order/17", "Project:45 and more"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("ending", ["", "-a1b2c3d4"])
def test_what_an_id_in_base64_stands_for_is_another(text: str, encode: object, ending: str) -> None:
    assert callable(encode)
    for id in distant_values(encode(text.encode()).decode() + ending, random.Random(1)):
        read = base64.b64decode(id + "=" * (-len(id) % 4), validate=True).decode()
        assert read[: len(text) // 2] == text[: len(text) // 2] and not varies(read, text) and read != text


@pytest.mark.parametrize(
    ("id", "before"),
    [
        ("a-b1b2c3d4", ["a"]),
        ("a-b1b2c3d4-c1b2c3d4", ["a-b1b2c3d4", "a"]),
        ("-b1b2c3d4", []),
        ("a-1b2c3d4e", []),
        ("ab", []),
        (12, []),
    ],
)
def test_ids_before_their_endings(id: object, before: list[str]) -> None:
    assert [*roots(id)] == before


@pytest.mark.parametrize(
    ("id", "known", "does"), [("12-a", 12, True), ("12", 12, False), (123, 12, False), ("ab", "b", False)]
)
def test_an_id_with_an_ending(id: object, known: object, does: bool) -> None:
    assert varies(id, known) is does
