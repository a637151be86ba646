"""Finds the operation for the method and path of a request."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property
from urllib.parse import quote

import msgspec

from clausewise.spec.fixed_query import FixedQuery, fixed_query, path_of
from clausewise.spec.operations import Operation


class Match(msgspec.Struct, frozen=True):
    """An operation, and the values of its path parameters, still percent-encoded."""

    operation: Operation
    path_parameters: dict[str, str]


_PARAMETER = re.compile(r"\{[^{}]+\}")

#: what a path may hold beside letters and digits (RFC 3986 section 3.3), and what is percent-encoded already
_PLAIN = "/-._~!$&'()*+,;=:@%"
_TO_ENCODE = re.compile(r"[^\w/.~!$&'()*+,;=:@-]", re.ASCII)
_ENCODED = re.compile(r"%[0-9A-Fa-f]{2}")


def as_sent(path: str) -> str:
    """A path, or a part of one, as requests have it, whether a document or a recording writes `/café`, `/caf%c3%a9` or
    `/caf%C3%A9`: what a path cannot hold is percent-encoded as UTF-8, in capital letters (RFC 3986 sections 2.1 and
    6.2.2.1)."""
    if _TO_ENCODE.search(path) is None:
        return path
    return _ENCODED.sub(lambda found: found[0].upper(), quote(path, safe=_PLAIN, errors="surrogatepass"))


class _Route(msgspec.Struct, frozen=True, dict=True):
    """What the operations of one path match."""

    #: its template, without a query
    path: str
    #: what every path that matches begins with
    beginning: str
    #: the pairs that the query has to have; None where it may have any
    query: FixedQuery | None
    #: the names of the parameters in the path, and then of those in its query
    names: tuple[str, ...]
    #: method -> operation
    methods: dict[str, Operation]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What its paths match: compiled when it is first needed, as documents have thousands of paths."""
        return re.compile("([^/]+)".join(re.escape(as_sent(each)) for each in _PARAMETER.split(self.path)))

    def match(self, path: str, query: str) -> tuple[str, ...] | None:
        """The values of the parameters in a path and its query; None where they do not match."""
        found = self.pattern.fullmatch(path) if path.startswith(self.beginning) else None
        if found is None or self.query is None:
            return found.groups() if found is not None else None
        fixed = self.query.match(query)
        return (*found.groups(), *fixed) if fixed is not None else None


class Router:
    """Finds operations. Concrete paths are matched before templated ones (OpenAPI 3.1 section 4.8.8.2)."""

    def __init__(self, operations: Iterable[Operation], base_paths: Iterable[str] = ("",)) -> None:
        """Operations are found at the root, below the document's `base_paths`, and below those of their own servers."""
        every = tuple(operations)
        shared, common = {"", *base_paths}, _routes(every)
        own = {base for operation in every for base in operation.base_paths} - shared
        bases = [(as_sent(base), common) for base in shared]
        bases += [(as_sent(base), _routes(each for each in every if base in each.base_paths)) for base in own]
        #: longest first, so that "/v1/beta" is tried before "/v1"
        self._bases = sorted(bases, key=lambda entry: (-len(entry[0]), entry[0]))

    def match(self, method: str, target: str) -> Match | None:
        """The operation for an upper-case `method` and a percent-encoded path, with its query; None if none matches."""
        for route, values in self._matches(target):
            if method in route.methods:
                return Match(route.methods[method], dict(zip(route.names, values, strict=True)))
        return None

    def methods(self, target: str) -> tuple[str, ...]:
        """The documented methods of every path template that a path with its query matches; () when it matches none."""
        return tuple(dict.fromkeys(method for route, _ in self._matches(target) for method in route.methods))

    def rivals(self, path: str) -> tuple[re.Pattern[str], ...]:
        """What the paths match that belong to another template than `path`, although they match it as well: those of
        templates that are more concrete in a segment, such as `/users/me` for `/users/{id}`."""
        own, every = path_of(path).split("/"), dict(self._bases)[""]
        others = (route for route in every.get(len(own) - 1, ()) if route.path != path_of(path))
        return tuple(route.pattern for route in others if _is_rival(route.path.split("/"), own))

    def near(self, method: str, target: str) -> str | None:
        """The path template that a target, which matches none, would match with or without a slash at its path's
        end."""
        path, mark, query = target.partition("?")
        match = self.match(method, (path[:-1] if path.endswith("/") else f"{path}/") + mark + query)
        return match.operation.path if match is not None else None

    def _matches(self, target: str) -> Iterable[tuple[_Route, tuple[str, ...]]]:
        path, _, query = target.partition("?")
        path = as_sent(path)
        for base, routes in self._bases:
            if path.startswith(base):
                below = path[len(base) :]
                for route in routes.get(below.count("/"), ()):
                    values = route.match(below, query)
                    if values is not None:
                        yield route, values


def _routes(operations: Iterable[Operation]) -> dict[int, list[_Route]]:
    """Routes by the number of slashes, since a path parameter never has one; the most concrete first."""
    methods: dict[str, dict[str, Operation]] = {}
    for operation in operations:
        methods.setdefault(operation.path, {})[operation.method] = operation
    routes: dict[int, list[_Route]] = {}
    for written in sorted(methods, key=_specificity):
        path, names = path_of(written), tuple(re.findall(r"\{([^{}]+)\}", written))
        route = _Route(path, as_sent(path.partition("{")[0]), fixed_query(written), names, methods[written])
        routes.setdefault(path.count("/"), []).append(route)
    return routes


def _is_rival(other: list[str], own: list[str]) -> bool:
    """Whether a template of segments may match a path of its `own` one, and leaves less open in one of them."""
    pairs = [pair for pair in zip(other, own, strict=True) if pair[0] != pair[1]]
    may_match = all("{" in one or "{" in two for one, two in pairs)
    return may_match and any(len(_PARAMETER.sub("", one)) > len(_PARAMETER.sub("", two)) for one, two in pairs)


def _specificity(written: str) -> tuple[list[tuple[bool, int]], int]:
    """For each segment, whether it has parameters, and the number of its other characters: a concrete one comes first,
    and of two templates the one that leaves less open. Of alike paths, that which asks for most in the query."""
    segments, query = path_of(written).split("/"), fixed_query(written)
    open_ones = [("{" in one, -len(_PARAMETER.sub("", one)) * ("{" in one)) for one in segments]
    return open_ones, -len(query.pairs) if query is not None else 0
