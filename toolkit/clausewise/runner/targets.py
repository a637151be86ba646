"""Targets: a server behind a URL, an app in this process, or the mock of the contract."""

from __future__ import annotations

import importlib
import inspect
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext, suppress
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from clausewise.contract.contract import Contract
from clausewise.errors import UsageError
from clausewise.options import RunOptions, TargetSpec
from clausewise.results import record
from clausewise.runner.network import Network
from clausewise.transport.base import Transport
from clausewise.transport.proxy import Proxy, is_loopback, proxy_for
from clausewise.transport.tls import tls_context


class Target(msgspec.Struct, frozen=True, eq=False):
    """Something to send requests to. `open` gives a transport for one of its base paths."""

    kind: Literal["url", "app", "mock"]
    #: the URL without a trailing slash, "module:attribute", or "mock"
    name: str
    connections: int
    #: the app to call; None for a URL
    app: Any = None
    network: Network = Network()

    @property
    def recorded(self) -> record.TargetInfo:
        """The target as the run record names it."""
        return record.TargetInfo(self.kind, self.name, self.is_tls and self.network.trust.insecure)

    @property
    def is_tls(self) -> bool:
        """Whether requests go over TLS."""
        return self.kind == "url" and urlsplit(self.name).scheme == "https"

    @property
    def proxy(self) -> Proxy | None:
        """The proxy that the environment names for the URL; None where requests go there directly."""
        return proxy_for(self.name, os.environ) if self.kind == "url" else None

    @property
    def is_local(self) -> bool:
        """Whether requests stay on this machine."""
        return self.kind != "url" or is_loopback(urlsplit(self.name).hostname or "")

    @property
    def base_url(self) -> str:
        """What a curl command puts before a request's path."""
        return self.name if self.kind == "url" else "http://localhost:8000"

    def open(self, base_path: str = "") -> AbstractAsyncContextManager[Transport]:
        """A transport whose requests go below `base_path` of the target."""
        if self.kind == "url":
            from clausewise.transport.http import HttpTransport

            return HttpTransport(
                self.name + base_path,
                connections=self.connections,
                timeout=self.network.answer,
                connect_timeout=self.network.connect,
                tls=tls_context(self.network.trust) if self.is_tls else None,
                proxy=self.proxy,
            )
        return self._open_app(base_path)

    @asynccontextmanager
    async def _open_app(self, base_path: str) -> AsyncIterator[Transport]:
        transport: AbstractAsyncContextManager[Transport]
        if _is_asgi(self.app):
            from clausewise.transport.asgi import AsgiTransport

            transport = AsgiTransport(self.app, base_path=base_path, timeout=self.network.answer)
        else:
            from clausewise.transport.wsgi import WsgiTransport

            transport = WsgiTransport(self.app, base_path=base_path, timeout=self.network.answer)
        # An app may import more of itself when it is first called.
        with _working_directory_importable() if self.kind == "app" else nullcontext():
            async with transport as opened:
                yield opened

    async def require(self) -> None:
        """Raise TargetError when nothing listens at the URL, or what does is not trusted."""
        if self.kind == "url":
            from clausewise.transport.reach import reach

            tls = tls_context(self.network.trust) if self.is_tls else None
            await reach(self.name, self.network.connect, tls, self.proxy)

    def other_bases(self, contract: Contract) -> list[str]:
        """Base paths below this target at which the contract's paths might stand instead."""
        return [path for path in contract.specification.base_paths if path and not self.name.endswith(path)]

    def shorter(self, contract: Contract) -> str | None:
        """This URL without the base path of the contract's servers; None when it does not end in one."""
        if self.kind == "url":
            for path in contract.specification.base_paths:
                if path and self.name.endswith(path):
                    return self.name.removesuffix(path)
        return None


def open_target(spec: TargetSpec, contract: Contract, options: RunOptions) -> Target:
    """The target that a user names. Raises UsageError when the name leads to no target."""
    if spec.url is not None:
        target = url_target(spec.url, options.connections)
    elif spec.app is not None:
        target = app_target(spec.app, options.connections)
    else:
        target = mock_target(contract, options.seed, options.connections)
    return msgspec.structs.replace(target, network=Network.of(options))


def url_target(url: str, connections: int) -> Target:
    """A server behind `url`. Raises UsageError when that is no HTTP URL."""
    parts = urlsplit(url)
    try:
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        valid = False
    if not valid:
        raise UsageError(f'"{url}" is not an HTTP URL', remedy="write it as http://host:port/path")
    return Target("url", url.rstrip("/"), connections)


def app_target(name: str, connections: int) -> Target:
    """An ASGI or WSGI app named "module:attribute", imported from the working directory or the environment.

    Raises UsageError when it cannot be imported or is no app.
    """
    module_name, _, attribute = name.partition(":")
    if not module_name or not attribute:
        raise UsageError(f'"{name}" does not name an app', remedy='write it as "module:attribute"')
    try:
        with _working_directory_importable():
            app: Any = importlib.import_module(module_name)
        for step in attribute.split("."):
            app = getattr(app, step)
    except ModuleNotFoundError as error:
        remedy = "name it from the folder in which it can be imported, in an environment with all that it needs"
        raise UsageError(f'the app "{name}" cannot be imported: {error}', remedy=remedy) from None
    except AttributeError:
        raise UsageError(f'the module "{module_name}" has no "{attribute}"', remedy=_apps_of(module_name)) from None
    except Exception as error:
        # The module's own code failed while it was imported: whatever it raises, it is the user's to read.
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise UsageError(f'importing "{module_name}" failed: {reason}', remedy="correct the module first") from error
    if not callable(app):
        raise UsageError(f'"{name}" is not an ASGI or WSGI app: it cannot be called')
    return Target("app", name, connections, app)


def _apps_of(module_name: str) -> str:
    """A remedy with the names in a module that may be its app."""
    members = vars(sys.modules[module_name]) if module_name in sys.modules else {}
    own = {name: value for name, value in members.items() if not inspect.isclass(value)}
    apps = [name for name, value in own.items() if _is_asgi(value) or hasattr(type(value), "wsgi_app")]
    return f'it has "{apps[0]}"' if apps else "write it as module:attribute"


def mock_target(contract: Contract, seed: int, connections: int) -> Target:
    """The mock of `contract`, called in this process; it begins with the resources of the examples."""
    from clausewise.mockserver.app import MockApp

    return Target("mock", "mock", connections, MockApp(contract, seed, state={}, beyond_examples=True))


@contextmanager
def _working_directory_importable() -> Iterator[None]:
    """The working directory is on the import path, as it is for `python -m`; afterwards the path is as it was."""
    sys.path.insert(0, "")
    try:
        yield
    finally:
        # One of the same: the app may have changed the path as well, and contexts may overlap.
        with suppress(ValueError):
            sys.path.remove("")


def _is_asgi(app: Any) -> bool:
    """An ASGI 3 app is a coroutine function of three arguments, or an object whose call is one."""
    call = app if inspect.isfunction(app) or inspect.ismethod(app) else type(app).__call__
    if inspect.iscoroutinefunction(call):
        return True
    try:
        names = list(inspect.signature(app).parameters)
    except (TypeError, ValueError):
        return False
    return len(names) == 3
