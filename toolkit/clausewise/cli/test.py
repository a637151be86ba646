"""`clausewise test`: drive a target and check it."""

from __future__ import annotations

from typing import Any

import click

from clausewise.cli.help import Command
from clausewise.cli.judged_run import judged_options, judged_run


@click.command("test", cls=Command)
@judged_options
def command(**given: Any) -> int:
    """Test every clause of the contract against a target, and check every response.

    SPEC is the OpenAPI document; it defaults to the configuration's. It takes every option of `gate`, and leaves out
    `min-coverage` and `baseline` of the configuration: a run of one phase or operation leaves clauses out on purpose.
    """
    # Only part of what the configuration asks for may be tested.
    return judged_run(**given, whole=False)
