"""`clausewise init`: a configuration for what is there."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click
import msgspec

from clausewise.cli.help import Command
from clausewise.cli.options import document_options
from clausewise.cli.show import say
from clausewise.config import OWN_FILE, Config, is_url
from clausewise.errors import ClausewiseError, UsageError
from clausewise.option_table import overlay
from clausewise.options import TargetSpec
from clausewise.report.text import one_line
from clausewise.wording import counted

if TYPE_CHECKING:
    from clausewise.scaffold.found import Found
    from clausewise.scaffold.pipeline import Service
    from clausewise.scaffold.recipe import Recipe


@click.command("init", cls=Command)
@click.argument("api", required=False, metavar="[URL|FILE|MODULE:APP]")
@click.option("-y", "--yes", is_flag=True, help="Ask nothing, and take what is likeliest.")
@document_options
@click.option("--ci", type=click.Choice(["github", "gitlab"]), help="Write a job that runs the gate as well.")
def command(api: str | None, yes: bool, ci: Service | None, **document: Any) -> int:
    """Look at what is there, write a configuration for it, and print the command to run next.

    The API is a document (a path or a URL), a running server (its URL) or an app (MODULE:APP); without it, clausewise
    looks for documents and apps in this folder and for servers on this machine. The configuration goes into
    pyproject.toml where there is one, else into clausewise.toml. Nothing is overwritten.
    """
    from clausewise.scaffold.found import as_configured, configured_in
    from clausewise.scaffold.pipeline import path_for
    from clausewise.scaffold.recipe import recipe_for

    folder = Path.cwd()
    asks = not yes and _is_terminal()
    there = configured_in(folder)
    if there is not None and ci is None:
        raise UsageError(
            f"{there} has a configuration already, and nothing is overwritten",
            remedy="run `clausewise gate`, or change it there",
        )
    reading = overlay(Config(), document, {})
    found = _api(api, folder, asks, reading) if there is None else as_configured(folder)
    size = counted(len(found.contract.operations), "operation")
    say(f"API: {one_line(found.contract.specification.title) or found.contract.name}, {size}")
    say(f"document: {found.spec or f'asked of the target ({found.contract.name})'}")
    say(f"target: {found.target.url or found.target.app or 'the mock of the contract'}")
    service = ci or (_ask_for_ci(folder) if asks else None)
    if service is not None:
        _require_free(path_for(service, folder))
    recipe = recipe_for(found.contract, found.spec, found.target, found.remark, reading)
    if there is None:
        say(f"wrote {_write_configuration(recipe, folder)}")
    else:
        say(f"{there} has a configuration already, and stays as it is")
    if service is not None:
        _write_job(service, recipe, folder)
    _print_next(recipe)
    return 0


def _api(api: str | None, folder: Path, asks: bool, reading: Config) -> Found:
    """What the user names, else what is there. Raises UsageError where there is nothing, and SpecError."""
    from clausewise.scaffold.found import at_url, in_file, of_target

    if api is None:
        return _looked_for(folder, asks, reading)
    if is_url(api):
        return at_url(api, reading)
    if not Path(api).exists() and all(api.partition(":")):
        return of_target(TargetSpec(app=api), reading)
    found = in_file(api, folder, reading)
    if not asks:
        return found
    prompt = "What is to be tested (the URL of a server, MODULE:APP, or mock)"
    default = found.target.url or found.target.app
    target: TargetSpec = click.prompt(prompt, default=default, value_proc=_read_target)
    return found if target == found.target else msgspec.structs.replace(found, target=target, remark="")


def _looked_for(folder: Path, asks: bool, reading: Config) -> Found:
    from clausewise.scaffold.surroundings import apps_below, documents_below, servers_here

    documents = [str(path) for path in documents_below(folder)]
    others = () if documents and not asks else (*(app.name for app in apps_below(folder)), *servers_here())
    choices = (*documents, *others)
    if asks and len(choices) != 1:
        # The answer may be something else, too.
        api = _choose("Which API", choices)
        return _api(api, folder, asks, reading)
    problems = []
    for choice in choices:
        try:
            return _api(choice, folder, asks, reading)
        except ClausewiseError as error:
            problems.append(f"{choice}: {error}")
    if problems:
        raise UsageError(
            f"nothing here can be tested as it is: {problems[0]}", remedy="name an API: a URL, FILE or MODULE:APP"
        )
    raise UsageError(
        "there is no OpenAPI document and no app in this folder, and no server with a document at a usual port",
        remedy="name the API: clausewise init URL, FILE or MODULE:APP",
    )


def _is_terminal() -> bool:
    """Whether somebody can be asked."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def _read_target(text: str) -> TargetSpec:
    try:
        return TargetSpec.parse(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def _choose(question: str, choices: Sequence[str]) -> str:
    """The user's choice, by its number, or another API in words."""
    for number, choice in enumerate(choices, 1):
        say(f"  {number}. {choice}")
    more = "number, or " if choices else ""
    answer: str = click.prompt(f"{question} ({more}a URL, FILE or MODULE:APP)", default="1" if choices else None)
    return choices[int(answer) - 1] if answer.isdecimal() and 0 < int(answer) <= len(choices) else answer


def _ask_for_ci(folder: Path) -> Service | None:
    likely = "gitlab" if (folder / ".gitlab-ci.yml").exists() else "github" if (folder / ".github").exists() else "no"
    kinds = click.Choice(["github", "gitlab", "no"])
    answer: Any = click.prompt("Write a job that runs the gate in CI", default=likely, type=kinds)
    return None if answer == "no" else cast("Service", answer)


def _write_configuration(recipe: Recipe, folder: Path) -> str:
    """Write the configuration, and return the name of the file. Raises UsageError where that is not possible."""
    from clausewise.scaffold.found import PREFIX, PYPROJECT
    from clausewise.scaffold.recipe import render

    file = folder / PYPROJECT
    if not file.is_file():
        _create(folder / OWN_FILE, render(recipe, ""))
        return OWN_FILE
    before = file.read_text(encoding="utf-8")
    end = "" if before.endswith("\n") or not before else "\n"

    def append() -> None:
        with file.open("a", encoding="utf-8") as stream:
            stream.write(f"{end}\n{render(recipe, PREFIX)}")

    _attempt(PYPROJECT, append)
    return f"[{PREFIX}] in {PYPROJECT}"


def _write_job(service: Service, recipe: Recipe, folder: Path) -> None:
    from clausewise.scaffold.pipeline import PACKAGE, SERVICES, job_for, path_for
    from clausewise.scaffold.surroundings import apps_below

    path = path_for(service, folder)
    job = job_for(recipe, folder, apps_below(folder))
    _create(folder / path, SERVICES[service][1](job))
    say(f"wrote {path}")
    if path.name != Path(SERVICES[service][0]).name:
        say(f"add to {SERVICES[service][0]}: include: [{{local: {path}}}]")
    if job.variables:
        say(f"set in the settings of the repository, as secrets: {', '.join(job.variables)}")
    if not job.package:
        where = "there" if job.variables else "in the settings of the repository"
        say(f"set {where}, as a variable: {PACKAGE}, the URL that pip installs clausewise from")


def _create(file: Path, text: str) -> None:
    """Write a file that is not there yet."""

    def write() -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)

    _attempt(os.path.relpath(file), write)


def _require_free(file: Path) -> None:
    """Raise UsageError where a file is there: before anything is written."""
    if file.exists():
        raise UsageError(f"{file} is there already, and is not overwritten", remedy="move it away first")


def _attempt(name: str, write: Callable[[], object]) -> None:
    try:
        write()
    except OSError as error:
        raise UsageError(f"cannot write {name}: {error.strerror}") from None


def _print_next(recipe: Recipe) -> None:
    """The commands to run next."""
    say("\nnext:")
    for login in recipe.logins:
        for variable in login.variables:
            if not os.environ.get(variable):
                say(f"  export {variable}=...  # to log in by {one_line(login.scheme)}")
    say("  clausewise gate")
