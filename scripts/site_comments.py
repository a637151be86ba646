"""The reference of the Python API has the `#:` comment above an attribute as its description: an extension of Griffe,
which reads the code for mkdocstrings. `mkdocs.yml` names this file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import griffe


class Comments(griffe.Extension):  # type: ignore[misc, unused-ignore]
    """Gives each attribute the `#:` comment above it."""

    def on_attribute_instance(self, *, attr: griffe.Attribute, **_: Any) -> None:
        """Called for each attribute that Griffe finds."""
        if attr.docstring is not None or attr.lineno is None or not isinstance(attr.filepath, Path):
            return
        lines: list[str] = []
        for line in reversed(attr.lines_collection[attr.filepath][: attr.lineno - 1]):
            if not line.strip().startswith("#:"):
                break
            lines.insert(0, line.strip().removeprefix("#:").strip())
        if lines:
            text = " ".join(lines)
            attr.docstring = griffe.Docstring(f"{text[0].upper()}{text[1:]}.", parent=attr)
