"""Values in documents that stand for those that a reader has to put there."""

from __future__ import annotations

import re

#: <name>, ${NAME}, {{ name }}, {name}, :name, ...
_PLACEHOLDER = r"<[^<>]+>|\$\{?\w+\}?|\{\{[^{}]*\}\}|\{\w+\}|:\w+|\.\.\.|\u2026"


def is_placeholder(value: object) -> bool:
    """Whether a value only stands for another one."""
    return isinstance(value, str) and re.fullmatch(_PLACEHOLDER, value) is not None
