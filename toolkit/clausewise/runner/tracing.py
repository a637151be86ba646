"""The traces of requests (W3C Trace Context), by which the traces and logs of a server name the request of a finding.

Each exchange has a trace of its own, in which all repetitions of its request are. Requests are planned, compared and
recorded without the header: it is put in when they are sent.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import msgspec

from clausewise.exchange import Request, header

_HEADER = "traceparent"

#: W3C Trace Context section 3.2: version, trace, parent, flags
_FORM = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")

#: "01" asks a server that samples to keep the trace
_SAMPLED = "01"

#: the trace that requests are sent in now; "" where they have none
_current: ContextVar[str] = ContextVar("trace", default="")


class Tracing:
    """Gives each exchange of a run its trace, where that is wished."""

    def __init__(self, *, is_on: bool) -> None:
        # Two runs have the same names for their exchanges, and a server may see both.
        self._key = secrets.token_bytes(16) if is_on else b""

    @contextmanager
    def of(self, request: Request, name: str) -> Iterator[str]:
        """Send in the trace of the exchange called `name`, and give its id; "" where there is none.

        A request that has a `traceparent` of its own, by its contract or its user, keeps it.
        """
        own = _FORM.match(header(request.headers, _HEADER) or "")
        made = hashlib.blake2b(name.encode(), key=self._key, digest_size=16).hexdigest() if self._key else ""
        before = _current.set(made)
        try:
            yield own[1] if own is not None else made
        finally:
            _current.reset(before)


def traced(request: Request) -> Request:
    """`request` with the `traceparent` of the trace that it is sent in; as it is where there is none, or it has one."""
    trace = _current.get()
    if not trace or header(request.headers, _HEADER) is not None:
        return request
    added = (_HEADER, f"00-{trace}-{secrets.token_hex(8)}-{_SAMPLED}")
    return msgspec.structs.replace(request, headers=(*request.headers, added))
