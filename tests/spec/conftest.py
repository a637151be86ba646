"""Documents written down in a test, as files."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from textwrap import dedent

import pytest

from clausewise.spec.resolve import Sources, open_sources
from clausewise.spec.specification import Specification, read_specification

Open = Callable[..., Sources]
Understood = Callable[[str], Specification]


@pytest.fixture
def opened(tmp_path: Path) -> Open:
    """Writes files by name and opens the first; `allowed` are folders that its references may lead to."""

    def opened(allowed: Iterable[Path] = (), **files: str) -> Sources:
        paths = []
        for name, text in files.items():
            path = tmp_path / name.replace("__", "/").replace("_", ".")
            path.parent.mkdir(exist_ok=True)
            path.write_text(dedent(text), encoding="utf-8")
            paths.append(path)
        return open_sources(paths[0], str(paths[0].relative_to(tmp_path)), allowed)

    return opened


@pytest.fixture
def understood(opened: Open) -> Understood:
    """The operations of one document, which is named api.yaml; `openapi: 3.1.0` stands in its first line."""
    return lambda text: read_specification(opened(api_yaml="openapi: 3.1.0\n" + dedent(text)))
