"""`clausewise clauses`: list the clauses of a contract."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clausewise.cli.help import Command
from clausewise.cli.options import asked_options, config_option, configured, flags_of, read_contract, spec_argument
from clausewise.cli.show import show
from clausewise.options import RunOptions

if TYPE_CHECKING:
    from clausewise.contract.clause import Clause
    from clausewise.contract.contract import Contract, OperationContract
    from clausewise.report.terminal import Line
    from clausewise.spec.operations import OperationKind

#: kind of operation -> the line above its clauses, and what one is called
_HEADINGS: dict[OperationKind, str] = {
    "path": "",
    "webhook": "webhooks: the API sends these requests, and a client answers",
    "callback": "callbacks: the API sends these requests, and a client answers",
}
_NOUNS: dict[OperationKind, str] = {"path": "operation", "webhook": "webhook", "callback": "callback"}


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
    received = {one.key: one for one in contract.received}
    named = tuple(received[key] for key in operations or () if key in received)
    keys = tuple(key for key in operations or () if key not in received)
    # Not those of the configuration: all of the contract is listed, unless the command line says otherwise.
    options = RunOptions(operations=keys, tags=tags or (), paths=paths or (), changed_since=changed_since, shard=shard)
    is_all = options == RunOptions()
    called = () if named and is_all else select(contract, options)
    selected = (*called, *(named or (contract.received if is_all else ())))
    clauses = [clause for operation in selected for clause in operation.clauses]
    if form == "json":
        import json

        for clause in clauses:
            location = contract.locate(clause.source)
            entry = {
                "id": clause.id,
                "operation": clause.operation,
                "kind": contract.operation(clause.operation).operation.kind,
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
    by_kind = {kind: [one for one in selected if one.operation.kind == kind] for kind in _HEADINGS}
    show(_lines(contract, by_kind))
    for remark in remarks(contract, selected):
        click.echo(f"note: {remark}", err=True)
    within = [counted(len(found), _NOUNS[kind]) for kind, found in by_kind.items() if found]
    click.echo(f"{counted(len(clauses), 'clause')} in {' and '.join(within) or '0 operations'}", err=True)
    return 0


def _lines(contract: Contract, by_kind: dict[OperationKind, list[OperationContract]]) -> Iterator[Line]:
    for kind, operations in by_kind.items():
        if operations and _HEADINGS[kind]:
            yield (_HEADINGS[kind],)
        yield from ((_line(contract, clause),) for operation in operations for clause in operation.clauses)


def _line(contract: Contract, clause: Clause) -> str:
    unjudged = f" (cannot be judged: {clause.unjudged})" if clause.unjudged else ""
    return f"{contract.locate(clause.source)}: {clause.operation} {clause.where}: {clause.text}{unjudged}"
