"""Two engines agree on any schema and any value, and clauses are broken exactly where a value is invalid."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clausewise.contract.second_engine import python_validator
from tests.conftest import MessageOf, Schema

_NAMES = st.sampled_from("abc")
_FEW = st.integers(0, 3)
_WORDS = st.text("aé☃", max_size=4) | st.sampled_from(["2024-05-17", "a@b.c"])
_SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-4, 4), st.sampled_from([0.5, 1e3]), _WORDS)
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3), max_leaves=6
)
_FACETS = st.one_of(
    st.sampled_from(["string", "integer", "number", "boolean", "null", "array", "object"]).map(lambda x: {"type": x}),
    st.lists(st.sampled_from(["string", "integer", "null"]), min_size=1, unique=True).map(lambda x: {"type": x}),
    st.sampled_from(["minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"]).flatmap(
        lambda keyword: _FEW.map(lambda limit: {keyword: limit})
    ),
    st.sampled_from(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]).flatmap(
        lambda keyword: _FEW.map(lambda limit: {keyword: limit})
    ),
    st.sampled_from(["^a", r"^\w+$", r"\d", "[^a]$"]).map(lambda pattern: {"pattern": pattern}),
    st.sampled_from(["date", "email", "ipv4", "uuid"]).map(lambda name: {"format": name}),
    st.lists(_SCALARS, min_size=1, max_size=3, unique_by=repr).map(lambda values: {"enum": values}),
    st.sampled_from([{"multipleOf": 2}, {"uniqueItems": True}, {"additionalProperties": False}]),
    st.lists(_NAMES, unique=True).map(lambda names: {"required": names}),
)


def _together(parts: list[dict[str, Any]]) -> dict[str, Any]:
    return {keyword: value for part in parts for keyword, value in part.items()}


def _compound(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    some = st.lists(inner, min_size=1, max_size=3)
    return st.lists(
        st.one_of(
            _FACETS,
            st.dictionaries(_NAMES, inner, max_size=3).map(lambda members: {"properties": members}),
            inner.map(lambda part: {"items": part}),
            inner.map(lambda part: {"additionalProperties": part}),
            inner.map(lambda part: {"not": part}),
            some.flatmap(lambda parts: st.sampled_from(["allOf", "anyOf", "oneOf"]).map(lambda word: {word: parts})),
            st.tuples(inner, inner, inner).map(lambda three: dict(zip(("if", "then", "else"), three, strict=True))),
        ),
        max_size=3,
    ).map(_together)


_SCHEMAS = st.recursive(_FACETS, _compound, max_leaves=5)


@pytest.mark.slow
@pytest.mark.parametrize("direction", ["request", "response"])
def test_agreement(message_of: MessageOf, direction: str) -> None:
    @settings(max_examples=700, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(schema=_SCHEMAS, values=st.lists(_VALUES, min_size=5, max_size=8))
    def agree(schema: Schema, values: list[Any]) -> None:
        message = message_of(schema, direction)
        other = python_validator(message.schema)
        for value in values:
            judgement = message.judge(value)
            assert message.is_valid(value) == other.is_valid(value) == (not judgement.breaches)
            assert judgement.breaches == message.breaches(value)
            held, broken = {clause.key for clause in judgement.upheld}, {b.clause.key for b in judgement.breaches}
            assert not held & broken
            assert held | broken <= {clause.key for clause in message.clauses}

    agree()
