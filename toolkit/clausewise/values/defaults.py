"""The values that members have where a request leaves them out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from clausewise.contract.message import Message
from clausewise.spec.pointer import descend, from_pointer
from clausewise.values.shape import shape_of


def defaults_of(message: Message) -> dict[str, Any]:
    """The `default` of each member of an object, where it has one that is not null."""
    properties = shape_of([message.schema], message.schema).properties
    found = {name: _default_of(schemas, message.schema) for name, schemas in properties.items()}
    return {name: value for name, value in found.items() if value is not None}


def default_of(message: Message) -> Any:
    """The `default` of a value as a whole; None where it has none, or null."""
    return _default_of([message.schema], message.schema)


def _default_of(schemas: Iterable[Any], root: Any) -> Any:
    """The `default` of a member, with the references of its schemas followed; None where it has none."""
    for schema in schemas:
        if not isinstance(schema, dict):
            continue
        if "default" in schema:
            return schema["default"]
        inner = list(schema.get("allOf", ()))
        if "$ref" in schema:
            inner.append(descend(root, from_pointer(schema["$ref"].removeprefix("#"))))
        found = _default_of(inner, root)
        if found is not None:
            return found
    return None
