"""Large values are judged in pieces: that finds what judging them as a whole finds, and never lists it all."""

from __future__ import annotations

from typing import Any

import pytest

from clausewise.contract import pieces
from clausewise.contract.message import EXPLAINED, Message
from tests.conftest import MessageOf

_ITEM = {
    "type": "object",
    "required": ["id"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "integer", "minimum": 1},
        "kind": {"enum": ["a", "b"]},
        "tags": {"type": "array", "maxItems": 3, "uniqueItems": True, "items": {"type": "string", "maxLength": 3}},
        "by": {"type": "object", "minProperties": 2, "additionalProperties": {"type": "integer"}},
    },
}
_LIST = {"type": "array", "minItems": 4, "maxItems": 30, "uniqueItems": True, "items": _ITEM}


def _items(count: int, **members: Any) -> list[Any]:
    return [{"id": number, **members} for number in range(1, count + 1)]


def _broken(message: Message, value: Any) -> set[tuple[str, tuple[str, ...]]]:
    return {(breach.clause.key, breach.location) for breach in message.breaches(value)}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        pytest.param(_LIST, _items(20), id="nothing is wrong"),
        pytest.param(_LIST, [*_items(19), {"id": 0}], id="the last element"),
        pytest.param(_LIST, [{"id": 5, "tags": ["a", "long", "c"]}, *_items(9, kind="c")], id="several"),
        pytest.param(_LIST, [*_items(5), {"kind": "a"}, *_items(5, other=1)], id="lacking and undocumented members"),
        pytest.param(_LIST, _items(31), id="too many"),
        pytest.param(_LIST, [*_items(9), {"id": 3}], id="twice the same"),
        pytest.param(_LIST, _items(3, tags=["a", "b", "c"]), id="too few"),
        pytest.param(_LIST, [*_items(4), {"id": 1, "tags": list("abcdefghij")}], id="a long list in an element"),
        pytest.param(_LIST, [*_items(4), {"id": 1, "tags": [*"abcdefghi", "long"]}], id="and what is in it"),
        pytest.param(_LIST, [*_items(4), {"id": 1, "by": {str(n): n for n in range(20)}}], id="a wide map"),
        pytest.param(_LIST, [*_items(4), {"by": {"a": "x", **{str(n): n for n in range(20)}}}], id="and what is in it"),
        pytest.param({"properties": {"a": _LIST, "b": _LIST}, "required": ["a", "b"]}, {
            "a": [*_items(9), {"id": 0}], "b": _items(3, kind="x")}, id="two lists"),
        pytest.param({"oneOf": [_LIST, {"type": "object"}]}, [*_items(9), {"id": 0}], id="in an alternative"),
    ],
)  # fmt: skip
def test_pieces_show_what_the_whole_shows(
    message_of: MessageOf, monkeypatch: pytest.MonkeyPatch, schema: Any, value: Any
) -> None:
    message = message_of(schema)
    whole = _broken(message, value)
    assert message.is_valid(value) == (not whole)
    for small in (1, 3, 7, 20):
        monkeypatch.setattr(pieces, "SMALL", small)
        found = _broken(message, value)
        of_elements = {(key, at) for key, at in whole if key.rpartition(" ")[2] not in pieces.OF_THE_WHOLE}
        # Where elements are wrong, that the whole is too long is not looked for.
        assert found == whole or (of_elements and of_elements <= found < whole)


def test_of_very_many_breaches_some_of_each_clause_are_explained(message_of: MessageOf) -> None:
    message = message_of({"type": "array", "items": _ITEM})
    for count, more in ((400, "1101"), (50_000, "at least ")):
        value = [{"id": -1, "kind": "c", "other": number} for number in range(count)]
        judgement = message.judge(value)
        assert len(judgement.breaches) <= EXPLAINED
        assert {breach.clause.keyword for breach in judgement.breaches} == {"minimum", "enum", "additionalProperties"}
        assert judgement.more.startswith(more)
        assert "type" in {clause.keyword for clause in judgement.upheld}
        assert message.broken(value).breaches == judgement.breaches


def test_what_a_large_valid_value_keeps(message_of: MessageOf) -> None:
    message = message_of({"type": "array", "items": _ITEM, "maxItems": 90_000})
    small, large = (message.judge(_items(count, kind="a", tags=["a"])) for count in (10, 30_000))
    assert [clause.key for clause in small.upheld] == [clause.key for clause in large.upheld]
