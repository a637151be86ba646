"""The texts in structs, at any depth: which there are, and the same struct with other texts in their places."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from operator import attrgetter
from typing import Any

import msgspec


def texts_in(value: Any) -> set[str]:
    """Every text in `value` that `with_texts` may change, once: a record has each a hundred times."""
    found: set[str] = set()
    #: ids of structs that were seen: many share the places that they name
    seen: set[int] = set()
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, msgspec.Struct):
            if id(value) not in seen:
                seen.add(id(value))
                fields = _fields(type(value))
                found.update(fields.texts(value))
                waiting += fields.others(value)
        elif isinstance(value, str):
            found.add(value)
        elif isinstance(value, tuple | list | frozenset):
            waiting += value
        elif isinstance(value, dict):
            waiting += (*value, *value.values())
    return found


def with_texts(value: Any, change: Callable[[str], str]) -> Any:
    """`value` with every text in it changed, but the words of a fixed set."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, tuple | list | frozenset):
        return type(value)(with_texts(item, change) for item in value)
    if isinstance(value, dict):
        return {with_texts(key, change): with_texts(item, change) for key, item in value.items()}
    if isinstance(value, msgspec.Struct):
        names = _fields(type(value)).names
        return msgspec.structs.replace(value, **{name: with_texts(getattr(value, name), change) for name in names})
    return value


class _Fields(msgspec.Struct, frozen=True):
    """The fields of a struct but for those that hold one of a set of words."""

    names: tuple[str, ...]
    #: the values of those that are texts, and of the others
    texts: Callable[[Any], tuple[Any, ...]]
    others: Callable[[Any], tuple[Any, ...]]


@lru_cache
def _fields(struct: type[msgspec.Struct]) -> _Fields:
    types = {field.name: field.type for field in msgspec.structs.fields(struct)}
    names = tuple(name for name, kind in types.items() if "Literal[" not in str(kind))
    texts = [name for name in names if types[name] is str]
    others = [name for name in names if types[name] not in (str, int, float, bool)]
    return _Fields(names, _getter(texts), _getter(others))


def _getter(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    if len(names) > 1:
        return attrgetter(*names)
    return lambda value: tuple(getattr(value, name) for name in names)
