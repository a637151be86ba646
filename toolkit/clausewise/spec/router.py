"""Finds the operation for the method and path of a request."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from clausewise.spec.operations import Operation


class Match(msgspec.Struct, frozen=True):
    """An operation, and the values of its path parameters, still percent-encoded."""

    operation: Operation
    path_parameters: dict[str, str]


#: a pattern of paths, the names of its parameters, and the operation of each method
_Route = tuple[re.Pattern[str], list[str], dict[str, Operation]]


class Router:
    """Finds operations. Concrete paths are matched before templated ones (OpenAPI 3.1 section 4.8.8.2)."""

    def __init__(self, operations: Iterable[Operation], base_paths: Iterable[str] = ("",)) -> None:
        """Operations are found at the root, below the document's `base_paths`, and below those of their own servers."""
        every = tuple(operations)
        shared, common = {"", *base_paths}, _routes(every)
        own = {base for operation in every for base in operation.base_paths} - shared
        bases = [(base, common) for base in shared]
        bases += [(base, _routes(each for each in every if base in each.base_paths)) for base in own]
        #: longest first, so that "/v1/beta" is tried before "/v1"
        self._bases = sorted(bases, key=lambda entry: (-len(entry[0]), entry[0]))

    def match(self, method: str, path: str) -> Match | None:
        """The operation for an upper-case `method` and a percent-encoded `path` without query; None if none matches."""
        for names, methods, values in self._matches(path):
            if method in methods:
                return Match(methods[method], dict(zip(names, values, strict=True)))
        return None

    def methods(self, path: str) -> tuple[str, ...]:
        """The documented methods of every path template that `path` matches; () when it matches none."""
        return tuple(dict.fromkeys(method for _, methods, _ in self._matches(path) for method in methods))

    def near(self, method: str, path: str) -> str | None:
        """The path template that `path`, which matches none, would match with or without a slash at its end."""
        match = self.match(method, path[:-1] if path.endswith("/") else f"{path}/")
        return match.operation.path if match is not None else None

    def _matches(self, path: str) -> Iterable[tuple[list[str], dict[str, Operation], tuple[str, ...]]]:
        for base, routes in self._bases:
            if path.startswith(base):
                below = path[len(base) :]
                for pattern, names, methods in routes.get(below.count("/"), ()):
                    found = pattern.fullmatch(below)
                    if found:
                        yield names, methods, found.groups()


def _routes(operations: Iterable[Operation]) -> dict[int, list[_Route]]:
    """Routes by the number of slashes, since a path parameter never has one; the most concrete first."""
    methods: dict[str, dict[str, Operation]] = {}
    for operation in operations:
        methods.setdefault(operation.path, {})[operation.method] = operation
    routes: dict[int, list[_Route]] = {}
    for path in sorted(methods, key=_specificity):
        names = re.findall(r"\{([^{}]+)\}", path)
        routes.setdefault(path.count("/"), []).append((_pattern(path), names, methods[path]))
    return routes


def _pattern(path: str) -> re.Pattern[str]:
    literals = re.split(r"\{[^{}]+\}", path)
    return re.compile("([^/]+)".join(map(re.escape, literals)))


def _specificity(path: str) -> list[tuple[bool, int]]:
    """For each segment, whether it has parameters, and the number of its other characters: a concrete one comes first,
    and of two templates the one that leaves less open."""
    segments = path.split("/")
    return [("{" in segment, -len(re.sub(r"\{[^{}]+\}", "", segment)) * ("{" in segment)) for segment in segments]
