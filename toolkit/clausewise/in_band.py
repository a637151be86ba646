"""Refusals that come with the status of a success: what the body says of itself."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any

#: names of a member that is false where nothing was done, and of those that then say why
_DONE = ("ok", "success")
_WHY = ("error", "errors", "message", "detail", "reason", "code")

#: what such a body has in it, and how many of its bytes are looked at before it is read
_HINT = re.compile(rb'"(?:errors?|ok|success)"\s*:|^event:\s*error\b', re.MULTILINE)
_READ = 4096

_FIRST_EVENT = re.compile(rb"(?:(?:id|retry)?:[^\r\n]*[\r\n]+)*event:\s*error\s*[\r\n]")
_FIRST_DATA = re.compile(rb"^data:([^\r\n]*)", re.MULTILINE)


def refuses_in_band(body: bytes) -> bool:
    """Whether the body of a 2xx answer says that the request was refused: the error of JSON-RPC 2.0 (section 5.1), the
    errors of GraphQL without data (October 2021, section 7.1), `"type": "error"` or `"event": "error"` with an `error`,
    and `"ok": false` or `"success": false` with a reason. Of a stream of events (HTML, section 9.2.6) the first one
    counts, and one that is called `error`."""
    return _HINT.search(body, 0, _READ) is not None and _refuses(body)


@lru_cache(maxsize=1024)
def _refuses(body: bytes) -> bool:
    content = body.lstrip()
    if content.startswith((b"event:", b"data:", b"id:", b"retry:", b":")):
        if _FIRST_EVENT.match(content):
            return True
        event = _FIRST_DATA.search(content)
        content = event[1] if event is not None else b""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and _tells_a_refusal(value)


def _tells_a_refusal(answer: dict[str, Any]) -> bool:
    errors = answer.get("errors")
    is_graphql = isinstance(errors, list) and bool(errors) and answer.get("data") is None
    is_named = answer.get("jsonrpc") == "2.0" or "error" in (answer.get("type"), answer.get("event"))
    is_undone = any(answer.get(name) is False for name in _DONE) and any(answer.get(name) for name in _WHY)
    return is_graphql or (is_named and bool(answer.get("error"))) or is_undone
