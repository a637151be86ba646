"""Documents at URLs: read with bounds and with the right credentials, or refused in one sentence with a remedy."""

from __future__ import annotations

import json
import re
import socket
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from clausewise.config import Config
from clausewise.errors import ClausewiseError, SpecError
from clausewise.options import RunOptions, TargetSpec
from clausewise.retrieval.contracts import open_contract
from tests.conftest import raise_first
from tests.retrieval.conftest import Serve, bomb

_PATHS = {"/pets": {"get": {"operationId": "pets", "responses": {"200": {"description": "all"}}}}}
DOCUMENT = json.dumps({"openapi": "3.1.0", "info": {"title": "Pets", "version": "1"}, "paths": _PATHS})
YAML = """openapi: 3.1.0
info: {title: Pets, version: "1"}
paths:
  /pets:
    get:
      operationId: pets
      responses: {"200": {description: all}}
"""


def referring(to: str) -> str:
    """A document whose answer has the schema that a reference leads to."""
    content = {"application/json": {"schema": {"$ref": to}}}
    answer = {"description": "all", "content": content}
    return json.dumps({"openapi": "3.1.0", "paths": {"/pets": {"get": {"responses": {"200": answer}}}}})


_BY_DEFAULT = Config()


def _texts(url: str, config: Config = _BY_DEFAULT) -> list[str]:
    contract = open_contract(url, config)
    raise_first(contract)
    return [clause.text for operation in contract.operations for clause in operation.clauses]


@pytest.mark.parametrize("body", [DOCUMENT, YAML, "\ufeff" + DOCUMENT], ids=["JSON", "YAML", "with a byte order mark"])
def test_a_document_at_a_url(serve: Serve, body: str) -> None:
    url = serve({"/api": body}).url + "/api"
    contract = open_contract(url, Config())
    assert (contract.name, [operation.key for operation in contract.operations]) == (url, ["pets"])


def test_its_places_have_a_pointer_beside_line_and_column(serve: Serve) -> None:
    url = serve({"/api.yaml": YAML}).url + "/api.yaml"
    contract = open_contract(url, Config())
    clause = contract.operations[0].clauses[1]
    place = contract.locate(clause.source)
    assert (place.line, place.column, place.pointer) == (7, 19, "/paths/~1pets/get/responses/200")
    assert str(place) == f"{url}:7:19 (#/paths/~1pets/get/responses/200)"


def test_of_a_minified_document_the_pointer_alone_is_shown(serve: Serve, tmp_path: Path) -> None:
    url = serve({"/api.json": DOCUMENT}).url + "/api.json"
    contract = open_contract(url, Config())
    assert str(contract.locate(contract.operations[0].clauses[1].source)) == f"{url}#/paths/~1pets/get/responses/200"

    file = tmp_path / "lazy.json"
    file.write_text(DOCUMENT.replace('"all"', json.dumps("all of them " * 200)))
    contract = open_contract(str(file), Config())
    assert str(contract.locate(contract.operations[0].clauses[1].source)) == f"{file}#/paths/~1pets/get/responses/200"


def test_an_ordinary_file_has_lines_as_ever(tmp_path: Path) -> None:
    file = tmp_path / "api.yaml"
    file.write_text(YAML.replace("all", "all of them " * 200))
    contract = open_contract(str(file), Config())
    assert str(contract.locate(contract.operations[0].clauses[0].source)) == f"{file}:4:3"


def test_references_to_siblings_of_the_same_server(serve: Serve) -> None:
    server = serve(
        {
            "/v1/api.json": referring("parts/pet.yaml#/Pet"),
            "/v1/parts/pet.yaml": "Pet: {type: array, items: {$ref: '../name.json'}}\n",
            "/v1/name.json": '{"type": "string", "maxLength": 7}',
        }
    )
    contract = open_contract(f"{server.url}/v1/api.json", Config())
    clauses = {clause.text: clause for clause in contract.operations[0].clauses}
    deep = next(clause for text, clause in clauses.items() if "7 characters" in text)
    # No host and no port: the ids of findings are the same wherever the server runs.
    assert deep.id == "name.json#/maxLength"
    assert str(contract.locate(deep.source)).startswith(f"{server.url}/v1/name.json")
    assert len(server.asked) == 3


def test_references_to_other_servers_need_permission(serve: Serve, tmp_path: Path) -> None:
    other = serve({"/pet.json": '{"type": "array", "maxItems": 3}'})
    server = serve({"/api.json": referring(f"{other.url}/pet.json")})
    file = tmp_path / "api.json"
    file.write_text(referring(f"{other.url}/pet.json"))
    for spec in (f"{server.url}/api.json", str(file)):
        with pytest.raises(SpecError, match="--allow-remote-refs"):
            _texts(spec)
        assert not other.asked
    for spec in (f"{server.url}/api.json", str(file)):
        assert any("3 items" in text for text in _texts(spec, Config(allow_remote_refs=True)))


def test_a_document_at_a_url_reads_no_files(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_text('{"const": "secret"}')
    uri = (tmp_path / "secret.json").as_uri()
    for reference in (uri, str(tmp_path / "secret.json"), f"../../..{tmp_path}/secret.json"):
        server = serve({"/api.json": referring(reference)})
        with pytest.raises(SpecError):
            _texts(f"{server.url}/api.json", Config(allow_remote_refs=True))


def test_a_reference_may_not_be_redirected_to_another_server(serve: Serve) -> None:
    other = serve({"/pet.json": "{}"})
    moved = (302, {"Location": f"{other.url}/pet.json"}, "")
    server = serve({"/api.json": referring("pet.json"), "/pet.json": moved})
    with pytest.raises(SpecError, match="is on another server"):
        _texts(f"{server.url}/api.json")
    assert not other.asked


def _endless(stream: Any) -> None:
    try:
        while True:
            stream.write(b" " * 2**20)
    except OSError:
        pass


def _trickling(stream: Any) -> None:
    try:
        for _ in range(200):
            stream.write(b" ")
            stream.flush()
            time.sleep(0.05)
    except OSError:
        pass


_PAGE = "<!DOCTYPE html><html><script>SwaggerUIBundle({url: '/v2/openapi.json', deepLinking: true})</script></html>"


@pytest.mark.parametrize(
    ("answer", "message", "remedy"),
    [
        ((404, {}, "no"), "cannot be read: it answers 404", "check the URL"),
        ((401, {}, "no"), "cannot be read: it answers 401", "--spec-header"),
        ((500, {}, "no"), "cannot be read: it answers 500", "the server's log"),
        (_PAGE, "is an HTML page, not an OpenAPI document", "it shows URL/v2/openapi.json: give that URL"),
        ("<html>", "is an HTML page", "give the URL of the document itself"),
        ((302, {"Location": "/api"}, ""), "redirects more than 5 times", "give the URL that the document is at"),
        ((302, {"Location": "file:///etc/passwd"}, ""), "redirects to file:///etc/passwd", ""),
        ("", "is empty", "openapi: 3.1.0"),
        ("[1]", "is not an OpenAPI document", "give the URL of an OpenAPI document"),
        ('{"openapi": ', "is not valid", ""),
        ((200, {"Content-Encoding": "gzip"}, bomb(64)), "answered more than 16 MiB", ""),
        ((200, {}, _endless), "cannot be read: ", ""),
        ((200, {}, _trickling), "cannot be read: ", ""),
        ((200, {"Content-Length": "5000", "Connection": "close"}, DOCUMENT), "cannot be read: ", ""),
    ],
    ids=[
        "not found",
        "no credentials",
        "crash",
        "page of Swagger UI",
        "page",
        "redirect loop",
        "redirect to a file",
        "empty",
        "an array",
        "broken JSON",
        "bomb",
        "endless",
        "trickling",
        "cut off",
    ],
)
def test_what_cannot_be_read_is_one_sentence_with_a_remedy(
    serve: Serve, answer: Any, message: str, remedy: str
) -> None:
    server = serve({"/api": answer})
    stream = isinstance(answer, tuple) and callable(answer[2])
    started = time.monotonic()
    with pytest.raises(ClausewiseError) as caught:
        open_contract(f"{server.url}/api", Config(run=RunOptions(timeout=1.0 if stream else 10.0)))
    text = str(caught.value)
    assert text.startswith(f"{server.url}/api")
    assert message in text and remedy.replace("URL/", f"{server.url}/") in text and "\n" not in text
    assert time.monotonic() - started < 20


@pytest.mark.parametrize("url", ["http:///api", "http://127.0.0.1:99999/api", "http://[::1/api"])
def test_what_is_no_url(url: str) -> None:
    with pytest.raises(SpecError, match="is not an HTTP URL"):
        open_contract(url, Config())


def test_nothing_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        with pytest.raises(SpecError, match=rf"nothing listens at 127.0.0.1:{port} \(is the server running\?"):
            open_contract(f"http://127.0.0.1:{port}/openapi.json", Config())


def _for(token: str) -> Any:
    """Gives the document to who has the token."""

    def answer(headers: dict[str, str]) -> Any:
        return DOCUMENT if headers.get("authorization") == token else (401, {}, "no")

    return answer


def test_headers_of_the_run_go_to_its_target_alone(serve: Serve) -> None:
    target, other = serve({"/api.json": _for("Bearer x")}), serve({"/api.json": DOCUMENT})
    run = RunOptions(headers=(("Authorization", "Bearer x"),))
    config = Config(target=TargetSpec(url=f"{target.url}/v1"), run=run)
    open_contract(f"{target.url}/api.json", config)
    open_contract(f"{other.url}/api.json", config)
    assert "authorization" not in other.headers_of("/api.json")[0]


def test_a_redirect_takes_no_credentials_along(serve: Serve) -> None:
    other = serve({"/api.json": DOCUMENT})
    target = serve({"/api.json": (302, {"Location": f"{other.url}/api.json"}, "")})
    run = RunOptions(headers=(("Authorization", "Bearer x"), ("X-Key", "y")))
    open_contract(f"{target.url}/api.json", Config(target=TargetSpec(url=target.url), run=run))
    assert not {"authorization", "x-key"} & other.headers_of("/api.json")[0].keys()
    assert target.headers_of("/api.json")[0]["x-key"] == "y"


def test_headers_for_the_document_go_to_its_server_alone(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCUMENT_TOKEN", "Bearer d")
    other = serve({"/pet.json": "{}"})
    server = serve({"/api.json": referring(f"{other.url}/pet.json"), "/next.json": _for("Bearer d")})
    config = Config(spec_headers=(("Authorization", "env:DOCUMENT_TOKEN"),), allow_remote_refs=True)
    open_contract(f"{server.url}/api.json", config)
    open_contract(f"{server.url}/next.json", config)
    assert "authorization" not in other.headers_of("/pet.json")[0]


def test_user_information_of_a_url_is_sent_and_not_shown(serve: Serve) -> None:
    server = serve({"/api.json": _for("Basic bWU6c2VjcmV0")})
    url = server.url.replace("//", "//me:secret@")
    contract = open_contract(f"{url}/api.json", Config())
    assert contract.name == f"{server.url}/api.json"
    with pytest.raises(SpecError) as caught:
        open_contract(f"{url}/gone.json", Config())
    assert "secret" not in str(caught.value)


def test_a_secret_in_the_query_of_a_url_is_sent_and_not_shown(serve: Serve) -> None:
    server = serve({"/api.json?v=2&token=hunter2": DOCUMENT})
    contract = open_contract(f"{server.url}/api.json?v=2&token=hunter2", Config())
    assert contract.name == f"{server.url}/api.json?v=2&token=[redacted]"
    assert "hunter2" not in contract.specification.sources.root.url


def test_the_credentials_command_is_asked_where_the_target_refuses(serve: Serve, tmp_path: Path) -> None:
    server = serve({"/api.json": _for("Bearer c")})
    login = tmp_path / "login.py"
    login.write_text("print('Authorization: Bearer c')")
    run = RunOptions(credentials_command=(sys.executable, str(login)))
    open_contract(f"{server.url}/api.json", Config(target=TargetSpec(url=server.url), run=run))
    with pytest.raises(SpecError, match="answers 401"):
        open_contract(f"{server.url}/api.json", Config(target=TargetSpec(url="http://127.0.0.1:1"), run=run))


def test_an_error_in_a_sibling_names_it(serve: Serve) -> None:
    server = serve({"/api.json": referring("pet.yaml"), "/pet.yaml": "a: [\n"})
    with pytest.raises(SpecError, match=re.escape(f"{server.url}/pet.yaml:2:1: is not valid YAML")):
        _texts(f"{server.url}/api.json")
