"""The links of a response: values of an exchange for the parameters of other operations."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin, urlsplit

from clausewise.contract.contract import Contract
from clausewise.contract.expressions import ExpressionContext, evaluate
from clausewise.contract.operation import OperationContract
from clausewise.exchange import Exchange, Request
from clausewise.resources.identity import values_in_path
from clausewise.spec.links import Link

#: stands for the body where parameters have their names
BODY = ""


def linked(contract: Contract, operation: OperationContract, exchange: Exchange) -> dict[tuple[str, str], Any]:
    """Values by operation key and parameter name as the link has it ("id" or "path.id"), or BODY, that the links of the
    answer's documented response give."""
    assert exchange.response is not None
    response = operation.response_for(exchange.response.status)
    base_url = contract.specification.server or ""
    context = ExpressionContext(operation, exchange.request, exchange.response, base_url)
    found: dict[tuple[str, str], Any] = {}
    for link in response.documented.links if response is not None else ():
        key = leads_to(contract, link)
        if key is None:
            continue
        for name, expression in link.parameters.items():
            found[key, name] = evaluate(expression, context)
        found[key, BODY] = evaluate(link.body, context)
    return {place: value for place, value in found.items() if value is not None}


def linking(contract: Contract) -> dict[str, list[OperationContract]]:
    """The other operations whose documented responses have links to an operation, by the key of that one."""
    found: dict[str, list[OperationContract]] = {}
    for operation in contract.operations:
        links = [link for response in operation.operation.responses for link in response.links]
        for key in {leads_to(contract, link) for link in links} - {None, operation.key}:
            found.setdefault(str(key), []).append(operation)
    return found


def leads_to(contract: Contract, link: Link) -> str | None:
    """The key of the operation that a link leads to; None where the contract has none such."""
    for operation in contract.operations:
        if link.operation_id == operation.key or link.operation == operation.operation.source:
            return operation.key
    return None


def named_by(
    contract: Contract, address: str, request: Request, base_url: str
) -> tuple[OperationContract, tuple[Any, ...]] | None:
    """An operation of the contract whose path an address leads to, and the values in it; None where it leads to none,
    or to another server. It stands in an answer to `request`, which was sent below `base_url`."""
    if "{" in address:
        # It is a template (RFC 6570).
        return None
    here = base_url.rstrip("/") + request.target
    try:
        parts, own = urlsplit(urljoin(here, address)), urlsplit(here)
    except ValueError:
        return None
    # A server behind a proxy may not know that it is called over TLS.
    if parts.netloc != own.netloc or parts.scheme not in ("", "http", "https"):
        return None
    below = urlsplit(base_url).path.rstrip("/")
    paths = [parts.path.removeprefix(below)] if below and parts.path.startswith(f"{below}/") else []
    for path in (*paths, parts.path):
        path = path.rstrip("/") or "/"
        method = next(iter(contract.router.methods(path)), None)
        match = contract.router.match(method, path) if method is not None else None
        if match is not None:
            target = match.operation.path
            for name, segment in match.path_parameters.items():
                target = target.replace("{" + name + "}", segment)
            operation = contract.operation(match.operation.key)
            return operation, values_in_path(operation, Request(match.operation.method, target))
    return None
