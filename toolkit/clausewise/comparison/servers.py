"""Compares the URLs of operations: a server's URL and the path below it are one URL (OpenAPI 3.1 section 4.8.5)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice, product
from typing import Any

import msgspec

from clausewise.comparison.located import LocatedDifference
from clausewise.errors import Location
from clausewise.spec.accessors import object_at
from clausewise.spec.defects import DefectLog
from clausewise.spec.operations import Operation
from clausewise.spec.pointer import Source
from clausewise.spec.resolve import Sources

#: URLs that the variables of one server are written out to
_MOST_URLS = 200

_ORIGIN = re.compile(r"(?:[a-zA-Z][a-zA-Z0-9+.-]*:)?//[^/]*")


class ServerUrl(msgspec.Struct, frozen=True):
    """A URL of a server, one value of each of its variables in it; `{}` stands for a variable of any value."""

    #: "https://api.example.com"; "" for a URL that is relative to that of the document
    origin: str
    #: without a slash at its end
    path: str

    def __str__(self) -> str:
        return f"{self.origin}{self.path}" or "/"


class Servers(msgspec.Struct, frozen=True):
    """The servers of an operation."""

    #: where they are written; None where the document names none
    source: Source | None
    urls: tuple[ServerUrl, ...]
    #: what each server has where a client sets none of its variables
    defaults: tuple[str, ...]


class ServerReader:
    """Reads the servers of the operations of one document: the nearest ones count."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._read: dict[Source, Servers | None] = {}

    def of(self, operation: Operation) -> Servers:
        """The servers of an operation."""
        for owner in (operation.source, operation.path_item):
            found = self._at(owner)
            if found is not None:
                return found
        return self._at(Source("")) or Servers(None, (ServerUrl("", ""),), ())

    def _at(self, owner: Source) -> Servers | None:
        if owner not in self._read:
            self._read[owner] = self._servers(owner)
        return self._read[owner]

    def _servers(self, owner: Source) -> Servers | None:
        written = object_at(self._sources, owner).get("servers")
        if isinstance(written, list) and written:
            servers = [server for server in written if isinstance(server, dict) and isinstance(server.get("url"), str)]
            urls = tuple(dict.fromkeys(url for server in servers for url in _urls(server)))
            return Servers(owner.child("servers"), urls, tuple(_with_defaults(server) for server in servers))
        if owner.tokens:
            return None
        read = self._sources.dialect.servers(self._sources, owner, DefectLog(Location(self._sources.root.name, 1, 1)))
        return Servers(owner, tuple(map(_url, read)), tuple(read)) if read else None


def compare_servers(old: Operation, new: Operation, one: Servers, two: Servers) -> Iterator[LocatedDifference]:
    """The differences between the URLs of an operation."""
    if (old.path, one.urls, one.defaults) == (new.path, two.urls, two.defaults):
        return
    moved = unnamed(old.path) != unnamed(new.path)

    def listed(urls: list[ServerUrl], operation: Operation) -> str:
        return " or ".join(f"{url}{operation.path}" if moved else str(url) for url in urls[:3])

    gone = [url for url in one.urls if not any(_reaches(other, new.path, url, old.path) for other in two.urls)]
    further = [url for url in two.urls if not any(_reaches(other, old.path, url, new.path) for other in one.urls)]
    what = "URL" if moved else "server"
    if one.source is None and gone:
        text = f"the {what} is {listed(further, new)}; before, none was documented"
        yield LocatedDifference("risky", "added", "", text, _UNKNOWN, one.source, two.source)
    elif two.source is None and gone:
        text = f"the {what} {listed(gone, old)} is no longer documented"
        yield LocatedDifference("risky", "removed", "", text, _UNKNOWN, one.source, two.source)
    elif gone:
        kept = f"; now, it is {listed(further, new)}" if further else ""
        text = f"the {what} {listed(gone, old)} is no longer documented{kept}"
        reason = "clients call a URL that is no longer documented"
        yield LocatedDifference(
            "breaking", "changed" if further else "removed", "", text, reason, one.source, two.source
        )
    elif further:
        text = f"the {what} may also be {listed(further, new)}"
        yield LocatedDifference("compatible", "added", "", text, "the others are as before", one.source, two.source)
    elif moved:
        text = f"the path is {new.path}; before, {old.path}: with the server it is the same URL"
        yield LocatedDifference("editorial", "changed", "", text, SAME, old.path_item, new.path_item)
    elif one.defaults and two.defaults and not _reaches(_url(two.defaults[0]), "", _url(one.defaults[0]), ""):
        text = f"the first server is {two.defaults[0]}; before, {one.defaults[0]}"
        reason = "clients that choose no server call another one"
        yield LocatedDifference("risky", "changed", "", text, reason, one.source, two.source)


#: the reason of a difference that clients do not see
SAME = "written differently, the same for clients"

_UNKNOWN = "clients had to know the URL from elsewhere, or have to now"


def full_paths(operation: Operation, servers: Servers) -> frozenset[str]:
    """The paths of an operation's URLs, without the names of parameters and variables."""
    return frozenset(unnamed(f"{url.path}{operation.path}") for url in servers.urls)


def _reaches(server: ServerUrl, path: str, other: ServerUrl, below: str) -> bool:
    """Whether the URL of `below` on the server `other` is one of `path` on `server`."""
    if server.origin and other.origin and not _matches(server.origin.lower(), other.origin.lower()):
        return False
    return (
        _matches(server.path, other.path)
        if path == below
        else _matches(unnamed(server.path + path), unnamed(other.path + below))
    )


def _matches(template: str, url: str) -> bool:
    if template == url:
        return True
    pattern = "[^/]*".join(map(re.escape, template.split("{}")))
    return "{}" in template and re.fullmatch(pattern, url) is not None


def unnamed(path: str) -> str:
    """A path template without the names of its parameters."""
    return re.sub(r"\{[^{}]*\}", "{}", path)


def _url(written: str) -> ServerUrl:
    origin = _ORIGIN.match(written)
    path = written[origin.end() :] if origin else written
    return ServerUrl(origin[0] if origin else "", path.rstrip("/"))


def _urls(server: dict[str, Any]) -> Iterator[ServerUrl]:
    """The URLs of a server, with each value of its variables."""
    variables = _variables(server)
    values = [
        [str(value) for value in variable["enum"]] if isinstance(variable.get("enum"), list) else ["{}"]
        for variable in variables.values()
    ]
    for chosen in islice(product(*values), _MOST_URLS):
        url = server["url"]
        for name, value in zip(variables, chosen, strict=True):
            url = url.replace("{" + name + "}", value)
        yield _url(unnamed(url))


def _with_defaults(server: dict[str, Any]) -> str:
    url = str(server["url"])
    for name, variable in _variables(server).items():
        url = url.replace("{" + name + "}", str(variable.get("default", "")))
    return url.rstrip("/")


def _variables(server: dict[str, Any]) -> dict[str, dict[str, Any]]:
    variables = server.get("variables")
    found = variables.items() if isinstance(variables, dict) else ()
    return {name: variable for name, variable in found if isinstance(variable, dict)}
