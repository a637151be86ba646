"""References: within a file, between files, in circles and to nowhere."""

from __future__ import annotations

import pytest

from clausewise.errors import SpecError
from clausewise.spec.pointer import Source
from tests.spec.conftest import Open

_AT = Source("", ("start",))


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("start: 1\n", "#/start"),
        ("start: {$ref: '#/a'}\na: 1\n", "#/a"),
        ("start: {$ref: '#/a~1b/0'}\na/b: [1]\n", "#/a~1b/0"),
        ("start: {$ref: '#/a%20b'}\na b: 1\n", "#/a b"),
        ("start: {$ref: '#/a'}\na: {$ref: '#/b'}\nb: {$ref: '#/c'}\nc: 1\n", "#/c"),
        ("start: {$ref: 'api.yaml#/a'}\na: 1\n", "#/a"),
        ("start: {$ref: 'parts.yaml#/p'}\n", "parts.yaml#/p"),
        ("start: {$ref: './parts.yaml#/p'}\n", "parts.yaml#/p"),
        ("start: {$ref: 'folder/deep.yaml#/back'}\na: 1\n", "#/a"),
        ("start: {$ref: 'folder/deep.yaml#/beside'}\n", "parts.yaml#/p"),
    ],
    ids=[
        *("no reference", "here", "escaped", "percent-encoded", "chain", "own file name", "beside", "dot"),
        *("there and back", "two files on"),
    ],
)
def test_where_a_reference_leads(opened: Open, text: str, source: str) -> None:
    sources = opened(
        api_yaml=text,
        parts_yaml="p: 1\n",
        folder__deep_yaml="back: {$ref: '../api.yaml#/a'}\nbeside: {$ref: '../parts.yaml#/p'}\n",
    )
    reached, value = sources.follow(_AT)
    assert (str(reached), value) == (source, 1)


def test_a_file_above_the_root_document(opened: Open) -> None:
    sources = opened(folder__api_yaml="start: {$ref: '../shared.yaml#/p'}\n", shared_yaml="\n\np: 1\n")
    reached, value = sources.follow(_AT)
    assert (str(reached), value) == ("../shared.yaml#/p", 1)
    assert sources.locate(reached).line == 3


def test_places_in_another_file_name_that_file(opened: Open) -> None:
    sources = opened(api_yaml="start: {$ref: 'parts.yaml#/p'}\n", parts_yaml="x: 0\np: 1\n")
    reached, _ = sources.follow(_AT)
    assert str(sources.locate(reached)) == "parts.yaml:2:1"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("start: {$ref: '#/start'}\n", "api.yaml:1:9: this reference leads back to itself"),
        (
            "start: {$ref: '#/a'}\na:\n  $ref: '#/b'\nb:\n  $ref: '#/a'\n",
            "api.yaml:5:3: this reference leads back to itself",
        ),
        ("start:\n  $ref: '#/gone'\n", 'api.yaml:2:3: "#/gone" leads nowhere'),
        ("start:\n  $ref: '#/a/01'\na: [1, 2]\n", 'api.yaml:2:3: "#/a/01" leads nowhere'),
        ("start:\n  $ref: '#gone'\n", 'api.yaml:2:3: "#gone" is not a JSON Pointer (write it as #/path/to/it)'),
        ("start:\n  $ref: 'parts.yaml#/gone'\n", 'api.yaml:2:3: "parts.yaml#/gone" leads nowhere'),
        ("start:\n  $ref: 'no.yaml#/a'\n", 'api.yaml:2:3: cannot follow "no.yaml": no.yaml: no such file'),
        ("start:\n  $ref: 'broken.yaml'\n", "broken.yaml:2:1: is not valid YAML: "),
        (
            "start:\n  $ref: 'https://example.com/a.yaml#/a'\n",
            'api.yaml:2:3: "https://example.com/a.yaml#/a" is on another host (copy the file beside the contract)',
        ),
        ("start:\n  $ref: '//example.com/a.yaml'\n", 'api.yaml:2:3: "//example.com/a.yaml" is on another host'),
    ],
    ids=["itself", "circle", "nowhere", "bad index", "no pointer", "other", "no file", "broken", "http", "no scheme"],
)
def test_references_that_cannot_be_followed(opened: Open, text: str, message: str) -> None:
    sources = opened(api_yaml=text, parts_yaml="p: 1\n", broken_yaml="a: [\n")
    with pytest.raises(SpecError) as caught:
        sources.follow(_AT)
    assert str(caught.value).startswith(message)
