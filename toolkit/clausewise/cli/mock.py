"""`clausewise mock`: serve a mock of the contract."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from clausewise.cli.help import Command
from clausewise.cli.options import asked_options, config_option, configured, flags_of, read_contract, spec_argument
from clausewise.cli.show import show_nullable, show_remarks
from clausewise.errors import UsageError
from clausewise.options import RunOptions

#: operations of a document whose schemas are all read for the notes on it
_SHOWN = 100


@click.command("mock", cls=Command)
@spec_argument
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 picks a free port.")
@click.option(
    "--fault", "faults", metavar="CLAUSE", multiple=True, help="Break this clause, by its id or key (repeatable)."
)
@flags_of(RunOptions, "seed")
@config_option
@asked_options
def command(
    spec: str | None,
    host: str,
    port: int,
    faults: tuple[str, ...],
    seed: int | None,
    config_file: Path | None,
    **document: Any,
) -> int:
    """Serve a mock of the contract: it refuses invalid requests and gives valid responses.

    The request header `Prefer: code=404` asks for a documented status. With --fault the mock breaks clauses on purpose.
    A kind of fault may stand before the clause: "crash CLAUSE" answers 500 to values on its boundary.
    """
    import uvicorn

    from clausewise.mockserver.app import MockApp
    from clausewise.mockserver.faults import FaultInjector, named_faults
    from clausewise.mockserver.listen import listen
    from clausewise.mockserver.serving import settings
    from clausewise.wording import counted

    config = configured(config_file, seed=seed, **document)
    contract = read_contract(spec, config)
    chosen = [fault for name in faults for fault in named_faults(contract, name)]
    app = MockApp(contract, config.run.seed, map(FaultInjector, chosen))
    try:
        listener = listen(host, port)
    except OSError as error:
        raise UsageError(f"cannot listen at {host}:{port}: {error.strerror}", remedy="try --port 0") from None
    shown = f"[{host}]" if ":" in host else host
    url = f"http://{shown}:{listener.getsockname()[1]}{contract.specification.base_paths[0]}"
    # A mock starts at once: what a very large document has of them, `clausewise clauses` says.
    (show_remarks if len(contract.operations) <= _SHOWN else show_nullable)(contract)
    click.echo(f"{contract.name}: {counted(len(contract.operations), 'operation')} at {url} (Ctrl-C ends it)")
    server = uvicorn.Server(settings(app, log_level="warning", access_log=False))
    server.run(sockets=[listener])
    return 0
