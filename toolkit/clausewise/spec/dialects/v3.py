"""OpenAPI 3.0, 3.1 and 3.2: how their documents write servers, requests, responses and security schemes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from clausewise.spec.accessors import array_at, component, object_at, resolved_object
from clausewise.spec.defects import DefectLog
from clausewise.spec.dialects.base import Dialect, Nullable, Request
from clausewise.spec.dialects.drafts import IDENTIFIERS, draft_of
from clausewise.spec.dialects.examples import read_examples
from clausewise.spec.dialects.headers import headers_of
from clausewise.spec.dialects.schemas import SCHEMAS_30, SCHEMAS_31
from clausewise.spec.links import read_links
from clausewise.spec.operations import (
    Body,
    DocumentedResponse,
    Encoding,
    Header,
    MediaType,
    Parameter,
    ParameterLocation,
    SecurityScheme,
)
from clausewise.spec.pointer import Source

if TYPE_CHECKING:
    from clausewise.spec.resolve import Sources

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

#: the key of an encoding that is about each part
EACH = "[]"

#: URLs of one server with variables
_MOST_URLS = 100

#: `style` where the document names none (OpenAPI 3.1 section 4.8.12.2)
STYLES: Mapping[ParameterLocation, str] = {"path": "simple", "query": "form", "header": "simple", "cookie": "form"}


#: what says how parts of a body are written
_ENCODING = frozenset({"encoding", "prefixEncoding", "itemEncoding"})


def _servers(sources: Sources, owner: Source, log: DefectLog) -> list[str]:
    if "servers" not in object_at(sources, owner):
        return []
    at, none = owner.child("servers"), list[Any]()
    entries = log.attempt(lambda: array_at(sources, at), none)
    read = (log.attempt(partial(_server, sources, at.child(index)), none) for index in range(len(entries)))
    return [url for urls in read for url in urls]


def _server(sources: Sources, at: Source) -> list[str]:
    """The URL of a server with the default of each variable, then with every other value that they may have."""
    server = sources.value(at)
    if not isinstance(server, dict) or not isinstance(server.get("url"), str):
        raise sources.error(at, 'a server must have a "url"', 'write a URL such as "https://example.com/v1" or "/v1"')
    urls = [str(server["url"])]
    for name, variable in object_at(sources, at.child("variables"), optional=True).items():
        if isinstance(variable, dict):
            listed = variable.get("enum")
            others = listed if isinstance(listed, list) else []
            values = dict.fromkeys(str(value) for value in (variable.get("default", ""), *others))
            urls = [url.replace("{" + name + "}", value) for value in values for url in urls]
    return urls[:_MOST_URLS]


def operations_of(sources: Sources, path_item: Source, _log: DefectLog) -> list[tuple[str, Source]]:
    """The operations of a path item with a field of their own."""
    item = object_at(sources, path_item)
    return [(method.upper(), path_item.child(method)) for method in METHODS if method in item]


def request_of(
    sources: Sources,
    path_item: Source,
    operation: Source,
    log: DefectLog,
    *,
    styles: Mapping[ParameterLocation, str] = STYLES,
) -> Request:
    """The request of an operation; `styles` gives, for each location of parameters, the `style` where none is named."""
    own = _parameters(sources, operation, log, styles)
    overridden = {(parameter.location, parameter.name) for parameter in own}
    shared = (one for one in _parameters(sources, path_item, log, styles) if (one.location, one.name) not in overridden)
    has_body = "requestBody" in object_at(sources, operation)
    body = log.attempt(lambda: _body(sources, operation.child("requestBody"), log), None) if has_body else None
    return Request((*shared, *own), body)


def _parameters(
    sources: Sources, owner: Source, log: DefectLog, styles: Mapping[ParameterLocation, str]
) -> tuple[Parameter, ...]:
    at, none = owner.child("parameters"), list[Any]()
    entries = log.attempt(lambda: array_at(sources, at), none)

    def read(at: Source, value: dict[str, Any], log: DefectLog) -> Parameter:
        return _parameter(sources, at, value, log, styles)

    found = (
        log.attempt(partial(component, sources, at.child(index), log, "parameter", read), None)
        for index in range(len(entries))
    )
    return tuple(parameter for parameter in found if parameter is not None)


def _parameter(
    sources: Sources,
    at: Source,
    parameter: dict[str, Any],
    log: DefectLog,
    styles: Mapping[ParameterLocation, str],
) -> Parameter:
    name, location = parameter.get("name"), next((each for each in styles if each == parameter.get("in")), None)
    if not isinstance(name, str) or not name:
        raise sources.error(at, 'a parameter must have a "name"', "write its name as in requests")
    if location is None:
        *others, last = styles
        remedy = f"write {', '.join(others)} or {last}"
        raise sources.error(at, f'the parameter "{name}" must have an "in"', remedy)
    style = str(parameter.get("style", styles[location]))
    content = _content(sources, at, parameter, log)
    if location == "querystring" and not content:
        message = f'the parameter "{name}", which is the whole query, must have "content"'
        raise sources.error(at, message, "write its media type")
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
        examples=read_examples(sources, at, log),
        description=str(parameter.get("description", "")),
        allows_empty=parameter.get("allowEmptyValue") is True,
        allows_reserved=parameter.get("allowReserved") is True,
        whole=content[0] if location == "querystring" else None,
    )


def _body(sources: Sources, entry: Source, log: DefectLog) -> Body:
    def read(at: Source, body: dict[str, Any], log: DefectLog) -> Body:
        return Body(body.get("required") is True, at, _content(sources, at, body, log))

    return component(sources, entry, log, "body", read)


def _content(sources: Sources, owner: Source, described: dict[str, Any], log: DefectLog) -> tuple[MediaType, ...]:
    if "content" not in described:
        return ()
    at, none = owner.child("content"), dict[str, Any]()
    names = log.attempt(lambda: object_at(sources, at, optional=True), none)
    # Of one that cannot be read its name is known: a body of it is documented.
    unknown = {name: MediaType(name, at.child(name), None) for name in names}
    return tuple(log.attempt(partial(_media_type, sources, one.source, log), one) for one in unknown.values())


def _media_type(sources: Sources, entry: Source, log: DefectLog) -> MediaType:
    at, value = resolved_object(sources, entry)
    schema = at.child("schema") if "schema" in value else None
    items = at.child("itemSchema") if "itemSchema" in value else None
    examples, encodings = read_examples(sources, at, log), _encodings(sources, at, value, log)
    return MediaType(entry.tokens[-1], at, schema, examples, encodings, items)


def _encodings(sources: Sources, media: Source, described: dict[str, Any], log: DefectLog) -> dict[str, Encoding]:
    """The encodings by property, and those of `prefixEncoding` and `itemEncoding` by position."""
    if _ENCODING.isdisjoint(described):
        return {}
    at = media.child("prefixEncoding")
    places = {
        name: media.child("encoding", name) for name in object_at(sources, media.child("encoding"), optional=True)
    }
    places |= {str(index): at.child(index) for index in range(len(array_at(sources, at)))}
    places |= {EACH: media.child("itemEncoding")} if "itemEncoding" in described else {}
    found = {}
    for name, place in places.items():
        if not isinstance(sources.value(place), dict):
            continue
        at, value = resolved_object(sources, place)
        content_type, style, explode = (value.get(keyword) for keyword in ("contentType", "style", "explode"))
        found[name] = Encoding(
            content_type=None if content_type is None else str(content_type),
            style=None if style is None else str(style),
            explode=None if explode is None else bool(explode),
            allow_reserved=value.get("allowReserved") is True,
            headers=headers_of(sources, at, log, _header),
            source=place,
        )
    return found


def _response(sources: Sources, entry: Source, _operation: Source, log: DefectLog) -> DocumentedResponse:
    status = entry.tokens[-1]

    def read(at: Source, response: dict[str, Any], log: DefectLog) -> DocumentedResponse:
        links = log.attempt(lambda: tuple(read_links(sources, at)), ()) if "links" in response else ()
        content = _content(sources, at, response, log)
        headers = headers_of(sources, at, log, _header) if "headers" in response else ()
        return DocumentedResponse(status, entry, at, content, headers, at.child("content"), links)

    found = component(sources, entry, log, "response", read)
    return msgspec.structs.replace(found, status=status, entry=entry)


def _header(sources: Sources, entry: Source, log: DefectLog) -> Header:
    name = entry.tokens[-1]

    def read(at: Source, header: dict[str, Any], log: DefectLog) -> Header:
        schema = at.child("schema") if "schema" in header else None
        content = _content(sources, at, header, log)
        return Header(
            name=name,
            required=header.get("required") is True,
            source=at,
            schema=content[0].schema if content else schema,
            media_type=content[0].name if content else None,
            explode=header.get("explode") is True,
            examples=read_examples(sources, at, log),
        )

    return msgspec.structs.replace(component(sources, entry, log, "header", read), name=name)


def _security_scheme(name: str, scheme: Mapping[str, Any]) -> SecurityScheme:
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


def _dialect_30(read: Nullable) -> Dialect:
    return Dialect(
        "3.0",
        "OpenAPI 3.0",
        schemas=SCHEMAS_30[read],
        # It does not know `$schema`.
        draft_of=lambda _uri: SCHEMAS_30[read],
        draft_identifiers=frozenset(),
        shared_schemas=("components", "schemas"),
        shared_security_schemes=("components", "securitySchemes"),
        servers=_servers,
        operations=operations_of,
        request=request_of,
        response=_response,
        security_scheme=_security_scheme,
        has_callbacks=True,
    )


OPENAPI_30: dict[Nullable, Dialect] = {"meant": _dialect_30("meant"), "letter": _dialect_30("letter")}
OPENAPI_31 = msgspec.structs.replace(
    OPENAPI_30["meant"],
    name="3.1",
    title="OpenAPI 3.1",
    schemas=SCHEMAS_31,
    draft_of=draft_of,
    draft_identifiers=IDENTIFIERS,
    has_webhooks=True,
)
