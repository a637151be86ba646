"""The pages that people read, as sessions: the files that a page shows, and the commands in their order.

A fenced block with `title="NAME"` is a file. In a block of the language `console`, a line that begins with `$ ` is a
command, and what stands below it is what it prints; `...` stands for lines that are left out, and at the end of a line
for its rest. `<!-- exit status N -->` before the block says how its last command ends, where that is not 0.
"""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parents[2]

_BLOCK = re.compile(
    r"(?:<!-- exit status (?P<status>\d+) -->\s+)?"
    r"^(?P<indent> *)(?P<fence>```+)(?P<language>\w*)(?P<rest>[^\n]*)\n(?P<text>.*?)^(?P=indent)(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)


class Command(msgspec.Struct, frozen=True):
    """A command with what it prints and how it ends."""

    text: str
    shown: tuple[str, ...]
    status: int


class File(msgspec.Struct, frozen=True):
    """A file that a page shows."""

    name: str
    text: str


def pages() -> dict[str, str]:
    """Path from the root -> Markdown."""
    files = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return {file.relative_to(ROOT).as_posix(): file.read_text(encoding="utf-8") for file in files}


def steps(page: str) -> list[Command | File]:
    """The files and commands of a page, in their order."""
    found: list[Command | File] = []
    for block in _BLOCK.finditer(page):
        text = textwrap.dedent(block["text"])
        if title := re.search(r'title="([^"]+)"', block["rest"]):
            found.append(File(title[1], text))
        elif block["language"] == "console":
            found += _commands(text, int(block["status"] or 0))
    return found


def blocks(page: str, but: str) -> list[str]:
    """The texts of the blocks of all languages but one."""
    return [textwrap.dedent(block["text"]) for block in _BLOCK.finditer(page) if block["language"] != but]


def without_blocks(page: str) -> str:
    """The page without its fenced blocks."""
    return _BLOCK.sub("", page)


def _commands(text: str, status: int) -> list[Command]:
    first, *parts = re.split(r"^\$ ", text, flags=re.MULTILINE)
    assert not first.strip(), f"a console block begins with a command, not with {first!r}"
    commands = []
    for number, part in enumerate(parts, 1):
        lines = re.sub(r"\\\n\s*", "", part).splitlines()
        shown = tuple(line for line in lines[1:] if line.strip())
        commands.append(Command(lines[0], shown, status if number == len(parts) else 0))
    return commands
