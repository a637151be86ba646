"""`clausewise validate`: payloads, examples, documents and recordings, as a user meets them."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import yaml
import zstandard

from tests.conftest import RunClausewise
from tests.validation.traffic import PATH, REFUSAL, REQUEST, RESPONSE, line, write

GOOD = json.dumps(REQUEST, indent=2)


def _spoilt(**members: Any) -> str:
    return json.dumps(REQUEST | members, indent=2)


#: name and content of a payload, further arguments, exit status, and what is printed
PAYLOADS: dict[str, tuple[str, str | bytes, list[str], int, list[str]]] = {
    "good": ("a.json", GOOD, [], 0, ["PASSED: 1 checked"]),
    "wrong value": (
        "a.json",
        _spoilt(type="DEDICATD"),
        [],
        1,
        [
            "error a.json:5:11 [request-schema]\n",
            'the request has `type` = "DEDICATD"; for AWS, the contract says',
            '; did you mean "DEDICATED"?\n     5 |   "type": "DEDICATD",\n       |           ^\n',
            "  contract: {spec}:",
        ],
    ),
    "quoted number": (
        "a.json",
        _spoilt(nodePools=[{"name": "a", "nodeInstanceType": "b", "maxNodeCount": "3"}]),
        [],
        1,
        ["a.json:17:23 [", "`nodePools[0].maxNodeCount`", "did you mean 3, without quotation marks?"],
    ),
    "missing member of the branch": (
        "a.json",
        _spoilt(cloudProvider="GCP"),
        [],
        1,
        ["a.json:1:1 [", "the request lacks `podSubnetRange`; `podSubnetRange` is required for GCP"],
    ),
    "no branch": ("a.json", _spoilt(cloudProvider="AZUR"), [], 1, ["a.json:2:20 [", 'did you mean "AZURE"?']),
    "YAML": ("a.yaml", yaml.safe_dump(REQUEST), [], 0, ["PASSED"]),
    "wrong YAML": ("a.yaml", yaml.safe_dump(REQUEST | {"type": 3}), [], 1, ["a.yaml:7:1 [", "`type` = 3"]),
    "response": ("a.json", json.dumps(RESPONSE), ["--as", "response"], 0, ["PASSED"]),
    "response of a status": ("a.json", json.dumps(REFUSAL), ["--status", "400"], 0, ["PASSED"]),
    "wrong response": (
        "a.json",
        "{}",
        ["--as", "response"],
        1,
        ["another object than the contract describes in 11 places", "in 6 more: --format json lists all"],
    ),
    "advice": ("a.json", json.dumps(RESPONSE | {"tenantId": "t"}), ["--as", "response"], 0, ["warning ", "1 warning"]),
    "duplicate": ("a.json", '{\n "name": "a",\n "name": "b"}', [], 2, ['a.json:3:2: has the member "name" twice']),
    "NaN": ("a.json", '{\n "name": NaN}', [], 2, ["a.json:2:10: holds NaN, which is not a JSON number"]),
    "NUL": ("a.json", '{"name": \0}', [], 2, ["a.json:1:10: is not valid JSON: it holds a NUL byte"]),
    "truncated": ("a.json", GOOD[:-3], [], 2, ["is not valid JSON: it ends too early"]),
    "trailing comma": ("a.json", '{"name": "a",\n}', [], 2, ['a.json:2:1: is not valid JSON: "}" follows a comma']),
    "not UTF-8": ("a.json", b'{"name": "\xe9"}', [], 2, ["a.json:1:11: is not UTF-8 text"]),
    "too deep": ("a.json", "[" * 100_000, [], 2, ["a.json:1:1: is nested too deeply"]),
    "empty": ("a.json", "", [], 2, ["a.json: is empty"]),
    "half of a pair": ("a.json", '{"name": "\\ud800"}', [], 2, ["a.json:1:11: holds half of a surrogate pair"]),
    "beyond numbers": ("a.json", '{"name": 1e999}', [], 2, ["a.json:1:10: holds 1e999, which is too large"]),
    "wrong YAML text": ("a.yaml", "name: [", [], 2, ["a.yaml:2:1: is not valid YAML"]),
    "unknown operation": ("a.json", GOOD, ["--operation", "createClustr"], 2, ['did you mean "createCluster"?']),
    "unknown status": ("a.json", GOOD, ["--status", "404", "--as", "request"], 2, ["--status is for responses"]),
    "undocumented status": ("a.json", GOOD, ["--status", "201"], 2, ["createCluster documents no 201 response"]),
}


@pytest.mark.parametrize(("name", "content", "arguments", "status", "printed"), PAYLOADS.values(), ids=PAYLOADS)
def test_payloads(
    run_clausewise: RunClausewise,
    contract_file: Path,
    tmp_path: Path,
    name: str,
    content: str | bytes,
    arguments: list[str],
    status: int,
    printed: list[str],
) -> None:
    (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    done = run_clausewise("validate", contract_file, name, *arguments, cwd=tmp_path)
    output = done.stdout + done.stderr
    assert done.returncode == status, output
    for text in printed:
        assert text.format(spec=contract_file) in output if "{spec}" in text else text in output, output
    assert "Traceback" not in output
    assert not (tmp_path / "reports").exists()


def test_every_place_in_every_file_is_told(run_clausewise: RunClausewise, contract_file: Path, tmp_path: Path) -> None:
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_text(_spoilt(type="X", k8sTags=[{"key": 1}, {"key": 2}]))
    arguments = ("--operation", "createCluster", "--format", "json")
    done = run_clausewise("validate", contract_file, "a.json", "b.json", *arguments, cwd=tmp_path)
    findings = json.loads(done.stdout)["findings"]
    places = sorted((finding["source"]["file"], finding["source"]["line"]) for finding in findings)
    assert places == [(name, number) for name in ("a.json", "b.json") for number in (5, 9, 12)]
    assert len({finding["id"] for finding in findings}) == 6


def test_stdin(contract_file: Path, repo: Path) -> None:
    command = [sys.executable, "-m", "clausewise", "validate", str(contract_file), "-", "--as", "request"]
    done = subprocess.run(command, cwd=repo, input=_spoilt(type=1), capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "-:5:11" in done.stdout


@pytest.mark.parametrize("form", ["sarif", "github"])
def test_other_formats(run_clausewise: RunClausewise, contract_file: Path, tmp_path: Path, form: str) -> None:
    (tmp_path / "a.json").write_text(_spoilt(type="DEDICATD"))
    done = run_clausewise("validate", contract_file, "a.json", "--format", form, cwd=tmp_path)
    if form == "github":
        assert done.stdout.startswith("::error file=a.json,line=5,endLine=5,col=11,title=request-schema::")
        return
    result = json.loads(done.stdout)["runs"][0]["results"][0]
    place = result["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("a.json", 5)
    assert result["relatedLocations"][0]["physicalLocation"]["artifactLocation"]["uri"].endswith(contract_file.name)


def test_the_reference_page(run_clausewise: RunClausewise, contract_file: Path, shared: Path) -> None:
    """Its request passes; its response gives just the warnings that the page's own prose asks for."""
    page = shared / "seed" / "create-a-cluster.txt"
    done = run_clausewise("validate", contract_file, page, "--format", "json", "--exit-zero")
    run = json.loads(done.stdout)
    lines = page.read_text(encoding="utf-8").splitlines()
    facts = (shared / "facts" / "astro-create-cluster.md").read_text(encoding="utf-8")
    told = facts[facts.index("Where the page disagrees with itself") :]
    names = ("tenantId", "podSubnetRange", "servicePeeringRange", "serviceSubnetRange", "providerAccount", "tags")
    assert all(f"`{name}`" in told for name in names)
    places = {finding["source"]["line"]: finding["source"]["column"] for finding in run["findings"]}
    answer = lines.index("1{")
    expected = {answer + index for index, text in enumerate(lines[answer:], 1) if any(f'"{n}":' in text for n in names)}
    assert places.keys() == expected and len(expected) == 6
    assert {(finding["rule"], finding["severity"]) for finding in run["findings"]} == {("response-schema", "warning")}
    assert run["scan"]["checked"] == 1 and run["scan"]["unmatched"] == [] and run["scan"]["unreadable"] == []


DOCUMENT = """\
# Clusters

Make one with curl:

```sh
curl -X POST "https://api.astronomer.io/platform/v1beta1/organizations/{organizationId}/clusters" \\
  -H 'Authorization: Bearer <token>' \\
  --json '{
    "cloudProvider": "AWS", "name": "a", "region": "us-east-1",
    "type": "SHARED",
    "vpcSubnetRange": "172.20.0.0/20"
  }'
```

It returns 400 where something is wrong:

```json
{
  "message": "no",
  "requestId": 7,
  "statusCode": 400
}
```

Without credentials, and as a form:

    curl https://api.astronomer.io/platform/v1beta1/organizations/organizationId/clusters -d '{"cloudProvider": ...}'

And something else: `curl -sSL https://example.com/install.sh | sh`
"""


def test_documents(run_clausewise: RunClausewise, contract_file: Path, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "clusters.md").write_text(DOCUMENT)
    (tmp_path / "docs" / "same.html").write_text(
        "<html><body><p>x<pre><code>"
        + DOCUMENT.partition("```sh\n")[2].partition("```")[0].replace('"', "&quot;").replace("<", "&lt;")
        + "</code></pre>"
    )
    done = run_clausewise("validate", contract_file, "docs/", "--format", "json", cwd=tmp_path)
    run = json.loads(done.stdout)
    found = [(each["rule"], each["source"]["file"], each["source"]["line"]) for each in run["findings"]]
    assert sorted(found) == [
        ("request-schema", "docs/clusters.md", 10),  # the type
        ("request-schema", "docs/clusters.md", 27),  # no credentials
        ("request-schema", "docs/same.html", 5),
        ("response-schema", "docs/clusters.md", 20),
    ]
    assert [each["source"] for each in run["scan"]["skipped"]] == ["docs/clusters.md:27:113"]
    assert [each["path"] for each in run["scan"]["unmatched"]] == ["/install.sh"]
    assert done.returncode == 1


#: what is wrong below, in each direction: `id` is not required of a request
EXAMPLES = sorted(
    (
        *("example 2 lacks `size`", 'the default of `size` is "big"', "the example of `id` is 7") * 2,
        'the example "bad" of the request body has `size` = "x"',
        'the example "bad" of the 200 response has `size` = "x"',
        'the example "bad" of the 200 response lacks `id`',
        'the example of the query parameter `n` is "many"',
        'the example of the header `X-N` is "x"',
    )
)


def test_examples(run_clausewise: RunClausewise, tmp_path: Path) -> None:
    schema = {
        "type": "object",
        "required": ["id", "size"],
        "properties": {
            "id": {"type": "string", "readOnly": True, "example": 7},
            "size": {"type": "integer", "default": "big"},
        },
        "examples": [{"id": "a", "size": 1}, {"id": "a"}],
    }
    content = {"content": {"application/json": {"schema": schema, "examples": {"bad": {"value": {"size": "x"}}}}}}
    operation = {
        "operationId": "make",
        "parameters": [{"name": "n", "in": "query", "schema": {"type": "integer"}, "example": "many"}],
        "requestBody": content,
        "responses": {"200": {**content, "headers": {"X-N": {"schema": {"type": "integer"}, "example": "x"}}}},
    }
    document = {"openapi": "3.1.0", "info": {"title": "t"}, "paths": {"/things": {"post": operation}}}
    (tmp_path / "api.json").write_text(json.dumps(document, indent=1))
    done = run_clausewise("validate", "api.json", "--examples", "--format", "json", cwd=tmp_path)
    found = sorted(each["message"].partition(";")[0] for each in json.loads(done.stdout)["findings"])
    assert found == EXAMPLES
    assert {each["rule"] for each in json.loads(done.stdout)["findings"]} == {"example-invalid"}
    assert done.returncode == 1


def _har(**response: Any) -> dict[str, Any]:
    answer = RESPONSE | response
    entry = {
        "request": {
            "method": "POST",
            "url": f"https://api.astronomer.io{PATH}",
            "headers": [{"name": ":authority", "value": "api.astronomer.io"}],
            "postData": {"mimeType": "application/json", "text": json.dumps(REQUEST)},
        },
        "response": {
            "status": 200,
            "headers": [],
            "content": {"mimeType": "application/json", "text": json.dumps(answer)},
        },
    }
    return {"log": {"version": "1.2", "entries": [entry, entry]}}


def _vcr(body: Any) -> dict[str, Any]:
    headers = {"Content-Type": ["application/json"], "Content-Encoding": ["gzip"]}
    interaction = {
        "request": {
            "method": "POST",
            "uri": f"https://api.astronomer.io{PATH}",
            "headers": {"Content-Type": ["application/json"]},
            "body": json.dumps(REQUEST),
        },
        "response": {"status": {"code": 200, "message": "OK"}, "headers": headers, "body": {"string": body}},
    }
    return {"interactions": [interaction, interaction], "version": 1}


def _schemathesis(answer: Any) -> dict[str, Any]:
    import base64

    sent = base64.b64encode(json.dumps(REQUEST).encode()).decode()
    interaction = {
        "id": "1",
        "request": {
            "method": "POST",
            "uri": f"https://api.astronomer.io{PATH}",
            "headers": {"Content-Type": ["application/json"]},
            "body": {"encoding": "utf-8", "base64_string": sent},
        },
        "response": {
            "status": {"code": "200", "message": "OK"},
            "headers": {"Content-Type": ["application/json"]},
            "body": {"encoding": "utf-8", "string": json.dumps(answer)},
        },
    }
    return {"command": "st run", "recorded_with": "Schemathesis", "http_interactions": [interaction, interaction]}


def _yaml(cassette: dict[str, Any]) -> bytes:
    """As those who write cassettes do: what occurs twice is written twice."""

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:
            return True

    return yaml.dump(cassette, Dumper=Dumper).encode()


ODD = RESPONSE | {"status": "ODD"}
LINES = (line(response=ODD) + b"\n") * 2

#: name of a recording -> its content: two exchanges, each with a status that the contract does not know
RECORDINGS: dict[str, bytes] = {
    "a.har": json.dumps(_har(status="ODD"), indent=1).encode(),
    "a.har.gz": gzip.compress(json.dumps(_har(status="ODD")).encode()),
    "a.json": json.dumps(_har(status="ODD")).encode(),
    "a.ndjson": LINES,
    "a.ndjson.gz": gzip.compress(LINES),
    "a.jsonl.zst": zstandard.compress(LINES),
    "vcr.yaml": _yaml(_vcr(gzip.compress(json.dumps(ODD).encode()))),
    "vcr.json": json.dumps(_vcr(json.dumps(ODD))).encode(),
    "schemathesis.yaml": _yaml(_schemathesis(ODD)),
    "schemathesis.yaml.gz": gzip.compress(_yaml(_schemathesis(ODD))),
}


@pytest.mark.parametrize("name", RECORDINGS)
def test_recordings(run_clausewise: RunClausewise, contract_file: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(RECORDINGS[name])
    done = run_clausewise("validate", contract_file, name, cwd=tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    run = json.loads((tmp_path / "reports" / "latest" / "run.json").read_text())
    assert [(each["rule"], each["count"]) for each in run["findings"]] == [("response-schema", 2)]
    assert run["findings"][0]["curl"].startswith("curl -X POST https://api.astronomer.io/platform/v1beta1/organ")
    assert run["coverage"]["clauses"]["upheld"] > 30 and run["requests"] == 2
    assert "clauses: " in done.stdout and "in createCluster (response.200.body.status), 2 times" in done.stdout
    exchanges = (tmp_path / "reports" / "latest" / "exchanges.ndjson").read_text().splitlines()
    assert [json.loads(each)["id"] for each in exchanges] == [run["findings"][0]["exchange"]]


def test_a_folder_and_a_glob(run_clausewise: RunClausewise, contract_file: Path, tmp_path: Path) -> None:
    (tmp_path / "in" / "deeper").mkdir(parents=True)
    for name, content in RECORDINGS.items():
        (tmp_path / "in" / "deeper" / name).write_bytes(content)
    for source in ("in", "in/**/*"):
        done = run_clausewise("validate", contract_file, source, "--format", "json", cwd=tmp_path)
        assert json.loads(done.stdout)["requests"] == 2 * len(RECORDINGS)
    assert run_clausewise("validate", contract_file, "in/*.har", cwd=tmp_path).returncode == 2
    assert "no such file" in run_clausewise("validate", contract_file, "gone.har", cwd=tmp_path).stderr


@pytest.mark.parametrize(
    ("name", "cut"), [("a.har", 0.6), ("schemathesis.yaml", 0.97), ("vcr.yaml", 0.97)], ids=lambda value: str(value)
)
def test_of_a_truncated_recording_the_first_exchange_is_kept(
    run_clausewise: RunClausewise, contract_file: Path, tmp_path: Path, name: str, cut: float
) -> None:
    content = RECORDINGS[name]
    (tmp_path / name).write_bytes(content[: int(len(content) * cut)])
    done = run_clausewise("validate", contract_file, name, "--format", "json", cwd=tmp_path)
    run = json.loads(done.stdout)
    assert done.returncode == 2 and run["requests"] >= 1
    assert run["scan"]["unreadable"][0]["source"].startswith(f"{name}:")


def test_a_pipe_that_is_closed_early(contract_file: Path, repo: Path, tmp_path: Path) -> None:
    """The writer goes away in the middle of a line; what came before is checked."""
    command = [sys.executable, "-m", "clausewise", "validate", str(contract_file), "-", "--output-dir", str(tmp_path)]
    with subprocess.Popen(
        command, cwd=repo, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        process.stdin.write(line() + b"\n" + line() + b"\n" + line()[:300])
        process.stdin.flush()
        threading.Timer(0.3, process.stdin.close).start()
        output = process.stdout.read() if process.stdout else b""
        assert process.wait(60) == 2
    assert b"unreadable -:3: is not JSON" in output and b"2 exchanges" in output


def test_a_reader_that_goes_away(contract_file: Path, repo: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "a.ndjson", [line(response=ODD)])
    command = f"{sys.executable} -m clausewise validate {contract_file} {path} --output-dir {tmp_path} | head -1"
    done = subprocess.run(["bash", "-c", command], cwd=repo, capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith("error ") and done.stderr == ""
