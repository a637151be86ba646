"""The Python API: one page of names, loaded when they are used, each with an example that runs."""

from __future__ import annotations

import asyncio
import doctest
import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

import clausewise
from clausewise.api import calls, run

_NAMES = [
    "Change",
    "Changes",
    "Clause",
    "ClauseVerdict",
    "ClausewiseError",
    "ConfigError",
    "Contract",
    "Coverage",
    "Exchange",
    "Failure",
    "Finding",
    "Gate",
    "Location",
    "OperationContract",
    "Request",
    "Response",
    "Run",
    "SpecError",
    "TargetError",
    "UsageError",
    "__version__",
    "diff",
    "load",
    "mock",
    "test",
    "validate",
]

_DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Pets", "version": "1"},
    "paths": {
        "/pets": {
            "get": {
                "operationId": "pets",
                "responses": {
                    "200": {
                        "description": "all",
                        "content": {"application/json": {"schema": {"type": "array", "items": {"type": "string"}}}},
                    }
                },
            }
        }
    },
}


def app_answering(content: str) -> Any:
    """A WSGI app that answers GET /pets."""

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        if environ["PATH_INFO"] != "/pets":
            start_response("404 Not Found", [])
            return [b""]
        if environ["REQUEST_METHOD"] != "GET":
            start_response("405 Method Not Allowed", [("Allow", "GET")])
            return [b""]
        start_response("200 OK", [("Content-Type", "application/json")])
        return [content.encode()]

    return app


def test_the_names_are_exactly_these() -> None:
    assert clausewise.__all__ == _NAMES == sorted(_NAMES)
    assert set(_NAMES) <= set(dir(clausewise))


@pytest.mark.parametrize("name", _NAMES)
def test_every_name_is_there_and_documented(name: str) -> None:
    value = getattr(clausewise, name)
    assert name == "__version__" or value.__doc__


def test_another_name_is_not() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = clausewise.nothing  # type: ignore[attr-defined]


def test_no_module_hides_a_name() -> None:
    for name in ("diff", "load", "mock", "test", "validate"):
        with pytest.raises(ModuleNotFoundError):
            importlib.import_module(f"clausewise.{name}")


def test_what_is_given_cannot_be_changed() -> None:
    for name in ("Change", "Changes", "Clause", "ClauseVerdict", "Coverage", "Exchange", "Finding", "Gate", "Run"):
        assert getattr(clausewise, name).__struct_config__.frozen


@pytest.mark.process
def test_importing_it_loads_nothing_else() -> None:
    script = "import sys; before = set(sys.modules); import clausewise; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    # 20 ms are allowed: what the standard library needs here takes 5, and msgspec alone would take as long.
    loaded = {name for name in done.stdout.split() if name.partition(".")[0] not in sys.stdlib_module_names}
    assert loaded == {"clausewise"}


@pytest.mark.parametrize("module", [clausewise, calls, run], ids=["clausewise", "calls", "run"])
def test_the_examples_run(module: Any, repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repo)
    failed, tried = doctest.testmod(module)
    assert tried and not failed


def test_every_call_and_both_of_their_values_have_an_example() -> None:
    for value in (calls.load, calls.test, calls.validate, calls.diff, calls.mock, run.Run, run.Changes):
        assert ">>>" in (value.__doc__ or "")


def test_a_correct_app_passes() -> None:
    tested = clausewise.test(clausewise.load(_DOCUMENT), app=app_answering('["a"]'))
    assert tested.passed and not tested.findings and tested.requests > 1
    shown = f"<clausewise.Run passed: 0 findings, {tested.coverage.clauses.upheld} of "
    assert repr(tested).startswith(shown) and repr(tested).endswith(f", {tested.requests} requests>")


def test_a_fault_is_found_with_its_exchange_and_shown_in_a_notebook(tmp_path: Path) -> None:
    contract = clausewise.load(_DOCUMENT)
    tested = clausewise.test(contract, app=app_answering("[1]"), phases=["baseline"])
    (finding,) = tested.findings
    shown = tested.exchange(finding)
    assert not tested.passed and finding.rule == "response-schema"
    assert shown is not None and shown.response is not None and shown.response.body == b"[1]"
    assert str(finding.location).startswith("document:")

    page = tested._repr_html_()
    assert page.startswith("<iframe") and "response-schema" in page and "<script" not in page

    files = tested.write(tmp_path / "reports", ["json", "junit"])
    assert [file.name for file in files] == ["run.json", "junit.xml", "exchanges.ndjson"]
    assert json.loads(tested.report("json"))["findings"][0]["id"] == finding.id
    with pytest.raises(clausewise.UsageError, match='there is no report "pdf"'):
        tested.report("pdf")


def test_it_works_where_an_event_loop_runs() -> None:
    async def cell() -> clausewise.Run:
        return clausewise.test(clausewise.load(_DOCUMENT), app=app_answering("[]"), phases=["baseline"])

    assert asyncio.run(cell()).requests


def test_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    clausewise.test(clausewise.load(_DOCUMENT), app=app_answering("[]"), max_examples=2)
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mock": True, "phase": ["baseline"]}, r'there is no option "phase" \(did you mean "phases"\?\)'),
        ({"mock": True, "seed": "one"}, 'the option "seed": expected a whole number, got a string'),
        ({"mock": True, "phases": ["base"]}, 'the option "phases": expected .*, got "base"'),
        ({"mock": True, "credentials": {"key": 1}}, 'the option "credentials": expected a string or a mapping'),
        ({"mock": True, "credentials": {"k": {"user": "a"}}}, 'unknown key "user" for "k"'),
        ({"mock": True, "operations": ["pet"]}, 'has no operation "pet"'),
        ({}, "name one target"),
        ({"mock": True, "url": "http://127.0.0.1:1"}, "name one target"),
        ({"app": 3}, "it cannot be called"),
        ({"url": "ftp://host"}, "expected url to begin with http"),
    ],
)
def test_what_cannot_be_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(clausewise.UsageError, match=message):
        clausewise.test(clausewise.load(_DOCUMENT), **options)


def test_a_target_that_is_not_there() -> None:
    with pytest.raises(clausewise.TargetError, match="nothing listens"):
        clausewise.test(clausewise.load(_DOCUMENT), url="http://127.0.0.1:1")


def test_options_are_those_of_the_configuration(tmp_path: Path) -> None:
    tested = clausewise.test(
        clausewise.load(_DOCUMENT),
        app=app_answering("[1]"),
        phases=("baseline",),
        headers={"X-Team": "a"},
        max_time=30,
        waivers=[{"reason": "agreed", "expires": "2999-01-31", "rule": "response-schema"}],
    )
    assert tested.passed and tested.findings[0].state == "waived"
    assert all(("X-Team", "a") in exchange.request.headers for exchange in tested.exchanges)


def test_values_may_be_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    name = {"name": "q", "in": "query", "required": True, "schema": {"type": "string"}}
    operation = {**_DOCUMENT["paths"]["/pets"]["get"], "parameters": [name]}
    contract = clausewise.load({"openapi": "3.1.0", "paths": {"/pets": {"get": operation}}})
    monkeypatch.setenv("QUESTION", "why")
    given: dict[str, Any] = {"app": app_answering("[]"), "phases": ["baseline"], "values": {"q": "env:QUESTION"}}
    assert any("q=why" in one.request.target for one in clausewise.test(contract, **given).exchanges)
    monkeypatch.delenv("QUESTION")
    with pytest.raises(clausewise.ConfigError, match=r"values.q is read from the environment variable QUESTION"):
        clausewise.test(contract, **given)


def test_exchanges_of_a_program_are_checked() -> None:
    contract = clausewise.load(_DOCUMENT)
    kind = (("Content-Type", "application/json"),)
    exchanges = [
        clausewise.Exchange(str(number), clausewise.Request("GET", target), clausewise.Response(200, kind, body))
        for number, (target, body) in enumerate([("/pets", b"[]"), ("/pets", b"{}"), ("/cats", b"[]")])
    ]
    checked = clausewise.validate(contract, exchanges)
    assert (checked.requests, checked.passed, [one.rule for one in checked.findings]) == (2, False, ["response-schema"])
    assert str(checked.findings[0].source) == "exchanges#/2"
    assert checked.record.scan is not None and checked.record.scan.unmatched_exchanges == 1
    assert clausewise.validate(contract, exchanges[0]).passed


def test_files_are_checked(tmp_path: Path) -> None:
    file = tmp_path / "pets.json"
    file.write_text("[1]")
    contract = clausewise.load(_DOCUMENT)
    checked = clausewise.validate(contract, file, operation="pets", direction="response")
    assert [str(one.source) for one in checked.findings] == [f"{file}:1:2"]
    with pytest.raises(clausewise.UsageError, match="nothing to check"):
        clausewise.validate(contract)


def test_breaking_changes() -> None:
    old = clausewise.load(_DOCUMENT)
    new = clausewise.load({**_DOCUMENT, "paths": {}})
    changes = clausewise.diff(old, new)
    assert (len(changes), [change.kind for change in changes.breaking]) == (1, ["removed"])
    assert msgspec.structs.astuple(changes)[0] == tuple(changes)


def test_a_mock_is_an_app_that_keeps_the_contract() -> None:
    contract = clausewise.load(_DOCUMENT)
    settings: list[dict[str, Any]] = [{}, {"stateless": True}, {"cors": False}]
    for options in settings:
        assert clausewise.test(contract, app=clausewise.mock(contract, seed=3, **options), phases=["baseline"]).passed


def test_a_mock_logs_and_may_begin_with_a_state(tmp_path: Path) -> None:
    contract, lines = clausewise.load(_DOCUMENT), list[str]()
    clausewise.test(contract, app=clausewise.mock(contract, log=lines.append), phases=["baseline"])
    assert lines and lines[0].startswith("GET /pets 200")
    (tmp_path / "state.json").write_text("[]")
    with pytest.raises(clausewise.UsageError, match="is not an object"):
        clausewise.mock(contract, state=tmp_path / "state.json")
    with pytest.raises(clausewise.UsageError, match="stateless"):
        clausewise.mock(contract, state=tmp_path / "state.json", stateless=True)
