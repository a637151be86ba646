"""The interface of transports, and the rules for sending that they share."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Protocol, TypeVar, runtime_checkable

import msgspec

from clausewise.exchange import CUT_OFF, HEADER_NAME, NOT_IN_HEADER, Failure, Headers, Request, Response, header
from clausewise.media.codings import acceptable, decoded
from clausewise.transport.framing import framed
from clausewise.version import __version__

T = TypeVar("T")

USER_AGENT = f"clausewise/{__version__}"

#: seconds to wait for a connection, and from then on for a whole answer
TIMEOUT = 10.0

#: seconds that an app in this process may take to start, and to end
STARTUP = 30.0

#: seconds between two pieces of a body that were not sent together
_APART = 0.1

#: when `perf_counter` was at 0. Read once: whoever reads two clocks may be interrupted between them, and moments that
#: are read so have another order than what happened at them
_ZERO = datetime.now(UTC) - timedelta(seconds=perf_counter())

#: methods whose requests carry a Content-Length even without a body (RFC 9110 section 8.6)
_EXPECT_BODY = frozenset({"POST", "PUT", "PATCH"})

_HEADER_NAME = re.compile(HEADER_NAME)
_NOT_IN_HEADER = re.compile(NOT_IN_HEADER)

#: bytes of a response body, decompressed, that are read before giving up
MAX_BODY = 16 * 1024 * 1024
#: bytes of one that are counted, most of them to be thrown away
MAX_COUNTED = 8 * MAX_BODY
TOO_LARGE = Failure("protocol", f"answered more than {MAX_COUNTED // 1024**2} MiB")
_TOO_LARGE_DECODED = Failure("protocol", f"answered more than {MAX_BODY // 1024**2} MiB without its content coding")

#: the host that an app called in this process sees
HOST = "localhost"


class Transport(Protocol):
    """Sends one request and returns the response or a failure as a value. Only a cancellation is raised."""

    async def send(self, request: Request) -> Response | Failure:
        """The response, with its `seconds`, or why there is none."""
        ...


@runtime_checkable
class Reconnecting(Protocol):
    """A transport that keeps connections open, which not every server bears: some work on one at a time."""

    async def reconnect(self) -> None:
        """Close the connections that are kept open. Nothing may be under way."""
        ...


def received_headers(request: Request) -> list[tuple[str, bytes]]:
    """The headers a server would receive: those of the request, and those a client adds. For apps called in process.

    Raises ValueError for a header that cannot be sent.
    """
    headers = []
    for name, value in request.headers:
        if not _HEADER_NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a header")
        if _NOT_IN_HEADER.search(value):
            # Its value may be a secret.
            raise ValueError(f"the value of the header {name} has a character that no header can carry")
        headers.append((name, value.strip(" \t").encode()))
    defaults = [("Host", HOST), ("User-Agent", USER_AGENT), ("Accept-Encoding", acceptable())]
    if request.body is not None or request.method in _EXPECT_BODY:
        defaults.append(("Content-Length", str(len(request.body or b""))))
    return [(name, value.encode()) for name, value in defaults if header(request.headers, name) is None] + headers


class Body:
    """The body of an answer as it comes: its first bytes, and how many there are."""

    __slots__ = ("_kept", "length")

    def __init__(self) -> None:
        self._kept: list[bytes] = []
        self.length = 0

    @property
    def is_too_large(self) -> bool:
        """Whether it may never end."""
        return self.length > MAX_COUNTED

    def add(self, piece: bytes) -> None:
        """A piece that has come."""
        room = MAX_BODY - self.length
        self.length += len(piece)
        if room > 0:
            self._kept.append(piece if len(piece) <= room else piece[:room])

    def content(self) -> tuple[bytes, int]:
        """What is kept, and how many bytes follow."""
        return b"".join(self._kept), max(0, self.length - MAX_BODY)


def answered(
    status: int, headers: Headers, body: Body, began: float, seconds: float, framing: str = ""
) -> Response | Failure:
    """The response that came, its body without content codings; a failure where that is too large without them.

    The request went out when `perf_counter` was at `began`.
    """
    content, cut = body.content()
    if cut:
        return Response(status, headers, content, seconds, framing=framing, cut=cut, started=_moment(began))
    return _decoded(Response(status, headers, content, seconds, framing=framing, started=_moment(began)))


def answered_by_app(
    method: str, status: int, headers: Headers, body: Body, began: float, seconds: float
) -> Response | Failure:
    """As `answered`, for what an app in this process gives to its server, which ends the answer where that says."""
    content, cut = body.content()
    if cut and method != "HEAD":
        return Response(status, headers, content, seconds, cut=cut, started=_moment(began))
    kept = framed(status, headers, content, to_head=method == "HEAD")
    if kept is None:
        length = header(headers, "Content-Length")
        came = f"{len(content)} of the {length} bytes that its Content-Length names came"
        return Failure("disconnect", f"{CUT_OFF.message}: {came}")
    return _decoded(Response(status, headers, kept[0], seconds, framing=kept[1], started=_moment(began)))


def _decoded(response: Response) -> Response | Failure:
    content, undecoded = decoded(response.body, response.headers, MAX_BODY)
    if len(content) > MAX_BODY:
        return _TOO_LARGE_DECODED
    return msgspec.structs.replace(response, body=content, undecoded=undecoded)


def _moment(began: float) -> datetime:
    """When `perf_counter` was at `began`, in UTC."""
    return _ZERO + timedelta(seconds=began)


def crashed(began: float) -> Response:
    """The answer of a server whose app raises an exception before it has answered."""
    media_type = (("Content-Type", "text/plain; charset=utf-8"),)
    seconds, started = perf_counter() - began, _moment(began)
    return Response(500, media_type, b"Internal Server Error", seconds, started=started)


def timed_out(seconds: float, so_far: str = "") -> Failure:
    """The failure for an answer that was not complete after `seconds`; `so_far` says what had come of it by then."""
    return Failure("timeout", f"no complete answer within {seconds:g} s{f': {so_far}' if so_far else ''}")


class Pieces:
    """When the body of an answer came: a stream sends piece after piece, and need not end."""

    __slots__ = ("_first", "_last")

    def __init__(self) -> None:
        self._first = self._last = 0.0

    def note(self) -> None:
        """A piece has come."""
        self._last = perf_counter()
        self._first = self._first or self._last

    def late(self, seconds: float, status: int | None, headers: Headers, so_far: str = "") -> Failure:
        """The failure for an answer that was not complete after `seconds`, of which so much is known."""
        if status is None or self._last - self._first < _APART or header(headers, "Content-Length") is not None:
            return timed_out(seconds, so_far)
        message = f"the body of the answer {status} was still coming after {seconds:g} s"
        return Failure("endless", message, media_type=header(headers, "Content-Type") or "")


def header_text(value: bytes) -> str:
    """A header value as text: UTF-8 where it is that, else ISO 8859-1, which takes any byte (RFC 9110 section 5.5)."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def without_loop(function: Callable[[], T]) -> T:
    """The result of `function`, which runs an event loop of its own: in another thread where one runs in this, as in a
    notebook."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return function()
    outcome: Future[T] = Future()
    threading.Thread(target=fulfil, args=(outcome, function), daemon=True, name="clausewise").start()
    return outcome.result()


async def in_thread(function: Callable[[], T]) -> T:
    """The result of `function`, called in a thread of its own.

    Unlike those of `asyncio.to_thread`, the thread never keeps the program from ending: a call that hangs is left
    behind when the caller stops waiting.
    """
    outcome: Future[T] = Future()
    threading.Thread(target=fulfil, args=(outcome, function), daemon=True, name="clausewise").start()
    return await asyncio.wrap_future(outcome)


def fulfil(outcome: Future[T], function: Callable[[], T]) -> None:
    """Give `outcome` the result of `function`, or its error; nothing is called where the outcome is cancelled."""
    if not outcome.set_running_or_notify_cancel():
        return
    try:
        outcome.set_result(function())
    except BaseException as error:
        outcome.set_exception(error)
