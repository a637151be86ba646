"""The callbacks that a mock sends after an accepted request, to this machine alone unless its user names other hosts.

Whoever calls a mock names the URL, and so must not be able to make it call what only this machine can reach.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from ipaddress import ip_address
from urllib.parse import urlsplit

import msgspec

from clausewise.contract.contract import Contract
from clausewise.contract.expressions import ExpressionContext, filled
from clausewise.contract.operation import OperationContract
from clausewise.exchange import Request, Response, header
from clausewise.generation.candidates import ValueSources, candidates
from clausewise.generation.draft import write
from clausewise.security.credentials import Credentials
from clausewise.spec.router import as_sent
from clausewise.values.typical import NoValueError

#: seconds within which a callback must be answered
_WITHIN = 5.0

#: callbacks on their way; further ones are not sent
_AT_ONCE = 32


class Due(msgspec.Struct, frozen=True):
    """A callback to be sent."""

    #: key of its operation
    operation: str
    url: str
    #: its target is that of the URL
    request: Request


class CallbackSender:
    """Sends the callbacks of one contract. Call it in an event loop."""

    def __init__(
        self,
        contract: Contract,
        seed: int,
        hosts: Iterable[str] = (),
        log: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`hosts` may be called besides this machine; `log` is given a line for each callback."""
        self._contract = contract
        self._seed = seed
        self._hosts = frozenset(host.lower() for host in hosts)
        self._log = log
        self._turns: Counter[str] = Counter()
        self._under_way: set[asyncio.Task[None]] = set()

    def follow(self, operation: OperationContract, request: Request, response: Response) -> None:
        """Send the callbacks of an accepted request, in the background."""
        for due in self.due(operation, request, response):
            refusal = self._refusal(due.url)
            if not refusal and len(self._under_way) >= _AT_ONCE:
                refusal = f"{_AT_ONCE} callbacks are on their way"
            if refusal:
                self._log(f"{due.operation}: not sent: {refusal}")
                continue
            task = asyncio.get_running_loop().create_task(self._send(due))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    def due(self, operation: OperationContract, request: Request, response: Response) -> Iterator[Due]:
        """The callbacks that follow from an answered request: those whose URL the exchange has."""
        host = header(request.headers, "Host")
        context = ExpressionContext(operation, request, response, f"http://{host}" if host else "")
        for callback in operation.callbacks:
            url = filled(callback.url, context)
            made = self._made(callback.operation) if isinstance(url, str) and url else None
            if made is not None:
                # The target that was made is the URL as the document has it, encoded, with the query behind it.
                path, mark, fixed = callback.callback.url.partition("?")
                query = made.target.removeprefix(as_sent(path) + mark + fixed)
                joined = url + (f"&{query[1:]}" if query and "?" in url else query)
                yield Due(callback.operation.key, joined, made)

    def _made(self, operation: OperationContract) -> Request | None:
        """A valid request of a callback, each time of another alternative of its body; None where none is found."""
        branches = operation.branches or (None,)
        branch = branches[self._turns[operation.key] % len(branches)]
        self._turns[operation.key] += 1
        credentials = Credentials(stand_ins=True, are_checked=False).of(operation.operation)
        with suppress(NoValueError):
            for candidate in candidates(operation, branch, ValueSources({}), self._seed):
                return write(operation, candidate.draft, credentials)
        return None

    def _refusal(self, url: str) -> str:
        """Why nothing is sent to a URL; "" where something may be."""
        try:
            parts = urlsplit(url)
            host = (parts.hostname or "").lower()
        except ValueError:
            return "its URL is none"
        if parts.scheme not in ("http", "https") or not host:
            return "its URL is not one of HTTP"
        if host in self._hosts or _is_this_machine(host):
            return ""
        return f"{host} is not this machine (--callback-host {host} allows it)"

    async def _send(self, due: Due) -> None:
        import aiohttp
        from yarl import URL

        timeout = aiohttp.ClientTimeout(total=_WITHIN)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, auto_decompress=False) as client,
                client.request(
                    due.request.method,
                    URL(due.url),
                    headers=due.request.headers,
                    data=due.request.body,
                    # A redirect would lead past the check of the host.
                    allow_redirects=False,
                ) as answer,
            ):
                outcome = str(answer.status)
        except (aiohttp.ClientError, OSError, ValueError, TimeoutError) as error:
            outcome = f"no answer: {error or type(error).__name__}"
        self._log(f"{due.operation}: {due.request.method} {outcome}")


def _is_this_machine(host: str) -> bool:
    """Whether a host is this machine. No name but "localhost" is: others mean what a server of names says."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
