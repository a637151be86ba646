"""Options that several commands share: the flags of `clausewise.option_table`, and what only a terminal needs."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import click
import msgspec

from clausewise import config
from clausewise.cli.completion import COMPLETIONS
from clausewise.cli.show import say
from clausewise.errors import UsageError
from clausewise.option_table import Option, options_of, overlay, parse
from clausewise.options import ReportOptions, RunOptions, TargetSpec

if TYPE_CHECKING:
    from clausewise.contract.contract import Contract
    from clausewise.spec.resolve import Sources

F = TypeVar("F", bound=Callable[..., Any])

spec_argument = click.argument("spec", required=False)
config_option = click.option(
    "--config", "config_file", metavar="FILE", type=click.Path(path_type=Path), help="The pyproject.toml to read."
)
color_option = click.option(
    "--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colour the output."
)


class Display(msgspec.Struct, frozen=True):
    """How a command prints its results, and whether findings make it fail."""

    exit_zero: bool
    color: str
    verbose: int
    quiet: bool


def display_options(command: F) -> F:
    """The fields of a `Display`, as arguments."""
    for option in (
        click.option("-q", "--quiet", is_flag=True, help="Print the verdict only."),
        click.option("-v", "--verbose", count=True, help="Print more details."),
        color_option,
        click.option("--exit-zero", is_flag=True, help="Exit with 0 even if there are findings."),
    ):
        command = option(command)
    return command


def flags_of(kind: type[msgspec.Struct], *names: str) -> Callable[[F], F]:
    """Flags for the options of a struct, or for those with these `names`, as arguments of these names.

    A flag that is not given is None or ().
    """

    def decorate(command: F) -> F:
        for option in reversed(options_of(kind)):
            if option.flags and (not names or option.name in names):
                command = _flag(option)(command)
        return command

    return decorate


#: how the document is read, for commands that read a contract
document_options = flags_of(config.Config, "allow_refs", "allow_remote_refs", "overlay", "spec_headers", "strict")


def asked_options(command: F) -> F:
    """`document_options`, and the target that is asked for its document where none is named, for commands that do not
    test one."""
    for decorate in (
        document_options,
        click.option("--app", metavar="MODULE:APP", help="Ask this ASGI or WSGI app for its document."),
        click.option("--url", metavar="URL", help="Ask the server at this base URL for its document."),
    ):
        command = decorate(command)
    return command


webhooks_option = click.option(
    "--webhooks", is_flag=True, help="Take the side of the API: the contract is that of a client's webhook handler."
)


def run_options(command: F) -> F:
    """The arguments of `test` and `gate`: the document, the target, the options of the run and of the reports."""
    for decorate in (
        display_options,
        flags_of(ReportOptions),
        config_option,
        click.option(
            "--resume",
            metavar="DIR",
            type=click.Path(path_type=Path),
            help="Go on with the run in this folder, which did not reach its end; give the same options again.",
        ),
        flags_of(RunOptions),
        document_options,
        click.option("--dry-run", is_flag=True, help="Print what would be sent, and send nothing."),
        click.option("--mock", is_flag=True, help="Test the contract's own mock, in this process."),
        click.option("--app", metavar="MODULE:APP", help="Test an ASGI or WSGI app, in this process."),
        click.option("--url", metavar="URL", help="Test the server at this base URL."),
        webhooks_option,
        spec_argument,
    ):
        command = decorate(command)
    return command


def resumed(folder: Path | None, flags: dict[str, Any]) -> dict[str, Any]:
    """The flags of a run that goes on in `folder`, where one is given: with the seed that it had.

    Raises UsageError where the folder holds no run that can go on.
    """
    if folder is None:
        return flags
    from clausewise.runner.resumption import required_beginning

    if flags["output_dir"] not in (None, folder):
        raise UsageError("--resume and --output-dir name two folders", remedy="give --resume alone")
    return flags | {"output_dir": folder, "seed": required_beginning(folder).seed}


def configured(
    config_file: Path | None = None,
    *,
    url: str | None = None,
    app: str | None = None,
    mock: bool = False,
    **flags: Any,
) -> config.Config:
    """The options of a command: its flags, then the environment, then the file that `--config` names or the nearest
    one, then the defaults. Raises UsageError for more than one target, and for one that cannot be."""
    found = overlay(config.load(config_file, Path.cwd()), {"target": _target(url, app, mock), **flags}, os.environ)
    if found.policy.waivers:
        from clausewise.results.gate import check_waivers

        check_waivers(found.policy)
    return found


def read_contract(spec: str | None, configured: config.Config) -> Contract:
    """The document that the argument names, else the configuration, else the one that the target serves, with a note
    which that is. Raises UsageError where there is none, and SpecError."""
    from clausewise.retrieval.contracts import open_contract

    return open_contract(spec, configured, _note)


def read_documents(spec: str | None, configured: config.Config) -> Sources:
    """The files of the document that `read_contract` reads, with the same note. Raises like that."""
    from clausewise.retrieval.contracts import open_documents

    return open_documents(spec, configured, _note)


def _note(line: str) -> None:
    say(f"note: {line}", err=True)


def tested_side(contract: Contract, webhooks: bool, configured: config.Config) -> Contract:
    """The contract that is tested or mocked: that of the API, or that of a handler of its webhooks, where the user
    wants it, or where the document has no paths. Raises UsageError where it has no webhooks, or not those of the
    configuration."""
    names = [one.operation.webhook for one in contract.webhooks]
    unknown = next((name for name in configured.webhooks if name not in names), None)
    if unknown is not None:
        known = f"it has {', '.join(dict.fromkeys(names))}" if names else "it has none"
        raise UsageError(f'{contract.name} has no webhook "{unknown}"', remedy=f"correct webhooks: {known}")
    for name, path in configured.webhooks.items():
        if not path.startswith("/"):
            raise UsageError(
                f'the path "{path}" of the webhook "{name}" must start with "/"', remedy=f'write "/{path}"'
            )
    if webhooks and not names:
        raise UsageError(f"{contract.name} has no webhooks", remedy="leave out --webhooks")
    if not webhooks and (contract.operations or not names):
        return contract
    if not webhooks:
        say("note: the document has no paths: its webhooks are tested, as with --webhooks", err=True)
    target = configured.target
    url = target.url if target is not None else None
    paths = dict.fromkeys(names, urlsplit(url).path or "/") if url is not None else {}
    return contract.for_handler(paths | configured.webhooks)


def tested_target(contract: Contract, target: TargetSpec) -> TargetSpec:
    """The target to open: of a handler of webhooks, whose operations have the paths of its URLs, the host alone."""
    is_handler = any(one.operation.kind == "webhook" for one in contract.operations)
    if target.url is None or not is_handler:
        return target
    parts = urlsplit(target.url)
    return TargetSpec(url=f"{parts.scheme}://{parts.netloc}")


def core_count() -> int:
    """The number of cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def _flag(option: Option) -> Callable[[F], F]:
    is_list = option.metavar == "LIST"

    def read(_context: click.Context, _parameter: click.Parameter, given: Any) -> Any:
        texts: Sequence[str] = () if given is None else given if option.repeated or is_list else (given,)
        if is_list and texts:
            # A list that is given in parts is one list.
            texts = [",".join(texts)]
        try:
            return parse(option, texts) if texts else None
        except ValueError as error:
            raise click.BadParameter(str(error)) from None

    if option.type is bool:
        return click.option(*option.flags, option.name, is_flag=True, default=None, help=option.help)
    help = f"{option.help} (repeatable)" if option.repeated else option.help
    return click.option(
        *option.flags,
        option.name,
        metavar=option.metavar,
        multiple=option.repeated or is_list,
        help=f"{help}  [default: {option.default_text}]" if option.default_text else help,
        callback=read,
        shell_complete=COMPLETIONS.get(option.name),
    )


def _target(url: str | None, app: str | None, mock: bool) -> TargetSpec | None:
    if url is None and app is None and not mock:
        return None
    if sum((url is not None, app is not None, mock)) > 1:
        raise UsageError("give only one of --url, --app and --mock")
    try:
        return TargetSpec(url=url, app=app, mock=mock)
    except ValueError as error:
        raise UsageError(str(error)) from None
