"""The rules about an answer that depends on the requests before it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from clausewise.contract.keywords import show
from clausewise.contract.operation import OperationContract
from clausewise.exchange import Exchange, Sequel
from clausewise.media.json import digest, values_in
from clausewise.results.evidence import Observation
from clausewise.spec.pointer import from_pointer
from clausewise.values.edit import get
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

#: a list of this many items, or of a larger multiple of 5, may be one page of a longer list
_PAGE = 10


def judge_sequel(operation: OperationContract, exchange: Exchange, answer: Any) -> list[Observation]:
    """The fault that an answer shows after the requests before it, if any; `answer` is its JSON body, or None."""
    response, probe = exchange.response, exchange.probe
    if response is None or response.cut or probe is None or probe.sequel is None:
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
            yield Observation.of(
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
        case "holds" if _names_items(answer) and not _holds(answer, sequel.value, names=True) and not goes_on(answer):
            return f"does not show {show(sequel.value)}"
        case "lacks" if _holds(answer, sequel.value):
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


def _holds(document: Any, value: Any, *, names: bool = False) -> bool:
    """Whether `value`, or its text, stands anywhere in `document`; also as a name of a member, where `names` count: a
    list may be an object with a member for each id."""
    text = str(value)
    return any(
        names and text in each
        if isinstance(each, dict)
        else isinstance(each, str | int | float) and not isinstance(each, bool) and str(each) == text
        for each in values_in(document)
    )


def goes_on(document: Any) -> bool:
    """Whether a list may be one page of a longer list."""
    if isinstance(document, list):
        return len(document) >= _PAGE and len(document) % 5 == 0
    if not isinstance(document, dict):
        return True
    named = any(value and "".join(filter(str.isalnum, name)).lower() in _GOING_ON for name, value in document.items())
    return named or any(goes_on(value) for value in document.values() if isinstance(value, list | dict))
