"""Start-up: `--help`, one payload beside check-jsonschema, and what the plugin adds to pytest."""

from __future__ import annotations

import sys
import tempfile
from functools import partial
from pathlib import Path

from tests.benchmarks.measure import CONTRACT, ROOT, Figure, Part, in_turns, installed, middle, often, spent

_METHOD = """
Each command from its start to its end, modules compiled before, is measured {often}. The
payload is a request of the shipped contract; `check-jsonschema` reads the schema that `clausewise schemas` made of it,
clausewise the contract itself. pytest collects one empty test, with the plugin and without.
"""

_PAYLOAD = """{"cloudProvider": "AWS", "name": "a", "region": "us-east-1", "type": "DEDICATED",
 "vpcSubnetRange": "172.20.0.0/20", "workspaceIds": [], "k8sTags": [], "nodePools": []}"""

#: goals: seconds of `--help`, and the share of check-jsonschema's time
_HELP, _SHARE = 0.1, 0.4


def measure(rounds: int) -> Part:
    """How long commands take that do almost nothing."""
    schema = ROOT / "openapi" / "schemas" / "createCluster.request.schema.json"
    with tempfile.TemporaryDirectory() as folder:
        at = Path(folder)
        (at / "body.json").write_text(_PAYLOAD, encoding="utf-8")
        (at / "test_nothing.py").write_text("def test_nothing():\n    pass\n", encoding="utf-8")
        python = [sys.executable]
        clausewise = [*python, "-m", "clausewise"]
        collect = [*python, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "-p", "no:schemathesis"]
        commands = {
            "python": [*python, "-c", ""],
            "help": [*clausewise, "--help"],
            "payload": [*clausewise, "validate", str(CONTRACT), "body.json", "--as", "request"],
            "collect": collect,
            "collect without": [*collect, "-p", "no:clausewise"],
        }
        if installed("check-jsonschema"):
            commands["peer"] = [*python, "-m", "check_jsonschema", "--schemafile", str(schema), "body.json"]
        taken = in_turns({name: partial(spent, command, at) for name, command in commands.items()}, max(rounds, 5))
    assert all(usage.status == 0 for usages in taken.values() for usage in usages)
    wall = {name: middle(usages).wall for name, usages in taken.items()}
    figures = [
        Figure("python, doing nothing", wall["python"], "s"),
        Figure("clausewise --help", wall["help"], "s", goal=_HELP),
        Figure("clausewise validate, one payload", wall["payload"], "s"),
        Figure("pytest with the plugin, one test collected", wall["collect"], "s"),
        Figure("pytest without it", wall["collect without"], "s"),
    ]
    if "peer" in wall:
        figures += [
            Figure("check-jsonschema, one payload", wall["peer"], "s"),
            Figure("share of check-jsonschema's time", wall["payload"] / wall["peer"], goal=_SHARE),
        ]
    missing = () if "peer" in wall else ("check-jsonschema: `pip install check-jsonschema`",)
    return Part("Start-up", _METHOD.format(often=often(max(rounds, 5))).strip(), tuple(figures), missing)
