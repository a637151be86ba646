"""A new user and a service as many are: `init` with its URL, the variables that it names, and the command that it
prints give a red gate that names the faults."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.conftest import RunClausewise

pytestmark = pytest.mark.slow

#: fault of the service -> what the gate says of it
_FAULTS = {
    "status": r"\[undocumented-status\]\n  create_order_orders_post answered 200; the contract documents 201",
    "null-note": r"Order/properties/note/type \[response-schema\]",
    "no-auth": r"\[auth-not-enforced\]",
}


@pytest.fixture
def shop(shared: Path, tmp_path: Path) -> Iterator[str]:
    """The running service: its URL."""
    pytest.importorskip("email_validator")
    pytest.importorskip("python_multipart")
    folder = shared / "cases" / "newcomer" / "shop"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "FAULTS": ",".join(_FAULTS), "SHOP_DB": str(tmp_path / "shop.db")}
    command = [sys.executable, "-m", "uvicorn", "app:app", "--app-dir", str(folder), "--port", str(port)]
    server = subprocess.Popen([*command, "--log-level", "error"], env=environment)
    try:
        for _ in range(300):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            assert server.poll() is None, "the service has ended"
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait(timeout=30)


def test_from_a_url_to_a_red_gate(shop: str, tmp_path: Path, run_clausewise: RunClausewise) -> None:
    begun = run_clausewise("init", shop, "--ci", "gitlab", cwd=tmp_path)
    assert begun.returncode == 0, begun.stderr
    *exports, last = [line.strip() for line in begun.stdout.rpartition("next:\n")[2].splitlines()]
    assert [re.split("[ =]", line)[1] for line in exports] == ["API_USERNAME", "API_PASSWORD", "API_KEY"]
    values = {"API_USERNAME": "alice@example.com", "API_PASSWORD": "wonderland", "API_KEY": "admin-key-1"}

    gate = run_clausewise(*last.split()[1:], cwd=tmp_path, env=values, timeout=300)
    assert gate.returncode == 1, gate.stderr
    assert "operations accepted 16 of 16" in gate.stdout
    for fault, shown in _FAULTS.items():
        assert re.search(shown, gate.stdout), f"{fault}\n{gate.stdout}"
    for file in (tmp_path / "reports/latest").glob("*.*"):
        assert "wonderland" not in file.read_text(encoding="utf-8", errors="replace"), file
