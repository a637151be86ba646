"""Members whose name is empty, which JSON allows and the validator leaves out of the places that it gives."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import MessageOf

_BOOLEAN = {"type": "boolean"}
_NESTED = {"properties": {"": {"properties": {"": {"type": "integer"}, "n": {"maximum": 3}}, "required": ["n"]}}}
_LIST = {"properties": {"list": {"items": {"properties": {"": {"maxLength": 1}}}}}}


@pytest.mark.parametrize(
    ("schema", "value", "broken"),
    [
        pytest.param({"properties": {"": _BOOLEAN}}, {"": 1}, [("type", ("",))], id="itself"),
        pytest.param({"required": [""]}, {}, [("required", ("",))], id="missing"),
        pytest.param(_NESTED, {"": {"": "a", "n": 1}}, [("type", ("", ""))], id="in one"),
        pytest.param(_NESTED, {"": {"n": 4}}, [("maximum", ("", "n"))], id="a name in one"),
        pytest.param(_NESTED, {"": {}}, [("required", ("", "n"))], id="missing in one"),
        pytest.param(_LIST, {"list": [{"": "a"}, {"": "ab"}]}, [("maxLength", ("list", "1", ""))], id="in a list"),
        pytest.param(
            {"properties": {"": _BOOLEAN, "type": {"type": "string"}}},
            {"": 1, "type": 1},
            [("type", ("",)), ("type", ("type",))],
            id="beside one that is called like a keyword",
        ),
        pytest.param(_NESTED, {"": {"": 1, "n": 3}}, [], id="valid"),
    ],
)
def test_what_is_broken_there_is_found(
    message_of: MessageOf, schema: dict[str, Any], value: Any, broken: list[tuple[str, tuple[str, ...]]]
) -> None:
    judgement = message_of(schema).broken(value)
    assert sorted((breach.clause.keyword, breach.location) for breach in judgement.breaches) == broken
