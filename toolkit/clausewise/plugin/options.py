"""The plugin's options, read: what the command line and the ini file say in, one typed value out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from clausewise import config
from clausewise.errors import UsageError
from clausewise.phase_table import PHASES
from clausewise.report_formats import REPORT_FILES

#: where reports go when nobody says
_OUTPUT_DIR = "reports/latest"


class Options(msgspec.Struct, frozen=True):
    """What the plugin is to do."""

    #: what relative paths of the ini file and of markers start from
    root: Path
    #: `[tool.clausewise]` of the project: credentials, values, waivers, limits
    project: config.Config
    spec: Path | None
    #: a URL, "module:app" or "mock"; None where documents are no tests
    target: str | None
    #: percent of all clauses that must be upheld; None demands nothing
    fail_under: float | None
    reports: tuple[str, ...]
    output_dir: Path
    seed: int
    phases: tuple[str, ...]
    #: "Name: value", sent with every request of documents that are tests
    headers: tuple[str, ...]


def read_options(given: Mapping[str, Any], root: Path) -> Options:
    """The options, by their names without prefix; those that are None are not given.

    The project's configuration is looked for from `root` upwards. Raises UsageError and ConfigError for what cannot be.
    """
    project = config.load(None, root)
    return Options(
        root=root,
        project=project,
        spec=given.get("spec") or project.spec,
        target=given.get("target"),
        fail_under=_percent(given.get("fail-under")),
        reports=_chosen(given.get("report"), REPORT_FILES, "report"),
        output_dir=given.get("output-dir") or root / _OUTPUT_DIR,
        seed=_number(given.get("seed"), project.seed),
        phases=_chosen(given.get("phase"), PHASES, "phase") or project.phases,
        headers=tuple(given.get("header") or ()),
    )


def _percent(written: Any) -> float | None:
    if written is None:
        return None
    try:
        percent = float(written)
    except ValueError:
        percent = -1.0
    if not 0 <= percent <= 100:
        raise UsageError(f'clausewise_fail_under is "{written}"', remedy="write a percentage from 0 to 100")
    return percent


def _number(written: Any, otherwise: int) -> int:
    try:
        return int(written) if written is not None else otherwise
    except ValueError:
        raise UsageError(f'clausewise_seed is "{written}"', remedy="write a whole number") from None


def _chosen(written: str | None, known: Any, noun: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in (written or "").split(",") if name.strip())
    for name in names:
        if name not in known:
            raise UsageError(f'there is no {noun} "{name}"', remedy=f"there are {', '.join(known)}")
    return names
