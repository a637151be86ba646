"""`clausewise schemas`: the JSON Schemas generated from a contract, written or compared."""

from __future__ import annotations

from pathlib import Path

import click

from clausewise.cli.options import allow_refs_option, config_option, configured, spec_argument, spec_path
from clausewise.errors import UsageError


@click.command("schemas")
@spec_argument
@click.option("--check", is_flag=True, help="Write nothing; fail when the files differ from what would be written.")
@click.option(
    "--output-dir", metavar="DIR", type=click.Path(path_type=Path), help="[default: schemas/ beside the document]"
)
@config_option
@allow_refs_option
def command(
    spec: str | None,
    check: bool,
    output_dir: Path | None,
    config_file: Path | None,
    allow_refs: tuple[Path, ...] | None,
) -> int:
    """Write self-contained JSON Schemas: each request body, each of its branches, each response body."""
    from clausewise.contract.contract import load
    from clausewise.contract.export import exported

    config = configured(config_file, allow_refs=allow_refs)
    path = spec_path(spec, config)
    contract = load(path, allow_refs=config.allow_refs)
    folder = output_dir or Path(path).parent / "schemas"
    wanted = exported(contract)
    present = {file.name: file for file in folder.glob("*.schema.json")} if folder.is_dir() else {}
    stale = [name for name, text in wanted.items() if name not in present or _read(present[name]) != text]
    left = sorted(present.keys() - wanted.keys())
    if check:
        for name in [*stale, *left]:
            state = "is left over" if name in left else "is missing" if name not in present else "is stale"
            click.echo(f"{folder / name} {state}", err=True)
        if stale or left:
            click.echo(f"run: clausewise schemas {path}", err=True)
            return 1
        click.echo(f"{len(wanted)} schemas in {folder} are up to date")
        return 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in stale:
            (folder / name).write_text(wanted[name], encoding="utf-8")
        for name in left:
            present[name].unlink()
    except OSError as error:
        raise UsageError(f"cannot write to {folder}: {error.strerror}") from None
    click.echo(f"{len(wanted)} schemas in {folder}, {len(stale)} written, {len(left)} removed")
    return 0


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace")
