"""Addresses in answers.

`Location` (RFC 9110 section 10.2.2), and members such as `href`, `self` and those of `links` or `_links`, as HAL,
JSON:API and many others have them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from clausewise.exchange import Exchange, header
from clausewise.values.words import plain

#: headers that hold an address
_HEADERS = ("Location", "Content-Location")

#: members, as `plain` writes them, that hold the address of what they stand in, and those that hold further links
_OWN = ("href", "self", "selflink", "url", "uri", "location")
_LINKS = frozenset({"links"})

#: how deep into an answer addresses are looked for, and how many are read
_DEPTH = 6
_MOST = 50


def addresses(exchange: Exchange, document: Any) -> Iterator[str]:
    """The addresses in an answer, whose body is `document`; those of headers first."""
    assert exchange.response is not None
    for name in _HEADERS:
        if value := header(exchange.response.headers, name):
            yield value
    yield from _in_members(document, _DEPTH, among_links=False)


def own_addresses(document: Any) -> Iterator[str]:
    """The addresses that an object in an answer has of itself."""
    if not isinstance(document, dict):
        return
    for name, value in document.items():
        own = plain(name)
        if own in _OWN:
            yield from _texts(value)
        elif own in _LINKS and isinstance(value, dict):
            yield from (text for rel, link in value.items() if plain(rel) == "self" for text in _texts(link))
        elif own in _LINKS and isinstance(value, list):
            links = (link for link in value if isinstance(link, dict) and link.get("rel") == "self")
            yield from (text for link in links for text in _texts(link))
        elif own == "data":
            yield from own_addresses(value)


def _in_members(document: Any, depth: int, *, among_links: bool) -> Iterator[str]:
    if depth == 0:
        return
    if isinstance(document, list):
        for item in document[:_MOST]:
            yield from _in_members(item, depth - 1, among_links=among_links)
    elif isinstance(document, dict):
        for name, value in document.items():
            # A link is a text, or an object with an `href`; several of one name are in a list.
            is_address = among_links or plain(name) in _OWN
            if isinstance(value, str):
                yield from _texts(value) if is_address else ()
            else:
                within = plain(name) in _LINKS or (is_address and isinstance(value, list))
                yield from _in_members(value, depth - 1, among_links=within)
    elif among_links:
        yield from _texts(document)


def _texts(value: Any) -> Iterator[str]:
    """The address that a text is, or that an object has as its `href`."""
    if isinstance(value, dict):
        value = value.get("href")
    if isinstance(value, str) and "/" in value and not any(character.isspace() for character in value):
        yield value
