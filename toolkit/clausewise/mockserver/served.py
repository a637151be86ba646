"""A mock as people use it in front of their client: pages of other origins may call it, answers may take their time,
each request has a line in the log."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

import msgspec

from clausewise.contract.contract import Contract
from clausewise.exchange import Request, Response
from clausewise.mockserver.app import MockApp, Receive, Reply, Scope, Send, read_request, send_response
from clausewise.mockserver.cors import preflight, shared
from clausewise.mockserver.refusal import Reason
from clausewise.security.credentials import slots_of
from clausewise.security.declared import declared_in
from clausewise.security.redact import Redactor


class Manner(msgspec.Struct, frozen=True):
    """How a mock answers."""

    #: whether pages of other origins may read the answers
    cors: bool = True
    #: whether requests that break the contract are refused
    enforces: bool = True
    #: seconds before each answer, and up to how many more
    latency: float = 0.0
    jitter: float = 0.0


class ServedMock:
    """An ASGI app around a mock. `log` is given a line for each request."""

    def __init__(self, app: MockApp, manner: Manner, log: Callable[[str], None]) -> None:
        self._manner = manner
        self._log = log
        self._chance = random.Random(0)
        self._app = app
        self.use(app)

    def use(self, app: MockApp) -> None:
        """Answer with this mock from now on; it keeps what the one before it held."""
        app.take_over(self._app)
        self._app = app
        specification = app.contract.specification
        self._redactor = Redactor((), slots_of(specification.operations), declared=declared_in(specification))

    @property
    def contract(self) -> Contract:
        """The contract that it answers by."""
        return self._app.contract

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection event (ASGI 3.0)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = await read_request(scope, receive)
        if isinstance(request, Response):
            self._log(f"{scope['method']} {scope['path']} {request.status}")
            await send_response(request, scope["method"], send)
            return
        if self._manner.latency or self._manner.jitter:
            await asyncio.sleep(self._manner.latency + self._manner.jitter * self._chance.random())
        reply = self._reply(request)
        self._log(self._line(request, reply))
        await send_response(reply.response, request.method, send)
        self._app.follow(request, reply)

    def _reply(self, request: Request) -> Reply:
        if not self._manner.cors:
            return self._app.reply(request)
        allowed = preflight(request, self._app.contract.router.methods(request.target))
        if allowed is not None:
            return Reply(allowed, "preflight")
        reply = self._app.reply(request)
        return msgspec.structs.replace(reply, response=shared(request, reply.response))

    def _line(self, request: Request, reply: Reply) -> str:
        """What was asked for and answered, and what is wrong with it."""
        target = self._redactor.target(request.target)
        line = " ".join(filter(None, (request.method, target, str(reply.response.status), reply.operation)))
        return f"{line}: {self._wrong(reply.reasons)}" if reply.reasons else line

    def _wrong(self, reasons: tuple[Reason, ...]) -> str:
        sentences = self._redactor.message("; ".join(dict.fromkeys(reason.sentence for reason in reasons)))
        return sentences if self._manner.enforces else f"accepted, although {sentences}"
