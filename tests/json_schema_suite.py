"""The test suite of JSON Schema 2020-12 in `shared/`: its schemas, each as a file that a contract refers to."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from clausewise.contract.contract import load
from clausewise.contract.message import Message
from tests.conftest import raise_defect

#: the beginning of the URLs at which the suite has the files that its schemas refer to
_REMOTES = "http://localhost:1234/draft2020-12/"

#: what a contract writes to refer to the schema of a group
SUBJECT = {"$ref": "schema.json"}


class Case(msgspec.Struct, frozen=True):
    """A value, and whether the schema of its group allows it."""

    description: str
    data: Any
    valid: bool


class Group(msgspec.Struct, frozen=True):
    """A schema of the suite, and values for it."""

    #: the suite's file, without its ending: "optional/bignum"
    file: str
    description: str
    schema: Any
    tests: tuple[Case, ...]

    @property
    def name(self) -> tuple[str, str]:
        return self.file, self.description


def read_suite(shared: Path, folder: Path) -> list[Group]:
    """Every group of the suite; `folder` gets the files that its schemas may refer to."""
    suite = shared / "cases" / "json-schema-suite"
    shutil.copytree(suite / "remotes" / "draft2020-12", folder, dirs_exist_ok=True)
    root = suite / "tests" / "draft2020-12"
    return [
        Group(file.relative_to(root).with_suffix("").as_posix(), *_read(group))
        for file in sorted(root.rglob("*.json"))
        for group in json.loads(file.read_text(encoding="utf-8"))
    ]


def _read(group: Any) -> tuple[str, Any, tuple[Case, ...]]:
    cases = tuple(Case(test["description"], test["data"], test["valid"]) for test in group["tests"])
    return group["description"], group["schema"], cases


def body_of(folder: Path, schema: Any, around: Any = SUBJECT, openapi: str = "3.1.0") -> Message:
    """A request body with the schema `around`, in which SUBJECT stands for `schema`. Raises SpecError where it is not
    valid."""
    (folder / "schema.json").write_text(json.dumps(schema), encoding="utf-8")
    body = {"content": {"application/json": {"schema": around}}}
    document = {"openapi": openapi, "paths": {"/a": {"post": {"requestBody": body}}}}
    (folder / "api.json").write_text(json.dumps(document), encoding="utf-8")
    (operation,) = load(folder / "api.json", refs={_REMOTES: folder}).operations
    raise_defect(operation)
    message = operation.body_message
    assert message is not None
    return message


@contextmanager
def ends_within(seconds: float, what: object) -> Iterator[None]:
    """Fails the test where the block takes longer, even where it would never end."""

    def late(*_: object) -> None:
        raise AssertionError(f"took longer than {seconds} s: {what}")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
