"""Removes what earlier runs have left on a server, by their journal."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Collection, Iterable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from urllib.parse import urlsplit

import msgspec

from clausewise.contract.contract import Contract
from clausewise.environment import resolve_headers
from clausewise.errors import UsageError
from clausewise.exchange import Exchange, Failure, Request, Response
from clausewise.options import RunOptions
from clausewise.recordings.curl import to_curl
from clausewise.runner.cleanup import GONE, LATER
from clausewise.runner.journal import TIME, Journal, Write
from clausewise.runner.login import Login
from clausewise.runner.network import Network
from clausewise.runner.run import credentials_for
from clausewise.runner.targets import Target, app_target, url_target
from clausewise.security.credentials import Credentials, with_further
from clausewise.security.redact import Redactor, secrets_in
from clausewise.transport.base import Transport
from clausewise.transport.budget import leads_elsewhere

#: why no request removes something
_NOTHING = "the contract shows nothing that removes it"
_ELSEWHERE = "the path of what removes it has a dot segment, and may lead to something else"

#: seconds before each try: something may still be being made, or hold something that goes in the same round
_WAITS = (0.0, 1.0, 3.0)


class Leftover(msgspec.Struct, frozen=True):
    """Something that could not be removed."""

    write: Write
    #: why, for people
    why: str
    #: the request that should have removed it, with its credentials; None where nothing is known that does
    request: Request | None = None
    #: what stands before its target
    base_url: str = ""


class Keys(msgspec.Struct, frozen=True, eq=False):
    """The user's credentials for requests that remove what is left."""

    #: None where no document says where they stand: then only the plain headers are sent
    contract: Contract | None
    credentials: Credentials
    #: how servers are reached
    network: Network

    def authorized(self, operation: str, request: Request) -> Request:
        """`request`, of the operation with this key, with the user's headers and credentials."""
        try:
            known = self.contract.operation(operation) if self.contract is not None else None
        except UsageError:
            known = None
        if known is None:
            return with_further(request, self.credentials.headers)
        return self.credentials.of(known.operation).added_to(request)

    def curl(self, left: Leftover) -> str:
        """The command that removes what is left, secrets masked."""
        assert left.request is not None
        secrets = (*self.credentials.secrets, *secrets_in(left.request.headers))
        redactor = Redactor(secrets, self.credentials.slots, own_requests=True)
        return to_curl(redactor.exchange(Exchange("", left.request)).request, left.base_url)


def keys_for(contract: Contract | None, left: list[Write], options: RunOptions) -> Keys:
    """The user's credentials for what is left. Raises ConfigError and TargetError as a run does."""
    if contract is None:
        headers = resolve_headers(options.headers, os.environ)
        secrets = tuple(value for _, value in headers)
        return Keys(None, Credentials(headers=headers, secrets=secrets), Network.of(options))
    target = _target(left[0], _place(left[0].url), Network.of(options))
    credentials = credentials_for(contract, target, options)
    network = target.network.showing(credentials.certificate)
    login = Login(contract, msgspec.structs.replace(target, network=network), options.credentials_command)
    return Keys(contract, asyncio.run(login.tokens(credentials)), network)


async def remove(left: list[Write], journal: Journal, keys: Keys, working: Collection[str]) -> list[Leftover]:
    """Try to remove what is `left`, what lies inside others first, and note in the `journal` what is gone; the rest.

    What is not found is gone where its operation has removed something: here, or in a run before, which `working` has
    the keys of. Raises UsageError for an app that cannot be imported, and where the journal cannot be written.
    """
    unknown = [Leftover(each, _NOTHING if each.undo is None else _ELSEWHERE) for each in left if not _can_be_sent(each)]
    waiting = [each for each in left if _can_be_sent(each)]
    waiting.sort(key=lambda each: -each.undo.url.count("/") if each.undo is not None else 0)
    failed: list[Leftover] = []
    proven, missing = set(working), list[tuple[Leftover, int]]()
    async with AsyncExitStack() as stack:
        transports: dict[str, Transport] = {}
        for wait in _WAITS:
            await asyncio.sleep(wait if waiting else 0)
            failed, retried = [], list[Write]()
            for write in waiting:
                place, request = _placed(write, keys)
                if place not in transports:
                    transports[place] = await stack.enter_async_context(_target(write, place, keys.network).open())
                answer = await transports[place].send(request)
                if isinstance(answer, Response) and 200 <= answer.status < 300:
                    proven.add(_operation(write))
                    journal.add(_gone(write, answer.status))
                    continue
                if isinstance(answer, Response) and answer.status in GONE and write.undo and write.undo.names_it:
                    missing.append((Leftover(write, _not_found(write, answer), request, place), answer.status))
                    continue
                failed.append(Leftover(write, _why(answer), request, place))
                if isinstance(answer, Failure) or answer.status in LATER:
                    retried.append(write)
            given_up = [each for each in failed if each.write not in retried]
            unknown += given_up
            failed = [each for each in failed if each.write in retried]
            waiting = retried
    for each, status in missing:
        if _operation(each.write) in proven:
            journal.add(_gone(each.write, status))
        else:
            unknown.append(each)
    return [*unknown, *failed]


def servers_of(left: Iterable[Write]) -> dict[str, int]:
    """How much of what is `left` is on each server, by scheme, host and port; an app in this process is none."""
    return dict(Counter(filter(None, map(_server, left))))


def on_server(left: Iterable[Write], url: str) -> list[Write]:
    """What is on the server of `url`."""
    return [each for each in left if _server(each) == _place(url)]


def _server(write: Write) -> str:
    return "" if write.app is not None else _place(write.undo.url if write.undo is not None else write.url)


def _can_be_sent(write: Write) -> bool:
    """Whether there is a request that removes what `write` made, and nothing else."""
    return write.undo is not None and not leads_elsewhere(write.undo.url[len(_place(write.undo.url)) :])


def _placed(write: Write, keys: Keys) -> tuple[str, Request]:
    """Scheme and host of the request that undoes a write, and that request."""
    undo = write.undo
    assert undo is not None
    place = _place(undo.url)
    request = Request(undo.method, undo.url[len(place) :] or "/", undo.headers, undo.content())
    return place, keys.authorized(undo.operation, request)


def _place(url: str) -> str:
    """Scheme, host and port of a URL. Raises UsageError where it is none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise UsageError(f'"{url}" is not an HTTP URL') from None
    return f"{parts.scheme}://{parts.netloc}".lower()


def _target(write: Write, place: str, network: Network) -> Target:
    """What the write went to; `place` is its scheme and host."""
    target = app_target(write.app, 1) if write.app is not None else url_target(place, 1)
    return msgspec.structs.replace(target, network=network)


def _gone(write: Write, status: int) -> Write:
    """The line that says that what `write` made is gone."""
    undo = write.undo
    assert undo is not None
    return Write(
        operation=undo.operation,
        method=undo.method,
        url=undo.url,
        id=write.id,
        time=datetime.now(UTC).strftime(TIME),
        status=status,
        removed=write.made,
        app=write.app,
    )


def _operation(write: Write) -> str:
    """The key of the operation that undoes a write."""
    assert write.undo is not None
    return write.undo.operation


def _not_found(write: Write, answer: Response) -> str:
    return (
        f"the answer was {answer.status}, and {_operation(write)} has never removed anything: it may be gone, or the "
        "path may want another name"
    )


def _why(answer: Response | Failure) -> str:
    return f"the answer was {answer.status}" if isinstance(answer, Response) else answer.message
