"""Values as text, and as names and values: the styles of parameters and forms (OpenAPI 3.1 section 4.8.12.3)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

#: style -> separator between the items of an array that is written as one text
SEPARATORS = {"spaceDelimited": " ", "pipeDelimited": "|", "form": ",", "simple": ",", "label": ".", "matrix": ","}


def text(value: Any) -> str:
    """A value as text for a URL, a header or a form: strings as they are, any other value as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def styled(name: str, value: Any, style: str, *, explode: bool) -> list[tuple[str, str]]:
    """A value as names and values, not yet percent-encoded, in a query style: `form`, `spaceDelimited`, `pipeDelimited`
    or `deepObject`."""
    if isinstance(value, list) and explode:
        return [(name, text(item)) for item in value]
    if isinstance(value, dict) and style == "deepObject":
        return [(f"{name}[{key}]", text(member)) for key, member in value.items()]
    if isinstance(value, dict) and explode:
        return [(key, text(member)) for key, member in value.items()]
    return [(name, flat(value, style, explode=False))]


def flat(value: Any, style: str, *, explode: bool) -> str:
    """A value as one text: in the style `simple`, or in `form` without `explode`."""
    if isinstance(value, list):
        return SEPARATORS.get(style, ",").join(map(text, value))
    if isinstance(value, dict):
        return joined(((key, text(member)) for key, member in value.items()), ",", explode=explode)
    return text(value)


def joined(members: Iterable[tuple[str, str]], separator: str, *, explode: bool) -> str:
    """The members of an object as one text, each as `name=value` with `explode`."""
    return separator.join(f"{key}={member}" if explode else f"{key},{member}" for key, member in members)
