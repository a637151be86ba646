"""No command writes a secret, however a server spells it, to any file, the terminal or an error message."""

from __future__ import annotations

import html
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml

from tests.conftest import RunClausewise
from tests.servers import telltale

#: what a user gives, by the place
HELD = {
    "bearer": "FIRSTbearer-01/+=",
    "renewed": "NEWERbearer-02/+=",
    "cookie": "COOKIEvalue-03/+=",
    "query": "QUERYvalue-04/+=",
    "environment": "ENVIRONMENT-05/+=",
}
#: of the user in the URL of a recorded request
PASSWORD = "URLpassword-06/+="
SECRETS = {**HELD, **telltale.ISSUED, "example": telltale.EXAMPLE}
REPORTS = "json,junit,sarif,codequality,markdown,html,har"


@pytest.fixture
def folder(tmp_path: Path, repo: Path) -> Path:
    """A project that tests the server, with credentials of every kind, one of which is renewed."""
    shutil.copy(repo / "tests" / "servers" / "telltale.py", tmp_path)
    (tmp_path / "api.yaml").write_text(telltale.DOCUMENT)
    (tmp_path / "login.py").write_text(
        f"from pathlib import Path\nprint('Authorization: Bearer', {HELD['renewed']!r})\nPath('used').touch()\n"
    )
    command = json.dumps([sys.executable, "login.py"])
    (tmp_path / "pyproject.toml").write_text(
        "[tool.clausewise]\n"
        'spec = "api.yaml"\n'
        'target = { app = "telltale:app" }\n'
        'phases = ["baseline", "clauses", "properties"]\n'
        "max-examples = 3\n"
        f"credentials-command = {command}\n"
        f"reports = {json.dumps(REPORTS.split(','))}\n"
        'baseline = "baseline.json"\n'
        "[tool.clausewise.headers]\n"
        'Authorization = "env:BEARER"\n'
        'Cookie = "env:COOKIE"\n'
        'X-Internal = "env:INTERNAL"\n'
        "[tool.clausewise.credentials]\n"
        'query = "env:QUERY"\n'
    )
    return tmp_path


ENVIRON = {
    "BEARER": f"Bearer {HELD['bearer']}",
    "COOKIE": f"sid={HELD['cookie']}",
    "INTERNAL": HELD["environment"],
    "QUERY": HELD["query"],
}


def leaks(texts: Iterable[tuple[str, str]], secrets: dict[str, str] = SECRETS) -> list[tuple[str, str, str]]:
    """Where a secret stands, and in which spelling; the spellings as they are and as JSON and HTML write them."""
    wanted = {}
    for name, secret in secrets.items():
        for spelling, spell in telltale.SPELLINGS.items():
            written = spell(secret)
            once = json.dumps(written)[1:-1]
            for form in (
                written,
                once,
                json.dumps(once)[1:-1],
                html.escape(written),
                html.escape(once),
                quote(written),
            ):
                wanted[form] = (name, spelling)
    return [(place, *found) for place, text in texts for form, found in wanted.items() if form in text]


def artefacts(folder: Path, *done: subprocess.CompletedProcess[str]) -> list[tuple[str, str]]:
    """Everything that commands printed and wrote, but what the test itself wrote."""
    given = {"telltale.py", "api.yaml", "login.py", "pyproject.toml"} | {path.name for path in folder.glob("given*")}
    files = [path for path in folder.rglob("*") if path.is_file() and path.name not in given and path.suffix != ".pyc"]
    written = [(str(path.relative_to(folder)), path.read_text(encoding="utf-8", errors="replace")) for path in files]
    return [*written, *((f"{one.args[3]} prints", one.stdout + one.stderr) for one in done)]


def recorded() -> dict[str, Any]:
    """An exchange as HAR has it; all its secrets are those of the request itself, and those that the answer issues."""
    token, cookie, query = HELD["bearer"], HELD["cookie"], HELD["query"]
    body = telltale.body_of([token, cookie, query], 0)
    every = [*SECRETS.values(), PASSWORD]
    body["told"] |= {name: text for part in range(1, 5) for name, text in telltale.told(every, part).items()}
    return {
        "request": {
            "method": "GET",
            "url": f"http://user:{quote(PASSWORD, safe='')}@example.com/me/nobody?code={quote(query, safe='')}",
            "headers": [
                {"name": "Proxy-Authorization", "value": f"Bearer {token}"},
                {"name": "Cookie", "value": f"sid={cookie}"},
                {"name": "X-Internal-Key", "value": HELD["environment"]},
                {"name": "X-Renewed-Token", "value": HELD["renewed"]},
            ],
        },
        "response": {
            "status": 200,
            "headers": [
                {"name": "Content-Type", "value": "application/json"},
                {"name": "Set-Cookie", "value": f"sid={telltale.ISSUED['Set-Cookie']}; Secure"},
                {"name": "X-New-Token", "value": telltale.ISSUED["X-New-Token"]},
            ],
            "content": {"mimeType": "application/json", "text": json.dumps(body)},
        },
    }


def test_a_run_and_a_gate_write_no_secret(run_clausewise: RunClausewise, folder: Path) -> None:
    tested = run_clausewise("test", "-v", "--output-dir", "tested", cwd=folder, env=ENVIRON, timeout=300)
    gated = run_clausewise(
        "gate", "--update-baseline", "-v", cwd=folder, env={**ENVIRON, "GITHUB_ACTIONS": "true"}, timeout=300
    )
    (folder / "reports/latest/report.html").unlink()
    told = run_clausewise("report", "reports/latest", "--output-dir", "again", cwd=folder, timeout=300)
    texts = artefacts(folder, tested, gated, told)
    assert leaks(texts) == []
    names = {name for name, _ in texts}
    assert {"baseline.json", "tested/run.json", "tested/exchanges.ndjson", "tested/exchanges.har"} <= names
    assert {"again/report.html", "again/clausewise.sarif", "again/junit.xml", "again/summary.md"} <= names
    run = json.loads((folder / "tested" / "run.json").read_text())
    assert run["findings"] and "[redacted]" in (folder / "tested" / "run.json").read_text(), tested.stderr
    exchanges = (folder / "tested" / "exchanges.ndjson").read_text()
    assert exchanges.count(telltale.PUBLIC) > 20 and "[redacted]" in exchanges
    assert "NEWER" not in exchanges and (folder / "used").exists()


def test_a_proof_and_the_lists_of_a_contract_show_no_secret(run_clausewise: RunClausewise, folder: Path) -> None:
    proved = run_clausewise("prove", "-v", "--operation", "login", "--jobs", "1", cwd=folder, env=ENVIRON, timeout=300)
    listed = run_clausewise("clauses", cwd=folder, env=ENVIRON, timeout=300)
    compared = run_clausewise("diff", "api.yaml", "api.yaml", cwd=folder, env=ENVIRON, timeout=300)
    assert (folder / "reports/latest/prove.json").is_file(), proved.stderr
    assert leaks(artefacts(folder, proved, listed, compared)) == []


def test_what_is_left_is_listed_without_secrets(run_clausewise: RunClausewise, folder: Path) -> None:
    query = quote(HELD["query"], safe="")
    undo: dict[str, Any] = {"operation": "me", "method": "GET", "headers": [("X-Own-Key", HELD["environment"])]}
    places: list[dict[str, Any]] = [{"undo": undo | {"url": f"http://127.0.0.1:1/me/nobody?code={query}"}}]
    places += [{"app": "telltale:app", "undo": undo | {"url": "http://localhost/me/n0body"}}]
    written = {"operation": "login", "method": "POST", "url": "http://localhost/login", "id": "7", "status": 201}
    lines = [written | {"time": "2026-11-26T00:00:00Z", "made": made} | place for made, place in enumerate(places, 1)]
    journal = folder / "given.ndjson"
    journal.write_text("".join(json.dumps(line) + "\n" for line in lines))
    listed = run_clausewise("cleanup", journal.name, "--dry-run", cwd=folder, env=ENVIRON)
    tried = run_clausewise("cleanup", journal.name, cwd=folder, env=ENVIRON, timeout=300)
    assert tried.returncode == 1 and tried.stdout.count("curl") == 2, tried.stderr
    assert "$AUTHORIZATION" in tried.stdout and "$COOKIE" in tried.stdout
    assert leaks(artefacts(folder, tried)) == []
    # A journal that nobody edited has no credentials in its URLs.
    assert leaks(artefacts(folder, listed), {"environment": HELD["environment"]}) == []


def test_generated_schemas_show_no_secret(run_clausewise: RunClausewise, folder: Path) -> None:
    written = run_clausewise("schemas", cwd=folder, env=ENVIRON)
    assert list(folder.glob("schemas/*.json")), written.stderr
    # They are the contract's, with its examples.
    assert leaks(artefacts(folder, written), HELD) == []


@pytest.mark.parametrize("form", ["har", "ndjson", "yaml", "md"])
def test_recordings_are_told_without_their_secrets(run_clausewise: RunClausewise, folder: Path, form: str) -> None:
    entry = recorded()
    request, response = entry["request"], entry["response"]
    headers = [(each["name"], each["value"]) for each in request["headers"]]
    answered = [(each["name"], each["value"]) for each in response["headers"]]
    text = response["content"]["text"]
    written = {
        "har": {"log": {"version": "1.2", "creator": {"name": "x", "version": "1"}, "entries": [entry]}},
        "ndjson": {
            "version": 1,
            "id": "1",
            "request": {"method": "GET", "target": request["url"].partition("example.com")[2], "headers": headers},
            "response": {"status": 200, "headers": answered, "body": {"text": text}},
        },
        "yaml": {
            "version": 1,
            "interactions": [
                {
                    "request": {"method": "GET", "uri": request["url"], "headers": {k: [v] for k, v in headers}},
                    "response": {
                        "status": {"code": 200, "message": "OK"},
                        "headers": {k: [v] for k, v in answered},
                        "body": {"string": text},
                    },
                }
            ],
        },
    }
    file = folder / f"given.{form}"
    if form == "md":
        shown = " ".join(f"-H '{name}: {value}'" for name, value in headers)
        lines = "\n".join(f"{name}: {value}" for name, value in answered)
        file.write_text(
            f"```sh\ncurl '{request['url']}' {shown}\n```\n\n```http\nHTTP/1.1 200 OK\n{lines}\n\n{text}\n```\n"
        )
    else:
        file.write_text(yaml.safe_dump(written[form]) if form == "yaml" else json.dumps(written[form]) + "\n")
    arguments = [file.name, "-v", "--output-dir", "checked", "--report", REPORTS]
    checked = run_clausewise("validate", *arguments, cwd=folder, timeout=300)
    sarif = run_clausewise("validate", file.name, "--format", "github", cwd=folder, timeout=300)
    texts = artefacts(folder, checked, sarif)
    # The headers of an answer in a document are not read, and NDJSON has no URL: nothing says what is a secret there.
    unread = {"md": {"Set-Cookie", "X-New-Token"}, "ndjson": {"password"}}.get(form, set())
    secrets = {name: secret for name, secret in {**SECRETS, "password": PASSWORD}.items() if name not in unread}
    assert leaks(texts, secrets) == []
    assert checked.returncode == 1, checked.stderr
    assert len([name for name, _ in texts if name.startswith("checked/")]) >= 7


@pytest.mark.parametrize(
    "arguments",
    [
        ("test", "--url", "http://user:SECRETvalue-77@10.77.0.2:1/"),
        ("test", "--url", "htp://user:SECRETvalue-77@x/"),
        ("test", "--url", "http://127.0.0.1:1/?token=SECRETvalue-77"),
        ("test", "--url", "http://127.0.0.1:1", "-H", "Authorization Bearer SECRETvalue-77"),
        ("test", "--url", "http://127.0.0.1:1", "-H", "X-Key: SECRETvalue-77\n"),
        ("test", "--url", "http://127.0.0.1:1/SECRETvalue-77/x", "-H", "X-Key: SECRETvalue-77"),
        ("gate", "--url", "https://:SECRETvalue-77@127.0.0.1:1/"),
    ],
)
def test_an_error_shows_no_secret(run_clausewise: RunClausewise, folder: Path, arguments: tuple[str, ...]) -> None:
    (folder / "pyproject.toml").write_text("[tool.clausewise]\n")
    done = run_clausewise(arguments[0], "api.yaml", *arguments[1:], cwd=folder, timeout=300)
    assert done.returncode == 2 and "error" in done.stderr
    assert leaks(artefacts(folder, done), {"given": "SECRETvalue-77"}) == []


def test_tests_of_others_show_no_secret(folder: Path) -> None:
    (folder / "pyproject.toml").unlink()
    (folder / "given_test.py").write_text(
        "import os\n"
        "from werkzeug.test import Client\n"
        "from telltale import app\n"
        "def test_me(contract):\n"
        "    headers = {'Authorization': os.environ['BEARER'], 'X-Internal-Key': os.environ['INTERNAL']}\n"
        "    client = Client(app)\n"
        "    client.set_cookie(*os.environ['COOKIE'].split('=', 1))\n"
        "    contract.check(client.get('/me/nobody', query_string={'code': os.environ['QUERY']}, headers=headers))\n"
    )
    words = [
        "given_test.py",
        "-o",
        "clausewise_spec=api.yaml",
        f"--clausewise-report={REPORTS}",
        "--tb=short",
        "-rA",
        "-p",
        "no:cacheprovider",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words],
        cwd=folder,
        env={**os.environ, **ENVIRON, "COLUMNS": "200"},
        capture_output=True,
        encoding="utf-8",
        timeout=600,
        check=False,
    )
    texts = artefacts(folder, done)
    assert leaks(texts) == []
    assert "1 failed" in done.stdout and "lacks `never`" in done.stdout, done.stdout
    assert (folder / "reports" / "latest" / "run.json").is_file()
