"""The rules about an answer that depends on the requests before it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Sized
from typing import Any

import msgspec

from clausewise.contract.keywords import show
from clausewise.contract.operation import OperationContract
from clausewise.exchange import Exchange, Sequel
from clausewise.media.json import digest, values_in
from clausewise.results.causes import Causes
from clausewise.results.evidence import Observation
from clausewise.spec.pointer import from_pointer
from clausewise.values.edit import get
from clausewise.values.words import plain
from clausewise.wording import path_text

#: names of members that lead to the next page of a list, without case and punctuation
_GOING_ON = frozenset({"next", "nextpage", "nextcursor", "nexttoken", "nextpagetoken", "hasmore", "hasnext", "more"})

#: how names of members end whose values may name a resource
_NAMING = (
    "id",
    "ids",
    "key",
    "name",
    "code",
    "number",
    "slug",
    "ref",
    "sku",
    "isbn",
    "href",
    "self",
    "url",
    "uri",
    "email",
    "login",
)

#: members of a list that hold what is said of it, as `plain` writes them, and the envelopes a resource may be inside of
_BESIDE = frozenset({"meta", "page", "pagination", "paging", "links"})
_ENVELOPES = 2

#: characters from which on a text that names a resource stands for nothing else
_DISTINCTIVE = 8

#: how a resource that is still shown says that it is deleted, as `plain` writes it; members that are then false; and
#: those in which it may say so by what has a name of its own
_GONE = re.compile(
    r"(?:is|was|soft|date|time)*"
    r"(?:deleted|removed|archived|trashed|destroyed|terminated|cancell?ed|revoked|disabled|deactivated|inactive)"
    r"(?:at|on|by|date|time|timestamp|reason)*"
    r"|deletion(?:date|time|timestamp)"
)
#: the state of what is deleted, or soon will be
_GONE_STATE = re.compile(r"(?:expired|ended|closed|stopped|finished|withdrawn|retired|deleting|terminating|removing)")
_STATES = frozenset({"state", "status", "lifecycle", "lifecyclestate", "lifecyclestatus"})
_IN_USE = frozenset({"active", "isactive", "enabled", "isenabled"})

#: a list of this many items, or of a larger multiple of one of these, may be one page of a longer list
_PAGE, _ROUND = 10, (5, 8, 12)

#: how a member is called that counts items, as `plain` writes it
_COUNTS = re.compile(r"total|count$")


def judge_sequel(operation: OperationContract, exchange: Exchange, answer: Any) -> list[Observation]:
    """The fault that an answer shows after the requests before it, if any; `answer` is its JSON body, or None
    where it has none, or only the beginning of one was kept."""
    response, probe = exchange.response, exchange.probe
    if response is None or probe is None or probe.sequel is None:
        return []
    sequel = probe.sequel
    if sequel.expects == "own":
        return [*_set_by_client(operation, exchange, sequel, answer)] if exchange.accepted else []
    if sequel.expects == "found":
        wrong = f"answered {response.status}" if response.status in (404, 410) else ""
    else:
        wrong = _wrong(sequel, answer) if exchange.accepted else ""
    if not wrong:
        return []
    return [
        Observation.of(
            sequel.rule,
            operation.key,
            exchange,
            f"{operation.key} {wrong}, after {sequel.before}",
            where=f"response.{response.status}",
        )
    ]


def _set_by_client(
    operation: OperationContract, exchange: Exchange, sequel: Sequel, answer: Any
) -> Iterator[Observation]:
    """The read-only members that have the value which a client sent."""
    assert exchange.response is not None
    for pointer, (marked_at, sent) in sequel.value.items():
        if shows(answer, from_pointer(pointer), sent):
            name = path_text(from_pointer(pointer))
            shown = f"{operation.key} shows {show(sent)}, after {sequel.before}"
            found = Observation.of(
                sequel.rule,
                operation.key,
                exchange,
                f"a client can set `{name}`, which is read-only: {shown}",
                assertion=marked_at,
                documented_at=marked_at,
                where=f"response.{exchange.response.status}.body.{name}",
                at=from_pointer(pointer),
                in_exchange=("response", "body", *from_pointer(pointer)),
            )
            # Who keeps several of them does not look at what is read-only.
            yield msgspec.structs.replace(found, causes=Causes(frozenset({("read-only", operation.key)})))


def shows(document: Any, location: Sequence[str | int], value: Any) -> bool:
    """Whether the member at `location` of a resource has the `value` in a document that shows it, perhaps in an
    envelope. A boolean, of which there may be others of that name, has to be at that place."""
    try:
        return _is(get(document, tuple(location)), value)
    except (KeyError, IndexError, TypeError, ValueError):
        name = location[-1]
    if isinstance(value, bool):
        return False
    return any(isinstance(each, dict) and name in each and _is(each[name], value) for each in values_in(document))


def _is(one: Any, other: Any) -> bool:
    """Whether two values are equal in JSON, where `true` is not 1."""
    return isinstance(one, bool) is isinstance(other, bool) and bool(one == other)


def _wrong(sequel: Sequel, answer: Any) -> str:
    """What is wrong with the body of an accepted request; "" where nothing is."""
    match sequel.expects:
        case "holds" if _names_items(answer) and not lists(answer, sequel.value) and not goes_on(answer):
            return f"does not show {show(sequel.value)}"
        case "lacks" if _shows_resource(answer, sequel):
            return f"shows {show(sequel.value)}"
        case "gone" if digest(answer) == sequel.value:
            return "returns the same as before"
    return ""


def _names_items(document: Any) -> bool:
    """Whether the items of a list have a member that may name them. Of a list whose items have none, nobody can tell
    which resources it shows. One without items shows none."""
    items = [item for each in _arrays(document) for item in each if isinstance(item, dict)]
    return not items or any(
        isinstance(value, str | int | float) and not isinstance(value, bool) and name.lower().endswith(_NAMING)
        for item in items
        for part in values_in(item)
        if isinstance(part, dict)
        for name, value in part.items()
    )


def _arrays(document: Any) -> Iterator[list[Any]]:
    if isinstance(document, list):
        yield document
    elif isinstance(document, dict):
        yield from (array for value in document.values() for array in _arrays(value))


def lists(document: Any, value: Any) -> bool:
    """Whether `value` stands anywhere in the arrays of a list, or in an object that is one: a number beside them, such
    as a total, names nothing. A server may write a name that it was given in capitals, or without blanks around it."""
    listed = [*_arrays(document), *_objects_of_items(document)]
    texts = (str(text) for part in listed or [document] for text in (*_scalars(part), *_names(part)))
    return _read(str(value)) in map(_read, texts)


def _names(document: Any) -> Iterator[str]:
    """The names of members in a document: a list may be an object with a member for each id."""
    return (name for each in values_in(document) if isinstance(each, dict) for name in each)


def _read(name: str) -> str:
    return name.strip().casefold()


def _objects_of_items(document: Any) -> Iterator[dict[str, Any]]:
    """The objects in a document that have nothing but objects in them: each may be a list with a member for each item,
    whose arrays are its own. One with a single member may also be the envelope of a list."""
    if not isinstance(document, dict) or not document:
        return
    items = list(document.values())
    if all(isinstance(item, dict) for item in items) and (
        len(items) > 1 or not any(isinstance(each, dict) for array in _arrays(items[0]) for each in array)
    ):
        yield document
    for item in items:
        yield from _objects_of_items(item)


def _shows_resource(document: Any, sequel: Sequel) -> bool:
    """Whether a document is about the resource that the sequel names, or has it as an item, unless it marks it as
    deleted. Another resource may refer to it, and a total may be the same number as its id."""
    if not sequel.names:
        return _holds(document, sequel.value)
    text, named = str(sequel.value), False
    for each in (document, *(item for items in _arrays(document) for item in items)):
        own = _own_name(each, sequel.names, _ENVELOPES)
        named = named or own is not None
        if (
            own is not None
            and str(own) == text
            and not (sequel.rule == "use-after-delete" and _is_marked(each, sequel.names))
        ):
            return True
    return not named and len(text) >= _DISTINCTIVE and _holds(document, sequel.value)


def _own_name(document: Any, names: Sequence[str], envelopes: int) -> Any:
    """The value that names what a document shows, by the first of `names` that it has; None where it has none."""
    if not isinstance(document, dict):
        return None if isinstance(document, bool | list) else document
    members = {plain(name): value for name, value in document.items()}
    own = (members[name] for name in names if name in members)
    found = next((value for value in own if isinstance(value, str | int) and not isinstance(value, bool)), None)
    inner = (value for name, value in members.items() if isinstance(value, dict) and name not in _BESIDE)
    below = (_own_name(value, names, envelopes - 1) for value in inner) if found is None and envelopes else ()
    return found if found is not None else next((value for value in below if value is not None), None)


def _is_marked(document: Any, names: Sequence[str]) -> bool:
    """Whether what a document shows says of itself that it is deleted: `deleted_at`, `"state": "archived"`."""
    return any(
        (_GONE.fullmatch(name) is not None and bool(value))
        or (isinstance(value, str) and _GONE.fullmatch(plain(value)) is not None)
        or (isinstance(value, str) and name in _STATES and _GONE_STATE.fullmatch(plain(value)) is not None)
        or (name in _IN_USE and value is False)
        for name, value in _said_of_itself(document, names)
    )


def _said_of_itself(document: Any, names: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """The members of what a document shows, by their plain names, without those of other resources in it."""
    is_named = _own_name(document, names, 0) is not None
    for name, value in document.items() if isinstance(document, dict) else ():
        yield plain(name), value
        is_other = is_named and _own_name(value, names, 0) is not None and plain(name) not in _STATES
        if isinstance(value, dict) and not is_other:
            yield from _said_of_itself(value, names)


def _holds(document: Any, value: Any) -> bool:
    """Whether `value`, or its text, stands anywhere in `document`."""
    return str(value) in map(str, _scalars(document))


def _scalars(document: Any) -> Iterator[str | int | float]:
    for each in values_in(document):
        if isinstance(each, str | int | float) and not isinstance(each, bool):
            yield each


def goes_on(document: Any) -> bool:
    """Whether a list may be one page of a longer list."""
    return _goes_on(document, max(map(len, _arrays(document)), default=0))


def _goes_on(document: Any, listed: int) -> bool:
    """As `goes_on`, where so many items are `listed`."""
    if isinstance(document, list):
        return _is_full(document)
    if not isinstance(document, dict):
        return True
    if _is_full(document) and all(isinstance(item, dict) for item in document.values()):
        return True
    for name, value in document.items():
        is_number = isinstance(value, int) and not isinstance(value, bool)
        if (value and plain(name) in _GOING_ON) or (is_number and _COUNTS.search(plain(name)) and value > listed):
            return True
    return any(_goes_on(value, listed) for value in document.values() if isinstance(value, list | dict))


def _is_full(listed: Sized) -> bool:
    """Whether so many items are what one page may have: all of them have from one on, and sizes are round numbers."""
    return len(listed) >= _PAGE and any(len(listed) % each == 0 for each in _ROUND)
