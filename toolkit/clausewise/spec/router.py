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


class Router:
    """Finds operations. Concrete paths are matched before templated ones (OpenAPI 3.1 section 4.8.8.2)."""

    def __init__(self, operations: Iterable[Operation], base_paths: Iterable[str] = ("",)) -> None:
        #: longest first, so that "/v1/beta" is tried before "/v1"
        self._base_paths = sorted({"", *base_paths}, key=len, reverse=True)
        routes: dict[str, tuple[re.Pattern[str], dict[str, Operation]]] = {}
        for operation in operations:
            _, methods = routes.setdefault(operation.path, (_pattern(operation.path), {}))
            methods[operation.method] = operation
        #: by the number of slashes, since a path parameter never has one
        self._routes: dict[int, list[tuple[re.Pattern[str], list[str], dict[str, Operation]]]] = {}
        for path, (pattern, methods) in sorted(routes.items(), key=lambda route: _specificity(route[0])):
            names = re.findall(r"\{([^{}]+)\}", path)
            self._routes.setdefault(path.count("/"), []).append((pattern, names, methods))

    def match(self, method: str, path: str) -> Match | None:
        """The operation for an upper-case `method` and a percent-encoded `path` without query; None if none matches."""
        for names, methods, values in self._matches(path):
            if method in methods:
                return Match(methods[method], dict(zip(names, values, strict=True)))
        return None

    def methods(self, path: str) -> tuple[str, ...]:
        """The documented methods of every path template that `path` matches; () when it matches none."""
        return tuple(dict.fromkeys(method for _, methods, _ in self._matches(path) for method in methods))

    def _matches(self, path: str) -> Iterable[tuple[list[str], dict[str, Operation], tuple[str, ...]]]:
        for base in self._base_paths:
            if path.startswith(base):
                below = path[len(base) :]
                for pattern, names, methods in self._routes.get(below.count("/"), ()):
                    found = pattern.fullmatch(below)
                    if found:
                        yield names, methods, found.groups()


def _pattern(path: str) -> re.Pattern[str]:
    literals = re.split(r"\{[^{}]+\}", path)
    return re.compile("([^/]+)".join(map(re.escape, literals)))


def _specificity(path: str) -> tuple[bool, ...]:
    return tuple("{" in segment for segment in path.split("/"))
