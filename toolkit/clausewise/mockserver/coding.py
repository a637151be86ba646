"""The content coding of a mock's answers (RFC 9110 section 8.4)."""

from __future__ import annotations

import gzip
import re

import msgspec

from clausewise.contract.parts import ResponseContract
from clausewise.exchange import Request, Response, header

#: a client that takes gzip says so (RFC 9110 section 12.5.3)
_TAKES_GZIP = re.compile(r"(?:^|[,\s])(?:x-)?gzip(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))", re.IGNORECASE)


def coded(contract: ResponseContract | None, request: Request, response: Response) -> Response:
    """`response` in gzip, where its contract documents a `Content-Encoding` that may be gzip and the client takes it.

    Without a coding it says that it has none, by not having the header.
    """
    documented = next((one for one in contract.headers if _is_coding(one.header.name)), None) if contract else None
    if (
        documented is None
        or not response.body
        or not _TAKES_GZIP.search(header(request.headers, "Accept-Encoding") or "")
    ):
        return response
    if documented.message is not None and not documented.message.is_valid("gzip"):
        return response
    # The same bytes for the same answer: without the time.
    body = gzip.compress(response.body, mtime=0)
    return msgspec.structs.replace(response, headers=(*response.headers, (documented.header.name, "gzip")), body=body)


def _is_coding(name: str) -> bool:
    return name.lower() == "content-encoding"
