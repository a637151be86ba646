"""`clausewise prove`: every clause broken in the mock, and who notices."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import RunClausewise

_DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "things", "version": "1"},
    "paths": {
        "/things": {
            "post": {
                "operationId": "make",
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "required": ["name"],
                                "properties": {
                                    "name": {"type": "string", "minLength": 2, "maxLength": 5},
                                    "code": {"type": "string", "pattern": "^[a-z]+$", "format": "uuid"},
                                },
                            }
                        }
                    },
                },
                "responses": {
                    "200": {
                        "description": "",
                        "content": {
                            "application/json": {"schema": {"type": "object", "properties": {"id": {"minimum": 1}}}}
                        },
                    },
                    "400": {"description": ""},
                },
            }
        }
    },
}


@pytest.fixture
def document(tmp_path: Path) -> Path:
    file = tmp_path / "things.json"
    file.write_text(json.dumps(_DOCUMENT, indent=1))
    return file


def test_it_writes_what_was_killed_and_why_the_rest_was_not(
    document: Path, tmp_path: Path, run_clausewise: RunClausewise
) -> None:
    done = run_clausewise("prove", document, "--output-dir", tmp_path / "out", "--jobs", "2")
    proof = json.loads((tmp_path / "out" / "prove.json").read_text())
    outcomes = {(trial["kind"], trial["where"], trial["clause"].rpartition("/")[2]): trial for trial in proof["trials"]}
    # Two clauses that no value keeps together: `code` is never sent, and that is said.
    survivors = {key for key, trial in outcomes.items() if trial["outcome"] == "survived"}
    assert survivors == {("unenforced", "request.body.code", word) for word in ("type", "pattern", "format")}
    assert {outcomes[key]["reason"] for key in survivors} == {"no valid request was found that reaches this clause"}
    killed = [trial for trial in proof["trials"] if trial["outcome"] == "killed"]
    assert all(trial["rule"] and trial["requests"] for trial in killed)
    assert len(killed) == len(proof["trials"]) - 3
    assert done.returncode == 1
    assert done.stdout.count("survived: ") == 3
    assert f"{len(killed)} killed, 3 survived, 0 equivalent" in done.stdout.splitlines()[-1]
    assert "## Survivors" in (tmp_path / "out" / "prove.md").read_text()


@pytest.mark.parametrize(("score", "status"), [("100", 1), ("50", 0)])
def test_the_score_that_is_enough_can_be_set(
    score: str, status: int, document: Path, tmp_path: Path, run_clausewise: RunClausewise
) -> None:
    done = run_clausewise("prove", document, "--min-score", score, "--quiet", "--output-dir", tmp_path / "out")
    assert (done.returncode, len(done.stdout.splitlines()), done.stderr) == (status, 1, "")


def test_the_shipped_contract(contract_file: Path, tmp_path: Path, run_clausewise: RunClausewise) -> None:
    """With one of its three clouds: all of them take a processor ten minutes."""
    document = yaml.safe_load(contract_file.read_text())
    request = document["components"]["schemas"]["CreateClusterRequest"]
    request["oneOf"] = [one for one in request["oneOf"] if "Azure" in one["$ref"]]
    request["discriminator"]["mapping"] = {"AZURE": request["oneOf"][0]["$ref"]}
    (operation,) = (item["post"] for item in document["paths"].values())
    examples = operation["requestBody"]["content"]["application/json"]["examples"]
    for name in [name for name, each in examples.items() if each["value"]["cloudProvider"] != "AZURE"]:
        del examples[name]
    contract = tmp_path / "azure.yaml"
    contract.write_text(yaml.safe_dump(document))
    done = run_clausewise("prove", contract, "--output-dir", tmp_path, "--min-score", "98", timeout=1200)
    assert done.returncode == 0, done.stdout
    trials = json.loads((tmp_path / "prove.json").read_text())["trials"]
    assert len(trials) > 150
    assert all(trial["reason"] for trial in trials if trial["outcome"] != "killed")
    named = [trial for trial in trials if trial["named"]]
    assert len(named) > 0.9 * len(trials)


@pytest.mark.slow
def test_a_contract_of_forms_headers_and_xml(tmp_path: Path, run_clausewise: RunClausewise) -> None:
    """Each clause about a field, a part, a header or an element is broken in the mock, and that is noticed."""
    contract = Path(__file__).with_name("forms.yaml")
    done = run_clausewise("prove", contract, "--output-dir", tmp_path, "--min-score", "98", timeout=1200)
    assert done.returncode == 0, done.stdout
    outcomes = [trial["outcome"] for trial in json.loads((tmp_path / "prove.json").read_text())["trials"]]
    assert outcomes.count("killed") >= 100
    assert outcomes.count("killed") >= 0.98 * (len(outcomes) - outcomes.count("equivalent"))


def test_an_interrupted_proof_tells_what_it_tried(tmp_path: Path) -> None:
    document = tmp_path / "many.json"
    operation = _DOCUMENT["paths"]["/things"]["post"]
    paths = {f"/things{number}": {"post": {**operation, "operationId": f"make{number}"}} for number in range(20)}
    document.write_text(json.dumps({**_DOCUMENT, "paths": paths}))
    command = [sys.executable, "-m", "clausewise", "prove", str(document), "--output-dir", str(tmp_path / "out")]
    # A session of its own, so that every process gets the signal as from a terminal, and the test's own does not.
    # On a busy machine the first mutants are tried later.
    for seconds in (5, 20, 60, 180):
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        ) as run:
            time.sleep(seconds)
            os.killpg(run.pid, signal.SIGINT)
            printed, complaints = run.communicate(timeout=60)
        assert (run.returncode, complaints) == (130, f"reports: {tmp_path / 'out'}\n")
        assert " mutants of 360" in printed
        tried = len(json.loads((tmp_path / "out" / "prove.json").read_text())["trials"])
        if tried:
            break
    assert 0 < tried < 360
