"""A second engine's word on a finding: `jsonschema`, independent of the one that made it."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from clausewise.contract.clause import Clause
from clausewise.contract.contract import OperationContract
from clausewise.contract.message import Message
from clausewise.contract.patterns import for_python
from clausewise.exchange import Exchange, header
from clausewise.media.codec import Malformed
from clausewise.results.record import Finding


def disagrees(operation: OperationContract, exchange: Exchange, clause: Clause) -> bool:
    """Whether `jsonschema` takes the response body that breaks `clause` for valid.

    Formats that it does not know without further packages are no disagreement.
    """
    if exchange.response is None or clause.direction != "response" or ".body" not in clause.part:
        return False
    contract = operation.response_for(exchange.response.status)
    content_type = header(exchange.response.headers, "Content-Type") or ""
    entry = contract.content_for(content_type) if contract is not None else None
    if entry is None or entry.message is None:
        return False
    body = entry.codec_of(content_type).read(exchange.response.body, content_type)
    return not isinstance(body, Malformed) and _accepts(entry.message, body, clause)


def confirmed(finding: Finding, operation: OperationContract, exchange: Exchange, clause: Clause) -> Finding:
    """The finding, which says so where the second engine disagrees."""
    if finding.rule != "response-schema" or not disagrees(operation, exchange, clause):
        return finding
    message = f"{finding.message} (the second schema engine, jsonschema, accepts this: engine-disagreement)"
    return msgspec.structs.replace(finding, message=message)


def _accepts(message: Message, body: Any, clause: Clause) -> bool:
    import jsonschema

    if clause.keyword == "format" and clause.value not in jsonschema.Draft202012Validator.FORMAT_CHECKER.checkers:
        return False
    try:
        return bool(python_validator(message.schema).is_valid(body))
    except (re.error, RecursionError):
        # A pattern that Python cannot read, a value nested too deeply for it: no opinion.
        return False


def python_validator(schema: Any) -> Any:
    """A `jsonschema` validator that reads patterns as ECMA-262 means them."""
    import jsonschema
    from jsonschema.validators import extend

    def pattern(_validator: Any, pattern: str, instance: Any, _schema: Any) -> Any:
        if isinstance(instance, str) and not re.search(for_python(pattern), instance):
            yield jsonschema.ValidationError(f"{instance!r} does not match {pattern!r}")

    kind: Any = extend(jsonschema.Draft202012Validator, {"pattern": pattern})  # type: ignore[no-untyped-call]
    return kind(schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
