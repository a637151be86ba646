"""`clausewise proxy`: check the traffic between a client and a server."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clausewise.cli.help import Command
from clausewise.cli.interruptions import held_off
from clausewise.cli.line_log import LineLog
from clausewise.cli.mock import address, listening
from clausewise.cli.options import (
    config_option,
    configured,
    display_options,
    document_options,
    flags_of,
    read_contract,
    spec_argument,
)
from clausewise.errors import UsageError
from clausewise.options import ReportOptions, RunOptions

if TYPE_CHECKING:
    from clausewise.config import Config
    from clausewise.contract.contract import Contract
    from clausewise.proxy.upstream import Upstream
    from clausewise.proxy.witness import CheckingWitness

#: seconds between two turns of Python's threads: with the usual 5 ms a check would hold up an exchange for so long
_TURN = 0.0005


@click.command("proxy", cls=Command)
@spec_argument
@click.option("--url", metavar="URL", help="The server to forward to.  [default: the configured one]")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0 picks a free port.")
@click.option(
    "--enforce", is_flag=True, help="Answer 400 to requests that break the contract, and 502 in place of such answers."
)
@flags_of(RunOptions, "connect_timeout", "ca_file", "client_cert", "client_key", "insecure")
@config_option
@document_options
@flags_of(ReportOptions)
@display_options
def command(
    spec: str | None,
    url: str | None,
    host: str,
    port: int,
    enforce: bool,
    config_file: Path | None,
    exit_zero: bool,
    color: str,
    verbose: int,
    quiet: bool,
    **flags: Any,
) -> int:
    """Forward requests to a server and its answers back, byte for byte, and check each exchange against the contract.

    Each fault is printed when it is first seen. Ctrl-C ends the proxy and writes the reports, and every exchange to
    exchanges.ndjson, with secrets masked.
    """
    from clausewise.proxy.upstream import Upstream
    from clausewise.proxy.witness import CheckingWitness
    from clausewise.report.folder import claimed
    from clausewise.results.collector import EXCHANGES
    from clausewise.transport.tls import Trust, tls_context

    config = configured(config_file, url=url, **flags)
    target = config.target.url if config.target is not None else None
    if target is None:
        raise UsageError("no server is named", remedy="give --url URL")
    contract = read_contract(spec, config)
    run = config.run
    trust = Trust(run.ca_file, run.client_cert, run.client_key, run.insecure)
    upstream = Upstream.at(target, tls_context(trust), run.connect_timeout)
    listener = listening(host, port)
    folder = config.output.output_dir
    log = LineLog()
    with claimed(folder):
        with log.printing():
            say = (lambda line: None) if quiet else log
            witness = CheckingWitness(contract, upstream.url, folder / EXCHANGES, say, enforces=enforce)
            say(f"{address(host, listener)} forwards to {upstream.url} (Ctrl-C ends it)")
            sys.stdout.flush()
            before = sys.getswitchinterval()
            sys.setswitchinterval(_TURN)
            try:
                asyncio.run(_forward(upstream, witness, listener))
            finally:
                sys.setswitchinterval(before)
        with held_off():
            return _conclude(contract, witness, config, color, verbose, quiet=quiet, exit_zero=exit_zero)


async def _forward(upstream: Upstream, witness: CheckingWitness, listener: Any) -> None:
    """Serve until the command is interrupted."""
    from clausewise.proxy.forward import Forwarder
    from clausewise.proxy.framing import MAX_HEAD

    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, over.set)
    server = await asyncio.start_server(Forwarder(upstream, witness).serve, sock=listener, limit=MAX_HEAD)
    await over.wait()
    server.close()


def _conclude(
    contract: Contract,
    witness: CheckingWitness,
    config: Config,
    color: str,
    verbose: int,
    *,
    quiet: bool,
    exit_zero: bool,
) -> int:
    """Write and print what was found; 1 where the gate is not passed."""
    from datetime import UTC, datetime

    from clausewise.cli.show import say, show, width
    from clausewise.report import scan_text
    from clausewise.report.write import write_reports
    from clausewise.results import gate
    from clausewise.validation.summary import record_scan

    concluded = record_scan(contract, witness.result())
    today = datetime.now(UTC).date()
    run = gate.apply_policy(concluded.run, config.policy, baseline=frozenset(), today=today)
    folder = config.output.output_dir
    write_reports(run, folder, config.output.reports, concluded.exchanges)
    lines = scan_text.verdict(run) if quiet else scan_text.lines(run, lambda file, line: None, verbose, width(verbose))
    show(lines, color)
    if not quiet:
        say(f"reports: {folder}", err=True)
    return 1 if run.gate is not None and not run.gate.passed and not exit_zero else 0
