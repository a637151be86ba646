"""Renders the changes between two contracts for people: Markdown and HTML for a pull request, and a change log."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Sequence

from clausewise.comparison.change import LEVELS, Change, Level
from clausewise.report.changes import called, render_github, render_json, summary, where
from clausewise.report.markdown import escaped
from clausewise.report.text import one_line

#: changes of a level that are shown; a comment on GitHub has 65,536 characters at most
_SHOWN = 100

_TITLES: dict[Level, str] = {
    "breaking": "Breaking changes",
    "not-compared": "Not compared",
    "risky": "May break some clients",
    "compatible": "Compatible changes",
    "editorial": "Written differently, the same for clients",
}

#: kind of a change -> its heading in a change log (Keep a Changelog)
_HEADINGS = {
    "added": "Added",
    "removed": "Removed",
    "changed": "Changed",
    "tightened": "Changed",
    "loosened": "Changed",
}


def render_markdown(changes: Sequence[Change], old: str, new: str) -> str:
    """The changes by level, for a comment on a pull request; what breaks no client is folded."""
    lines = [f"**{escaped(summary(changes))}** between {escaped(old)} and {escaped(new)}"]
    for level, found in _by_level(changes):
        folded = level in ("compatible", "editorial")
        title = f"{_TITLES[level]} ({len(found)})"
        lines += ["", f"<details><summary>{title}</summary>" if folded else f"### {title}", ""]
        lines += [f"- {escaped(_place(change))} {_sentence(change)}" for change in found[:_SHOWN]]
        lines += [f"- and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
        lines += ["", "</details>"] if folded else []
    return "\n".join(lines) + "\n"


def render_changelog(changes: Sequence[Change], _old: str, new: str) -> str:
    """The changes that clients see, as an entry of a change log: removed, changed and added things, worst first."""
    lines = [f"## {escaped(new)}"]
    seen = [change for change in changes if change.level != "editorial"]
    for heading in ("Removed", "Changed", "Added"):
        found = [change for change in seen if _HEADINGS[change.kind] == heading]
        lines += ["", f"### {heading}", ""] if found else []
        lines += [
            f"- {'' if change.level == 'compatible' else f'**{called(change.level)}**: '}{_sentence(change)}"
            for change in found
        ]
    return "\n".join(lines if seen else [*lines, "", "No changes for clients."]) + "\n"


def render_html(changes: Sequence[Change], old: str, new: str) -> str:
    """The changes by level as one page, which loads nothing."""
    parts = []
    for level, found in _by_level(changes):
        rows = "".join(
            f"<tr><td>{_html(_place(change))}</td><td>{_html(where(change))}</td><td>{_html(change.text)}</td>"
            f"<td>{_html(change.reason)}</td></tr>\n"
            for change in found
        )
        parts.append(f'<h2 class="{level}">{_TITLES[level]} ({len(found)})</h2>\n{_TABLE}\n{rows}</table>\n')
    title = f"{old} and {new}"
    return _PAGE.format(title=_html(title), summary=_html(f"{summary(changes)} between {title}"), body="".join(parts))


_TABLE = "<table><tr><th>place</th><th>in</th><th>change</th><th>what it means</th></tr>"

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>
body {{ font: 1rem/1.4 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem }}
table {{ border-collapse: collapse; width: 100% }}
td, th {{ border-bottom: 1px solid #ccc; padding: .3rem .6rem; text-align: left; vertical-align: top }}
td {{ overflow-wrap: anywhere }}
.breaking {{ color: #b00020 }} .risky, .not-compared {{ color: #8a5a00 }}
</style></head><body>
<h1>Changes of the contract</h1>
<p>{summary}</p>
{body}</body></html>
"""

#: format of `diff --format` besides text -> its renderer: changes and the names of both documents in, output out
RENDERERS: dict[str, Callable[[Sequence[Change], str, str], str]] = {
    "json": render_json,
    "github": render_github,
    "markdown": render_markdown,
    "html": render_html,
    "changelog": render_changelog,
}


def _by_level(changes: Sequence[Change]) -> Iterator[tuple[Level, list[Change]]]:
    """The changes that count, by level, worst first."""
    for level in LEVELS:
        found = [change for change in changes if change.level == level and change.state == "new"]
        if found:
            yield level, found


def _place(change: Change) -> str:
    return f"{change.new or change.old}" + ("" if change.new else " (removed)")


def _sentence(change: Change) -> str:
    return escaped(f"{where(change)}: {change.text}; {change.reason}")


def _html(text: str) -> str:
    return html.escape(one_line(text))
