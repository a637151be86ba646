"""Targets: a server behind a URL, an app in this process, or the mock of the contract."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from clausewise.contract.contract import Contract
from clausewise.errors import UsageError
from clausewise.options import RunOptions, TargetSpec
from clausewise.results import record
from clausewise.runner.apps import import_app, is_asgi, working_directory_importable
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
        if is_asgi(self.app):
            from clausewise.transport.asgi import AsgiTransport

            transport = AsgiTransport(self.app, base_path=base_path, timeout=self.network.answer)
        else:
            from clausewise.transport.wsgi import WsgiTransport

            transport = WsgiTransport(self.app, base_path=base_path, timeout=self.network.answer)
        # An app may import more of itself when it is first called.
        with working_directory_importable() if self.kind == "app" else nullcontext():
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
    """The app that a name leads to. Raises UsageError like `import_app`."""
    return Target("app", name, connections, import_app(name))


def mock_target(contract: Contract, seed: int, connections: int) -> Target:
    """The mock of `contract`, called in this process; it begins with the resources of the examples."""
    from clausewise.mockserver.app import MockApp

    return Target("mock", "mock", connections, MockApp(contract, seed, state={}, beyond_examples=True))
