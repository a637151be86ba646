"""`--overlay`: every command that reads a document reads it with the overlays applied."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.test_diff import git
from tests.conftest import RunClausewise

_DOCUMENT = """\
openapi: 3.1.0
info: {title: Things, version: "1"}
paths:
  /things:
    post:
      operationId: make
      requestBody:
        required: true
        content:
          application/json:
            schema: {type: object, properties: {name: {type: string}}}
      responses:
        "201": {description: made}
        "400": {description: refused}
"""
_SCHEMA = "$.paths['/things'].post.requestBody.content['application/json'].schema"
_LIMIT = f"""\
overlay: 1.0.0
info: {{title: A limit, version: "1"}}
actions:
  - target: {_SCHEMA}.properties.name
    update:
      maxLength: 3
"""
_NO_LIMIT = f"""\
overlay: 1.0.0
info: {{title: No limit, version: "1"}}
actions:
  - target: {_SCHEMA}.properties.name.maxLength
    remove: true
  - target: $.paths['/gone']
    remove: true
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a document, of two overlays and of a payload that only one of them refuses."""
    (tmp_path / "api.yaml").write_text(_DOCUMENT)
    (tmp_path / "limit.yaml").write_text(_LIMIT)
    (tmp_path / "none.yaml").write_text(_NO_LIMIT)
    (tmp_path / "thing.json").write_text('{"name": "four"}')
    return tmp_path


def test_the_clauses_are_those_of_the_overlay(run_clausewise: RunClausewise, folder: Path) -> None:
    done = run_clausewise("clauses", "api.yaml", "--overlay", "limit.yaml", cwd=folder)
    assert done.returncode == 0
    assert "limit.yaml:6:7: make request.body.name: `name` has at most 3 characters" in done.stdout


def test_a_later_overlay_sees_what_an_earlier_one_did(run_clausewise: RunClausewise, folder: Path) -> None:
    both = ("--overlay", "limit.yaml", "--overlay", "none.yaml")
    done = run_clausewise("validate", "api.yaml", "thing.json", "--operation", "make", *both, cwd=folder)
    assert done.returncode == 0
    assert "none.yaml:6:5: nothing is changed: the target $.paths['/gone'] matches nothing" in done.stderr
    turned = run_clausewise(
        "validate", "api.yaml", "thing.json", "--operation", "make", *both[2:], *both[:2], cwd=folder
    )
    assert turned.returncode == 1


@pytest.mark.parametrize("where", ["configuration", "environment"])
def test_a_payload_is_judged_by_the_overlay(run_clausewise: RunClausewise, folder: Path, where: str) -> None:
    (folder / "clausewise.toml").write_text('spec = "api.yaml"\n' + 'overlay = ["limit.yaml"]\n' * (where[0] == "c"))
    env = {"CLAUSEWISE_OVERLAY": "limit.yaml"} if where == "environment" else {}
    done = run_clausewise("validate", "thing.json", "--operation", "make", cwd=folder, env=env)
    assert done.returncode == 1
    assert "contract: limit.yaml:6:7" in done.stdout


def test_a_run_tries_what_the_overlay_says(run_clausewise: RunClausewise, folder: Path) -> None:
    done = run_clausewise(
        *("test", "api.yaml", "--mock", "--overlay", "limit.yaml", "--report", "json", "--seed", "1"), cwd=folder
    )
    assert done.returncode == 0
    record = (folder / "reports" / "latest" / "run.json").read_text()
    assert '"maxLength"' in record and "limit.yaml" in record


def test_both_documents_of_a_comparison_have_the_overlay(run_clausewise: RunClausewise, folder: Path) -> None:
    (folder / "new.yaml").write_text(_DOCUMENT.replace("{type: string}", "{type: string, maxLength: 2}"))
    done = run_clausewise("diff", "api.yaml", "new.yaml", "--overlay", "limit.yaml", cwd=folder)
    assert done.returncode == 0
    assert "0 breaking and 0 compatible changes" in done.stdout


def test_a_revision_has_the_overlay_of_its_time(run_clausewise: RunClausewise, folder: Path) -> None:
    git(folder, "init")
    git(folder, "add", "api.yaml")
    git(folder, "commit", "-m", "one")
    done = run_clausewise("diff", "--base", "HEAD", "api.yaml", "--overlay", "limit.yaml", cwd=folder)
    assert done.returncode == 1
    assert "limit.yaml is not in HEAD, so there it is not applied" in done.stderr
    assert "`name` has at most 3 characters" in done.stdout
    git(folder, "add", "limit.yaml")
    git(folder, "commit", "-m", "two")
    (folder / "limit.yaml").write_text(_LIMIT.replace("3", "2"))
    done = run_clausewise("diff", "--base", "HEAD", "api.yaml", "--overlay", "limit.yaml", cwd=folder)
    assert "`name` has at most 2 characters; before, `name` has at most 3 characters" in done.stdout
    (folder / "limit.yaml").write_text(_LIMIT.replace("maxLength", "minLength"))
    done = run_clausewise("diff", "--base", "HEAD", "api.yaml", "--overlay", "limit.yaml", "-v", cwd=folder)
    assert "compatible HEAD:limit.yaml:6:7 (removed) make request.body.name" in done.stdout


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "clausewise: error: bad.yaml: no such file"),
        ("openapi: 3.1.0", "clausewise: error: bad.yaml:1:1: is not an overlay: it has no 'overlay' field"),
        (
            "overlay: 1.0.0\nactions:\n  - target: $[\n",
            "clausewise: error: bad.yaml:3:5: the JSONPath $[ cannot be read",
        ),
        ("a: [", "clausewise: error: bad.yaml:2:1: is not valid YAML"),
    ],
)
def test_an_overlay_that_cannot_be_used_ends_the_command(
    run_clausewise: RunClausewise, folder: Path, text: str | None, message: str
) -> None:
    if text is not None:
        (folder / "bad.yaml").write_text(text)
    done = run_clausewise("test", "api.yaml", "--mock", "--overlay", "bad.yaml", cwd=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(message)


def test_a_revision_has_the_copies_of_its_time(run_clausewise: RunClausewise, folder: Path) -> None:
    (folder / "api.yaml").write_text(_DOCUMENT.replace("{type: string}", '{$ref: "https://types.example.com/a.json"}'))
    (folder / "clausewise.toml").write_text('[refs]\n"https://types.example.com/" = "copies"\n')
    (folder / "copies").mkdir()
    (folder / "copies" / "a.json").write_text('{"type": "string", "maxLength": 5}')
    git(folder, "init")
    git(folder, "add", ".")
    git(folder, "commit", "-m", "one")
    (folder / "copies" / "a.json").write_text('{"type": "string", "maxLength": 4}')
    done = run_clausewise("diff", "--base", "HEAD", "api.yaml", cwd=folder)
    assert done.returncode == 1
    assert "`name` has at most 4 characters; before, `name` has at most 5 characters" in done.stdout
