"""The server of mocks: one thread that serves the current mock."""

from __future__ import annotations

import threading
import time
from typing import Any

import uvicorn

from clausewise.contract.contract import Contract
from clausewise.errors import UsageError
from clausewise.exchange import Response
from clausewise.mockserver.app import read_request, send_response
from clausewise.mockserver.serving import settings
from clausewise.plugin.mock import ContractMock
from clausewise.transport.listen import listen

#: seconds within which it must start and stop, and between two checks
_UP_WITHIN = 10.0
_LOOK = 0.005


class MockServer:
    """A server on this machine at a free port."""

    def __init__(self, contract: Contract, seed: int) -> None:
        self._contract = contract
        self._seed = seed
        self._socket = listen("127.0.0.1", 0)
        self._mock = self.fresh()
        methods = {operation.operation.method for operation in contract.operations}
        # No logging configuration: it would change that of the whole process.
        self._server = uvicorn.Server(settings(self._serve, methods, interface="asgi3", log_config=None))
        self._thread = threading.Thread(
            target=self._server.run, args=([self._socket],), name="contract_mock", daemon=True
        )
        self._thread.start()
        until = time.monotonic() + _UP_WITHIN
        while not self._server.started:
            if time.monotonic() > until or not self._thread.is_alive():
                raise UsageError(f"the mock server did not start within {_UP_WITHIN:.0f} s")
            time.sleep(_LOOK)

    def fresh(self) -> ContractMock:
        """A new mock without requests and faults; it is served from now on."""
        port = self._socket.getsockname()[1]
        base = self._contract.specification.base_paths[0]
        self._mock = ContractMock(self._contract, self._seed, f"http://127.0.0.1:{port}{base}")
        return self._mock

    def close(self) -> None:
        """Stop the server and close its connections."""
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(_UP_WITHIN)
        self._socket.close()

    async def _serve(self, scope: Any, receive: Any, send: Any) -> None:
        """The ASGI app."""
        if scope["type"] != "http":
            return
        request = await read_request(scope, receive)
        response = request if isinstance(request, Response) else await self._mock.answer(request)
        if response is not None:
            await send_response(response, scope["method"], send)
            return
        for connection in list(self._server.server_state.connections):
            transport: Any = connection.transport
            if tuple(transport.get_extra_info("peername") or ()) == tuple(scope["client"]):
                transport.abort()
        # The server notices that the client is gone, and sends no response of its own.
        await receive()
