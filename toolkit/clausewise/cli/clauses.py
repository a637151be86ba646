"""`clausewise clauses`: list the clauses of a contract."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clausewise.cli.help import Command
from clausewise.cli.options import asked_options, config_option, configured, flags_of, read_contract, spec_argument
from clausewise.cli.show import show
from clausewise.options import RunOptions

if TYPE_CHECKING:
    from clausewise.contract.clause import Clause
    from clausewise.contract.contract import Contract


@click.command("clauses", cls=Command)
@spec_argument
@flags_of(RunOptions, "operations", "tags", "paths", "changed_since", "shard")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@config_option
@asked_options
def command(
    spec: str | None,
    form: str,
    config_file: Path | None,
    operations: tuple[str, ...] | None,
    tags: tuple[str, ...] | None,
    paths: tuple[str, ...] | None,
    changed_since: str | None,
    shard: str | None,
    **document: Any,
) -> int:
    """List every clause: its line in the document, the place in the message that it is about, and its text."""
    from clausewise.contract.remarks import remarks
    from clausewise.runner.selection import select
    from clausewise.wording import counted

    contract = read_contract(spec, configured(config_file, **document))
    # Not those of the configuration: all of the contract is listed, unless the command line says otherwise.
    selected = select(
        contract,
        RunOptions(
            operations=operations or (), tags=tags or (), paths=paths or (), changed_since=changed_since, shard=shard
        ),
    )
    clauses = [clause for operation in selected for clause in operation.clauses]
    if form == "json":
        import json

        for clause in clauses:
            location = contract.locate(clause.source)
            entry = {
                "id": clause.id,
                "operation": clause.operation,
                "direction": clause.direction,
                "where": clause.where,
                "keyword": clause.keyword,
                "text": clause.text,
                "severity": clause.severity,
                "location": {"file": location.file, "line": location.line, "column": location.column},
                **({"unjudged": clause.unjudged} if clause.unjudged else {}),
            }
            click.echo(json.dumps(entry, ensure_ascii=False))
        return 0
    show((_line(contract, clause),) for clause in clauses)
    for remark in remarks(contract, selected):
        click.echo(f"note: {remark}", err=True)
    within = counted(len(selected), "operation")
    click.echo(f"{counted(len(clauses), 'clause')} in {within}", err=True)
    return 0


def _line(contract: Contract, clause: Clause) -> str:
    unjudged = f" (cannot be judged: {clause.unjudged})" if clause.unjudged else ""
    return f"{contract.locate(clause.source)}: {clause.operation} {clause.where}: {clause.text}{unjudged}"
