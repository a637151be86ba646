"""Reads the operations of an OpenAPI document."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from functools import partial
from itertools import chain, count
from typing import Any
from urllib.parse import quote

import msgspec

from clausewise.errors import Location
from clausewise.exchange import HEADER_NAME
from clausewise.spec.accessors import array_at, object_at, resolved_object
from clausewise.spec.defects import Defect, DefectLog
from clausewise.spec.dialects import Dialect, Request, dialect_of
from clausewise.spec.fixed_query import fixed_query
from clausewise.spec.operations import (
    Body,
    Callback,
    DocumentedResponse,
    Operation,
    OperationKind,
    Parameter,
    Security,
    SecurityScheme,
)
from clausewise.spec.pointer import Source
from clausewise.spec.resolve import Sources

_STATUS = re.compile(r"[1-5](?:[0-9]{2}|XX)|default")
#: a parameter in the template of a path
_NAME = re.compile(r"\{([^{}]+)\}")
_STATUS_REMEDY = "write a status such as 200, a range such as 4XX, or default"

#: a range of statuses, also in small letters, which the standard does not allow
_RANGE = re.compile(r"[1-5]XX", re.IGNORECASE)


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
    #: the requests that the API sends without having been asked (OpenAPI 3.1 section 4.8.1)
    webhooks: tuple[Operation, ...] = ()
    #: names of all security schemes that the document defines, used or not
    defined_schemes: tuple[str, ...] = ()
    #: what is not valid in it; schemas are looked at when they are compiled
    defects: tuple[Defect, ...] = ()


def read_specification(sources: Sources, left_out: Collection[tuple[str, Source]] = ()) -> Specification:
    """The contents of a document. What is not valid in it is listed, and closes only the operations that it leaves
    unknown. The operations `left_out`, each by its path and its place, are not read.

    Raises SpecError, with its place, for what is not an OpenAPI document, has a version that is not supported, or has
    no paths that can be read.
    """
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
    paths = object_at(sources, root.child("paths"), optional=True)
    log = DefectLog(Location(name, 1, 1))
    info = log.attempt(lambda: object_at(sources, root.child("info"), optional=True), {})
    servers = dialect.servers(sources, root, log)
    schemes = Source("", dialect.shared_security_schemes)
    reader = _Reader(sources, log, left_out)
    return Specification(
        sources=sources,
        dialect=dialect,
        title=str(info.get("title", name)),
        version=version,
        base_paths=_base_paths(servers),
        server=next(iter(servers), None),
        operations=tuple(reader.operations(path for path in paths if not path.startswith("x-"))),
        webhooks=tuple(reader.webhooks()) if dialect.has_webhooks else (),
        defined_schemes=tuple(log.attempt(lambda: object_at(sources, schemes, optional=True), {})),
        defects=log.defects,
    )


class _Place(msgspec.Struct, frozen=True):
    """Where an operation is described."""

    path: str
    #: as it is sent
    method: str
    path_item: Source
    #: the operation itself, `$ref` resolved
    source: Source
    #: what stands there; None where it cannot be read
    described: dict[str, Any] | None
    #: methods documented for this path
    methods: tuple[str, ...]

    @property
    def operation_id(self) -> str:
        """As written; "" where it has none."""
        return str((self.described or {}).get("operationId") or "")


class _Reader:
    """Reads the operations of a document. What is not valid becomes a defect, and reading goes on."""

    def __init__(self, sources: Sources, log: DefectLog, left_out: Collection[tuple[str, Source]]) -> None:
        self._sources = sources
        self._log = log
        self._left_out = left_out
        #: names of operations that are taken
        self._taken: set[str] = set()

    def operations(self, paths: Iterable[str]) -> Iterator[Operation]:
        """The operations of the `paths`, each named by its operationId where no other has it too."""
        places = [place for path in paths for place in self._places(Source("", ("paths", path)), path)]
        keys = list(self._keys(places))
        self._taken.update(keys)
        self._identical_templates(dict(zip(keys, places, strict=True)))
        for place, key in zip(places, keys, strict=True):
            if (place.path, place.source) in self._left_out:
                continue
            operation = self._operation(place, key)
            callbacks = self._callbacks(operation) if self._sources.dialect.has_callbacks else ()
            yield msgspec.structs.replace(operation, callbacks=tuple(callbacks))

    def _identical_templates(self, places: dict[str, _Place]) -> None:
        """Add the paths that are one to a client, as they differ only in the names of their parameters (OpenAPI 3.1
        section 4.8.8.2). Of one method in two of them, only that of the first can be tested."""
        first: dict[str, str] = {}
        offered: set[tuple[str, str]] = set()
        for key, place in places.items():
            form = re.sub(r"\{[^{}]+\}", "{}", place.path)
            other = first.setdefault(form, place.path)
            called = (form, place.method)
            if other != place.path:
                is_hidden = called in offered
                why = f": its {place.method} cannot be told from that of the other" if is_hidden else ""
                message = f'the path "{place.path}" is the same to a client as "{other}"{why}'
                at = Source("", ("paths", place.path))
                error = self._sources.error(at, message, "write all operations below one of them")
                log = self._log.closing(key) if is_hidden else self._log.within(key)
                log.add(error, "error" if is_hidden else "warning")
            offered.add(called)

    def webhooks(self) -> Iterator[Operation]:
        """The webhooks, each named by its operationId, or by its method and name."""
        for name in self._names(Source("", ("webhooks",))):
            for place in self._places(Source("", ("webhooks", name)), f"/{quote(name, safe='')}"):
                yield self._operation(place, self._free_key(place.operation_id or f"{place.method} {name}"), "webhook")

    def _callbacks(self, operation: Operation) -> Iterator[Callback]:
        """The callbacks of an operation. Those that an operation of a callback has itself are left out: they may lead
        back to it."""
        at, log = operation.source.child("callbacks"), self._log
        for name in self._names(at):
            found = log.attempt(partial(resolved_object, self._sources, at.child(name)), None)
            for url in self._names(found[0]) if found is not None else ():
                assert found is not None
                for place in self._places(found[0].child(url), url):
                    key = self._free_key(place.operation_id or f"{place.method} {name} of {operation.key}")
                    yield Callback(name, url, self._operation(place, key, "callback"))

    def _names(self, at: Source) -> list[str]:
        """The names in an optional object, without extensions."""
        none = dict[str, Any]()
        found = self._log.attempt(lambda: object_at(self._sources, at, optional=True), none)
        return [name for name in found if not name.startswith("x-")]

    def _free_key(self, wanted: str) -> str:
        """A name for an operation: that of a callback may be taken, as several operations may share it."""
        names = chain([wanted], (f"{wanted} ({number})" for number in count(2)))
        key = next(name for name in names if name not in self._taken)
        self._taken.add(key)
        return key

    def _places(self, at: Source, path: str) -> list[_Place]:
        sources, log = self._sources, self._log
        found = log.attempt(lambda: resolved_object(sources, at), None)
        if found is None:
            return []
        offered = sources.dialect.operations(sources, found[0], log)
        methods = tuple(method for method, _ in offered)
        places = []
        for method, entry in offered:
            # Documents of many files have operations behind a `$ref`; the standard does not clearly forbid it.
            closing = log.closing(f"{method} {path}")
            source, described = closing.attempt(partial(resolved_object, sources, entry), (entry, None))
            places.append(_Place(path, method, found[0], source, described, methods))
        return places

    def _keys(self, places: list[_Place]) -> Iterator[str]:
        """The name of each operation: its operationId, or method and path where it has none, or others have it too."""
        first: dict[str, Source] = {}
        repeated: set[str] = set()
        for name, source in ((place.operation_id, place.source) for place in places if place.operation_id):
            if first.setdefault(name, source) != source:
                repeated.add(name)
                message = f'the operationId "{name}" occurs twice; {self._sources.locate(first[name])} has it too'
                remedy = "give each operation its own operationId"
                self._log.add(self._sources.error(source.child("operationId"), message, remedy))
        for place in places:
            name = place.operation_id
            yield name if name and name not in repeated else f"{place.method} {place.path}"

    def _operation(self, place: _Place, key: str, kind: OperationKind = "path") -> Operation:
        sources, at, log = self._sources, place.source, self._log.closing(key)
        is_path = kind == "path"
        if is_path and not place.path.startswith("/"):
            message, remedy = f'the path "{place.path}" must start with "/"', f'write "/{place.path}"'
            log.add(sources.error(Source("", ("paths", place.path)), message, remedy))
        read, nothing = place.described is not None, Request((), None)
        request = sources.dialect.request(sources, place.path_item, at, log) if read else nothing
        fixed = fixed_query(place.path) if is_path else None
        taken = {("query", name) for name in fixed.names} if fixed is not None else set[tuple[str, str]]()
        names = _NAME.findall(place.path)
        ignored = [
            one
            for one in request.parameters
            if one.is_ignored
            or (one.location, one.name) in taken
            or (is_path and one.location == "path" and one.name not in names)
        ]
        documented = tuple(parameter for parameter in request.parameters if parameter not in ignored)
        return Operation(
            key=key,
            method=place.method,
            path=place.path,
            source=at,
            path_item=place.path_item,
            parameters=(*documented, *(_undocumented_path_parameters(documented, place.path, at) if is_path else ())),
            body=request.body,
            responses=tuple(self._responses(at, log)) if read else (),
            # What the document requires of all requests, it requires of those of clients.
            security=log.attempt(lambda: self._security(at, log, inherits=is_path), None) if read else None,
            methods=place.methods,
            ignored=tuple(ignored),
            kind=kind,
            base_paths=self._own_base_paths(place) if read and is_path else (),
            produces=request.produces,
            prose=self._prose(at, request.body) if read else "",
        )

    def _prose(self, at: Source, body: Body | None) -> str:
        written = self._sources.value(at)
        texts = [written.get("summary"), written.get("description")]
        texts += [self._sources.value(body.source).get("description")] if body is not None else []
        return "\n".join(text for text in texts if isinstance(text, str))

    def _own_base_paths(self, place: _Place) -> tuple[str, ...]:
        """The operation's own servers take the place of its path's, as those do of the document's (OpenAPI 3.1 section
        4.8.10.1)."""
        for owner in (place.source, place.path_item):
            if servers := self._sources.dialect.servers(self._sources, owner, self._log):
                return _base_paths(servers)
        return ()

    def _responses(self, operation: Source, log: DefectLog) -> Iterator[DocumentedResponse]:
        """The documented responses. Of one that cannot be read only the status is known: its answers are not judged."""
        sources, within = self._sources, log.closing_nothing()
        at, none = operation.child("responses"), dict[str, Any]()
        statuses = log.attempt(lambda: object_at(sources, at, optional=True), none)
        for written in statuses:
            if written.startswith("x-"):
                continue
            entry, status = at.child(written), written.upper() if _RANGE.fullmatch(written) else written
            if not _STATUS.fullmatch(written):
                remedy = f'write "{status}"' if status != written else _STATUS_REMEDY
                within.add(sources.error(entry, f'"{written}" is not a status', remedy))
            if _STATUS.fullmatch(status):
                unknown = DocumentedResponse(status, entry, entry, (), (), content_at=entry)
                found = within.attempt(partial(sources.dialect.response, sources, entry, operation, within), unknown)
                yield msgspec.structs.replace(found, status=status)

    def _security(self, operation: Source, log: DefectLog, *, inherits: bool) -> Security | None:
        """The requirement of an operation, or where it `inherits` that of the document. Of a scheme that cannot be read
        only the name is known: no credentials can be made for it. An alternative that cannot be read wants nothing."""
        sources, within, source = self._sources, log.closing_nothing(), operation.child("security")
        if "security" not in object_at(sources, operation):
            if not inherits:
                return None
            source = Source("", ("security",))
        requirements = within.attempt(lambda: array_at(sources, source), [])
        if not requirements:
            return None
        alternatives: list[tuple[SecurityScheme, ...]] = []
        for index, requirement in enumerate(requirements):
            if not isinstance(requirement, dict):
                remedy = "write names of security schemes with lists of scopes, for example {bearerAuth: []}"
                within.add(sources.error(source.child(index), "a security requirement must be an object", remedy))
                # Nobody knows what it wants: that may be nothing.
                alternatives.append(())
                continue
            read = {name: partial(_scheme, sources, name, source.child(index, name), within) for name in requirement}
            schemes = (within.attempt(one, SecurityScheme(name, ""), "warning") for name, one in read.items())
            alternatives.append(tuple(schemes))
        return Security(source.child(0), tuple(alternatives)) if any(alternatives) else None


def _undocumented_path_parameters(documented: tuple[Parameter, ...], path: str, at: Source) -> Iterator[Parameter]:
    """Parameters for names of the path template without a parameter object: any path segment is a valid value."""
    names = {parameter.name for parameter in documented if parameter.location == "path"}
    for name in _NAME.findall(path):
        if name not in names:
            yield Parameter(name, "path", True, at, None, None, "simple", explode=False)


def _scheme(sources: Sources, name: str, at: Source, log: DefectLog) -> SecurityScheme:
    shared = sources.dialect.shared_security_schemes
    try:
        source, written = resolved_object(sources, Source("", (*shared, name)))
    except KeyError:
        message = f'the security scheme "{name}" is not defined'
        raise sources.error(at, message, f"define it in {'.'.join(shared)}") from None
    scheme = sources.dialect.security_scheme(name, written)
    in_header = scheme.type == "apiKey" and scheme.location == "header"
    begins = re.match(HEADER_NAME, scheme.parameter) if in_header else None
    if begins is None or begins[0] == scheme.parameter:
        return scheme
    # "Authorization: Bearer" says what the value begins with, too.
    message = f'"{scheme.parameter}" is not the name of a header; it is read as "{begins[0]}"'
    log.add(sources.error(source.child("name"), message, f'write "{begins[0]}"'), "warning")
    return msgspec.structs.replace(scheme, parameter=begins[0])


def _base_paths(servers: list[str]) -> tuple[str, ...]:
    paths = (re.sub(r"^[a-zA-Z][a-zA-Z0-9+.-]*://[^/]*|^//[^/]*", "", url) for url in servers)
    return tuple(dict.fromkeys(path.rstrip("/") for path in paths)) or ("",)
