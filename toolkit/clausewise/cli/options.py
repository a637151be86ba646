"""Options that several commands share, and what they mean."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from clausewise import config
from clausewise.errors import UsageError
from clausewise.report_formats import DEFAULT_REPORTS, REPORT_FILES

#: reports that are written only when they are named
_OPTIONAL = [name for name in REPORT_FILES if name not in DEFAULT_REPORTS]

F = TypeVar("F", bound=Callable[..., Any])

spec_argument = click.argument("spec", required=False)
config_option = click.option(
    "--config", "config_file", metavar="FILE", type=click.Path(path_type=Path), help="Configuration to read."
)
seed_option = click.option("--seed", type=int, help="Choices made at random follow from it.  [default: 1]")
color_option = click.option(
    "--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colour the output."
)


def output_options(command: F) -> F:
    """-q, -v, --color, --output-dir, --report, --exit-zero."""
    for option in (
        click.option("--exit-zero", is_flag=True, help="Exit with 0 whatever is found."),
        click.option(
            "--report",
            metavar="LIST",
            help=f"Reports to write, by commas: {', '.join(REPORT_FILES)}.  [default: all but {', '.join(_OPTIONAL)}]",
        ),
        click.option("--output-dir", metavar="DIR", type=click.Path(path_type=Path), help="[default: reports/latest]"),
        color_option,
        click.option("-v", "--verbose", count=True, help="Say more."),
        click.option("-q", "--quiet", is_flag=True, help="Print the verdict only."),
    ):
        command = option(command)
    return command


def settings(config_file: Path | None) -> config.Config:
    """The configuration that `--config` names, else the nearest one."""
    return config.load(config_file, Path.cwd())


def spec_path(spec: str | None, configured: config.Config) -> str:
    """The document to read. Raises UsageError when neither the argument nor the configuration names one."""
    if spec is not None:
        return spec
    if configured.spec is None:
        raise UsageError("no OpenAPI document is named", remedy="give its path, or set spec in [tool.clausewise]")
    return str(configured.spec)


def report_formats(written: str | None, configured: config.Config) -> tuple[str, ...]:
    """The reports to write. Raises UsageError for one that there is not."""
    if written is None:
        return tuple(configured.reports)
    formats = tuple(name.strip() for name in written.split(",") if name.strip())
    for name in formats:
        if name not in REPORT_FILES:
            raise UsageError(f'there is no report "{name}"', remedy=f"there are {', '.join(REPORT_FILES)}")
    return formats
