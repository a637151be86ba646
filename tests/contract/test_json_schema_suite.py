"""The test suite of JSON Schema 2020-12, each of its schemas as a file that a contract refers to."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from clausewise.contract.contract import load
from clausewise.contract.message import Message
from clausewise.errors import SpecError

#: files of the suite -> why they are left out
_LEFT_OUT = {
    "format": "formats are assertions here, and annotations in the suite",
    "vocabulary": "vocabularies of other metaschemas are not known here",
}

#: schemas that refer to a URL, or by one to a file in another folder: nothing is fetched
_REMOTE = {
    ("defs", "validate definition against metaschema"),
    ("dynamicRef", "$ref to $dynamicRef finds detached $dynamicAnchor"),
    ("ref", "remote ref, containing refs itself"),
    ("refRemote", "remote ref"),
    ("refRemote", "fragment within remote ref"),
    ("refRemote", "anchor within remote ref"),
    ("refRemote", "ref within remote ref"),
    ("refRemote", "base URI change"),
    ("refRemote", "base URI change - change folder"),
    ("refRemote", "base URI change - change folder in subschema"),
    ("refRemote", "Location-independent identifier in remote ref"),
    ("refRemote", "remote HTTP ref with different $id"),
    ("refRemote", "remote HTTP ref with different URN $id"),
    ("refRemote", "remote HTTP ref with nested absolute ref"),
    ("refRemote", "$ref to $ref finds detached $anchor"),
}


def _message(folder: Path, schema: Any) -> Message:
    (folder / "schema.json").write_text(json.dumps(schema), encoding="utf-8")
    body = {"content": {"application/json": {"schema": {"$ref": "schema.json"}}}}
    document = {"openapi": "3.1.0", "paths": {"/a": {"post": {"requestBody": body}}}}
    (folder / "api.json").write_text(json.dumps(document), encoding="utf-8")
    message = load(folder / "api.json").operations[0].body_message
    assert message is not None
    return message


def _missed(folder: Path, file: Path) -> Iterator[tuple[str, ...]]:
    for group in json.loads(file.read_text(encoding="utf-8")):
        try:
            message = _message(folder, group["schema"])
        except SpecError:
            yield file.stem, group["description"]
            continue
        for test in group["tests"]:
            if message.is_valid(test["data"]) != test["valid"]:
                yield file.stem, group["description"], test["description"]


def test_every_schema_means_what_the_suite_says(shared: Path, tmp_path: Path) -> None:
    suite = shared / "cases" / "json-schema-suite"
    shutil.copytree(suite / "remotes" / "draft2020-12", tmp_path, dirs_exist_ok=True)
    files = [file for file in sorted((suite / "tests" / "draft2020-12").glob("*.json")) if file.stem not in _LEFT_OUT]
    assert {missed for file in files for missed in _missed(tmp_path, file)} == _REMOTE
