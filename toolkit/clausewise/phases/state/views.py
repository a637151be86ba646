"""The oracle `two views`: a list shows a resource as GET of it does, and a resource shows of what belongs to it as much
as the list of that.

A list may show less of each item; what it shows is the same. A difference counts when a second resource shows it again,
after some time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from clausewise.conformance.kept import is_of_the_books, is_same
from clausewise.contract.keywords import show
from clausewise.contract.operation import OperationContract
from clausewise.phases.state.bodies import varied
from clausewise.phases.state.kind import Kind, Sight, Steps, case_of, is_done, shown_by
from clausewise.phases.state.oracle import Oracle
from clausewise.phases.state.round_trip import made
from clausewise.resources.identity import Resource, items_in, shown_in
from clausewise.resources.types import erased
from clausewise.values.edit import path_of
from clausewise.values.shape import shape_at, shape_of
from clausewise.values.words import plain, singular

#: collections below one resource that are filled, and the items that are put into each
_COLLECTIONS = 3
_ITEMS = 2


class _Difference(msgspec.Struct, frozen=True):
    """A member that two answers show differently."""

    name: str
    in_one: Any
    in_list: Any
    #: whether it is left out by one of them; else both show it
    is_missing: bool


def _ask(kind: Kind) -> Steps:
    if kind.type.get is not None and kind.type.list is not None:
        yield from _in_list(kind)
    if kind.type.get is not None:
        for adding, listing in list(_collections(kind))[:_COLLECTIONS]:
            yield from _nested(kind, adding, listing)


def _in_list(kind: Kind) -> Steps:
    """Compare two resources with the items of the list that show them."""
    confirmed: dict[str, _Difference] | None = None
    draft, shown = None, None
    for _ in range(2):
        one, draft = yield from made(kind, draft)
        if one is None:
            return
        found: list[_Difference] = []
        for wait in (0.0, kind.later):
            sight = yield from kind.look(one, "the resource is compared with the list", draft.body or ())
            item = (yield from _item(kind, one, wait)) if sight is not None else None
            if sight is None or item is None:
                return
            found, shown = list(_differences(sight, item)), item.exchange
            if not found:
                return
        names = {each.name: each for each in found}
        confirmed = names if confirmed is None else {name: names[name] for name in confirmed if name in names}
    get, listing = kind.type.get, kind.type.list
    if confirmed is None or shown is None or get is None or listing is None:
        return
    for each in confirmed.values():
        kind.find(
            "views-differ",
            listing,
            shown,
            f"{listing.key} shows `{each.name}` of {_called(kind, one)} {_as(each.in_list, each)}, and {get.key} "
            f"{_as(each.in_one, each)}",
            where=f"response.200.body.{each.name}",
            seen=each.name,
            severity="warning" if each.is_missing else None,
        )


def _item(kind: Kind, one: Resource, wait: float) -> Steps:
    """The `Sight` of `one` in the list; None where it is not there, as on another page."""
    listed = Kind(kind.context, msgspec.structs.replace(kind.type, get=None), kind.rng)
    return (yield from listed.look(one, "the resource is compared with GET", (), wait))


def _differences(sight: Sight, item: Sight) -> Iterator[_Difference]:
    """What the item of a list shows otherwise than GET. A member that the list lacks counts where the list describes
    its items in another way than GET, and has it there."""
    described = _members(item)
    same_schema = described == _members(sight)
    for name, value in sight.shown.items():
        if is_of_the_books(name) or value is None or value in ("", [], {}):
            continue
        if name in item.shown:
            other = item.shown[name]
            if other is None or (_is_scalar(value) and _is_scalar(other) and not _is_part(other, value)):
                yield _Difference(name, value, other, is_missing=False)
        elif name in described and not same_schema:
            yield _Difference(name, value, None, is_missing=True)
    for name, value in item.shown.items():
        if value is None or value in ("", [], {}) or is_of_the_books(name) or sight.shown.get(name) is not None:
            continue
        if name in sight.shown or sight.documents((name,)):
            yield _Difference(name, None, value, is_missing=name not in sight.shown)


def _members(sight: Sight) -> frozenset[str]:
    """The members that the contract describes where a resource is shown."""
    message = shown_by(sight.operation)
    if message is None:
        return frozenset()
    return frozenset(shape_of(shape_at(message, path_of(sight.at)), message.schema).properties)


def _is_scalar(value: Any) -> bool:
    return isinstance(value, str | int | float)


def _is_part(listed: Any, whole: Any) -> bool:
    """Whether a list shows a value, or the beginning of a text."""
    if is_same(listed, whole) or is_same(whole, listed):
        return True
    begins = isinstance(listed, str) and isinstance(whole, str) and whole.startswith(listed.rstrip(".… "))
    return begins or type(listed) is not type(whole)


def _as(value: Any, each: _Difference) -> str:
    return "does not" if value is None and each.is_missing else f"as {show(value)}"


def _called(kind: Kind, one: Resource) -> str:
    return f"the {kind.type.noun or 'resource'} {show(one.values[-1])}"


def _collections(kind: Kind) -> Iterator[tuple[OperationContract, OperationContract]]:
    """The collections below one resource that can be added to: POST and GET of the same path."""
    by_path: dict[str, dict[str, OperationContract]] = {}
    for operation in kind.context.operations:
        path = erased(operation.operation.path)
        below = path.removeprefix(f"{kind.type.path}/")
        if below != path and "/" not in below and "{" not in below:
            by_path.setdefault(below, {})[operation.operation.method] = operation
    for methods in by_path.values():
        if "POST" in methods and "GET" in methods and kind.baseline(methods["POST"]) is not None:
            yield methods["POST"], methods["GET"]


def _nested(kind: Kind, adding: OperationContract, listing: OperationContract) -> Steps:
    """Fill a collection of two resources, and compare it with what GET shows of it."""
    word = erased(adding.operation.path).rpartition("/")[2]
    wrong: list[str] = []
    for _ in range(2):
        one = yield from kind.create()
        if one is None:
            return
        for _ in range(_ITEMS):
            prover, draft = kind.draft(adding, one)
            (exchange,) = yield [case_of(prover, varied(prover, draft, kind.rng), "the list is filled")]
            if not is_done(exchange):
                return
        for wait in (0.0, kind.later):
            listed = yield from kind.send(listing, one, note="the list was filled", wait=wait)
            exchange, document = yield from kind.read(one, "what belongs to it was added")
            if not listed.accepted or not isinstance(document, dict):
                return
            said = _counted_otherwise(word, len(items_in(shown_in(listing, listed))), document)
            if not said:
                return
        wrong.append(said)
    assert kind.type.get is not None
    message = f"{listing.key} lists {_ITEMS} items of {_called(kind, one)}, and {kind.type.get.key} {wrong[-1]}"
    kind.find("views-differ", kind.type.get, exchange, message, seen=plain(word))


def _counted_otherwise(word: str, count: int, shown: dict[str, Any]) -> str:
    """What a resource shows otherwise of a collection called `word` with `count` items; "" where it shows nothing else,
    or nothing of it."""
    if count != _ITEMS:
        return ""
    one = singular(plain(word))
    for name, value in shown.items():
        own = plain(name)
        if own == plain(word) and isinstance(value, list) and len(value) < count:
            return f"shows {len(value)} in `{name}`"
        is_count = own in {f"{each}{end}" for each in (one, plain(word)) for end in ("count", "total", "number")}
        is_count = is_count or own in {f"{start}{plain(word)}" for start in ("numberof", "num", "total", "n")}
        if is_count and isinstance(value, int) and not isinstance(value, bool) and value != count:
            return f"shows `{name}` as {value}"
    return ""


ORACLE = Oracle(
    name="two views",
    sentence="A list shows a resource as GET does, and a resource what belongs to it as the list of that does.",
    rules=("views-differ",),
    budget=60,
    ask=_ask,
)
