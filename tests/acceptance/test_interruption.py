"""A run that is ended from outside reports what it found until then."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from clausewise.options import ReportOptions
from clausewise.report_table import REPORT_FILES
from tests.servers.faulty_cluster import create_app, serve

#: what a shell does with a job that it starts in the background
_IN_BACKGROUND = ("sh", "-c", 'trap "" INT; exec "$@"', "sh")
#: answered requests after which a run is interrupted: the fault shows in the first accepted one
_ENOUGH = 10


@pytest.mark.parametrize(
    ("shell", "ignored", "end"),
    [
        pytest.param((), (), signal.SIGINT, id="Ctrl-C"),
        pytest.param((), (), signal.SIGTERM, id="a cancelled CI job"),
        pytest.param(_IN_BACKGROUND, (), signal.SIGTERM, id="a job in the background"),
        pytest.param(_IN_BACKGROUND, (signal.SIGINT,), signal.SIGTERM, id="a job in the background ignores Ctrl-C"),
    ],
)
def test_an_interrupted_run_reports_what_it_found(
    contract_file: Path,
    tmp_path: Path,
    shell: tuple[str, ...],
    ignored: tuple[signal.Signals, ...],
    end: signal.Signals,
) -> None:
    inner, requests = create_app(["response-null"]), threading.Semaphore(0)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        requests.release()
        await inner(scope, receive, send)

    with serve(app) as url:
        command = [*shell, sys.executable, "-m", "clausewise", "test", str(contract_file), "--rate", "20"]
        command += ["--url", url, "--output-dir", str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            for number in (*ignored, end):
                for _ in range(_ENOUGH):
                    assert requests.acquire(timeout=60)
                process.send_signal(number)
            output, complaint = process.communicate(timeout=60)
    assert process.returncode == 130, output + complaint
    assert "response-schema" in output and "interrupted" in output and "Traceback" not in complaint
    wanted = {REPORT_FILES[name] for name in ReportOptions().reports}
    wanted |= {"exchanges.ndjson", "logbook.ndjson", "created.ndjson"}
    assert wanted == {file.name for file in tmp_path.iterdir()}
