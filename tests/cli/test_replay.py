"""`clausewise replay` as a command."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import RunClausewise

_DOCUMENT = """\
openapi: 3.1.0
info: {title: greetings, version: "1"}
paths:
  /greeting:
    get:
      operationId: greet
      responses:
        "200":
          description: ""
          content: {application/json: {schema: {type: object, properties: {text: {type: string}}}}}
"""
_APP = """\
import json

TEXT = {text!r}
STATUS = {status}


async def app(scope, receive, send):
    body = json.dumps({{"text": TEXT}}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({{"type": "http.response.start", "status": STATUS, "headers": headers}})
    await send({{"type": "http.response.body", "body": body}})
"""


@pytest.fixture
def builds(tmp_path: Path) -> Path:
    (tmp_path / "openapi.yaml").write_text(_DOCUMENT)
    (tmp_path / "one.py").write_text(_APP.format(text="hello", status=200))
    (tmp_path / "other.py").write_text(_APP.format(text="good day", status=200))
    (tmp_path / "broken.py").write_text(_APP.format(text="", status=500))
    return tmp_path


def test_builds_are_compared_by_a_recorded_run(builds: Path, run_clausewise: RunClausewise) -> None:
    tested = ("test", "openapi.yaml", "--app", "one:app", "--output-dir", "rec", "--phase", "baseline", "--exit-zero")
    run_clausewise(*tested, cwd=builds)
    same = run_clausewise("replay", "rec", "--app", "one:app", cwd=builds)
    assert same.returncode == 0 and "0 new failures, 0 other differences" in same.stdout
    other = run_clausewise("replay", "rec", "openapi.yaml", "--app", "other:app", cwd=builds)
    assert other.returncode == 0
    assert 'difference: greet `text` is "good day", and was "hello" before' in other.stdout
    broken = run_clausewise("replay", "rec/run.json", "--app", "broken:app", cwd=builds)
    assert broken.returncode == 1
    assert broken.stdout.startswith("new failure: greet answered 500, and 200 before")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("replay", "rec"), "no target is named"),
        (("replay", "nowhere", "--app", "one:app"), "cannot read the run record"),
        (("replay", "rec", "--app", "one:app", "--url", "http://localhost"), "give only one of"),
    ],
)
def test_what_cannot_be_replayed_is_one_sentence(
    builds: Path, run_clausewise: RunClausewise, arguments: tuple[str, ...], complaint: str
) -> None:
    done = run_clausewise(*arguments, cwd=builds)
    assert done.returncode == 2 and complaint in done.stderr and "Traceback" not in done.stderr
