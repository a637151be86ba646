"""Way 3: property-based tests by hand, against the app in this process."""

from __future__ import annotations

from apps import fastapi_app, flask_app
from fastapi.testclient import TestClient
from hypothesis import settings

from clausewise.plugin.cases import Case
from clausewise.plugin.fixture import ContractFixture
from clausewise.pytest_plugin import open_contract

shop = open_contract("openapi.yaml")


@shop.cases("addBook")
@settings(max_examples=50)
def test_a_good_book_is_taken(case: Case) -> None:
    response = case.send(TestClient(fastapi_app.app))
    assert response.status_code == 201
    shop.check(response)


@shop.cases("addBook", mode="negative")
@settings(max_examples=50)
def test_a_bad_book_is_refused(case: Case) -> None:
    assert case.breaks is not None
    assert case.send(flask_app.app.test_client()).status_code == 400, case.breaks.text


def test_every_book_can_be_had_again(contract: ContractFixture) -> None:
    client = contract.watch(TestClient(fastapi_app.app), strict=True)

    @contract.cases("addBook")
    @settings(max_examples=20)
    def added_and_fetched(case: Case) -> None:
        made = case.send(client).json()
        assert client.get(f"/api/books/{made['id']}").json() == made

    added_and_fetched()
