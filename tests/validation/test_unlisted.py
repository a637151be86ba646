"""Large responses of recorded traffic: what no exchange showed of them is counted, and listed only when asked."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import clausewise
from clausewise.contract.contract import Contract, load
from clausewise.report import html, junit, markdown, scan_text
from clausewise.report.terminal import Line
from clausewise.report.untested import untested
from clausewise.results.merge import Part, merge
from clausewise.results.record import ClauseVerdict, Run
from clausewise.validation.examiner import EvidenceMode
from clausewise.validation.scan import ScanOptions, scan
from clausewise.validation.summary import record_scan

#: schemas that lead to each other: a response with one of them has more than two thousand clauses
_SCHEMAS = 8
_NAMES = {"a", "b"}


def large() -> dict[str, Any]:
    """A document of two operations with large responses, which have the same error."""
    schemas: dict[str, Any] = {
        f"S{number}": {
            "type": "object",
            "properties": {
                "id": {"type": "string", "maxLength": 50},
                **{f"p{other}": expandable(f"S{other}") for other in range(_SCHEMAS) if other != number},
            },
        }
        for number in range(_SCHEMAS)
    }
    answer = {"200": of("S0"), "404": {"description": "none"}, "default": of("S1")}
    paths = {f"/{name}": {"get": {"operationId": name, "responses": answer}} for name in sorted(_NAMES)}
    info = {"title": "t", "version": "1"}
    return {"openapi": "3.1.0", "info": info, "paths": paths, "components": {"schemas": schemas}}


def expandable(name: str) -> Any:
    return {"anyOf": [{"type": "string", "maxLength": 50}, {"$ref": f"#/components/schemas/{name}"}]}


def of(name: str) -> Any:
    return {"description": "", "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}}


def contract(folder: Path, document: Any) -> Contract:
    path = folder / "api.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return load(path)


def exchange(target: str, status: int, body: Any) -> clausewise.Exchange:
    content = (("Content-Type", "application/json"),)
    response = clausewise.Response(status, content, json.dumps(body).encode())
    return clausewise.Exchange(f"{target} {status}", clausewise.Request("GET", target), response)


def validated(contract: Contract, *exchanges: clausewise.Exchange, **options: Any) -> Run:
    return record_scan(contract, scan(contract, ScanOptions(**options), exchanges=exchanges)).run


def key(clause: ClauseVerdict) -> tuple[str, ...]:
    return clause.operation, clause.where, clause.id, clause.keyword


def reasons(run: Run) -> dict[str, tuple[int, tuple[str, ...]]]:
    return {group.reason: (group.clauses, tuple(sorted(group.operations))) for group in untested(run)}


def text(lines: Any) -> str:
    def shown(line: Line) -> str:
        return "".join(str(getattr(span, "text", span)) for span in line)

    return "\n".join(map(shown, lines))


def _without_types(document: Any) -> None:
    for schema in document["components"]["schemas"].values():
        schema["properties"]["inert"] = {"type": "integer", "maxLength": 3}


def _conditional(document: Any) -> None:
    for schema in document["components"]["schemas"].values():
        schema |= {"if": {"required": ["id"]}, "then": {"required": ["p2"]}, "else": {"required": ["p3"]}}


def _unreadable(document: Any) -> None:
    for schema in document["components"]["schemas"].values():
        schema["properties"]["odd"] = {"type": "string", "pattern": "(?P<name>x)"}


def _with_kinds(document: Any) -> None:
    for name, schema in document["components"]["schemas"].items():
        schema["properties"]["kind"] = {"type": "string", "const": name}
        schema["required"] = ["kind"]
    mapping = {name: f"#/components/schemas/{name}" for name in ("S2", "S3")}
    kinds = {"oneOf": [{"$ref": at} for at in mapping.values()]}
    union = kinds | {"discriminator": {"propertyName": "kind", "mapping": mapping}}
    document["components"]["schemas"]["S0"]["properties"]["either"] = union


def _with_headers_and_media_types(document: Any) -> None:
    for path in document["paths"].values():
        answer = path["get"]["responses"]["200"]
        content = answer["content"] | {"application/problem+json": answer["content"]["application/json"]}
        header = {"required": True, "schema": {"type": "integer", "minimum": 1}}
        path["get"]["responses"]["200"] = answer | {"content": content, "headers": {"X-Left": header}}


@pytest.mark.parametrize("evidence", ["all", "sampled", "none"])
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda _: None, id="as it is"),
        pytest.param(_without_types, id="clauses without effect"),
        pytest.param(_conditional, id="conditions"),
        pytest.param(_unreadable, id="patterns that cannot be read"),
        pytest.param(_with_kinds, id="a discriminator"),
        pytest.param(_with_headers_and_media_types, id="headers and media types"),
    ],
)
def test_what_is_counted_is_what_would_be_listed(tmp_path: Path, change: Any, evidence: EvidenceMode) -> None:
    document = large()
    change(document)
    union: Any = {"p2": {"id": "y" * 60, "kind": "S2"}, "p3": 5, "either": {"kind": "S2", "id": "z"}}
    body = {"id": "x", "kind": "S0", **union}
    seen = [exchange("/a", 200, body), exchange("/b", 404, {})]
    whole = validated(contract(tmp_path, document), *seen, evidence=evidence, all_operations=True)
    run = validated(contract(tmp_path, document), *seen, evidence=evidence)
    assert run.coverage == whole.coverage
    assert reasons(run) == reasons(whole)
    listed = {key(clause): clause for clause in run.clauses}
    assert list(listed.values()) == [clause for clause in whole.clauses if key(clause) in listed]
    left_out = Counter(
        (clause.operation, ".".join(clause.where.split(".")[:2]), clause.verdict, clause.reason)
        for clause in whole.clauses
        if key(clause) not in listed
    )
    assert {(one.operation, one.where, one.verdict, one.reason): one.clauses for one in run.unlisted or ()} == left_out
    assert left_out.total() > len(listed)


def test_what_was_seen_is_listed_with_what_belongs_to_no_schema(tmp_path: Path) -> None:
    run = validated(contract(tmp_path, large()), exchange("/a", 200, {"id": "x"}))
    assert {clause.where for clause in run.clauses if clause.verdict == "upheld"} == {
        "response.200",
        "response.200.content",
        "response.200.body",
        "response.200.body.id",
    }
    assert [clause.where for clause in run.clauses if clause.verdict == "untested"] == [
        "request.method",
        "response.404",
        "response.default",
        "response.default.content",
    ]


def test_small_responses_are_listed_whole(tmp_path: Path) -> None:
    document = large()
    for path in document["paths"].values():
        path["get"]["responses"]["200"] = of("Small")
        path["get"]["responses"]["default"] = of("Small")
    document["components"]["schemas"]["Small"] = {"properties": {"id": {"type": "string"}}}
    run = validated(contract(tmp_path, document), exchange("/a", 200, {}))
    assert not run.unlisted
    assert "response.default.body.id" in {clause.where for clause in run.clauses}


def test_an_error_that_operations_share_is_walked_once(tmp_path: Path) -> None:
    api = contract(tmp_path, large())
    validated(api, exchange("/a", 200, {}), exchange("/b", 200, {}))
    (first,), (second,) = (operation.responses["default"].messages for operation in api.operations)
    assert first.alike is second.alike


def test_merged_records_count_as_one_run_of_both(tmp_path: Path) -> None:
    api = contract(tmp_path, large())
    one = exchange("/a", 200, {"id": "x"}), exchange("/b", 404, {})
    other = exchange("/a", 200, {"p2": {"p3": "z"}}), exchange("/b", 200, {"id": "x"})
    both = validated(api, *one, *other)
    runs = validated(api, *one), validated(api, *other)
    merged, _ = merge([Part(f"part {number}", run) for number, run in enumerate(runs)])
    assert merged.coverage == both.coverage
    assert reasons(merged) == reasons(both)
    assert {key(clause) for clause in merged.clauses} == {key(clause) for clause in both.clauses}
    assert set(merged.unlisted or ()) == set(both.unlisted or ())


def test_every_report_says_what_is_left_out(tmp_path: Path) -> None:
    run = validated(contract(tmp_path, large()), exchange("/a", 200, {"id": "x"}))
    groups = run.unlisted or ()
    count = sum(group.clauses for group in groups)
    sentence = f"{count} clauses of large responses, of which no exchange showed anything, are counted and not listed"
    assert sentence in text(scan_text.lines(run, lambda *_: None))
    assert sentence in markdown.render(run).decode()
    assert sentence in html.render(run).decode()
    cases = junit.render(run).decode()
    assert [f"{group.where}: {group.clauses} further clauses" in cases for group in groups] == [True, True]
