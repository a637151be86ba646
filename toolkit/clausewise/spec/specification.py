"""Reads the operations of an OpenAPI document."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from clausewise.spec.accessors import array_at, object_at, resolved_object
from clausewise.spec.dialects import Dialect, dialect_of
from clausewise.spec.operations import DocumentedResponse, Operation, Parameter, Security, SecurityScheme
from clausewise.spec.pointer import Source
from clausewise.spec.resolve import Sources

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
        called = "OpenAPI" if "openapi" in tree else "Swagger"
        raise sources.error(at, f"{called} {version} is not supported", "convert the document to OpenAPI 3.1")
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
    servers = dialect.servers(sources, root)
    return Specification(
        sources=sources,
        dialect=dialect,
        title=str(info.get("title", name)),
        version=version,
        base_paths=_base_paths(servers),
        server=next(iter(servers), None),
        operations=tuple(operations),
        defined_schemes=tuple(object_at(sources, Source("", dialect.shared_security_schemes), optional=True)),
    )


def _path_item(sources: Sources, entry: Source, path: str) -> Iterator[Operation]:
    at, _ = resolved_object(sources, entry)
    found = sources.dialect.operations(sources, at)
    methods = tuple(method for method, _ in found)
    for method, source in found:
        yield _operation(sources, at, path, method, source, methods)


def _operation(
    sources: Sources, path_item: Source, path: str, method: str, entry: Source, methods: tuple[str, ...]
) -> Operation:
    # Documents of many files have operations behind a `$ref`; the standard does not clearly forbid it.
    at, operation = resolved_object(sources, entry)
    request = sources.dialect.request(sources, path_item, at)
    documented = tuple(parameter for parameter in request.parameters if not parameter.is_ignored)
    responses = tuple(
        _response(sources, at.child("responses", status), at)
        for status in object_at(sources, at.child("responses"), optional=True)
        if not status.startswith("x-")
    )
    return Operation(
        key=str(operation.get("operationId") or f"{method} {path}"),
        method=method,
        path=path,
        source=at,
        path_item=path_item,
        parameters=(*documented, *_undocumented_path_parameters(documented, path, at)),
        body=request.body,
        responses=responses,
        security=_security(sources, at),
        methods=methods,
        ignored=tuple(parameter for parameter in request.parameters if parameter.is_ignored),
    )


def _undocumented_path_parameters(documented: tuple[Parameter, ...], path: str, at: Source) -> Iterator[Parameter]:
    """Parameters for names of the path template without a parameter object: any path segment is a valid value."""
    names = {parameter.name for parameter in documented if parameter.location == "path"}
    for name in re.findall(r"\{([^{}]+)\}", path):
        if name not in names:
            yield Parameter(name, "path", True, at, None, None, "simple", explode=False)


def _response(sources: Sources, entry: Source, operation: Source) -> DocumentedResponse:
    status = entry.tokens[-1]
    if not _STATUS.fullmatch(status):
        remedy = "write a status such as 200, a range such as 4XX, or default"
        raise sources.error(entry, f'"{status}" is not a status', remedy)
    return sources.dialect.response(sources, entry, operation)


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
    shared = sources.dialect.shared_security_schemes
    try:
        _, scheme = resolved_object(sources, Source("", (*shared, name)))
    except KeyError:
        message = f'the security scheme "{name}" is not defined'
        raise sources.error(at, message, f"define it in {'.'.join(shared)}") from None
    return sources.dialect.security_scheme(name, scheme)


def _base_paths(servers: list[str]) -> tuple[str, ...]:
    paths = (re.sub(r"^[a-zA-Z][a-zA-Z0-9+.-]*://[^/]*|^//[^/]*", "", url) for url in servers)
    return tuple(dict.fromkeys(path.rstrip("/") for path in paths)) or ("",)
