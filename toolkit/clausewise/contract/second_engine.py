"""`jsonschema`, a schema engine independent of the one on the hot path."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from clausewise.contract.formats import ASSERTED
from clausewise.contract.patterns import matcher
from clausewise.contract.validators import checker


def python_validator(schema: Any) -> Any:
    """A `jsonschema` validator that reads patterns as ECMA-262 does.

    It leaves them to the first engine: on the answer of a hostile server, Python's `re` may never come to an end. So it
    does with the formats that it checks with further packages only.
    """
    import jsonschema
    from jsonschema.validators import extend

    keywords = {"pattern": _pattern, "patternProperties": _pattern_properties, "additionalProperties": _additional}
    kind: Any = extend(jsonschema.Draft202012Validator, keywords)  # type: ignore[no-untyped-call]
    return kind(schema, format_checker=_formats())


@cache
def _formats() -> Any:
    """A check of every format that is asserted."""
    import jsonschema

    own = jsonschema.Draft202012Validator.FORMAT_CHECKER.checkers
    formats = jsonschema.FormatChecker(())
    formats.checkers = dict(own)
    for name in ASSERTED - own.keys():
        formats.checks(name)(_format(name))
    return formats


def _format(name: str) -> Callable[[Any], bool]:
    return checker([{"format": name}], {})


def _pattern(_validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[Any]:
    import jsonschema

    if isinstance(instance, str) and not matcher(pattern)(instance):
        yield jsonschema.ValidationError(f"{instance!r} does not match {pattern!r}")


def _pattern_properties(validator: Any, patterns: Any, instance: Any, _schema: Any) -> Iterator[Any]:
    for name, value in instance.items() if isinstance(instance, dict) else ():
        for pattern, schema in patterns.items():
            if matcher(pattern)(name):
                yield from validator.descend(value, schema, path=name, schema_path=pattern)


def _additional(validator: Any, further: Any, instance: Any, schema: Any) -> Iterator[Any]:
    import jsonschema

    patterns = [matcher(pattern) for pattern in schema.get("patternProperties", ())]
    for name, value in instance.items() if isinstance(instance, dict) else ():
        if name in schema.get("properties", ()) or any(matches(name) for matches in patterns):
            continue
        if further is False:
            yield jsonschema.ValidationError(f"{name!r} is not allowed")
        else:
            yield from validator.descend(value, further, path=name)
