"""A query that is one value of a media type (OpenAPI 3.2 section 4.12, `in: querystring`), and back.

A form is a query as it stands; what any other media type writes is percent-encoded as a whole.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, unquote_plus

from clausewise.contract.bodies import read_body, write_body
from clausewise.contract.parts import MediaContract, ParameterContract
from clausewise.contract.readings import reading
from clausewise.exchange import query_parts
from clausewise.media.codec import Malformed


def write_query(whole: MediaContract, value: Any) -> str | None:
    """The query that holds `value`; None where it has no form in the media type."""
    written = write_body(whole, value)
    if written is None:
        return None
    return written.content.decode() if whole.is_form else quote(written.content, safe="")


def read_query(contract: ParameterContract, query: str, taken: frozenset[str]) -> tuple[bool, Any]:
    """Whether there is a value in a `query`, and that value; a text that is none of the media type stays a string.

    The names that are `taken` belong to credentials, which may stand beside a form.
    """
    whole = contract.whole
    assert whole is not None
    if not whole.is_form:
        content = unquote_plus(query)
    else:
        content = "&".join(f"{quote(name)}={value}" for name, value in query_parts(query) if name not in taken)
        if not content and contract.required is not None and whole.message is not None and whole.message.is_valid({}):
            return True, {}
    if not content:
        return False, None
    value = read_body(whole, content.encode("utf-8", "surrogatepass"), whole.sent_as)
    return True, reading(whole.message, content) if isinstance(value, Malformed) else value
