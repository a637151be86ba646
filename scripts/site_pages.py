"""The pages of the documentation site that are made from the code while it is built: the commands, and a page a rule.

`mkdocs.yml` names this file as a hook.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clausewise.cli import group
from clausewise.cli.help import EXAMPLES, Command
from clausewise.report.rule_page import markdown
from clausewise.results.rules import RULES, Rule

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

_ROOT = Path(__file__).resolve().parents[1]

#: files outside of docs/ that pages link to: they stand below files/ in the site
_PUBLISHED = (
    "action.yml",
    "ci/gitlab.yml",
    "openapi/astro-create-cluster.yaml",
    "reports/example/report.html",
    "schemas/config.schema.json",
    "schemas/exchange.schema.json",
    "schemas/run.schema.json",
)

#: characters of a cell that are more than a few words
_SENTENCE = 60

#: where the nav names the pages of rules
_RULES = "reference/rules"


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the pages of rules into the nav, in the order in which findings are shown."""
    pages = [f"{_RULES}/index.md", *(f"{_RULES}/{slug}.md" for slug in RULES)]
    config.nav = _with_rules(config.nav, pages)
    return config


def _with_rules(nav: Any, pages: list[str]) -> Any:
    if isinstance(nav, list):
        return [_with_rules(entry, pages) for entry in nav]
    if isinstance(nav, dict):
        return {title: _with_rules(entry, pages) for title, entry in nav.items()}
    return pages if nav == _RULES else nav


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that no file holds, and the files that are not in docs/."""
    from mkdocs.structure.files import File

    for published in _PUBLISHED:
        files.append(File.generated(config, f"files/{published}", abs_src_path=str(_ROOT / published)))
    for path, content in pages():
        files.append(File.generated(config, path, content=content))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Lead links to files outside of docs/, which work in the repository, to those of the site."""
    up = "../" * page.file.src_uri.count("/")
    return re.sub(rf"\]\({re.escape(up)}\.\./", f"]({up}files/", markdown)


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Mark the tables in which sentences stand: on a phone, each of their cells stands on a line of its own."""
    return re.sub(r"<table>.*?</table>", lambda found: _stacked(found[0]), html, flags=re.DOTALL)


def _stacked(table: str) -> str:
    heads = re.findall(r"<th[^>]*>(.*?)</th>", table)
    rows = [re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL) for row in table.split("<tr>")]
    if not any(len(re.sub("<[^>]+>", "", cell)) > _SENTENCE for cells in rows for cell in cells[1:]):
        return table
    for cells in filter(None, rows):
        for head, cell in zip(heads, cells, strict=True):
            table = table.replace(f"<td>{cell}</td>", f'<td data-head="{escape(head)}">{cell}</td>', 1)
    return table.replace("<table>", "<table data-stacked>", 1)


def pages() -> Iterator[tuple[str, str]]:
    """Path and Markdown of each page that is made from the code."""
    yield "reference/commands.md", commands()
    yield f"{_RULES}/index.md", _rule_list()
    for rule in RULES.values():
        yield f"{_RULES}/{rule.slug}.md", rule_page(rule)


def _rule_list() -> str:
    rows = "".join(f"| [`{rule.slug}`]({rule.slug}.md) | {rule.severity} | {rule.title} |\n" for rule in RULES.values())
    return f"""# Rules

A rule is a kind of finding. Its name stands beside each finding, in the reports and in waivers. The list has
the order in which findings are shown.

| rule | severity | finding |
| --- | --- | --- |
{rows}
A finding of a clause that is marked `x-clausewise-severity: warning` in the document is a warning, whatever its rule.
To accept a finding for some time, [waive it](../configuration.md#waivers).
"""


def rule_page(rule: Rule) -> str:
    """The page of one rule."""
    title = f"{rule.title[0].upper()}{rule.title[1:]}"
    return f"# {rule.slug}\n\n{title}. Severity: **{rule.severity}**.\n\n{markdown(rule)}\n[All rules](index.md)\n"


def commands() -> str:
    """Every command with its arguments and options, as `--help` has them."""
    context = click.Context(group, info_name="clausewise")
    parts = [
        "# Commands\n\nEvery command and every option, as `clausewise COMMAND --help` shows them. Most options can "
        "also stand in the [configuration](configuration.md). [Exit status](exit-status.md) says how commands end."
    ]
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert isinstance(command, Command)
        parts.append(_command(command, click.Context(command, info_name=name, parent=context)))
    return "\n\n".join(parts) + "\n"


def _command(command: Command, context: click.Context) -> str:
    name = str(context.info_name)
    usage = command.get_usage(context).removeprefix("Usage: ")
    examples = "\n".join(f"clausewise {example}" for example in EXAMPLES[name])
    rows = "".join(
        f"| **{heading}** | |\n" + "".join(f"| `{names}` | {_cell(text)} |\n" for names, text in records)
        for heading, records in command.grouped_options(context).items()
    )
    return "\n\n".join(
        (
            f"## clausewise {name}",
            inspect.cleandoc(command.help or "").replace("\b\n", ""),
            f"```text\n{usage}\n```",
            f"For example:\n\n```text\n{examples}\n```",
            f"| option | meaning |\n| --- | --- |\n{rows}".rstrip(),
        )
    )


def _cell(text: str) -> str:
    """A text that may stand in a cell of a table; click writes limits and defaults in brackets, which are no links."""
    return re.sub(r"([|\[\]])", r"\\\1", " ".join(text.split()))
