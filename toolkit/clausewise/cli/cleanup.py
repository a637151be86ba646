"""`clausewise cleanup`: remove what earlier runs left on a server."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clausewise.cli.help import Command
from clausewise.cli.options import config_option, configured, flags_of
from clausewise.cli.show import say
from clausewise.errors import UsageError
from clausewise.options import RunOptions
from clausewise.wording import counted

if TYPE_CHECKING:
    from clausewise.runner.journal import Write


@click.command("cleanup", cls=Command)
@click.argument("journal", metavar="CREATED.NDJSON", type=click.Path(path_type=Path))
@click.option("--spec", metavar="SPEC", help="The OpenAPI document, which says where credentials stand in a request.")
@click.option("--url", metavar="URL", help="Remove only what is on the server of this URL.")
@config_option
@flags_of(RunOptions, "headers", "timeout", "connect_timeout", "ca_file", "client_cert", "client_key", "insecure")
@click.option("--dry-run", is_flag=True, help="List what is left, and send nothing.")
def command(
    journal: Path, spec: str | None, url: str | None, config_file: Path | None, dry_run: bool, **flags: Any
) -> int:
    """Remove what runs have created and left, by the journal that they wrote, also after a crash.

    CREATED.NDJSON is the file that a run writes beside its reports. Credentials come from -H and the configuration. The
    exit status is 1 where something could not be removed, which is listed with the command that removes it, or where a
    request got no answer, so that nobody knows whether it created something. Where the file lists what is on several
    servers, and there are credentials, --url says which server they are for.
    """
    from clausewise.contract.contract import load
    from clausewise.runner.journal import Journal, left_in, read_journal, read_open, that_removed
    from clausewise.runner.leftovers import keys_for, on_server, remove, servers_of

    config = configured(config_file, **flags)
    writes, unanswered = read_journal(journal), read_open(journal)
    left = left_in(writes)
    if url is not None:
        left = on_server(left, url)
    servers, run = servers_of(left), config.run
    if len(servers) > 1 and not dry_run and (run.headers or run.credentials or run.credentials_command):
        named = ", ".join(f"{count} on {server}" for server, count in servers.items())
        raise UsageError(f"{journal} lists what is on several servers ({named})", remedy="say which one with --url")
    for each in unanswered:
        say(f"unknown: {each.operation} ({each.url}, {each.time}) got no answer, and may have created something")
    if not left:
        say(f"nothing is left of what {journal} lists")
        return 1 if unanswered and not dry_run else 0
    if dry_run:
        for write in left:
            undo = f"{write.undo.method} {write.undo.url}" if write.undo else "nothing is known that removes it"
            say(f"{_what(write)}: {undo}")
        return 0
    document = spec if spec is not None else str(config.spec) if config.spec is not None else None
    keys = keys_for(load(document) if document is not None else None, left, config.run)
    book = Journal(journal)
    try:
        rest = asyncio.run(remove(left, book, keys, that_removed(writes)))
    finally:
        book.close()
    say(f"removed {len(left) - len(rest)} of {counted(len(left), 'resource')}")
    for one in rest:
        say(f"left: {_what(one.write)}: {one.why}")
        if one.request is not None:
            say(f"  {keys.curl(one)}")
    return 1 if rest or unanswered else 0


def _what(write: Write) -> str:
    named = f" {write.id}" if write.id is not None else ""
    return f"what {write.operation} created{named} ({write.method} {write.url}, {write.time})"
