"""The formats that are asserted: those that the validator checks by itself, and ours."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable

#: formats of JSON Schema 2020-12 (section 7.3) that the validator checks by itself
_BUILT_IN = frozenset(
    (
        *("date", "date-time", "time", "duration", "email", "idn-email", "hostname", "idn-hostname", "ipv4", "ipv6"),
        *("uri", "uri-reference", "iri", "iri-reference", "uri-template", "uuid", "json-pointer"),
        *("relative-json-pointer", "regex"),
    )
)

#: integer formats of OpenAPI and the lowest and highest value of each
INTEGER_RANGES = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


#: string formats that clausewise checks itself
CHECKS: dict[str, Callable[[str], bool]] = {"byte": _is_base64}

#: every string format that is asserted; any other is an annotation
ASSERTED = _BUILT_IN | CHECKS.keys()
