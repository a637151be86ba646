"""The fast path for a line of NDJSON in which nothing is wrong.

Besides the two bodies, the operation, the status and a few headers decide about an exchange. They are judged once, by
all rules (`Head`); after that, a line costs one decoding, three look-ups and two calls of the validator. Any other line
takes the slow path, which finds out what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from clausewise.conformance.leaks import may_leak
from clausewise.contract.contract import Contract
from clausewise.contract.operation import OperationContract
from clausewise.contract.parameters import decode_path
from clausewise.contract.parts import MediaContract, ParameterContract
from clausewise.contract.request import judge_request
from clausewise.exchange import Exchange, Failure, Headers, Probe, Request, header
from clausewise.media.json import JSON
from clausewise.media.registry import codec_for
from clausewise.recordings.ndjson import VERSION
from clausewise.results.evidence import Evidence

#: targets, and headers as written, that are cached at once
_REMEMBERED = 10_000


class _Body(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    text: str | None = None
    json: Any = msgspec.UNSET


class _Request(msgspec.Struct, gc=False):
    method: str
    target: str
    headers: msgspec.Raw = msgspec.Raw(b"[]")
    body: _Body | None = None


class _Response(msgspec.Struct, gc=False):
    status: int
    headers: msgspec.Raw = msgspec.Raw(b"[]")
    body: _Body | None = None
    seconds: float = 0.0
    undecoded: str = ""
    framing: str = ""


class _Line(msgspec.Struct, gc=False):
    version: int
    id: str
    request: _Request
    response: _Response | None = None
    failure: Failure | None = None
    probe: Probe | None = None
    started: datetime | None = None


class Head:
    """Exchanges that differ only in their bodies, and in which nothing else is wrong."""

    def __init__(self, operation: OperationContract, exchange: Exchange, evidence: tuple[Evidence, ...]) -> None:
        self.operation = operation.key
        #: evidence that each of them gives
        self.evidence = evidence
        self.accepted = exchange.accepted
        #: how many there were since the last `start`
        self.count = 0
        #: how many of them were sampled, and counted there
        self.sampled = 0
        #: the validators of the bodies; None where there is no body
        self.request = _request_validator(operation, exchange)
        self.response = _response_validator(operation, exchange)


class FastPath:
    """The heads of the exchanges of a contract in which nothing was wrong."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._decode = msgspec.json.Decoder(_Line).decode
        self._loads = msgspec.json.Decoder().decode
        self._headers = msgspec.json.Decoder(Headers).decode
        self._routes: dict[tuple[str, str], _Route | None] = {}
        self._by_operation: dict[str, _Route] = {}

    def start(self) -> None:
        """Reset all counts."""
        for route in self._by_operation.values():
            for head in route.heads.values():
                head.count = head.sampled = 0

    def heads(self) -> list[Head]:
        """The heads that were matched since the last `start`."""
        return [head for route in self._by_operation.values() for head in route.heads.values() if head.count]

    def match(self, content: bytes) -> Head | None:
        """The head of a line in which nothing is wrong; None for a line that has to take the slow path."""
        try:
            line = self._decode(content)
            request, response = line.request, line.response
            if response is None or line.failure is not None or line.probe is not None or line.version != VERSION:
                return None
            if response.undecoded or response.framing or (response.status >= 400 and may_leak(content)):
                return None
            try:
                route = self._routes[request.method, request.target]
            except KeyError:
                route = self._route(request.method, request.target)
            if route is None:
                return None
            written = (bytes(request.headers), response.status, bytes(response.headers))
            head = route.written.get(written)
            if head is None:
                head = self._reduced(route, written)
                if head is None:
                    return None
            if self._takes(head.request, request.body) and self._takes(head.response, response.body):
                return head
        except (msgspec.DecodeError, ValueError, RecursionError):
            pass
        return None

    def learn(self, operation: OperationContract, exchange: Exchange, evidence: tuple[Evidence, ...]) -> None:
        """Remember the head of an exchange in which nothing is wrong, with its `evidence`, bodies aside."""
        response = exchange.response
        if response is None or exchange.failure is not None or exchange.probe is not None:
            # What has no answer is rare, and of a probe the credentials are judged.
            return
        if response.status == 401 or not _is_plain(operation, exchange):
            # With a 401, the credentials decide as well.
            return
        route = self._of(operation)
        key = route.relevant(exchange.request.headers, response.status, response.headers)
        if key not in route.heads and len(route.heads) < _REMEMBERED:
            route.heads[key] = Head(operation, exchange, evidence)

    def _takes(self, validator: Callable[[Any], bool] | None, body: _Body | None) -> bool:
        if validator is None or body is None:
            return validator is None and body is None
        value = body.json
        if (value is msgspec.UNSET) == (body.text is None):
            return False
        return validator(self._loads(body.text) if body.text is not None else value)

    def _route(self, method: str, target: str) -> _Route | None:
        """The route of a target; None where its path or query breaks the contract or matches no operation."""
        query = target.partition("?")[2]
        match = self._contract.router.match(method, target)
        route = None
        if match is not None:
            route = self._of(self._contract.operation(match.operation.key))
            takes_query = route.takes_query(method, target) if query or route.wants_query else True
            if not takes_query or not route.takes_path(match.path_parameters):
                route = None
        if len(self._routes) >= _REMEMBERED:
            self._routes.clear()
        self._routes[method, target] = route
        return route

    def _of(self, operation: OperationContract) -> _Route:
        route = self._by_operation.get(operation.key)
        if route is None:
            route = self._by_operation[operation.key] = _Route(operation)
        return route

    def _reduced(self, route: _Route, written: tuple[bytes, int, bytes]) -> Head | None:
        sent, status, came = written
        head = route.heads.get(route.relevant(self._headers(sent), status, self._headers(came)))
        if head is not None:
            if len(route.written) >= _REMEMBERED:
                route.written.clear()
            route.written[written] = head
        return head


class _Segment:
    """A path parameter, with a fast check of its values."""

    def __init__(self, contract: ParameterContract) -> None:
        self.name = contract.parameter.name
        self._contract = contract
        self._validator = contract.message.takes if contract.message is not None else None
        #: whether the text in the path is the value itself
        self._is_text = (
            contract.parameter.style == "simple"
            and contract.parameter.media_type is None
            and contract.message is not None
            and contract.message.reader.types == {"string"}
        )

    def takes(self, written: str) -> bool:
        """Whether a percent-encoded text keeps the schema."""
        if self._validator is None:
            return True
        if self._is_text and "%" not in written:
            return self._validator(written)
        return self._validator(decode_path(self._contract.parameter, self._contract.message, written))


class _Route:
    """One operation with its heads."""

    def __init__(self, operation: OperationContract) -> None:
        self._operation = operation
        parameters = [contract.parameter for contract in operation.parameters]
        self._in_path = [_Segment(each) for each in operation.parameters if each.parameter.location == "path"]
        self._sent = {"content-type"} | {each.name.lower() for each in parameters if each.location == "header"}
        self.wants_query = any(each.location in ("query", "querystring") and each.required for each in parameters)
        if any(each.location == "cookie" for each in parameters):
            self._sent.add("cookie")
        documented = [each.header for response in operation.responses.values() for each in response.headers]
        self._came = {"content-type"} | {header.name.lower() for header in documented}
        #: relevant headers and status -> head
        self.heads: dict[tuple[object, ...], Head] = {}
        #: headers as written in the line, and status -> head; a cache
        self.written: dict[tuple[bytes, int, bytes], Head] = {}

    def takes_path(self, values: dict[str, str]) -> bool:
        """Whether each path parameter keeps its schema."""
        return all(segment.takes(values.get(segment.name, "")) for segment in self._in_path)

    def takes_query(self, method: str, target: str) -> bool:
        """Whether the query of a target keeps the contract."""
        judged = judge_request(self._operation, Request(method, target), {}, evidence=False)
        return not any(breach.location[0] in ("query", "querystring") for breach in judged.breaches)

    def relevant(self, sent: Headers, status: int, came: Headers) -> tuple[object, ...]:
        """The status and those headers that decide whether the contract is kept."""
        return (
            tuple([(name.lower(), value) for name, value in sent if name.lower() in self._sent]),
            status,
            tuple([(name.lower(), value) for name, value in came if name.lower() in self._came]),
        )


def _is_plain(operation: OperationContract, exchange: Exchange) -> bool:
    """Whether only the bodies have to be checked: each is absent or JSON with a schema."""
    response = exchange.response
    assert response is not None
    sends, comes = bool(exchange.request.body), bool(response.body)
    if (exchange.request.body is not None) != sends or (sends and operation.body is None):
        return False
    sent, came = _request_validator(operation, exchange), _response_validator(operation, exchange)
    return (sent is not None) == sends and (came is not None) == comes


def _request_validator(operation: OperationContract, exchange: Exchange) -> Callable[[Any], bool] | None:
    if operation.body is None or not exchange.request.body:
        return None
    media_type = header(exchange.request.headers, "Content-Type") or ""
    return _validator(operation.body.content_for(media_type), media_type)


def _response_validator(operation: OperationContract, exchange: Exchange) -> Callable[[Any], bool] | None:
    response = exchange.response
    if response is None or not response.body:
        return None
    contract, media_type = operation.response_for(response.status), header(response.headers, "Content-Type") or ""
    return _validator(contract.content_for(media_type) if contract is not None else None, media_type)


def _validator(entry: MediaContract | None, media_type: str) -> Callable[[Any], bool] | None:
    """The validator of a JSON body of a media type; None where there is none."""
    message = entry.message_of(media_type) if entry is not None and codec_for(media_type) is JSON else None
    return message.takes if message is not None else None
