"""Placeholders in documents, which a reader replaces by values."""

from __future__ import annotations

import re

#: <name>, ${NAME}, {{ name }}, {name}, :name, ...
_PLACEHOLDER = r"<[^<>]+>|\$\{?\w+\}?|\{\{[^{}]*\}\}|\{\w+\}|:\w+|\.\.\.|\u2026"


def is_placeholder(value: object) -> bool:
    """Whether a value is a placeholder."""
    return isinstance(value, str) and re.fullmatch(_PLACEHOLDER, value) is not None
