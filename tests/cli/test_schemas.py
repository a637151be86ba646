"""`clausewise schemas`: what it writes, and what it leaves alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import RunClausewise

_OPERATION = """
  /PATH:
    post:
      operationId: ID
      requestBody: {content: {application/json: {schema: SCHEMA}}}
      responses: {"200": {description: done}}
"""


def document(*operations: str, schema: str = "{type: object}") -> str:
    """A document with operations of these ids."""
    paths = [
        _OPERATION.replace("ID", json.dumps(id, ensure_ascii=False))
        .replace("PATH", str(number))
        .replace("SCHEMA", schema)
        for number, id in enumerate(operations)
    ]
    return "openapi: 3.1.0\ninfo: {title: Things, version: '1'}\npaths:" + "".join(paths)


def names(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


def test_what_it_wrote_for_an_operation_that_is_gone_is_removed(run_clausewise: RunClausewise, tmp_path: Path) -> None:
    (tmp_path / "api.yaml").write_text(document("make", "change"))
    assert run_clausewise("schemas", "api.yaml", cwd=tmp_path).returncode == 0
    (tmp_path / "api.yaml").write_text(document("make"))
    done = run_clausewise("schemas", "api.yaml", "--check", cwd=tmp_path)
    assert (done.returncode, "change.request.schema.json is left over" in done.stderr) == (1, True)
    done = run_clausewise("schemas", "api.yaml", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "1 schema in schemas, 0 written, 1 removed\n")
    assert names(tmp_path / "schemas") == {"make.request.schema.json"}


def test_many_files_in_one_state_are_one_line(run_clausewise: RunClausewise, tmp_path: Path) -> None:
    (tmp_path / "api.yaml").write_text(document(*(f"make{number}" for number in range(6))))
    done = run_clausewise("schemas", "api.yaml", "--check", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.splitlines() == ["6 files in schemas are missing", "run: clausewise schemas api.yaml"]


@pytest.mark.parametrize("refers", [True, False], ids=["referred to", "not referred to"])
def test_files_of_others_are_left_alone(run_clausewise: RunClausewise, tmp_path: Path, refers: bool) -> None:
    schemas = tmp_path / "schemas"
    schemas.mkdir()
    (schemas / "thing.schema.json").write_text('{"type": "object"}')
    (tmp_path / "other.yaml").write_text(document("other"))
    run_clausewise("schemas", "other.yaml", cwd=tmp_path)
    schema = "{$ref: schemas/thing.schema.json}" if refers else "{type: object}"
    (tmp_path / "api.yaml").write_text(document("make", schema=schema))
    for arguments in (["schemas", "api.yaml"], ["schemas", "api.yaml", "--check"]):
        assert run_clausewise(*arguments, cwd=tmp_path).returncode == 0
    assert names(schemas) == {"thing.schema.json", "other.request.schema.json", "make.request.schema.json"}


def test_what_the_document_refers_to_stays_though_it_was_written(run_clausewise: RunClausewise, tmp_path: Path) -> None:
    (tmp_path / "api.yaml").write_text(document("make", "change"))
    run_clausewise("schemas", "api.yaml", cwd=tmp_path)
    (tmp_path / "api.yaml").write_text(document("make", schema="{$ref: schemas/change.request.schema.json}"))
    assert run_clausewise("schemas", "api.yaml", cwd=tmp_path).returncode == 0
    assert "change.request.schema.json" in names(tmp_path / "schemas")


def test_a_file_of_another_is_not_overwritten(run_clausewise: RunClausewise, tmp_path: Path) -> None:
    (tmp_path / "schemas").mkdir()
    mine = tmp_path / "schemas" / "make.request.schema.json"
    mine.write_text("{}")
    (tmp_path / "api.yaml").write_text(document("make", "change"))
    done = run_clausewise("schemas", "api.yaml", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "make.request.schema.json was not written by `clausewise schemas api.yaml`" in done.stderr
    assert (mine.read_text(), names(mine.parent)) == ("{}", {mine.name})


def test_each_operation_has_a_file_of_its_own(run_clausewise: RunClausewise, tmp_path: Path) -> None:
    ids = ["作成", "削除", "a/b", "a.b", "get", "Get", "../up", "x" * 400, "x" * 401, ".", "plain"]
    (tmp_path / "api.yaml").write_text(document(*ids), encoding="utf-8")
    assert run_clausewise("schemas", "api.yaml", cwd=tmp_path).stdout.startswith(f"{len(ids)} schemas")
    written = names(tmp_path / "schemas")
    assert len({name.lower() for name in written}) == len(ids)
    assert all(name[0] != "." and len(name) < 150 for name in written)
    assert {"plain.request.schema.json", "up.request.schema.json"} <= written
    assert names(tmp_path) == {"api.yaml", "schemas"}
    assert run_clausewise("schemas", "api.yaml", "--check", cwd=tmp_path).returncode == 0


def test_a_link_in_the_folder_is_replaced_not_followed(run_clausewise: RunClausewise, tmp_path: Path) -> None:
    (tmp_path / "api.yaml").write_text(document("make"))
    run_clausewise("schemas", "api.yaml", cwd=tmp_path)
    link = tmp_path / "schemas" / "make.request.schema.json"
    outside = tmp_path / "outside.json"
    outside.write_text(link.read_text())
    link.unlink()
    link.symlink_to(outside)
    before = outside.read_text()
    (tmp_path / "api.yaml").write_text(document("make", schema="{type: string}"))
    assert run_clausewise("schemas", "api.yaml", cwd=tmp_path).returncode == 0
    assert outside.read_text() == before != link.read_text()
