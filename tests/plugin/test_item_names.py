"""The ids of items: any pytest reads them as one name, and so do `-n`, `--lf`, `--junitxml` and a shell."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

from tests.plugin.conftest import Project

_CONTRACT = """\
openapi: 3.1.0
info: { title: Lists, version: "1" }
paths:
  /lists:
    post:
      operationId: add[List]
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [tags]
              properties:
                tags: { type: array, items: { type: string, maxLength: 4 } }
      responses: { "201": { description: Added. }, "400": { description: Refused. } }
  /others:
    get:
      operationId: add(List)
      parameters:
        - { name: "filter[name]", in: query, schema: { type: string, maxLength: 4 } }
      responses: { "200": { description: All. }, "400": { description: Refused. } }
"""

#: forgets one clause: the greatest length of an item
_APP = """
    import json
    from urllib.parse import parse_qsl

    async def app(scope, receive, send):
        if scope["type"] != "http":
            return
        body = (await receive()).get("body", b"")
        allow = {"/lists": "POST", "/others": "GET"}[scope["path"]]
        status = 201 if allow == "POST" else 200
        if scope["method"] != allow:
            status = 405
        elif allow == "POST":
            try:
                tags = json.loads(body)["tags"]
                good = isinstance(tags, list) and all(isinstance(tag, str) for tag in tags)
                good = good and dict(scope["headers"])[b"content-type"] == b"application/json"
            except (ValueError, KeyError, TypeError):
                good = False
            status = 201 if good else 400
        elif any(len(value) > 4 for _, value in parse_qsl(scope["query_string"].decode())):
            status = 400
        headers = [(b"allow", allow.encode())] if status == 405 else []
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
"""

_TARGET = "--clausewise-target=app:app"


@pytest.fixture
def lists(project: Project) -> Project:
    """A project whose contract has brackets wherever names may have them."""
    project.write(app=_APP)
    (project.folder / "contract.yaml").write_text(_CONTRACT)
    return project


def test_no_id_has_brackets_and_none_occurs_twice(lists: Project) -> None:
    done = lists.pytest("contract.yaml", _TARGET, "--collect-only", "-q")
    ids = [line for line in done.stdout.splitlines() if line.startswith("contract.yaml::")]
    assert "contract.yaml::add:List::request.body.tags.items.maxLength" in ids
    assert "contract.yaml::add(List)::request.query.filter:name.maxLength" in ids
    assert len(ids) == len(set(ids)) > 10
    assert not re.search(r"[][]", "".join(ids))


@pytest.mark.slow
def test_a_failure_on_a_worker_is_the_one_that_runs_again_and_can_be_pasted(lists: Project) -> None:
    done = lists.pytest("contract.yaml", _TARGET, "-n", "1", "--junitxml=junit.xml")
    (failed,) = re.findall(r"^FAILED (\S+)", done.stdout, re.MULTILINE)
    assert failed == "contract.yaml::add:List::request.body.tags.items.maxLength", done.stdout
    cases = ET.parse(lists.folder / "junit.xml").iter("testcase")
    (case,) = (case for case in cases if case.find("failure") is not None)
    assert f"{case.get('classname')}.{case.get('name')}" == failed.replace("::", ".")

    again = lists.pytest("contract.yaml", _TARGET, "--lf", "--collect-only", "-q")
    assert re.findall(r"^contract\.yaml::.*$", again.stdout, re.MULTILINE) == [failed]

    pasted = subprocess.run(
        ["sh", "-c", f"{shlex.quote(sys.executable)} -m pytest -p no:schemathesis {failed} {_TARGET} -q"],
        cwd=lists.folder,
        env={**os.environ, "CI": "true"},
        capture_output=True,
        encoding="utf-8",
        timeout=600,
        check=False,
    )
    assert "1 failed" in pasted.stdout, pasted.stdout + pasted.stderr
