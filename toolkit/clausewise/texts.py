"""The texts in structs, at any depth: which there are, and the same struct with other texts in their places."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import chain
from operator import attrgetter
from typing import Any

import msgspec


def texts_in(value: Any) -> set[str]:
    """Every text in `value` that `with_texts` may change, once."""
    found: set[str] = set()
    #: objects that stand in the same places of their structs: of a hundred thousand clauses, all the places they name
    waiting: list[Iterable[Any]] = [(value,)]
    while waiting:
        for kind, values in _by_type(waiting.pop()).items():
            if issubclass(kind, str):
                found.update(values)
            elif issubclass(kind, msgspec.Struct):
                waiting += (map(attrgetter(name), values) for name in _fields(kind))
            elif issubclass(kind, tuple | list | frozenset | dict):
                waiting.append(chain.from_iterable(values))
                if issubclass(kind, dict):
                    waiting.append(chain.from_iterable(each.values() for each in values))
    return found


def _by_type(values: Iterable[Any]) -> dict[type, list[Any]]:
    """The objects among `values`, each once, by their types."""
    found: dict[type, list[Any]] = {}
    for value in {id(value): value for value in values}.values():
        found.setdefault(type(value), []).append(value)
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
        changed = {name: with_texts(getattr(value, name), change) for name in _fields(type(value))}
        return msgspec.structs.replace(value, **changed)
    return value


@lru_cache
def _fields(struct: type[msgspec.Struct]) -> tuple[str, ...]:
    """The fields of a struct but for those that hold one of a set of words."""
    return tuple(field.name for field in msgspec.structs.fields(struct) if "Literal[" not in str(field.type))
