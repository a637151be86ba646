"""Values and secrets that stand in environment variables: `env:NAME` in the configuration is read from one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from clausewise.errors import ConfigError, Location, UsageError
from clausewise.exchange import HEADER_NAME, NOT_IN_HEADER
from clausewise.option_table import PAIRS
from clausewise.options import Values


def resolve_secret(value: str, what: str, environ: Mapping[str, str], location: Location | None = None) -> str:
    """`value`, or what the environment variable holds that "env:NAME" names; `what` begins an error's sentence.

    Raises ConfigError for a variable that is not set; it does not show a value.
    """
    if not value.startswith("env:"):
        return value
    variable = value.removeprefix("env:").strip()
    if not variable:
        raise ConfigError(f"{what} names no environment variable", location=location, remedy="write env:NAME")
    # CI sets a withheld secret to an empty string, and a secret read from a file ends in a newline.
    found = environ.get(variable, "").strip()
    if not found:
        message = f"{what} is read from the environment variable {variable}, which is empty or not set"
        raise ConfigError(message, location=location, remedy=f"set {variable}")
    return found


def resolve_values(values: Values, environ: Mapping[str, str], name: str = "values") -> dict[str, Any]:
    """`values` as they are sent: a string "env:NAME" is read from that environment variable.

    Raises ConfigError for a variable that is not set.
    """
    found: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            found[key] = resolve_values(value, environ, f"{name}.{key}")
        else:
            found[key] = resolve_secret(value, f"{name}.{key}", environ) if isinstance(value, str) else value
    return found


def resolve_headers(headers: PAIRS, environ: Mapping[str, str]) -> PAIRS:
    """`headers` as they are sent: a value "env:NAME" is read from that environment variable.

    Raises ConfigError for a variable that is not set and UsageError for what no header can be; no error shows a value,
    because it may be a secret.
    """
    return tuple(_header(name, value, environ) for name, value in headers)


def _header(name: str, value: str, environ: Mapping[str, str]) -> tuple[str, str]:
    if not re.fullmatch(HEADER_NAME, name):
        raise UsageError("the name of a header is empty or has characters that are not allowed in it")
    value = resolve_secret(value, f"header {name}", environ)
    if re.search(NOT_IN_HEADER, value):
        raise UsageError(f"the value of header {name} has a line break or another character that no header can carry")
    return name, value
