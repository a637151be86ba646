"""Addresses of the next page: the pages to which they lead, one behind the other, are the whole list.

They stand in a header, `Link: <...>; rel="next"` (RFC 8288 section 3), or in a member such as `next`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from clausewise.contract.parts import ParameterContract
from clausewise.media.json import values_in
from clausewise.phases.base import status_of
from clausewise.phases.queries.listing import Listing, Page, Steps
from clausewise.phases.queries.pages import PAGES, SIZE, are_pages, find_pages, takes
from clausewise.values.words import plain

#: what these addresses are called, for people and for machines
_BY, _NAME = "its links to the next page", "next links"

#: statuses of answers to what is not there, or not as it should be
_LEADS_NOWHERE = frozenset({400, 404, 410, 422})

#: one link of the header with its parameters, and the kinds of its relation in them
_LINK = re.compile(r"""<([^>]*)>((?:\s*;\s*[^\s=;,]+\s*(?:=\s*(?:"[^"]*"|[^\s;,"]*))?)*)""")
_RELATION = re.compile(r"""(?:^|;)\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,]+))""", re.IGNORECASE)

#: names of members that hold such an address, as `plain` writes them
_MEMBERS = frozenset({"next", "nextlink", "nexthref", "nexturl", "nexturi", "nextpage", "nextpageurl"})


def check(listing: Listing, limit: ParameterContract | None, whole: Page) -> Steps:
    """Follow the links from a first page of few items."""
    if limit is None or not takes(limit, SIZE) or len(whole.items) <= SIZE:
        return
    expected = listing.keys(whole)
    for attempt in ("first", "again"):
        page = last = yield from listing.read({limit.parameter.name: SIZE})
        if page is None or len(page.items) != SIZE or address_of(page) is None:
            return
        shown: list[str] = []
        refusal = 0
        for _ in range(PAGES):
            if page is None:
                # Where a link leads elsewhere, nothing is known.
                return
            last = page
            shown += listing.keys(page, whole)
            address = address_of(page)
            if address is None:
                break
            exchange, page = yield from listing.follow(address)
            if exchange is not None and status_of(exchange) in _LEADS_NOWHERE:
                refusal = status_of(exchange)
                break
        if not refusal and are_pages(shown, expected, whole):
            return
        if attempt == "again" and refusal:
            message = f"{listing.operation.key} answers {refusal} to its own link to the next page"
            listing.find("page-mismatch", last, message, seen=_NAME, cause=_NAME)
        elif attempt == "again" and listing.keys((yield from listing.read_all())) == expected:
            find_pages(listing, _BY, _NAME, last, shown, expected)


def address_of(page: Page) -> str | None:
    """The address of the page behind one; None where it has none."""
    assert page.exchange.response is not None
    for name, text in page.exchange.response.headers:
        for target, parameters in _LINK.findall(text) if name.lower() == "link" else ():
            relation = _RELATION.search(parameters)
            if relation is not None and "next" in (relation[1] or relation[2] or "").lower().split():
                return str(target)
    return next(_in_members(page.document), None)


def _in_members(document: Any) -> Iterator[str]:
    for value in values_in(document):
        for name, each in value.items() if isinstance(value, dict) else ():
            target = each.get("href") if isinstance(each, dict) else each
            if plain(name) in _MEMBERS and isinstance(target, str) and ("/" in target or target.startswith("?")):
                yield target
