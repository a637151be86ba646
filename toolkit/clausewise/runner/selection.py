"""Which operations a run is about: those that the options name, tag, place at a path, or find changed, and of these one
shard."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

import msgspec

from clausewise.contract.contract import Contract
from clausewise.contract.operation import OperationContract
from clausewise.errors import UsageError
from clausewise.options import RunOptions


def select(contract: Contract, options: RunOptions) -> tuple[OperationContract, ...]:
    """The operations that every one of the options admits, in the order of the document; none where no contract of an
    operation has changed since a revision, and in a shard that is left without one.

    Raises UsageError where an id, a tag or a path names nothing, where no operation has all that is asked for, and for
    a revision that git does not have.
    """
    named = set(contract.select(options.operations))
    tagged, placed = _tagged(contract, options.tags), _placed(contract, options.paths)
    found = [one for one in contract.operations if one in named and one.key in tagged and one.key in placed]
    if not found and contract.operations:
        raise UsageError("no operation has all that --operation, --tag and --path ask for", remedy="leave one out")
    if options.changed_since is not None:
        changed = changed_since(contract, options.changed_since)
        found = [one for one in found if one.key in changed]
    number, shards = map(int, options.shard.split("/")) if options.shard is not None else (1, 1)
    return tuple(found[number - 1 :: shards])


def narrowed(contract: Contract, options: RunOptions) -> RunOptions | None:
    """The options of a run of exactly the operations that they select; None where that is none. Raises like
    `select`."""
    if not (options.operations or options.tags or options.paths or options.changed_since or options.shard):
        return options
    keys = tuple(one.key for one in select(contract, options))
    if not keys:
        return None
    return msgspec.structs.replace(options, operations=keys, tags=(), paths=(), changed_since=None, shard=None)


def why_none(options: RunOptions) -> str:
    """Why no operation is selected, as a sentence."""
    where = f"shard {options.shard} is left without an operation" if options.shard is not None else ""
    if options.changed_since is None:
        return where
    unchanged = f"no contract of an operation has changed since {options.changed_since}"
    return f"{unchanged}, or {where}" if where else unchanged


def changed_since(contract: Contract, revision: str) -> frozenset[str]:
    """The keys of the operations whose contract has changed since a git revision, in the document or in the files that
    it refers to. Raises UsageError where git has no such document or revision, and SpecError where that is invalid."""
    from clausewise.comparison.compare import diff
    from clausewise.contract.contract import load
    from clausewise.spec.revision import at_revision

    every = frozenset(one.key for one in contract.operations)
    sources = contract.specification.sources
    path = sources.root.path
    if path is None:
        remedy = "with --changed-since, name a file in a git repository"
        raise UsageError(f"git has no {contract.name}", remedy=remedy)
    with at_revision(revision, path) as then:
        if then is None:
            return every
        folders = [then.parent / os.path.relpath(folder, path.parent.resolve()) for folder in sources.allowed]
        before = load(then, f"{revision}:{contract.name}", allow_refs=folders, nullable=sources.nullable)
        changes = diff(before, contract)
    return every.intersection(key for change in changes for key in change.operations)


def _tagged(contract: Contract, wanted: Iterable[str]) -> frozenset[str]:
    """The keys of the operations with one of the tags, or with a tag whose `parent` (OpenAPI 3.2) leads to one; of all
    operations where no tag is wanted."""
    wanted = set(wanted)
    if not wanted:
        return frozenset(one.key for one in contract.operations)
    above = _parents(contract)
    found, known = set(), set(above)
    for one in contract.operations:
        own = set(_strings(_written(contract, one).get("tags")))
        known |= own
        if any(wanted & _with_parents(tag, above) for tag in own):
            found.add(one.key)
    for tag in sorted(wanted - known):
        near = get_close_matches(tag, known, n=1, cutoff=0.4)
        remedy = f'did you mean "{near[0]}"?' if near else "look at the `tags` of its operations"
        raise UsageError(f'{contract.name} has no tag "{tag}"', remedy=remedy)
    return frozenset(found)


def _parents(contract: Contract) -> dict[str, str]:
    """The tags that the document describes, each with its parent; "" where it has none."""
    sources = contract.specification.sources
    tags = sources.root.tree.get("tags")
    described = [tag for tag in (tags if isinstance(tags, list) else ()) if isinstance(tag, dict)]
    return {str(tag.get("name")): str(tag.get("parent", "")) for tag in described}


def _with_parents(tag: str, above: dict[str, str]) -> set[str]:
    found: set[str] = set()
    while tag and tag not in found:
        found.add(tag)
        tag = above.get(tag, "")
    return found


def _written(contract: Contract, operation: OperationContract) -> dict[str, Any]:
    written: dict[str, Any] = contract.specification.sources.value(operation.operation.source)
    return written


def _strings(value: Any) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _placed(contract: Contract, globs: Iterable[str]) -> frozenset[str]:
    """The keys of the operations at a path that one of the `globs` covers; of all operations where there is none."""
    patterns = {glob: _pattern(glob) for glob in globs}
    if not patterns:
        return frozenset(one.key for one in contract.operations)
    found: set[str] = set()
    for glob, pattern in patterns.items():
        covered = {one.key for one in contract.operations if pattern.fullmatch(one.operation.path)}
        if not covered:
            remedy = "write it as in the document, `*` for a segment and `**` for several: '/users/**'"
            raise UsageError(f'{contract.name} has no path "{glob}"', remedy=remedy)
        found |= covered
    return frozenset(found)


def _pattern(glob: str) -> re.Pattern[str]:
    """A glob over path templates: `*` stands for any text within a segment, `**` for any number of segments, so that
    "/users/**" covers "/users" too."""
    written = re.escape(glob).replace(r"/\*\*", "(?:/.*)?").replace(r"\*\*", ".*").replace(r"\*", "[^/]*")
    return re.compile(written)
