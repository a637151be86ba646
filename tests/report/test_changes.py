"""Changes as text, as JSON and as annotations."""

from __future__ import annotations

import json

import jsonschema
import msgspec
import pytest

from clausewise.comparison.change import Change
from clausewise.errors import Location
from clausewise.report import changes, terminal

_OLD, _NEW = Location("main:api.yaml", 7, 3), Location("api.yaml", 8, 5)
_TEXT = "`name` has at most 8 characters; before, `name` has at most 9 characters"
BREAKING = Change("breaking", "tightened", ("make",), "request.body.name", _TEXT, "requests are refused", _OLD, _NEW)
GONE = Change("breaking", "removed", ("make", "list", "read"), "", "it is gone", "clients miss it", _OLD, None)
COMPATIBLE = Change("compatible", "added", ("make",), "response.200.body.id", "`id` is new", "why not", None, _NEW)

#: of a result, for programs
_PLACE = {
    "type": ["object", "null"],
    "required": ["file", "line", "column"],
    "additionalProperties": False,
    "properties": {"file": {"type": "string"}, "line": {"minimum": 1}, "column": {"minimum": 1}},
}
_LEVELS = ["breaking", "not-compared", "risky", "compatible", "editorial"]
_SHAPE = {
    "type": "object",
    "required": ["version", "old", "new", *_LEVELS, "changes"],
    "additionalProperties": False,
    "properties": {
        "version": {"const": 1},
        "old": {"type": "string"},
        "new": {"type": "string"},
        **{level: {"type": "integer"} for level in _LEVELS},
        "changes": {
            "type": "array",
            "items": {
                "type": "object",
                "required": [
                    *("id", "breaking", "level", "kind", "operations", "where", "text", "reason", "old", "new"),
                    *("witness", "clause", "state"),
                ],
                "additionalProperties": False,
                "properties": {
                    "breaking": {"type": "boolean"},
                    "level": {"enum": _LEVELS},
                    "id": {"type": "string", "minLength": 12},
                    "witness": {"type": "string"},
                    "clause": {"type": "string"},
                    "state": {"enum": ["new", "known", "waived"]},
                    "kind": {"enum": ["added", "removed", "tightened", "loosened", "changed"]},
                    "operations": {"type": "array", "items": {"type": "string"}, "minItems": 1},
                    "where": {"type": "string"},
                    "text": {"type": "string"},
                    "reason": {"type": "string"},
                    "old": _PLACE,
                    "new": _PLACE,
                },
            },
        },
    },
}


def text(*shown: Change, color: bool = False, verbose: bool = False) -> str:
    return terminal.text(changes.lines(shown, "main:api.yaml", "api.yaml", verbose=verbose), color=color)


def test_what_breaks_is_told_in_full_and_the_rest_is_counted() -> None:
    assert text(BREAKING, GONE, COMPATIBLE) == (
        "breaking api.yaml:8:5\n"
        "  make request.body.name: `name` has at most 8 characters; before, `name` has at most 9 characters\n"
        "  requests are refused\n"
        "\n"
        "breaking main:api.yaml:7:3 (removed)\n"
        "  in make and 2 more: it is gone\n"
        "  clients miss it\n"
        "\n"
        "2 breaking and 1 compatible change between main:api.yaml and api.yaml (-v lists the compatible ones)\n"
    )


def test_the_rest_is_told_where_it_is_asked_for() -> None:
    assert text(COMPATIBLE, verbose=True) == (
        "compatible api.yaml:8:5 make response.200.body.id: `id` is new\n"
        "0 breaking and 1 compatible change between main:api.yaml and api.yaml\n"
    )


def test_colours() -> None:
    assert "\x1b" not in text(BREAKING, COMPATIBLE, verbose=True)
    colored = text(BREAKING, COMPATIBLE, verbose=True, color=True)
    assert "\x1b[1;31mbreaking\x1b[0m api" in colored and "\x1b[1;32mcompatible\x1b[0m api" in colored


def test_json_has_its_shape() -> None:
    written = json.loads(changes.render_json((BREAKING, GONE, COMPATIBLE), "main:api.yaml", "api.yaml"))
    jsonschema.validate(written, _SHAPE)
    assert (written["breaking"], written["compatible"]) == (2, 1)
    assert written["changes"][0]["new"] == {"file": "api.yaml", "line": 8, "column": 5}
    jsonschema.validate(json.loads(changes.render_json((), "a", "b")), _SHAPE)


def test_annotations_are_of_what_breaks() -> None:
    assert changes.render_github((BREAKING, GONE, COMPATIBLE), "main:api.yaml", "api.yaml").splitlines() == [
        "::error file=api.yaml,line=8,col=5,title=breaking change::make request.body.name: "
        f"{_TEXT}: requests are refused",
        "::error file=api.yaml,line=1,col=1,title=breaking change::in make and 2 more: it is gone; "
        "it was at main:api.yaml:7:3: clients miss it",
    ]


@pytest.mark.parametrize(
    ("breaking", "unknown", "last"),
    [
        (13, 0, "3 more breaking changes"),
        (11, 0, "1 more breaking change"),
        (11, 2, "1 more breaking change and 2 more not compared"),
        (9, 2, "1 more not compared"),
    ],
)
def test_annotations_beyond_what_is_shown_are_counted(breaking: int, unknown: int, last: str) -> None:
    not_compared = msgspec.structs.replace(BREAKING, level="not-compared")
    found = (BREAKING,) * breaking + (not_compared,) * unknown
    lines = changes.render_github(found, "main:api.yaml", "api.yaml").splitlines()
    assert len(lines) == 11 and lines[-1] == f"::error title=clausewise::{last}"


@pytest.mark.parametrize("hostile", ["a\n::error::b", "\x1b[31mred", "a\r::set-output name=b::c"])
def test_what_a_document_says_is_no_command(hostile: str) -> None:
    change = Change("breaking", "changed", (hostile,), hostile, hostile, "why", Location(hostile, 1, 1), _NEW)
    assert len(changes.render_github((change,), "main:api.yaml", hostile).splitlines()) == 1
    assert "\x1b" not in text(change) and len(text(change).splitlines()) == 5
