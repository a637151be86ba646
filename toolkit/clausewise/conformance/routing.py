"""Answers of a router, or of a proxy before it, that never handed the request to the operation."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from clausewise.conformance.symptom import readable_texts, symptom
from clausewise.contract.operation import OperationContract
from clausewise.exchange import Exchange, Request, Response, header
from clausewise.media.types import essence

#: statuses of a router, or of a proxy before it, that does not hand a path on
_ROUTED = frozenset({400, 403, 404, 405, 414})

#: statuses of servers whose limits a request line, or its headers, are beyond (RFC 9110 section 15.5.15, RFC 6585
#: section 5): no contract documents these
_TOO_LONG = frozenset({414, 431})

#: how servers that answer 400 to such a line say so, and how long a target is that may be beyond their limits: RFC 9112
#: section 3 recommends to take lines of 8,000 octets, and many take half of that
_SAYS_TOO_LONG = re.compile(
    r"\b(?:request[\s-]*(?:line|target|ur[il]|header)|ur[il]|header)\w*\s+(?:is\s+|was\s+|field\s+)?too\s+(?:long|large)"
    r"|\btoo\s+(?:long|large)\s+(?:an?\s+)?(?:request[\s-]*(?:line|target|ur[il]|header)|ur[il]\b|header)",
    re.IGNORECASE,
)
_LONG_TARGET = 1000

#: what routers and proxies take for more than a piece of a path: separators, dot segments, control characters
_PATH_SYNTAX = re.compile(r"[/\\;\x00-\x1f\x7f]|\A\.*\Z")

#: methods that ask for a path without changing anything (RFC 9110 section 9.2.1)
_ASKING = frozenset({"GET", "HEAD", "OPTIONS"})

#: name of a path that no server has
NOWHERE = "clausewise-looks-for-a-path-that-is-not-there"

#: how many such names a path has at most
_SEGMENTS = 4


class Fallback:
    """The answer that a server gives to each path which it does not serve, where that is no refusal: the server of a
    single-page application sends the application's page, and some gateways a greeting."""

    def __init__(self) -> None:
        #: method and target that were asked for -> what came
        self._answers: dict[tuple[str, str], Exchange] = {}
        #: those that an answer was alike
        self._given: set[tuple[str, str]] = set()

    def control(self, operation: OperationContract, exchange: Exchange) -> Request | None:
        """The request whose answer shows whether `exchange` has the fallback's; None where that is out of the question,
        or known already. It changes nothing."""
        if not _may_be_elsewhere(operation, exchange):
            return None
        method, target = _asking_for(exchange), _nowhere(operation)
        if (method, target) in self._answers:
            return None
        headers = tuple(pair for pair in exchange.request.headers if pair[0].lower() != "content-type")
        return Request(method, target, headers)

    def take(self, exchange: Exchange) -> None:
        """Take note of what a `control` was answered."""
        self._answers[exchange.request.method, exchange.request.target] = exchange

    def gave(self, operation: OperationContract, exchange: Exchange) -> bool:
        """Whether the answer is the one that each path gets."""
        if not _may_be_elsewhere(operation, exchange):
            return False
        asked = _asking_for(exchange), _nowhere(operation)
        known = self._answers.get(asked)
        if known is None or not _are_alike(known, exchange):
            return False
        self._given.add(asked)
        return True

    @property
    def notes(self) -> tuple[str, ...]:
        """That an answer was such a one, for people; () where none was."""
        found = {
            f"{each.request.method} of a path that nothing serves is answered {each.response.status} ({_kind(each)}): "
            "where another method, or a value in the path, leads a request there, that says nothing of the operation"
            for each in map(self._answers.__getitem__, self._given)
            if each.response is not None
        }
        return tuple(sorted(found))


def is_routers(operation: OperationContract, exchange: Exchange, fallback: Fallback | None = None) -> bool:
    """Whether a router may have refused the path of a request, or sent it elsewhere, before the operation saw it: a
    redirect, a refusal, or the answer of the `fallback`.

    RFC 3986 section 6.2.2 lets programs on the way rewrite dot segments and percent-encoded characters, and many decode
    `%2F` before they split a path.
    """
    response = exchange.response
    if response is None:
        return False
    if 200 <= response.status < 300:
        return fallback is not None and fallback.gave(operation, exchange)
    is_own = exchange.request.method == operation.operation.method
    if _is_too_long(exchange.request, response) or (
        response.status == 405 and is_own and "{" in operation.operation.path
    ):
        return True
    if 300 <= response.status < 400 and _leads_to_another(operation, exchange):
        return True
    return (response.status < 400 or response.status in _ROUTED) and _leaves_its_segment(operation, exchange)


def _is_too_long(request: Request, response: Response) -> bool:
    """Whether a server's own limit refuses a request line, or headers."""
    if response.status in _TOO_LONG:
        return True
    said = response.status == 400 and len(request.target) >= _LONG_TARGET
    return said and any(_SAYS_TOO_LONG.search(text) for text in readable_texts(response.body))


def _may_be_elsewhere(operation: OperationContract, exchange: Exchange) -> bool:
    """Whether the operation may not have seen an accepted request: because of its method, or of what is in its path."""
    if not exchange.accepted:
        return False
    is_other = exchange.request.method != operation.operation.method
    return _tries_a_path(exchange) or is_other or _leaves_its_segment(operation, exchange)


def _tries_a_path(exchange: Exchange) -> bool:
    """Whether a value in the path is what the request tries: a router may take some only, such as whole numbers, and
    lead others elsewhere."""
    probe = exchange.probe
    return probe is not None and any(str(part).startswith("path.") for part in probe.deviates_at[:1])


def _leads_to_another(operation: OperationContract, exchange: Exchange) -> bool:
    """Whether a redirect adds, or takes away, the slash at the end of a path that the contract has beside this one: a
    value in the path was the name of the other, as `export` is for /charts/{id} beside /charts/export/."""
    assert exchange.response is not None
    asked = exchange.request.target.partition("?")[0]
    target = urlsplit(header(exchange.response.headers, "Location") or "").path
    is_slash = target != asked and target.rstrip("/") == asked.rstrip("/")
    return is_slash and "{" in operation.operation.path and bool(operation.offered_at(target))


def _asking_for(exchange: Exchange) -> str:
    """The method by which to ask for what the method of a request gets elsewhere, without changing anything."""
    method = exchange.request.method
    return method if method in _ASKING else "GET"


def _leaves_its_segment(operation: OperationContract, exchange: Exchange) -> bool:
    """Whether a router may read a value in the path as more than a piece of it."""
    segments = operation.match(exchange.request.target)
    # The marks of a documented style are meant.
    of_matrix = {one.parameter.name for one in operation.parameters if one.parameter.style == "matrix"}
    written = (text.replace(";", "") if name in of_matrix else text for name, text in segments.items())
    return any(_PATH_SYNTAX.search(unquote(text)) for text in written)


def _nowhere(operation: OperationContract) -> str:
    """A target that nothing serves, beside the operation's own: a part of a server may have a fallback of its own.
    Where the contract has paths that take any name, it is longer than these."""
    beside, _, _ = operation.operation.path.partition("{")[0].rstrip("/").rpartition("/")
    targets = [beside + f"/{NOWHERE}" * segments for segments in range(1, _SEGMENTS + 1)]
    return next((target for target in targets if not operation.offered_at(target)), targets[-1])


def _are_alike(one: Exchange, other: Exchange) -> bool:
    """Whether two answers are the same, or differ only by what each repeats of its request."""
    if one.response is None or other.response is None or _kind(one) != _kind(other):
        return False
    is_same = (one.response.status, one.response.body) == (other.response.status, other.response.body)
    return is_same or symptom(one, ()) == symptom(other, ())


def _kind(exchange: Exchange) -> str:
    """The media type of an answer, or that it has none."""
    named = header(exchange.response.headers, "Content-Type") if exchange.response is not None else None
    return essence(named) if named else "no content"
