"""`clausewise clauses`: list the clauses of a contract."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clausewise.cli.help import Command
from clausewise.cli.options import asked_options, config_option, configured, flags_of, read_contract, spec_argument
from clausewise.cli.show import say, show, show_defects, show_nullable
from clausewise.options import RunOptions

if TYPE_CHECKING:
    from clausewise.contract.clause import Clause
    from clausewise.contract.contract import Contract
    from clausewise.contract.operation import OperationContract
    from clausewise.report.terminal import Line
    from clausewise.spec.operations import OperationKind

#: kind of operation -> the line above its clauses, and what one is called
_HEADINGS: dict[OperationKind, str] = {
    "path": "",
    "webhook": "webhooks: the API sends these requests, and a client answers",
    "callback": "callbacks: the API sends these requests, and a client answers",
}
_NOUNS: dict[OperationKind, str] = {"path": "operation", "webhook": "webhook", "callback": "callback"}

#: operations whose clauses are all listed; of more, those of a component once
_MOST_IN_FULL = 200
_ONCE = (
    f"of more than {_MOST_IN_FULL} operations, the clauses of a component are listed once, where a request or a "
    "response first uses it; --operation ID lists all of an operation"
)


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
    from clausewise.contract.soundness import require_sound
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
    listing = _Listing(contract, once=len(selected) > _MOST_IN_FULL)
    if not listing.once:
        require_sound(contract, selected)
    if form == "json":
        import json

        for clause in listing.of(selected):
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
        if listing.once:
            say(f"note: {_ONCE}", err=True)
        return 0
    by_kind = {kind: [one for one in selected if one.operation.kind == kind] for kind in _HEADINGS}
    show(_lines(contract, listing, by_kind))
    show_defects(contract, () if listing.once else selected)
    if listing.once:
        show_nullable(contract.specification.sources)
        say(f"note: {_ONCE}", err=True)
    else:
        for remark in remarks(contract, selected):
            say(f"note: {remark}", err=True)
    within = [counted(len(found), _NOUNS[kind]) for kind, found in by_kind.items() if found]
    say(f"{counted(listing.count, 'clause')} in {' and '.join(within) or '0 operations'}", err=True)
    return 0


class _Listing:
    """The clauses of operations, counted as they are given; `once` those of a component only once."""

    def __init__(self, contract: Contract, *, once: bool) -> None:
        self._contract = contract
        self.once = once
        self.count = 0

    def of(self, operations: Iterable[OperationContract]) -> Iterator[Clause]:
        """The clauses of `operations`."""
        every = (clause for operation in operations for clause in operation.clauses)
        for clause in self._contract.each_clause_once(operations) if self.once else every:
            self.count += 1
            yield clause


def _lines(
    contract: Contract, listing: _Listing, by_kind: dict[OperationKind, list[OperationContract]]
) -> Iterator[Line]:
    for kind, operations in by_kind.items():
        if operations and _HEADINGS[kind]:
            yield (_HEADINGS[kind],)
        yield from ((_line(contract, clause),) for clause in listing.of(operations))


def _line(contract: Contract, clause: Clause) -> str:
    unjudged = f" (cannot be judged: {clause.unjudged})" if clause.unjudged else ""
    place = contract.specification.sources.named(clause.source)
    return f"{place}: {clause.operation} {clause.where}: {clause.text}{unjudged}"
