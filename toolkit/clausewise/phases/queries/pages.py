"""Pages: `limit` is not exceeded, an offset starts where it says, and pages together are the whole list, without
repetition or loss."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from clausewise.contract.parts import ParameterContract
from clausewise.media.json import values_in
from clausewise.phases.queries.listing import Listing, Page, Steps, totals_in_headers
from clausewise.phases.queries.parameters import Parameters
from clausewise.phases.state.kind import shown_by
from clausewise.resources.paging import TOTALS
from clausewise.values.shape import shape_at, shape_of
from clausewise.values.words import plain
from clausewise.wording import counted

#: pages that are read one behind the other, and items on each
PAGES, SIZE = 6, 2

#: places where a page begins: behind the first item, and in the middle of blocks of any size
_OFFSETS = (1, 3, 10, 25)

#: how a document says that a count is that of one page
_OF_PAGE = re.compile(r"\b(?:page|response|returned|batch|here)\b", re.IGNORECASE)

#: names of a member that leads to the next page, as `plain` writes them
_NEXT = frozenset({"next", "nextcursor", "nexttoken", "nextpagetoken", "cursor", "continuationtoken", "endcursor"})


def check(listing: Listing, parameters: Parameters) -> Steps:
    """Ask for parts of the list."""
    whole = yield from listing.read_all()
    if whole is None:
        return
    if parameters.limit is not None:
        if (yield from _limit(listing, parameters.limit, whole)):
            # Whoever gives more than was asked for gives other pages as well.
            return
        yield from _total(listing, parameters.limit, whole)
    yield from _counts_more(listing, parameters, whole)
    before = yield from listing.read_all()
    if listing.keys(whole) != listing.keys(before) or len(whole.items) < 2:
        # In an order that changes, a page may hold anything.
        return
    if parameters.offset is not None:
        yield from _offsets(listing, parameters.offset, parameters.limit, whole)
    elif parameters.page is not None and parameters.limit is not None:
        yield from _numbered(listing, parameters.page, parameters.limit, whole)
    elif parameters.cursor is not None and parameters.limit is not None:
        yield from _cursors(listing, parameters.cursor, parameters.limit, whole)


def _limit(listing: Listing, limit: ParameterContract, whole: Page) -> Steps:
    """Whether more items are listed than were asked for, which is told then."""
    name = limit.parameter.name
    if _names_member(name, whole):
        return False
    beyond: list[tuple[int, Page]] = []
    for size in (size for size in (1, 2, 3) if takes(limit, size) and size < len(whole.items)):
        page = yield from listing.read({name: size})
        if page is not None and len(page.items) > size:
            beyond.append((size, page))
    if beyond:
        size, page = beyond[0]
        again = yield from listing.read({name: size})
        if again is not None and len(again.items) > size:
            listing.find(
                "page-mismatch",
                page,
                f"{listing.operation.key} lists {counted(len(page.items), 'item')} where `{name}` is {size}",
                seen=f"{name} exceeded",
                cause=f"{name} exceeded",
            )
            return True
    return False


def _total(listing: Listing, limit: ParameterContract, whole: Page) -> Steps:
    """Whether a page says of the whole list how many items it has, where it says it."""
    size = limit.parameter.name
    if len(whole.items) <= SIZE or not takes(limit, SIZE) or _names_member(size, whole):
        return
    for attempt in ("first", "again"):
        page = yield from listing.read({size: SIZE})
        after = yield from listing.read_all()
        if page is None or after is None or listing.keys(after) != listing.keys(whole):
            return
        wrong = [(name, value) for name, value in _totals(listing, page) if value < len(whole.items)]
        if not wrong:
            return
        if attempt == "again":
            name, value = wrong[0]
            message = (
                f"shows `{name}` as {value} where `{size}` is {SIZE}, and lists {counted(len(whole.items), 'item')}"
            )
            listing.find(
                "page-mismatch",
                page,
                f"{listing.operation.key} {message} without it",
                seen=f"{name} counts a page",
                cause=f"{name} counts a page",
            )


def _counts_more(listing: Listing, parameters: Parameters, whole: Page) -> Steps:
    """Whether an answer counts more items than there are: behind those that it lists there is none."""
    more = [(name, value) for name, value in _totals(listing, whole) if value > len(whole.items)]
    if not more or not whole.items:
        return
    for attempt in ("first", "again"):
        behind = yield from _behind(listing, parameters, whole)
        again = yield from listing.read_all()
        if behind is None or behind.items or again is None or listing.keys(again) != listing.keys(whole):
            return
        if attempt == "again":
            name, value = more[0]
            message = (
                f"shows `{name}` as {value}, lists {counted(len(whole.items), 'item')}, and none where its query asks "
                "for what follows"
            )
            listing.find(
                "page-mismatch",
                again,
                f"{listing.operation.key} {message}",
                seen=f"{name} counts more",
                cause=f"{name} counts more",
            )


def _behind(listing: Listing, parameters: Parameters, whole: Page) -> Steps:
    """The page that follows the `whole` list; None where no parameter asks for it."""
    if parameters.offset is not None:
        return (yield from listing.read({**listing.everything, parameters.offset.parameter.name: len(whole.items)}))
    if parameters.page is None:
        return None
    name = parameters.page.parameter.name
    one = yield from listing.read({**listing.everything, name: 1})
    if one is None or listing.keys(one, whole) != listing.keys(whole):
        # It counts pages from 0, or lists something else by them.
        return one
    return (yield from listing.read({**listing.everything, name: 2}))


def _totals(listing: Listing, page: Page) -> Iterator[tuple[str, int]]:
    """The headers and the members of an envelope that count the items of all pages, by their names, and by what the
    document says."""
    sources = listing.task.context.contract.specification.sources
    documented = listing.operation.response_for(200)
    described = {each.header.name.lower(): each.header.source for each in documented.headers} if documented else {}
    for name, value in totals_in_headers(page.exchange):
        source = described.get(name.lower())
        if source is None or not _OF_PAGE.search(str(sources.value(source).get("description", ""))):
            yield name, value
    message = shown_by(listing.operation)
    around = page.document if isinstance(page.document, dict) else {}
    for at, each in (((), around), *(((name,), value) for name, value in around.items() if isinstance(value, dict))):
        for name, value in each.items():
            if plain(name) not in TOTALS - {"count"} or not isinstance(value, int) or isinstance(value, bool):
                continue
            schemas = shape_at(message, (*at, name)) if message is not None else []
            said = shape_of(schemas, message.schema).descriptions if message is not None else ()
            if not any(map(_OF_PAGE.search, said)):
                yield name, value


def _offsets(listing: Listing, offset: ParameterContract, limit: ParameterContract | None, whole: Page) -> Steps:
    """Whether an offset starts where it says: behind as many items of the whole list."""
    name = offset.parameter.name
    start = offset.message is not None and offset.message.is_valid(0)
    expected = listing.keys((yield from listing.read({**listing.everything, name: 0})) if start else None)
    if expected != listing.keys(whole):
        # It may count from 1, or from the end.
        return
    size = {limit.parameter.name: SIZE} if limit is not None and takes(limit, SIZE) else {}
    for at in (at for at in _OFFSETS if at < len(expected)):
        for attempt in ("first", "again"):
            page = yield from listing.read({name: at, **size})
            wanted = expected[at : at + SIZE] if size else expected[at:]
            if page is None or _begins_alike(listing.keys(page, whole), wanted, is_exact=bool(size)):
                break
            if attempt == "again" and listing.keys((yield from listing.read_all())) == expected:
                listing.find(
                    "page-mismatch",
                    page,
                    _message(listing, name, at, page, whole),
                    seen=name,
                    cause=f"begins by {name}",
                )
                return


def _begins_alike(shown: Sequence[str], wanted: Sequence[str], *, is_exact: bool) -> bool:
    """Whether a page holds what is `wanted` of it; where no size was asked for, it may hold less and more."""
    if is_exact:
        return list(shown) == list(wanted)
    least = min(len(shown), len(wanted))
    return bool(least or not wanted) and list(shown[:least]) == list(wanted[:least])


def _message(listing: Listing, name: str, at: int, page: Page, whole: Page) -> str:
    shown, every = listing.keys(page, whole), listing.keys(whole)
    if every[at : at + 1] == shown[:1]:
        what = "it begins there, and goes on with other items than the list"
    elif not shown:
        what = f"it lists nothing, and item {at + 1} of the list should be the first"
    else:
        begins = (
            f"item {every.index(shown[0]) + 1} of the list" if shown[0] in every else "an item that is not in the list"
        )
        what = f"it begins with {begins}, and not with item {at + 1}"
    return f"{listing.operation.key} does not start where `{name}` = {at} says: {what}"


def _numbered(listing: Listing, page_number: ParameterContract, limit: ParameterContract, whole: Page) -> Steps:
    """Whether numbered pages together are the whole list."""
    name, size = page_number.parameter.name, limit.parameter.name
    if not takes(limit, SIZE):
        return
    expected = listing.keys(whole)
    for attempt in ("first", "again"):
        pages: list[Page] = []
        shown: list[str] = []
        first = yield from listing.read({name: 0, size: SIZE}) if takes(page_number, 0) else _nothing()
        counts_from = 0 if first is not None and listing.keys(first, whole) == expected[:SIZE] else 1
        for number in range(counts_from, counts_from + PAGES):
            page = yield from listing.read({name: number, size: SIZE})
            if page is None or not page.items:
                break
            if number == 1 and counts_from == 0 and listing.keys(page, whole) == expected[:SIZE]:
                # 0 stands for the first page as well.
                continue
            pages.append(page)
            shown += listing.keys(page, whole)
        if not pages or are_pages(shown, expected, whole):
            return
        if attempt == "again" and listing.keys((yield from listing.read_all())) == expected:
            find_pages(listing, f"`{name}`", name, pages[-1], shown, expected)


def _cursors(listing: Listing, cursor: ParameterContract, limit: ParameterContract, whole: Page) -> Steps:
    """Whether the pages to which each page leads together are the whole list."""
    name, size = cursor.parameter.name, limit.parameter.name
    if not takes(limit, SIZE):
        return
    expected = listing.keys(whole)
    for attempt in ("first", "again"):
        shown: list[str] = []
        page = last = yield from listing.read({size: SIZE})
        for _ in range(PAGES):
            if page is None:
                break
            last = page
            shown += listing.keys(page, whole)
            further = next_of(page.document)
            if further is None:
                # Where the next one is named otherwise, nothing is known.
                return
            page = (yield from listing.read({size: SIZE, name: further})) if further else None
        if last is None or are_pages(shown, expected, whole):
            return
        if attempt == "again" and listing.keys((yield from listing.read_all())) == expected:
            find_pages(listing, f"`{name}`", name, last, shown, expected)


def are_pages(shown: Sequence[str], expected: Sequence[str], whole: Page) -> bool:
    """Whether what pages showed one behind the other is the list, as far as they went."""
    length = min(len(shown), len(expected))
    if list(shown[:length]) != list(expected[:length]):
        return False
    return len(shown) >= min(len(expected), PAGES * SIZE) and (whole.is_part or len(shown) <= len(expected))


def find_pages(listing: Listing, by: str, name: str, page: Page, shown: Sequence[str], expected: Sequence[str]) -> None:
    """That pages are not the list together; `by` says for people what leads from one to the next, and `name` for
    machines."""
    repeated = next((key for number, key in enumerate(shown) if key in shown[:number]), None)
    lost = next((key for key in expected[: len(shown)] if key not in shown), None)
    if repeated is not None:
        kind, what = "repeats", f"item {repeated} is on two of them"
    elif lost is not None:
        kind, what = "loses", f"item {lost} is on none of them"
    else:
        kind, what = "order", "their items stand in another order"
    message = f"the pages of {listing.operation.key}, {SIZE} items each by {by}, are not the list together: {what}"
    # One piece of a server cuts lists into pages, for all of them.
    listing.find("page-mismatch", page, message, seen=name, cause=f"{kind} by {name}")


def next_of(document: Any) -> Any:
    """What leads to the page that follows a `document`, "" behind the last one; None where nothing says so."""
    for value in values_in(document):
        for name, each in value.items() if isinstance(value, dict) else ():
            if plain(name) in _NEXT and (each is None or (isinstance(each, str | int) and "/" not in str(each))):
                return each or ""
    return None


def _names_member(name: str, whole: Page) -> bool:
    """Whether items have a member of that name, so that it may be a filter: `size` of shoes."""
    return any(isinstance(item, dict) and plain(name) in map(plain, item) for item in whole.items)


def takes(contract: ParameterContract, value: int) -> bool:
    """Whether a parameter allows a number."""
    return contract.message is not None and contract.message.is_valid(value)


def _nothing() -> Steps:
    return None
    yield
