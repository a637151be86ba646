"""The rule about `Accept`: who asks for one documented media type gets that one (RFC 9110 section 12.5.1)."""

from __future__ import annotations

import msgspec

from clausewise.contract.operation import OperationContract
from clausewise.exchange import Exchange, header
from clausewise.media.types import essence, is_range
from clausewise.results.causes import Causes
from clausewise.results.evidence import Observation


def check_accept(operation: OperationContract, exchange: Exchange) -> list[Observation]:
    """That an accepted request named one media type, which the answer may have, and got another one, if it did. All of
    it has one cause. A refusal may be in any media type, as most clients read only its status."""
    response, asked = exchange.response, header(exchange.request.headers, "Accept") or ""
    if response is None or not exchange.accepted or "," in asked or not asked or is_range(essence(asked)):
        return []
    documented, came = operation.response_for(response.status), header(response.headers, "Content-Type")
    if documented is None or came is None:
        return []
    wanted, got = documented.content_for(asked), documented.content_for(came)
    if wanted is None or got is None or wanted is got or essence(asked) == essence(came):
        return []
    found = Observation.of(
        "accept-ignored",
        operation.key,
        exchange,
        f"{operation.key} answered {response.status} with {essence(came)}, although `Accept` was {essence(asked)}; the "
        "contract documents both",
        where=f"response.{response.status}.header.Content-Type",
        seen=essence(asked),
        in_exchange=("response", "header", "Content-Type"),
    )
    return [msgspec.structs.replace(found, causes=Causes(frozenset({("accept", "ignored")})))]
