"""The values that links give to the operations they lead to (OpenAPI 3.1 section 4.8.20): those that are written down,
and not taken from an exchange by a runtime expression."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from clausewise.contract.contract import Contract
from clausewise.contract.message import Message
from clausewise.contract.operation import OperationContract
from clausewise.media.json import JSON
from clausewise.media.registry import codec_for
from clausewise.resources.links import leads_to
from clausewise.spec.expressions import read_template
from clausewise.spec.links import Link
from clausewise.validation.example_sources import WrittenExample


def of_links(contract: Contract, links: tuple[Link, ...]) -> Iterator[WrittenExample]:
    """The values of `links`, each with the message of the operation that it is for."""
    for link in links:
        key = leads_to(contract, link)
        if key is not None:
            yield from _of_link(contract.operation(key), link)


def _of_link(operation: OperationContract, link: Link) -> Iterator[WrittenExample]:
    for name, value in link.parameters.items():
        for each in operation.parameters:
            place = f"{each.parameter.location}.{each.parameter.name}"
            if name in (each.parameter.name, place) and each.message is not None and _is_written(value):
                what = f"the {each.parameter.location} parameter `{each.parameter.name}` of the link `{link.name}`"
                source = link.source.child("parameters", name)
                yield WrittenExample(_as_sent(value, each.message), source, what, each.message)
    for entry in operation.body.content.values() if operation.body is not None and link.body is not None else ():
        if entry.message is not None and codec_for(entry.sent_as) is JSON and _is_written(link.body):
            what = f"the request body of the link `{link.name}`"
            yield WrittenExample(link.body, link.source.child("requestBody"), what, entry.message)
            return


def _is_written(value: Any) -> bool:
    """Whether no part of a value is a runtime expression."""
    if isinstance(value, dict | list):
        return all(map(_is_written, value.values() if isinstance(value, dict) else value))
    return not isinstance(value, str) or not (value.startswith("$") or read_template(value).expressions)


def _as_sent(value: Any, message: Message) -> Any:
    """The value of a parameter: a text that is a number is sent like that number."""
    if not isinstance(value, str) or message.is_valid(value):
        return value
    try:
        read = json.loads(value)
    except ValueError:
        return value
    return read if isinstance(read, int | float) and message.is_valid(read) else value
