"""The parts of an operation that an OpenAPI document describes, as values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import unquote

import msgspec

from clausewise.spec.fixed_query import fixed_query
from clausewise.spec.links import Link
from clausewise.spec.pointer import Source

#: header parameters that are ignored, and the parts of a document that describe these headers
IGNORED_HEADERS = {
    "accept": "the media types of the responses",
    "content-type": "the media types of the request body",
    "authorization": "a security scheme",
}

ParameterLocation = Literal["path", "query", "querystring", "header", "cookie"]


class Example(msgspec.Struct, frozen=True):
    """An example value in the document."""

    #: key in `examples`; "" for a lone `example`
    name: str
    value: Any
    source: Source


class Header(msgspec.Struct, frozen=True):
    """A documented response header."""

    name: str
    required: bool
    source: Source
    schema: Source | None
    #: media type of a header described by `content`; None for one described by `schema`
    media_type: str | None = None
    #: the members of an object are written as `name=value`
    explode: bool = False
    examples: tuple[Example, ...] = ()
    style: str = "simple"
    #: as in `Parameter`
    inner_separators: tuple[str, ...] = ()


class Encoding(msgspec.Struct, frozen=True):
    """How one property of a form, or one part of a multipart body, is serialized (OpenAPI 3.1 section 4.8.15)."""

    #: media types of the property's part, separated by commas; None where its schema's type decides
    content_type: str | None
    #: None where the default applies
    style: str | None
    explode: bool | None
    #: whether characters that URLs reserve are sent as they are
    allow_reserved: bool
    #: further headers of the property's part
    headers: tuple[Header, ...]
    #: its place; the document's root where the document has none
    source: Source = Source("")


class FormField(msgspec.Struct, frozen=True):
    """One field of a form whose fields are described one by one (Swagger 2.0, `in: formData`)."""

    name: str
    #: where the document requires it; None for an optional field
    required: Source | None
    schema: Source


class Form(msgspec.Struct, frozen=True):
    """A form whose fields are described one by one."""

    #: what describes it: the operation
    source: Source
    fields: tuple[FormField, ...]


class MediaType(msgspec.Struct, frozen=True):
    """One entry of a `content` map."""

    #: as written, e.g. "application/json"
    name: str
    source: Source
    schema: Source | None
    examples: tuple[Example, ...] = ()
    #: property of the schema -> how it is serialized, where the document describes it. Of parts that go by their order
    #: (OpenAPI 3.2 section 4.15.1): "0", "1", ... of `prefixEncoding`, and "[]" for `itemEncoding`
    encoding: dict[str, Encoding] = {}
    #: `itemSchema`: the schema of each item of a sequence (OpenAPI 3.2 section 4.14.4)
    item_schema: Source | None = None
    #: the form that it is, where no schema describes that
    form: Form | None = None

    @property
    def described(self) -> Source | Form | None:
        """What describes a whole body of it; None where nothing does."""
        return self.form if self.schema is None else self.schema


class Parameter(msgspec.Struct, frozen=True):
    """A parameter, its `$ref` resolved."""

    name: str
    location: ParameterLocation
    required: bool
    source: Source
    schema: Source | None
    #: media type of a parameter described by `content`; None for one described by `schema`
    media_type: str | None
    style: str
    explode: bool
    examples: tuple[Example, ...] = ()
    description: str = ""
    #: `allowEmptyValue`: whether the name may stand in the query with nothing behind it
    allows_empty: bool = False
    #: `allowReserved`: whether characters that URLs reserve may stand in the query as they are
    allows_reserved: bool = False
    #: what a parameter `in: querystring`, which is the whole query, has in it (OpenAPI 3.2 section 4.12)
    whole: MediaType | None = None
    #: what stands between the items of the arrays in its array, and of those in them: OpenAPI 3 leaves that open, and
    #: Swagger 2.0 says it by the `collectionFormat` of `items`
    inner_separators: tuple[str, ...] = ()

    @property
    def is_ignored(self) -> bool:
        """Whether the standard ignores it, because another part of the document describes the header (OpenAPI 3.1
        section 4.8.12.1)."""
        return self.location == "header" and self.name.lower() in IGNORED_HEADERS


class Body(msgspec.Struct, frozen=True):
    """A request body."""

    required: bool
    source: Source
    content: tuple[MediaType, ...]


class DocumentedResponse(msgspec.Struct, frozen=True):
    """One entry of `responses`."""

    #: "200", "4XX" or "default"
    status: str
    #: the entry in `responses`, whose key is the status
    entry: Source
    #: the response object itself, `$ref` resolved
    source: Source
    content: tuple[MediaType, ...]
    headers: tuple[Header, ...]
    #: what documents the bodies: `content`, or the `schema` of Swagger 2.0
    content_at: Source
    links: tuple[Link, ...] = ()


class SecurityScheme(msgspec.Struct, frozen=True):
    """A security scheme: one way to send credentials."""

    name: str
    type: str
    #: of `type: http`: "bearer", "basic", ...
    scheme: str = ""
    #: of `type: apiKey`: where the key is sent ("header", "query", "cookie"), and its name there
    location: str = ""
    parameter: str = ""
    #: of `type: oauth2`: each flow ("clientCredentials", "password", ...) that has a token URL, and that URL as written
    token_urls: tuple[tuple[str, str], ...] = ()


class Security(msgspec.Struct, frozen=True):
    """The security requirement of an operation: one alternative is enough, and needs all of its schemes."""

    source: Source
    alternatives: tuple[tuple[SecurityScheme, ...], ...]

    def presenting(self, schemes: Mapping[str, SecurityScheme]) -> Security:
        """The requirement with other `schemes` in the place of those of their names."""
        replaced = (tuple(schemes.get(one.name, one) for one in each) for each in self.alternatives)
        return Security(self.source, tuple(replaced))

    @property
    def required(self) -> bool:
        """Whether a request must have credentials."""
        return all(self.alternatives)

    @property
    def names(self) -> str:
        """The names of the schemes, for a sentence: "`bearer` and `key` or `cookie`"."""
        return " or ".join(" and ".join(f"`{scheme.name}`" for scheme in schemes) for schemes in self.alternatives)


#: "path": a client sends its requests. "webhook" and "callback": the API sends them, and a client answers
OperationKind = Literal["path", "webhook", "callback"]


class Operation(msgspec.Struct, frozen=True):
    """An operation: one method of one path."""

    #: `operationId`, else "METHOD /path"
    key: str
    #: as it is sent: in upper case, but for those of `additionalOperations` (OpenAPI 3.2), which stand as written
    method: str
    #: path template as written, e.g. "/things/{id}", with the query that some documents have there; of a webhook its
    #: name behind a slash, of a callback its URL
    path: str
    source: Source
    #: its path item
    path_item: Source
    parameters: tuple[Parameter, ...]
    body: Body | None
    responses: tuple[DocumentedResponse, ...]
    security: Security | None
    #: methods documented for this path
    methods: tuple[str, ...]
    #: the parameters that are ignored: header parameters by the standard, those in the query that the path fixes, and
    #: those of the path that are not in it
    ignored: tuple[Parameter, ...] = ()
    #: paths of the URLs of its own servers, or of its path's; () where the document's are meant
    base_paths: tuple[str, ...] = ()
    kind: OperationKind = "path"
    #: the requests that the API sends because of it
    callbacks: tuple[Callback, ...] = ()
    #: media types that its answers may have, where the document says so of the operation (Swagger 2.0, `produces`)
    produces: tuple[str, ...] = ()
    #: what the document says of it, and of its body, for people
    prose: str = ""

    @property
    def fixed_names(self) -> frozenset[str]:
        """The names that the query in its path has, if there is one."""
        fixed = fixed_query(self.path) if self.kind == "path" else None
        return fixed.names if fixed is not None else frozenset()

    @property
    def webhook(self) -> str:
        """The name of a webhook as the document has it."""
        return unquote(self.path[1:])


class Callback(msgspec.Struct, frozen=True):
    """One operation of a callback (OpenAPI 3.1 section 4.8.18)."""

    #: key in `callbacks`
    name: str
    #: the URL as written, with runtime expressions
    url: str
    operation: Operation
