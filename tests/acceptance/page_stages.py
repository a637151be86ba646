"""What a reader of each page has before the first command: a clone of this repository, or a folder of their own and the
server to test."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.acceptance.pages import ROOT, File, pages, steps
from tests.validation import traffic

#: pages on an API of the reader's own: their folder is empty
_OWN = {
    *("README.md", "docs/your-api.md", "docs/how-to/begin.md", "docs/how-to/login.md", "docs/how-to/baseline.md"),
    "docs/how-to/mock.md",
}

#: what a clone has that the commands speak of
_LINKED = ("openapi", "tests", "toolkit", "pyproject.toml")

#: page -> the servers that it takes for granted
SERVERS: dict[str, tuple[str, ...]] = {
    "README.md": ("uvicorn shop:app --port 8000",),
    "docs/your-api.md": ("uvicorn like_spring:app --port 8080",),
}


def prepare(page: str, folder: Path) -> None:
    """Make the folder in which the commands of a page run."""
    if page not in _OWN:
        for name in _LINKED:
            (folder / name).symlink_to(ROOT / name)
        shutil.copytree(ROOT / "reports" / "example", folder / "reports" / "example")
    if more := _MORE.get(page):
        more(folder)


def _shop(folder: Path) -> None:
    """The app of "Your API in three lines"."""
    page = pages()["docs/your-api.md"]
    (shop,) = (step for step in steps(page) if isinstance(step, File) and step.name == "shop.py")
    (folder / shop.name).write_text(shop.text, encoding="utf-8")


def _like_spring(folder: Path) -> None:
    """An app whose document is where Spring has it."""
    text = 'from fastapi import FastAPI\n\napp = FastAPI(openapi_url="/v3/api-docs")\n\n\n'
    text += '@app.get("/status")\ndef status() -> str:\n    return "works"\n'
    (folder / "like_spring.py").write_text(text, encoding="utf-8")


def _shards(folder: Path) -> None:
    for shard in ("shard-1", "shard-2"):
        shutil.copytree(ROOT / "reports" / "example", folder / shard)


def _recordings(folder: Path) -> None:
    """A recording of each kind, with what is right."""
    traffic.write(folder / "traffic.ndjson", [traffic.line()])
    entry = {
        "request": {"method": "GET", "url": f"https://host{traffic.PATH}", "headers": []},
        "response": {"status": 405, "headers": [], "content": {}},
    }
    (folder / "session.har").write_text(json.dumps({"log": {"entries": [entry]}}))
    (folder / "cassettes").mkdir()
    (folder / "cassettes" / "a.yaml").write_text("interactions: []\n")


def _versions(folder: Path) -> None:
    """Two versions of a document: one on the branch main, one in the work tree."""
    contract = (ROOT / "openapi" / "astro-create-cluster.yaml").read_text(encoding="utf-8")
    (folder / "openapi").unlink()
    (folder / "openapi").mkdir()
    document = folder / "openapi" / "api.yaml"
    document.write_text(contract, encoding="utf-8")
    author = ["-c", "user.name=a", "-c", "user.email=a@localhost"]
    for arguments in (["init", "-b", "main"], ["add", "openapi"], [*author, "commit", "-m", "one"]):
        subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, timeout=60)
    for line, instead in (
        ("maxLength: 64", "maxLength: 32"),
        ("            - CREATE_FAILED\n", "            - CREATE_FAILED\n            - PAUSED\n"),
        ("maxItems: 50", "maxItems: 60"),
    ):
        contract = contract.replace(line, instead, 1)
    document.write_text(contract, encoding="utf-8")


#: page -> what it speaks of besides
_MORE: dict[str, Callable[[Path], None]] = {
    "README.md": _shop,
    "docs/your-api.md": _like_spring,
    "docs/how-to/diff.md": _versions,
    "docs/how-to/validate.md": _recordings,
    "docs/reference/reports.md": _shards,
}
