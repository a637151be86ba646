"""What is there to test: documents and apps in a folder, and servers on this machine."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from clausewise.config import Config
from clausewise.errors import ClausewiseError
from clausewise.options import RunOptions, TargetSpec
from clausewise.recordings.files import HEAD, is_openapi

#: ports that development servers listen at by default
PORTS = (8000, 8080, 5000, 3000, 8001, 8888)

#: files that are looked at, and folders below each other
_MOST_FILES, _DEEPEST = 5000, 5

#: folders of other people's code, and of what is made from one's own
_NOT_OURS = frozenset({"node_modules", "site-packages", "__pycache__", "build", "dist", "target", "reports", "venv"})

#: an app that a module of Python makes: its name, and what makes it
_APP = re.compile(
    r"^(\w+)\s*(?::[^=\n]+)?=\s*(?:\w+\.)*"
    r"(FastAPI|Starlette|Flask|APIFlask|Quart|Litestar|FlaskApp|AsyncApp|get_asgi_application|get_wsgi_application)\(",
    re.MULTILINE,
)

#: seconds to wait for a server on this machine: to connect, and to answer
_CONNECT, _ANSWER = 0.3, 3.0


def documents_below(folder: Path) -> tuple[Path, ...]:
    """The OpenAPI documents in a folder, relative to it; those of the likeliest names first."""
    found = []
    for path in _files(folder, (".yaml", ".yml", ".json")):
        with suppress(OSError), path.open("rb") as file:
            if is_openapi(file.read(HEAD)):
                found.append(path.relative_to(folder))
    return tuple(sorted(found, key=_likelihood))


class App(msgspec.Struct, frozen=True, order=True):
    """An app that a module makes."""

    #: folders above its module, and that itself
    depth: int
    #: "module:attribute"
    name: str
    #: the class or function that makes it: "FastAPI", "get_wsgi_application"
    maker: str


def apps_below(folder: Path) -> tuple[App, ...]:
    """The apps that modules in a folder make, those nearest to the folder first."""
    found: list[App] = []
    for path in _files(folder, (".py",)):
        parts = path.relative_to(folder).with_suffix("").parts
        if not all(part.isidentifier() for part in parts) or "tests" in parts or parts[-1].startswith("test_"):
            continue
        with suppress(OSError, UnicodeDecodeError):
            module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            for made in _APP.finditer(path.read_text(encoding="utf-8")):
                found.append(App(len(parts), f"{module}:{made[1]}", made[2]))
    return tuple(sorted(dict.fromkeys(found)))


def servers_here() -> tuple[str, ...]:
    """The base URLs of servers on this machine, at usual ports, that serve an OpenAPI document."""
    return tuple(url for port in PORTS if _listens(port) and _describes_itself(url := f"http://127.0.0.1:{port}"))


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), _CONNECT):
            return True
    except OSError:
        return False


def _describes_itself(url: str) -> bool:
    from clausewise.retrieval.contracts import open_contract

    run = RunOptions(timeout=_ANSWER, connect_timeout=_CONNECT)
    try:
        return bool(open_contract(None, Config(target=TargetSpec(url=url), run=run)).operations)
    except ClausewiseError:
        return False


def _files(folder: Path, suffixes: tuple[str, ...]) -> Iterator[Path]:
    """The files with these suffixes in a folder and below it, in the order of their names."""
    count = 0
    for place, folders, files in os.walk(folder):
        here = Path(place)
        deep = len(here.relative_to(folder).parts) >= _DEEPEST
        folders[:] = [] if deep else sorted(one for one in folders if not one.startswith(".") and one not in _NOT_OURS)
        for name in sorted(files):
            count += 1
            if count > _MOST_FILES:
                return
            if name.endswith(suffixes):
                yield here / name


def _likelihood(path: Path) -> tuple[bool, int, str]:
    """Sorts documents: those that are named so first, then those nearest to the folder."""
    named = re.search(r"open-?api|swagger", path.name, re.IGNORECASE) is not None
    return (not named, len(path.parts), path.as_posix())
