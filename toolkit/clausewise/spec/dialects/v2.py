"""Swagger 2.0: how its documents write servers, requests, responses and security schemes.

Parameters describe the body here, each by itself: one with `in: body` has its schema, those with `in: formData` are the
fields of a form. A parameter of any other kind, and a header, is a schema itself. What real documents often have beside
the standard is read as it is meant: a parameter with a `schema` around what should stand in it, a body without one, a
form whose `consumes` names no form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from clausewise.errors import SpecError
from clausewise.spec.accessors import array_at, object_at, resolved_object
from clausewise.spec.defects import DefectLog
from clausewise.spec.dialects.base import Dialect, Request
from clausewise.spec.dialects.examples import read_examples
from clausewise.spec.dialects.headers import headers_of
from clausewise.spec.dialects.schemas import SCHEMAS_20
from clausewise.spec.operations import (
    Body,
    DocumentedResponse,
    Encoding,
    Example,
    Form,
    FormField,
    Header,
    MediaType,
    Parameter,
    SecurityScheme,
)
from clausewise.spec.pointer import Source

if TYPE_CHECKING:
    from clausewise.spec.resolve import Sources

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch")

_LOCATIONS = ("path", "query", "header", "formData", "body")

#: `collectionFormat` -> the style of OpenAPI 3 that writes the same, and the separator between items; 3 has none for
#: tabs
_STYLES = {
    "csv": ("", ","),
    "ssv": ("spaceDelimited", " "),
    "tsv": ("tabDelimited", "\t"),
    "pipes": ("pipeDelimited", "|"),
}

#: the media type of a document that names none: nothing is promised, and the schema judges what it can
_ANY = "*/*"

_URLENCODED, _MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"

#: `flow` of an OAuth scheme that has a token URL -> its name since OpenAPI 3
_FLOWS = {"password": "password", "application": "clientCredentials", "accessCode": "authorizationCode"}

#: arrays in arrays that are followed
_DEEPEST = 20


class _Written(msgspec.Struct, frozen=True):
    """A parameter as it is written, its `$ref` resolved."""

    at: Source
    value: dict[str, Any]
    name: str
    #: "path", "query", "header", "formData" or "body"
    location: str


def _servers(sources: Sources, owner: Source, log: DefectLog) -> list[str]:
    """`schemes`, `host` and `basePath`; a URL relative to that of the document where there is no host."""
    if owner.tokens:
        return []
    document = object_at(sources, owner)
    base, host = (str(document.get(name) or "") for name in ("basePath", "host"))
    base = base if base.startswith("/") or not base else f"/{base}"
    # Some documents have the whole URL here.
    host = re.sub(r"^[a-zA-Z][a-zA-Z0-9+.-]*://", "", host).rstrip("/")
    if not host:
        return [base] if base else []
    written: list[Any] = log.attempt(lambda: array_at(sources, owner.child("schemes")), [])
    schemes = [scheme for scheme in written if scheme in ("http", "https")]
    return [f"{scheme}://{host}{base}" for scheme in schemes or [urlsplit(sources.root.url).scheme or "http"]]


def _operations(sources: Sources, path_item: Source, _log: DefectLog) -> list[tuple[str, Source]]:
    item = object_at(sources, path_item)
    return [(method.upper(), path_item.child(method)) for method in _METHODS if method in item]


def _request(sources: Sources, path_item: Source, operation: Source, log: DefectLog) -> Request:
    own = _written_at(sources, operation, log)
    overridden = {_identity(one) for one in own}
    shared = _written_at(sources, path_item, log)
    given = [*(one for one in shared if _identity(one) not in overridden), *own]
    bodies = [one for one in given if one.location == "body"]
    fields = [one for one in given if one.location == "formData"]
    if len(bodies) > 1 or (bodies and fields):
        message = f'the parameter "{bodies[-1].name}" describes the body, and "{(fields or bodies)[0].name}" does too'
        remedy = "describe the body by one parameter with `in: body`, or by `in: formData` for each field of a form"
        log.add(sources.error(bodies[-1].at, message, remedy))
    parameters = tuple(_parameter(sources, one, log) for one in given if one.location not in ("body", "formData"))
    body = _form(sources, operation, fields, log) if fields else None
    if bodies:
        body = _body(sources, operation, bodies[0], log)
    return Request(parameters, body, tuple(name for name, _ in _media_types(sources, operation, "produces", log)))


def _written_at(sources: Sources, owner: Source, log: DefectLog) -> list[_Written]:
    """The parameters of a path item or an operation."""
    at, none = owner.child("parameters"), list[Any]()
    entries = log.attempt(lambda: array_at(sources, at), none)
    read = (log.attempt(partial(_written, sources, at.child(index)), None) for index in range(len(entries)))
    return [written for written in read if written is not None]


def _identity(written: _Written) -> tuple[str, str]:
    """What no two parameters of an operation share; the name of a body is only for people."""
    return written.location, "" if written.location == "body" else written.name


def _written(sources: Sources, entry: Source) -> _Written:
    at, value = resolved_object(sources, entry)
    name, location = value.get("name"), value.get("in")
    if not isinstance(name, str) or not name:
        raise sources.error(at, 'a parameter must have a "name"', "write its name as in requests")
    if location not in _LOCATIONS:
        message, remedy = f'the parameter "{name}" must have an "in"', "write path, query, header, formData or body"
        raise sources.error(at, message, remedy)
    return _Written(at, value, name, location)


def _schema(written: _Written) -> Source:
    """The schema of a parameter: itself, or what it has as `schema` where that should be."""
    return written.at.child("schema") if "type" not in written.value and "schema" in written.value else written.at


def _described(sources: Sources, schema: Source) -> dict[str, Any]:
    """The schema at `schema`, its `$ref` resolved; {} where it is none."""
    try:
        _, value = sources.follow(schema)
    except SpecError:
        # A defect where the schema is compiled.
        return {}
    return value if isinstance(value, dict) else {}


def _parameter(sources: Sources, written: _Written, log: DefectLog) -> Parameter:
    value = written.value
    explode, style, inner = _collection(sources, _schema(written), written.location)
    return Parameter(
        name=written.name,
        location=written.location,  # type: ignore[arg-type]
        required=written.location == "path" or value.get("required") is True,
        source=written.at,
        schema=_schema(written),
        media_type=None,
        style=style or ("form" if written.location == "query" else "simple"),
        explode=explode,
        examples=read_examples(sources, written.at, log),
        description=str(value.get("description", "")),
        allows_empty=value.get("allowEmptyValue") is True,
        inner_separators=inner,
    )


def _collection(sources: Sources, schema: Source, location: str) -> tuple[bool, str, tuple[str, ...]]:
    """How arrays are written: whether each item has a pair of its own, the style ("" for commas), and the separators of
    the arrays in them, the outer ones first."""
    formats: list[str] = []
    level: Any = _described(sources, schema)
    while isinstance(level, dict) and level.get("type") == "array" and len(formats) < _DEEPEST:
        formats.append(str(level.get("collectionFormat", "csv")))
        level = level.get("items")
    explode = formats[:1] == ["multi"] and location in ("query", "formData")
    style, _ = _STYLES.get(formats[0], _STYLES["csv"]) if formats else _STYLES["csv"]
    return explode, style, tuple(_STYLES.get(name, _STYLES["csv"])[1] for name in formats[1:])


def _media_types(sources: Sources, operation: Source, keyword: str, log: DefectLog) -> list[tuple[str, Source]]:
    """The media types of `consumes` or `produces` with their places: the operation's own override the document's."""
    owner = operation if keyword in object_at(sources, operation) else Source("")
    at, none = owner.child(keyword), list[Any]()
    names = log.closing_nothing().attempt(lambda: array_at(sources, at), none)
    return [(name, at.child(index)) for index, name in enumerate(names) if isinstance(name, str)]


def _body(sources: Sources, operation: Source, written: _Written, log: DefectLog) -> Body:
    examples = read_examples(sources, written.at, log)
    # A body that is described like any other parameter is read as it is meant.
    is_inline = "schema" not in written.value and "type" in written.value
    schema = written.at if is_inline else written.at.child("schema") if "schema" in written.value else None
    consumed = _media_types(sources, operation, "consumes", log) or [(_ANY, written.at)]
    content = (MediaType(name, source, schema, examples) for name, source in consumed)
    return Body(written.value.get("required") is True, written.at, tuple(content))


def _form(sources: Sources, operation: Source, written: list[_Written], log: DefectLog) -> Body:
    """The fields of a form as one body, which is required where one of its fields is."""
    required = [one for one in written if one.value.get("required") is True]
    fields = tuple(
        FormField(one.name, one.at.child("required") if one in required else None, _schema(one)) for one in written
    )
    encoding = {one.name: found for one in written if (found := _encoding(sources, one)) is not None}
    has_files = any(_described(sources, _schema(one)).get("type") == "file" for one in written)
    forms = (_MULTIPART,) if has_files else (_URLENCODED, _MULTIPART)
    source = (required or written)[0].at
    named = _media_types(sources, operation, "consumes", log)
    consumed = [each for each in named if each[0].partition(";")[0].strip().lower() in forms]
    content = (
        MediaType(name, at, None, (), encoding, form=Form(operation, fields))
        for name, at in consumed or [(forms[0], source)]
    )
    return Body(bool(required), source, tuple(content))


def _encoding(sources: Sources, written: _Written) -> Encoding | None:
    """How a field that is an array is written; None for any other."""
    schema = _schema(written)
    if _described(sources, schema).get("type") != "array":
        return None
    explode, style, _ = _collection(sources, schema, "formData")
    return Encoding(content_type=None, style=style or "form", explode=explode, allow_reserved=False, headers=())


def _response(sources: Sources, entry: Source, operation: Source, log: DefectLog) -> DocumentedResponse:
    at, response = resolved_object(sources, entry)
    content = tuple(_content(sources, at, operation, log)) if "schema" in response else ()
    return DocumentedResponse(
        entry.tokens[-1], entry, at, content, headers_of(sources, at, log, _header), content_at=at.child("schema")
    )


def _content(sources: Sources, response: Source, operation: Source, log: DefectLog) -> Iterator[MediaType]:
    """The media types of a response with a schema. A file is whatever bytes it is."""
    schema = response.child("schema")
    is_file = _described(sources, schema).get("type") == "file"
    at, none = response.child("examples"), dict[str, Any]()
    examples = log.attempt(lambda: object_at(sources, at, optional=True), none)
    produced = _media_types(sources, operation, "produces", log) or [(_ANY, schema)]
    for name, source in produced:
        written = name if name in examples else next(iter(examples), "") if name == _ANY else ""
        found = (Example("", examples[written], at.child(written)),) if written in examples else ()
        yield MediaType(name, source, None if is_file else schema, found)


def _header(sources: Sources, entry: Source, log: DefectLog) -> Header:
    at, header = resolved_object(sources, entry)
    schema = at.child("schema") if "type" not in header and "schema" in header else at
    _, style, inner = _collection(sources, schema, "header")
    return Header(
        name=entry.tokens[-1],
        required=False,
        source=at,
        schema=schema,
        examples=read_examples(sources, at, log),
        style=style or "simple",
        inner_separators=inner,
    )


def _security_scheme(name: str, scheme: Mapping[str, Any]) -> SecurityScheme:
    kind, flow, token_url = (scheme.get(keyword) for keyword in ("type", "flow", "tokenUrl"))
    has_token = kind == "oauth2" and flow in _FLOWS and isinstance(token_url, str)
    return SecurityScheme(
        name=name,
        type="http" if kind == "basic" else str(kind or ""),
        scheme="basic" if kind == "basic" else "",
        location=str(scheme.get("in", "")),
        parameter=str(scheme.get("name", "")),
        token_urls=((_FLOWS[str(flow)], str(token_url)),) if has_token else (),
    )


SWAGGER_20 = Dialect(
    "2.0",
    "Swagger 2.0",
    schemas=SCHEMAS_20,
    # It does not know `$schema`.
    draft_of=lambda _uri: SCHEMAS_20,
    draft_identifiers=frozenset(),
    shared_schemas=("definitions",),
    shared_security_schemes=("securityDefinitions",),
    servers=_servers,
    operations=_operations,
    request=_request,
    response=_response,
    security_scheme=_security_scheme,
    # Schema Object, `discriminator`: a value names this schema, or one that inherits it
    bases_are_kinds=True,
)
