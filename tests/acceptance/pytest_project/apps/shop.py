"""The bookshop by hand: plain ifs that every app shares, and faults that the environment switches on."""

from __future__ import annotations

import os
from typing import Any

FAULTS = {
    "state": 'books come with the state "gone", which the contract does not know',
    "long-title": "a title of more than 80 characters is accepted",
    "crash": "500 where a book has exactly 5000 pages",
}

Answer = tuple[int, dict[str, Any]]


def _faults() -> set[str]:
    return set(os.environ.get("SHOP_FAULTS", "").split())


class Shop:
    """Books by number."""

    def __init__(self) -> None:
        self._books: dict[int, dict[str, Any]] = {}

    def add(self, wish: Any) -> Answer:
        """Put a book on the shelf."""
        problem = self._problem(wish)
        if problem:
            return 400, {"message": problem}
        if wish.get("pages") == 5000 and "crash" in _faults():
            return 500, {"message": "out of paper"}
        number = len(self._books) + 1
        state = "gone" if "state" in _faults() else "available"
        kept = {name: wish[name] for name in ("title", "pages", "binding") if name in wish}
        self._books[number] = {"id": number, **kept, "state": state}
        return 201, self._books[number]

    def get(self, written: str) -> Answer:
        """Take a book from the shelf."""
        if not (written.isascii() and written.isdigit() and int(written) >= 1):
            return 400, {"message": "a book has a number"}
        book = self._books.get(int(written))
        return (200, book) if book else (404, {"message": "there is no such book"})

    def _problem(self, wish: Any) -> str:
        if not isinstance(wish, dict):
            return "a book is an object"
        title, pages = wish.get("title"), wish.get("pages", 1)
        if not isinstance(title, str) or not title:
            return "a book has a title"
        if len(title) > 80 and "long-title" not in _faults():
            return "the title is too long"
        if isinstance(pages, float) and pages.is_integer():
            pages = int(pages)
        if not isinstance(pages, int) or isinstance(pages, bool) or not 1 <= pages <= 5000:
            return "a book has 1 to 5000 pages"
        if "binding" in wish and wish["binding"] not in ("hard", "soft"):
            return "a book is bound hard or soft"
        return ""
