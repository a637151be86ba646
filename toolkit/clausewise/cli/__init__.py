"""The command line: reads arguments, makes one call and prints its result. It imports everything below it.

Each command is a module of its own that is imported when the command runs, so that `--help` answers at once. Errors
become one line on stderr and an exit status here, and nowhere else.
"""

from __future__ import annotations

import importlib
import os
import sys
import threading
from contextlib import suppress
from typing import Any, NoReturn

import click

from clausewise.cli.interruptions import end_like_ctrl_c, interrupt_no_more
from clausewise.errors import ClausewiseError, InternalError
from clausewise.version import __version__

#: command -> its line in the help; its module is clausewise.cli.<command>
COMMANDS = {
    "init": "Write a configuration for an API, and print the command to run next.",
    "test": "Test every clause of a contract against a server, an app or its mock.",
    "gate": "Test the configured target, and decide whether CI passes.",
    "login": "Log a user in whom a file of Web Fuzzing Commons describes, and print the headers.",
    "cleanup": "Remove what earlier runs have created and left on a server.",
    "replay": "Send the requests of a recorded run to another build, and list where its answers differ.",
    "validate": "Check payloads, examples, documents and recorded traffic.",
    "mock": "Serve a mock of the contract.",
    "proxy": "Check the traffic between a client and a server that it forwards to.",
    "report": "Write reports from a recorded run, or merge several (--merge).",
    "explain": "Explain a rule, a clause or a finding.",
    "clauses": "List the clauses of a contract, with their lines.",
    "diff": "List the changes between two versions of a contract, and which of them break clients.",
    "prove": "Break each clause in the mock, and check that the gate notices.",
    "schemas": "Write (or --check) the JSON Schemas generated from a contract.",
}


class _Commands(click.Group):
    """A group that knows its commands' names and help lines without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            from clausewise.cli.show import drop_output

            # The reader has ended (`| head`); click would exit with 1, which means findings.
            drop_output()
            return 0

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            import difflib

            near = difflib.get_close_matches(args[0], COMMANDS, n=1)
            hint = f', did you mean "{near[0]}"?' if near else ""
            ctx.fail(f'there is no command "{args[0]}"{hint}')
        return super().resolve_command(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"clausewise.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="clausewise")
def group() -> None:
    """Every clause of your API contract, tried and accounted for."""


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run a command and exit with its status: 0 passed, 1 findings, 2 the command could not work, 130 interrupted."""
    end_like_ctrl_c()
    try:
        status = _status(arguments)
    except KeyboardInterrupt:
        # Once more, while the first one was answered.
        status = 130
    _exit(status)


def _status(arguments: list[str] | None) -> int:
    """Run a command: its exit status."""
    try:
        status: Any = group.main(arguments, prog_name="clausewise", standalone_mode=False)
    except ClausewiseError as error:
        status = _fail(str(error))
    except click.UsageError as error:
        # Before 8.2, click prints the help by itself, and has no such error.
        if isinstance(error, getattr(click.exceptions, "NoArgsIsHelpError", ())):
            click.echo(error.format_message(), err=True)
            return 2
        where = error.ctx.command_path if error.ctx else "clausewise"
        message = " ".join(error.format_message().split()).rstrip(".")
        status = _fail(f"{message} (see: {where} --help)")
    except click.ClickException as error:
        status = _fail(error.format_message())
    except (KeyboardInterrupt, click.Abort):
        status = 130
    except OSError as error:
        # A full disk, a closed output: nothing that a change of clausewise would help.
        status = _fail(_trouble(error))
    except Exception as error:
        status = _fail(str(InternalError.of(error, "it worked")))
    return status if isinstance(status, int) else 0


def _trouble(error: OSError) -> str:
    """What the system could not do, as a sentence."""
    from clausewise.cli.show import drop_output

    said = error.strerror or error
    if error.filename:
        return f"the system says: {said} ({error.filename})"
    where = error.__traceback__
    while where is not None and where.tb_next is not None:
        where = where.tb_next
    if where is not None and where.tb_frame.f_globals.get("__name__") == click.echo.__module__:
        # Such an error names no file. Where it was the standard error, nobody reads this.
        drop_output()
        return f"cannot write to the standard output: {said}"
    return f"the system says: {said}"


def _exit(status: int) -> NoReturn:
    """End the process, whatever a thread that nobody waits for still computes, and however often Ctrl-C is pressed."""
    with suppress(KeyboardInterrupt):
        interrupt_no_more()
    if any(thread.daemon for thread in threading.enumerate()):
        # Python would end the thread in the middle of that, and native code in it would abort the process.
        with suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)
    sys.exit(status)


def _fail(message: str) -> int:
    from clausewise.cli.show import say
    from clausewise.security.redact import Redactor

    # What a run holds is masked there; a URL on the command line or in a configuration may have a password in it.
    message = Redactor().message(message)
    say(f"clausewise: error: {message}", err=True)
    return 2
