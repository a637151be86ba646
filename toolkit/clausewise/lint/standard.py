"""What the standard's own JSON Schema of an OpenAPI document refuses in one, as sentences."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jsonschema_rs

from clausewise.contract.keywords import show
from clausewise.spec.defects import Defect
from clausewise.spec.pointer import Source
from clausewise.spec.resolve import Sources
from clausewise.spec.written_out import written_out

#: values of the largest document; only aliases of YAML make more
_MOST = 20_000_000

#: of errors in the alternatives of a union, those in the ones that are meant for a reference
_REFERENCE = "$ref"


def breaches(sources: Sources) -> Iterator[Defect]:
    """The places of the root document that the standard's schema refuses; none for a version without one."""
    schema = _schema(sources.dialect.name)
    if schema is None:
        return
    tree, root = sources.root.tree, Source("")
    if written_out(tree) > _MOST:
        message = f"has more than {_MOST:,} values, with its YAML aliases written out, and is not checked as a whole"
        yield Defect(str(root), sources.locate(root), message, severity="warning", kind="too-large")
        return
    try:
        errors = list(jsonschema_rs.validator_for(schema).iter_errors(tree))
    except ValueError as refused:
        message = f"cannot be checked against the standard: {refused}"
        yield Defect(str(root), sources.locate(root), message, severity="warning", kind="unreadable")
        return
    found: dict[tuple[str, str], Defect] = {}
    for error in errors:
        for leaf in _leaves(error):
            at = Source("", tuple(map(str, leaf.instance_path)))
            message = _sentence(leaf)
            defect = Defect(str(at), sources.locate(at), message, kind="standard")
            found.setdefault((str(at), message), defect)
    yield from found.values()


def _schema(version: str) -> Any:
    """The schema of documents of a version; its patterns and formats are those of the standard."""
    package = find_spec("openapi_spec_validator")
    assert package is not None and package.submodule_search_locations
    folder = Path(package.submodule_search_locations[0]) / "resources" / "schemas" / f"v{version}"
    file = folder / "schema.json"
    schema = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else None
    if version == "3.1" and schema is not None:
        # An error of that edition: what the standard calls `server` (section 4.8.20), it calls `body`.
        fields = schema["$defs"]["link"]["properties"]
        fields["server"] = fields.pop("body", fields.get("server"))
    return schema


def _leaves(error: Any) -> Iterator[Any]:
    """The errors that explain one: of a union those in the alternative that is nearest to the value."""
    alternatives = getattr(error.kind, "context", None)
    if not alternatives:
        yield error
        return
    meant = [each for each in alternatives if each and not any(_wants_reference(one) for one in each)]
    deepest = max(meant or alternatives, key=lambda each: max(len(one.instance_path) for one in each))
    if len(meant) > 1 and all(len(one.instance_path) == len(error.instance_path) for one in deepest):
        # Several alternatives, and none of them is nearer than the others.
        yield error
        return
    for one in deepest:
        yield from _leaves(one)


def _wants_reference(error: Any) -> bool:
    return type(error.kind).__name__ == "Required" and error.kind.property == _REFERENCE


def _sentence(error: Any) -> str:
    kind, value = type(error.kind).__name__, error.instance
    field = f"`{error.instance_path[-1]}`" if error.instance_path else "the document"
    if kind == "Required":
        return f"{field} lacks the field `{error.kind.property}`"
    if kind in ("AdditionalProperties", "UnevaluatedProperties"):
        names = " and ".join(f"`{name}`" for name in error.kind.unexpected)
        return f"{field} has {names}, which the standard has no field for"
    if kind == "Type":
        wanted = error.kind.types if isinstance(error.kind.types, list) else [error.kind.types]
        return f"{field} must be of type {' or '.join(map(str, wanted))}, and is {show(value)}"
    if kind == "Enum":
        return f"{field} must be one of {', '.join(map(show, error.kind.options))}, and is {show(value)}"
    if kind == "FalseSchema":
        return f"{field} is not allowed here"
    if kind in ("AnyOf", "OneOfNotValid") and error.kind.context:
        lacking = [each[0].kind.property for each in error.kind.context if _is_lacking(each)]
        if len(lacking) == len(error.kind.context):
            return f"{field} lacks one of the fields {', '.join(f'`{name}`' for name in lacking)}"
        return f"{field} has none of the forms that the standard allows"
    if kind == "OneOfMultipleValid":
        return f"{field} has two forms at once that exclude each other"
    if kind == "Not":
        return f"{field} has fields that exclude each other"
    return f"{field} breaks the standard: {error.message.partition(chr(10))[0]}"


def _is_lacking(alternative: list[Any]) -> bool:
    return len(alternative) == 1 and type(alternative[0].kind).__name__ == "Required"
