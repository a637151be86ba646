"""`clausewise diff`: the changes between two versions of a contract, and whether they break clients."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clausewise.cli.help import Command
from clausewise.cli.options import (
    color_option,
    config_option,
    configured,
    document_options,
    flags_of,
    read_documents,
)
from clausewise.cli.show import say, show, show_nullable
from clausewise.errors import UsageError
from clausewise.options import RunOptions
from clausewise.wording import counted

if TYPE_CHECKING:
    from clausewise.comparison.change import Level


#: whether a baseline was to be written -> what an interruption leaves
_WHAT_IS_LEFT = {
    False: "; the changes that were found until then are listed",
    True: ", so no baseline is written; the changes that were found until then are listed",
}


#: what the limit on time is reached during
_READING, _COMPARING = "the documents were read", "they were compared"


@click.command("diff", cls=Command)
@click.argument("documents", nargs=-1, metavar="[OLD NEW | SPEC]")
@click.option(
    "--base",
    metavar="REV",
    help="Compare SPEC with its version at this git revision. REV... means the commit where HEAD branched off REV.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github", "markdown", "html", "changelog"]),
    default="text",
    show_default=True,
)
@click.option(
    "--fail-on",
    type=click.Choice(["breaking", "risky", "compatible", "editorial"]),
    default="breaking",
    show_default=True,
    help="Exit with 1 at changes of this level and worse ones.",
)
@click.option("--baseline", type=click.Path(path_type=Path), metavar="FILE", help="File of changes that are known.")
@click.option("--update-baseline", is_flag=True, help="Write the changes to the baseline, and exit with 0.")
@config_option
@document_options
@flags_of(RunOptions, "max_time")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even if there are breaking changes.")
@color_option
@click.option("-v", "--verbose", is_flag=True, help="List the compatible changes too.")
def command(
    documents: tuple[str, ...],
    base: str | None,
    form: str,
    fail_on: Level,
    baseline: Path | None,
    update_baseline: bool,
    config_file: Path | None,
    exit_zero: bool,
    color: str,
    verbose: bool,
    **flags: Any,
) -> int:
    """List the changes between two versions of a contract: OLD and NEW, or SPEC at a git revision (--base) and now.

    A change breaks clients when a request that was valid is now refused or no longer understood, or when a response may
    be one that the old contract did not allow. The exit status is 1 when a change breaks clients, or is of another
    level that --fail-on names, and otherwise 2 when something could not be compared, because one version is not valid
    there. Waivers of the configuration that name a clause or an id hold for changes too.
    """
    from clausewise.comparison.compare import Comparison, compare, read_versions
    from clausewise.comparison.verdict import fails, judged, uncompared, write_changes
    from clausewise.report.change_log import RENDERERS
    from clausewise.report.changes import lines
    from clausewise.results.gate import read_baseline

    if update_baseline and baseline is None:
        raise UsageError("--update-baseline writes the file of --baseline", remedy="name it: --baseline changes.json")
    from clausewise.runner.interruption import Deadline

    config = configured(config_file, **flags)
    deadline = Deadline.of(config.run.max_time)
    comparison: Comparison | None = None
    if base is None:
        if len(documents) != 2:
            raise UsageError("diff compares two documents", remedy="name OLD and NEW, or a git revision with --base")
        old, new = documents
        with deadline.limiting(_READING):
            before, after = read_documents(old, config), read_documents(new, config)
            versions = read_versions(before, after)
        with deadline.cutting(_COMPARING):
            comparison = compare(versions)
    else:
        from clausewise.spec.document import read
        from clausewise.spec.resolve import open_sources
        from clausewise.spec.revision import at_revision
        from clausewise.spec.specification import read_specification

        if len(documents) > 1:
            raise UsageError("with --base there is one document", remedy="name SPEC alone, or leave --base out")
        with deadline.limiting(_READING):
            after = read_documents(documents[0] if documents else None, config)
        path = after.root.path
        if path is None:
            raise UsageError(f"git has no {after.root.name}", remedy="with --base, name a file in a git repository")
        new = after.root.name
        old = f"{base}:{new}"
        with at_revision(base, path) as then:
            if then:
                folders = _then(config.allow_refs, path, then)
                copies = zip(config.refs.items(), _then(config.refs.values(), path, then), strict=True)
                refs = {url: old if old.exists() else now for (url, now), old in copies}
                there = dict(zip(config.overlay, _then(config.overlay, path, then), strict=True))
                overlays = tuple(read(old, f"{base}:{now}") for now, old in there.items() if old.is_file())
                for overlay in (now for now, old in there.items() if not old.is_file()):
                    say(f"note: {overlay} is not in {base}, so there it is not applied", err=True)
                with deadline.limiting(_READING):
                    before = open_sources(then, old, folders, config.nullable, None, overlays, refs)
                    versions = read_versions(before, after)
                with deadline.cutting(_COMPARING):
                    comparison = compare(versions)
            else:
                read_specification(after)
    if comparison is None:
        say(f"{new} is not in {base}: a new contract breaks no clients", err=True)
    show_nullable(after)
    known = read_baseline(baseline) if baseline is not None and not update_baseline else frozenset()
    for each in comparison.passed_over if comparison else ():
        why = "both versions have this fault, so no change is seen in what rests on it"
        if not each.is_in_both:
            why = "only the new version has this fault, in something new, so there is nothing to compare it with"
        say(f"note: {each.fault}: {why}: mend it", err=True)
    changes = comparison.changes if comparison else ()
    is_cut = comparison is not None and comparison.is_cut
    found = judged(changes, config.policy.waivers, known, datetime.date.today())
    if form in RENDERERS:
        click.echo(RENDERERS[form](found, old, new), nl=False)
    elif comparison is not None:
        show(lines(found, old, new, verbose=verbose), color)
    if is_cut:
        why = f"the limit of {config.run.max_time:g} s was reached" if deadline.left == 0 else "interrupted"
        say(f"clausewise: {why}: not everything was compared{_WHAT_IS_LEFT[update_baseline]}", err=True)
        return 130
    if update_baseline and baseline is not None:
        say(f"wrote {write_changes(baseline, found)}", err=True)
        return 0
    if exit_zero or fails(found, fail_on):
        return 0 if exit_zero else 1
    unknown = uncompared(found)
    if unknown:
        parts = counted(unknown, "part")
        say(f"clausewise: error: {parts} could not be compared, as listed (mend it, or waive it)", err=True)
    return 2 if unknown else 0


def _then(folders: Iterable[Path], document: Path, then: Path) -> Iterator[Path]:
    """`folders` beside the file `then` as they are beside `document`."""
    return (then.parent / os.path.relpath(folder, document.parent) for folder in folders)
