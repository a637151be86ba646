"""Changes as Markdown, as HTML and as a change log."""

from __future__ import annotations

import msgspec
import pytest

from clausewise.report.change_log import render_changelog, render_html, render_markdown
from tests.report.test_changes import BREAKING, COMPATIBLE, GONE

RISKY = msgspec.structs.replace(BREAKING, level="risky", kind="changed", text="the operationId is other")
SAME = msgspec.structs.replace(BREAKING, level="editorial", kind="changed", text="`name` is written differently")
WAIVED = msgspec.structs.replace(BREAKING, state="waived", text="nobody minds")
ALL = (BREAKING, GONE, RISKY, COMPATIBLE, SAME, WAIVED)


def test_markdown_has_what_breaks_first_and_folds_what_does_not() -> None:
    text = render_markdown(ALL, "main:api.yaml", "api.yaml")
    assert text.startswith("**2 breaking, 1 risky, 1 compatible and 1 editorial change (1 waived)** between main")
    headings = [line for line in text.splitlines() if line.startswith(("###", "<details>"))]
    assert headings == [
        "### Breaking changes (2)",
        "### May break some clients (1)",
        "<details><summary>Compatible changes (1)</summary>",
        "<details><summary>Written differently, the same for clients (1)</summary>",
    ]
    assert "nobody minds" not in text and "main:api.yaml:7:3 (removed)" in text


def test_a_change_log_has_what_clients_see() -> None:
    lines = render_changelog(ALL, "main:api.yaml", "api.yaml").splitlines()
    assert [line for line in lines if line.startswith("#")] == [
        "## api.yaml",
        "### Removed",
        "### Changed",
        "### Added",
    ]
    found = [line.partition(":")[0] for line in lines if line.startswith("- ")]
    assert found == ["- **breaking**", "- **breaking**", "- **risky**", "- **breaking**", "- make response.200.body.id"]
    assert not any("differently" in line for line in lines)


def test_a_change_log_without_changes_says_so() -> None:
    assert render_changelog((SAME,), "a", "b") == "## b\n\nNo changes for clients.\n"


@pytest.mark.parametrize("render", [render_markdown, render_html, render_changelog])
def test_what_a_document_says_is_shown_as_it_is(render: object) -> None:
    hostile = msgspec.structs.replace(BREAKING, text="<script>alert(1)</script>\n# heading")
    assert callable(render)
    text = render((hostile,), "a", "<b>")
    assert "<script>" not in text and "<b>" not in text and "\n# heading" not in text
