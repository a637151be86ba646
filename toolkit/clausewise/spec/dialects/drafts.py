"""How earlier drafts of JSON Schema write schemas, in the terms of 2020-12.

A schema of OpenAPI 3.1 names its draft by `$schema`, or all schemas of a document by `jsonSchemaDialect` (OpenAPI 3.1
section 4.8.24.5).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from clausewise.spec.dialects.base import Keyword, SchemaDialect
from clausewise.spec.dialects.schemas import SCHEMAS_31, boolean_limit, dependencies

#: keywords by the draft that came with them, the newest first
_SINCE: Mapping[str, frozenset[str]] = {
    "2020-12": frozenset({"prefixItems", "$dynamicRef", "$dynamicAnchor"}),
    "2019-09": frozenset(
        {
            *("$anchor", "$defs", "$recursiveRef", "$recursiveAnchor", "dependentRequired", "dependentSchemas"),
            *("unevaluatedItems", "unevaluatedProperties", "minContains", "maxContains", "contentSchema"),
        }
    ),
    "draft-07": frozenset({"if", "then", "else", "contentMediaType", "contentEncoding"}),
    "draft-06": frozenset({"const", "contains", "propertyNames", "$id"}),
    "draft-04": frozenset(),
}

#: the anchor of a schema with a `$recursiveAnchor`: no reference can have this fragment
RECURSIVE = "#"


def _after(draft: str) -> frozenset[str]:
    """The keywords that came after a draft."""
    drafts = list(_SINCE)
    return frozenset[str]().union(*(_SINCE[each] for each in drafts[: drafts.index(draft)]))


def _keywords(schema: dict[str, Any], unknown: frozenset[str], *, boolean_limits: bool = False) -> list[Keyword]:
    """The keywords of a schema, but for those that its draft does not know."""
    translated: list[Keyword] = []
    for name, value in schema.items():
        if name in unknown or name in ("id", "$recursiveAnchor"):
            continue
        if name == "items" and isinstance(value, list):
            translated += [("prefixItems", value, name)] if value else []
        elif name == "additionalItems":
            # Without an array of schemas for the first items it has no effect.
            translated += [("items", value, name)] if isinstance(schema.get("items"), list) else []
        elif name == "$recursiveRef":
            translated.append(("$dynamicRef", value, name))
        elif name == "dependencies":
            translated += dependencies(value)
        elif boolean_limits and (limit := boolean_limit(name, schema)) is not None:
            translated += limit
        else:
            translated.append((name, value, name))
    return translated


def _identifier(schema: dict[str, Any], keyword: str) -> str:
    """What identifies a schema of the drafts up to 7, where a `$ref` hides everything beside it; "" for nothing."""
    written = schema.get(keyword)
    return written if isinstance(written, str) and "$ref" not in schema else ""


def _id(schema: dict[str, Any], keyword: str) -> str | None:
    uri, _, fragment = _identifier(schema, keyword).partition("#")
    return uri if uri and not fragment else None


def _anchors(schema: dict[str, Any], keyword: str) -> Iterator[str]:
    """Until 2019-09, an identifier that is only a fragment is an anchor (draft-07 Core 8.2.3)."""
    written = _identifier(schema, keyword)
    if written.startswith("#") and not written.startswith("#/") and len(written) > 1:
        yield written[1:]


def _anchors_2019(schema: dict[str, Any]) -> Iterator[str]:
    if isinstance(name := schema.get("$anchor"), str):
        yield name
    yield from _dynamic_anchors_2019(schema)


def _dynamic_anchors_2019(schema: dict[str, Any]) -> Iterator[str]:
    if schema.get("$recursiveAnchor") is True:
        yield RECURSIVE


def _draft(name: str, keyword: str, *, boolean_limits: bool = False) -> SchemaDialect:
    """A draft whose schemas are identified by `keyword`."""
    unknown = _after(name)
    return SchemaDialect(
        f"JSON Schema {name}",
        keywords=partial(_keywords, unknown=unknown, boolean_limits=boolean_limits),
        ref_siblings=False,
        identifiers=frozenset({keyword}),
        id_of=partial(_id, keyword=keyword),
        anchors_of=partial(_anchors, keyword=keyword),
        dynamic_anchors_of=lambda _schema: (),
        unknown=unknown,
    )


_DRAFTS: Mapping[str, SchemaDialect] = {
    "json-schema.org/draft-04/schema": _draft("draft-04", "id", boolean_limits=True),
    "json-schema.org/draft-06/schema": _draft("draft-06", "$id"),
    "json-schema.org/draft-07/schema": _draft("draft-07", "$id"),
    "json-schema.org/draft/2019-09/schema": SchemaDialect(
        "JSON Schema 2019-09",
        keywords=partial(_keywords, unknown=_after("2019-09")),
        ref_siblings=True,
        identifiers=frozenset({"$id", "$anchor", "$recursiveAnchor"}),
        id_of=SCHEMAS_31.id_of,
        anchors_of=_anchors_2019,
        dynamic_anchors_of=_dynamic_anchors_2019,
        unknown=_after("2019-09"),
    ),
    "json-schema.org/draft/2020-12/schema": SCHEMAS_31,
    "json-schema.org/schema": SCHEMAS_31,
}

#: the identifiers of schemas in all of them
IDENTIFIERS = frozenset[str]().union(*(draft.identifiers for draft in _DRAFTS.values()))

#: the dialects of OpenAPI 3.1 and 3.2, each of which has a date in its address, or "base"
_OF_OPENAPI = re.compile(r"spec\.openapis\.org/oas/3\.[12]/(?:dialect|meta|schema-base)/[^/]+")


def draft_of(uri: str) -> SchemaDialect | None:
    """The dialect of schemas that a `$schema` or `jsonSchemaDialect` names; None where it is not known."""
    address = re.sub(r"^https?://", "", uri).removesuffix("#")
    return SCHEMAS_31 if _OF_OPENAPI.fullmatch(address) else _DRAFTS.get(address)
