"""The differences between the versions of OpenAPI: each version is one value of functions, a `Dialect`.

Some read the document's objects (servers, requests, responses, security schemes), so that everything after them sees
`spec.operations` only. Others translate schemas, so that everything after them sees keywords of JSON Schema 2020-12.
"""

from __future__ import annotations

from typing import Any

from clausewise.spec.dialects.base import Dialect, Nullable, Request, SchemaDialect
from clausewise.spec.dialects.drafts import RECURSIVE
from clausewise.spec.dialects.schemas import nullable_in_vain
from clausewise.spec.dialects.v2 import SWAGGER_20
from clausewise.spec.dialects.v3 import OPENAPI_30, OPENAPI_31
from clausewise.spec.dialects.v3_2 import OPENAPI_32

__all__ = ["DEFAULT", "RECURSIVE", "Dialect", "Nullable", "Request", "SchemaDialect", "dialect_of", "nullable_in_vain"]

#: for documents that name no version
DEFAULT = OPENAPI_31


def dialect_of(document: Any, nullable: Nullable = "meant") -> Dialect | None:
    """The dialect of a document, by its `openapi` ("3.1.0") or `swagger`; None for a version that is not supported."""
    written = document if isinstance(document, dict) else {}
    if "openapi" not in written and str(written.get("swagger")) == "2.0":
        return SWAGGER_20
    version = written.get("openapi")
    for prefix, dialect in (("3.0.", OPENAPI_30[nullable]), ("3.1.", OPENAPI_31), ("3.2.", OPENAPI_32)):
        if f"{version}.".startswith(prefix):
            return dialect
    return None
