"""`clausewise replay`: the requests of a recorded run, sent to another build."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clausewise.cli.help import Command
from clausewise.cli.options import config_option, configured, flags_of, read_contract
from clausewise.cli.show import say
from clausewise.errors import UsageError
from clausewise.options import RunOptions
from clausewise.wording import counted, times

if TYPE_CHECKING:
    from clausewise.runner.replay import Replayed

_FLAGS = (
    *("headers", "max_requests", "max_time", "rate", "timeout", "connect_timeout", "allow_writes"),
    *("ca_file", "client_cert", "client_key", "insecure"),
)


@click.command("replay", cls=Command)
@click.argument("recorded", metavar="RUN", type=click.Path(path_type=Path))
@click.argument("spec", required=False)
@click.option("--url", metavar="URL", help="Send them to the server at this base URL.")
@click.option("--app", metavar="MODULE:APP", help="Send them to an ASGI or WSGI app, in this process.")
@config_option
@flags_of(RunOptions, *_FLAGS)
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even if there are new failures.")
def command(
    recorded: Path,
    spec: str | None,
    url: str | None,
    app: str | None,
    config_file: Path | None,
    exit_zero: bool,
    **flags: Any,
) -> int:
    """Send the requests of a recorded run to another build, and list where its answers differ.

    RUN is a folder of reports, or the run.json in it, and SPEC the OpenAPI document; it defaults to the
    configuration's, then to the one that was tested. Ids, times and what the contract does not name are not compared;
    an id that the first build made is replaced by that of the second. The exit status is 1 where there are new
    failures.
    """
    from clausewise.cli.saved_run import read
    from clausewise.runner.interruption import Deadline
    from clausewise.runner.journal import JOURNAL
    from clausewise.runner.replay import replay
    from clausewise.runner.targets import open_target

    if url is None and app is None:
        raise UsageError("no target is named", remedy="give --url URL or --app module:app")
    config = configured(config_file, url=url, app=app, **flags)
    deadline = Deadline.of(config.run.max_time)
    part = read(recorded)
    if not part.exchanges:
        raise UsageError(f"{part.name} has no exchanges that could be sent again")
    if spec is None and config.spec is None:
        spec = part.run.spec.file
    with deadline.limiting("the contract was read"):
        contract = read_contract(spec, config)
    assert config.target is not None
    target = open_target(config.target, contract, config.run)
    folder = recorded if recorded.is_dir() else recorded.parent
    found = replay(contract, part.exchanges, target, config.run, journal=folder / JOURNAL, deadline=deadline)
    _print(found, folder / JOURNAL)
    if found.interrupted:
        return 130
    if not found.compared:
        raise UsageError("no answer was compared: no request of the run could be sent again")
    return 1 if found.failures and not exit_zero else 0


def _print(found: Replayed, journal: Path) -> None:
    from clausewise.cli.writes import after

    for one, count, curl in found.differences:
        kind = "new failure" if one.is_failure else "difference"
        say(f"{kind}: {one.operation} {one.message} ({times(count)}; {one.exchange})")
        say(f"    {curl}")
    for reason, count in found.left_out.items():
        say(f"not compared: {counted(count, 'request')}: {reason}")
    differing = len(found.differences) - found.failures
    say(
        f"{counted(found.compared, 'answer')} compared, {found.same} the same: "
        f"{counted(found.failures, 'new failure')}, {counted(differing, 'other difference')}"
    )
    for line in after(found.written, journal):
        say(line, err=True)
    if found.ended:
        say(f"note: the replay ended early: {found.ended}", err=True)
