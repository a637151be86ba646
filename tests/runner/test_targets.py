"""Apps that are named: imported from the working directory, and the import path is afterwards as it was."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from clausewise.errors import UsageError
from clausewise.options import RunOptions
from clausewise.runner.run import run
from clausewise.runner.targets import app_target
from tests.conftest import Compile

_DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Greeter", "version": "1"},
    "paths": {"/": {"get": {"operationId": "greet", "responses": {"200": {"description": "hello"}}}}},
}

_APP = """
def app(environ, start_response):
    import clausewise_test_greeting as late
    start_response("200 OK", [])
    return [late.WORDS]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with an app that imports a module beside it when it is called."""
    (tmp_path / "clausewise_test_app.py").write_text(_APP)
    (tmp_path / "clausewise_test_greeting.py").write_text("WORDS = b'hello'\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path not in ("", str(tmp_path))])
    for name in ("clausewise_test_app", "clausewise_test_greeting"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_the_import_path_is_as_before_once_an_app_is_imported_and_tested(compiled: Compile) -> None:
    before = list(sys.path)
    target = app_target("clausewise_test_app:app", 1)
    assert sys.path == before
    result = run(compiled(_DOCUMENT), target, RunOptions(phases=("baseline",)))
    assert result.run.findings == ()
    assert "clausewise_test_greeting" in sys.modules
    assert sys.path == before


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("name", ["no_such_module:app", "clausewise_test_app:no_such_app"])
def test_the_import_path_is_as_before_where_there_is_no_app(name: str) -> None:
    before = list(sys.path)
    with pytest.raises(UsageError):
        app_target(name, 1)
    assert sys.path == before


def test_the_import_path_of_the_user_stays(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", ["", *sys.path])
    before = list(sys.path)
    app_target("clausewise_test_app:app", 1)
    assert sys.path == before
    assert sys.modules["clausewise_test_app"].__file__ == str(folder / "clausewise_test_app.py")
