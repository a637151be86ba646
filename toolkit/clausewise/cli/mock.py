"""`clausewise mock`: serve a mock of the contract."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clausewise.cli.help import Command
from clausewise.cli.line_log import LineLog
from clausewise.cli.options import (
    asked_options,
    config_option,
    configured,
    flags_of,
    read_contract,
    spec_argument,
    tested_side,
    webhooks_option,
)
from clausewise.cli.show import say, show_defects, show_remarks
from clausewise.errors import UsageError
from clausewise.options import RunOptions

if TYPE_CHECKING:
    from clausewise.contract.contract import Contract
    from clausewise.mockserver.app import MockApp
    from clausewise.mockserver.callbacks import CallbackSender

#: operations of a document whose schemas are all read for its defects
_SHOWN = 100


@click.command("mock", cls=Command)
@spec_argument
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 picks a free port.")
@click.option("--stateless", is_flag=True, help="Keep nothing: each answer is made anew.")
@click.option(
    "--state",
    "state_file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help='Resources at the beginning, a JSON or YAML object of lists: {"/things": [...]}.  [default: examples]',
)
@click.option("--no-validate-requests", is_flag=True, help="Accept requests that break the contract; the log says so.")
@click.option("--no-cors", is_flag=True, help="Do not let pages of other origins call the mock.")
@click.option("--latency", type=click.FloatRange(0, 600_000), default=0, metavar="MS", help="Wait before each answer.")
@click.option(
    "--latency-jitter", type=click.FloatRange(0, 600_000), default=0, metavar="MS", help="Wait up to this much longer."
)
@click.option(
    "--fault", "faults", metavar="CLAUSE", multiple=True, help="Break this clause, by its id or key (repeatable)."
)
@click.option(
    "--callback-host", "callback_hosts", metavar="HOST", multiple=True, help="Send callbacks to this host, too."
)
@webhooks_option
@flags_of(RunOptions, "seed")
@config_option
@asked_options
@click.option("-q", "--quiet", is_flag=True, help="Log no requests.")
def command(
    spec: str | None,
    host: str,
    port: int,
    stateless: bool,
    state_file: Path | None,
    no_validate_requests: bool,
    no_cors: bool,
    latency: float,
    latency_jitter: float,
    faults: tuple[str, ...],
    callback_hosts: tuple[str, ...],
    webhooks: bool,
    seed: int | None,
    config_file: Path | None,
    quiet: bool,
    **document: Any,
) -> int:
    """Serve a mock of the contract: it refuses invalid requests, gives valid responses, and keeps what it is given.

    The request header `Prefer` asks for a documented status (`code=404`), for an example by its name (`example=large`)
    or for generated values (`dynamic=true`). When a file of the contract changes, it is read again. With --fault the
    mock breaks clauses on purpose. A kind of fault may stand before the clause: "crash CLAUSE" answers 500 to values on
    its boundary. Callbacks of accepted requests are sent to this machine. With --webhooks it is a client that takes the
    contract's webhooks.
    """
    from clausewise.mockserver.callbacks import CallbackSender
    from clausewise.mockserver.served import Manner, ServedMock
    from clausewise.wording import counted

    if stateless and state_file is not None:
        raise UsageError("--stateless and --state exclude each other", remedy="give one of them")
    config = configured(config_file, seed=seed, **document)
    manner = Manner(not no_cors, not no_validate_requests, latency / 1000, latency_jitter / 1000)

    log = LineLog()
    written = (lambda line: None) if quiet else log

    def read() -> tuple[Contract, MockApp]:
        contract = tested_side(read_contract(spec, config), webhooks, config)
        callbacks = CallbackSender(contract, config.run.seed, callback_hosts, written)
        return contract, _app(contract, config.run.seed, faults, manner.enforces, stateless, state_file, callbacks)

    contract, app = read()
    served = ServedMock(app, manner, written)
    listener = listening(host, port)
    # A mock starts at once: what a very large document has of them, `clausewise clauses` says.
    show_defects(contract, contract.operations if len(contract.operations) <= _SHOWN else ())
    show_remarks(contract)
    url = f"{address(host, listener)}{contract.specification.base_paths[0]}"
    say(f"{contract.name}: {counted(len(contract.operations), 'operation')} at {url} (Ctrl-C ends it)")
    with log.printing():
        _serve(served, contract, read, log, listener)
    return 0


def _app(
    contract: Contract,
    seed: int,
    faults: tuple[str, ...],
    enforces: bool,
    stateless: bool,
    state_file: Path | None,
    callbacks: CallbackSender,
) -> MockApp:
    from clausewise.mockserver.app import MockApp
    from clausewise.mockserver.faults import FaultInjector, named_faults
    from clausewise.mockserver.seeds import read_seeds

    chosen = [fault for name in faults for fault in named_faults(contract, name)]
    state = None if stateless else {} if state_file is None else read_seeds(contract, state_file)
    return MockApp(contract, seed, map(FaultInjector, chosen), state=state, enforces=enforces, callbacks=callbacks)


def _serve(served: Any, contract: Contract, read: Any, log: LineLog, listener: Any) -> None:
    """Serve until the command is interrupted; a document that changes is used from then on."""
    import asyncio
    from contextlib import suppress

    import uvicorn

    from clausewise.mockserver.reload import follow
    from clausewise.mockserver.serving import settings

    methods = {operation.operation.method for operation in contract.operations}

    async def serve() -> None:
        server = uvicorn.Server(settings(served, methods, log_level="warning", access_log=False))
        following = asyncio.create_task(follow(contract, read, served.use, log))
        try:
            await server.serve(sockets=[listener])
        finally:
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following

    asyncio.run(serve())


def listening(host: str, port: int) -> Any:
    """The socket of a server. Raises UsageError where it cannot listen there."""
    from clausewise.transport.listen import listen

    try:
        listener = listen(host, port)
        # Whoever reads the line that names the address may call at once.
        listener.listen()
        return listener
    except OSError as error:
        raise UsageError(f"cannot listen at {host}:{port}: {error.strerror}", remedy="try --port 0") from None


def address(host: str, listener: Any) -> str:
    """The URL of a server without its path."""
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listener.getsockname()[1]}"
