"""The memory of a run that sends very many requests to a server that is wrong in every answer.

`python -m tests.benchmarks.soak [REQUESTS]`; 200,000 where nothing is said. Prints how many were sent and the memory of
the process after each quarter, in MB.

With 40 operations it had 115 MB after 20,000 requests, 122 MB after 46,000, 131 MB after 102,000, and 140 MB at most
when it was ended after 108,245 and had made its reports: 0.2 KB for each request.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import yaml

from tests.benchmarks.measure import Figure, Part

_METHOD = """
One run of about {count:,} requests against a server that answers every request with a wrong value of 4 KB, its reports
included; the memory of the process when a quarter of them was sent, and the most that it had. `python -m
tests.benchmarks.soak 200000` does the same with more.
"""

#: requests of the run among the other benchmarks
_REQUESTS = 20_000

#: what a process with all its reports may take, in MB
LIMIT = 300

#: examples of one operation: Hypothesis takes its time for more
_EXAMPLES = 5_000


class _Wrong(BaseHTTPRequestHandler):
    """It takes everything, and answers with a value that the contract does not have."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Answer anything with 4 KB that are wrong."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b'{"id": "' + b"x" * 4_000 + b'"}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


def _contract(operations: int) -> str:
    things = {"type": "object", "properties": {f"p{n}": {"type": "string", "maxLength": 40} for n in range(6)}}
    answer = {"type": "object", "properties": {"id": {"type": "integer"}}}

    def operation(number: int) -> object:
        return {
            "operationId": f"make{number}",
            "requestBody": {"content": {"application/json": {"schema": things}}},
            "responses": {"200": {"description": "", "content": {"application/json": {"schema": answer}}}},
        }

    paths = {f"/things{number}": {"post": operation(number)} for number in range(operations)}
    return yaml.safe_dump({"openapi": "3.1.0", "info": {"title": "a", "version": "1"}, "paths": paths})


def _memory(process: int) -> tuple[int, int]:
    """What a process takes now, and took at most, in MB."""
    status = Path(f"/proc/{process}/status").read_text()
    now, most = (re.search(rf"{name}:\s+(\d+)", status) for name in ("VmRSS", "VmHWM"))
    return (int(now[1]) // 1024, int(most[1]) // 1024) if now and most else (0, 0)


def measure(rounds: int) -> Part:
    """The memory of a long run, measured once."""
    with tempfile.TemporaryDirectory() as folder:
        quarter, most = soaked(_REQUESTS, Path(folder))
    figures = (Figure("after a quarter", quarter, "MB"), Figure("at most", most, "MB", LIMIT))
    return Part("Memory of a long run", _METHOD.format(count=_REQUESTS).strip(), figures)


def soaked(requests: int, folder: Path) -> tuple[int, int]:
    """The memory of a run that sends about so many requests: after a quarter of them, and at most. In MB."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Wrong)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    (folder / "api.yaml").write_text(_contract(max(1, requests // _EXAMPLES)))
    command = [
        sys.executable,
        "-m",
        "clausewise",
        "test",
        str(folder / "api.yaml"),
        "--output-dir",
        str(folder / "run"),
    ]
    command += ["--url", f"http://127.0.0.1:{server.server_address[1]}", "--phase", "baseline,properties"]
    command += ["--max-examples", str(min(requests, _EXAMPLES)), "--quiet"]
    first, most, quarter, lines, read = 0, 0, 1, 0, 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            time.sleep(0.5)
            try:
                now, peak = _memory(process.pid)
                with (folder / "run" / "logbook.ndjson").open("rb") as file:
                    file.seek(read)
                    block = file.read()
            except OSError:
                continue
            read, lines, most = read + len(block), lines + block.count(b"\n"), max(most, peak)
            if lines >= quarter * requests // 4:
                print(f"{lines:>9} requests: {now} MB now, {most} MB at most", flush=True)
                first, quarter = first or now, 1 + 4 * lines // requests
    server.shutdown()
    print(f"{lines:>9} requests: {most} MB at most, the reports included; the limit is {LIMIT} MB")
    return first, most


def main() -> None:
    """Measure, and fail where the limit is exceeded."""
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(soaked(requests, Path(folder))[1] > LIMIT)


if __name__ == "__main__":
    main()
