"""What a version of OpenAPI is to the rest of the package: a value that holds what differs between versions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from clausewise.spec.defects import DefectLog
from clausewise.spec.operations import Body, DocumentedResponse, Parameter, SecurityScheme
from clausewise.spec.pointer import Source

if TYPE_CHECKING:
    from clausewise.spec.resolve import Sources

#: how `nullable: true` of OpenAPI 3.0 is read where no `type` stands beside it: as its author means it, so that null is
#: allowed, or by the letter of 3.0.3, by which it has no effect then
Nullable = Literal["meant", "letter"]

#: one translated keyword: its name and value in JSON Schema 2020-12, and its name in the document; two of a schema may
#: have the same name
Keyword = tuple[str, Any, str]


class Request(msgspec.Struct, frozen=True):
    """What an operation documents of its requests."""

    #: its own and those of its path item, each once, with the header parameters that the standard ignores
    parameters: tuple[Parameter, ...]
    body: Body | None
    #: media types that its answers may have, said of the operation and of none of its responses (`produces`)
    produces: tuple[str, ...] = ()


class SchemaDialect(msgspec.Struct, frozen=True):
    """How schemas are written: in a version of OpenAPI, or in a draft of JSON Schema."""

    #: its name in sentences: "JSON Schema draft-07"
    title: str
    #: gives the keywords of a schema in terms of 2020-12; annotations stay as they are
    keywords: Callable[[dict[str, Any]], list[Keyword]]
    #: whether the keywords beside a `$ref` in a schema apply
    ref_siblings: bool
    #: the keywords that identify a schema for references
    identifiers: frozenset[str]
    #: gives the URI reference that identifies a schema; None where it has none
    id_of: Callable[[dict[str, Any]], str | None]
    #: gives the anchors of a schema
    anchors_of: Callable[[dict[str, Any]], Iterable[str]]
    #: gives those of its anchors that the dynamic scope may replace
    dynamic_anchors_of: Callable[[dict[str, Any]], Iterable[str]]
    #: gives the keyword by which null is a value of a schema, whatever its others say; "" where it has none
    or_null: Callable[[dict[str, Any]], str] = lambda _schema: ""
    #: keywords of later drafts, which have no effect in it
    unknown: frozenset[str] = frozenset()


class Dialect(msgspec.Struct, frozen=True):
    """One version of OpenAPI. The functions that are given places read there; those that are given a log add to it what
    is not valid, and leave that out, and the others raise SpecError."""

    #: "3.1"
    name: str
    #: its name in sentences: "OpenAPI 3.1"
    title: str

    schemas: SchemaDialect
    #: gives the dialect that a `$schema` or `jsonSchemaDialect` in a document names; None where it is not known
    draft_of: Callable[[str], SchemaDialect | None]
    #: the keywords that identify schemas of any of those dialects
    draft_identifiers: frozenset[str]

    #: where the root document has the schemas and the security schemes that it shares, as tokens of a JSON Pointer
    shared_schemas: tuple[str, ...]
    shared_security_schemes: tuple[str, ...]
    #: gives the URLs of the servers of the root document, a path item or an operation at a place: empty without any
    servers: Callable[[Sources, Source, DefectLog], list[str]]
    #: gives the operations of a path item that stands at a place: the method as it is sent, and the operation's place
    operations: Callable[[Sources, Source, DefectLog], list[tuple[str, Source]]]
    #: gives the request of an operation: the places of its path item and of the operation itself
    request: Callable[[Sources, Source, Source, DefectLog], Request]
    #: gives a response of an operation: the places of its entry in `responses` and of the operation. Raises SpecError
    #: where nothing of it can be read
    response: Callable[[Sources, Source, Source, DefectLog], DocumentedResponse]
    #: gives the security scheme of a name and of an object in `shared_security_schemes`
    security_scheme: Callable[[str, Mapping[str, Any]], SecurityScheme]
    #: whether the name of a schema with a discriminator is a value of it, as are those of the schemas that inherit it
    bases_are_kinds: bool = False
    #: whether documents have `callbacks` in operations, and `webhooks` at the top
    has_callbacks: bool = False
    has_webhooks: bool = False
