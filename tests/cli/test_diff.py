"""`clausewise diff` as people run it: two documents, or one and a git revision."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from clausewise.cli.diff import command
from clausewise.report.change_log import RENDERERS
from tests.conftest import RunClausewise

_ROOT_FILE = """\
openapi: 3.1.0
paths:
  /things:
    post:
      operationId: make
      requestBody:
        content:
          application/json:
            schema:
              $ref: 'parts/thing.yaml#/Thing'
      responses: {}
"""
_PART = """\
Thing:
  type: object
  properties:
    name:
      type: string
      maxLength: 64
"""


def git(folder: Path, *arguments: str) -> None:
    author = ["-c", "user.name=a", "-c", "user.email=a@localhost"]
    subprocess.run(["git", *author, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A repository whose branch `of/one` holds a contract of two files, which limit a name to 64 characters."""
    (tmp_path / "parts").mkdir()
    (tmp_path / "api.yaml").write_text(_ROOT_FILE)
    (tmp_path / "parts" / "thing.yaml").write_text(_PART)
    git(tmp_path, "init", "-b", "of/one")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "one")
    return tmp_path


def test_files_that_the_document_refers_to_are_those_of_then(run_clausewise: RunClausewise, work: Path) -> None:
    (work / "parts" / "thing.yaml").write_text(_PART.replace("64", "32"))
    done = run_clausewise("diff", "--base", "of/one", "api.yaml", cwd=work)
    assert (done.returncode, done.stderr) == (1, "")
    value = "rncguhbg" + "g" * 25
    assert done.stdout == (
        "breaking parts/thing.yaml:6:7\n"
        "  make request.body.name: `name` has at most 32 characters; before, `name` has at most 64 characters\n"
        f'  requests that were valid are refused: "{value}" was valid, and is not\n'
        "\n"
        "1 breaking and 0 compatible changes between of/one:api.yaml and api.yaml\n"
    )


def test_what_is_gone_is_shown_where_it_was(run_clausewise: RunClausewise, work: Path) -> None:
    (work / "parts" / "thing.yaml").write_text("Thing:\n  type: object\n")
    done = run_clausewise("diff", "--base", "of/one", "api.yaml", cwd=work)
    assert done.stdout.startswith("breaking of/one:parts/thing.yaml:4:5 (removed)\n")


def test_the_document_is_the_one_that_the_configuration_names(run_clausewise: RunClausewise, work: Path) -> None:
    (work / "pyproject.toml").write_text('[tool.clausewise]\nspec = "api.yaml"\n')
    done = run_clausewise("diff", "--base", "HEAD", cwd=work)
    assert done.returncode == 0
    assert done.stdout.startswith("0 breaking and 0 compatible changes between HEAD:")


def test_two_documents(run_clausewise: RunClausewise, work: Path) -> None:
    (work / "old.yaml").write_text(_ROOT_FILE.replace("/things", "/others"))
    done = run_clausewise("diff", "old.yaml", "api.yaml", "-v", cwd=work)
    assert done.returncode == 1
    assert "POST /others (make) was removed; make is now POST /things" in done.stdout
    assert "compatible api.yaml:4:5 make: POST /things (make) is new\n" in done.stdout
    assert run_clausewise("diff", "old.yaml", "api.yaml", "--exit-zero", cwd=work).returncode == 0


@pytest.mark.parametrize("form", ["text", "json", "github"])
def test_a_document_that_is_new_breaks_nobody(run_clausewise: RunClausewise, work: Path, form: str) -> None:
    (work / "new.yaml").write_text(_ROOT_FILE)
    done = run_clausewise("diff", "--base", "HEAD", "new.yaml", "--format", form, cwd=work)
    assert done.returncode == 0
    assert done.stderr == "new.yaml is not in HEAD: a new contract breaks no clients\n"
    assert json.loads(done.stdout)["changes"] == [] if form == "json" else done.stdout == ""


def test_a_revision_that_cannot_be_read_is_named(run_clausewise: RunClausewise, work: Path) -> None:
    (work / "api.yaml").write_text("openapi: 2\n")
    git(work, "commit", "-a", "-m", "two")
    (work / "api.yaml").write_text(_ROOT_FILE)
    done = run_clausewise("diff", "--base", "HEAD", "api.yaml", cwd=work)
    assert done.returncode == 2
    assert done.stderr.startswith("clausewise: error: HEAD:api.yaml:1:1: OpenAPI 2 is not supported")


def test_json_and_colours(run_clausewise: RunClausewise, work: Path) -> None:
    (work / "parts" / "thing.yaml").write_text(_PART.replace("64", "32"))
    written = json.loads(run_clausewise("diff", "--base", "HEAD", "api.yaml", "--format", "json", cwd=work).stdout)
    assert written["changes"][0]["old"] == {"file": "HEAD:parts/thing.yaml", "line": 6, "column": 7}
    annotated = run_clausewise("diff", "--base", "HEAD", "api.yaml", "--format", "github", cwd=work)
    assert annotated.stdout.startswith("::error file=parts/thing.yaml,line=6,col=7,title=breaking change::make ")
    colored = run_clausewise("diff", "--base", "HEAD", "api.yaml", "--color", "always", cwd=work)
    assert colored.stdout.startswith("\x1b[1;31mbreaking\x1b[0m ")


def test_the_command_offers_every_format() -> None:
    (offered,) = [parameter.type for parameter in command.params if parameter.name == "form"]
    assert isinstance(offered, click.Choice)
    assert set(offered.choices) == {"text", *RENDERERS}


def compare(run_clausewise: RunClausewise, work: Path, *arguments: str) -> tuple[int, str]:
    done = run_clausewise("diff", "--base", "of/one", "api.yaml", *arguments, cwd=work)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout


def test_a_risky_change_fails_where_that_is_asked_for(run_clausewise: RunClausewise, work: Path) -> None:
    (work / "api.yaml").write_text(_ROOT_FILE.replace("operationId: make", "operationId: other"))
    assert compare(run_clausewise, work)[0] == 0
    status, text = compare(run_clausewise, work, "--fail-on", "risky")
    assert (status, text.splitlines()[0].partition(" ")[0]) == (1, "risky")


def test_a_change_in_the_baseline_does_not_count(run_clausewise: RunClausewise, work: Path) -> None:
    (work / "parts" / "thing.yaml").write_text(_PART.replace("64", "32"))
    assert compare(run_clausewise, work, "--baseline", "known.json", "--update-baseline")[0] == 0
    (work / "parts" / "thing.yaml").write_text("\n" + _PART.replace("64", "32"))
    status, text = compare(run_clausewise, work, "--baseline", "known.json")
    assert (status, text) == (
        0,
        "0 breaking and 0 compatible changes (1 known) between of/one:api.yaml and api.yaml\n",
    )


@pytest.mark.parametrize(("expires", "status"), [("2999-01-01", 0), ("2001-01-01", 1)])
def test_a_waiver_covers_a_change_until_it_expires(
    run_clausewise: RunClausewise, work: Path, expires: str, status: int
) -> None:
    (work / "parts" / "thing.yaml").write_text(_PART.replace("64", "32"))
    waiver = f'reason = "agreed"\nexpires = {expires}\nclause = "*/name/maxLength"\n'
    (work / "clausewise.toml").write_text(f"[[waivers]]\n{waiver}")
    found, text = compare(run_clausewise, work, "-v")
    assert found == status
    assert text.startswith("waived" if status == 0 else "breaking")


def test_a_baseline_to_write_has_a_name(run_clausewise: RunClausewise, work: Path) -> None:
    done = run_clausewise("diff", "--base", "of/one", "api.yaml", "--update-baseline", cwd=work)
    assert (done.returncode, done.stdout) == (2, "") and "--baseline" in done.stderr


@pytest.mark.parametrize("options", [(), ("--baseline", "known.json", "--update-baseline")], ids=["listed", "baseline"])
def test_an_interrupted_comparison_lists_what_was_found(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], work: Path, options: tuple[str, ...]
) -> None:
    monkeypatch.chdir(work)
    (work / "api.yaml").write_text(_ROOT_FILE.replace("operationId: make", "operationId: build"))
    (work / "parts" / "thing.yaml").write_text(_PART.replace("64", "32"))

    def interrupted(*_: object) -> Iterator[object]:
        raise KeyboardInterrupt

    monkeypatch.setattr("clausewise.comparison.witnesses.candidates", interrupted)
    assert command.main(["--base", "of/one", "api.yaml", *options], standalone_mode=False) == 130
    output, complaint = capsys.readouterr()
    assert output.startswith("risky api.yaml:5") and "0 breaking, 1 risky and 0 compatible changes" in output
    assert "interrupted: not everything was compared" in complaint
    assert not (work / "known.json").exists()


def test_a_comparison_that_takes_too_long_lists_what_was_found(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], work: Path
) -> None:
    monkeypatch.chdir(work)
    (work / "api.yaml").write_text(_ROOT_FILE.replace("operationId: make", "operationId: build"))
    (work / "parts" / "thing.yaml").write_text(_PART.replace("64", "32"))

    def endless(*_: object) -> Iterator[object]:
        time.sleep(600)
        yield from ()

    monkeypatch.setattr("clausewise.comparison.witnesses.candidates", endless)
    assert command.main(["--base", "of/one", "api.yaml", "--max-time", "5"], standalone_mode=False) == 130
    output, complaint = capsys.readouterr()
    assert output.startswith("risky api.yaml:5") and "0 breaking, 1 risky and 0 compatible changes" in output
    assert "the limit of 5 s was reached: not everything was compared" in complaint


def test_documents_that_take_too_long_to_read_are_an_error(run_clausewise: RunClausewise, work: Path) -> None:
    done = run_clausewise("diff", "api.yaml", "api.yaml", "--max-time", "0.000001", cwd=work)
    assert (done.returncode, done.stdout) == (2, "")
    assert "the limit of 1e-06 s was reached while the documents were read (set a longer max-time)" in done.stderr
