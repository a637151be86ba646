"""The values that a description names: "one of `open`, `closed`", "e.g. name:asc", "use "default" for your own".

Where a schema leaves a string open, its author often tells in prose what the server takes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

#: what announces values, quoted or in a list
_LISTING = re.compile(
    r"\b(?:one of|any of|either|(?:possible|allowed|valid|accepted|supported|permitted|known|available|legal) "
    r"(?:\w+ )?(?:values?|options?|types?|names?|formats?|fields?)|values?|options|choices|enum|"
    r"e\.\s?g\.|eg|for (?:example|instance)|examples?|such as)(?:\s+(?:are|is|of|include|like))?(?=[\s:=(,`'\"])"
    r"[:=,]?\s*(?P<tail>[^\n]{1,300})",
    re.IGNORECASE,
)

#: what announces values in quotes
_QUOTING = re.compile(
    r"\b(?:must|can|may|should|could|defaults?|use|set|pass|send|specify|equals?|is|currently|only|always)\b"
    r"(?:\s+(?:be|to|is|as|the value|either|like|set to|equal))*[:=]?\s*(?=[`'\"\u201c])(?P<tail>[^\n]{1,200})",
    re.IGNORECASE,
)

_QUOTED = re.compile(
    r"`([^`\n]{1,80})`|(?<!\w)'([^'\n]{1,80})'(?!\w)|\"([^\"\n]{1,80})\"|\u201c([^\u201d\n]{1,80})\u201d"
)

#: an item of a list with its value in quotes: "* `open`: it can be changed"
_ITEM = re.compile(r"^\s*(?:[-*+•]|\d+[.)])\s+(?:\*\*)?[`'\"]([^`'\"\n]{1,80})[`'\"]", re.MULTILINE)

#: the end of a sentence; a point in a version or in a host name is none
_END = re.compile(r"[.;](?=\s|$)|\s[-\u2013\u2014]\s")

_SEPARATORS = re.compile(r"\s*(?:,\s*(?:or|and)\b|,|\||\s/\s|\bor\b|\band\b)\s*")

#: a word of a list that may be a value
_VALUE = re.compile(r"[\w.+@:*$-][\w.+@:/*$=-]{0,60}")

#: words of a list that are about values and are none
_PROSE = frozenset({
    "any", "all", "none", "null", "etc", "other", "others", "string", "number", "integer", "boolean", "object", "array",
    "list", "value", "values", "name", "names", "it", "this", "that", "which", "who", "if", "when", "where", "only",
    "not", "optional", "required", "true", "false", "more",
})  # fmt: skip


def strong_literals(descriptions: Iterable[str]) -> list[str]:
    """The values that `descriptions` announce as such, in their order."""
    return list(dict.fromkeys(value for text in descriptions for value in _announced(text)))


def literals(descriptions: Iterable[str]) -> list[str]:
    """The values that `descriptions` announce, and then whatever they quote."""
    texts = list(descriptions)
    quoted = (value for text in texts for value in _quotes(text))
    return list(dict.fromkeys([*strong_literals(texts), *quoted]))


@lru_cache(maxsize=4096)
def _announced(text: str) -> tuple[str, ...]:
    found = list(_ITEM.findall(text)) if len(_ITEM.findall(text)) > 1 else []
    for match in _LISTING.finditer(text):
        tail = _sentence(match["tail"])
        found += _quotes(tail) or _listed(tail)
    for match in _QUOTING.finditer(text):
        found += _quotes(_sentence(match["tail"]))
    return tuple(dict.fromkeys(found))


def _sentence(tail: str) -> str:
    """`tail` to the end of its first sentence; what is in quotes does not end one."""
    hidden = _QUOTED.sub(lambda quoted: "_" * len(quoted[0]), tail)
    end = _END.search(hidden)
    return tail[: end.start()] if end else tail


def _quotes(text: str) -> list[str]:
    return [value for groups in _QUOTED.findall(text) if (value := "".join(groups).strip())]


def _listed(tail: str) -> list[str]:
    """The words of a list without quotes; a word alone is one only where it does not look like prose."""
    items = [item.strip(" ()[]{}<>.!?:") for item in _SEPARATORS.split(tail)]
    words = [item for item in items if _VALUE.fullmatch(item) and item.lower() not in _PROSE]
    return words if len(words) == len([item for item in items if item]) else list(_leading(items))


def _leading(items: list[str]) -> Iterator[str]:
    """The values at the beginning of a list that goes over into prose."""
    for item in items:
        if not _VALUE.fullmatch(item) or item.lower() in _PROSE:
            return
        yield item
