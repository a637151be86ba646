"""Lines on the standard output, in colour where `--color` and the terminal allow it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Collection, Iterable
from itertools import islice
from typing import TYPE_CHECKING

import click

from clausewise.errors import UsageError
from clausewise.report.terminal import WIDTH, Line, text, use_color
from clausewise.report.text import printable

if TYPE_CHECKING:
    from clausewise.contract.contract import Contract
    from clausewise.contract.operation import OperationContract
    from clausewise.spec.resolve import Sources


#: operations whose schemas are all read for the notes on them
_MOST_READ = 100
#: lines that are written at once
_AT_ONCE = 1_000


def show(lines: Iterable[Line], color: str = "auto") -> None:
    """Print `lines`; `color` is what `--color` says: "auto", "always" or "never".

    A reader that has ended (`| head`) gets no more, and changes no exit status. Raises UsageError where the standard
    output cannot be written to.
    """
    colored = use_color(color, sys.stdout, os.environ)
    waiting = iter(lines)
    try:
        # Piece by piece: a large contract has hundreds of thousands of clauses.
        while piece := list(islice(waiting, _AT_ONCE)):
            click.echo(text(piece, color=colored), nl=False, color=colored)
    except BrokenPipeError:
        drop_output()
    except OSError as error:
        drop_output()
        raise UsageError(f"cannot write to the standard output: {error.strerror}") from None


def say(sentence: str, *, err: bool = False) -> None:
    """Print a line, on stderr where `err` says so. No text of a document or a server is a command to a terminal."""
    click.echo(printable(sentence), err=err)


def width(verbose: int) -> int | None:
    """Columns to which commands are cut; None where they are shown whole, with -v.

    Where there is no terminal and no COLUMNS, it is the width of an excerpt.
    """
    return None if verbose else shutil.get_terminal_size((WIDTH, 24)).columns


def drop_output() -> None:
    """Write nothing more to the standard output: without this, Python fails once more when it closes it."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)


def show_remarks(contract: Contract, used: Collection[OperationContract] = ()) -> None:
    """Say on stderr what a reader of the document should know of how it is read; of a large document, what concerns the
    operations that are `used`, where those are few."""
    from clausewise.contract.remarks import remarks

    operations = contract.operations if len(contract.operations) <= _MOST_READ else used
    if not operations or len(operations) > _MOST_READ:
        # To compile a thousand operations takes longer than what most commands do.
        show_nullable(contract.specification.sources)
        return
    for remark in remarks(contract, operations):
        click.echo(f"note: {remark}", err=True)


def show_defects(contract: Contract, operations: Iterable[OperationContract]) -> None:
    """Say on stderr what is not valid in the document, but for what is only a part of other operations than these."""
    for defect in contract.defects(operations):
        click.echo(f"{defect.severity}: {defect}", err=True)


def show_nullable(sources: Sources) -> None:
    """Say on stderr where a `nullable` has no effect by the letter, and where an overlay has none."""
    from clausewise.spec.nullable import about_nullable

    for sentence in (*sources.remarks, *about_nullable(sources)):
        click.echo(f"note: {sentence}", err=True)
