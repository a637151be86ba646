"""Why an answer is missing or incomplete: an error of aiohttp in, a `Failure` in plain words out."""

from __future__ import annotations

import os
import re
import ssl

import aiohttp
from aiohttp.http_exceptions import ContentLengthError, HttpProcessingError, TransferEncodingError

from clausewise.exchange import CUT_OFF, Failure
from clausewise.transport.framing import Framing
from clausewise.transport.tls import tls_alert, tls_problem

#: bytes as Python shows them
_BYTES = re.compile(r"""\bb(['"])(.*?)\1""")

_SILENT = Failure("disconnect", "the connection was closed without an answer")


class Disconnected(Exception):
    """The connection broke before an answer came."""


def failure_of(error: Exception, framing: Framing, place: str) -> Failure:
    """The failure that an `error` is; `framing` has followed the answer, and `place` names the server."""
    if framing.wrong:
        what = "the answer is too long" if framing.is_too_long else "the answer is not valid HTTP"
        return Failure("protocol", f"{what}: {framing.wrong}")
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ClientConnectorCertificateError):
        return Failure("connect", _unconnected(error, place))
    if isinstance(error, aiohttp.ClientHttpProxyError):
        answered = f"{error.status} {_one_line(error.message)}".rstrip()
        return Failure("connect", f"cannot connect to {place}: the proxy answered {answered}")
    if isinstance(error, aiohttp.ClientPayloadError):
        cause = error.__cause__
        # These two say that the connection ended before the length or the last chunk did.
        if isinstance(cause, HttpProcessingError) and not isinstance(cause, ContentLengthError | TransferEncodingError):
            return Failure("protocol", f"the answer is not valid HTTP: {_in_sentence(cause.message)}")
        return _cut_off(framing)
    if isinstance(error, Disconnected | aiohttp.ClientConnectionError | OSError):
        refused = tls_alert(str(error.__cause__ or error), place)
        if refused:
            return Failure("connect", refused)
        return _cut_off(framing) if framing.so_far else _SILENT
    if isinstance(error, aiohttp.ClientResponseError):
        return Failure("protocol", f"the answer is not valid HTTP: {_in_sentence(error.message)}")
    return Failure("protocol", f"the request cannot be sent: {_one_line(str(error))}", unsendable=True)


def _unconnected(error: aiohttp.ClientConnectorError | aiohttp.ClientConnectorCertificateError, place: str) -> str:
    cause = getattr(error, "certificate_error", None) or getattr(error, "os_error", None)
    if isinstance(cause, ssl.SSLError):
        return tls_problem(cause, place)
    if isinstance(cause, ConnectionRefusedError):
        return f"nothing listens at {place}"
    if isinstance(cause, OSError) and cause.errno is not None and cause.errno > 0:
        # asyncio writes an address, or several errors, in the place of what the system says.
        return f"cannot connect to {place}: {os.strerror(cause.errno)}"
    return f"cannot connect to {place}: {getattr(cause, 'strerror', None) or _one_line(str(cause or error))}"


def _cut_off(framing: Framing) -> Failure:
    """The failure for an answer that the server has not ended."""
    return Failure("disconnect", f"{CUT_OFF.message}: {framing.so_far}" if framing.so_far else CUT_OFF.message)


def _in_sentence(text: str) -> str:
    """The text of an error without the line that points into the one before it, and with bytes as a text."""
    said = _BYTES.sub(r'"\2"', _one_line(text).removesuffix(" ^"))
    return said[:1].lower() + said[1:]


def _one_line(text: str) -> str:
    return " ".join(text.split())
