"""What keeps Schemathesis to itself ends with it, and changes nothing for the app in the same process."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis.configuration import storage_directory
from schemathesis.core.jsonschema import resolver
from schemathesis.transport.requests import ManagedCookiesSession

from clausewise.options import RunOptions
from clausewise.phases.schemathesis.isolation import isolated
from clausewise.runner.run import run
from clausewise.runner.targets import Target
from clausewise.spec.document import read
from tests.conftest import Compile
from tests.servers.notes import CREDENTIALS, DOCUMENT, Notes
from tests.servers.small import app_of

_URL = "http://127.0.0.1:1/"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    (tmp_path / "netrc").write_text("default login somebody password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))


def sent_with(session: requests.Session) -> tuple[dict[str, str], bool]:
    """The proxies that a request of `session` would take, and whether it would log in."""
    proxies = session.merge_environment_settings(_URL, {}, None, None, None)["proxies"]
    prepared = session.prepare_request(requests.Request("GET", _URL))
    return dict(proxies), "Authorization" in prepared.headers


def test_only_its_own_sessions_leave_the_environment_alone() -> None:
    with isolated():
        own = ManagedCookiesSession()
        assert sent_with(own) == ({}, False)
        assert sent_with(requests.Session()) == ({"http": "http://proxy.example:3128"}, True)
    assert sent_with(own) == ({}, False)
    assert sent_with(ManagedCookiesSession()) == ({"http": "http://proxy.example:3128"}, True)


def test_what_it_stores_goes_to_a_folder_that_is_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HYPOTHESIS_STORAGE_DIRECTORY", raising=False)
    before = storage_directory().home_directory
    with isolated():
        during = storage_directory().home_directory
        storage_directory("tmp").create_if_missing()
        assert during.is_dir()
    assert not during.exists()
    assert storage_directory().home_directory == before != during


@pytest.mark.slow
def test_a_document_makes_it_read_and_fetch_nothing_else(
    compiled: Compile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def reads(place: str) -> dict[str, Any]:
        tried.append(place)
        return {}

    for reader in ("load_file", "load_file_uri", "load_remote_uri"):
        monkeypatch.setattr(resolver, reader, reads)
    places = "http://169.254.169.254/api.json", (tmp_path / "private.json").as_uri(), "../private.json", "/dev/zero"
    links = {str(number): {"operationRef": f"{place}#/paths/~1b/get"} for number, place in enumerate(places)}
    operation = {"operationId": "a", "responses": {"200": {"description": "", "links": links}}}
    contract = compiled({"paths": {"/a": {"get": operation}}})
    options = RunOptions(phases=("baseline", "engine"), max_examples=2)
    result = run(contract, Target("app", "small", 1, app_of(lambda call: (200, None))), options)
    assert any("-engine-" in exchange.id for exchange in result.exchanges)
    assert tried == []


def test_documents_that_were_read_are_there_for_it(tmp_path: Path) -> None:
    (tmp_path / "a b.json").write_text('{"one": 1}')
    document = read(tmp_path / "a b.json", "a b.json")
    with isolated([document]):
        assert resolver.retrieve((tmp_path / "a b.json").as_uri()) == {"one": 1}
        with pytest.raises(OSError, match="the contract does not read it"):
            resolver.retrieve((tmp_path / "other.json").as_uri())


def test_its_warnings_alone_are_silenced() -> None:
    before = list(warnings.filters)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with isolated():
            warnings.warn_explicit("theirs", UserWarning, "x.py", 1, module="schemathesis.engine")
            warnings.warn_explicit("the app's", UserWarning, "x.py", 1, module="app")
    assert [str(one.message) for one in caught] == ["the app's"]
    assert warnings.filters == before


@pytest.mark.slow
def test_an_app_in_the_process_meets_the_environment_as_it_is(compiled: Compile) -> None:
    def state() -> tuple[dict[str, str], list[str]]:
        return dict(os.environ), list(sys.path)

    before, served, met = state(), Notes(), []

    def app(environ: dict[str, Any], start_response: Any) -> Any:
        met.append(state())
        return served(environ, start_response)

    options = RunOptions(phases=("baseline", "engine"), headers=(CREDENTIALS,), max_examples=2)
    result = run(compiled(DOCUMENT), Target("app", "app", 8, app), options)
    assert any(each.probe and each.probe.phase == "engine" for each in result.exchanges)
    during = [(environ, [folder for folder in path if folder]) for environ, path in met]
    # The working directory alone is added while the app is served.
    assert all(each == (before[0], [folder for folder in before[1] if folder]) for each in during)
    assert state() == before
