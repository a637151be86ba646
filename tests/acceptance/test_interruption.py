"""A run that is ended from outside reports what it found until then."""

from __future__ import annotations

import json
import queue
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from pathlib import Path
from typing import Any

import pytest

from clausewise.options import ReportOptions
from clausewise.report_table import REPORT_FILES
from tests.servers.faulty_cluster import create_app, serve
from tests.validation.traffic import RESPONSE
from tests.validation.traffic import line as recorded_line

#: what a shell does with a job that it starts in the background
_IN_BACKGROUND = ("sh", "-c", 'trap "" INT; exec "$@"', "sh")
#: answered requests after which a run is interrupted: the fault shows in the first accepted one
_ENOUGH = 10


def _heed_hang_ups() -> None:
    """Whoever runs the tests may ignore SIGHUP (`nohup`), and a process inherits that."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.mark.parametrize(
    ("shell", "ignored", "end"),
    [
        pytest.param((), (), signal.SIGINT, id="Ctrl-C"),
        pytest.param((), (), signal.SIGTERM, id="a cancelled CI job"),
        pytest.param((), (), signal.SIGHUP, id="a closed terminal"),
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
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=_heed_hang_ups
        ) as process:
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


def test_pressing_ctrl_c_again_and_again_loses_nothing(contract_file: Path, tmp_path: Path) -> None:
    inner, requests = create_app(["response-null"]), threading.Semaphore(0)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        requests.release()
        await inner(scope, receive, send)

    with serve(app) as url:
        command = [sys.executable, "-m", "clausewise", "test", str(contract_file), "--rate", "20"]
        command += ["--url", url, "--output-dir", str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            for _ in range(_ENOUGH):
                assert requests.acquire(timeout=60)
            for number in (signal.SIGINT, signal.SIGINT, signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
                process.send_signal(number)
                time.sleep(0.05)
            output, complaint = process.communicate(timeout=60)
    assert process.returncode == 130, output + complaint
    assert "FAILED: the run was interrupted" in output
    record = json.loads((tmp_path / "run.json").read_text())
    assert record["incomplete"] and record["requests"] >= _ENOUGH // 2


def test_a_killed_run_is_reported_and_goes_on(contract_file: Path, tmp_path: Path) -> None:
    inner, requests = create_app(["response-null"]), threading.Semaphore(0)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        requests.release()
        await inner(scope, receive, send)

    def clausewise(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "clausewise", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    with serve(app) as url:
        options = [str(contract_file), "--url", url, "--operation", "createCluster", "--phase", "baseline,clauses"]
        command = [sys.executable, "-m", "clausewise", "test", *options, "--rate", "50", "--output-dir", str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            for _ in range(2 * _ENOUGH):
                assert requests.acquire(timeout=60)
            process.kill()
            process.communicate(timeout=60)
        lines = (tmp_path / "exchanges.ndjson").read_bytes().count(b"\n")
        assert lines > 2
        reported = clausewise("report", str(tmp_path))
        assert reported.returncode == 1, reported.stdout + reported.stderr
        assert "FAILED: the run did not reach its end" in reported.stdout
        assert json.loads((tmp_path / "run.json").read_text())["requests"] == lines
        resumed = clausewise("test", *options, "--resume", str(tmp_path))
    assert resumed.returncode == 1, resumed.stdout + resumed.stderr
    record = json.loads((tmp_path / "run.json").read_text())
    assert "incomplete" not in record and "response-schema" in {each["rule"] for each in record["findings"]}
    assert not (tmp_path / "logbook.ndjson").exists()
    refused = clausewise("test", *options, "--resume", str(tmp_path))
    assert refused.returncode == 2 and "holds no run that stopped before its end" in refused.stderr


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("form", ["text", "json"])
def test_a_validation_of_what_comes_tells_it_at_once_and_at_the_end(
    contract_file: Path, tmp_path: Path, end: signal.Signals, form: str
) -> None:
    command = [sys.executable, "-m", "clausewise", "validate", str(contract_file), "-", "--jobs", "2"]
    command += ["--format", form, "--output-dir", str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stderr is not None and process.stdout is not None
        told: queue.Queue[bytes] = queue.Queue()
        complaining = map(told.put, process.stderr)
        threading.Thread(target=lambda: deque(complaining, 0), daemon=True).start()
        line, sent = recorded_line(response=RESPONSE | {"status": "PROVISIONING"}) + b"\n", 0
        while told.empty() and sent < 300:
            # The pipe is never closed, and it comes far less than what is usually read at once.
            process.stdin.write(line)
            process.stdin.flush()
            sent += 1
            time.sleep(0.2)
        process.send_signal(end)
        watchdog = threading.Timer(60, process.kill)
        watchdog.start()
        output = process.stdout.read().decode()
        watchdog.cancel()
        assert process.wait(timeout=60) == 130
    complaints = b"".join(told.queue).decode()
    assert "error -:1:1 [response-schema]" in complaints and "Traceback" not in complaints
    if form == "json":
        record = json.loads(output)
        assert record["incomplete"] and record["findings"][0]["rule"] == "response-schema"
        assert 0 < record["requests"] <= sent
    else:
        assert "[response-schema]" in output and "FAILED: the scan was interrupted" in output
    assert json.loads((tmp_path / "run.json").read_text())["scan"]["interrupted"]
