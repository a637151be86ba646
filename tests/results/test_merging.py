"""What one process saw arrives at another and survives its merges: every field of it, whichever there are."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from msgspec import inspect

from clausewise.plugin.collector import Share
from clausewise.results.collector import Collector
from clausewise.validation.collector import TrafficCollector

_TIME = datetime(2030, 1, 31, tzinfo=UTC)


def _sample(kind: inspect.Type, number: int) -> Any:
    """A value of a type that is not what the field starts with; other numbers give other values."""
    match kind:
        case inspect.StructType():
            return kind.cls(**{field.name: _sample(field.type, number) for field in kind.fields})
        case inspect.UnionType():
            return _sample(kind.types[0], number)
        case inspect.DictType():
            return {_sample(kind.key_type, number): _sample(kind.value_type, number)}
        case inspect.ListType():
            return [_sample(kind.item_type, number)]
        case inspect.SetType():
            return {_sample(kind.item_type, number)}
        case inspect.FrozenSetType():
            return frozenset({_sample(kind.item_type, number)})
        case inspect.VarTupleType():
            return (_sample(kind.item_type, number),)
        case inspect.TupleType():
            return tuple(_sample(item, number) for item in kind.item_types)
        case inspect.LiteralType():
            return kind.values[number % len(kind.values)]
        case inspect.BoolType():
            return True
        case inspect.IntType() | inspect.FloatType() | inspect.AnyType():
            return number
        case inspect.BytesType():
            return b"%d" % number
        case inspect.DateTimeType():
            return _TIME
        case inspect.StrType():
            return f"text {number}"
    raise AssertionError(f"say here what a sample of {kind} is")


def _fields(struct: type[msgspec.Struct]) -> list[Any]:
    kind = inspect.type_info(struct)
    assert isinstance(kind, inspect.StructType)
    return [pytest.param(struct, field, id=f"{struct.__name__}.{field.name}") for field in kind.fields]


def _empty(struct: type[Any]) -> Any:
    return Share(Collector(), datetime.max.replace(tzinfo=UTC)) if struct is Share else struct()


_ALL = [*_fields(Collector), *_fields(Share), *_fields(TrafficCollector)]


@pytest.mark.parametrize(("struct", "field"), _ALL)
def test_every_field_survives_a_merge_with_nothing(struct: type[Any], field: inspect.Field) -> None:
    value = _sample(field.type, 1)
    full = msgspec.structs.replace(_empty(struct), **{field.name: value})
    assert full != _empty(struct)
    assert full.merge(_empty(struct)) == full
    assert getattr(_empty(struct).merge(full), field.name) == value


@pytest.mark.parametrize(
    ("struct", "field"), [each for each in _ALL if isinstance(each.values[1].type, inspect.DictType)]
)
def test_both_entries_of_a_mapping_survive(struct: type[Any], field: inspect.Field) -> None:
    one, two = (_sample(field.type, number) for number in (1, 2))
    merged = msgspec.structs.replace(_empty(struct), **{field.name: one}).merge(
        msgspec.structs.replace(_empty(struct), **{field.name: two})
    )
    assert getattr(merged, field.name) == {**one, **two}


def _by_msgpack(value: Any) -> Any:
    return msgspec.msgpack.decode(msgspec.msgpack.encode(value), type=type(value))


def _by_pickle(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))


@pytest.mark.parametrize(
    ("struct", "carry"),
    [
        pytest.param(Share, _by_msgpack, id="between workers of pytest-xdist"),
        pytest.param(TrafficCollector, _by_pickle, id="between processes and Dask workers"),
    ],
)
def test_every_field_arrives(struct: type[Any], carry: Callable[[Any], Any]) -> None:
    full = _sample(inspect.type_info(struct), 1)
    assert carry(full) == full


def test_places_of_a_later_part_move_down_in_every_field() -> None:
    full = _sample(inspect.type_info(TrafficCollector), 1)
    assert "line=1," in repr(full)
    assert "line=1," not in repr(full.moved(10))


def test_the_run_of_a_process_keeps_every_field_under_names_of_its_own() -> None:
    full = _sample(inspect.type_info(Collector), 1)
    renamed = full.renamed("-gw0")
    assert {field for field in full.__struct_fields__ if not getattr(renamed, field)} == set()
    assert (
        set(renamed.exchanges) == {observation.exchange for observation in renamed.observations} == set(renamed.causes)
    )
