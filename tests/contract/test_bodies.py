"""The values that bodies on the wire are judged as."""

from __future__ import annotations

from typing import Any

import pytest

from clausewise.contract.bodies import read_body
from tests.conftest import Compile

_TEXT = {"type": "string"}


@pytest.mark.parametrize(
    ("media_type", "schema", "content", "value"),
    [
        pytest.param("application/yaml", _TEXT, b"openapi: 3.1.0\n", "openapi: 3.1.0\n", id="YAML as text"),
        pytest.param("application/yaml", _TEXT, b"- 1\n", "- 1\n", id="a list of YAML as text"),
        pytest.param("application/yaml", _TEXT, b'"one"', "one", id="a string of YAML"),
        pytest.param("application/yaml", {"type": ["string", "object"]}, b"a: 1", {"a": 1}, id="a map of YAML"),
        pytest.param("application/x-ndjson", {"type": "array"}, b'{"a": 1}\n', [{"a": 1}], id="lines"),
        pytest.param("application/json", _TEXT, b'{"a": 1}', {"a": 1}, id="JSON is never text"),
    ],
)
def test_a_schema_of_strings_is_about_the_text_of_the_document(
    compiled: Compile, media_type: str, schema: dict[str, Any], content: bytes, value: Any
) -> None:
    """Documents describe a body of a format that schemas cannot say as a string; JSON has schemas of its own."""
    body = {"content": {media_type: {"schema": schema}}}
    paths = {"/": {"post": {"operationId": "post", "requestBody": body, "responses": {}}}}
    found = compiled({"paths": paths}).operation("post").body
    assert found is not None and found.judged is not None
    assert read_body(found.judged, content, media_type) == value
