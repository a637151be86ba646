"""The generated schemas as files."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import Any

from clausewise.contract.contract import Contract

#: characters of a name that are kept: with the longest label the file name has less than 255, which file systems allow
_LONGEST = 100


def generated_mark(contract: Contract) -> str:
    """The `$comment` of each file that is generated from a contract. No other file is taken for one of these."""
    return f"clausewise schemas wrote this from {Path(contract.name).name}; it writes it anew, so do not change it"


def exported(contract: Contract) -> dict[str, str]:
    """File name -> text, for each JSON request body, each branch of one, and each JSON response body of a contract.

    No two files have one name, on file systems that ignore case as well. Each has the `generated_mark` of the contract.
    """
    files: dict[str, str] = {}
    mark = generated_mark(contract)

    def text(schema: Any) -> str:
        schema = schema if isinstance(schema, dict) else {} if schema else {"not": {}}
        without_comment = {keyword: value for keyword, value in schema.items() if keyword != "$comment"}
        return json.dumps({"$comment": mark, **without_comment}, indent=2, ensure_ascii=False) + "\n"

    operations = (*contract.operations, *contract.received)
    names = _file_names([operation.key for operation in operations])
    for operation in operations:
        name = names[operation.key]
        if operation.body_message is not None:
            files[f"{name}.request.schema.json"] = text(operation.body_message.schema)
            branches = {branch.label: branch for branch in operation.branches if branch.label}
            labels = _file_names(branches)
            for label, branch in branches.items():
                files[f"{name}.request.{labels[label]}.schema.json"] = text(branch.schema.schema)
        for status, response in operation.responses.items():
            entry = response.with_schema
            if entry is not None and entry.message is not None:
                files[f"{name}.response.{status}.schema.json"] = text(entry.message.schema)
    return files


def _file_names(texts: Collection[str]) -> dict[str, str]:
    """Each of different `texts` as a part of a file name in ASCII; a digest follows where the name alone would not be
    its own."""
    written = {text: re.sub(r"[^A-Za-z0-9_-]+", "_", text).strip("_") for text in texts}
    count = Counter(name.lower() for name in written.values())
    return {
        text: name if name and len(name) <= _LONGEST and count[name.lower()] == 1 else _with_digest(name, text)
        for text, name in written.items()
    }


def _with_digest(name: str, text: str) -> str:
    import hashlib  # It loads OpenSSL, and few names need it.

    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{name[:_LONGEST]}-{digest}".lstrip("-")
