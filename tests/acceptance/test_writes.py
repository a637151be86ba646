"""On a server that is not on this machine: what leaves is counted there, in a network of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.conftest import RunClausewise
from tests.servers.faulty_cluster import serve
from tests.servers.small import Answer, Call, Shelves, app_of, paths

_ALL = ("POST /boxes", "GET /boxes", "GET /boxes/{id}", "PUT /boxes/{id}", "DELETE /boxes/{id}")

#: an address that is not of the loopback, on an interface that leads nowhere
_ADDRESS = "10.77.0.2"

#: a server that writes down each request line as it comes; some of its modes are those of a bad day
_SERVER = """
import asyncio, json, sys
address, log, mode = sys.argv[1:]
kept, number, writes = {"/boxes/mine": {"id": "mine", "name": "precious"}}, 0, 0

def answer(method, path, body):
    global number
    try:
        value = json.loads(body or b"null")
    except ValueError:
        value = None
    if path == "/boxes" and method == "GET":
        return 200, list(kept.values())
    if path == "/boxes" and method == "DELETE":
        kept.clear()
        return 204, None
    if path == "/boxes" and method == "POST":
        if not isinstance(value, dict) or not isinstance(value.get("name"), str) or len(value["name"]) > 40:
            return 400, {}
        number += 1
        one = kept[f"/boxes/{number}"] = {**value, "id": str(number)}
        return 201, one
    if path not in kept:
        return 404, {}
    if method == "GET":
        return 200, kept[path]
    if method == "DELETE":
        del kept[path]
        return 204, None
    if method == "PUT":
        if not isinstance(value, dict) or not isinstance(value.get("name"), str) or len(value["name"]) > 40:
            return 400, {}
        kept[path].update(value, id=kept[path]["id"])
        return 200, kept[path]
    return 405, {}

async def serve(reader, writer):
    global writes
    used = 0
    try:
        while True:
            head = (await reader.readuntil(b"\\r\\n\\r\\n")).decode("latin-1")
            line, *fields = head.split("\\r\\n")
            headers = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
            body = await reader.readexactly(int(headers.get("content-length") or 0))
            method, target, _ = line.split(" ")
            used += 1
            write = method not in ("GET", "HEAD", "OPTIONS", "TRACE")
            writes += write
            with open(log, "a") as file:
                file.write(line + "\\n")
            status, value = answer(method, target.partition("?")[0], body)
            if mode == "drops" and write and used > 1 and writes % 3 == 0:
                break
            if mode == "busy" and write and writes % 3 == 0:
                status, value = 503, None
            content = b"" if value is None else json.dumps(value).encode()
            fields = "Content-Type: application/json\\r\\nRetry-After: 0"
            answered = f"HTTP/1.1 {status} X\\r\\n{fields}\\r\\nContent-Length: {len(content)}\\r\\n\\r\\n"
            writer.write(answered.encode() + content)
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()

async def main():
    async with await asyncio.start_server(serve, address, 8080) as server:
        print("ready", flush=True)
        await server.serve_forever()

asyncio.run(main())
"""

_SCRIPT = """
ip link set lo up && ip addr add {address}/32 dev lo || exit 99
{python} server.py {address} log {mode} > ready & server=$!
for _ in $(seq 100); do [ -s ready ] && break; sleep 0.05; done
{python} -m clausewise test api.json --url http://{address}:8080 --output-dir out {arguments} > stdout 2> stderr
echo $? > status; kill $server
"""


def _namespace() -> str:
    """Why this machine gives no network namespace; "" where it does."""
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        return "there is no unshare, or no ip"
    trial = f"ip link set lo up && ip addr add {_ADDRESS}/32 dev lo"
    done = subprocess.run(["unshare", "-rn", "sh", "-c", trial], capture_output=True, text=True)
    return "" if done.returncode == 0 else f"no network namespace: {done.stderr.strip()}"


_WHY_NOT = _namespace()

elsewhere = pytest.mark.skipif(bool(_WHY_NOT), reason=_WHY_NOT)


def document(*entries: str) -> str:
    return json.dumps({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths(*entries)})


def run_elsewhere(folder: Path, mode: str, arguments: str, *entries: str) -> Counter[str]:
    """The requests that a server elsewhere received, by method and path; ids are left out."""
    (folder / "server.py").write_text(_SERVER)
    (folder / "api.json").write_text(document(*entries))
    script = _SCRIPT.format(address=_ADDRESS, python=sys.executable, mode=mode, arguments=arguments)
    environ = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    subprocess.run(["unshare", "-rn", "bash", "-c", script], cwd=folder, env=environ, timeout=300, check=True)
    lines = (folder / "log").read_text().splitlines() if (folder / "log").exists() else []
    return Counter(" ".join(line.split()[:2]) for line in lines)


def written(received: Counter[str]) -> int:
    return sum(count for line, count in received.items() if line.split()[0] in ("POST", "PUT", "PATCH", "DELETE"))


@elsewhere
@pytest.mark.slow
@pytest.mark.parametrize(
    ("entries", "arguments"),
    [(("GET /boxes",), ""), (_ALL, "--operation 'GET /boxes' --operation 'GET /boxes/{id}'"), (_ALL, "--phase all")],
    ids=["one GET", "what others support", "every phase"],
)
def test_nothing_is_written_unasked(tmp_path: Path, entries: tuple[str, ...], arguments: str) -> None:
    received = run_elsewhere(tmp_path, "honest", arguments, *entries)
    assert received and written(received) == 0
    stdout, stderr = (tmp_path / "stdout").read_text(), (tmp_path / "stderr").read_text()
    assert "is not on this machine, and without --allow-writes nothing is sent that may change it" in stdout
    assert stderr.startswith("writes: none; only GET, HEAD, OPTIONS and TRACE are sent: ")
    assert not (tmp_path / "out" / "created.ndjson").exists()


@elsewhere
@pytest.mark.slow
@pytest.mark.parametrize(
    ("mode", "limit", "connections"),
    [("honest", 1, 32), ("honest", 10, 1), ("honest", 50, 32), ("drops", 50, 8), ("busy", 50, 32)],
)
def test_no_write_more_than_allowed_reaches_the_server(tmp_path: Path, mode: str, limit: int, connections: int) -> None:
    arguments = f"--allow-writes {limit} --connections {connections} --phase baseline,clauses"
    received = run_elsewhere(tmp_path, mode, arguments, *_ALL)
    assert 0 < written(received) <= limit or limit == 1
    assert received["DELETE /boxes"] == 0 and not any(line.endswith("/mine") for line in received if line[:3] != "GET")
    stderr = (tmp_path / "stderr").read_text()
    assert f"is sent at most {limit} request" in stderr
    if mode == "honest" and limit > 1:
        assert f"writes: {written(received)} of {limit} sent" in stderr and "left 0" in stderr
    if mode == "drops":
        assert "got no answer, and may have created something" in stderr


@pytest.mark.slow
def test_what_a_killed_run_left_is_removed_by_its_journal(run_clausewise: RunClausewise, tmp_path: Path) -> None:
    shelves = _Slow()
    (tmp_path / "api.json").write_text(document(*_ALL))
    journal = tmp_path / "out" / "created.ndjson"
    with serve(app_of(shelves, seconds=0.005)) as url:
        command = ["test", "api.json", "--url", url, "--output-dir", "out", "--connections", "1"]
        process = subprocess.Popen(
            [sys.executable, "-m", "clausewise", *command],
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 60
        while len(shelves.kept) < 4 and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        time.sleep(0.1)
        there = len(shelves.kept)
        done = run_clausewise("cleanup", str(journal), cwd=tmp_path)
        # What was under way at that very moment is named, and cannot be removed by its name.
        unknown = done.stdout.count("got no answer")
        assert there >= 4 and len(shelves.kept) <= unknown <= 1, done.stdout
        assert done.returncode == (1 if unknown else 0)


class _Slow(Shelves):
    """Removes nothing while the run goes on, so that there is something to find."""

    def answer(self, call: Call) -> Answer:
        early = call.method == "DELETE" and len(self.kept) < 4 and not any(c.line == call.line for c in self.calls[:-1])
        return (423, {"message": "locked"}) if early else super().answer(call)
