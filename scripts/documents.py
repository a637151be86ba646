"""Writes what documents copy from the code: tables, and the JSON Schemas of the files that clausewise reads and writes.

    python scripts/documents.py            write
    python scripts/documents.py --check    fail where a file is not what would be written

A table stands between the comments `<!-- table: NAME -->` and `<!-- end -->`.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import config_schema
import features
import msgspec
import support

from clausewise.phase_table import PHASES, ROWS
from clausewise.recordings import ndjson
from clausewise.report_table import REPORT_FILES, REPORT_FORMATS
from clausewise.results import record

_ROOT = Path(__file__).resolve().parents[1]
_TABLE = re.compile(r"(<!-- table: (\w+) -->\n)(?:\n|\|.*\n)*(<!-- end -->)")


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    heads = tuple(heads)
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (heads, ["---"] * len(heads), *rows))


def _phases() -> str:
    rows = [(f"`{name}`", ROWS[name].sentence, ROWS[name].finds) for name in PHASES]
    return _table(("phase", "what it does", "what it finds"), rows)


def _options() -> str:
    return _table(("key, and flag", "type", "default", "meaning"), config_schema.option_rows())


def _rows_of(kind: type[msgspec.Struct]) -> Callable[[], str]:
    return lambda: _table(("key", "type", "meaning"), config_schema.table_rows(kind))


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


def _support() -> str:
    return _table(
        ("what", "its clauses are judged", "how it is sent", "enforced and answered by the mock"), support.rows()
    )


def _features() -> str:
    heads = ("feature", "OpenAPI", "judged", "generated", "mocked", "since clausewise")
    return _table(heads, features.rows())


#: name -> the table
TABLES: dict[str, Callable[[], str]] = {
    "phases": _phases,
    "options": _options,
    "reports": _reports,
    "support": _support,
    "features": _features,
    **{name: _rows_of(kind) for name, kind in config_schema.TABLES.items()},
}


def _with_tables(file: str) -> str:
    text = (_ROOT / file).read_text(encoding="utf-8")
    return _TABLE.sub(lambda found: f"{found[1]}\n{TABLES[found[2]]()}\n{found[3]}", text)


def _schema(schema: Mapping[str, Any]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


#: documents with tables
_WITH_TABLES = (
    *(f"docs/reference/{name}.md" for name in ("configuration", "features", "phases", "reports", "support")),
    "reports/example/README.md",
)


#: file -> its content
FILES: dict[str, Callable[[], str]] = {
    **{file: partial(_with_tables, file) for file in _WITH_TABLES},
    "schemas/config.schema.json": lambda: _schema(config_schema.json_schema()),
    "schemas/exchange.schema.json": lambda: _schema(ndjson.json_schema()),
    "schemas/run.schema.json": lambda: _schema(record.json_schema()),
}


def stale() -> list[str]:
    """The files that are not what would be written."""
    return [file for file, content in FILES.items() if _read(file) != content()]


def _read(file: str) -> str | None:
    path = _ROOT / file
    return path.read_text(encoding="utf-8") if path.exists() else None


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
