"""What holds of any two contracts: nothing changes by itself, and a verdict is kept by every value."""

from __future__ import annotations

import copy
import json
import random
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from clausewise.comparison.compare import diff
from clausewise.contract.contract import load
from clausewise.errors import SpecError
from tests.conftest import Compile

_ROOT = Path(__file__).resolve().parents[2]
_OURS = (
    "openapi/astro-create-cluster.yaml",
    "tests/acceptance/pytest_project/openapi.yaml",
    "tests/servers/workspaces.yaml",
)

_SMALL = st.integers(0, 4)
_SCALAR = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["string", "integer", "number", "null", ["string", "null"], ["integer", "string"]]),
        "enum": st.lists(st.sampled_from(["a", "bb", 1, 2, 2.5, None]), min_size=1, max_size=4, unique=True),
        "maxLength": _SMALL,
        "minLength": _SMALL,
        "maximum": _SMALL,
        "exclusiveMaximum": _SMALL,
        "minimum": _SMALL,
        "multipleOf": st.sampled_from([1, 2, 4, 0.5]),
        "pattern": st.sampled_from(["^a", "b$"]),
        "not": st.sampled_from([{"const": 1}, {"type": "null"}]),
    },
)
_RULES = _SCALAR | st.lists(_SCALAR, min_size=2, max_size=2).map(lambda parts: {"allOf": parts})
#: branches with names: which of several without a name has become which, is a guess, and not the same both ways
_UNION = st.lists(_RULES, min_size=1, max_size=3).map(
    lambda parts: {"anyOf": [{"title": title, **part} for title, part in zip("ABC", parts, strict=False)]}
)
_NAMELESS = st.lists(_RULES, min_size=1, max_size=3).map(lambda parts: {"anyOf": parts})
#: objects that always speak of the same members: a new one that is optional is compatible by promise, not by logic
_OBJECT = st.fixed_dictionaries(
    {"properties": st.fixed_dictionaries({"a": _RULES | _UNION, "b": _RULES})},
    optional={
        "type": st.just("object"),
        "required": st.lists(st.sampled_from(["a", "b"]), unique=True),
        "additionalProperties": st.booleans(),
        "maxProperties": _SMALL,
    },
)
_CONDITION = st.fixed_dictionaries(
    {
        "properties": st.fixed_dictionaries({"a": _RULES, "b": _RULES}),
        "if": st.sampled_from([{"required": ["a"]}, {"required": ["b"]}]),
        "then": st.fixed_dictionaries({"required": st.sampled_from([["a"], ["b"], ["a", "b"]])}),
    }
)
_LIST = st.fixed_dictionaries({"items": _RULES}, optional={"maxItems": _SMALL, "uniqueItems": st.booleans()})
_SCHEMA = _RULES | _UNION | _OBJECT | _LIST | _CONDITION

#: what is judged by values alone: keywords that depend on others, and members and items without a name
_ENTANGLED_OBJECT = st.fixed_dictionaries(
    {"properties": st.fixed_dictionaries({"a": _RULES, "b": _RULES})},
    optional={
        "required": st.lists(st.sampled_from(["a", "b", "c"]), unique=True),
        "minProperties": st.integers(0, 2),
        "additionalProperties": st.booleans() | _SCALAR,
        "patternProperties": st.dictionaries(st.sampled_from(["^[bc]", "c$"]), _SCALAR, max_size=1),
        "propertyNames": st.sampled_from([{"enum": ["a", "b"]}, {"type": "string"}, {"not": {"const": "c"}}]),
        "unevaluatedProperties": st.booleans() | _SCALAR,
        "dependentRequired": st.sampled_from([{"a": ["b"]}, {"b": ["c"]}]),
        "not": st.sampled_from([{"required": ["a"]}, {"required": ["c"]}]),
    },
)
_ENTANGLED_LIST = st.fixed_dictionaries(
    {"type": st.just("array")},
    optional={
        "prefixItems": st.lists(_SCALAR, min_size=1, max_size=2),
        "items": st.booleans() | _SCALAR,
        "unevaluatedItems": st.booleans() | _SCALAR,
        "minItems": _SMALL,
        "contains": st.sampled_from([{"const": 1}, {"type": "string"}]),
        "minContains": _SMALL,
        "maxContains": _SMALL,
    },
)
_EXACTLY_ONE = st.lists(_RULES, min_size=1, max_size=3).map(lambda parts: {"oneOf": parts})
_ANY = _SCHEMA | _NAMELESS | _EXACTLY_ONE | _ENTANGLED_OBJECT | _ENTANGLED_LIST

#: values that one version of a schema is to admit, and all values from which they are drawn
_DRAWN, _POOL = 1_000, 30_000


def _value(chance: random.Random, depth: int = 2) -> Any:
    """A value by chance, such as these schemas speak of."""
    kind = chance.random() if depth else 0.0
    if kind > 0.7:
        return [_value(chance, depth - 1) for _ in range(chance.randint(0, 4))]
    if kind > 0.35:
        return {name: _value(chance, depth - 1) for name in chance.sample("abc", chance.randint(0, 3))}
    text = "".join(chance.choices("ab", k=chance.randint(0, 5)))
    return chance.choice([text, text, text, *[chance.randint(-1, 6)] * 3, chance.randint(-1, 12) / 2, None, True, "c"])


@cache
def _pool() -> list[Any]:
    chance = random.Random(1)
    return [_value(chance) for _ in range(_POOL)]


_SETTINGS = settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _both(schema: Any) -> dict[str, Any]:
    content = {"content": {"application/json": {"schema": schema}}}
    return {"paths": {"/things": {"post": {"requestBody": content, "responses": {"200": content}}}}}


# The same pairs each time: the search for a value has a budget, and finds none for one of thousands of random pairs.
@pytest.mark.slow
@settings(_SETTINGS, derandomize=True)
@given(before=_ANY, after=_ANY, nearly=st.booleans())
def test_no_value_is_refused_that_was_valid(compiled: Compile, before: Any, after: Any, nearly: bool) -> None:
    """A request that the old version admits is valid under the new one, and a response of the new under the old, unless
    the change is breaking."""
    if nearly:
        # Much the same schema, one keyword of which is another.
        after = {**before, **dict(list(after.items())[:1])}
    before, after = ({"properties": {"a": {}, "b": {}}, **schema} for schema in (before, after))
    changes = diff(compiled(_both(before)), compiled(_both(after)))
    old, new = (jsonschema_rs.Draft202012Validator(schema).is_valid for schema in (before, after))
    broken = {change.where.partition(".")[0] for change in changes if change.breaking}
    for direction, admits, keeps in (("request", old, new), ("response", new, old)):
        drawn = islice(filter(admits, _pool()), _DRAWN) if direction not in broken else ()
        assert [value for value in drawn if not keeps(value)][:1] == [], direction


@pytest.mark.slow
@_SETTINGS
@given(schema=_SCHEMA | _NAMELESS)
@example(schema={"anyOf": [{}]})
def test_nothing_changes_by_itself(compiled: Compile, schema: Any) -> None:
    assert diff(compiled(_both(schema)), compiled(_both(_redescribed(schema)))) == ()


def _redescribed(tree: Any, *, inside: bool = False) -> Any:
    """The same schemas with members in another order and other descriptions, so that no part is written alike."""
    if isinstance(tree, dict):
        turned = {name: _redescribed(member, inside=name in ("properties", "enum")) for name, member in tree.items()}
        turned = dict(reversed(turned.items()))
        return turned if inside else {"description": "another one", **turned}
    if isinstance(tree, list):
        return [_redescribed(item) if isinstance(item, dict) else item for item in tree]
    return tree


@pytest.mark.parametrize("file", _OURS)
def test_our_documents_do_not_change_by_themselves(file: str, tmp_path: Path) -> None:
    _unchanged(_ROOT / file, tmp_path)


@pytest.mark.slow
def test_public_documents_do_not_change_by_themselves(shared: Path, tmp_path: Path) -> None:
    tested = 0
    for file in sorted((shared / "corpus").glob("*.*")):
        try:
            _unchanged(file, tmp_path)
        except SpecError:
            continue
        tested += 1
    assert tested >= 20


def _unchanged(file: Path, folder: Path) -> None:
    old = load(file)
    assert diff(old, load(file)) == (), file
    if len(old.specification.sources.documents) > 1:
        return
    # Once more with every component written otherwise, so that none is passed over for being written alike.
    tree = copy.deepcopy(old.specification.sources.root.tree)
    for schema in tree.get("components", {}).get("schemas", {}).values():
        schema["description"] = "another one"
    (folder / "new.json").write_text(json.dumps(tree), encoding="utf-8")
    assert diff(old, load(folder / "new.json")) == (), file
