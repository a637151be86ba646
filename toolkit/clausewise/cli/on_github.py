"""GitHub Actions reads workflow commands out of what a job prints: only ours may be among them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import click

from clausewise.results.record import Run


@contextmanager
def workflow_commands(run: Run) -> Iterator[None]:
    """Nothing printed inside is taken for a workflow command, since a server may have written it; then come the
    annotations of `run`. Outside GitHub Actions this does nothing.
    """
    if os.environ.get("GITHUB_ACTIONS") != "true":
        yield
        return
    from clausewise.report import github

    silence, end = github.brackets()
    click.echo(silence)
    try:
        yield
    finally:
        click.echo(end)
    click.echo(github.render(run), nl=False)
