"""Values of schemas that contain themselves."""

from __future__ import annotations

import random
import sys
from typing import Any

import pytest

from clausewise.values.typical import NoValueError, typical

_ENDLESS = {
    "object": {"type": "object", "required": ["next"], "properties": {"next": {"$ref": "#"}}},
    "array": {"type": "object", "required": ["next"], "properties": {"next": {"minItems": 1, "items": {"$ref": "#"}}}},
}


@pytest.mark.parametrize("schema", _ENDLESS.values(), ids=_ENDLESS)
def test_the_depth_of_a_value_does_not_depend_on_the_stack(
    schema: dict[str, Any],
) -> None:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(50_000)
    try:
        with pytest.raises(NoValueError, match="`next`: it would be nested without end"):
            typical([schema], schema, random.Random(1), optional=False)
    finally:
        sys.setrecursionlimit(before)


def test_a_value_of_many_levels_is_made() -> None:
    schema: dict[str, Any] = {"type": "integer"}
    for _ in range(150):
        schema = {"type": "object", "required": ["next"], "properties": {"next": schema}}
    value, levels = typical([schema], schema, random.Random(1), optional=False), 0
    while isinstance(value, dict):
        value, levels = value["next"], levels + 1
    assert levels == 150
