"""Documents of a git revision, as files."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from clausewise.errors import UsageError
from clausewise.spec.revision import at_revision

pytestmark = pytest.mark.process


def git(folder: Path, *arguments: str) -> None:
    author = ["-c", "user.name=a", "-c", "user.email=a@localhost", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *author, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """One commit, tagged v1, and then another one of other documents."""
    folder = tmp_path / "work"
    (folder / "api" / "deeper").mkdir(parents=True)
    git(folder, "init")
    (folder / "api" / "a b[1].yaml").write_text("old")
    (folder / "api" / "deeper" / "part.json").write_text("old part")
    (folder / "notes.txt").write_text("no document")
    git(folder, "add", ".")
    git(folder, "commit", "-m", "one")
    git(folder, "tag", "v1")
    (folder / "api" / "a b[1].yaml").write_text("new")
    (folder / "api" / "later.yml").write_text("new")
    git(folder, "add", ".")
    git(folder, "commit", "-m", "two")
    return folder


@pytest.mark.parametrize("revision", ["v1", "HEAD~1", "main^"])
def test_the_files_of_then(repository: Path, revision: str) -> None:
    with at_revision(revision, repository / "api" / "a b[1].yaml") as then:
        assert then is not None and then.read_text() == "old"
        assert (then.parent / "deeper" / "part.json").read_text() == "old part"
        assert not list(then.parents[1].glob("*.txt"))
    assert not then.exists()


def test_where_two_branches_have_parted(repository: Path) -> None:
    document = repository / "api" / "a b[1].yaml"
    git(repository, "checkout", "-b", "other", "v1")
    document.write_text("mine")
    git(repository, "commit", "-am", "three")
    with at_revision("main", document) as tip, at_revision("main...", document) as parted:
        assert tip is not None and tip.read_text() == "new"
        assert parted is not None and parted.read_text() == "old"


def test_branches_that_never_were_one(repository: Path) -> None:
    git(repository, "checkout", "--orphan", "other")
    git(repository, "commit", "-m", "nothing before")
    complaint = pytest.raises(UsageError, match='no common ancestor of "main" and HEAD')
    with complaint, at_revision("main...", repository / "api" / "a b[1].yaml"):
        pass


def test_a_document_that_was_not_there(repository: Path) -> None:
    with at_revision("v1", repository / "api" / "later.yml") as then:
        assert then is None


def test_a_hook_of_git_changes_nothing(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", str(repository / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", "elsewhere")
    with at_revision("v1", repository / "api" / "a b[1].yaml") as then:
        assert then is not None and then.read_text() == "old"


@pytest.mark.parametrize(
    ("revision", "message"),
    [
        ("v2", 'git has no revision "v2" here (fetch it first; a shallow clone does not have older commits)'),
        ("", 'git has no revision "" here'),
        ("--output=pwned", 'git has no revision "--output=pwned" here'),
        ("v1:api", 'git has no revision "v1:api" here'),
        ("$(touch pwned)", "git has no revision"),
        ("v1; touch pwned", "git has no revision"),
        ("origin/HEAD", "run `git remote set-head origin --auto`"),
    ],
)
def test_a_revision_that_there_is_not(repository: Path, revision: str, message: str) -> None:
    with pytest.raises(UsageError) as caught, at_revision(revision, repository / "api" / "later.yml"):
        pass
    assert message in str(caught.value)
    assert not list(repository.rglob("pwned"))


def test_a_folder_that_is_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with (
        pytest.raises(
            UsageError, match=r"api\.yaml is not in a git repository: .*\(to compare without git, name two documents"
        ),
        at_revision("v1", tmp_path / "api.yaml"),
    ):
        pass


def test_a_machine_without_git(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.devnull)
    with pytest.raises(UsageError, match="git is not installed"), at_revision("v1", repository / "api" / "later.yml"):
        pass


def test_what_archives_leave_out_is_told(repository: Path) -> None:
    (repository / ".gitattributes").write_text("api/** export-ignore\n")
    git(repository, "add", ".")
    git(repository, "commit", "-m", "three")
    with (
        pytest.raises(UsageError, match=r"excludes api/later\.yml from archives"),
        at_revision("HEAD", repository / "api" / "later.yml"),
    ):
        pass


def test_a_link_that_leads_away_is_not_followed(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text("secret")
    (repository / "api" / "link.yaml").symlink_to("../../secret.yaml")
    git(repository, "add", ".")
    git(repository, "commit", "-m", "three")
    with at_revision("HEAD", repository / "api" / "later.yml") as then:
        assert then is not None and not (then.parent / "link.yaml").is_symlink()
