"""Reads the operations of an OpenAPI document."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from clausewise.spec.accessors import array_at, object_at, resolved_object
from clausewise.spec.dialects import Dialect, dialect_of
from clausewise.spec.links import read_links
from clausewise.spec.operations import (
    Body,
    DocumentedResponse,
    Encoding,
    Example,
    Header,
    MediaType,
    Operation,
    Parameter,
    Security,
    SecurityScheme,
)
from clausewise.spec.pointer import Source
from clausewise.spec.resolve import Sources
from clausewise.spec.written_out import MOST_VALUES, written_out

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

#: `style` where the document names none (OpenAPI 3.1 section 4.8.12.2)
_DEFAULT_STYLES = {"path": "simple", "query": "form", "header": "simple", "cookie": "form"}

_STATUS = re.compile(r"[1-5](?:[0-9]{2}|XX)|default")


class Specification(msgspec.Struct, frozen=True, eq=False):
    """The contents of an OpenAPI document."""

    sources: Sources
    dialect: Dialect
    title: str
    #: the document's `openapi` value
    version: str
    #: paths of the servers' URLs, without a trailing slash; ("",) when there is no server
    base_paths: tuple[str, ...]
    #: the first server's URL; None when there is none
    server: str | None
    operations: tuple[Operation, ...]
    #: names of all security schemes that the document defines, used or not
    defined_schemes: tuple[str, ...] = ()


def read_specification(sources: Sources) -> Specification:
    """The contents of a document. Raises SpecError, with its place, for what is not valid OpenAPI."""
    root = Source("")
    tree = sources.value(root)
    name = sources.root.name
    if not isinstance(tree, dict) or not ({"openapi", "swagger"} & tree.keys()):
        remedy = "add 'openapi: 3.1.0'" if sources.root.path is not None else "give the URL of an OpenAPI document"
        raise sources.error(root, "is not an OpenAPI document: it has no 'openapi' field", remedy)
    version = str(tree.get("openapi", tree.get("swagger")))
    dialect = dialect_of(tree, sources.nullable)
    if dialect is None:
        at = root.child("openapi" if "openapi" in tree else "swagger")
        raise sources.error(at, f"OpenAPI {version} is not supported", "convert the document to OpenAPI 3.0 or 3.1")
    info = object_at(sources, root.child("info"), optional=True)
    paths = object_at(sources, root.child("paths"), optional=True)
    operations: list[Operation] = []
    keys: dict[str, Source] = {}
    for path in paths:
        if path.startswith("x-"):
            continue
        at = root.child("paths", path)
        if not path.startswith("/"):
            raise sources.error(at, f'the path "{path}" must start with "/"', f'write "/{path}"')
        for operation in _path_item(sources, at, path):
            first = keys.setdefault(operation.key, operation.source)
            if first != operation.source:
                raise sources.error(
                    operation.source.child("operationId"),
                    f'the operationId "{operation.key}" occurs twice; {sources.locate(first)} has it too',
                    "give each operation its own operationId",
                )
            operations.append(operation)
    server = _server(sources, root)
    return Specification(
        sources=sources,
        dialect=dialect,
        title=str(info.get("title", name)),
        version=version,
        base_paths=_base_paths(sources, root),
        server=server,
        operations=tuple(operations),
        defined_schemes=tuple(object_at(sources, Source("", ("components", "securitySchemes")), optional=True)),
    )


def _path_item(sources: Sources, entry: Source, path: str) -> Iterator[Operation]:
    at, item = resolved_object(sources, entry)
    shared = _parameters(sources, at)
    methods = tuple(method.upper() for method in _METHODS if method in item)
    for method in _METHODS:
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
    # Documents of many files have operations behind a `$ref`; the standard does not clearly forbid it.
    at, operation = resolved_object(sources, path_item.child(method.lower()))
    own = _parameters(sources, at)
    overridden = {(parameter.location, parameter.name) for parameter in own}
    given = (*(p for p in shared if (p.location, p.name) not in overridden), *own)
    documented = tuple(parameter for parameter in given if not parameter.is_ignored)
    parameters = (*documented, *_undocumented_path_parameters(documented, path, at))
    body = _body(sources, at.child("requestBody")) if "requestBody" in operation else None
    responses = tuple(
        _response(sources, at.child("responses", status))
        for status in object_at(sources, at.child("responses"), optional=True)
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
        ignored=tuple(parameter for parameter in given if parameter.is_ignored),
    )


def _undocumented_path_parameters(documented: tuple[Parameter, ...], path: str, at: Source) -> Iterator[Parameter]:
    """Parameters for names of the path template without a parameter object: any path segment is a valid value."""
    names = {parameter.name for parameter in documented if parameter.location == "path"}
    for name in re.findall(r"\{([^{}]+)\}", path):
        if name not in names:
            yield Parameter(name, "path", True, at, None, None, "simple", explode=False)


def _parameters(sources: Sources, owner: Source) -> tuple[Parameter, ...]:
    at = owner.child("parameters")
    return tuple(_parameter(sources, at.child(index)) for index in range(len(array_at(sources, at))))


def _parameter(sources: Sources, entry: Source) -> Parameter:
    at, parameter = resolved_object(sources, entry)
    name, location = parameter.get("name"), parameter.get("in")
    if not isinstance(name, str) or not name:
        raise sources.error(at, 'a parameter must have a "name"', "write its name as in requests")
    if location not in _DEFAULT_STYLES:
        raise sources.error(at, f'the parameter "{name}" must have an "in"', "write path, query, header or cookie")
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
        explode=bool(parameter.get("explode", style in ("form", "cookie"))),
        examples=_examples(sources, at),
        description=str(parameter.get("description", "")),
        allows_empty=parameter.get("allowEmptyValue") is True,
    )


def _body(sources: Sources, entry: Source) -> Body:
    at, body = resolved_object(sources, entry)
    return Body(body.get("required") is True, at, _content(sources, at))


def _content(sources: Sources, owner: Source) -> tuple[MediaType, ...]:
    at = owner.child("content")
    types = []
    for name in object_at(sources, at, optional=True):
        source, value = resolved_object(sources, at.child(name))
        schema = source.child("schema") if "schema" in value else None
        items = source.child("itemSchema") if "itemSchema" in value else None
        types.append(MediaType(name, source, schema, _examples(sources, source), _encodings(sources, source), items))
    return tuple(types)


def _encodings(sources: Sources, media: Source) -> dict[str, Encoding]:
    found = {}
    for name, written in object_at(sources, media.child("encoding"), optional=True).items():
        if not isinstance(written, dict):
            continue
        at, value = resolved_object(sources, media.child("encoding", name))
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
    holder = object_at(sources, owner)
    found = []
    if "example" in holder:
        found.append(Example("", holder["example"], owner.child("example")))
    for name in object_at(sources, owner.child("examples"), optional=True):
        at, value = resolved_object(sources, owner.child("examples", name))
        if "value" in value:
            found.append(Example(name, value["value"], at.child("value")))
    # Before version 3 had examples everywhere, tools wrote them as extensions, and many documents still do.
    if "x-example" in holder:
        found.append(Example("", holder["x-example"], owner.child("x-example")))
    extended = holder.get("x-examples")
    for name, value in extended.items() if isinstance(extended, dict) else ():
        at = owner.child("x-examples", name)
        wrapped = isinstance(value, dict) and "value" in value
        found.append(Example(name, value["value"] if wrapped else value, at.child("value") if wrapped else at))
    for example in found:
        if written_out(example.value) > MOST_VALUES:
            message = f"this example has more than {MOST_VALUES:,} values, with its YAML aliases written out"
            raise sources.error(example.source, message, "write a smaller one")
    return tuple(found)


def _response(sources: Sources, entry: Source) -> DocumentedResponse:
    status = entry.tokens[-1]
    if not _STATUS.fullmatch(status):
        remedy = "write a status such as 200, a range such as 4XX, or default"
        raise sources.error(entry, f'"{status}" is not a status', remedy)
    at, _ = resolved_object(sources, entry)
    links = tuple(read_links(sources, at))
    return DocumentedResponse(status, entry, at, _content(sources, at), _headers(sources, at), links)


def _headers(sources: Sources, owner: Source) -> tuple[Header, ...]:
    headers = []
    for name in object_at(sources, owner.child("headers"), optional=True):
        source, header = resolved_object(sources, owner.child("headers", name))
        if name.lower() != "content-type":
            schema = source.child("schema") if "schema" in header else None
            content = _content(sources, source)
            headers.append(
                Header(
                    name=name,
                    required=header.get("required") is True,
                    source=source,
                    schema=content[0].schema if content else schema,
                    media_type=content[0].name if content else None,
                    explode=header.get("explode") is True,
                    examples=_examples(sources, source),
                )
            )
    return tuple(headers)


def _security(sources: Sources, operation: Source) -> Security | None:
    source = operation.child("security")
    if "security" not in object_at(sources, operation):
        source = Source("", ("security",))
    requirements = array_at(sources, source)
    if not requirements:
        return None
    alternatives = []
    for index, requirement in enumerate(requirements):
        if not isinstance(requirement, dict):
            remedy = "write names of security schemes with lists of scopes, for example {bearerAuth: []}"
            raise sources.error(source.child(index), "a security requirement must be an object", remedy)
        alternatives.append(tuple(_scheme(sources, name, source.child(index, name)) for name in requirement))
    return Security(source.child(0), tuple(alternatives))


def _scheme(sources: Sources, name: str, at: Source) -> SecurityScheme:
    try:
        _, scheme = resolved_object(sources, Source("", ("components", "securitySchemes", name)))
    except KeyError:
        message = f'the security scheme "{name}" is not defined'
        raise sources.error(at, message, "define it in components.securitySchemes") from None
    flows = scheme.get("flows")
    return SecurityScheme(
        name=name,
        type=str(scheme.get("type", "")),
        scheme=str(scheme.get("scheme", "")).lower(),
        location=str(scheme.get("in", "")),
        parameter=str(scheme.get("name", "")),
        token_urls=tuple(
            (flow, described["tokenUrl"])
            for flow, described in (flows.items() if isinstance(flows, dict) else ())
            if isinstance(described, dict) and isinstance(described.get("tokenUrl"), str)
        ),
    )


def _servers(sources: Sources, root: Source) -> list[str]:
    urls = []
    for index, server in enumerate(array_at(sources, root.child("servers"))):
        if not isinstance(server, dict) or not isinstance(server.get("url"), str):
            remedy = 'write a URL such as "https://example.com/v1" or "/v1"'
            raise sources.error(root.child("servers", index), 'a server must have a "url"', remedy)
        url = server["url"]
        for name, variable in object_at(sources, root.child("servers", index, "variables"), optional=True).items():
            if isinstance(variable, dict):
                url = url.replace("{" + name + "}", str(variable.get("default", "")))
        urls.append(url)
    return urls


def _server(sources: Sources, root: Source) -> str | None:
    return next(iter(_servers(sources, root)), None)


def _base_paths(sources: Sources, root: Source) -> tuple[str, ...]:
    paths = (re.sub(r"^[a-zA-Z][a-zA-Z0-9+.-]*://[^/]*|^//[^/]*", "", url) for url in _servers(sources, root))
    return tuple(dict.fromkeys(path.rstrip("/") for path in paths)) or ("",)
