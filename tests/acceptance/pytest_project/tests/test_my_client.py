"""Way 4: the client is tested against a mock that keeps the contract, and one that does not."""

from __future__ import annotations

import os

import httpx
import pytest
from apps.client import BookshopClient

from clausewise.plugin.mock import ContractMock


def test_a_book_is_added(contract_mock: ContractMock) -> None:
    made = BookshopClient(contract_mock.url).add("Momo", pages=int(os.environ.get("CLIENT_PAGES", "300")))
    assert made["title"] == "Momo"
    assert contract_mock.requests[0].json["title"] == "Momo"


def test_a_lent_book_cannot_be_had(contract_mock: ContractMock) -> None:
    contract_mock.respond("getBook", 200, {"id": 3, "title": "Momo", "state": "lent"})
    assert BookshopClient(contract_mock.url).is_available(3) is False


def test_a_book_that_is_not_there_cannot_be_had(contract_mock: ContractMock) -> None:
    contract_mock.respond("getBook", 404)
    assert BookshopClient(contract_mock.url).is_available(3) is False


def test_nobody_can_tell_of_a_state_that_is_not_documented(contract_mock: ContractMock) -> None:
    contract_mock.fail("response.200.body.state.enum")
    assert BookshopClient(contract_mock.url).is_available(3) is None


def test_nobody_can_tell_of_a_shop_that_hangs_up(contract_mock: ContractMock) -> None:
    contract_mock.drop()
    assert BookshopClient(contract_mock.url).is_available(3) is None
    assert contract_mock.requests[0].response is None


def test_nobody_can_tell_of_a_shop_that_is_too_slow(contract_mock: ContractMock) -> None:
    contract_mock.slow(0.3)
    assert BookshopClient(contract_mock.url, timeout=0.1).is_available(3) is None


def test_a_refusal_is_told(contract_mock: ContractMock) -> None:
    contract_mock.allow_invalid = True
    with pytest.raises(httpx.HTTPStatusError, match="400"):
        BookshopClient(contract_mock.url).add("")
    (finding,) = contract_mock.requests[0].findings
    assert "has at least 1 character" in finding.message
