"""Defaults: a list that is asked for without a parameter is the one with the documented `default` of the parameter."""

from __future__ import annotations

from clausewise.contract.keywords import show
from clausewise.phases.queries.listing import Listing, Steps
from clausewise.values.defaults import default_of

#: parameters of one operation that are looked at
_PARAMETERS = 6


def check(listing: Listing) -> Steps:
    """Ask without a parameter, with its default, and without it again: what changed meanwhile shows nothing."""
    found = [
        (each.parameter.name, default_of(each.message))
        for each in listing.operation.parameters
        if each.parameter.location == "query" and each.message is not None and not each.parameter.required
    ]
    for name, default in [(name, value) for name, value in found if value is not None][:_PARAMETERS]:
        for number in range(2):
            before = yield from listing.read({})
            asked = yield from listing.read({name: default})
            after = yield from listing.read({})
            if before is None or asked is None or after is None or not (before.items or asked.items):
                break
            if listing.keys(before) != listing.keys(after) or listing.keys(before) == listing.keys(asked):
                break
            if number:
                counts = f"{len(before.items)} items without it, and {len(asked.items)} with it"
                if len(before.items) == len(asked.items):
                    counts = "other items, or another order, without it"
                listing.find(
                    "default-not-applied",
                    before,
                    f"the default of the query parameter `{name}` is {show(default)}, and {listing.operation.key} "
                    f"lists {counts}",
                    seen=f"the query parameter `{name}`",
                )
