"""YAML (RFC 9512), with the scalars of YAML 1.2's core schema, so that `no` and dates are strings."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from clausewise.errors import SpecError
from clausewise.media.codec import Codec, Encodings, Malformed, Written
from clausewise.spec.document import parse
from clausewise.spec.written_out import written_out

#: values of a body, with its aliases written out
_MOST = 100_000

#: characters of a name that stands before its value on one line (YAML 1.2.2 section 7.4.2)
_LONGEST_NAME = 1000

#: characters that JSON takes in a string and YAML does not, or takes as a line break (YAML 1.2.2 section 5.1)
_ESCAPED = re.compile("[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]")


def _read(content: bytes, _content_type: str) -> Any:
    try:
        value = parse(content, Path(), "it").tree
    except SpecError as error:
        return Malformed("YAML", error.message, is_hard="deeply" in error.message)
    if written_out(value, _MOST) > _MOST:
        return Malformed("YAML", f"it has more than {_MOST:,} values with its aliases written out", is_hard=True)
    return value


def _write(value: Any, media_type: str, _encoding: Encodings) -> Written | None:
    """The text of a value as JSON, which is YAML as well (YAML 1.2.2 section 1.3)."""
    text = json.dumps(value, ensure_ascii=False)
    text = _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    if _has_long_name(value):
        return None
    try:
        return Written(media_type, text.encode())
    except UnicodeEncodeError:
        # YAML has no halves of surrogate pairs.
        return None


def _has_long_name(value: Any) -> bool:
    if isinstance(value, list):
        return any(map(_has_long_name, value))
    return isinstance(value, dict) and any(
        len(json.dumps(name)) > _LONGEST_NAME or _has_long_name(member) for name, member in value.items()
    )


YAML = Codec(
    "YAML",
    ("application/yaml", "application/x-yaml", "application/vnd.yaml", "text/yaml", "text/x-yaml", "*+yaml"),
    _write,
    _read,
    typed=True,
    malformed=((b"a: [1", "ends in the middle"), (b"a: b: c", "is not YAML"), (b"\x93\xff: [", "is not UTF-8")),
)
