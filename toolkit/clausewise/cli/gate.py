"""`clausewise gate`: what CI runs."""

from __future__ import annotations

from typing import Any

import click

from clausewise.cli.help import Command
from clausewise.cli.judged_run import judged_options, judged_run


@click.command("gate", cls=Command)
@judged_options
def command(**given: Any) -> int:
    """Test the target in [tool.clausewise] of pyproject.toml, and pass or fail by its thresholds, baseline and waivers.

    It differs from `test` in one thing: it applies `min-coverage` and `baseline` of the configuration, which `test`
    applies only where its command line gives them. Options given here override the configuration. Only findings that
    are not in the baseline count.
    """
    return judged_run(**given, whole=True)
