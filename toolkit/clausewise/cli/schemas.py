"""`clausewise schemas`: the JSON Schemas generated from a contract, written or compared."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from clausewise.cli.help import Command
from clausewise.cli.options import asked_options, config_option, configured, read_contract, spec_argument
from clausewise.cli.show import say, show_defects, show_nullable
from clausewise.errors import UsageError
from clausewise.wording import counted

#: files in one state that are listed one by one
_FEW = 5


@click.command("schemas", cls=Command)
@spec_argument
@click.option("--check", is_flag=True, help="Write nothing; fail when the files differ from what would be written.")
@click.option(
    "--output-dir",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="[default: schemas/ beside the document, or in the working directory]",
)
@config_option
@asked_options
def command(
    spec: str | None,
    check: bool,
    output_dir: Path | None,
    config_file: Path | None,
    **document: Any,
) -> int:
    """Write self-contained JSON Schemas: each request body, each of its branches, each response body."""
    from clausewise.contract.export import exported, generated_mark
    from clausewise.contract.soundness import require_sound
    from clausewise.report.write import replace_file

    config = configured(config_file, **document)
    contract = read_contract(spec, config)
    require_sound(contract, contract.operations)
    show_defects(contract, contract.operations)
    show_nullable(contract.specification.sources)
    root = contract.specification.sources.root.path
    folder = output_dir or (root.parent if root is not None else Path()) / "schemas"
    # The command that writes them, as it was given.
    again = " ".join(filter(None, ("clausewise schemas", spec or (contract.name if root is not None else ""))))
    wanted = exported(contract)
    present = _present(folder)
    mark = json.dumps(generated_mark(contract), ensure_ascii=False)
    read = {file.path.resolve() for file in contract.specification.sources.documents if file.path is not None}
    ours = {name for name, text in present.items() if mark in text and (folder / name).resolve() not in read}
    stale = [name for name, text in wanted.items() if present.get(name) != text]
    left = sorted(ours - wanted.keys())
    if check:
        missing = [name for name in stale if name not in present]
        changed = [name for name in stale if name in present]
        for line in (
            *_listed(folder, missing, "missing"),
            *_listed(folder, changed, "stale"),
            *_listed(folder, left, "left over"),
        ):
            say(line, err=True)
        if stale or left:
            say(f"run: {again}", err=True)
            return 1
        say(f"{counted(len(wanted), 'schema')} in {folder} {'is' if len(wanted) == 1 else 'are'} up to date")
        return 0
    foreign = next((name for name in stale if name in present.keys() - ours), None)
    if foreign is not None:
        message = f"{folder / foreign} was not written by `{again}`, and is not overwritten"
        raise UsageError(message, remedy="move it away, or name another folder with --output-dir")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in stale:
            replace_file(folder / name, [wanted[name].encode()], 0o644)
        for name in left:
            (folder / name).unlink()
    except OSError as error:
        raise UsageError(
            f"cannot write to {folder}: {error.strerror}", remedy="name another with --output-dir"
        ) from None
    say(f"{counted(len(wanted), 'schema')} in {folder}, {len(stale)} written, {len(left)} removed")
    return 0


def _listed(folder: Path, names: Sequence[str], state: str) -> Iterator[str]:
    """A line for each file in that state; one line where they are many."""
    if len(names) > _FEW:
        yield f"{len(names)} files in {folder} are {state}"
    else:
        yield from (f"{folder / name} is {state}" for name in names)


def _present(folder: Path) -> dict[str, str]:
    """The texts of the schemas in a folder, by the names of their files. Raises UsageError."""
    try:
        files = list(folder.glob("*.schema.json")) if folder.is_dir() else []
        return {file.name: file.read_text(encoding="utf-8", errors="replace") for file in files if file.is_file()}
    except OSError as error:
        raise UsageError(f"cannot read the files in {folder}: {error.strerror}") from None
