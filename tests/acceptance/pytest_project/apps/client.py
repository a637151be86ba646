"""A client of the bookshop, as a team that consumes the API would write it."""

from __future__ import annotations

from typing import Any

import httpx


class BookshopClient:
    """Adds and fetches books."""

    def __init__(self, url: str, timeout: float = 2.0) -> None:
        self._client = httpx.Client(base_url=url, timeout=timeout)

    def add(self, title: str, pages: int | None = None) -> dict[str, Any]:
        """Put a book on the shelf, and give it as the shop sees it."""
        book: dict[str, Any] = {"title": title}
        if pages is not None:
            book["pages"] = pages
        made: dict[str, Any] = self._client.post("/books", json=book).raise_for_status().json()
        return made

    def is_available(self, number: int) -> bool | None:
        """Whether a book can be had; None where nobody can tell."""
        try:
            response = self._client.get(f"/books/{number}")
        except httpx.TransportError:
            return None
        if response.status_code == 404:
            return False
        state = response.json().get("state")
        return state == "available" if state in ("available", "lent") else None
