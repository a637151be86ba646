"""A target is asked for its document: an app by what its framework offers, a server at the paths that are usual."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from types import ModuleType
from typing import Any

import pytest

from clausewise.config import Config
from clausewise.contract.contract import Contract
from clausewise.errors import SpecError, UsageError
from clausewise.options import RunOptions, TargetSpec
from clausewise.retrieval.contracts import open_contract
from tests.retrieval.conftest import Serve
from tests.retrieval.test_fetch import DOCUMENT

Ask = Callable[..., tuple[Contract, str]]


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Writes a module and asks its `app`: the contract, and what the user reads about where it is from."""
    monkeypatch.chdir(tmp_path)

    def ask(name: str, code: str) -> tuple[Contract, str]:
        (tmp_path / f"{name}.py").write_text(f"DOCUMENT = {DOCUMENT!r}\n{dedent(code)}")
        sys.modules.pop(name, None)
        notes: list[str] = []
        contract = open_contract(None, Config(target=TargetSpec(app=f"{name}:app")), notes.append)
        assert len(notes) == 1
        return contract, notes[0]

    return ask


_ASGI = """
async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    found = scope["path"] == PATH
    await send({"type": "http.response.start", "status": 200 if found else 404, "headers": []})
    await send({"type": "http.response.body", "body": DOCUMENT.encode() if found else b""})
"""
_WSGI = """
def app(environ, start_response):
    found = environ["PATH_INFO"] == PATH
    start_response("200 OK" if found else "404 Not Found", [])
    return [DOCUMENT.encode() if found else b""]
"""


@pytest.mark.parametrize("code", [_ASGI, _WSGI], ids=["ASGI", "WSGI"])
@pytest.mark.parametrize("path", ["/openapi.json", "/v3/api-docs", "/api/schema/"])
def test_an_app_without_a_framework(ask: Ask, code: str, path: str) -> None:
    contract, note = ask("plain_app", f"PATH = {path!r}\n{code}")
    assert contract.operations[0].key == "pets"
    assert contract.name == f"plain_app:app{path}"
    assert note == f"no OpenAPI document is named: the one at plain_app:app{path} is taken"


def test_fastapi(ask: Ask) -> None:
    pytest.importorskip("fastapi")
    contract, note = ask(
        "fast_app",
        """
        from fastapi import FastAPI
        app = FastAPI(openapi_url=None)
        @app.get("/pets")
        def pets() -> list[str]: ...
        """,
    )
    assert (contract.name, contract.operations[0].operation.path) == ("fast_app:app", "/pets")
    assert note.endswith("the one that openapi() gives for fast_app:app is taken")
    place = contract.locate(contract.operations[0].clauses[0].source)
    assert place.pointer == "/paths/~1pets" and place.line > 1


def test_fastapi_behind_a_middleware_with_a_path_of_its_own(ask: Ask) -> None:
    pytest.importorskip("fastapi")
    contract, _ = ask(
        "wrapped_app",
        """
        from fastapi import FastAPI
        from starlette.middleware.cors import CORSMiddleware
        inner = FastAPI(openapi_url="/v1/openapi.json")
        @inner.get("/pets")
        def pets() -> list[str]: ...
        app = CORSMiddleware(inner)
        """,
    )
    assert contract.name == "wrapped_app:app/v1/openapi.json"


def test_starlette(ask: Ask) -> None:
    pytest.importorskip("starlette")
    contract, _ = ask(
        "star_app",
        """
        from starlette.applications import Starlette
        from starlette.responses import Response
        from starlette.routing import Mount, Route
        def described(request): return Response(DOCUMENT)
        app = Starlette(routes=[Mount("/internal", routes=[Route("/docs/api-schema.json", described)])])
        """,
    )
    assert contract.name == "star_app:app/internal/docs/api-schema.json"


def test_flask(ask: Ask) -> None:
    pytest.importorskip("flask")
    contract, _ = ask(
        "flask_app",
        """
        from flask import Flask
        app = Flask(__name__)
        @app.get("/documents/<name>/openapi.json")
        def other(name): return "no"
        @app.get("/documents/openapi.json")
        def described(): return DOCUMENT
        """,
    )
    assert contract.name == "flask_app:app/documents/openapi.json"


def test_django(ask: Ask) -> None:
    pytest.importorskip("django")
    contract, _ = ask(
        "django_app",
        """
        from django.conf import settings
        if not settings.configured:
            settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"])
        settings.ROOT_URLCONF = __name__
        from django.core.wsgi import get_wsgi_application
        from django.http import HttpResponse
        from django.urls import clear_url_caches, include, path
        def described(request): return HttpResponse(DOCUMENT)
        urlpatterns = [path("backend/", include([path("schema/", described)]))]
        clear_url_caches()
        app = get_wsgi_application()
        """,
    )
    assert contract.name == "django_app:app/backend/schema/"


@pytest.mark.parametrize("routed", [True, False], ids=["by a route", "made for it"])
def test_django_with_drf_spectacular(ask: Ask, routed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("django")
    from django.apps import apps

    generators = ModuleType("drf_spectacular.generators")
    generators.SchemaGenerator = _Generator  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "drf_spectacular", ModuleType("drf_spectacular"))
    monkeypatch.setitem(sys.modules, "drf_spectacular.generators", generators)
    monkeypatch.setattr(apps, "is_installed", lambda name: name == "drf_spectacular")
    name = f"spectacular_app_{routed}"
    contract, note = ask(
        name,
        f"""
        from django.conf import settings
        if not settings.configured:
            settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"])
        settings.ROOT_URLCONF = __name__
        from django.core.wsgi import get_wsgi_application
        from django.http import HttpResponse
        from django.urls import clear_url_caches, path
        class SpectacularAPIView:
            __module__ = "drf_spectacular.views"
        def described(request): return HttpResponse(DOCUMENT)
        described.view_class = SpectacularAPIView
        urlpatterns = [path("internal/described/", described)] if {routed} else []
        clear_url_caches()
        app = get_wsgi_application()
        """,
    )
    assert contract.operations[0].key == "pets"
    where = (
        f"the one at {name}:app/internal/described/" if routed else f"the one that drf-spectacular gives for {name}:app"
    )
    assert note == f"no OpenAPI document is named: {where} is taken"


class _Generator:
    """Stands for the generator of drf-spectacular."""

    def get_schema(self, *, request: object, public: bool) -> Any:
        assert request is None and public
        return json.loads(DOCUMENT)


#: what frameworks that are no dependency of the tests hold, in the places where their apps have it
_HELD = {
    "Connexion": """
        class Specification:
            raw = json.loads(DOCUMENT)
            base_path = ""
            def with_base_path(self, path):
                other = Specification()
                other.raw = {**self.raw, "servers": [{"url": path}]}
                return other
        class App:
            __module__ = "connexion.apps.flask"
            middleware = SimpleNamespace(apis=[SimpleNamespace(base_path="/v2", specification=Specification())])
            def __call__(self, environ, start_response): raise AssertionError("nothing is asked of the app")
        app = App()
    """,
    "Flask-Smorest": """
        def app(environ, start_response): raise AssertionError("nothing is asked of the app")
        held = SimpleNamespace(spec=SimpleNamespace(to_dict=lambda: json.loads(DOCUMENT)))
        app.extensions = {"flask-smorest": {"apis": {"": {"ext_obj": held}}}}
    """,
    "the APISpec `described` in its module": """
        class APISpec:
            __module__ = "apispec.core"
            def to_dict(self): return json.loads(DOCUMENT)
        described = APISpec()
        def app(environ, start_response):
            start_response("404 Not Found", [])
            return []
    """,
}


@pytest.mark.parametrize("giver", _HELD)
def test_what_a_framework_holds(ask: Ask, giver: str) -> None:
    contract, note = ask("held_app", f"import json\nfrom types import SimpleNamespace\n{dedent(_HELD[giver])}")
    assert contract.operations[0].key == "pets"
    assert note == f"no OpenAPI document is named: the one that {giver} gives for held_app:app is taken"
    assert contract.specification.base_paths == (("/v2",) if giver == "Connexion" else ("",))


@pytest.mark.parametrize(
    "attribute",
    [
        'extensions = {"flask-smorest": object()}',
        'extensions = {"flask-smorest": {"apis": None}}',
        'extensions = ["flask-smorest"]',
        'openapi = "3.1.0"',
    ],
)
def test_what_only_looks_like_a_framework_is_asked_like_any_app(ask: Ask, attribute: str) -> None:
    contract, note = ask("alike_app", f"PATH = '/openapi.json'\n{_ASGI}app.{attribute}\n")
    assert contract.operations[0].key == "pets" and "alike_app:app/openapi.json is taken" in note


def test_references_out_of_the_document_of_connexion_are_followed_as_it_serves_them(ask: Ask) -> None:
    contract, _ = ask(
        "split_app",
        """
        import json
        from types import SimpleNamespace
        class Specification:
            raw = {"openapi": "3.0.3", "paths": {"/pets": {"$ref": "pets.yaml"}}}
            spec = json.loads(DOCUMENT)
        class App:
            __module__ = "connexion.apps.asynchronous"
            apis = [SimpleNamespace(base_path=None, specification=Specification())]
            async def __call__(self, scope, receive, send): raise AssertionError("nothing is asked of the app")
        app = App()
        """,
    )
    assert contract.operations[0].key == "pets"


def test_a_function_makes_the_app_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made = "made = []\ndef create_app():\n    made.append(1)\n    return app\n"
    (tmp_path / "made_app.py").write_text(f"DOCUMENT = {DOCUMENT!r}\nPATH = '/openapi.json'\n{_ASGI}{made}")
    config = Config(target=TargetSpec(app="made_app:create_app()"))
    for _ in range(2):
        assert open_contract(None, config).name == "made_app:create_app()/openapi.json"
    assert sys.modules["made_app"].made == [1]


def test_an_app_that_cannot_give_its_document(ask: Ask) -> None:
    with pytest.raises(SpecError, match=r"openapi\(\) failed with ValueError: no model") as caught:
        ask(
            "broken_app",
            "class App:\n  def openapi(self): raise ValueError('no model')\n  def __call__(self): ...\napp = App()",
        )
    assert "\n" not in str(caught.value)


def test_an_app_without_a_document(ask: Ask) -> None:
    with pytest.raises(
        SpecError, match=r"mute_app:app serves no OpenAPI document at /openapi.json, .*name the document"
    ):
        ask("mute_app", f"PATH = '/nowhere'\n{_ASGI}")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no_such_module:app", 'the app "no_such_module:app" cannot be imported: No module named'),
        ("near_app:ap", r'the module "near_app" has no "ap" \(it has "app"\)'),
        ("raising_app:app", r'importing "raising_app" failed: RuntimeError: not today \(correct the module first\)'),
        ("leaving_app:app", r'importing "leaving_app" failed: SystemExit: 3 \(correct the module first\)'),
        ("src/near_app.py:app", r'"src/near_app.py" is a path, not a module \(write it as "src.near_app:app", from'),
        ("near_app:make", r'"near_app:make" is a function without parameters, .* \(write it as "near_app:make\(\)"\)'),
        ("near_app:make()", r'"near_app:make\(\)" made no app: ValueError: no settings'),
        ("near_app:PATH", r'"near_app:PATH" is not an ASGI or WSGI app: it cannot be called \(it has "app"\)'),
        ("near_app:PATH()", r'"near_app:PATH" cannot be called'),
        ("near_app:own", r"is an app of aiohttp, which is neither ASGI nor WSGI \(start it, .*--url"),
    ],
)
def test_a_wrong_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, message: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "near_app.py").write_text(
        f"PATH = '/'\n{_ASGI}\ndef make(): raise ValueError('no settings')\n"
        "class Application:\n    __module__ = 'aiohttp.web_app'\n    def __call__(self): ...\nown = Application()\n"
    )
    (tmp_path / "leaving_app.py").write_text("raise SystemExit(3)")
    (tmp_path / "raising_app.py").write_text("raise RuntimeError('not today')")
    with pytest.raises(UsageError, match=message):
        open_contract(None, Config(target=TargetSpec(app=name)))


def test_a_server_below_its_url_before_its_root(serve: Serve) -> None:
    other = DOCUMENT.replace("Pets", "Other")
    server = serve({"/v1/openapi.json": DOCUMENT, "/openapi.json": other})
    for base, title in (("/v1", "Pets"), ("/v2/", "Other"), ("", "Other")):
        contract = open_contract(None, Config(target=TargetSpec(url=server.url + base)))
        assert contract.specification.title == title


def test_a_supported_version_before_another(serve: Serve) -> None:
    old = json.dumps({"swagger": "1.2", "paths": {}})
    server = serve({"/swagger.json": old, "/v3/api-docs": DOCUMENT, "/openapi.yaml": "<html>"})
    contract = open_contract(None, Config(target=TargetSpec(url=server.url)))
    assert contract.name == f"{server.url}/v3/api-docs"
    with pytest.raises(SpecError, match=r"/swagger.json.*Swagger 1.2 is not supported"):
        open_contract(None, Config(target=TargetSpec(url=serve({"/swagger.json": old}).url)))


def test_openapi_3_before_swagger_2_of_the_same_api(serve: Serve) -> None:
    old = json.dumps({"swagger": "2.0", "info": {"title": "Old"}, "paths": {}})
    both = serve({"/swagger.json": old, "/v3/api-docs": DOCUMENT})
    below = serve({"/v1/swagger.json": old, "/openapi.json": DOCUMENT})
    for url, title in ((both.url, "Pets"), (f"{below.url}/v1", "Old")):
        contract = open_contract(None, Config(target=TargetSpec(url=url)))
        assert contract.specification.title == title


def test_a_server_that_wants_credentials(serve: Serve) -> None:
    def guarded(headers: dict[str, str]) -> object:
        return DOCUMENT if headers.get("x-key") == "k" else (403, {}, "")

    server = serve({"/openapi.json": guarded})
    config = Config(target=TargetSpec(url=server.url))
    with pytest.raises(SpecError, match=r"/openapi.json cannot be read: it answers 403 \(give credentials"):
        open_contract(None, config)
    run = RunOptions(headers=(("X-Key", "k"),))
    assert open_contract(None, Config(target=TargetSpec(url=server.url), run=run)).operations


def test_there_is_nothing_to_ask() -> None:
    for target in (None, TargetSpec(mock=True)):
        with pytest.raises(UsageError, match="no OpenAPI document is named"):
            open_contract(None, Config(target=target))
