"""What the proxy adds to an exchange on the loopback, beside the same exchange with the server itself.

`python -m tests.benchmarks.proxy [EXCHANGES]`; 500 creations of a cluster where nothing is said. The server is the
mock, in a process of its own, and so is the proxy; every exchange is checked and recorded.
"""

from __future__ import annotations

import http.client
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from clausewise.contract.contract import load

CONTRACT = Path(__file__).resolve().parents[2] / "openapi" / "astro-create-cluster.yaml"

_PATH = "/organizations/clm88r8hi000008jwhzxu5crg/clusters"
_HEADERS = {"Content-Type": "application/json", "Authorization": "Bearer of-nobody"}


@contextmanager
def _serving(*arguments: str) -> Iterator[str]:
    """A server that a command starts; gives its address."""
    command = [sys.executable, "-m", "clausewise", *arguments, "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        words = process.stdout.readline().split()
        yield next(word for word in words if word.startswith("http://"))
        process.terminate()
        process.communicate(timeout=60)


def _milliseconds(connection: http.client.HTTPConnection, body: bytes) -> float:
    start = time.perf_counter()
    connection.request("POST", _PATH, body, _HEADERS)
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 200
    return 1000 * (time.perf_counter() - start)


def main() -> None:
    """Print the medians, and what is between them."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    operation = load(CONTRACT).operation("createCluster")
    assert operation.body is not None and operation.body.judged is not None
    body = json.dumps(operation.body.judged.media.examples[0].value).encode()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        server = stack.enter_context(_serving("mock", str(CONTRACT), "-q"))
        host = f"http://{urlsplit(server).netloc}"
        reports = ("--output-dir", folder, "--report", "json", "-q", "--exit-zero")
        proxy = stack.enter_context(_serving("proxy", str(CONTRACT), "--url", host, *reports))
        direct, through = (http.client.HTTPConnection(urlsplit(each).netloc) for each in (server, proxy))
        # In turn, so that what else the machine does slows both alike.
        pairs = [(_milliseconds(direct, body), _milliseconds(through, body)) for _ in range(count)]
    medians = [statistics.median(each) for each in zip(*pairs[count // 10 :], strict=True)]
    print(f"{count} exchanges: {medians[0]:.2f} ms with the server, {medians[1]:.2f} ms through the proxy")
    print(f"the proxy adds {medians[1] - medians[0]:.2f} ms at the median")


if __name__ == "__main__":
    main()
