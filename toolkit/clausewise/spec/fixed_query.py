"""The query that some documents write into a path: `/{bucket}?acl`, `/items?view=full`.

OpenAPI has no query in a path (3.1 section 4.8.8), and those who write one mean that each request has these pairs. They
are a part of the path then: every request has them, and a request that lacks one is for another operation.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote, unquote_plus

import msgspec

#: a path and its query: a `?` within braces is a part of a name
_WITH_QUERY = re.compile(r"((?:\{[^{}]*\}|[^?{])*)\?(.*)", re.DOTALL)


class FixedQuery(msgspec.Struct, frozen=True):
    """The pairs that a query has to have."""

    #: as written, without `?`
    written: str
    #: names of the pairs, percent-decoded
    names: frozenset[str]
    #: for each pair a pattern of it, percent-decoded, with a group for each path parameter in it
    pairs: tuple[re.Pattern[str], ...]

    def match(self, query: str) -> tuple[str, ...] | None:
        """The values of its path parameters in a query, percent-encoded; None where that lacks one of its pairs."""
        parts = [unquote_plus(part) for part in query.split("&")]
        values: tuple[str, ...] = ()
        for pair in self.pairs:
            found = next(filter(None, map(pair.fullmatch, parts)), None)
            if found is None:
                return None
            values += tuple(quote(value, safe="") for value in found.groups())
        return values


def path_of(path: str) -> str:
    """A path without the query in it."""
    found = _WITH_QUERY.fullmatch(path)
    return found[1] if found is not None else path


@lru_cache(maxsize=4096)
def fixed_query(path: str) -> FixedQuery | None:
    """The query in a path as the document has it; None where it has none."""
    found = _WITH_QUERY.fullmatch(path)
    if found is None:
        return None
    parts = [part for part in found[2].split("&") if part]
    names = frozenset(unquote_plus(part.partition("=")[0]) for part in parts)
    pairs = tuple(_pattern(part) for part in parts)
    return FixedQuery("&".join(parts), names, pairs)


def _pattern(part: str) -> re.Pattern[str]:
    """A pattern of a pair; a name without a value may also be sent with an empty one."""
    literals = [re.escape(unquote_plus(literal)) for literal in re.split(r"\{[^{}]+\}", part)]
    return re.compile("(.+)".join(literals) + ("" if "=" in part else "=?"), re.DOTALL)
