"""Whether a client can set what only the server may: requests of `lifecycle` with values for read-only members.

A server may ignore such a value, and may refuse it. It must not keep it. One value that is shown later may be a
coincidence, so others have to be shown as well.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import msgspec

from clausewise.conformance.sequel import shows
from clausewise.contract.hidden import is_hidden, places_of_hidden
from clausewise.contract.message import Message
from clausewise.contract.operation import OperationContract
from clausewise.exchange import Exchange, Sequel
from clausewise.generation.draft import Draft
from clausewise.generation.prover import Prover
from clausewise.resources.uniqueness import fresh_values
from clausewise.spec.pointer import Source, to_pointer
from clausewise.values.edit import Location, get, put
from clausewise.values.generate import generate
from clausewise.values.places import places_in
from clausewise.values.shape import shape_of
from clausewise.values.typical import NoValueError

#: members of one operation that are tried
_MOST = 8

#: values that have to be shown, one after the other; three, because the second of a boolean is the usual one again
_ROUNDS = 3

_YEAR = re.compile(r"^\d{4}(?=-)")


class ReadOnlyMember(msgspec.Struct, frozen=True, eq=False):
    """A member of a request's body that only the server sets."""

    location: Location
    #: what its own schema describes
    message: Message
    #: where the document says that it is read-only
    marked_at: Source


#: sends a draft, whose note names what it sets, with a sequel to what shows the resource later; gives the exchange, and
#: the JSON that shows it, None where nothing does
Write = Callable[[Draft, str, Sequel | None], Generator[Any, list[Exchange], tuple[Exchange, Any]]]


def read_only_members(prover: Prover, draft: Draft) -> list[ReadOnlyMember]:
    """The read-only members that the body of `draft` has room for, the outermost first."""
    message = prover.message("body")
    if message is None or not message.hides or not isinstance(draft.body, dict):
        return []
    places, found = places_of_hidden(message.generated), dict[Location, ReadOnlyMember]()
    for place in places_in(message, draft.body):
        nodes = [node for node in place.schemas if isinstance(node, dict)]
        for name, schema in [each for node in nodes for each in node.get("properties", {}).items()]:
            location = (*place.location, name)
            if is_hidden(schema) and isinstance(place.value, dict) and name not in place.value:
                source, marked_at = places[id(schema)]
                found.setdefault(
                    location, ReadOnlyMember(location, prover.operation.message_at(source, message), marked_at)
                )
    return list(found.values())[:_MOST]


def try_to_set(
    operation: OperationContract,
    draft: Draft,
    members: Iterable[ReadOnlyMember],
    shown: Any,
    write: Write,
    rng: random.Random,
) -> Generator[Any, list[Exchange], None]:
    """Send values for read-only `members` of `draft` by `write`, which gives what was `shown` before.

    All at once first, and one by one where that is refused. What was shown then is sent other values.
    """
    last: dict[Location, Any] = {}
    suspects = list(members)
    for number in range(_ROUNDS):
        chosen = {one: value for one in suspects if (value := _value(one, shown, last, rng)) is not _NONE}
        if not chosen:
            return
        suspects = []
        exchange, answer = yield from _written(operation, draft, chosen, write, is_last=number == _ROUNDS - 1)
        if exchange.accepted:
            suspects = _kept(chosen, answer)
        elif number == 0 and len(chosen) > 1 and exchange.response is not None and exchange.response.status < 500:
            for one, value in chosen.items():
                exchange, answer = yield from _written(operation, draft, {one: value}, write, is_last=False)
                suspects += _kept({one: value}, answer) if exchange.accepted else []
        last |= {one.location: value for one, value in chosen.items()}


def _kept(chosen: Mapping[ReadOnlyMember, Any], answer: Any) -> list[ReadOnlyMember]:
    return [one for one, value in chosen.items() if shows(answer, one.location, value)]


def _written(
    operation: OperationContract,
    draft: Draft,
    chosen: Mapping[ReadOnlyMember, Any],
    write: Write,
    *,
    is_last: bool,
) -> Generator[Any, list[Exchange], tuple[Exchange, Any]]:
    body, names = draft.body, []
    for one, value in chosen.items():
        body = put(body, one.location, value)
        names.append(f"`{one.location[-1]}`")
    sequel = None
    if is_last:
        kept = {to_pointer(one.location): (str(one.marked_at), value) for one, value in chosen.items()}
        before = f"{operation.key} was sent this value; values that were sent before were shown, too"
        sequel = Sequel("read-only-writable", before, "own", kept)
    note = f"{', '.join(names)}, read-only, {'have values' if len(names) > 1 else 'has a value'}"
    return (yield from write(msgspec.structs.replace(draft, body=body), note, sequel))


_NONE = msgspec.UNSET


def _value(one: ReadOnlyMember, shown: Any, last: Mapping[Location, Any], rng: random.Random) -> Any:
    """A valid value for a member, other than the one that was sent `last`, and than what the server `shown` of its own
    where possible; UNSET where none is found."""
    try:
        own = get(shown, one.location)
    except (KeyError, IndexError, TypeError, ValueError):
        own = _NONE
    before = last.get(one.location, own)
    valid = [value for value in _values(one.message, own, rng) if value != before and one.message.is_valid(value)]
    return next((value for value in valid if value != own), valid[0] if valid else _NONE)


def _values(message: Message, own: Any, rng: random.Random) -> Iterator[Any]:
    """Values that a member may be given, like its `own` where it has one; those that nobody else has come first."""
    like = [own] if isinstance(own, str | int | float) else []
    with suppress(NoValueError):
        like.append(generate(message, rng, optional=True))
    for value in like:
        if isinstance(value, bool):
            yield from (not value, value)
        elif isinstance(value, str) and _YEAR.match(value):
            yield from (_YEAR.sub(str(year), value) for year in (rng.randrange(1980, 2000), 2001, 2002))
        elif isinstance(value, float):
            yield from (value + rng.randrange(1, 100), value - 1)
        else:
            yield from fresh_values(value, rng)
    yield from shape_of([message.schema], message.schema).enum or ()
    yield from like
    yield from (value + step for value in like if isinstance(value, int | float) for step in (1, -1))
