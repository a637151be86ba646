"""A document that a person can read in a report: one that is minified is laid out, a member on a line of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from clausewise.errors import Location
from clausewise.report.region import lines_of

#: characters of an average line, from which a document is minified
_LONG = 400


class View(msgspec.Struct, frozen=True):
    """The lines of a document as a report shows them."""

    lines: tuple[str, ...]
    #: JSON Pointer -> the number of its line, from 1; empty where the lines are those of the document
    numbers: Mapping[str, int] = {}

    def line_of(self, location: Location) -> int:
        """The number of the line of a location in the document."""
        pointer = location.pointer
        if not self.numbers or pointer is None:
            return location.line
        while pointer not in self.numbers:
            pointer = pointer.rpartition("/")[0]
        return self.numbers[pointer]


def view_of(text: str) -> View:
    """The lines of a document, laid out where it is JSON in few long lines."""
    lines = lines_of(text)
    if len(text) > _LONG * len(lines) and text.lstrip("\ufeff \t\r\n").startswith("{"):
        try:
            return _laid_out(json.loads(text.lstrip("\ufeff")))
        except (ValueError, RecursionError):
            # A flow mapping of YAML, or nested too deeply to be laid out.
            pass
    return View(lines)


def _laid_out(tree: Any) -> View:
    lines: list[str] = []
    numbers: dict[str, int] = {}

    def write(value: Any, pointer: str, indent: str, key: str, comma: str) -> None:
        numbers[pointer] = len(lines) + 1
        if not isinstance(value, dict | list) or not value:
            lines.append(f"{indent}{key}{json.dumps(value, ensure_ascii=False)}{comma}")
            return
        opening, closing = "{}" if isinstance(value, dict) else "[]"
        lines.append(f"{indent}{key}{opening}")
        members = value.items() if isinstance(value, dict) else enumerate(value)
        for number, (token, member) in enumerate(members, 1):
            name = f"{json.dumps(token, ensure_ascii=False)}: " if isinstance(value, dict) else ""
            below = f"{pointer}/{str(token).replace('~', '~0').replace('/', '~1')}"
            write(member, below, f"{indent}  ", name, "," if number < len(value) else "")
        lines.append(f"{indent}{closing}{comma}")

    write(tree, "", "", "", "")
    return View(tuple(lines), numbers)
