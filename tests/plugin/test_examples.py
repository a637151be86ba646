"""The examples of the plugin in docs/how-to/pytest.md: each sees a fault of the server.

`tests/acceptance/test_pages.py` runs them, and the commands there, as they stand on the page.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

_PAGE = (Path(__file__).resolve().parents[2] / "docs" / "how-to" / "pytest.md").read_text(encoding="utf-8")
_EXAMPLES = dict(re.findall(r'```python title="(test_\w+\.py)"\n(.*?)```', _PAGE, re.DOTALL))

#: example -> tests in it that a server fails which gives a wrong status
_FAILING = {"test_clusters.py": 2, "test_properties.py": 1, "test_my_client.py": 0}


@pytest.fixture
def project(pytester: pytest.Pytester, contract_file: Path, repo: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    pytester.makeini("[pytest]\nclausewise_spec = openapi/astro-create-cluster.yaml\npythonpath = .\n")
    pytester.makepyfile(my_app="from tests.servers.faulty_cluster import app")
    # tests/plugin/test_cases.py shows that failures are shrunk, which takes minutes for an object as large as here.
    pytester.makeconftest(
        "from hypothesis import Phase, settings\n"
        "settings.register_profile('quick', phases=[Phase.explicit, Phase.generate])\n"
        "settings.load_profile('quick')\n"
    )
    folder = pytester.mkdir("openapi")
    (folder / contract_file.name).write_bytes(contract_file.read_bytes())
    monkeypatch.setenv("PYTHONPATH", str(repo))
    monkeypatch.setenv("CI", "true")
    return pytester.path


def test_every_way_has_an_example() -> None:
    assert _EXAMPLES.keys() == _FAILING.keys()


@pytest.mark.parametrize("name", _EXAMPLES)
def test_an_example_meets_a_fault(
    project: Path, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("FAULTS", "response-bad-enum")
    (project / name).write_text(_EXAMPLES[name])
    done = pytester.runpytest_subprocess("-p", "no:schemathesis", name)
    assert done.parseoutcomes().get("failed", 0) == _FAILING[name]
