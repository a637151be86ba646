"""Bodies that refer to existing resources, by names such as `thingId`, so that the references belong together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from clausewise.contract.message import Message
from clausewise.values.edit import Location, get, members, put
from clausewise.values.strings import FORMATS
from clausewise.values.words import ENVELOPES, plain, singular


class References(Protocol):
    """The known resources of a server, by the names that refer to them."""

    def reference(self, name: str) -> tuple[Any, ...]:
        """Values for a field or parameter called `name`, the likeliest first; () where the name is not a reference."""

    def similar(self, name: str) -> tuple[Any, ...]:
        """Ids of resources whose noun is `name` or its end, the likeliest first."""

    def named(self, noun: str) -> tuple[Any, ...]:
        """Ids of resources whose type is called `noun`, the likeliest first."""

    def suggested(self, name: str, about: str = "") -> tuple[Any, ...]:
        """Values that the server's answers and the document have for members and parameters called `name`, the
        likeliest first: those of what is called like `about`; some may belong to others of that name."""

    def attributes_of(self, value: Any) -> Mapping[str, Any]:
        """The known members of the resource that `value` names: plain name -> value."""


class _Nothing:
    def reference(self, name: str) -> tuple[Any, ...]:
        return ()

    def similar(self, name: str) -> tuple[Any, ...]:
        return ()

    def named(self, noun: str) -> tuple[Any, ...]:
        return ()

    def suggested(self, name: str, about: str = "") -> tuple[Any, ...]:
        return ()

    def attributes_of(self, value: Any) -> Mapping[str, Any]:
        return {}


_ID_END = re.compile(r"id$")

#: names by which an object that stands for a resource tells which one, and of what type it is
_NAMING = frozenset({"id", "uuid", "guid"})
_SORTS = frozenset({"type", "kind", "resourcetype"})

#: prefix of generated placeholder ids; two digits follow
_PLACEHOLDER = FORMATS["uuid"][:-2]

#: for a server without known resources
NO_REFERENCES: References = _Nothing()


def referring(body: Any, message: Message, references: References) -> Iterator[Any]:
    """Variants of `body` whose references name known resources, the likeliest first.

    References of one body belong together: if a model is known to be in a project, both are used together.
    """
    found: dict[Location, tuple[Any, ...]] = {}
    for location in members(body):
        # What lies inside of what is replaced is gone with it.
        within = any(location[:depth] in found for depth in range(1, len(location)))
        referred = () if within else _referred(body, location, references)
        # A `user` may hold the name of one, or an object whose `id` is it.
        if values := tuple(value for value in referred if message.is_valid(put(body, location, value))):
            found[location] = values
    for choice in range(max(map(len, found.values()), default=0)):
        chosen = body
        for location, values in found.items():
            chosen = _put(chosen, location, values[min(choice, len(values) - 1)], message)
        yield _together(chosen, list(found), message, references)


def with_distinct_ids(body: Any) -> Any:
    """`body` with a different placeholder for each id, so that a refusal that repeats one shows which it means."""
    places = [location for location in members(body) if is_placeholder(get(body, location))]
    for number, location in enumerate(places[:256]):
        one = f"{_PLACEHOLDER}{number:02x}"
        body = put(body, location, [one] if isinstance(get(body, location), list) else one)
    return body


def is_placeholder(value: Any) -> bool:
    """Whether `value` is a placeholder id, alone or in an array."""
    one = value[0] if isinstance(value, list) and len(value) == 1 else value
    return isinstance(one, str) and one.startswith(_PLACEHOLDER)


def _referred(body: Any, location: tuple[str | int, ...], references: References) -> tuple[Any, ...]:
    """Values for the member at `location`: an `ownerId` beside an `ownerType` of "team" refers to a team."""
    name = str(location[-1])
    stem = _ID_END.sub("", plain(name))
    # Only a name that ends in "id" has a type beside it: comparing every member with every other one takes too long.
    beside: Any = get(body, location[:-1]) if stem and stem != plain(name) else None
    for other in beside if isinstance(beside, dict) else ():
        if plain(other) == f"{stem}type":
            return references.reference(f"{singular(plain(str(beside[other])))}_id")
    found = references.reference(name) or _referred_object(body, location, references)
    if not found and is_placeholder(get(body, location)):
        # A placeholder names no resource, whatever its member is called.
        found = references.similar(name)
    return found


def _referred_object(body: Any, location: Location, references: References) -> tuple[Any, ...]:
    """Values for the `id` in an object that stands for a resource: one whose `type` says what it is, or the member says
    that holds it, itself or in an envelope. The body's own object, which may be in an envelope, refers to nothing."""
    around = [step for step in location[:-1] if isinstance(step, str)]
    if plain(str(location[-1])) not in _NAMING or len(around) < (1 if len(body) > 1 else 2):
        return ()
    own = get(body, location[:-1])
    types = [value for name, value in own.items() if plain(name) in _SORTS and isinstance(value, str)]
    holders = [step for step in around if plain(step) not in ENVELOPES]
    nouns = dict.fromkeys(singular(plain(word)) for word in (*types, *holders[-1:]))
    return next((found for noun in nouns if (found := references.named(noun))), ())[:1]


def _together(body: Any, locations: list[tuple[str | int, ...]], message: Message, references: References) -> Any:
    for location in locations:
        attributes = references.attributes_of(get(body, location)) if _has(body, location) else {}
        for other in members(body) if attributes else ():
            name = plain(str(other[-1]))
            value = attributes.get(name, attributes.get(name + "id"))
            if value is not None and other != location and _has(body, other):
                body = _put(body, other, value, message)
    return body


def _has(body: Any, location: Location) -> bool:
    """Whether `location` is still there: what stood around it may have been replaced."""
    try:
        get(body, location)
    except (KeyError, IndexError, TypeError):
        return False
    return True


def _put(body: Any, location: tuple[str | int, ...], value: Any, message: Message) -> Any:
    """`body` with `value` at `location`, where that is valid."""
    changed = put(body, location, value)
    return changed if message.is_valid(changed) else body
