"""The formats that are asserted, beyond those the validator knows by itself."""

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

#: integer formats of OpenAPI and the values they hold
INTEGER_RANGES = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


#: formats of strings that we check ourselves
CHECKS: dict[str, Callable[[str], bool]] = {"byte": _is_base64}

#: every format of a string that is asserted; any other says nothing that could be checked
ASSERTED = _BUILT_IN | CHECKS.keys()
