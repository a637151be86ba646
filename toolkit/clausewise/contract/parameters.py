"""Parameters and headers on the wire and back: the styles of OpenAPI 3.1 section 4.8.12.3.

A value that is written here is read back as the same value where the style allows: `form` does not distinguish 1 from
"1", so the schema decides. What is read is taken apart first and percent-decoded then.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import quote, unquote, unquote_plus

from clausewise.contract.message import Message
from clausewise.contract.parts import ParameterContract
from clausewise.contract.readings import Raw, reading
from clausewise.media.codec import Typed
from clausewise.media.form import FORM
from clausewise.media.json import JSON, parse_json
from clausewise.media.registry import codec_for
from clausewise.media.styles import (
    SEPARATORS,
    arrays,
    by_name,
    flat,
    is_open_list,
    joined,
    members_of,
    nested,
    objects,
    styled,
    text,
)
from clausewise.media.text import TEXT
from clausewise.spec.operations import Header, Parameter

#: what stands between the elements of a list in a header (RFC 9110 section 5.6.1), and not in a quoted string
_ELEMENT = re.compile(r'(?:[^",]|"(?:[^"\\]|\\.)*"?)+')

#: styles whose separators stand in a path as they are
_OF_PATHS = ("simple", "label", "matrix")

_NONE: frozenset[str] = frozenset()


def is_written_by_http(parameter: Parameter) -> bool:
    """Whether whoever sends a request writes the parameter, whatever its schema says: `Content-Length` is the length of
    the body (RFC 9110 section 8.6)."""
    return parameter.location == "header" and parameter.name.lower() == "content-length"


def is_always_sent(parameter: Parameter) -> bool:
    """Whether an HTTP client sends the header with every request, also where nobody asks for it."""
    return parameter.location == "header" and parameter.name.lower() in ("host", "user-agent", "accept-encoding")


def can_write(parameter: Parameter, value: Any) -> bool:
    """Whether the parameter's style has a form for `value`: there is none for null, which RFC 6570 (section 2.3) calls
    undefined, and the text `null` is a word like others to most servers. A form has one for objects only."""
    if parameter.whole is not None and FORM.covers(parameter.whole.name):
        return isinstance(value, dict) and not _has_null(value, deep=False)
    if parameter.media_type is not None:
        return not is_text(parameter) or not (value is None or isinstance(value, list | dict))
    return not _has_null(value, deep=parameter.style == "deepObject")


def is_text(part: Parameter | Header) -> bool:
    """Whether a parameter or header with `content` is a text as it stands: of a media type for text, or of one in which
    nothing is written."""
    return part.media_type is not None and "*" not in part.media_type and codec_for(part.media_type) is not JSON


def has_form(part: Parameter | Header) -> bool:
    """Whether values are written into a parameter or header, and read from it: into one with `content` as JSON or as
    plain text."""
    return part.media_type is None or "*" in part.media_type or codec_for(part.media_type) in (JSON, TEXT)


def makes_another_path(parameter: Parameter, value: Any) -> bool:
    """Whether a path with this value in it is another path, because nothing stands there."""
    return parameter.location == "path" and encode_path(parameter, value) == ""


def is_open(parameter: Parameter, message: Message | None, value: Any) -> bool:
    """Whether the text of an array or object may be read otherwise: that of an array without items, which RFC 6570
    (section 2.3) calls undefined, is that of one empty item, and few styles escape their own separators."""
    if not isinstance(value, list | dict) or parameter.media_type is not None:
        return False
    in_pairs = parameter.location in ("query", "cookie") and (parameter.explode or parameter.style == "deepObject")
    if in_pairs and not value:
        return False
    if not in_pairs and is_open_list(value, SEPARATORS.get(parameter.style, ",")):
        return True
    if parameter.location == "path":
        return bool(decode_path(parameter, message, encode_path(parameter, value)) != value)
    pairs = encode(parameter, value)
    if parameter.location == "query":
        pairs = [(unquote(name), written) for name, written in pairs]
    return bool(decode(parameter, message, pairs)[1] != value)


def has_own_form(parameter: Parameter, value: Any) -> bool:
    """Whether `value` is written in a form of our own: OpenAPI leaves open how an array or object stands inside another
    one (3.1 section 4.8.12.3)."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    parts = [part for part in parts if not isinstance(_flattened(part, parameter.inner_separators), str)]
    return parameter.media_type is None and any(isinstance(part, dict | list) for part in parts)


def _has_null(value: Any, *, deep: bool) -> bool:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]
    return any(
        part is None or (deep and isinstance(part, dict | list) and _has_null(part, deep=True)) for part in parts
    )


def encode(parameter: Parameter, value: Any) -> list[tuple[str, str]]:
    """A query, header or cookie parameter as names and values, as they stand in the request."""
    name, style, explode = parameter.name, parameter.style, parameter.explode
    value = _with_flat_items(value, parameter.inner_separators)
    if parameter.location == "header":
        return [(name, encode_header(parameter, value))]
    if parameter.media_type is not None:
        return [(quote(name, safe=""), quote(_in_media(parameter, value), safe=""))]
    if parameter.location == "query":
        return styled(name, value, style, explode=explode, escape=_quoted)
    # The names of cookies are tokens; of style `cookie` (OpenAPI 3.2), the values stand as they are as well.
    pairs = styled(name, value, style, explode=explode, escape=str if style == "cookie" else _quoted)
    return [(unquote(key), written) for key, written in pairs]


def encode_header(header: Parameter | Header, value: Any) -> str:
    """The value of a header, of a request or a response."""
    if header.media_type is not None:
        return _in_media(header, value)
    return flat(_with_flat_items(value, header.inner_separators), header.style, explode=header.explode)


def encode_path(parameter: Parameter, value: Any) -> str:
    """A path parameter as it stands in the path, percent-encoded (RFC 6570 section 3.2 for `label` and `matrix`)."""
    if parameter.media_type is not None:
        return _quoted(_in_media(parameter, value))
    prefix, separator = _path_marks(parameter, isinstance(value, dict))
    separator = separator if parameter.style in _OF_PATHS else _quoted(separator)
    value = _with_flat_items(value, parameter.inner_separators)
    if isinstance(value, list):
        return prefix + separator.join(_quoted(text(item)) for item in value)
    if isinstance(value, dict):
        pairs = [(_quoted(key), _quoted(text(member))) for key, member in value.items()]
        return prefix + joined(pairs, separator, explode=parameter.explode)
    return prefix + _quoted(text(value))


def _quoted(written: str) -> str:
    return quote(written, safe="")


def _in_media(part: Parameter | Header, value: Any) -> str:
    """A value of a parameter or header that has a media type."""
    return text(value) if is_text(part) else json.dumps(value, ensure_ascii=False)


def _path_marks(parameter: Parameter, of_object: bool) -> tuple[str, str]:
    """The prefix and the separator of a path parameter's style."""
    if parameter.style == "label":
        return ".", "." if parameter.explode else ","
    if parameter.style == "matrix":
        # The members of an exploded object are named by themselves.
        named = ";" if of_object and parameter.explode else f";{parameter.name}="
        return named, named if parameter.explode else ","
    return "", SEPARATORS.get(parameter.style, ",")


def _with_flat_items(value: Any, separators: tuple[str, ...]) -> Any:
    """An array with each array in it as one text, where there are separators for these."""
    return [_flattened(item, separators) for item in value] if separators and isinstance(value, list) else value


def _flattened(value: Any, separators: tuple[str, ...]) -> Any:
    if not separators or not isinstance(value, list):
        return value
    return separators[0].join(text(_flattened(item, separators[1:])) for item in value)


def _with_arrays(raws: Iterable[list[str]], separators: tuple[str, ...]) -> Iterator[list[Raw]]:
    """The reverse of `_with_flat_items`, of each of the ways in which an array was taken apart."""
    return ([_taken_apart(item, separators) for item in items] for items in raws)


def _taken_apart(item: Raw, separators: tuple[str, ...]) -> Raw:
    if not separators or not isinstance(item, str):
        return item
    return [_taken_apart(part, separators[1:]) for part in item.split(separators[0])]


def decode(
    parameter: Parameter,
    message: Message | None,
    pairs: Sequence[tuple[str, str]],
    taken: frozenset[str] = _NONE,
) -> tuple[bool, Any]:
    """Whether a parameter is among `pairs` (those of its location), and its value; a text that can have none of the
    schema's types stays a string.

    The values are those of the request, percent-encoded in a query and in cookies; the names are decoded, and those of
    headers compare without case. An exploded object without an end of its members has every name but those `taken`.
    """
    if parameter.location == "header":
        name = parameter.name.lower()
        lines = [value for key, value in pairs if key.lower() == name]
        return (True, decode_header(parameter, message, lines)) if lines else (False, None)
    unescape = unquote_plus if parameter.location == "query" else str if parameter.style == "cookie" else unquote
    found = [value for key, value in pairs if key == parameter.name]
    if parameter.media_type is not None:
        return (True, reading(message, _of_media(parameter, unescape(found[0])))) if found else (False, None)
    types = message.reader.types if message is not None else _NONE
    raws: list[Raw] = []
    if "object" in types:
        raws += _objects(parameter, message, found, [(key, unescape(value)) for key, value in pairs], taken)
    if "array" in types and found:
        separator = SEPARATORS.get(parameter.style, ",")
        ways = [list(map(unescape, found))] if parameter.explode else arrays(found[0], separator, unescape)
        raws += _with_arrays(ways, parameter.inner_separators)
    if found and _may_be_text(types):
        raws.append(unescape(found[0]))
    if not raws and parameter.required and message is not None and may_be_nothing(parameter, message):
        return True, {}
    return (True, reading(message, *raws)) if raws else (False, None)


def may_be_nothing(parameter: Parameter, message: Message) -> bool:
    """Whether nothing in a request stands for the empty object of a parameter, and its schema takes that: a request
    that lacks such a parameter has it."""
    is_pairs = parameter.style == "deepObject" or (parameter.explode and parameter.location in ("query", "cookie"))
    return is_pairs and parameter.media_type is None and message.reader.types == {"object"} and message.is_valid({})


def taken_names(parameters: Iterable[ParameterContract], location: str) -> frozenset[str]:
    """The names at one location that parameters have for themselves: their own, or those of an object's members."""
    names: set[str] = set()
    for contract in parameters:
        parameter, message = contract.parameter, contract.message
        if parameter.location == location:
            names.add(parameter.name)
            names |= message.reader.names if message is not None and parameter.explode else _NONE
    return frozenset(names)


def decode_header(header: Parameter | Header, message: Message | None, lines: Sequence[str]) -> Any:
    """The value of a header, of a request or a response, from its lines, which count as one (RFC 9110 section 5.3)."""
    written = lines[0] if len(lines) == 1 else ", ".join(lines)
    if header.media_type is not None:
        return reading(message, _of_media(header, written))
    types = message.reader.types if message is not None else _NONE
    raws: list[Raw] = []
    if types & {"array", "object"}:
        # Elements may have whitespace around them, and empty ones do not count (RFC 9110 section 5.6.1.2).
        parts = _ELEMENT.findall(written) if header.style == "simple" else written.split(SEPARATORS[header.style])
        elements = [element for part in parts if (element := part.strip())]
        if "object" in types:
            raws.append(members_of(elements, explode=header.explode))
        if "array" in types:
            raws += _with_arrays([elements], header.inner_separators)
    if _may_be_text(types):
        raws.append(written)
    return reading(message, *raws)


def header_values(header: Header, message: Message | None, lines: Sequence[str]) -> list[Any]:
    """The values of a response header to be judged: one of all its lines, but of `Set-Cookie` one of each, which no
    comma can join (RFC 9110 section 5.3)."""
    if header.name.lower() != "set-cookie":
        return [decode_header(header, message, lines)]
    if message is not None and "array" in message.reader.types:
        return [reading(message, list(lines))]
    return [decode_header(header, message, [line]) for line in lines]


def decode_path(parameter: Parameter, message: Message | None, segment: str) -> Any:
    """The value of a path parameter from its text in the path, still percent-encoded."""
    if parameter.media_type is not None:
        return reading(message, _of_media(parameter, unquote(segment)))
    types = message.reader.types if message is not None else _NONE
    raws: list[Raw] = []
    if "object" in types:
        prefix, separator = _path_marks(parameter, of_object=True)
        raws += objects(segment.removeprefix(prefix), separator, explode=parameter.explode, unescape=unquote)
    prefix, separator = _path_marks(parameter, of_object=False)
    written = segment.removeprefix(prefix)
    if "array" in types:
        raws += _with_arrays(arrays(written, separator, unquote), parameter.inner_separators)
    if _may_be_text(types):
        raws.append(unquote(written))
    return reading(message, *raws)


def _may_be_text(types: frozenset[str]) -> bool:
    return not types or not types <= {"array", "object"}


def _of_media(part: Parameter | Header, written: str) -> Raw:
    """The value of a parameter or header that has a media type: JSON, and a text where it is none."""
    if is_text(part):
        return written
    try:
        return Typed(parse_json(written.encode("utf-8", "surrogatepass")))
    except ValueError:
        return written


def _objects(
    parameter: Parameter,
    message: Message | None,
    found: list[str],
    pairs: list[tuple[str, str]],
    taken: frozenset[str],
) -> Iterator[Raw]:
    """What may be an object of a parameter in a query or a cookie: `pairs` are decoded, what was `found` is not."""
    if parameter.style == "deepObject":
        members = nested(parameter.name, pairs)
        if members is not None:
            yield members
    elif parameter.explode:
        assert message is not None
        reader = message.reader
        own = [
            (key, value)
            for key, value in pairs
            if key in reader.names or (key.partition("[")[0] not in taken and reader.takes_name(key))
        ]
        if own:
            yield by_name(own)
    elif found:
        unescape = unquote_plus if parameter.location == "query" else unquote
        separator = SEPARATORS.get(parameter.style, ",")
        yield from objects(found[0], separator, explode=False, unescape=unescape)
