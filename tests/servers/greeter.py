"""Greets by name, by hand: plain ASGI, and two faults to switch on."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any
from urllib.parse import unquote

FAULTS = {
    "crash-on-quote": "500 where the name holds a quote",
    "another-name": "a name of more than five characters is cut",
}

DOCUMENT: dict[str, Any] = {
    "paths": {
        "/greet/{name}": {
            "parameters": [{"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}],
            "get": {
                "operationId": "greet",
                "responses": {
                    "200": {
                        "description": "the greeting",
                        "content": {
                            "application/json": {
                                "schema": {"type": "object", "properties": {"name": {"type": "string"}}}
                            }
                        },
                    }
                },
            },
        }
    }
}


def create_app(faults: Collection[str] = ()) -> Any:
    """The server as an ASGI app."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        name = unquote(scope["raw_path"].decode("ascii").removeprefix("/greet/"))
        answer: dict[str, Any] = {}
        if scope["method"] != "GET":
            status = 405
        elif "crash-on-quote" in faults and "'" in name:
            status = 500
        else:
            status, answer = 200, {"name": name[:5] if "another-name" in faults else name}
        headers = [(b"content-type", b"application/json"), *([(b"allow", b"GET")] if status == 405 else [])]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})

    return app
