"""The fields of exchanges that other programs write, each in its own way: what is no such field is a ValueError."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any
from urllib.parse import SplitResult, unquote

from clausewise.exchange import ExchangePath, Headers, Request, Response, header
from clausewise.security.schemes import basic


def method_of(written: Any) -> str:
    """The method of a request."""
    if not isinstance(written, str) or not written:
        raise ValueError(f"its method is {_shown(written)}")
    return written.upper()


def header_of(name: Any, written: Any) -> tuple[str, str]:
    """A header, whose value some programs write as a number."""
    if not isinstance(name, str):
        raise ValueError(f"the name of a header is {_shown(name)}")
    if isinstance(written, bool) or not isinstance(written, str | int | float):
        raise ValueError(f"its header {_shown(name)} is {_shown(written)}")
    return name, str(written)


def with_those_of_url(headers: Headers, url: SplitResult) -> Headers:
    """`headers`, and those that a client makes of the URL where they lack them: its host, and its credentials."""
    login, _, host = url.netloc.rpartition("@")
    if host and header(headers, "Host") is None:
        headers = (*headers, ("Host", host))
    return with_login(headers, login)


def with_login(headers: Headers, login: str) -> Headers:
    """`headers`, where they lack credentials with those of a URL, "user:password": a client sends them by basic
    authentication (RFC 9110 section 4.2.4)."""
    if not login or header(headers, "Authorization") is not None:
        return headers
    user, _, password = login.partition(":")
    return (*headers, ("Authorization", basic(unquote(user), unquote(password))))


def base64_of(written: str) -> bytes:
    """The bytes of a body that is written in Base64, in lines or in one."""
    try:
        return base64.b64decode("".join(written.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        why = str(error)
        raise ValueError(f"its body is not Base64: {why[:1].lower()}{why[1:]}") from None


def status_of(written: Any) -> int:
    """The status of a response (RFC 9110 section 15), which some programs write as a text."""
    number = int(written) if isinstance(written, str) and written.isascii() and written.isdecimal() else written
    if isinstance(number, bool) or number not in range(100, 1000):
        raise ValueError(f"its status is {_shown(written)}")
    return int(number)


#: the place of a Content-Type in an answer
CONTENT_TYPE: ExchangePath = ("response", "header", "Content-Type")
#: statuses whose answers have no body (RFC 9110 section 6.4.1)
_BODILESS = frozenset((204, 205, 304))


def left_out(
    request: Request, response: Response | None, request_length: int = 0, response_length: int = 0
) -> frozenset[ExchangePath]:
    """What a recorder left out: a body whose length is known, and the Content-Type of one."""
    left: set[ExchangePath] = set()
    if not request.body and (request_length > 0 or _content_length(request.headers) > 0):
        left.add(("request", "body"))
    if request.body and header(request.headers, "Content-Type") is None:
        left.add(("request", "header", "Content-Type"))
    if response is not None:
        may_have_body = request.method != "HEAD" and response.status not in _BODILESS
        if not response.body and may_have_body and (response_length > 0 or _content_length(response.headers) > 0):
            left.add(("response", "body"))
        if response.body and header(response.headers, "Content-Type") is None:
            left.add(CONTENT_TYPE)
    return frozenset(left)


def _content_length(headers: Headers) -> int:
    written = header(headers, "Content-Length") or ""
    return int(written) if written.isascii() and written.isdecimal() and len(written) < 20 else 0


def _shown(written: Any) -> str:
    return "an array" if isinstance(written, list) else "an object" if isinstance(written, dict) else _text(written)


def _text(written: Any) -> str:
    text = json.dumps(written, default=str)
    return text if len(text) <= 40 else f"{text[:36]} ..."
