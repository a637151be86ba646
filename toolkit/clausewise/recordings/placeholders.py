"""Placeholders in documents, which a reader replaces by values, and masks in recordings, behind which values stood."""

from __future__ import annotations

import json
import re

from clausewise.recordings.passage import Passage

#: <name>, ${NAME}, $env:NAME, %NAME%, {{ name }}, {name}, :name, [name], YOUR_NAME, ...
_PLACEHOLDER = re.compile(
    r"<[^<>]+>|\$\(.*\)|\$env:\w+|\$\{?\w+\}?|%[A-Za-z_]\w*%|\{\{[^{}]*\}\}|\{[\w.-]*\}"
    r"|:[A-Za-z_]\w*|\[[A-Za-z][\w -]*\]|\.\.\.|\u2026|YOUR[_-][\w-]+|(?i:x{3,}|x{2,}(?:-x{2,})+)",
    re.DOTALL,
)
#: in a path, a query or a header, also what names the value: in capitals, with an ending of identifiers
_NAMED = re.compile(r"(?i:your[_-][\w-]+|\w+[_-]here)|(?:[A-Z0-9]+_)+(?:ID|UUID|GUID|NAME|KEY|TOKEN|SECRET|SLUG|VALUE)")
#: a placeholder within a longer text
_WITHIN = re.compile(r"\$\{\w+\}|\$env:\w+|\$[A-Za-z_]\w*|\{\{[^{}]*\}\}|<[A-Za-z][\w -]*>|\bYOUR[_-][\w-]+")
#: what filters of recorders write instead of a value
_HIDDEN = r"(?i:redacted|masked|scrubbed|sanitized|censored)"
#: words that are values of their own unless something stands around them
_ENCLOSED = r"(?i:filtered|hidden|removed)"
_MASK = re.compile(
    rf"<[A-Z][A-Z0-9_. -]*>|[\[(<*_-]*{_HIDDEN}[\])>*_-]*|[\[(<*_-]+{_ENCLOSED}[\])>*_-]+|\*{{3,}}|(?i:x{{5,}})"
)
#: a mask within a longer text
_MASKED = re.compile(r"<[A-Z][A-Z0-9_]{2,}>|\[(?:FILTERED|Filtered|REDACTED|Redacted|MASKED)\]")


def is_placeholder(value: object) -> bool:
    """Whether a value, or a part of it, is a placeholder."""
    return isinstance(value, str) and (_PLACEHOLDER.fullmatch(value) is not None or _WITHIN.search(value) is not None)


def is_placeholder_parameter(value: str) -> bool:
    """Whether the value of a parameter is a placeholder."""
    return is_placeholder(value) or _NAMED.fullmatch(value) is not None


def is_mask(value: object) -> bool:
    """Whether a recorder wrote this instead of a value."""
    return isinstance(value, str) and (_MASK.fullmatch(value) is not None or _MASKED.search(value) is not None)


#: a string of JSON, or a placeholder or mask that stands for a value without quotation marks
_TOKEN = re.compile(
    r'"(?:[^"\\]|\\.)*"|(<[A-Za-z][\w .-]*>|\$\([^()\n]*\)|\$env:\w+|\$\{\w+\}|\$\w+|\{\{[^{}]*\}\}|%[A-Za-z_]\w*%'
    r"|YOUR_\w+|\[(?:FILTERED|Filtered|REDACTED|Redacted)\]|\*{3,})",
    re.DOTALL,
)


def with_values(body: Passage) -> Passage:
    """A text that is JSON but for placeholders without quotation marks: with those, each at the place of its
    placeholder. Any other text as it is."""
    parts: list[tuple[str, int, int]] = []
    for at, stop in _bare(body.text):
        before = parts[-1][2] if parts else 0
        parts.append((body.text[before:at] + json.dumps(body.text[at:stop]), at, stop))
    if not parts:
        return body
    offsets: list[int] = []
    before = 0
    for _, at, stop in parts:
        quoted = len(json.dumps(body.text[at:stop]))
        offsets += [*body.offsets[before:at], *[body.offsets[at]] * quoted]
        before = stop
    offsets += body.offsets[before:]
    text = "".join(part for part, _, _ in parts) + body.text[before:]
    return Passage(body.file, text, offsets, body.starts)


def text_with_values(text: str) -> str:
    """The same for the text of a body alone."""
    return with_values(Passage.of("", text)).text if _bare(text) else text


def _bare(text: str) -> list[tuple[int, int]]:
    """Where placeholders stand for values of a text that is JSON but for them; [] for any other text."""
    if _is_json(text):
        return []
    found = [token.span(1) for token in _TOKEN.finditer(text) if token[1]]
    if not found or not _is_json(_TOKEN.sub(lambda token: json.dumps(token[1]) if token[1] else token[0], text)):
        return []
    return found


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
