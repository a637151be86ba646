"""Values without what messages of their direction do not carry."""

from __future__ import annotations

import random
from typing import Any

import pytest

from clausewise.values.carried import carried
from clausewise.values.generate import generate
from tests.conftest import MessageOf

_LINE = {"type": "object", "properties": {"no": {"type": "integer", "readOnly": True}, "sku": {"type": "string"}}}
_ORDER: dict[str, Any] = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "name": {"type": "string"},
        "pin": {"type": "string", "writeOnly": True},
        "lines": {"type": "array", "items": {"$ref": "#/components/schemas/Line"}},
        "by": {"oneOf": [{"$ref": "#/components/schemas/Line"}, {"type": "string"}]},
    },
    "example": {"id": 1, "name": "a", "pin": "0000", "lines": [{"no": 1, "sku": "x"}]},
}
_WHOLE = {"id": 1, "name": "a", "pin": "0000", "lines": [{"no": 1, "sku": "x"}, {"no": 2}], "by": {"no": 3, "sku": "y"}}


@pytest.mark.parametrize(
    ("direction", "left"),
    [
        ("request", {"name": "a", "pin": "0000", "lines": [{"sku": "x"}, {}], "by": {"sku": "y"}}),
        ("response", {name: value for name, value in _WHOLE.items() if name != "pin"}),
    ],
)
def test_at_any_depth(message_of: MessageOf, direction: str, left: Any) -> None:
    assert carried(message_of(_ORDER, direction, Line=_LINE), _WHOLE) == left


def test_what_the_contract_demands_all_the_same_stays(message_of: MessageOf) -> None:
    message = message_of({"properties": {"id": {"readOnly": True}}, "minProperties": 1})
    assert carried(message, {"id": 1}) == {"id": 1}


@pytest.mark.parametrize("direction", ["request", "response"])
@pytest.mark.parametrize("optional", [True, False])
def test_values_are_made_without_them(message_of: MessageOf, direction: str, optional: bool) -> None:
    for schema in (_ORDER, {**_ORDER, "example": None}):
        message = message_of(schema, direction, Line=_LINE)
        value = generate(message, random.Random(1), optional=optional)
        assert message.is_valid(value)
        assert message.hidden_in(value) == []
