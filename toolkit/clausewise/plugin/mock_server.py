"""The server of mocks: one thread that serves the current mock."""

from __future__ import annotations

from typing import Any

from clausewise.contract.contract import Contract
from clausewise.exchange import Response
from clausewise.mockserver.app import read_request, send_response
from clausewise.mockserver.serving import ServerThread
from clausewise.plugin.mock import ContractMock
from clausewise.transport.listen import listen


class MockServer:
    """A server on this machine at a free port."""

    def __init__(self, contract: Contract, seed: int) -> None:
        self._contract = contract
        self._seed = seed
        listener = listen("127.0.0.1", 0)
        self._port: int = listener.getsockname()[1]
        self._mock = self.fresh()
        methods = {operation.operation.method for operation in contract.operations}
        self._thread = ServerThread(self._serve, listener, "mock server", methods)

    def fresh(self) -> ContractMock:
        """A new mock without requests and faults; it is served from now on."""
        base = self._contract.specification.base_paths[0]
        self._mock = ContractMock(self._contract, self._seed, f"http://127.0.0.1:{self._port}{base}")
        return self._mock

    def close(self) -> None:
        """Stop the server and close its connections."""
        self._thread.close()

    async def _serve(self, scope: Any, receive: Any, send: Any) -> None:
        """The ASGI app."""
        if scope["type"] != "http":
            return
        request = await read_request(scope, receive)
        response = request if isinstance(request, Response) else await self._mock.answer(request)
        if response is not None:
            await send_response(response, scope["method"], send)
            return
        for connection in list(self._thread.server.server_state.connections):
            transport: Any = connection.transport
            if tuple(transport.get_extra_info("peername") or ()) == tuple(scope["client"]):
                transport.abort()
        # The server notices that the client is gone, and sends no response of its own.
        await receive()
