"""Where schemas stand in an OpenAPI document, and where what looks like one is none."""

from __future__ import annotations

import json

import pytest

from clausewise.errors import SpecError
from clausewise.spec.pointer import Source
from tests.spec.conftest import Open

_AT = Source("", ("components", "schemas", "Start"))


def _document(pointer: str) -> str:
    """A document with an `$anchor` at `pointer`, and a reference to it."""
    value: object = {"$anchor": "here"}
    for token in reversed(pointer.split("/")[1:]):
        value = [value] if token == "0" else {token.replace("~1", "/"): value}
    assert isinstance(value, dict)
    components = {**value.get("components", {})}
    components["schemas"] = {"Start": {"$ref": "#here"}, **components.get("schemas", {})}
    return json.dumps({"openapi": "3.1.0", **value, "components": components})


_RESPONSE = "/paths/~1a/get/responses/200"


@pytest.mark.parametrize(
    "pointer",
    [
        "/components/schemas/X",
        "/components/schemas/X/properties/a/items/allOf/0",
        "/components/schemas/X/$defs/a/if",
        "/components/responses/X/content/text~1plain/schema",
        "/components/responses/X/headers/H/schema",
        "/components/parameters/X/schema",
        "/components/parameters/X/content/text~1plain/schema",
        "/components/requestBodies/X/content/text~1plain/schema",
        "/components/headers/X/schema",
        "/components/pathItems/X/get/parameters/0/schema",
        "/components/callbacks/X/{$url}/post/requestBody/content/text~1plain/schema",
        "/paths/~1a/parameters/0/schema",
        "/paths/~1a/post/parameters/0/schema",
        "/paths/~1a/post/requestBody/content/text~1plain/schema",
        "/paths/~1a/post/requestBody/content/text~1plain/encoding/x/headers/H/schema",
        "/paths/~1a/post/callbacks/done/{$url}/post/responses/200/content/text~1plain/schema",
        f"{_RESPONSE}/content/text~1plain/schema/properties/example",
        f"{_RESPONSE}/headers/H/schema",
        "/webhooks/made/post/requestBody/content/text~1plain/schema",
    ],
)
def test_a_schema(opened: Open, pointer: str) -> None:
    reached, _ = opened(api_yaml=_document(pointer)).follow(_AT)
    assert str(reached) == f"#{pointer}"


@pytest.mark.parametrize(
    "pointer",
    [
        "/components/schemas/X/example",
        "/components/schemas/X/default",
        "/components/schemas/X/enum/0",
        "/components/schemas/X/const",
        "/components/schemas/X/x-more",
        "/components/examples/X/value",
        "/components/parameters/X/example",
        "/paths/~1a/x-more/schema",
        f"{_RESPONSE}/content/text~1plain/examples/x/value",
        "/info/x-more",
        "/x-more",
    ],
)
def test_no_schema(opened: Open, pointer: str) -> None:
    with pytest.raises(SpecError, match='"#here" cannot be resolved'):
        opened(api_yaml=_document(pointer)).follow(_AT)
