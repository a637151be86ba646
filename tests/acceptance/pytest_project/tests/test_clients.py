"""Way 1: what client tests receive anyway is held against the contract."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import httpx
import requests
import urllib3
from apps import django_app, fastapi_app, flask_app
from django.test import Client
from fastapi.testclient import TestClient

from clausewise.plugin.fixture import ContractFixture

BOOK = {"title": "Momo", "pages": 300}


def test_requests(contract: ContractFixture, url: str) -> None:
    contract.check(requests.post(f"{url}/books", json=BOOK, timeout=5))


def test_httpx(contract: ContractFixture, url: str) -> None:
    contract.check(httpx.post(f"{url}/books", json=BOOK))


def test_urllib3(contract: ContractFixture, url: str) -> None:
    contract.check(urllib3.request("POST", f"{url}/books", json=BOOK))


def test_aiohttp(contract: ContractFixture, url: str) -> None:
    async def add() -> None:
        async with aiohttp.ClientSession() as session, session.post(f"{url}/books", json=BOOK) as response:
            await response.read()
            contract.check(response)

    asyncio.run(add())


def test_fastapi(contract: ContractFixture) -> None:
    contract.check(TestClient(fastapi_app.app).post("/api/books", json=BOOK))


def test_flask(contract: ContractFixture) -> None:
    contract.check(flask_app.app.test_client().post("/api/books", json=BOOK))


def test_django(contract: ContractFixture) -> None:
    contract.check(Client().post("/api/books", BOOK, content_type="application/json"))


def test_a_refusal_keeps_the_contract(contract: ContractFixture) -> None:
    response = TestClient(fastapi_app.app).post("/api/books", json={"title": ""})
    assert response.status_code == 400
    contract.check(response)


def test_a_long_title_is_refused(contract: ContractFixture) -> None:
    contract.check(flask_app.app.test_client().post("/api/books", json={"title": "x" * 81}))


def test_a_watched_client_is_strict(contract: ContractFixture) -> None:
    client = contract.watch(TestClient(fastapi_app.app), strict=True)
    number = client.post("/api/books", json=BOOK).json()["id"]
    assert client.get(f"/api/books/{number}").json()["title"] == "Momo"


def test_a_watched_client_reports(contract: ContractFixture) -> None:
    client: Any = contract.watch(flask_app.app.test_client())
    assert client.post("/api/books", json=BOOK).status_code == 201


def test_the_server_itself_is_watched(contract: ContractFixture) -> None:
    client = TestClient(contract.asgi(fastapi_app.app, strict=True))
    assert client.get("/api/books/4711").status_code == 404
    assert django_app.shop.get("4711")[0] == 404
