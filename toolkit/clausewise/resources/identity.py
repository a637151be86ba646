"""The identity of a resource: its path values, read from the request that created it and from the answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from clausewise.contract.bodies import answered_value
from clausewise.contract.operation import OperationContract
from clausewise.contract.parameters import decode_path
from clausewise.contract.parts import ParameterContract
from clausewise.exchange import Exchange, Request, header, query_pairs
from clausewise.media.json import parse_json
from clausewise.resources.hrefs import own_addresses
from clausewise.resources.types import ResourceType, erased, parameter_names
from clausewise.values.edit import Location, get
from clausewise.values.words import ENVELOPES, plain

#: names of the value that identifies a resource, in answers that do not use the path's name
_NAMES = ("id", "pk", "uuid", "guid", "key", "slug", "name", "identifier", "number", "code", "username", "email")

#: names of links to what shows them
_OWN_LINKS = frozenset({"self", "href", "url", "uri", "location"})

#: media type of a body whose names and values are written like those of a query
_FORM = "application/x-www-form-urlencoded"

#: longest text that is read as a number, in digits: Python converts none of some thousands
_DIGITS = 40

#: envelopes opened one inside the other
_DEPTH = 2


class Resource(msgspec.Struct, frozen=True):
    """One resource on the server."""

    #: path of its type
    type_path: str
    #: values of the path's parameters, its own last
    values: tuple[Any, ...]
    #: JSON value that the server last showed of it; None when it showed none
    shown: Any = None
    #: whether no answer named it: its own value is what a request called it
    assumed: bool = False


def resource_created_by(resource_type: ResourceType, exchange: Exchange) -> Resource | None:
    """The resource that an accepted `resource_type.create` request created; None when the answer does not name it."""
    create = resource_type.create
    assert create is not None and exchange.response is not None
    outer = values_in_path(create, exchange.request)
    # What names another thing, such as its first version, does not name it.
    shown = None if resource_type.answers_with else shown_in(create, exchange)
    if isinstance(shown, list):
        # Some say beside it whether it is new.
        objects = [item for item in shown if isinstance(item, dict)]
        shown = objects[0] if len(objects) == 1 else shown[0] if len(shown) == 1 else shown
    location = header(exchange.response.headers, "Location")
    if resource_type.has_own_path:
        is_post = create.operation.method == "POST"
        inside = _made_inside(resource_type, str(outer[-1]), location, shown) if is_post and outer else None
        return Resource(resource_type.path, outer if inside is None else (*outer[:-1], inside), shown)
    parameter = resource_type.parameter
    outer = outer[: resource_type.depth]
    own = named_in(shown, parameter, resource_type.noun)
    for address in (location, *own_addresses(shown)) if own is None else ():
        own = located(resource_type, address) if own is None else own
    if outer and (own is None or str(own) == str(outer[-1])):
        # The answer may show what the new one is in: POST /orders/1/lines answers with the order and its lines.
        item = _newest_in(resource_type, shown, exchange.request)
        inside = named_in(item, parameter, resource_type.noun)
        own, shown = (own, shown) if inside is None else (inside, item)
    if own is None and shown is None:
        # An answer without a body leaves what the caller called it, if it called it as the path does.
        sent = json_of(exchange.request.body or b"")
        called = {plain(name): value for name, value in sent.items()} if isinstance(sent, dict) else {}
        own = named_in({"id": called.get(plain(parameter.parameter.name))}, parameter, resource_type.noun)
    return None if own is None else Resource(resource_type.path, (*outer, own), shown)


def _newest_in(resource_type: ResourceType, shown: Any, request: Request) -> Any:
    """The item of the array in `shown` that is called as the collection in the path, which agrees most with what was
    sent, the last of several; None where there is no such array."""
    if not isinstance(shown, dict):
        return None
    collection = plain(resource_type.path.removesuffix("/{}").rpartition("/")[2])
    arrays = [value for name, value in shown.items() if plain(name) == collection and isinstance(value, list) and value]
    sent = members_sent(request, query=False)

    def agreement(item: Any) -> int:
        return sum(item.get(name) == value for name, value in sent.items()) if isinstance(item, dict) else 0

    return max(reversed(arrays[0]), key=agreement) if arrays else None


def resource_posted_by(resource_type: ResourceType, exchange: Exchange) -> Resource | None:
    """What an accepted `resource_type.create` request most likely made, by the name that the request itself gave it;
    for answers that name nothing. None when the request has no name that fits the path."""
    create = resource_type.create
    assert create is not None
    if resource_type.has_own_path:
        return None
    own = named_in(members_sent(exchange.request), resource_type.parameter, resource_type.noun)
    if own is None:
        return None
    outer = values_in_path(create, exchange.request)[: resource_type.depth]
    return Resource(resource_type.path, (*outer, own), assumed=True)


def members_sent(request: Request, *, query: bool = True) -> dict[str, Any]:
    """The members of a request's JSON object or form, with those of its `query`; what the body calls by a name goes
    first."""
    found: dict[str, Any] = dict(query_pairs(request.target.partition("?")[2])) if query else {}
    body = json_of(request.body or b"")
    if body is None and (header(request.headers, "Content-Type") or "").startswith(_FORM):
        body = dict(query_pairs((request.body or b"").decode("utf-8", "replace")))
    return found | body if isinstance(body, dict) else found


def located(resource_type: ResourceType, location: str | None) -> Any:
    """What a `Location` header (RFC 9110 section 10.2.2) names of this type; None where it names none."""
    if not location:
        return None
    try:
        segments = urlsplit(location).path.rstrip("/").split("/")
    except ValueError:
        # It is no URI reference.
        return None
    # The header may hold a base path that the contract's paths do not have.
    wanted = erased(resource_type.path).split("/")[1:]
    if len(segments) < len(wanted):
        return None
    ending = segments[-len(wanted) :]
    if any(word != "{}" and word != segment for word, segment in zip(wanted, ending, strict=True)):
        return None
    return fitting(_read_segment(resource_type.parameter, ending[-1]), resource_type.parameter)


def listed_by(resource_type: ResourceType, exchange: Exchange) -> list[Resource]:
    """The resources that an accepted request of `resource_type.list` showed; the members of an object of objects are
    called by their names where they hold no name of their own."""
    assert resource_type.list is not None and exchange.response is not None
    outer, found = values_in_path(resource_type.list, exchange.request), []
    document = shown_in(resource_type.list, exchange)
    at = items_at(document)
    items = None if at is None else get(document, at)
    parameter = resource_type.parameter
    for key, item in items.items() if isinstance(items, dict) else ((None, item) for item in items or ()):
        own = named_in(item, parameter, resource_type.noun)
        if own is None and key:
            own = fitting(key, parameter)
        if own is not None:
            found.append(Resource(resource_type.path, (*outer, own), item))
    return found


def values_in_path(operation: OperationContract, request: Request) -> tuple[Any, ...]:
    """The values of a request's path parameters, in the order of the path; arrays and objects as their text."""
    written = operation.match(request.target)
    contracts = {
        contract.parameter.name: contract for contract in operation.parameters if contract.parameter.location == "path"
    }
    return tuple(
        _read_segment(contracts[name], written[name]) for name in parameter_names(operation) if name in written
    )


def _read_segment(parameter: ParameterContract, segment: str) -> Any:
    """The value in a path segment. An array or object is given as its text: a value here is compared and hashed."""
    value = decode_path(parameter.parameter, parameter.message, segment)
    return unquote(segment) if isinstance(value, list | dict) else value


def named_in(document: Any, parameter: ParameterContract, noun: str) -> Any:
    """The value in `document` that identifies the resource it shows, valid for `parameter`; None when there is none."""
    at = name_in(document, parameter, noun)
    return None if at is None else fitting(get(document, at), parameter)


def names_of(resource_type: ResourceType) -> tuple[str, ...]:
    """The names, as `plain` writes them, of members that may identify a resource of the type, the likeliest first."""
    return tuple(_candidates(plain(resource_type.parameter.parameter.name), resource_type.noun))


def name_in(document: Any, parameter: ParameterContract, noun: str, depth: int = _DEPTH) -> Location | None:
    """Where in `document` the value stands that identifies the resource it shows; None when there is none."""
    if isinstance(document, str | int) and not isinstance(document, bool):
        # Some servers answer with nothing but the id, and list nothing but names.
        return () if fitting(document, parameter) is not None else None
    if not isinstance(document, dict):
        return None
    members = {plain(name): name for name in reversed(document)}
    for name in (members[each] for each in _candidates(plain(parameter.parameter.name), noun) if each in members):
        value = document[name]
        is_scalar = isinstance(value, str | int) and not isinstance(value, bool) and value != ""
        if is_scalar and fitting(value, parameter) is not None:
            return (name,)
    nested = [name for name, value in document.items() if isinstance(value, dict) and plain(name) in ENVELOPES]
    nested += [name for name, value in document.items() if isinstance(value, dict) and plain(name) == noun]
    for name in nested if depth else ():
        found = name_in(document[name], parameter, noun, depth - 1)
        if found is not None:
            return (name, *found)
    return None


def _candidates(parameter: str, noun: str) -> list[str]:
    ends = [name for name in _NAMES if parameter.endswith(name)]
    return list(dict.fromkeys([parameter, *ends, *(f"{noun}{name}" for name in _NAMES if noun), *_NAMES]))


def fitting(value: Any, parameter: ParameterContract) -> Any:
    """`value`, as text or as a number where only that is valid for `parameter`; None when it cannot stand there."""
    message = parameter.message
    if message is None:
        return value
    is_number = isinstance(value, str) and value.isdecimal() and len(value) <= _DIGITS
    others = [str(value)] if isinstance(value, int) else [int(value)] if is_number else []
    return next((candidate for candidate in [value, *others] if message.is_valid(candidate)), None)


def items_in(document: Any) -> list[Any]:
    """What a list holds: the document's own items, those of its first array, which may stand in an envelope, or the
    members of an object of objects."""
    at = items_at(document)
    found = None if at is None else get(document, at)
    return list(found.values()) if isinstance(found, dict) else found or []


def items_at(document: Any) -> Location | None:
    """Where in `document` the array, or the object of objects, stands that `items_in` reads; None when there is
    none."""
    if isinstance(document, list):
        return ()
    if not isinstance(document, dict):
        return None
    arrays = [name for name, value in document.items() if isinstance(value, list)]
    if arrays:
        return (arrays[0],)
    nested = [name for name, value in document.items() if isinstance(value, dict) and plain(name) in ENVELOPES]
    if nested:
        below = items_at(document[nested[0]])
        return None if below is None else (nested[0], *below)
    return () if all(isinstance(value, dict) for value in document.values()) else None


def opened(item: Any) -> Any:
    """An item with the members of the envelopes in it, such as `attributes`, but for those that it has itself."""
    if not isinstance(item, dict):
        return item
    envelopes = (value for name, value in item.items() if plain(name) in ENVELOPES and isinstance(value, dict))
    return {name: value for envelope in envelopes for name, value in envelope.items()} | item


def shown_in(operation: OperationContract, exchange: Exchange) -> Any:
    """What the answer to a request of `operation` shows: its JSON, or what its schema reads from XML, or the codec from
    YAML and sequences; None when it shows nothing of the kind."""
    response = exchange.response
    return answered_value(operation.response_for(response.status), response) if response is not None else None


def json_of(content: bytes) -> Any:
    """A body as JSON; None when it is not."""
    try:
        return parse_json(content)
    except ValueError:
        return None


def _made_inside(resource_type: ResourceType, outer: str, location: str | None, shown: Any) -> Any:
    """What names the new resource where an answer's `Location`, or a link in its body, leads to one inside of the one
    called `outer`, whose path the request has: POST /nodes/a made /nodes/a/b. None where nothing does."""
    path = re.escape(resource_type.path.removesuffix("{}")).replace(r"\{\}", "[^/]+")
    around = outer.strip("/")
    for text in (location or "", *_links_in(shown, _DEPTH)):
        found = re.search(f"{path}(.+)$", urlsplit(text).path) if _is_reference(text) else None
        own = unquote(found[1]).strip("/") if found is not None else ""
        if own and own != around and own.rpartition("/")[0].strip("/") == around:
            return fitting(own, resource_type.parameter)
    return None


def _links_in(document: Any, depth: int) -> Iterator[str]:
    """The texts in an answer's objects that may be addresses, those that speak of the answer's own resource first."""
    if not isinstance(document, dict) or depth < 0:
        return
    own = sorted(document.items(), key=lambda member: plain(member[0]) not in _OWN_LINKS)
    for _, value in own:
        if isinstance(value, str) and "/" in value:
            yield value
        else:
            yield from _links_in(value, depth - 1)


def _is_reference(text: str) -> bool:
    try:
        urlsplit(text)
    except ValueError:
        return False
    return True
