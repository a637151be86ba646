"""What the metaschema of JSON Schema 2020-12 refuses in a schema, keyword by keyword."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import jsonschema_rs
import msgspec

from clausewise.contract.keywords import show
from clausewise.spec.pointer import descend, to_pointer
from clausewise.spec.subschemas import APPLICATORS

_TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")

_SHAPES = {"schema": "a schema", "array": "a list of one schema or more", "object": "an object of schemas"}

#: keyword -> what its value must be
_EXPECTED = {
    **{keyword: _SHAPES[applicator.holds] for keyword, applicator in APPLICATORS.items()},
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), "a number"),
    "multipleOf": "a number greater than 0",
    **{
        f"{bound}{what}": "an integer that is not negative"
        for bound in ("min", "max")
        for what in ("Length", "Items", "Properties", "Contains")
    },
    "required": "a list of names, each once",
    "dependentRequired": "an object of lists of names",
    "enum": "a list",
    "examples": "a list",
    **dict.fromkeys(("uniqueItems", "readOnly", "writeOnly", "deprecated"), "true or false"),
    **dict.fromkeys(("pattern", "format", "title", "description", "$comment", "contentMediaType"), "a string"),
}

#: what authors mean by values that are none, as a remedy
_MEANT = {
    ("type", "any"): "leave `type` out to allow any value",
    ("type", "file"): "write `type: string` with `format: binary`",
    ("required", True): "list the name in the `required` of the object around it",
    ("required", False): "leave it out: what no `required` lists is optional",
}


class Invalid(msgspec.Struct, frozen=True):
    """A keyword of a schema whose value is none that it can have."""

    #: pointer of the schema that has it
    node: str
    keyword: str
    message: str
    remedy: str


def invalid_in(schema: dict[str, Any]) -> Iterator[Invalid]:
    """The keywords of a schema, and of those in it, that the metaschema refuses, each once."""
    if jsonschema_rs.meta.is_valid(schema):
        return
    found: dict[tuple[tuple[str | int, ...], str], str] = {}
    for error in _metaschema().iter_errors(schema):
        node, keyword = _keyword_at(error.instance_path)
        found.setdefault((node, keyword), error.message.partition("\n")[0])
    for (node, keyword), message in found.items():
        value = descend(schema, node)[keyword]
        yield Invalid(to_pointer(node), keyword, _sentence(keyword, value, message), _remedy(keyword, value))


@lru_cache(maxsize=1)
def _metaschema() -> Any:
    # The validator knows the metaschema; nothing is fetched.
    reference = {"$ref": "https://json-schema.org/draft/2020-12/schema"}
    return jsonschema_rs.Draft202012Validator(reference, offline=True)


def _keyword_at(path: list[str | int]) -> tuple[tuple[str | int, ...], str]:
    """The schema and its keyword that a path into a schema leads into."""
    node = 0
    at = 0
    while True:
        keyword = str(path[at])
        applicator = APPLICATORS.get(keyword)
        step = 0 if applicator is None else 1 if applicator.holds == "schema" else 2
        if step == 0 or len(path) <= at + step:
            return tuple(path[:node]), keyword
        at = node = at + step


def _sentence(keyword: str, value: Any, message: str) -> str:
    if keyword == "type":
        named = [value] if isinstance(value, str) else value if isinstance(value, list) else []
        unknown = [name for name in named if name not in _TYPES]
        if unknown:
            return f"`{unknown[0]}` is not a type"
    expected = _EXPECTED.get(keyword)
    return f"`{keyword}` must be {expected}, not {show(value)}" if expected else f"`{keyword}` is not valid: {message}"


def _remedy(keyword: str, value: Any) -> str:
    meant = _MEANT.get((keyword, value)) if isinstance(value, str | bool) else None
    if meant is not None:
        return meant
    if keyword == "type":
        return f"write one of {', '.join(_TYPES)}"
    if keyword == "items" and isinstance(value, list):
        return "write `prefixItems`"
    expected = _EXPECTED.get(keyword)
    return f"write {expected}" if expected else f"write `{keyword}` as JSON Schema defines it"
