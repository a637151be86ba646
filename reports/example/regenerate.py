"""Writes this folder anew: the shipped contract against its own mock with a few faults on, in every format.

    python reports/example/regenerate.py            write
    python reports/example/regenerate.py --check    fail where the folder is not what would be written

A run differs from the next one in its times and in nothing else, so they are left out here.
"""

from __future__ import annotations

import os
import sys
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec

from clausewise.contract.contract import load
from clausewise.exchange import Exchange
from clausewise.mockserver.app import MockApp
from clausewise.mockserver.faults import FaultInjector, named_faults
from clausewise.options import GatePolicy, RunOptions, Waiver
from clausewise.recordings import ndjson
from clausewise.report.write import write_reports
from clausewise.report_table import REPORT_FILES
from clausewise.results import gate
from clausewise.results.collector import EXCHANGES
from clausewise.runner.run import run
from clausewise.runner.targets import Target

_HERE = Path(__file__).resolve().parent
_ROOT = _HERE.parents[1]
_CONTRACT = "openapi/astro-create-cluster.yaml"

#: of the run, and of each exchange
_TIME = datetime(2026, 1, 1, tzinfo=UTC)

_FAULTS = (
    "crash #/components/schemas/CreateNodePoolRequest/properties/maxNodeCount/minimum",
    "broken #/components/schemas/Cluster/properties/status/enum",
    "broken #/components/schemas/ClusterMetadata/properties/oidcIssuerUrl/type",
    "unenforced #/components/schemas/CreateGcpClusterRequest/required/1",
    "unenforced #/components/schemas/CreateNodePoolRequest/properties/name/maxLength",
    "unenforced #/security/0",
)
#: as many as there are by default; whoever names a number does not leave it to the clock how many there are
_OPTIONS = RunOptions(max_examples=25)

#: the run before knew of this one
_KNOWN = "#/components/schemas/CreateGcpClusterRequest/required/1"
_POLICY = GatePolicy(
    waivers=(
        Waiver(
            clause="#/components/schemas/ClusterMetadata/properties/oidcIssuerUrl/type",
            reason="the issuer comes with the next release; see ticket 4711",
            expires=date(2099, 12, 31),
        ),
    )
)


def write(folder: Path) -> None:
    """Run, and write every format and the exchanges into `folder`."""
    contract = load(_CONTRACT)
    faults = [fault for name in _FAULTS for fault in named_faults(contract, name)]
    app = MockApp(contract, injectors=map(FaultInjector, faults))
    result = run(contract, Target("mock", f"mock with {len(_FAULTS)} faults", 8, app), _OPTIONS)
    known = frozenset(finding.id for finding in result.run.findings if finding.clause == _KNOWN)
    timeless = msgspec.structs.replace(result.run, started="2026-01-01T00:00:00Z", seconds=0.0)
    judged = gate.apply_policy(timeless, _POLICY, baseline=known, today=_TIME.date())
    exchanges = [_timeless(exchange) for exchange in result.exchanges]
    write_reports(judged, folder, [name for name in REPORT_FILES if name != "har"], exchanges)
    # Of more than a thousand exchanges those that findings show: the folder is here to be read.
    shown = {finding.exchange for finding in judged.findings}
    chosen = [exchange for exchange in exchanges if exchange.id in shown]
    write_reports(judged, folder, ["har"], chosen)
    ndjson.write(folder / EXCHANGES, chosen)


def _timeless(exchange: Exchange) -> Exchange:
    answer = exchange.response
    response = None if answer is None else msgspec.structs.replace(answer, seconds=0.0)
    return msgspec.structs.replace(exchange, response=response, started=_TIME)


def check() -> int:
    """1 where a file of the folder is not what would be written, with a line for each; else 0."""
    with tempfile.TemporaryDirectory() as written:
        write(Path(written))
        names = sorted({*REPORT_FILES.values(), EXCHANGES})
        stale = [
            name
            for name in names
            if not (_HERE / name).is_file() or (_HERE / name).read_bytes() != (Path(written) / name).read_bytes()
        ]
    for name in stale:
        print(f"reports/example/{name} is stale: python reports/example/regenerate.py writes it anew", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    # Places in reports are relative to the root, as they are for whoever runs clausewise there.
    os.chdir(_ROOT)
    if sys.argv[1:] == ["--check"]:
        sys.exit(check())
    write(_HERE)
