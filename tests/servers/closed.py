"""A server of two operations: `open` accepts what its contract allows, `closed` answers everything with one status.

STATUS in the environment is that status; TOKEN is a bearer token that opens `closed` all the same.
"""

from __future__ import annotations

import json
import os
from typing import Any


def answer(method: str, path: str, headers: dict[str, str]) -> tuple[int, Any]:
    """The status and the JSON value of the body."""
    if path not in ("/open", "/closed") or method != "GET":
        return 405 if path in ("/open", "/closed") else 404, None
    token = os.environ.get("TOKEN")
    if path == "/open" or (token and headers.get("authorization") == f"Bearer {token}"):
        return 200, {"ok": True}
    return int(os.environ.get("STATUS", "401")), {"error": "go away"}


async def app(scope: Any, receive: Any, send: Any) -> None:
    """It as an ASGI app."""
    if scope["type"] != "http":
        return
    headers = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
    status, value = answer(scope["method"], scope["path"], headers)
    content = b"" if value is None else json.dumps(value).encode()
    described = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
    allowed = [(b"allow", b"GET")] if status == 405 else []
    await send({"type": "http.response.start", "status": status, "headers": [*described, *allowed]})
    await send({"type": "http.response.body", "body": content})
