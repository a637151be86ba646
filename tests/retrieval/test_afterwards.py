"""What was read from a URL stays usable when the server is gone: for reports, other processes and unfinished runs."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest

from clausewise.api.run import Run
from clausewise.config import Config
from clausewise.errors import SpecError
from clausewise.options import RunOptions
from clausewise.retrieval.contracts import open_contract
from clausewise.runner.resumption import unfinished_run
from clausewise.runner.run import run
from clausewise.runner.targets import mock_target
from clausewise.spec.pointer import Source
from tests.conftest import raise_first
from tests.retrieval.conftest import Serve
from tests.retrieval.test_fetch import DOCUMENT, referring

_QUICK = RunOptions(phases=("baseline",))


def test_an_unfinished_run_is_reported_without_the_server(serve: Serve, tmp_path: Path) -> None:
    moved = (302, {"Location": "/v2/pet.json"}, "")
    server = serve({"/api.json": referring("pet.json"), "/pet.json": moved, "/v2/pet.json": '{"type": "array"}'})
    contract = open_contract(f"{server.url}/api.json", Config())
    ended = run(contract, mock_target(contract, 1, 1), _QUICK, folder=tmp_path)
    server.close()

    found = unfinished_run(tmp_path)
    assert found is not None
    record, exchanges = found
    assert [clause.text for clause in record.clauses] == [clause.text for clause in ended.run.clauses]
    assert record.clauses[-1].location == ended.run.clauses[-1].location
    assert len(exchanges) == ended.run.requests


def test_the_record_keeps_every_document(serve: Serve) -> None:
    server = serve({"/api.json": referring("pet.json"), "/pet.json": '{"type": "array"}'})
    contract = open_contract(f"{server.url}/api.json", Config())
    ended = run(contract, mock_target(contract, 1, 1), _QUICK)
    assert {source.file: source.text for source in ended.run.spec.sources} == {
        f"{server.url}/api.json": referring("pet.json"),
        f"{server.url}/pet.json": '{"type": "array"}',
    }


def test_places_of_a_minified_document_are_linked_in_the_report(serve: Serve) -> None:
    operation = json.loads(DOCUMENT)["paths"]["/pets"]["get"] | {"description": "long " * 300}
    text = json.dumps({"openapi": "3.1.0", "paths": {"/pets": {"get": operation}}})
    contract = open_contract(serve({"/api.json": text}).url + "/api.json", Config())
    ended = run(contract, mock_target(contract, 1, 1), _QUICK)
    page = Run(ended.run).report("html").decode()
    lines = json.dumps(json.loads(text), indent=2).split("\n")
    number = next(number for number, line in enumerate(lines, 1) if '"200"' in line)
    assert f'id="L0-{number}"' in page and f'href="#L0-{number}"' in page


def test_other_processes_have_the_documents(serve: Serve) -> None:
    server = serve({"/api.json": referring("pet.json"), "/pet.json": '{"type": "array"}'})
    sources = open_contract(f"{server.url}/api.json", Config()).specification.sources
    server.close()
    sent = pickle.loads(pickle.dumps(sources))
    at = Source("", ("paths", "/pets", "get", "responses", "200", "content", "application/json", "schema"))
    assert sent.follow(at) == (Source("pet.json"), {"type": "array"})


def test_what_a_document_in_a_file_says_of_urls_is_read_once(serve: Serve, tmp_path: Path) -> None:
    server = serve({"/pet.json": '{"type": "array"}'})
    file = tmp_path / "api.json"
    file.write_text(referring(f"{server.url}/pet.json"))
    contract = open_contract(str(file), Config(allow_remote_refs=True))
    server.close()
    assert [clause.id for operation in contract.operations for clause in operation.clauses][-1].startswith(server.url)
    with pytest.raises(SpecError):
        raise_first(open_contract(str(file), Config(allow_remote_refs=True)))
