"""References: within a file, between files, in circles and to nowhere."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path
from typing import Any

import pytest

from clausewise.contract.contract import load
from clausewise.errors import SpecError
from clausewise.spec.pointer import Source
from clausewise.spec.resolve import Sources
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


_ABOVE = {"folder__api_yaml": "start: {$ref: '../shared.yaml#/p'}\n", "shared_yaml": "\n\np: 1\n"}


def test_a_file_above_the_root_document_is_read_where_it_is_allowed(opened: Open, tmp_path: Path) -> None:
    sources = opened(**_ABOVE, allowed=[tmp_path])
    reached, value = sources.follow(_AT)
    assert (str(reached), value) == ("../shared.yaml#/p", 1)
    assert sources.locate(reached).line == 3


@pytest.mark.parametrize("allowed", ["folder", "folder2", "shared.yam"])
def test_no_other_file_above_it_is_read(opened: Open, tmp_path: Path, allowed: str) -> None:
    sources = opened(**_ABOVE, allowed=[tmp_path / allowed])
    with pytest.raises(SpecError) as caught:
        sources.follow(_AT)
    assert caught.value.message == '"../shared.yaml#/p" is outside the folder of the document'


@pytest.mark.parametrize("through", ["file", "folder"])
def test_a_link_does_not_lead_out_of_the_folder(opened: Open, tmp_path: Path, through: str) -> None:
    path = "link.yaml" if through == "file" else "link/shared.yaml"
    sources = opened(folder__api_yaml=f"start: {{$ref: '{path}#/p'}}\n", other__shared_yaml="p: 1\n")
    link = tmp_path / "folder" / path.partition("/")[0]
    link.symlink_to(tmp_path / "other" / ("shared.yaml" if through == "file" else ""))
    with pytest.raises(SpecError, match="is outside the folder of the document"):
        sources.follow(_AT)


def test_an_allowed_file_leads_no_further(opened: Open, tmp_path: Path) -> None:
    sources = opened(
        folder__api_yaml="start: {$ref: '../other/first.yaml'}\n",
        other__first_yaml="$ref: '../secret.yaml'\n",
        secret_yaml="token\n",
        allowed=[tmp_path / "other"],
    )
    with pytest.raises(SpecError, match="is outside the folder of the document"):
        sources.follow(_AT)


def test_a_ring_of_links_is_no_file(opened: Open, tmp_path: Path) -> None:
    sources = opened(api_yaml="start: {$ref: 'one.yaml'}\n")
    (tmp_path / "one.yaml").symlink_to("two.yaml")
    (tmp_path / "two.yaml").symlink_to("one.yaml")
    with pytest.raises(SpecError, match="cannot be resolved") as caught:
        sources.follow(_AT)
    assert caught.value.location is not None


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
        ("start:\n  $ref: '#/gone'\n", 'api.yaml:2:3: "#/gone" cannot be resolved'),
        ("start:\n  $ref: '#/a/01'\na: [1, 2]\n", 'api.yaml:2:3: "#/a/01" cannot be resolved'),
        (
            "start:\n  $ref: '#gone'\n",
            'api.yaml:2:3: "#gone" cannot be resolved '
            '(there is no $anchor "gone"; write a JSON Pointer as #/path/to/it)',
        ),
        ("start:\n  $ref: 'parts.yaml#/gone'\n", 'api.yaml:2:3: "parts.yaml#/gone" cannot be resolved'),
        ("start:\n  $ref: 'no.yaml#/a'\n", 'api.yaml:2:3: "no.yaml#/a" cannot be resolved: there is no file no.yaml'),
        ("start:\n  $ref: 'broken.yaml'\n", "broken.yaml:2:1: is not valid YAML: "),
        (
            "start:\n  $ref: 'https://example.com/a.yaml#/a'\n",
            'api.yaml:2:3: "https://example.com/a.yaml#/a" is not in the contract\'s files, and URLs are not fetched '
            "(copy the file beside the contract and refer to it by its path, name a copy in [tool.clausewise.refs], or "
            "give --allow-remote-refs)",
        ),
        (
            "start:\n  $ref: '//example.com/a.yaml'\n",
            'api.yaml:2:3: "//example.com/a.yaml" is not in the contract\'s files, and URLs are not fetched',
        ),
        (
            "start:\n  $ref: 'file:///etc/hostname'\n",
            'api.yaml:2:3: "file:///etc/hostname" is not in the contract\'s files, and URLs are not fetched',
        ),
        ("start:\n  $ref: 'http://[::1'\n", 'api.yaml:2:3: "http://[::1" is not a URI reference'),
        (
            "start:\n  $ref: 'a%00b.yaml'\n",
            'api.yaml:2:3: "a%00b.yaml" cannot be resolved: it is not the name of a file',
        ),
        ("start:\n  $ref: '#/a/-1'\na: [1, 2]\n", 'api.yaml:2:3: "#/a/-1" cannot be resolved (#/a has no "-1")'),
        ("start:\n  $ref: '#/a/foo'\na: [1, 2]\n", 'api.yaml:2:3: "#/a/foo" cannot be resolved (#/a has no "foo")'),
        ("start:\n  $ref: '#/pars'\nparts: 1\n", 'api.yaml:2:3: "#/pars" cannot be resolved (did you mean "parts"?)'),
    ],
    ids=[
        "itself",
        "circle",
        "nowhere",
        "bad index",
        "no pointer",
        "other",
        "no file",
        "broken",
        "http",
        "no scheme",
        "file",
        "no URI",
        "NUL",
        "negative index",
        "index of letters",
        "misspelt",
    ],
)
def test_references_that_cannot_be_followed(opened: Open, text: str, message: str) -> None:
    sources = opened(api_yaml=text, parts_yaml="p: 1\n", broken_yaml="a: [\n")
    with pytest.raises(SpecError) as caught:
        sources.follow(_AT)
    assert str(caught.value).startswith(message)


#: schemas with identifiers; each test refers to one of them from `#/components/schemas/Start`
_IDENTIFIED = """
openapi: VERSION
paths: {}
components:
  schemas:
    Start: {$ref: REFERENCE}
    Anchored: {$anchor: here, type: string}
    Dynamic: {$dynamicAnchor: node}
    Pet:
      $id: https://example.com/schemas/pet
      $defs:
        name: {$anchor: here}
        a/b: {c~d: 1}
        owner:
          $id: people/owner
          $defs: {age: {$anchor: age}}
          properties: {age: {$ref: '#/$defs/age'}, pet: {$ref: ../pet}, name: {$ref: ../pet#here}}
      properties: {owner: {$ref: people/owner}, name: {$ref: '#/$defs/name'}, here: {$ref: '#here'}}
    Urn: {$id: 'urn:example:thing', $defs: {x: {$anchor: x}}, properties: {x: {$ref: '#x'}, y: {$ref: '#/$defs/x'}}}
    Chain: {$ref: 'https://example.com/schemas/people/owner#/properties/age'}
    Data: {properties: {$id: {type: string}}, example: {$id: 'https://example.com/no', $anchor: no}, x-a: {$anchor: no}}
"""

_PET, _OWNER = "#/components/schemas/Pet", "#/components/schemas/Pet/$defs/owner"


def _identified(opened: Open, reference: str, version: str = "3.1.0") -> Sources:
    return opened(api_yaml=_IDENTIFIED.replace("VERSION", version).replace("REFERENCE", f"'{reference}'"))


@pytest.mark.parametrize(
    ("start", "reference", "source"),
    [
        ("Start", "#here", "#/components/schemas/Anchored"),
        ("Start", "#node", "#/components/schemas/Dynamic"),
        ("Start", "#/components/schemas/Anchored", "#/components/schemas/Anchored"),
        ("Start", "https://example.com/schemas/pet", _PET),
        ("Start", "https://example.com/schemas/pet#", _PET),
        ("Start", "https://example.com/schemas/pet#here", f"{_PET}/$defs/name"),
        ("Start", "https://example.com/schemas/pet#/$defs/name", f"{_PET}/$defs/name"),
        ("Start", "https://example.com/schemas/pet#/%24defs/name", f"{_PET}/$defs/name"),
        ("Start", "https://example.com/schemas/pet#%2F$defs%2Fname", f"{_PET}/$defs/name"),
        ("Start", "https://example.com/schemas/pet#/$defs/a~1b/c~0d", f"{_PET}/$defs/a~1b/c~0d"),
        ("Start", "https://example.com/schemas/people/owner", _OWNER),
        ("Start", "https://example.com/schemas/people/owner#age", f"{_OWNER}/$defs/age"),
        ("Start", "urn:example:thing", "#/components/schemas/Urn"),
        ("Start", "urn:example:thing#x", "#/components/schemas/Urn/$defs/x"),
        ("Start", "#/components/schemas/Chain", f"{_OWNER}/$defs/age"),
        ("Pet/properties/owner", "", _OWNER),
        ("Pet/properties/name", "", f"{_PET}/$defs/name"),
        ("Pet/properties/here", "", f"{_PET}/$defs/name"),
        ("Pet/$defs/owner/properties/age", "", f"{_OWNER}/$defs/age"),
        ("Pet/$defs/owner/properties/pet", "", _PET),
        ("Pet/$defs/owner/properties/name", "", f"{_PET}/$defs/name"),
        ("Urn/properties/x", "", "#/components/schemas/Urn/$defs/x"),
        ("Urn/properties/y", "", "#/components/schemas/Urn/$defs/x"),
    ],
)
def test_identifiers_of_schemas(opened: Open, start: str, reference: str, source: str) -> None:
    sources = _identified(opened, reference)
    reached, _ = sources.follow(Source.read(f"#/components/schemas/{start}"))
    assert str(reached) == source


@pytest.mark.parametrize(
    ("version", "reference", "message"),
    [
        ("3.1.0", "#gone", '"#gone" cannot be resolved'),
        ("3.1.0", "#no", '"#no" cannot be resolved'),
        ("3.1.0", "#age", '"#age" cannot be resolved'),
        ("3.1.0", "https://example.com/no", '"https://example.com/no" is not in the contract\'s files'),
        ("3.1.0", "https://example.com/schemas/pet#gone", '"https://example.com/schemas/pet#gone" cannot be resolved'),
        ("3.1.0", "https://example.com/schemas/pet#/x/0", '"https://example.com/schemas/pet#/x/0" cannot be resolved'),
        ("3.0.3", "#here", '"#here" cannot be resolved'),
        (
            "3.0.3",
            "https://example.com/schemas/pet",
            '"https://example.com/schemas/pet" is not in the contract\'s files',
        ),
    ],
    ids=[
        "no anchor",
        "in an example",
        "of another resource",
        "id in an example",
        "no anchor there",
        "no pointer there",
        "3.0 has no anchors",
        "3.0 has no ids",
    ],
)
def test_identifiers_that_are_none(opened: Open, version: str, reference: str, message: str) -> None:
    sources = _identified(opened, reference, version)
    with pytest.raises(SpecError) as caught:
        sources.follow(Source("", ("components", "schemas", "Start")))
    assert str(caught.value).startswith(f"api.yaml:6:13: {message}")


@pytest.mark.parametrize("written", ["$anchor: twice", "$dynamicAnchor: twice"])
def test_an_anchor_that_stands_twice_is_said_with_both_places(opened: Open, written: str) -> None:
    sources = opened(
        api_yaml=f"start: {{$ref: '#twice'}}\none: {{{written}}}\ntwo: {{$anchor: twice}}\n", parts_yaml="p: 1\n"
    )
    with pytest.raises(SpecError, match=r'^api.yaml:1:9: "#twice" is ambiguous: api.yaml:2:1 and api.yaml:3:1 have it'):
        sources.follow(_AT)


def test_an_id_that_stands_twice_is_said_with_both_places(opened: Open) -> None:
    sources = opened(api_yaml="start: {$ref: 'urn:x'}\none: {$id: 'urn:x'}\ntwo: {$id: 'urn:x'}\n")
    with pytest.raises(SpecError, match=r'"urn:x" is ambiguous: api.yaml:2:1 and api.yaml:3:1 have it \(rename one\)$'):
        sources.follow(_AT)


@pytest.mark.parametrize("identifier", ["http://[::1", "urn:x#part", "5"])
def test_an_id_that_is_no_uri_identifies_nothing(opened: Open, identifier: str) -> None:
    sources = opened(
        api_yaml=f"start: {{$ref: '#a'}}\none: {{$id: '{identifier}', x: {{$ref: '#a'}}}}\ntwo: {{$anchor: a}}\n"
    )
    assert str(sources.target(_AT, "#a")) == "#/two"


def test_identifiers_in_other_files(opened: Open) -> None:
    sources = opened(
        api_yaml="openapi: 3.1.0\nstart: {$ref: schemas/pet.yaml}\nowner: {$ref: 'https://example.com/owner.yaml#age'}\n",
        schemas__pet_yaml="$id: https://example.com/pet.yaml\n$ref: owner.yaml#age\n",
        schemas__owner_yaml="$id: https://example.com/owner.yaml\n$defs: {age: {$anchor: age}}\n",
    )
    for start in ("start", "owner"):
        reached, _ = sources.follow(Source("", (start,)))
        assert str(reached) == "schemas/owner.yaml#/$defs/age"


def test_files_without_identifiers_are_found_by_their_path_below_an_id(opened: Open, tmp_path: Path) -> None:
    sources = opened(
        schemas__pet_yaml="$id: https://example.com/pet.yaml\nstart: {$ref: 'owner.yaml#/p'}\n",
        schemas__owner_yaml="p: {$ref: '../other.yaml#/q'}\n",
        other_yaml="q: 1\n",
        allowed=[tmp_path],
    )
    reached, value = sources.follow(_AT)
    assert (str(reached), value) == ("../other.yaml#/q", 1)


def test_sources_are_sent_to_a_process_that_has_no_files(opened: Open, tmp_path: Path) -> None:
    sources = opened(api_yaml="start: {$ref: 'parts.yaml#p'}\n", parts_yaml="p: {$anchor: p}\n")
    reached = sources.follow(_AT)
    sent = pickle.dumps(sources)
    for file in tmp_path.iterdir():
        file.unlink()
    assert pickle.loads(sent).follow(_AT) == reached


@pytest.mark.parametrize("keyword", ['"$anchor"', '"\\u0024anchor"', '"\\x24anchor"'])
def test_keywords_that_are_written_with_escapes(opened: Open, keyword: str) -> None:
    sources = opened(api_yaml=f"start: {{$ref: '#here'}}\nx: {{{keyword}: here}}\n")
    assert str(sources.follow(_AT)[0]) == "#/x"


def test_a_pipe_is_not_read(opened: Open, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    sources = opened(api_yaml="start: {$ref: pipe.yaml}\n")
    with pytest.raises(SpecError, match=r'^api.yaml:1:9: "pipe.yaml" cannot be resolved: .* not a regular file'):
        sources.follow(_AT)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no such device")
def test_a_device_is_not_read_even_where_its_folder_is_allowed(opened: Open) -> None:
    sources = opened(allowed=[Path("/dev")], api_yaml="start: {$ref: /dev/zero}\n")
    with pytest.raises(SpecError, match=r'^api.yaml:1:9: "/dev/zero" cannot be resolved: .* not a regular file'):
        sources.follow(_AT)


def test_a_folder_is_not_read(opened: Open, tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    sources = opened(api_yaml="start: {$ref: parts}\n")
    with pytest.raises(SpecError, match="parts is a directory"):
        sources.follow(_AT)


_STAND_INS = {
    "https://types.example.com/": "types",
    "https://types.example.com/v2/": "newer",
    "https://other.example.com/name.json": "name.json",
}


@pytest.mark.parametrize(
    ("reference", "valid", "invalid"),
    [
        pytest.param("https://types.example.com/text.json", "a", 1, id="a folder stands for a prefix"),
        pytest.param("https://types.example.com/text.json#/$defs/short", "a", "ab", id="with a pointer"),
        pytest.param("https://types.example.com/v2/text.json", 1, "a", id="the longest prefix"),
        pytest.param("https://other.example.com/name.json", "a", 1, id="a file stands for one document"),
        pytest.param("https://types.example.com/list.json", ["a"], [1], id="that refers to the file beside it"),
    ],
)
def test_local_files_stand_for_urls(tmp_path: Path, reference: str, valid: Any, invalid: Any) -> None:
    folder = tmp_path / "copies"
    files = {
        "types/text.json": {"type": "string", "$defs": {"short": {"maxLength": 1}}},
        "types/list.json": {"$id": "https://types.example.com/list.json", "items": {"$ref": "text.json"}},
        "newer/text.json": {"type": "integer"},
        "name.json": {"$ref": "https://types.example.com/text.json"},
    }
    for name, schema in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(schema))
    body = {"content": {"application/json": {"schema": {"$ref": reference}}}}
    (tmp_path / "api").mkdir()
    (tmp_path / "api" / "api.json").write_text(
        json.dumps({"openapi": "3.1.0", "paths": {"/a": {"post": {"requestBody": body}}}})
    )
    refs = {prefix: folder / path for prefix, path in _STAND_INS.items()}
    message = load(tmp_path / "api" / "api.json", refs=refs).operations[0].body_message
    assert message is not None
    assert (message.is_valid(valid), message.is_valid(invalid)) == (True, False)


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        ("https://types.example.com/none.json", "there is no file"),
        ("https://types.example.com/%2e%2e/secret.json", "is outside the folder"),
    ],
)
def test_what_stands_for_a_url_is_there_and_in_its_folder(tmp_path: Path, reference: str, reason: str) -> None:
    (tmp_path / "types").mkdir()
    (tmp_path / "secret.json").write_text("{}")
    (tmp_path / "api").mkdir()
    body = {"content": {"application/json": {"schema": {"$ref": reference}}}}
    (tmp_path / "api" / "api.json").write_text(
        json.dumps({"openapi": "3.1.0", "paths": {"/a": {"post": {"requestBody": body}}}})
    )
    contract = load(tmp_path / "api" / "api.json", refs={"https://types.example.com/": tmp_path / "types"})
    (defect,) = contract.defects(contract.operations)
    assert reason in defect.message


@pytest.mark.parametrize(
    ("uri", "schema", "other"),
    [
        ("https://json-schema.org/draft/2020-12/schema", {"minLength": 1}, {"minLength": "1"}),
        ("http://json-schema.org/draft-07/schema#", {"items": [{"type": "string"}]}, {"items": [{"type": "text"}]}),
        ("http://json-schema.org/draft-07/schema#/definitions/nonNegativeInteger", 1, -1),
    ],
)
def test_a_contract_may_take_schemas(tmp_path: Path, uri: str, schema: Any, other: Any) -> None:
    body = {"content": {"application/json": {"schema": {"$ref": uri}}}}
    document = {"openapi": "3.1.0", "paths": {"/a": {"post": {"requestBody": body}}}}
    (tmp_path / "api.json").write_text(json.dumps(document))
    message = load(tmp_path / "api.json").operations[0].body_message
    assert message is not None
    assert (message.is_valid(schema), message.is_valid(other)) == (True, False)
    assert message.generated.origin("").file == ""
