"""aiohttp's connections, whose answers are followed byte by byte (`framing`) besides being parsed."""

from __future__ import annotations

from contextvars import ContextVar
from functools import partial
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.http_exceptions import BadHttpMessage

from clausewise.transport.framing import Framing

#: what follows the answer that the current task waits for
followed_by: ContextVar[Framing | None] = ContextVar("followed_by", default=None)


class FollowedConnector(aiohttp.TCPConnector):
    """A connector that passes the bytes of each answer through the `Framing` that its request has in `followed_by`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        # The one seam that there is: a connector takes no other class for the protocol of its connections.
        self._factory = partial(_Followed, loop=self._loop)  # type: ignore[assignment]


class _Followed(ResponseHandler):
    """The protocol of one connection."""

    _framing: Framing | None = None

    def set_response_params(self, *, skip_payload: bool = False, **others: Any) -> None:
        """Called when a request is about to go out."""
        self._framing = followed_by.get()
        if self._framing is not None:
            self._framing.begin(to_head=skip_payload)
        super().set_response_params(skip_payload=skip_payload, **others)

    def data_received(self, data: bytes) -> None:
        """Pass on what belongs to the answer. A connection that is out of step with its answers is closed."""
        framing = self._framing
        if framing is None or not data:
            super().data_received(data)
            return
        belonging = framing.take(data)
        if framing.wrong:
            error = BadHttpMessage(framing.wrong)
            if self._payload is not None:
                self._payload.set_exception(aiohttp.ClientPayloadError(framing.wrong), error)
            self.set_exception(error)
        else:
            if framing.has_more:
                self.force_close()
            if belonging:
                super().data_received(belonging)
        if (framing.wrong or framing.has_more) and self.transport is not None:
            self.transport.close()
