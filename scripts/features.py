"""What of each version of OpenAPI is judged, generated and mocked: the rows of the table in docs/reference/features.md.

Each entry of features.yaml is a small document of one feature. It is run against its own mock, and its row says what
the run showed.
"""

from __future__ import annotations

import json
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import yaml

from clausewise.contract.contract import load
from clausewise.options import RunOptions
from clausewise.results.record import ClauseVerdict, Run
from clausewise.runner.run import run
from clausewise.runner.targets import mock_target

_ENTRIES = Path(__file__).with_name("features.yaml")


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A feature, and a document that has it."""

    feature: str
    #: the versions of OpenAPI that it is in, as a document names them
    openapi: tuple[str, ...]
    #: the version of clausewise that has it
    since: str
    #: keywords of clauses that the document has because of the feature
    clauses: tuple[str, ...] = ()
    #: of the bodies that the document sends and answers, where it is not written out
    schema: dict[str, Any] = {}
    #: the document without its version; empty where `schema` says all
    document: dict[str, Any] = {}
    #: further files of the document: name -> content
    files: dict[str, Any] = {}


class Found(msgspec.Struct, frozen=True):
    """What the run of a document showed: "yes", or "no" and why; "" where there is nothing to show."""

    judged: str
    generated: str
    mocked: str


@cache
def entries() -> tuple[Entry, ...]:
    """The entries of features.yaml, in its order."""
    return msgspec.convert(yaml.safe_load(_ENTRIES.read_text(encoding="utf-8")), tuple[Entry, ...])


@cache
def rows() -> tuple[tuple[str, ...], ...]:
    """Feature, versions of OpenAPI, judged, generated, mocked, and since which version of clausewise."""
    found: dict[tuple[str, Found, str], list[str]] = {}
    for entry in entries():
        for version in entry.openapi:
            found.setdefault((entry.feature, found_of(entry, version), entry.since), []).append(_shown(version))
    return tuple(
        (feature, ", ".join(sorted(versions)), cells.judged, cells.generated, cells.mocked, since)
        for (feature, cells, since), versions in found.items()
    )


def found_of(entry: Entry, version: str) -> Found:
    """What the run of an entry's document, as one of `version`, shows."""
    with tempfile.TemporaryDirectory() as folder:
        contract = load(write(entry, version, Path(folder)))
        options = RunOptions(phases=("baseline", "clauses"), seed=1)
        return _found(entry, run(contract, mock_target(contract, 1, 1), options).run)


def write(entry: Entry, version: str, folder: Path) -> Path:
    """Write an entry's document, as one of `version`, and the files that belong to it; gives its path."""
    marked = {"swagger" if version.startswith("2") else "openapi": version}
    about = {"info": {"title": entry.feature, "version": "1"}}
    described = {**marked, **about, **(entry.document or _of_bodies(entry.schema))}
    for name, content in {"api.json": described, **entry.files}.items():
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    return folder / "api.json"


def _of_bodies(schema: dict[str, Any]) -> dict[str, Any]:
    """A document that sends and answers bodies of a schema."""
    content = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}
    operation = {
        "operationId": "send",
        "requestBody": {"required": True, **content},
        "responses": {"200": {"description": "", **content}, "400": {"description": ""}},
    }
    return {"paths": {"/things": {"post": operation}}, "components": {"schemas": {"Thing": schema}}}


def _found(entry: Entry, record: Run) -> Found:
    described = [each for each in record.clauses if each.verdict != "unbreakable"]
    missing = [keyword for keyword in entry.clauses if all(each.keyword != keyword for each in described)]
    accepted = record.coverage.operations.accepted == record.coverage.operations.total
    sound = accepted and not record.findings
    return Found(
        judged=_cell(described, missing) if sound else "no",
        generated=_cell([each for each in described if each.direction == "request"], ()) if sound else "no",
        mocked="yes" if sound else "no",
    )


def _cell(clauses: list[ClauseVerdict], missing: list[str] | tuple[()]) -> str:
    if missing:
        return f"no clause of {', '.join(f'`{keyword}`' for keyword in missing)}"
    left = sorted({f"`{each.keyword}`" for each in clauses if each.verdict != "upheld"})
    if left:
        return f"in part: not {', '.join(left)}"
    return "yes" if clauses else ""


def _shown(version: str) -> str:
    return version.rpartition(".")[0] if version.count(".") == 2 else version
