"""What every ASGI app has to do beside answering."""

from __future__ import annotations

from typing import Any


async def live(receive: Any, send: Any) -> None:
    """Take part in the lifespan protocol, from the start of the server to its end."""
    while True:
        event = await receive()
        await send({"type": f"{event['type']}.complete"})
        if event["type"] == "lifespan.shutdown":
            return


async def body_of(receive: Any) -> bytes:
    """The whole body of a request."""
    body = b""
    while True:
        event = await receive()
        body += event.get("body", b"")
        if not event.get("more_body"):
            return body
