"""The paths of documents among the routes of an app, as its framework lists them: no path has to be guessed then."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

#: the end of a path that serves a document
_DOCUMENT = re.compile(r"(?:open-?api|swagger|api-?docs?|api-?spec\w*|schema)(?:\.(?:json|ya?ml))?/?$", re.IGNORECASE)

#: routes of an app that are looked at
_MOST = 5000


def documents_in(app: Any) -> tuple[str, ...]:
    """Paths of an app that may serve its OpenAPI document, those that end in .json, .yaml or .yml first."""
    found: list[str] = []
    # Whatever a framework raises here, the usual paths are still tried.
    with suppress(Exception):
        for number, (path, is_known) in enumerate(_paths(app)):
            if number >= _MOST:
                break
            if not re.search(r"[<{(]", path) and (is_known or _DOCUMENT.search(path)):
                found.append(path if path.startswith("/") else f"/{path}")
    return tuple(sorted(dict.fromkeys(found), key=lambda path: not path.endswith((".json", ".yaml", ".yml"))))


def _paths(app: Any) -> Iterator[tuple[str, bool]]:
    """The paths of an app, and whether each is known to serve its document."""
    rules = getattr(getattr(app, "url_map", None), "iter_rules", None)
    if callable(rules):
        # Flask, Quart
        for rule in rules():
            yield str(rule.rule), False
    yield from ((path, False) for path in _of_starlette(getattr(app, "routes", ()), ""))
    if type(app).__module__.startswith("django."):
        resolver = sys.modules["django.urls"].get_resolver()
        yield from _of_django(resolver.url_patterns, "/")


def _of_starlette(routes: Any, prefix: str) -> Iterator[str]:
    for route in routes if isinstance(routes, Iterable) else ():
        path = prefix + str(getattr(route, "path", ""))
        yield path
        yield from _of_starlette(getattr(route, "routes", None) or (), path)


def _of_django(patterns: Any, prefix: str) -> Iterator[tuple[str, bool]]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern).lstrip("^").rstrip("$")
        below = getattr(pattern, "url_patterns", None)
        if below is not None:
            yield from _of_django(below, path)
        else:
            view = getattr(getattr(pattern, "callback", None), "view_class", None)
            yield path, getattr(view, "__module__", "") == "drf_spectacular.views"
