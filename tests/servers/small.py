"""Servers of a few lines: a function from a request to its answer, as an ASGI app."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from clausewise.contract.contract import Contract
from clausewise.options import RunOptions
from clausewise.runner import run, targets
from tests.servers.asgi import body_of

#: status, JSON value of the body (None for no body, bytes for what is no JSON), further headers
Answer = tuple[int, Any] | tuple[int, Any, dict[str, str]]


class Call(msgspec.Struct, frozen=True):
    """A request as a small server sees it."""

    method: str
    #: without the query
    path: str
    #: JSON value of the body; None when there is none, or it is no JSON
    body: Any
    #: names in lower case
    headers: dict[str, str]
    #: the body as it came
    content: bytes = b""
    #: what stands behind the question mark, as it was sent
    query: str = ""

    @property
    def line(self) -> str:
        """Method and path."""
        return f"{self.method} {self.path}"


def not_offered(*methods: str) -> Answer:
    """The answer to a method that is not one of a path's `methods`."""
    return 405, {"message": "not offered"}, {"allow": ", ".join(methods)}


def app_of(answer: Callable[[Call], Answer], *, seconds: float = 0) -> Any:
    """`answer` as an ASGI app; each answer comes after so many `seconds`, and what it does is done by then."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        body = await body_of(receive)
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
        try:
            document = json.loads(body)
        except ValueError:
            document = None
        query = scope["query_string"].decode()
        status, value, *more = answer(Call(scope["method"], scope["path"], document, headers, body, query))
        if seconds:
            await asyncio.sleep(seconds)
        content = value if isinstance(value, bytes) else b"" if value is None else json.dumps(value).encode()
        fields = {"content-type": "application/json"} if content else {}
        fields |= {"content-length": str(len(content)), **(more[0] if more else {})}
        sent = [(name.encode(), text.encode()) for name, text in fields.items()]
        await send({"type": "http.response.start", "status": status, "headers": sent})
        await send({"type": "http.response.body", "body": content})

    return app


def drive(
    contract: Contract, answer: Callable[[Call], Answer], *, store: Path | None = None, **options: Any
) -> run.Result:
    """A run against `answer`, called in this process."""
    target = targets.Target("app", "small", 4, app_of(answer))
    return run.run(contract, target, RunOptions(**options), store=store)


class Shelves:
    """Collections of JSON objects at any depth, each with an `id`: what most servers are, and no more.

    `calls` holds what was asked, `kept` what is there by its path.
    """

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, Any]] = {}
        self.calls: list[Call] = []
        self._numbers = itertools.count(1)

    def __call__(self, call: Call) -> Answer:
        """The answer to one request."""
        self.calls.append(call)
        return self.answer(call)

    def answer(self, call: Call) -> Answer:
        """As `__call__`, for others to change."""
        if call.path.count("/") % 2:
            owner = call.path.rpartition("/")[0]
            return (404, {"message": f"no {owner}"}) if owner and owner not in self.kept else self._collection(call)
        if call.path not in self.kept:
            return 404, {"message": "not here"}
        return self._one(call)

    def _collection(self, call: Call) -> Answer:
        if call.method == "GET":
            depth = call.path.count("/") + 1
            within = [path for path in self.kept if path.startswith(f"{call.path}/") and path.count("/") == depth]
            return 200, [self.kept[path] for path in within]
        if call.method != "POST":
            return not_offered("GET", "POST")
        if not isinstance(call.body, dict):
            return 400, {"message": "an object is wanted"}
        number = str(next(self._numbers))
        self.kept[f"{call.path}/{number}"] = {**call.body, "id": number}
        return 201, self.kept[f"{call.path}/{number}"]

    def _one(self, call: Call) -> Answer:
        if call.method == "DELETE":
            self.kept = {path: one for path, one in self.kept.items() if not f"{path}/".startswith(f"{call.path}/")}
            return 204, None
        if call.method not in ("GET", "PUT", "PATCH"):
            return not_offered("GET", "PUT", "PATCH", "DELETE")
        if call.method != "GET":
            if not isinstance(call.body, dict):
                return 400, {"message": "an object is wanted"}
            self.kept[call.path] = {**self.kept[call.path], **call.body, "id": self.kept[call.path]["id"]}
        return 200, self.kept[call.path]


def paths(*entries: str, body: Any = None) -> dict[str, Any]:
    """`METHOD /path/{id}` entries as a document's paths: parameters are text, a POST, PUT or PATCH has the JSON `body`
    (an object with a text `name`, where it is not given), and answers are of any form. Ids are the entries."""
    schema = body if body is not None else {
        "type": "object", "required": ["name"], "properties": {"name": {"type": "string", "maxLength": 40}}
    }  # fmt: skip
    answers = {str(status): {"description": ""} for status in (200, 201, 204, 400, 401, 403, 404, 409, 422, 429, 503)}
    found: dict[str, Any] = {}
    for entry in entries:
        method, _, path = entry.partition(" ")
        names = [segment[1:-1] for segment in path.split("/") if segment.startswith("{")]
        operation: dict[str, Any] = {
            "operationId": entry,
            "parameters": [
                {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names
            ],
            "responses": answers,
        }
        if method in ("POST", "PUT", "PATCH"):
            operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
        found.setdefault(path, {})[method.lower()] = operation
    return found
