"""The operations of an OpenAPI document, with everything that a message of theirs is bound by."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from clausewise.spec.accessors import array, json_object, mapping
from clausewise.spec.dialects import Dialect, dialect_of
from clausewise.spec.links import Link, read_links
from clausewise.spec.pointer import Source
from clausewise.spec.resolve import Sources

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

ParameterLocation = Literal["path", "query", "header", "cookie"]

#: `style` where the document names none (OpenAPI 3.1 section 4.8.12.2)
_DEFAULT_STYLES = {"path": "simple", "query": "form", "header": "simple", "cookie": "form"}

#: header parameters that OpenAPI says to ignore, for other parts of the document speak of them (section 4.8.12.1)
_IGNORED_HEADERS = {"accept", "content-type", "authorization"}

_STATUS = re.compile(r"[1-5](?:[0-9]{2}|XX)|default")


class Example(msgspec.Struct, frozen=True):
    """A value the document's author wrote down."""

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


class Encoding(msgspec.Struct, frozen=True):
    """How one member of a form is written (OpenAPI 3.1 section 4.8.15)."""

    #: media types of the member's part, separated by commas; None where its schema's type decides
    content_type: str | None
    #: None for each that the document leaves to its default
    style: str | None
    explode: bool | None
    #: whether characters that URLs reserve are sent as they are
    allow_reserved: bool
    #: further header fields of the member's part
    headers: tuple[Header, ...]


class MediaType(msgspec.Struct, frozen=True):
    """One entry of a `content` map."""

    #: as written, e.g. "application/json"
    name: str
    source: Source
    schema: Source | None
    examples: tuple[Example, ...] = ()
    #: member of the schema -> how it is written, where the document says so
    encoding: dict[str, Encoding] = {}


class Parameter(msgspec.Struct, frozen=True):
    """A parameter, its `$ref` followed."""

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


class Body(msgspec.Struct, frozen=True):
    """A request body."""

    required: bool
    source: Source
    content: tuple[MediaType, ...]


class DocumentedResponse(msgspec.Struct, frozen=True):
    """One entry of `responses`."""

    #: "200", "4XX" or "default"
    status: str
    #: the entry in `responses`, which is where the status stands
    entry: Source
    #: the response object itself, `$ref` followed
    source: Source
    content: tuple[MediaType, ...]
    headers: tuple[Header, ...]
    links: tuple[Link, ...] = ()


class SecurityScheme(msgspec.Struct, frozen=True):
    """One way to present credentials."""

    name: str
    type: str
    #: of `type: http`: "bearer", "basic", ...
    scheme: str = ""
    #: of `type: apiKey`: where the key goes, and under which name
    location: str = ""
    parameter: str = ""


class Security(msgspec.Struct, frozen=True):
    """The security requirement of an operation: any one of the alternatives, each all of its schemes."""

    source: Source
    alternatives: tuple[tuple[SecurityScheme, ...], ...]

    @property
    def required(self) -> bool:
        """Whether a request without credentials breaks it."""
        return all(self.alternatives)


class Operation(msgspec.Struct, frozen=True):
    """One method on one path."""

    #: `operationId`, else "METHOD /path"
    key: str
    #: upper case
    method: str
    #: path template as written, e.g. "/things/{id}"
    path: str
    source: Source
    #: the path item it stands in
    path_item: Source
    parameters: tuple[Parameter, ...]
    body: Body | None
    responses: tuple[DocumentedResponse, ...]
    security: Security | None
    #: methods documented for this path, upper case
    methods: tuple[str, ...]


class Specification(msgspec.Struct, frozen=True, eq=False):
    """An OpenAPI document, understood."""

    sources: Sources
    dialect: Dialect
    title: str
    #: the document's `openapi` value
    version: str
    #: paths of the servers' URLs, without a trailing slash; ("",) when there are none
    base_paths: tuple[str, ...]
    #: the first server's URL; None when there is none
    server: str | None
    operations: tuple[Operation, ...]


def understand(sources: Sources) -> Specification:
    """Read the operations out of a document. Raises SpecError, with the place, for what cannot be understood."""
    root = Source("")
    tree = sources.value(root)
    name = sources.root.name
    if not isinstance(tree, dict) or not ({"openapi", "swagger"} & tree.keys()):
        raise sources.error(
            root, "is not an OpenAPI document: it has no 'openapi' field", "one starts with 'openapi: 3.1.0'"
        )
    version = str(tree.get("openapi", tree.get("swagger")))
    dialect = dialect_of(tree)
    if dialect is None:
        at = root.child("openapi" if "openapi" in tree else "swagger")
        raise sources.error(at, f"OpenAPI {version} is not supported", "3.0 and 3.1 are")
    described = mapping(sources, root.child("info"), optional=True)
    paths = mapping(sources, root.child("paths"), optional=True)
    operations: list[Operation] = []
    keys: dict[str, Source] = {}
    for path in paths:
        if path.startswith("x-"):
            continue
        at = root.child("paths", path)
        if not path.startswith("/"):
            raise sources.error(at, f'the path "{path}" must start with "/"')
        for operation in _path_item(sources, at, path):
            first = keys.setdefault(operation.key, operation.source)
            if first != operation.source:
                raise sources.error(
                    operation.source.child("operationId"),
                    f'the operationId "{operation.key}" is taken already, at {sources.locate(first)}',
                )
            operations.append(operation)
    server = _server(sources, root)
    return Specification(
        sources=sources,
        dialect=dialect,
        title=str(described.get("title", name)),
        version=version,
        base_paths=_base_paths(sources, root),
        server=server,
        operations=tuple(operations),
    )


def _path_item(sources: Sources, entry: Source, path: str) -> Iterator[Operation]:
    at, item = json_object(sources, entry)
    shared = _parameters(sources, at)
    methods = tuple(method.upper() for method in METHODS if method in item)
    for method in METHODS:
        if method in item:
            yield _operation(sources, at, path, method.upper(), shared, methods)


def _operation(
    sources: Sources,
    path_item: Source,
    path: str,
    method: str,
    shared: tuple[Parameter, ...],
    methods: tuple[str, ...],
) -> Operation:
    # Documents split over many files put whole operations behind a `$ref`; the standard does not forbid it clearly.
    at, operation = json_object(sources, path_item.child(method.lower()))
    own = _parameters(sources, at)
    overridden = {(parameter.location, parameter.name) for parameter in own}
    described = (*(p for p in shared if (p.location, p.name) not in overridden), *own)
    parameters = (*described, *_undescribed(described, path, at))
    body = _body(sources, at.child("requestBody")) if "requestBody" in operation else None
    responses = tuple(
        _response(sources, at.child("responses", status))
        for status in mapping(sources, at.child("responses"), optional=True)
        if not status.startswith("x-")
    )
    return Operation(
        key=str(operation.get("operationId") or f"{method} {path}"),
        method=method,
        path=path,
        source=at,
        path_item=path_item,
        parameters=parameters,
        body=body,
        responses=responses,
        security=_security(sources, at),
        methods=methods,
    )


def _undescribed(described: tuple[Parameter, ...], path: str, at: Source) -> Iterator[Parameter]:
    """Names of the path template that the document does not describe: whatever fits in a segment."""
    names = {parameter.name for parameter in described if parameter.location == "path"}
    for name in re.findall(r"\{([^{}]+)\}", path):
        if name not in names:
            yield Parameter(name, "path", True, at, None, None, "simple", explode=False)


def _parameters(sources: Sources, owner: Source) -> tuple[Parameter, ...]:
    at = owner.child("parameters")
    parameters = (_parameter(sources, at.child(index)) for index in range(len(array(sources, at))))
    return tuple(parameter for parameter in parameters if parameter is not None)


def _parameter(sources: Sources, entry: Source) -> Parameter | None:
    at, parameter = json_object(sources, entry)
    name, location = parameter.get("name"), parameter.get("in")
    if not isinstance(name, str) or not name:
        raise sources.error(at, 'a parameter must have a "name"')
    if location not in _DEFAULT_STYLES:
        raise sources.error(at, f'the parameter "{name}" must say "in": path, query, header or cookie')
    if location == "header" and name.lower() in _IGNORED_HEADERS:
        return None
    style = str(parameter.get("style", _DEFAULT_STYLES[location]))
    content = _content(sources, at)
    schema = at.child("schema") if "schema" in parameter else None
    return Parameter(
        name=name,
        location=location,
        required=location == "path" or parameter.get("required") is True,
        source=at,
        schema=content[0].schema if content else schema,
        media_type=content[0].name if content else None,
        style=style,
        explode=bool(parameter.get("explode", style == "form")),
        examples=_examples(sources, at),
    )


def _body(sources: Sources, entry: Source) -> Body:
    at, body = json_object(sources, entry)
    return Body(body.get("required") is True, at, _content(sources, at))


def _content(sources: Sources, owner: Source) -> tuple[MediaType, ...]:
    at = owner.child("content")
    types = []
    for name in mapping(sources, at, optional=True):
        source, value = json_object(sources, at.child(name))
        schema = source.child("schema") if "schema" in value else None
        types.append(MediaType(name, source, schema, _examples(sources, source), _encodings(sources, source)))
    return tuple(types)


def _encodings(sources: Sources, media: Source) -> dict[str, Encoding]:
    found = {}
    for name, written in mapping(sources, media.child("encoding"), optional=True).items():
        if not isinstance(written, dict):
            continue
        at, value = json_object(sources, media.child("encoding", name))
        content_type, style, explode = (value.get(keyword) for keyword in ("contentType", "style", "explode"))
        found[name] = Encoding(
            content_type=None if content_type is None else str(content_type),
            style=None if style is None else str(style),
            explode=None if explode is None else bool(explode),
            allow_reserved=value.get("allowReserved") is True,
            headers=_headers(sources, at),
        )
    return found


def _examples(sources: Sources, owner: Source) -> tuple[Example, ...]:
    holder = mapping(sources, owner)
    found = []
    if "example" in holder:
        found.append(Example("", holder["example"], owner.child("example")))
    for name in mapping(sources, owner.child("examples"), optional=True):
        at, value = json_object(sources, owner.child("examples", name))
        if "value" in value:
            found.append(Example(name, value["value"], at.child("value")))
    return tuple(found)


def _response(sources: Sources, entry: Source) -> DocumentedResponse:
    status = entry.tokens[-1]
    if not _STATUS.fullmatch(status):
        raise sources.error(entry, f'"{status}" is not a status: write 200, 4XX or default')
    at, _ = json_object(sources, entry)
    links = tuple(read_links(sources, at))
    return DocumentedResponse(status, entry, at, _content(sources, at), _headers(sources, at), links)


def _headers(sources: Sources, owner: Source) -> tuple[Header, ...]:
    headers = []
    for name in mapping(sources, owner.child("headers"), optional=True):
        source, header = json_object(sources, owner.child("headers", name))
        if name.lower() != "content-type":
            schema = source.child("schema") if "schema" in header else None
            headers.append(Header(name, header.get("required") is True, source, schema))
    return tuple(headers)


def _security(sources: Sources, operation: Source) -> Security | None:
    source = operation.child("security")
    if "security" not in mapping(sources, operation):
        source = Source("", ("security",))
    requirements = array(sources, source)
    if not requirements:
        return None
    alternatives = []
    for index, requirement in enumerate(requirements):
        if not isinstance(requirement, dict):
            raise sources.error(source.child(index), "a security requirement must be an object")
        alternatives.append(tuple(_scheme(sources, name, source.child(index, name)) for name in requirement))
    return Security(source.child(0), tuple(alternatives))


def _scheme(sources: Sources, name: str, at: Source) -> SecurityScheme:
    try:
        _, scheme = json_object(sources, Source("", ("components", "securitySchemes", name)))
    except KeyError:
        raise sources.error(at, f'the security scheme "{name}" is not defined in components.securitySchemes') from None
    return SecurityScheme(
        name=name,
        type=str(scheme.get("type", "")),
        scheme=str(scheme.get("scheme", "")).lower(),
        location=str(scheme.get("in", "")),
        parameter=str(scheme.get("name", "")),
    )


def _servers(sources: Sources, root: Source) -> list[str]:
    urls = []
    for index, server in enumerate(array(sources, root.child("servers"))):
        if not isinstance(server, dict) or not isinstance(server.get("url"), str):
            raise sources.error(root.child("servers", index), 'a server must have a "url"')
        url = server["url"]
        for name, variable in mapping(sources, root.child("servers", index, "variables"), optional=True).items():
            if isinstance(variable, dict):
                url = url.replace("{" + name + "}", str(variable.get("default", "")))
        urls.append(url)
    return urls


def _server(sources: Sources, root: Source) -> str | None:
    return next(iter(_servers(sources, root)), None)


def _base_paths(sources: Sources, root: Source) -> tuple[str, ...]:
    paths = (re.sub(r"^[a-zA-Z][a-zA-Z0-9+.-]*://[^/]*|^//[^/]*", "", url) for url in _servers(sources, root))
    return tuple(dict.fromkeys(path.rstrip("/") for path in paths)) or ("",)
