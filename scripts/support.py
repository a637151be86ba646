"""What of an OpenAPI document is judged, sent and mocked, found out by running a small contract of each kind against
its own mock: the rows of the table in docs/reference/support.md."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from clausewise.contract.contract import load
from clausewise.media.codec import Codec
from clausewise.media.registry import codecs
from clausewise.options import RunOptions
from clausewise.results.record import Run
from clausewise.runner.run import run
from clausewise.runner.targets import mock_target

_OBJECT = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string", "minLength": 2, "maxLength": 9}, "size": {"type": "integer"}},
}
_TEXT = {"type": "string", "minLength": 2, "maxLength": 9}

#: kind of value -> its schema, where a parameter holds it
_VALUES = {
    "a number": {"type": "integer", "maximum": 9},
    "an array": {"type": "array", "items": {"type": "integer", "maximum": 9}, "maxItems": 4, "minItems": 1},
    "an object": _OBJECT,
}

_RESPONSES = {"200": {"description": ""}, "400": {"description": ""}}

#: place of a parameter -> its styles (OpenAPI 3.1 section 4.8.12.2)
_STYLES = {
    "path": ("simple", "label", "matrix"),
    "query": ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
    "header": ("simple",),
    "cookie": ("form",),
}


def rows() -> Iterator[tuple[str, str, str, str]]:
    """What it is, whether its clauses are judged, how it is sent, and whether the mock enforces and answers it."""
    for codec in codecs():
        yield _of_body(codec)
    for place, styles in _STYLES.items():
        for style in styles:
            yield from _of_style(place, style)
    yield from _of_content()
    yield _of_headers()


def _of_body(codec: Codec) -> tuple[str, str, str, str]:
    """The row of a kind of media type."""
    media_type = codec.media_types[0].replace("*+", "application/x+").replace("/*", "/x")
    schema: Any = _OBJECT
    if codec.sequential:
        schema = {"type": "array", "items": _OBJECT}
    if codec.name == "an event stream":
        schema = {"type": "array", "items": {"type": "object", "required": ["data"], "properties": {"data": _TEXT}}}
    if not codec.read_form and not codec.by_schema and not codec.typed and not codec.sequential:
        schema = _TEXT
    content = {"content": {media_type: {"schema": schema}}}
    found = _run(
        {
            "post": {
                "operationId": "op",
                "requestBody": {"required": True, **content},
                "responses": {"200": {"description": "", **content}, "400": {"description": ""}},
            }
        }
    )
    name = f"bodies: {codec.name} ({', '.join(f'`{each}`' for each in codec.media_types)})"
    return name, *_cells(found, codec.not_judged)


def _of_style(place: str, style: str) -> Iterator[tuple[str, str, str, str]]:
    """The row of a style of parameters, for the values that it has a form for."""
    held = [kind for kind in _VALUES if kind == "an object" or style != "deepObject"]
    held = [kind for kind in held if kind == "an array" or style not in ("spaceDelimited", "pipeDelimited")]
    cells = set()
    for kind in held:
        for explode in (False, True):
            if style in ("spaceDelimited", "pipeDelimited") and explode:
                continue
            described = {"name": "p", "in": place, "required": True, "style": style, "explode": explode}
            parameters = [{**described, "schema": _VALUES[kind]}]
            operation = {"operationId": "op", "parameters": parameters, "responses": _RESPONSES}
            cells.add(_cells(_run({"get": operation}, "/x/{p}" if place == "path" else "/x"), ""))
    yield f"{place} parameters: `{style}`, {', '.join(held)}", *_worst(cells)


def _of_content() -> Iterator[tuple[str, str, str, str]]:
    """The rows of parameters that have a media type."""
    described = {"application/json": _OBJECT, "text/plain": _VALUES["a number"], "application/xml": _OBJECT}
    for media_type, schema in described.items():
        is_judged = media_type != "application/xml"
        cells = set()
        for place in _STYLES:
            parameters = [{"name": "p", "in": place, "required": True, "content": {media_type: {"schema": schema}}}]
            operation = {"operationId": "op", "parameters": parameters, "responses": _RESPONSES}
            found = _run({"get": operation}, "/x/{p}" if place == "path" else "/x")
            cells.add(_cells(found, "" if is_judged else "its schema is not read"))
        judged, sent, mocked = _worst(cells)
        if is_judged:
            yield f"parameters with `content`: `{media_type}`", judged, sent, mocked
        else:
            yield "parameters with `content` of other media types", judged, "one text", "any text is taken"


def _of_headers() -> tuple[str, str, str, str]:
    """The row of response headers. Nothing of them is sent."""
    headers = {f"X-{number}": {"required": True, "schema": schema} for number, schema in enumerate(_VALUES.values())}
    headers["X-Json"] = {"required": True, "content": {"application/json": {"schema": _OBJECT}}}
    found = _run({"get": {"operationId": "op", "responses": {"200": {"description": "", "headers": headers}}}})
    judged, _, mocked = _cells(found, "")
    return "response headers: `simple` and `content`, a number, an array, an object", judged, "", mocked


def _worst(cells: set[tuple[str, str, str]]) -> tuple[str, str, str]:
    return min(cells, key=lambda each: (each[0] == "yes", each))


def _run(path_item: dict[str, Any], path: str = "/x") -> Run:
    document = {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": {path: path_item}}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "api.json"
        file.write_text(json.dumps(document), encoding="utf-8")
        contract = load(file)
        return run(contract, mock_target(contract, 1, 1), RunOptions(phases=("baseline", "clauses"))).run


def _cells(found: Run, not_judged: str) -> tuple[str, str, str]:
    """Judged, sent, mocked."""
    by_value = [clause for clause in found.clauses if clause.where.startswith(("request.", "response.200"))]
    described = [clause for clause in by_value if clause.keyword in ("maxLength", "maximum", "required", "type")]
    tried = [clause for clause in described if clause.verdict == "upheld"]
    left = [clause.text for clause in described if clause.verdict == "untested"]
    accepted = found.coverage.operations.accepted == 1
    if found.findings or not accepted:
        return "no", "no", "no"
    if not_judged:
        return f"no: {not_judged}", "one body, unchanged", "any body is taken; one is answered"
    if left or not tried:
        return "in part", "in part", "in part"
    return "yes", "each clause kept and broken", "yes"
