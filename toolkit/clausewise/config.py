"""The configuration: `[tool.clausewise]` of pyproject.toml, or a clausewise.toml, in; one typed `Config` out.

A mistake in the file raises ConfigError with the file and the line of the key.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from clausewise.errors import ConfigError
from clausewise.near_file import near_file
from clausewise.option_table import FLAT, PAIRS, option
from clausewise.options import GatePolicy, ReportOptions, RunOptions, TargetSpec, header_lines, read_target

_TABLE = ("tool", "clausewise")

#: a file of its own, for projects that have no pyproject.toml: its keys stand in no table
OWN_FILE = "clausewise.toml"


class Config(msgspec.Struct, frozen=True):
    """The options of `[tool.clausewise]`. Its paths are already resolved against the file's folder.

    `clausewise.option_table.overlay` adds the options of the environment and of the command line.
    """

    #: the configuration file, as errors name it; None when there is none and every option has its default
    file: str | None = None
    spec: Annotated[
        str | None,
        option(
            "The OpenAPI document, a path or a URL; on the command line the first argument. Without it the target is "
            "asked for its document.",
            flags=(),
        ),
    ] = None
    allow_refs: Annotated[
        tuple[Path, ...],
        option("A folder that `$ref`s may read, besides the document's own.", metavar="DIR", repeated=True),
    ] = ()
    allow_remote_refs: Annotated[
        bool, option("Let `$ref`s lead to any URL; without it only to those on the server that the document is from.")
    ] = False
    refs: Annotated[
        dict[str, Path],
        option(
            "URL, or the beginning of URLs, and the file or folder that `$ref`s to such URLs read instead.",
            flags=(),
            variable=False,
        ),
    ] = {}
    overlay: Annotated[
        tuple[Path, ...],
        option("An OpenAPI Overlay to apply to the document, in this order.", metavar="FILE", repeated=True),
    ] = ()
    spec_headers: Annotated[
        PAIRS,
        option(
            "Header to send where the document is read from a URL; a value env:NAME is read from that environment "
            "variable.",
            flags=("--spec-header",),
            metavar="'NAME: VALUE'",
            repeated=True,
            variable=False,
            read=header_lines,
        ),
    ] = ()
    nullable: Annotated[
        Literal["meant", "letter"],
        option(
            "`nullable: true` without `type` (OpenAPI 3.0): meant allows null, letter gives it no effect.",
            flags=(),
        ),
    ] = "meant"
    strict: Annotated[
        bool, option("Refuse a document with anything in it that is not valid, instead of testing the rest.")
    ] = False
    target: Annotated[
        TargetSpec | None,
        option(
            "What to test: `url`, `app` or `mock = true`; on the command line `--url`, `--app` or `--mock`.",
            flags=(),
            read=read_target,
        ),
    ] = None
    webhooks: Annotated[
        dict[str, str],
        option(
            "The path of the handler of each webhook, by its name, for --webhooks; without one it is that of `url`.",
            flags=(),
            variable=False,
        ),
    ] = {}
    run: Annotated[RunOptions, FLAT] = RunOptions()
    policy: Annotated[GatePolicy, FLAT] = GatePolicy()
    output: Annotated[ReportOptions, FLAT] = ReportOptions()


def load(file: Path | None, start: Path) -> Config:
    """The configuration in `file`, else in the nearest clausewise.toml or pyproject.toml at or above `start` that has
    one, else defaults.

    Raises ConfigError when the file cannot be read, is not TOML, or has an unknown key or an invalid value.
    """
    if file is not None:
        config = _read(file)
        if config is None:
            raise ConfigError(f"{file} has no [tool.clausewise] table")
        return config
    folder = start.absolute()
    for parent in (folder, *folder.parents):
        for name in (OWN_FILE, "pyproject.toml"):
            candidate = parent / name
            if candidate.is_file() and (config := _read(_relative(candidate))):
                return config
    return Config()


def _relative(path: Path) -> Path:
    """A path as people want to read it: from the working directory, where that lies in or above the path's folder."""
    here = Path.cwd()
    if path.is_relative_to(here) or here.is_relative_to(path.parent):
        return Path(os.path.relpath(path, here))
    return path


def _read(path: Path) -> Config | None:
    """The configuration in one file; None when the file has no table of ours."""
    try:
        content = path.read_bytes()
    except OSError as error:
        remedy = near_file(path) if isinstance(error, FileNotFoundError) else None
        raise ConfigError(f"cannot read {path}: {error.strerror}", remedy=remedy) from None
    own = path.name == OWN_FILE
    if b"clausewise" not in content and not own:  # mistakes in files of other projects are not reported
        return None
    from clausewise import toml_table

    document = toml_table.parse(str(path), content)
    keys: tuple[str, ...] = _TABLE
    table = document.table(keys)
    if table is not None and own and len(document.content) > 1:
        raise toml_table.in_a_table(document, keys, f"the keys of {OWN_FILE} stand in no table")
    if table is None and own:
        keys, table = (), document.content
    if table is None:
        return None
    table = {"output-dir": str(ReportOptions().output_dir)} | table
    config = toml_table.decode(document, table, keys, Config, path.parent, {"file": str(path)})
    # Values end up in JSON and in URLs, where a date is a string.
    run = msgspec.structs.replace(
        config.run,
        values=msgspec.to_builtins(config.run.values),
        credentials_command=_beside(path.parent, config.run.credentials_command),
    )
    spec = config.spec if config.spec is None or is_url(config.spec) else str(path.parent / config.spec)
    return msgspec.structs.replace(config, run=run, spec=spec)


def _beside(folder: Path, command: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """A command of the file in `folder`: its program, where that is written as a path, and those of its arguments that
    name a file there, are found from wherever it is run."""
    if command is None:
        return None
    folder = folder.resolve()
    program, *arguments = command
    # Without a separator the program is one of PATH.
    is_path = os.sep in program or "/" in program
    first = str(folder / program) if is_path else program
    rest = (str(folder / each) if (folder / each).is_file() else each for each in arguments)
    return first, *rest


def is_url(spec: str) -> bool:
    """Whether a document is at a URL, and not in a file."""
    return spec.lower().startswith(("http://", "https://"))
