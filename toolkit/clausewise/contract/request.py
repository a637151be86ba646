"""The clauses of an operation that a request keeps and breaks.

The mock refuses requests by it, probes are proved with it before they are sent, and recorded requests are checked by
it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from clausewise.contract.bodies import read_body
from clausewise.contract.breaches import Breach
from clausewise.contract.clause import Clause
from clausewise.contract.forms import judge_fields
from clausewise.contract.message import Message
from clausewise.contract.operation import OperationContract
from clausewise.contract.parameters import decode, decode_path, is_always_sent
from clausewise.contract.querystring import read_query
from clausewise.exchange import Request, cookie_pairs, header, query_parts
from clausewise.media.codec import Malformed
from clausewise.media.form import FORM
from clausewise.security.schemes import present


class RequestJudgement(msgspec.Struct, frozen=True):
    """A request, read and judged."""

    #: clauses that were evaluated and kept
    upheld: tuple[Clause, ...]
    #: breaches; locations start with the part: ("body", "name"), ("query", "limit")
    breaches: tuple[Breach, ...]
    #: the value of the body; None where there is none, where it is malformed, and where no schema judges it
    body: Any = None
    #: the decoded parameters that are there: ("path", "id") -> value
    parameters: dict[tuple[str, str], Any] = {}
    #: what judges the body; None where no schema does
    message: Message | None = None

    @property
    def conforms(self) -> bool:
        """Whether no clause is broken, advisory ones aside."""
        return not any(breach.clause.severity == "error" for breach in self.breaches)


def judge_request(
    operation: OperationContract,
    request: Request,
    path_parameters: dict[str, str],
    *,
    evidence: bool = True,
    meant: str = "",
) -> RequestJudgement:
    """The clauses of `operation` that `request`, with these (percent-encoded) `path_parameters`, keeps and breaks.

    Without `evidence`, clauses of schemas are not listed as upheld, which is several times as fast, and in a union of
    which no branch is kept, one is judged in which the clause with the key `meant` is broken.
    """
    listed = None if evidence else meant
    upheld: list[Clause] = []
    broken: list[Breach] = []
    _judge_security(operation, request, upheld, broken)
    parameters = _judge_parameters(operation, request, path_parameters, upheld, broken, listed)
    body, message = _judge_body(operation, request, upheld, broken, listed)
    return RequestJudgement(tuple(upheld), tuple(broken), body, parameters, message)


def _judge_security(operation: OperationContract, request: Request, upheld: list[Clause], broken: list[Breach]) -> None:
    if operation.security is None:
        return
    security, clause = operation.security
    if any(all(present(scheme, request) for scheme in schemes) for schemes in security.alternatives):
        upheld.append(clause)
    else:
        broken.append(Breach(clause, ("security",), None))


def _judge_parameters(
    operation: OperationContract,
    request: Request,
    path_parameters: dict[str, str],
    upheld: list[Clause],
    broken: list[Breach],
    meant: str | None,
) -> dict[tuple[str, str], Any]:
    values: dict[tuple[str, str], Any] = {}
    pairs: dict[str, Sequence[tuple[str, str]]] = {
        "query": query_parts(request.target.partition("?")[2]),
        "header": request.headers,
        "cookie": cookie_pairs(request.headers),
    }
    for contract in operation.parameters:
        parameter, message = contract.parameter, contract.message
        location = (parameter.location, parameter.name)
        if contract.whole is not None:
            taken = operation.taken_names["query"]
            present, value = read_query(contract, request.target.partition("?")[2], taken)
        elif parameter.location == "path":
            present, value = True, decode_path(parameter, message, path_parameters.get(parameter.name, ""))
        else:
            taken = operation.taken_names.get(parameter.location, frozenset())
            present, value = decode(parameter, message, pairs[parameter.location], taken)
        if contract.required is not None:
            if present:
                upheld.append(contract.required)
            elif not is_always_sent(parameter):
                broken.append(Breach(contract.required, location, None))
        if present:
            values[location] = value
        if present and message is not None and not (value == "" and parameter.allows_empty):
            _judge_value(message, value, location, upheld, broken, meant)
    return values


def _judge_value(
    message: Message,
    value: Any,
    location: tuple[str, ...],
    upheld: list[Clause],
    broken: list[Breach],
    meant: str | None,
) -> None:
    """Judge `value`: with the clauses that it keeps where none is `meant`."""
    if meant is None:
        judgement = message.judge(value)
        upheld += judgement.upheld
        breaches = judgement.breaches
    else:
        breaches = message.breaches(value, meant)
    broken += (msgspec.structs.replace(breach, location=(*location, *breach.location)) for breach in breaches)


def _judge_body(
    operation: OperationContract, request: Request, upheld: list[Clause], broken: list[Breach], meant: str | None
) -> tuple[Any, Message | None]:
    """The value of the body, and what judges it."""
    contract = operation.body
    if contract is None:
        return None, None
    content_type = header(request.headers, "Content-Type") or ""
    if not request.body and not (contract.required is not None and FORM.covers(content_type)):
        if contract.required is not None:
            broken.append(Breach(contract.required, ("body",), None))
        return None, None
    if contract.required is not None:
        upheld.append(contract.required)
    entry = contract.content_for(content_type)
    if entry is None:
        first = next(iter(contract.content.values()), None)
        if first is not None:
            broken.append(Breach(first.clause, ("body",), content_type))
        return None, None
    if request.cut:
        return None, None
    body = read_body(entry, request.body or b"", content_type)
    if isinstance(body, Malformed):
        broken.append(Breach(entry.clause, ("body",), body))
        return None, None
    upheld.append(entry.clause)
    message = entry.message_of(content_type)
    if message is not None:
        _judge_value(message, body, ("body",), upheld, broken, meant)
    kept, breaches = judge_fields(entry, request.body or b"", content_type)
    upheld += kept
    broken += (msgspec.structs.replace(breach, location=("body", *breach.location)) for breach in breaches)
    return body, message
