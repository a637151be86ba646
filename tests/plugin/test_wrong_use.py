"""A wrong use of the fixtures is shown at its line in the test."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import Project

pytestmark = pytest.mark.process

_TESTS = """
    import pytest

    @pytest.fixture
    def client(contract):
        return contract.watch(object())  # of a fixture

    def test_check(contract):
        contract.check(object())  # of a test

    def test_case(contract):
        contract.case("addNames", "POST", "/names")  # a deeper one

    def test_client(client):
        pass
"""


@pytest.mark.parametrize("style", ["auto", "short"])
def test_a_traceback_ends_in_the_test(style: str, project: Project) -> None:
    project.write(test_use=_TESTS)
    done = project.pytest(f"--tb={style}")
    for line in ("of a fixture", "of a test", "a deeper one"):
        assert f"# {line}" in done.stdout, done.stdout
    assert 'UsageError: contract.yaml has no operation "addNames"' in done.stdout
    assert "clausewise/" not in done.stdout.partition("short test summary")[0]


_STRICT = """
    import pytest
    from starlette.testclient import TestClient

    from app import app

    def ask(client):
        return client.get("/greetings/anna")  # the call

    def test_client(contract):
        ask(contract.watch(TestClient(app), strict=True))

    def test_app(contract):
        ask(TestClient(contract.asgi(app, strict=True)))

    def test_response(contract):
        contract.check(ask(TestClient(app)))
"""


@pytest.mark.parametrize("test", ["test_client", "test_app", "test_response"])
def test_a_strict_failure_is_three_lines_below_the_call(test: str, project: Project) -> None:
    project.write(test_strict=_STRICT)
    done = project.pytest(f"test_strict.py::{test}", env={"MOOD": "cross"})
    shown = done.stdout.partition("short test summary")[0]
    lines = [line for line in shown.splitlines() if line.startswith("E  ")]
    assert len(lines) == 3, shown
    assert lines[0].startswith('E       AssertionError: the 200 response has `mood` = "cross"')
    assert "contract.yaml:" in lines[1] and "(response.200.body.mood) [response-schema]" in lines[1]
    assert "curl" in lines[2]
    # The sources of the test, and none of a client's.
    assert "site-packages" not in shown and "clausewise/" not in shown
    assert "# the call" in shown or test == "test_response"


def test_the_full_trace_is_full(project: Project) -> None:
    project.write(test_use=_TESTS)
    assert "clausewise/plugin/fixture.py" in project.pytest("--full-trace").stdout
