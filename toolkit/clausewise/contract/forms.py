"""The members of a form body: how each is written, by its `encoding` and the type of its schema."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from clausewise.contract.breaches import Breach
from clausewise.contract.clause import Clause
from clausewise.contract.message import Message
from clausewise.contract.parameters import decode_header
from clausewise.contract.parts import HeaderContract, MediaContract
from clausewise.media.codec import Malformed
from clausewise.media.form import FORM
from clausewise.media.members import EACH, Member, Members, by_order
from clausewise.media.multipart import Part, parts_of
from clausewise.media.registry import codec_for
from clausewise.media.types import essence, is_json
from clausewise.spec.operations import Encoding, MediaType
from clausewise.spec.pointer import descend, from_pointer
from clausewise.spec.subschemas import subschemas

#: the `encoding` of a member for which the document has none
_NONE = Encoding(content_type=None, style=None, explode=None, allow_reserved=False, headers=())

#: keywords that say nothing of the type of a value
_SILENT = frozenset(("title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "nullable"))


def members_of(media: MediaType, message: Message | None, version: str) -> Members:
    """How the members of a form of this media type are written, in a document of this `version` of OpenAPI ("3.0").

    Where the document names no media type, the type of the schema decides: a file is `application/octet-stream`, an
    object JSON, anything else a text, and an array what its items are (OpenAPI 3.0.3 section 4.7.15.1, 3.1.1 section
    4.8.15.1.1).
    """
    is_multipart = essence(media.name).startswith("multipart/")
    if not is_multipart and not FORM.covers(media.name):
        return {}
    root = message.schema if message is not None else True
    if codec_for(media.name).has_parts and message is not None and message.reader.types == {"array"}:
        return _by_order(media, root, version)
    described = properties_of([root], root)
    # In a multipart body, 3.0 knows no styles.
    has_styles = not is_multipart or (version != "3.0" and essence(media.name) == "multipart/form-data")
    return {
        name: _member(media.encoding.get(name, _NONE), described.get(name, []), root, version, is_multipart, has_styles)
        for name in {**described, **media.encoding}
    }


def _by_order(media: MediaType, root: Any, version: str) -> Members:
    """How the parts are written that are the items of an array."""
    nodes = [node for node in _nodes([root], root, set()) if {"items", "prefixItems"} & node.keys()]
    first = max([0, *(len(node.get("prefixItems", ())) for node in nodes)])
    first = max(first, sum(key.isdecimal() for key in media.encoding))
    items = [node["items"] for node in nodes if "items" in node]
    described = {EACH: items}
    for index in range(first):
        own = [node["prefixItems"][index] for node in nodes if len(node.get("prefixItems", ())) > index]
        described[str(index)] = own or items
    return {name: _part(media.encoding.get(name, _NONE), each, root, version) for name, each in described.items()}


def _part(encoding: Encoding, schemas: list[Any], root: Any, version: str) -> Member:
    """A part that is an item of an array: it is one part, also where it is an array itself."""
    member = _member(encoding, schemas, root, version, is_multipart=True, has_styles=False)
    is_array = types_in(schemas, root) - {"null"} == {"array"}
    kind = "application/json" if is_array else member.default_type
    return msgspec.structs.replace(member, is_list=False, default_type=kind, is_file=member.is_file and not is_array)


def judge_fields(entry: MediaContract, content: bytes, content_type: str) -> tuple[list[Clause], list[Breach]]:
    """The clauses about the parts of a form that it keeps, and those that it breaks; locations start with the field.

    A part without a `Content-Type` is not judged by one: it is a text to some programs (RFC 7578 section 4.4), and what
    its field is to others.
    """
    upheld: list[Clause] = []
    broken: list[Breach] = []
    found = parts_of(content, content_type) if entry.fields else []
    parts = [] if isinstance(found, Malformed) else _named(found, entry.members)
    for field in entry.fields:
        for part in parts:
            if part.name != field.name:
                continue
            if field.media_type is not None and part.media_type:
                if entry.members[field.name].allows(part.media_type):
                    upheld.append(field.media_type)
                else:
                    broken.append(Breach(field.media_type, (field.name,), part.media_type))
            for header in field.headers:
                _judge_header(field.name, header, part, upheld, broken)
    return upheld, broken


def _named(parts: list[Part], members: Members) -> list[Part]:
    """The parts, by the names that their members have where they go by their order."""
    if not by_order(members):
        return parts
    places = enumerate(parts)
    return [msgspec.structs.replace(one, name=str(at) if str(at) in members else EACH) for at, one in places]


def _judge_header(field: str, contract: HeaderContract, part: Part, upheld: list[Clause], broken: list[Breach]) -> None:
    name = contract.header.name
    lines = [value for key, value in part.headers if key.lower() == name.lower()]
    if contract.required is not None and lines:
        upheld.append(contract.required)
    elif contract.required is not None:
        broken.append(Breach(contract.required, (field, name), None))
    if contract.message is not None and lines:
        judgement = contract.message.judge(decode_header(contract.header, contract.message, lines))
        upheld += judgement.upheld
        broken += (
            msgspec.structs.replace(breach, location=(field, name, *breach.location)) for breach in judgement.breaches
        )


def properties_of(schemas: list[Any], root: Any) -> dict[str, list[Any]]:
    """The properties that any of `schemas`, which stand in `root`, or an alternative in them, describes."""
    found: dict[str, list[Any]] = {}
    for node in _nodes(schemas, root, set()):
        for name, schema in node.get("properties", {}).items():
            found.setdefault(name, []).append(schema)
    return found


def types_in(schemas: list[Any], root: Any) -> frozenset[str]:
    """The types that any of `schemas` names, or an alternative in them; empty where none names any."""
    found: set[str] = set()
    for node in _nodes(schemas, root, set()):
        declared = node.get("type", [])
        found |= {declared} if isinstance(declared, str) else set(declared)
    return frozenset(found)


def _member(
    encoding: Encoding, schemas: list[Any], root: Any, version: str, is_multipart: bool, has_styles: bool
) -> Member:
    types = types_in(schemas, root) - {"null"}
    items = [node["items"] for node in _nodes(schemas, root, set()) if "items" in node]
    parts = items if types == {"array"} else schemas
    allowed = tuple(name.strip() for name in (encoding.content_type or "").split(",") if name.strip())
    styled = encoding.style is not None or encoding.explode is not None
    if has_styles and types & {"array", "object"} and (styled or (encoding.allow_reserved and not allowed)):
        style = encoding.style or "form"
        own = properties_of(schemas, root) if "object" in types else {}
        return Member(
            is_list="array" in types,
            style=style,
            explode=style == "form" if encoding.explode is None else encoding.explode,
            allow_reserved=encoding.allow_reserved,
            names=frozenset(own),
            flat_names=frozenset(name for name, each in own.items() if _is_scalar(types_in(each, root))),
        )
    is_file = is_multipart and _is_file(parts, root, allowed, version)
    return Member(
        media_types=allowed if is_multipart or is_json(encoding.content_type or "") else (),
        default_type=_default_type(parts, root, is_file=is_file),
        is_list="array" in types,
        is_file=is_file,
        allow_reserved=encoding.allow_reserved,
    )


def _is_scalar(types: frozenset[str]) -> bool:
    return bool(types) and not types & {"array", "object"}


def _is_file(schemas: list[Any], root: Any, allowed: tuple[str, ...], version: str) -> bool:
    """Whether a member holds bytes: by `format: binary` (3.0), a `contentMediaType` without an encoding (3.1), a schema
    without a type (3.1), or by a media type of its own that is neither text nor JSON nor XML."""
    nodes = list(_nodes(schemas, root, set()))
    if any("contentEncoding" in node or node.get("format") in ("byte", "base64") for node in nodes):
        return False
    if any(node.get("format") == "binary" or "contentMediaType" in node for node in nodes):
        return True
    if types_in(schemas, root) - {"null", "string"}:
        return False
    if any({"enum", "const", "pattern", "properties", "items"} & node.keys() for node in nodes):
        return False
    if allowed:
        return not any(_is_text(name) for name in allowed)
    return version != "3.0" and bool(schemas) and all(node.keys() <= _SILENT for node in nodes)


def _is_text(media_type: str) -> bool:
    name = essence(media_type)
    return name.startswith("text/") or is_json(name) or name.endswith(("/xml", "+xml")) or name == "*/*"


def _default_type(schemas: list[Any], root: Any, *, is_file: bool) -> str:
    if is_file:
        named = (node["contentMediaType"] for node in _nodes(schemas, root, set()) if "contentMediaType" in node)
        return str(next(named, "application/octet-stream"))
    types = types_in(schemas, root) - {"null"}
    return "application/json" if types and types <= {"object", "array"} else ""


def _nodes(schemas: list[Any], root: Any, seen: set[int]) -> Iterator[dict[str, Any]]:
    """`schemas` that are objects, what they refer to, and the alternatives and conditions in them."""
    for schema in schemas:
        if not isinstance(schema, dict) or id(schema) in seen:
            continue
        seen.add(id(schema))
        yield schema
        inner = [each.schema for each in subschemas(schema) if each.applies == "in place" and each.keyword != "not"]
        if "$ref" in schema:
            inner.append(descend(root, from_pointer(schema["$ref"].removeprefix("#"))))
        yield from _nodes(inner, root, seen)
