"""Pages in a real browser: Debian's chromium, driven by Playwright."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from clausewise.exchange import Exchange
from clausewise.report import html
from clausewise.results.record import Run

Open = Callable[..., Any]

#: no sandbox, because CI runs as root; nothing that speaks to anybody
_FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless browser. Of this module only: while it is there, no other event loop runs in this thread."""
    executable = shutil.which("chromium")
    if executable is None:
        pytest.skip("there is no chromium: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=executable, args=_FLAGS)
        yield started
        started.close()


@pytest.fixture
def open_page(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """Opens the report of a run from the disk. It must make no complaint and send no request."""
    contexts: list[Any] = []
    complaints: list[str] = []

    def open_page(
        run: Run, exchanges: tuple[Exchange, ...] = (), fragment: str = "", width: int = 1280, **settings: Any
    ) -> Any:
        file = tmp_path / "report.html"
        file.write_bytes(html.render(run, exchanges))
        context = browser.new_context(viewport={"width": width, "height": 900}, **settings)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
        page.on("request", lambda request: complaints.extend([] if request.url.startswith("file:") else [request.url]))
        page.goto(file.as_uri() + fragment)
        # The page scrolls to its fragment once more, two frames after it has loaded.
        page.evaluate(
            "new Promise(done => { let n = 4; (function next() { n-- ? requestAnimationFrame(next) : done() })() })"
        )
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
