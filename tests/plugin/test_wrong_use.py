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


def test_the_full_trace_is_full(project: Project) -> None:
    project.write(test_use=_TESTS)
    assert "clausewise/plugin/fixture.py" in project.pytest("--full-trace").stdout
