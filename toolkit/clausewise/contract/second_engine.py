"""`jsonschema`, a schema engine independent of the one on the hot path."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from clausewise.contract.patterns import matcher


def python_validator(schema: Any) -> Any:
    """A `jsonschema` validator that reads patterns as ECMA-262 does.

    It leaves them to the first engine: on the answer of a hostile server, Python's `re` may never come to an end.
    """
    import jsonschema
    from jsonschema.validators import extend

    keywords = {"pattern": _pattern, "patternProperties": _pattern_properties, "additionalProperties": _additional}
    kind: Any = extend(jsonschema.Draft202012Validator, keywords)  # type: ignore[no-untyped-call]
    return kind(schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)


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
