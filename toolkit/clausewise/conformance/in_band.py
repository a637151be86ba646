"""Refusals that come with the status of a success: what the body says of itself."""

from __future__ import annotations

import re

from clausewise.exchange import Response
from clausewise.media.json import parse_json

#: names of a member that is false where nothing was done
_DONE = ("ok", "success")


_FIRST_DATA = re.compile(rb"^data:([^\r\n]*)", re.MULTILINE)


def refuses_in_band(response: Response) -> bool:
    """Whether a 2xx answer says in its JSON body that the request was refused: the error of JSON-RPC 2.0 (section 5.1),
    the errors of GraphQL without data (October 2021, section 7.1), `"type": "error"` with an `error`, and `"ok": false`
    or `"success": false`. Of a stream of events (HTML, section 9.2.6) the first one counts."""
    content = response.body.lstrip()
    if content.startswith((b"event:", b"data:", b"id:", b"retry:", b":")):
        event = _FIRST_DATA.search(content)
        content = event[1].lstrip() if event is not None else b""
    if not 200 <= response.status < 300 or not content.startswith(b"{"):
        return False
    try:
        body = parse_json(content)
    except ValueError:
        return False
    if not isinstance(body, dict):
        return False
    has_error = bool(body.get("error"))
    is_rpc = body.get("jsonrpc") == "2.0" and has_error
    is_graphql = bool(body.get("errors")) and isinstance(body["errors"], list) and body.get("data") is None
    is_typed = body.get("type") == "error" and has_error
    return is_rpc or is_graphql or is_typed or any(body.get(name) is False for name in _DONE)
