"""The links of a response: values of an exchange for the parameters of other operations."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from clausewise.contract.contract import Contract, OperationContract
from clausewise.exchange import Exchange, header
from clausewise.resources.identity import json_of, shown_in, values_in_path
from clausewise.resources.types import parameter_names
from clausewise.spec.links import Link
from clausewise.spec.pointer import descend, from_pointer

#: stands for the body where parameters have their names
BODY = ""


def linked(contract: Contract, operation: OperationContract, exchange: Exchange) -> dict[tuple[str, str], Any]:
    """Values by operation key and parameter name, or BODY, that the links of the answer's documented response give."""
    assert exchange.response is not None
    response = operation.response_for(exchange.response.status)
    found: dict[tuple[str, str], Any] = {}
    for link in response.documented.links if response is not None else ():
        key = _leads_to(contract, link)
        if key is None:
            continue
        for name, expression in link.parameters.items():
            place, dot, bare = name.partition(".")
            own = bare if dot and place in ("path", "query", "header", "cookie") else name
            found[key, own] = evaluate(expression, operation, exchange)
        found[key, BODY] = _evaluated(link.body, operation, exchange)
    return {place: value for place, value in found.items() if value is not None}


def _evaluated(written: Any, operation: OperationContract, exchange: Exchange) -> Any:
    """`written` with the values of the runtime expressions in it, without those that the exchange does not have."""
    if isinstance(written, dict):
        members = {name: _evaluated(value, operation, exchange) for name, value in written.items()}
        return {name: value for name, value in members.items() if value is not None}
    if isinstance(written, list):
        return [_evaluated(value, operation, exchange) for value in written]
    return evaluate(written, operation, exchange)


def linking(contract: Contract) -> dict[str, list[OperationContract]]:
    """The other operations whose documented responses have links to an operation, by the key of that one."""
    found: dict[str, list[OperationContract]] = {}
    for operation in contract.operations:
        links = [link for response in operation.operation.responses for link in response.links]
        for key in {_leads_to(contract, link) for link in links} - {None, operation.key}:
            found.setdefault(str(key), []).append(operation)
    return found


def _leads_to(contract: Contract, link: Link) -> str | None:
    for operation in contract.operations:
        named = operation.operation.path, operation.operation.method
        if link.operation_id == operation.key or (link.operation is not None and link.operation == named):
            return operation.key
    return None


def evaluate(expression: Any, operation: OperationContract, exchange: Exchange) -> Any:
    """A runtime expression's value (OpenAPI 3.1 section 4.8.20.4); None where the exchange has none.

    Anything that does not begin with "$" stands for itself.
    """
    if not isinstance(expression, str) or not expression.startswith("$"):
        return expression
    request, response = exchange.request, exchange.response
    assert response is not None
    source, _, pointer = expression.partition("#")
    if source in ("$response.body", "$request.body"):
        is_answer = source == "$response.body"
        document = shown_in(operation, exchange) if is_answer else json_of(request.body or b"")
        try:
            return descend(document, from_pointer(pointer))
        except (KeyError, ValueError):
            return None
    side, _, name = expression.partition(".")
    place, _, name = name.partition(".")
    if place == "header":
        return header(response.headers if side == "$response" else request.headers, name)
    if side == "$request" and place == "path":
        return dict(zip(parameter_names(operation), values_in_path(operation, request), strict=False)).get(name)
    if side == "$request" and place == "query":
        return dict(parse_qsl(request.target.partition("?")[2])).get(name)
    return None
