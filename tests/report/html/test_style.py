"""The colours of the page can be read in both themes (WCAG 2.2, 1.4.3: a contrast of 4.5 for text)."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

_STYLE = files("clausewise.report.html").joinpath("style.css").read_text(encoding="utf-8")
_COLOURS = {
    name: {"light": light, "dark": dark}
    for name, light, dark in re.findall(r"--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", _STYLE)
}


def luminance(colour: str) -> float:
    """WCAG 2.2's relative luminance."""
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    ("text", "ground"),
    [
        *((text, ground) for text in ("ink", "quiet", "link") for ground in ("ground", "panel", "sunk")),
        *((text, f"{text}-ground") for text in ("bad", "warn", "good", "note")),
        *(("ink", ground) for ground in ("bad-ground", "warn-ground", "good-ground", "bad-strong")),
    ],
)
def test_text_stands_out_from_its_ground(text: str, ground: str, theme: str) -> None:
    lighter, darker = sorted((luminance(_COLOURS[name][theme]) for name in (text, ground)), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5


def test_the_page_fetches_nothing() -> None:
    assert not re.search(r"url\(|@import|@font-face", _STYLE)
