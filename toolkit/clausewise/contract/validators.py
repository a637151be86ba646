"""Validators of parts of a generated schema."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jsonschema_rs

from clausewise.contract.formats import CHECKS
from clausewise.contract.patterns import ENGINE


def checker(schemas: list[Any], root: Any) -> Callable[[Any], bool]:
    """Whether a value keeps all `schemas`, nodes of `root`; compiled when first called."""
    if not schemas:
        # Compiling the definitions of a large root for nothing took most of the time of making its values.
        return lambda _value: True
    compiled: list[Any] = []

    def is_valid(value: Any) -> bool:
        if not compiled:
            definitions = root.get("$defs", {}) if isinstance(root, dict) else {}
            schema = {"$defs": definitions, "allOf": schemas}
            compiled.append(
                jsonschema_rs.Draft202012Validator(
                    schema, validate_formats=True, formats=CHECKS, pattern_options=ENGINE, offline=True
                )
            )
        return bool(compiled[0].is_valid(value))

    return is_valid
