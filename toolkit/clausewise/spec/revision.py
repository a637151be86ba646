"""The documents of a git revision as files, so that `$ref`s between them are resolved as in the work tree."""

from __future__ import annotations

import os
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path, PurePosixPath

from clausewise.errors import UsageError

#: suffixes of documents
_SUFFIXES = (".yaml", ".yml", ".json")

#: variables that git sets for its hooks; with them git would use another repository than the document's
_HOOK_VARIABLES = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"})

_WITHOUT_GIT = "to compare without git, name two documents: clausewise diff OLD NEW"


@contextmanager
def at_revision(revision: str, document: Path) -> Iterator[Path | None]:
    """The file `document` as of `revision`, beside the other YAML and JSON files of it; None where it did not exist.

    `REV...` is the merge base of `REV` and `HEAD`, as for git. The files exist until the context ends. Raises
    UsageError where there is no git, repository or revision.
    """
    document = document.resolve()
    folder = document.parent
    top = Path(
        _git_output(folder, f"{document.name} is not in a git repository", "rev-parse", "--show-toplevel")
    ).resolve()
    commit = _commit(folder, revision)
    name = document.relative_to(top).as_posix()
    listed = _git(top, "ls-tree", "-r", "-z", "--name-only", "--full-tree", commit).stdout
    files = listed.decode("utf-8", "surrogateescape").split("\0")
    if name not in files:
        yield None
        return
    suffixes = [suffix for suffix in _SUFFIXES if any(file.endswith(suffix) for file in files)]
    wanted = [f":(top)*{suffix}" for suffix in suffixes] + [f":(top,literal){name}"]
    packed = _git(top, "archive", "--format=tar", commit, "--", *wanted)
    if packed.returncode:
        raise UsageError(f'git cannot read the files of "{revision}": {_reason(packed)}', remedy=_WITHOUT_GIT)
    with tempfile.TemporaryDirectory(prefix="clausewise-") as temporary:
        with tarfile.open(fileobj=BytesIO(packed.stdout)) as archive:
            archive.extractall(temporary, filter=_safe)
        found = Path(temporary).resolve() / PurePosixPath(name)
        if not found.is_file():
            message = f'"{revision}" excludes {name} from archives (the attribute export-ignore)'
            raise UsageError(message, remedy=_WITHOUT_GIT)
        yield found


def _commit(folder: Path, revision: str) -> str:
    # A name that starts with "-" is never a revision, and git would read it as an option.
    named = revision.removesuffix("...")
    found = None if named.startswith("-") else _git(folder, "rev-parse", "--verify", f"{named}^{{commit}}")
    if found is None or found.returncode:
        remedy = "fetch it first; a shallow clone does not have older commits"
        if named.endswith("/HEAD"):
            remedy = f"run `git remote set-head {named.removesuffix('/HEAD')} --auto`, or name a branch"
        raise UsageError(f'git has no revision "{named}" here', remedy=remedy)
    commit = found.stdout.decode().strip()
    if named == revision:
        return commit
    parted = _git(folder, "merge-base", commit, "HEAD")
    if parted.returncode:
        remedy = "fetch more of the history; a shallow clone does not have all of it"
        raise UsageError(f'git finds no common ancestor of "{named}" and HEAD here', remedy=remedy)
    return parted.stdout.decode().strip()


def _git_output(folder: Path, failure: str, *arguments: str) -> str:
    done = _git(folder, *arguments)
    if done.returncode:
        raise UsageError(f"{failure}: {_reason(done)}", remedy=_WITHOUT_GIT)
    return os.fsdecode(done.stdout).removesuffix("\n")


def _git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    environment = {name: value for name, value in os.environ.items() if name not in _HOOK_VARIABLES}
    try:
        return subprocess.run(
            ["git", *arguments],
            cwd=folder,
            env={**environment, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except OSError as error:
        message = f"git is not installed or cannot be run: {error.strerror}"
        raise UsageError(message, remedy=_WITHOUT_GIT) from None


def _reason(done: subprocess.CompletedProcess[bytes]) -> str:
    """The last line of git's error output: why it failed."""
    lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return lines[-1].removeprefix("fatal: ") if lines else f"git ended with status {done.returncode}"


def _safe(member: tarfile.TarInfo, folder: str) -> tarfile.TarInfo | None:
    """The member, made safe to extract; None for a link that leads out of the folder."""
    try:
        return tarfile.data_filter(member, folder)
    except tarfile.FilterError:
        return None
