"""Writes what documents copy from the code: tables in README files, and the JSON Schema of a recorded exchange.

    python scripts/documents.py            write
    python scripts/documents.py --check    fail where a file is not what would be written

A table stands between the comments `<!-- table: NAME -->` and `<!-- end -->`.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import support

from clausewise.config import Config
from clausewise.option_table import options_of
from clausewise.phase_table import PHASES, ROWS
from clausewise.recordings import ndjson
from clausewise.report_table import REPORT_FILES, REPORT_FORMATS
from clausewise.results.rules import RULES

_ROOT = Path(__file__).resolve().parents[1]
_TABLE = re.compile(r"(<!-- table: (\w+) -->\n)(?:\n|\|.*\n)*(<!-- end -->)")


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    heads = tuple(heads)
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (heads, ["---"] * len(heads), *rows))


def _phases() -> str:
    rows = [(f"`{name}`", ROWS[name].sentence, ROWS[name].finds) for name in PHASES]
    return _table(("phase", "what it does", "what it finds"), rows)


def _options() -> str:
    rows = [
        (
            f"`{option.key}`",
            ", ".join(f"`{flag}`" for flag in option.flags),
            f"`{option.default_text}`" if option.default_text else "",
            option.help,
        )
        for option in options_of(Config)
    ]
    return _table(("key", "flag", "default", "meaning"), rows)


def _reports() -> str:
    rows = [(f"`{file}`", f"`{name}`", REPORT_FORMATS[name].sentence) for name, file in REPORT_FILES.items()]
    rows.append(("`exchanges.ndjson`", "always", "each request and response, secrets masked, as they come"))
    rows.append(
        ("`logbook.ndjson`", "until its end", "what each exchange shows, for `report DIR` and `test --resume DIR`")
    )
    rows.append(
        ("`created.ndjson`", "where a run writes", "each accepted write, as it comes, for `clausewise cleanup`")
    )
    return _table(("file", "`--report`", "for"), rows)


def _rules() -> str:
    return _table(
        ("rule", "severity", "finding"), [(f"`{rule.slug}`", rule.severity, rule.title) for rule in RULES.values()]
    )


def _support() -> str:
    return _table(
        ("what", "its clauses are judged", "how it is sent", "enforced and answered by the mock"), support.rows()
    )


#: name -> the table
TABLES: dict[str, Callable[[], str]] = {
    "phases": _phases,
    "options": _options,
    "reports": _reports,
    "rules": _rules,
    "support": _support,
}


def _with_tables(file: str) -> str:
    text = (_ROOT / file).read_text(encoding="utf-8")
    return _TABLE.sub(lambda found: f"{found[1]}\n{TABLES[found[2]]()}\n{found[3]}", text)


def _schema() -> str:
    return json.dumps(ndjson.json_schema(), indent=2, ensure_ascii=False) + "\n"


#: file -> its content
FILES: dict[str, Callable[[], str]] = {
    "README.md": lambda: _with_tables("README.md"),
    "reports/example/README.md": lambda: _with_tables("reports/example/README.md"),
    "schemas/exchange.schema.json": _schema,
}


def stale() -> list[str]:
    """The files that are not what would be written."""
    return [file for file, content in FILES.items() if (_ROOT / file).read_text(encoding="utf-8") != content()]


def main(arguments: list[str]) -> int:
    """Write the files, or with `--check` name those that are stale and give 1 where there are any."""
    files = stale()
    for file in files:
        if arguments == ["--check"]:
            print(f"{file} is stale: scripts/generate writes it anew", file=sys.stderr)
        else:
            (_ROOT / file).write_text(FILES[file](), encoding="utf-8")
    return 1 if files and arguments == ["--check"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
