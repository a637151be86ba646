"""The query parameters and members with which lists are searched, sorted and cut into pages, by their plain names."""

from __future__ import annotations

import re

#: a filter of a family, as JSON:API has them: `filter[status]`
_OF_FAMILY = re.compile(r"(?:filters?|where|search|q)\[([^\[\]]+)\]", re.IGNORECASE)

#: the number of items that an answer may have
LIMITS = frozenset(
    {
        "limit",
        "size",
        "pagesize",
        "perpage",
        "maxresults",
        "maxitems",
        "top",
        "take",
        "count",
        "first",
        "rows",
        "num",
        "pagelimit",
        "itemsperpage",
        "resultsperpage",
    }
)

#: how many items are left out before the first
OFFSETS = frozenset({"offset", "pageoffset", "skip", "start", "startindex", "startat", "firstresult", "from"})

#: the number of a page
PAGES = frozenset({"page", "pagenumber", "pageindex", "pageno", "pagenum", "currentpage"})

#: where a page begins, as the answer before it said
CURSORS = frozenset(
    {
        "cursor",
        "pagecursor",
        "after",
        "pageafter",
        "pagetoken",
        "nexttoken",
        "continuationtoken",
        "startafter",
        "startingafter",
        "nextcursor",
        "marker",
    }
)

#: the member that items are sorted by, perhaps with its direction, and the direction alone
SORTS = frozenset({"sort", "sortby", "orderby", "ordering", "sortfield", "sortkey", "order"})
DIRECTIONS = frozenset({"order", "direction", "sortorder", "sortdirection", "dir", "sortdir", "orderdirection"})

#: members of an answer: how many items there are on all pages, whether there are more, and where the next page begins
TOTALS = frozenset(
    {"total", "totalcount", "totalitems", "totalresults", "totalrecords", "totalelements", "totalsize", "count"}
)
MORE = frozenset({"hasmore", "hasnext", "hasnextpage", "more"})
NEXT = frozenset({"next", "nextpage", "nextcursor", "nexttoken", "nextpagetoken", "nextlink"})

#: words that items are searched for, in any of their texts
SEARCHES = frozenset(
    {"q", "query", "search", "searchterm", "searchtext", "searchquery", "keyword", "keywords", "term", "terms"}
)


def member_of_filter(name: str) -> str:
    """The name of the member that a parameter called `name` filters by: the same, or `status` for `filter[status]`."""
    family = _OF_FAMILY.fullmatch(name)
    return family[1] if family is not None else name
