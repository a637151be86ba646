"""The rule about fields that come back otherwise than they were sent."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from clausewise.conformance.kept import means_the_same
from clausewise.contract.bodies import sent_value, write_body
from clausewise.contract.keywords import show
from clausewise.contract.operation import OperationContract
from clausewise.contract.parameters import decode_path
from clausewise.exchange import Exchange, Request, query_pairs
from clausewise.generation.draft import is_key_of_request
from clausewise.results.causes import Causes
from clausewise.results.evidence import Observation
from clausewise.values.words import end_alike, plain, words

#: formats that are compared without case, as a whole or in a part (RFC 4343, RFC 5952, RFC 9562
#: section 4)
_CASELESS = frozenset({"email", "idn-email", "hostname", "idn-hostname", "uuid", "ipv6"})

#: the cause of all texts that come back without the spaces around them
_TRIMMED = Causes(frozenset({("trimmed", "")}))

#: last words of names of ids
_IDS = (["id"], ["pk"], ["uuid"], ["key"])


def echoes(operation: OperationContract, exchange: Exchange, answer: Any) -> list[Observation]:
    """Top-level fields of an accepted request that the response returns changed (rule `echo-mismatch`).

    They are those of the body of a POST, and the path parameters of a GET.
    """
    probe, request, response = exchange.probe, exchange.request, exchange.response
    if probe is None or probe.expect == "refuse" or probe.asks_for is not None or not isinstance(answer, dict):
        # A response that was asked for by its status is made up.
        return []
    if response is None or not 200 <= response.status < 300:
        return []
    # Any other method may change the fields that the path names.
    sent = _own_in_path(operation, request) if request.method == "GET" else {}
    if request.method == "POST" and request.body:
        body = sent_value(operation.body, request)
        sent |= body if isinstance(body, dict) else {}
    if any(is_key_of_request(name) for name, _ in request.headers):
        # What an earlier request with the same key has made is shown in the place of another.
        return []
    if request.method == "POST" and _shows_outer(operation, request, answer):
        return []
    if request.method == "POST" and response.status == 200 and _is_result(operation, sent, answer):
        return []
    source, ignored = operation.operation.source, _not_carried(operation, response.status)
    returnable = {name: _may_return(operation, exchange, answer, name, value) for name, value in sent.items()}
    changed = [
        Observation.of(
            "echo-mismatch",
            operation.key,
            exchange,
            f"{operation.key} was sent `{name}` = {show(value)} and returned {show(answer[name])}"
            + ("" if returnable[name] else "; the contract lets a client send it, and lets no answer return it"),
            severity=None if returnable[name] else "note",
            assertion=f"{source}/echo/{name}",
            where=f"response.{response.status}.body.{name}",
            seen=name,
            at=(name,),
        )
        for name, value in sent.items()
        if name in answer
        and name not in ignored
        and _comparable(value, answer[name])
        and answer[name] != value
        and not means_the_same(value, answer[name])
        and not _is_same(operation, name, value, answer[name])
        and not _is_said_elsewhere(operation, request, name, answer[name])
    ]
    # Whoever returns several fields changed looks at none of them, also where a request differs in one alone.
    echo = frozenset({("echo", operation.key)})
    causes = Causes(shared=echo) if len(changed) > 1 else Causes(followed=echo)
    return [
        msgspec.structs.replace(each, causes=_TRIMMED if _is_trimmed(sent[each.seen], answer[each.seen]) else causes)
        for each in changed
    ]


def _is_trimmed(sent: Any, came: Any) -> bool:
    """Whether a text came back without the spaces around it, as from a server that reads all texts so."""
    return isinstance(sent, str) and sent.strip() == came


class EarlierAnswers:
    """What the answers have shown so far, those of all operations of a run."""

    def __init__(self) -> None:
        self._ids: set[tuple[tuple[str, str], ...]] = set()

    def shows_earlier(self, exchange: Exchange, answer: Any) -> bool:
        """Whether a POST is answered with a resource that an earlier answer has shown, as by a server that knows it by
        another member of the body, or by its content: it then shows what was sent that time."""
        if not exchange.accepted or not isinstance(answer, dict):
            return False
        ids = tuple(sorted((name, str(value)) for name, value in answer.items() if words(name)[-1:] in _IDS))
        is_earlier = ids in self._ids
        if ids:
            self._ids.add(ids)
        return is_earlier and exchange.request.method == "POST"


def _may_return(
    operation: OperationContract, exchange: Exchange, answer: dict[str, Any], name: str, value: Any
) -> bool:
    """Whether the answer may have the value: where the schema of the request allows what that of the response does not,
    the document contradicts itself, and the server is not to blame."""
    assert exchange.response is not None
    documented = operation.response_for(exchange.response.status)
    entry = documented.with_schema if documented is not None else None
    message = entry.message if entry is not None else None
    if name not in answer or answer[name] == value or message is None or not message.is_valid(answer):
        return True
    # XML has no form for control characters.
    returned = {**answer, name: value}
    return message.is_valid(returned) and (entry is None or write_body(entry, returned) is not None)


def _not_carried(operation: OperationContract, status: int) -> frozenset[str]:
    """The members that only the server sets, or only the client: what is sent for them need not come back."""
    documented = operation.response_for(status)
    entry = documented.with_schema if documented is not None else None
    messages = (operation.body_message, entry.message if entry is not None else None)
    return frozenset[str]().union(*(message.hidden_names for message in messages if message is not None))


def _is_same(operation: OperationContract, name: str, sent: Any, came: Any) -> bool:
    """Whether two texts differ by nothing that counts in their format: servers write hosts and ids in lower case."""
    if not isinstance(sent, str) or not isinstance(came, str) or sent.lower() != came.lower():
        return False
    return any(
        clause.keyword == "format" and clause.value in _CASELESS and clause.path == (name,)
        for clause in operation.clauses
        if clause.direction == "request" and clause.part == "body"
    )


def _is_said_elsewhere(operation: OperationContract, request: Request, name: str, came: Any) -> bool:
    """Whether a parameter of the same name has the value that came, or the path, where the member is an id: a member
    that says something else than the request itself cannot be heard."""
    queried = [value for key, value in query_pairs(request.target.partition("?")[2]) if plain(key) == plain(name)]
    in_path = _named_in_path(operation, request).items()
    named = [value for key, value in in_path if plain(key) == plain(name) or words(name)[-1:] in _IDS]
    return any(str(value) == str(came) for value in (*queried, *named))


def _shows_outer(operation: OperationContract, request: Request, answer: dict[str, Any]) -> bool:
    """Whether an answer shows what the path of a request names, and not what its body describes: POST
    /things/{thing_id}/parts may return the thing with all its parts. The only id in it is then that of the path."""
    named = list(_named_in_path(operation, request).items())
    if not named:
        return False
    name, value = named[-1]
    ids = {member: one for member, one in answer.items() if words(member)[-1:] in _IDS}
    return bool(ids) and all(str(one) == str(value) and end_alike(member, name) for member, one in ids.items())


def _is_result(operation: OperationContract, sent: dict[str, Any], answer: dict[str, Any]) -> bool:
    """Whether an answer is what came of a request, as that to a POST may be (RFC 9110 section 9.3.3), and no copy of
    what was sent: it lacks what every such body has, and has nothing else as it was sent."""
    required = {
        clause.path[0]
        for clause in operation.clauses
        if clause.direction == "request" and clause.part == "body" and clause.keyword == "required"
        if len(clause.path) == 1 and not clause.branch and not clause.conditions
    }
    return bool((required & sent.keys()) - answer.keys()) and all(
        name not in answer or answer[name] != value for name, value in sent.items()
    )


def _named_in_path(operation: OperationContract, request: Request) -> dict[str, Any]:
    found = operation.match(request.target)
    return {
        contract.parameter.name: decode_path(contract.parameter, contract.message, found[contract.parameter.name])
        for contract in operation.parameters
        if contract.parameter.location == "path" and contract.parameter.name in found
    }


def _own_in_path(operation: OperationContract, request: Request) -> dict[str, Any]:
    """The values in the path that an answer may show as its own: in /boards/{id}/cards/{cardId} the `id` is that of the
    board, and the card has an `id` as well."""
    found = _named_in_path(operation, request)
    outer = re.findall(r"\{([^{}]+)\}", operation.operation.path)[:-1]
    return {name: value for name, value in found.items() if name not in outer or len(words(name)) > 1}


def _comparable(sent: Any, came: Any) -> bool:
    """Whether two values have the same scalar type: the contract may turn a number into a string."""
    if isinstance(sent, bool) or isinstance(came, bool):
        return isinstance(sent, bool) and isinstance(came, bool)
    return any(isinstance(sent, kind) and isinstance(came, kind) for kind in (str, (int, float)))
