"""The values of runtime expressions in one exchange (OpenAPI 3.1 section 4.8.20.4)."""

from __future__ import annotations

from typing import Any

import msgspec

from clausewise.contract.bodies import answered_value, sent_value
from clausewise.contract.operation import OperationContract
from clausewise.contract.parameters import decode_path
from clausewise.exchange import Request, Response, header, query_pairs
from clausewise.media.json import json_text
from clausewise.spec.expressions import Expression, Template, read_template
from clausewise.spec.pointer import descend


class ExpressionContext(msgspec.Struct, frozen=True, eq=False):
    """What expressions take their values from: a request of an operation, and its answer where there is one."""

    operation: OperationContract
    request: Request
    response: Response | None = None
    #: what stands before the request's target in its URL
    base_url: str = ""


def evaluate(written: Any, context: ExpressionContext) -> Any:
    """`written` with the values of the runtime expressions in it, at any depth; None where the exchange has no value
    for one. Members and items without a value are left out."""
    if isinstance(written, dict):
        members = {name: evaluate(value, context) for name, value in written.items()}
        return {name: value for name, value in members.items() if value is not None}
    if isinstance(written, list):
        return [value for value in (evaluate(item, context) for item in written) if value is not None]
    if not isinstance(written, str):
        return written
    if written.startswith(("$request.", "$response.")) and not read_template(written).is_bare:
        # It is meant as an expression, and is none.
        return None
    return filled(read_template(written), context)


def filled(template: Template, context: ExpressionContext) -> Any:
    """The text of a template, or the value of a bare expression; None where the exchange has no value for one."""
    if template.is_bare:
        return _value(template.expressions[0], context)
    texts = []
    for part in template.parts:
        value = part if isinstance(part, str) else _value(part, context)
        if value is None:
            return None
        texts.append(value if isinstance(value, str) else json_text(value).decode())
    return "".join(texts)


def _value(expression: Expression, context: ExpressionContext) -> Any:
    request, response, operation = context.request, context.response, context.operation
    match expression:
        case Expression("url"):
            return context.base_url + request.target
        case Expression("method"):
            return request.method
        case Expression("statusCode"):
            return response.status if response is not None else None
        case Expression("header", side):
            message = request if side == "request" else response
            return header(message.headers, expression.name) if message is not None else None
        case Expression("query", "request"):
            return next((v for n, v in query_pairs(request.target.partition("?")[2]) if n == expression.name), None)
        case Expression("path", "request"):
            segment = operation.match(request.target).get(expression.name)
            parameter = operation.parameter("path", expression.name)
            if segment is None or parameter is None:
                return segment
            return decode_path(parameter.parameter, parameter.message, segment)
        case Expression("body", side):
            return _in_body(expression, side, context)
    return None


def _in_body(expression: Expression, side: str, context: ExpressionContext) -> Any:
    response = context.response
    if side == "request":
        document = sent_value(context.operation.body, context.request)
    elif response is not None:
        document = answered_value(context.operation.response_for(response.status), response)
    else:
        return None
    try:
        return descend(document, expression.pointer)
    except KeyError:
        return None
