"""What is not valid in one version is not compared, is said so with its line, and keeps nothing else from being
compared."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from clausewise.comparison.change import Change
from clausewise.comparison.compare import Comparison, compare, diff, read_versions
from clausewise.contract.contract import Contract
from tests.conftest import Compile, RunClausewise

VALID: dict[str, Any] = {"type": "integer"}
SHORTER = {"type": "string", "maxLength": 5}

#: how a schema may not be valid -> such a schema
INVALID: dict[str, Any] = {
    "a type that is none": {"type": "strange"},
    "a limit that is no number": {"type": "integer", "minimum": "3"},
    "values that are no list": {"enum": "a"},
    "alternatives that are no list": {"oneOf": {"type": "string"}},
    "no schema at all": "string",
    "a reference to nothing": {"$ref": "#/components/schemas/Nothing"},
    "a reference to itself": {"$ref": "#/components/schemas/Circle"},
    "inside `not`": {"not": {"type": "strange"}},
    "inside an alternative": {"oneOf": [{"type": "strange"}, {"type": "integer"}]},
    "inside `if`": {"if": {"type": "strange"}, "then": {"minimum": 3}},
}


def document(size: Any, name: Any = None, limit: int = 9) -> dict[str, Any]:
    """An operation whose body and answer have a `size` and a `name`, and another with a `limit`."""
    thing = {"type": "object", "properties": {"name": name or {"type": "string"}, "size": size}}
    content = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}
    answer = {"200": {"description": "", **content}}
    parameter = {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": limit}}
    return {
        "paths": {
            "/things": {"post": {"operationId": "create", "requestBody": content, "responses": answer}},
            "/others": {"get": {"operationId": "list", "parameters": [parameter], "responses": answer}},
        },
        "components": {"schemas": {"Thing": thing, "Circle": {"$ref": "#/components/schemas/Circle"}}},
    }


def compared(old: Contract, new: Contract) -> Comparison:
    return compare(read_versions(old.specification.sources, new.specification.sources))


def unknown(changes: tuple[Change, ...]) -> list[str]:
    return [change.where for change in changes if change.level == "not-compared"]


@pytest.mark.parametrize("schema", INVALID.values(), ids=INVALID)
def test_only_what_rests_on_it_is_not_compared(compiled: Compile, schema: Any) -> None:
    valid, invalid = compiled(document(VALID)), compiled(document(schema, SHORTER, limit=5))
    changes = diff(valid, invalid)
    assert unknown(changes) == ["request.body.size", "response.200.body.size"]
    assert [change.where for change in changes if change.breaking] == ["request.query.limit", "request.body.name"]
    assert unknown(diff(invalid, valid)) == ["request.body.size", "response.200.body.size"]


@pytest.mark.parametrize("schema", INVALID.values(), ids=INVALID)
def test_the_same_on_both_sides_is_no_change_and_is_passed_over_by_name(compiled: Compile, schema: Any) -> None:
    comparison = compared(compiled(document(schema)), compiled(document(schema, SHORTER)))
    assert [change.where for change in comparison.changes] == ["request.body.name", "response.200.body.name"]
    assert {each.is_in_both for each in comparison.passed_over} == {True}


@pytest.mark.parametrize("schema", INVALID.values(), ids=INVALID)
def test_what_is_written_alike_hides_no_change(compiled: Compile, schema: Any) -> None:
    comparison = compared(compiled(document(schema)), compiled(document(schema, limit=5)))
    assert [change.where for change in comparison.changes] == ["request.query.limit"]
    assert comparison.passed_over == ()


@pytest.mark.parametrize("part", ["an operation", "a parameter", "a response", "a media type", "a header", "a member"])
def test_what_is_not_valid_in_something_new_is_passed_over_by_name(compiled: Compile, part: str) -> None:
    new = document(VALID)
    schema = {"schema": {"type": "strange"}}
    listed = new["paths"]["/others"]["get"]
    answer = new["paths"]["/others"]["get"]["responses"]["200"]
    match part:
        case "an operation":
            new["paths"]["/new"] = {"get": {"parameters": [{"name": "a", "in": "query", **schema}], "responses": {}}}
        case "a parameter":
            listed["parameters"].append({"name": "a", "in": "query", **schema})
        case "a response":
            listed["responses"] = {**listed["responses"], "400": {"description": "", "content": {"text/json": schema}}}
        case "a media type":
            answer["content"] = {**answer["content"], "application/hal+json": schema}
        case "a header":
            answer["headers"] = {"A": schema}
        case "a member":
            new["components"]["schemas"]["Thing"]["properties"]["new"] = schema["schema"]
    comparison = compared(compiled(document(VALID)), compiled(new))
    assert {change.level for change in comparison.changes} == {"compatible"}
    assert [each.fault.partition(", ")[0] for each in comparison.passed_over][:1] == ["`strange` is not a type"]
    assert {each.is_in_both for each in comparison.passed_over} == {False}


def test_what_is_not_valid_in_another_way_is_not_compared(compiled: Compile) -> None:
    (one, two) = diff(compiled(document({"type": "strange"})), compiled(document({"type": "foreign"})))
    assert one.text == two.text == "`size` is not compared"
    assert one.reason.startswith("`foreign` is not a type, ")


def test_a_body_that_is_not_valid_as_a_whole(compiled: Compile) -> None:
    broken = document(VALID)
    broken["components"]["schemas"]["Thing"]["properties"] = ["name", "size"]
    changes = diff(compiled(document(VALID)), compiled(broken))
    assert unknown(changes) == ["request.body", "response.200.body"]
    assert len(changes) == 2


def test_an_annotation_that_is_not_valid_hides_nothing(compiled: Compile) -> None:
    changes = diff(compiled(document(VALID)), compiled(document({**VALID, "title": 3, "maximum": 7})))
    assert [(change.level, change.where) for change in changes] == [
        ("breaking", "request.body.size"),
        ("compatible", "response.200.body.size"),
    ]


def test_values_show_nothing_of_what_is_unknown(compiled: Compile) -> None:
    """Nobody knows what `size` may be, so a body with one shows nothing of the members beside it."""

    def required(size: Any, *names: str) -> dict[str, Any]:
        found = document(size)
        found["components"]["schemas"]["Thing"]["required"] = list(names)
        return found

    changes = diff(compiled(required(VALID)), compiled(required({"type": "strange"}, "name")))
    (breaking,) = [change for change in changes if change.breaking]
    assert json.loads(breaking.witness) == {}


def test_an_operation_whose_requests_are_not_known(compiled: Compile) -> None:
    broken = document(VALID)
    broken["paths"]["/others"]["get"]["parameters"].append({"$ref": "#/components/parameters/Nothing"})
    comparison = compared(compiled(document(VALID)), compiled(broken))
    (change,) = comparison.changes
    assert (change.level, change.operations, change.text) == ("not-compared", ("list",), "GET /others is not compared")
    assert "cannot be resolved" in change.reason
    changed = copy.deepcopy(broken)
    changed["paths"]["/others"]["get"]["summary"] = "written otherwise"
    both = compared(compiled(broken), compiled(changed))
    assert both.changes == ()
    assert [each.is_in_both for each in both.passed_over] == [True]
    # Nothing that is written alike in both versions hides a change.
    assert compared(compiled(broken), compiled(broken)).passed_over == ()


def test_the_exit_status_and_every_format_say_so(run_clausewise: RunClausewise, tmp_path: Path) -> None:
    strange = {"type": "strange"}
    for file, size, name in (("old", VALID, None), ("new", strange, None), ("less", strange, SHORTER)):
        written = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, **document(size, name)}
        (tmp_path / f"{file}.json").write_text(json.dumps(written, indent=1))
    done = run_clausewise("diff", "old.json", "new.json", cwd=tmp_path)
    assert done.returncode == 2
    assert "`size` is not compared\n  `strange` is not a type, new.json:" in done.stdout
    assert "0 breaking, 2 not compared and 0 compatible changes" in done.stdout
    assert done.stderr.startswith("clausewise: error: 2 parts could not be compared")
    assert run_clausewise("diff", "old.json", "less.json", cwd=tmp_path).returncode == 1
    assert run_clausewise("diff", "old.json", "new.json", "--exit-zero", cwd=tmp_path).returncode == 0
    known = ("--baseline", "known.json")
    assert run_clausewise("diff", "old.json", "new.json", *known, "--update-baseline", cwd=tmp_path).returncode == 0
    assert run_clausewise("diff", "old.json", "new.json", *known, cwd=tmp_path).returncode == 0
    same = run_clausewise("diff", "new.json", "less.json", cwd=tmp_path)
    assert (same.returncode, same.stderr[:35]) == (1, "note: `strange` is not a type, less")
    assert same.stderr.endswith(": both versions have this fault, so no change is seen in what rests on it: mend it\n")
    assert run_clausewise("diff", "new.json", "new.json", cwd=tmp_path).stderr == ""
    without = json.loads((tmp_path / "new.json").read_text())
    del without["paths"]["/things"], without["components"]["schemas"]["Thing"]["properties"]["size"]
    (tmp_path / "before.json").write_text(json.dumps(without))
    added = run_clausewise("diff", "before.json", "new.json", cwd=tmp_path)
    assert added.returncode == 0
    assert added.stderr.endswith("fault, in something new, so there is nothing to compare it with: mend it\n")
    expected = {"json": '"not-compared": 2', "github": "title=not compared", "markdown": "Not compared"}
    for form, text in expected.items():
        assert text in run_clausewise("diff", "old.json", "new.json", "--format", form, cwd=tmp_path).stdout
