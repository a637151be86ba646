"""Values without the members that messages of their direction do not carry."""

from __future__ import annotations

from typing import Any

from clausewise.contract.message import Message
from clausewise.values.edit import take_out, without


def carried(message: Message, value: Any) -> Any:
    """`value` without the read-only members of a request, or the write-only ones of a response, at any depth.

    A member stays where the value would break a clause without it: some contracts demand what they say nobody sends.
    """
    hidden = message.hidden_in(value)
    if hidden and message.is_valid(every := without(value, hidden)):
        return every
    was_valid = not hidden or message.is_valid(value)
    for location in hidden:
        less = take_out(value, location)
        if not was_valid or message.is_valid(less):
            value = less
    return value
