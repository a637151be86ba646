"""The generated schemas as files."""

from __future__ import annotations

import json
import re
from typing import Any

from clausewise.contract.contract import Contract


def exported(contract: Contract) -> dict[str, str]:
    """File name -> text, for each JSON request body, each branch of one, and each JSON response body of a contract."""
    files: dict[str, str] = {}
    for operation in contract.operations:
        name = re.sub(r"[^A-Za-z0-9_-]+", "_", operation.key).strip("_")
        if operation.body_message is not None:
            files[f"{name}.request.schema.json"] = _text(operation.body_message.schema)
            for branch in operation.branches:
                if branch.label:
                    label = re.sub(r"[^A-Za-z0-9_-]+", "_", branch.label)
                    files[f"{name}.request.{label}.schema.json"] = _text(branch.schema.schema)
        for status, response in operation.responses.items():
            entry = response.with_schema
            if entry is not None and entry.message is not None:
                files[f"{name}.response.{status}.schema.json"] = _text(entry.message.schema)
    return files


def _text(schema: Any) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
