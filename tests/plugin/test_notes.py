"""What a document says without an effect is noted in the summary of a session."""

from __future__ import annotations

import json

from tests.plugin.conftest import Project

_INERT = "`maxLength` has no effect on a value of type integer"


def _document() -> str:
    schema = {"type": "integer", "maxLength": 3}
    body = {"content": {"application/json": {"schema": schema}}}
    make = {"operationId": "make", "requestBody": body, "responses": {"200": {"description": ""}}}
    return json.dumps({"openapi": "3.0.3", "info": {"title": "a", "version": "1"}, "paths": {"/a": {"post": make}}})


def test_pytest_prints_the_notes(project: Project) -> None:
    (project.folder / "contract.yaml").write_text(_document())
    project.write(
        test_it="""
            import httpx

            def test_made(contract):
                request = httpx.Request("POST", "http://shop.test/a", json=1)
                contract.check(httpx.Response(200, request=request))
        """
    )
    assert "note: contract.yaml:1:" in (printed := project.pytest().stdout) and _INERT in printed
