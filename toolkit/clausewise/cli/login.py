"""`clausewise login`: the headers of a user whom a file describes."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import click

from clausewise.cli.help import Command
from clausewise.cli.options import config_option, configured, flags_of
from clausewise.errors import UsageError
from clausewise.options import RunOptions


@click.command("login", cls=Command)
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.argument("name", metavar="[USER]", required=False)
@click.option("--url", metavar="URL", help="The server under test; by default the target of the configuration.")
@config_option
@flags_of(RunOptions, "timeout", "connect_timeout", "ca_file", "client_cert", "client_key", "insecure")
def command(file: Path, name: str | None, url: str | None, config_file: Path | None, **flags: Any) -> int:
    """Print the headers of a user in FILE, an authentication file of Web Fuzzing Commons (auth.yaml), a line each.

    A user with a login (loginEndpointAuth) is logged in first. Without USER it is the first one of the file. The output
    is what `credentials-command` takes.
    """
    import msgspec

    from clausewise.runner.login import user_headers
    from clausewise.runner.network import Network
    from clausewise.runner.targets import url_target
    from clausewise.security.user_file import users_in

    config = configured(config_file, url=url, **flags)
    users = {user.name: user for user in users_in(file)}
    if name is not None and name not in users:
        raise UsageError(f'{file} has no user "{name}"', remedy=f"it has {', '.join(users)}")
    user = users[name] if name is not None else next(iter(users.values()))
    at = config.target.url if config.target is not None else None
    if at is None and user.login is not None and user.login.external is None:
        raise UsageError(f"{user.name} logs in at {user.login.url}, and the server is not known", remedy="give --url")
    # Without a login, or with one elsewhere, nothing is asked there.
    target = msgspec.structs.replace(url_target(at or "http://localhost", 1), network=Network.of(config.run))
    for header, value in asyncio.run(user_headers(user, target)):
        click.echo(f"{header}: {value}")
    return 0
