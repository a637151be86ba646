"""Values for the schemas of JSON Schema's test suite: each has one, or a reason why none was found."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clausewise.contract.message import Message
from clausewise.errors import SpecError
from clausewise.values.generate import generate
from clausewise.values.typical import NoValueError, json_types
from tests.json_schema_suite import SUBJECT, Group, body_of, ends_within, read_suite

pytestmark = pytest.mark.slow

#: schemas that have a value, but none of those that are tried
_MISSED = {
    # Only what has no items at all, or is no array.
    ("contains", "contains keyword with boolean schema false", "any"),
    # Only objects with a member that nothing but the `not` mentions.
    ("not", "not more complex schema", "object"),
    ("not", "collect annotations inside a 'not', even if collection is disabled", "any"),
    ("not", "collect annotations inside a 'not', even if collection is disabled", "object"),
}


def _bodies(folder: Path, group: Group) -> Iterator[tuple[str, Message]]:
    """The schema of a group as it is and for each type that one of its valid values has."""
    valid = {min(json_types(case.data)): case.data for case in group.tests if case.valid}
    if not valid:
        return
    yield "any", body_of(folder, group.schema)
    for name, value in valid.items():
        message = body_of(folder, group.schema, {"allOf": [SUBJECT], "type": name})
        if message.is_valid(value):
            yield name, message


def _missed(folder: Path, group: Group) -> Iterator[tuple[str, tuple[str, str, str] | None]]:
    """For each schema with a value, "" and None; where none was found, the reason and the name of the schema."""
    for kind, message in _bodies(folder, group):
        for optional in (True, False):
            try:
                value: Any = generate(message, random.Random(1), optional=optional)
            except NoValueError as error:
                yield str(error), (*group.name, kind)
            else:
                assert message.is_valid(value), (group.name, value)
                yield "", None


def test_what_has_a_value_is_given_one(shared: Path, tmp_path: Path) -> None:
    reasons, missed = list[str](), set[tuple[str, str, str]]()
    for group in read_suite(shared, tmp_path):
        try:
            with ends_within(30, group.name):
                for reason, name in _missed(tmp_path, group):
                    reasons.append(reason)
                    missed |= {name} if name is not None else set()
        except SpecError:
            continue
    assert missed == _MISSED
    assert reasons.count("") / len(reasons) > 0.99
    assert len(reasons) > 2_000
