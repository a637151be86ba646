"""The rule about `Allow`: a 405 answer names the methods that its target offers (RFC 9110 sections 15.5.6, 10.2.1)."""

from __future__ import annotations

from clausewise.contract.operation import OperationContract
from clausewise.exchange import Exchange
from clausewise.results.evidence import Observation


def check_allow(operation: OperationContract, exchange: Exchange) -> list[Observation]:
    """What is wrong with `Allow` in a 405 answer, if anything."""
    response, method = exchange.response, exchange.request.method
    if response is None or response.status != 405:
        return []
    written = [value for name, value in response.headers if name.lower() == "allow"]
    allowed = [part.strip() for value in written for part in value.split(",") if part.strip()]
    # `/users/me` may have the methods of `/users/{id}`, and need not: it comes first (OpenAPI 3.1 section 4.8.8.2).
    offered = operation.offered_at(exchange.request.target)
    # Whoever names GET has named HEAD as well (RFC 9110 section 9.3.2).
    missing = [
        one for one in operation.operation.methods if one not in allowed and not (one == "HEAD" and "GET" in allowed)
    ]
    if not written:
        wrong, seen = "without `Allow`", "missing"
    elif method in allowed:
        wrong, seen = f"with `Allow: {', '.join(allowed)}`, which names {method}", "names-refused"
    elif missing and method not in offered:
        shown = ", ".join(allowed) or "nothing"
        wrong, seen = f"and allows {shown}; the contract documents {', '.join(missing)} as well", "lacks-documented"
    else:
        return []
    return [
        Observation.of(
            "allow-header",
            operation.key,
            exchange,
            f"{method} {operation.operation.path} was answered 405 {wrong}",
            where="response.405",
            seen=seen,
            in_exchange=("response", "header", "Allow") if written else ("response", "header"),
        )
    ]
