"""Logging in: credentials in, the same with fresh values out, from the user's command or an OAuth 2.0 endpoint."""

from __future__ import annotations

import asyncio
import re
import subprocess
from collections.abc import Sequence
from urllib.parse import urljoin, urlsplit

import msgspec

from clausewise.contract.contract import Contract
from clausewise.errors import TargetError, UsageError
from clausewise.exchange import HEADER_NAME, NOT_IN_HEADER, Headers
from clausewise.runner.targets import Target, url_target
from clausewise.security.credentials import Credentials, given_by_headers
from clausewise.security.oauth import Grant, read_token, token_request, wants_secret_in_body
from clausewise.security.user_file import User, headers_from, login_request
from clausewise.transport.base import in_thread

#: seconds that a credentials-command may take
COMMAND_WITHIN = 30.0

#: stands for an app in this process in the URL of a token endpoint
_IN_PROCESS = "http://app"


class Login(msgspec.Struct, frozen=True, eq=False):
    """How one user logs in to a target."""

    contract: Contract
    target: Target
    #: prints header lines; None where there is none
    command: Sequence[str] | None = None

    def renews(self, credentials: Credentials) -> bool:
        """Whether newer credentials can be requested."""
        return self.command is not None or bool(credentials.grants)

    async def tokens(self, credentials: Credentials) -> Credentials:
        """`credentials` with a token of each OAuth 2.0 grant. Raises TargetError when there is no token."""
        if not credentials.grants:
            return credentials
        grants = credentials.grants.items()
        return credentials.renewed(tokens={name: await self._token(grant) for name, grant in grants})

    async def renew(self, credentials: Credentials) -> Credentials:
        """`credentials` with every value that can be renewed. Raises TargetError when one cannot."""
        if self.command is not None:
            printed = await command_headers(self.command)
            renewed = credentials.renewed(printed)
            if renewed.headers == credentials.headers and not given_by_headers(printed, credentials.schemes.values()):
                names = ", ".join(dict.fromkeys(name for name, _ in printed))
                raise TargetError(f"the credentials-command printed nothing that the run sends, only {names}")
            credentials = renewed
        return await self.tokens(credentials)

    async def _token(self, grant: Grant) -> str:
        base = (
            self.target.name if self.target.kind == "url" else _IN_PROCESS + self.contract.specification.base_paths[0]
        )
        try:
            parts = urlsplit(urljoin(f"{base}/", grant.url))
            if parts.username is not None:
                raise TargetError("cannot get a token: its URL has credentials in it", remedy="set client-id instead")
            server = url_target(f"{parts.scheme}://{parts.netloc}", 1)
        except (ValueError, UsageError):
            raise TargetError(f"cannot get a token: {grant.url} is not an HTTP URL", remedy="set token-url") from None
        server = self.target if server.name == _IN_PROCESS else server
        server = msgspec.structs.replace(server, network=self.target.network)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        async with server.open() as transport:
            answer = await transport.send(token_request(grant, target))
            if wants_secret_in_body(grant, answer):
                answer = await transport.send(token_request(grant, target, secret_in_body=True))
        return read_token(grant, answer)


async def user_headers(user: User, target: Target) -> Headers:
    """The headers with which a `user` of `target` is known, after the login where there is one.

    Raises TargetError where that gives nothing, and UsageError for a login at what is no HTTP URL.
    """
    if user.login is None:
        return user.headers
    parts = urlsplit(urljoin(f"{target.base_url}/", user.login.url))
    server = msgspec.structs.replace(url_target(f"{parts.scheme}://{parts.netloc}", 1), network=target.network)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    async with server.open() as transport:
        answer = await transport.send(login_request(user.login, path))
    return (*user.headers, *headers_from(user.login, answer))


async def command_headers(command: Sequence[str], within: float = COMMAND_WITHIN) -> Headers:
    """The headers that `command` prints, one a line; lines that are no header are ignored.

    Raises TargetError when it fails, prints none, or does not end `within` these seconds. No error shows its output or
    its arguments, which may be secret.
    """
    try:
        process = subprocess.Popen(list(command), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    except OSError as error:
        message = f"the credentials-command cannot be started: {error.strerror}: {command[0]}"
        raise TargetError(message) from None
    except ValueError as error:
        raise TargetError(f"the credentials-command cannot be started: {error}") from None
    try:
        async with asyncio.timeout(within):
            printed, _ = await in_thread(process.communicate)
    except TimeoutError:
        raise TargetError(f"the credentials-command did not end within {within:g} s") from None
    finally:
        # A run that is interrupted does not wait for it either.
        process.kill()
    if process.returncode:
        raise TargetError(f"the credentials-command failed with exit status {process.returncode}")
    lines = [line.partition(":") for line in printed.decode(errors="replace").split("\n")]
    headers = [(name.strip(), value.strip()) for name, _, value in lines]
    found = tuple(
        (name, value)
        for name, value in headers
        if value and re.fullmatch(HEADER_NAME, name) and not re.search(NOT_IN_HEADER, value)
    )
    if not found:
        raise TargetError("the credentials-command printed no line of the form 'Name: value'")
    return found
