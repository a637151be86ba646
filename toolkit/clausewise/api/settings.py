"""Options as a program gives them, by name, as the structs that a run takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from clausewise.errors import Location, UsageError
from clausewise.option_table import PAIRS, explained, fields_of, nearest
from clausewise.options import GatePolicy, RunOptions, SchemeCredentials
from clausewise.results.gate import check_waivers

_CREDENTIALS = ("credentials", "other_credentials")


def settings_of(given: Mapping[str, Any]) -> tuple[RunOptions, GatePolicy]:
    """The options of a run and of its verdict, of those `given` by the names of their keys with `_` for `-`.

    Raises UsageError for an unknown name and for a value that cannot be.
    """
    kinds = (RunOptions, GatePolicy)
    known = {field.name: field for kind in kinds for field in fields_of(kind)}
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name not in known:
            remedy = nearest(name, known) or f"known options: {', '.join(known)}"
            raise UsageError(f'there is no option "{name}"', remedy=remedy)
        values[name] = _converted(name, value, known[name].type)
    chosen = [{field.name: values[field.name] for field in fields_of(kind) if field.name in values} for kind in kinds]
    try:
        options, policy = RunOptions(**chosen[0]), GatePolicy(**chosen[1])
    except ValueError as error:
        raise UsageError(str(error)) from None
    check_waivers(policy)
    return options, policy


def _converted(name: str, value: Any, kind: Any) -> Any:
    if kind == PAIRS and isinstance(value, Mapping):
        value = tuple(value.items())
    if name in _CREDENTIALS and isinstance(value, Mapping):
        return {str(scheme): _credentials(name, str(scheme), each) for scheme, each in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping | list | tuple):
        value = tuple(value)
    try:
        return msgspec.convert(value, kind, dec_hook=lambda wanted, plain: _path(wanted, plain))
    except (msgspec.ValidationError, TypeError) as error:
        # The value itself is not shown: it may be a secret.
        problem, remedy = explained(str(error), kind)
        raise UsageError(f'the option "{name}": {problem}', remedy=remedy) from None


def _credentials(option: str, scheme: str, given: Any) -> SchemeCredentials:
    """What a program gives for a security scheme: a string, or a table by the names of its keys."""
    if isinstance(given, SchemeCredentials):
        return given
    place = Location(option, 1, 1, f"/{scheme}")
    if isinstance(given, str):
        return SchemeCredentials(place, value=given)
    if not isinstance(given, Mapping):
        raise UsageError(f'the option "{option}": expected a string or a mapping for "{scheme}"')
    values: dict[str, Any] = {}
    known = {field.name: field for field in fields_of(SchemeCredentials) if field.name not in ("location", "value")}
    for key, value in given.items():
        name = str(key).replace("-", "_")
        if name not in known:
            remedy = nearest(name, known) or f"known keys: {', '.join(known)}"
            raise UsageError(f'the option "{option}": unknown key "{key}" for "{scheme}"', remedy=remedy)
        values[name] = _converted(option, value, known[name].type)
    return SchemeCredentials(place, **values)


def _path(kind: type, value: Any) -> Any:
    if kind is Path and isinstance(value, str | Path):
        return Path(value)
    raise TypeError(f"Expected `{kind.__name__}`")
