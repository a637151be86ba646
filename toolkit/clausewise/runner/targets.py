"""Targets: a server behind a URL, an app in this process, or the mock of the contract."""

from __future__ import annotations

import importlib
import inspect
import ssl
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext, suppress
from ipaddress import ip_address
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from clausewise.contract.contract import Contract
from clausewise.errors import TargetError, UsageError
from clausewise.options import RunOptions, TargetSpec
from clausewise.results import record
from clausewise.security.credentials import Certificate
from clausewise.transport.base import Transport

#: seconds within which something must listen at a URL
_REACH_WITHIN = 1.0

#: names of this machine beside its loopback addresses (RFC 6761 section 6.3); a connection to 0.0.0.0 stays here, too
_HERE = frozenset({"localhost", "0.0.0.0"})


class Target(msgspec.Struct, frozen=True, eq=False):
    """Something to send requests to. `open` gives a transport for one of its base paths."""

    kind: Literal["url", "app", "mock"]
    #: the URL without a trailing slash, "module:attribute", or "mock"
    name: str
    connections: int
    #: the app to call; None for a URL
    app: Any = None
    #: shown to a server that asks for a client's certificate
    certificate: Certificate | None = None

    @property
    def recorded(self) -> record.TargetInfo:
        """The target as the run record names it."""
        return record.TargetInfo(self.kind, self.name)

    @property
    def is_tls(self) -> bool:
        """Whether requests go over TLS."""
        return self.kind == "url" and urlsplit(self.name).scheme == "https"

    def _tls(self) -> ssl.SSLContext | None:
        """What connections show of the client; None where that is nothing. Raises TargetError for unusable files."""
        if self.certificate is None:
            return None
        context = ssl.create_default_context()
        try:
            context.load_cert_chain(self.certificate.cert, self.certificate.key, password=_no_password)
        except (OSError, ssl.SSLError, _PasswordNeededError) as error:
            reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
            raise TargetError(
                f"the client certificate {self.certificate.cert} cannot be used: {reason}",
                remedy="give a PEM certificate and its key, without a password",
            ) from None
        return context

    @property
    def is_local(self) -> bool:
        """Whether requests stay on this machine."""
        return self.kind != "url" or _is_here(urlsplit(self.name).hostname or "")

    @property
    def base_url(self) -> str:
        """What a curl command puts before a request's path."""
        return self.name if self.kind == "url" else "http://localhost:8000"

    def open(self, base_path: str = "") -> AbstractAsyncContextManager[Transport]:
        """A transport whose requests go below `base_path` of the target."""
        if self.kind == "url":
            from clausewise.transport.http import HttpTransport

            return HttpTransport(self.name + base_path, connections=self.connections, tls=self._tls())
        return self._open_app(base_path)

    @asynccontextmanager
    async def _open_app(self, base_path: str) -> AsyncIterator[Transport]:
        transport: AbstractAsyncContextManager[Transport]
        if _is_asgi(self.app):
            from clausewise.transport.asgi import AsgiTransport

            transport = AsgiTransport(self.app, base_path=base_path)
        else:
            from clausewise.transport.wsgi import WsgiTransport

            transport = WsgiTransport(self.app, base_path=base_path)
        # An app may import more of itself when it is first called.
        with _working_directory_importable() if self.kind == "app" else nullcontext():
            async with transport as opened:
                yield opened

    async def require(self) -> None:
        """Raise TargetError, within a second, when nothing listens at the URL."""
        if self.kind == "url":
            from clausewise.transport.http import reach

            failure = await reach(self.name, _REACH_WITHIN, self._tls())
            if failure is not None:
                raise TargetError(f"{self.name} cannot be reached: {failure.message}", remedy="is the server running?")

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
        return url_target(spec.url, options.connections)
    if spec.app is not None:
        return app_target(spec.app, options.connections)
    return mock_target(contract, options.seed, options.connections)


class _PasswordNeededError(Exception):
    """A private key is encrypted."""


def _no_password() -> str:
    """Keeps the ssl module from asking for the password of a key at the terminal."""
    raise _PasswordNeededError("its key is encrypted")


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
        raise UsageError(f'the app "{name}" cannot be imported: {error}') from None
    except AttributeError:
        raise UsageError(f'the module "{module_name}" has no "{attribute}"') from None
    except Exception as error:
        # The module's own code failed while it was imported: whatever it raises, it is the user's to read.
        raise UsageError(f'importing "{module_name}" failed: {type(error).__name__}: {error}') from error
    if not callable(app):
        raise UsageError(f'"{name}" is not an ASGI or WSGI app: it cannot be called')
    return Target("app", name, connections, app)


def mock_target(contract: Contract, seed: int, connections: int) -> Target:
    """The mock of `contract`, called in this process."""
    from clausewise.mockserver.app import MockApp

    return Target("mock", "mock", connections, MockApp(contract, seed))


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


def _is_here(host: str) -> bool:
    """Whether a host of a URL is this machine, by its name or address alone: no name is looked up."""
    if host in _HERE or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


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
