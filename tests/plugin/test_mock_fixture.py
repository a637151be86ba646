"""The fixture `contract_mock`, as a project meets it."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from clausewise.errors import UsageError
from clausewise.plugin.contracts import Contracts
from clausewise.plugin.mock import ContractMock
from clausewise.plugin.options import read_options
from tests.plugin.conftest import Project


@pytest.fixture(scope="module")
def contracts(repo: Path) -> Iterator[Contracts]:
    project = repo / "tests" / "acceptance" / "pytest_project"
    made = Contracts(read_options({"spec": project / "openapi.yaml"}, {}, project), "main")
    yield made
    made.close()


@pytest.fixture
def mock(contracts: Contracts) -> ContractMock:
    return contracts.mock(None, "function")


def add(mock: ContractMock, **book: object) -> httpx.Response:
    return httpx.post(f"{mock.url}/books", json=book)


def test_it_answers_as_the_contract_says(mock: ContractMock) -> None:
    assert add(mock, title="Momo").status_code == 201
    (received,) = mock.requests
    assert (received.operation, received.json, received.findings) == ("addBook", {"title": "Momo"}, ())
    assert received.response is not None and received.response.status == 201
    assert mock.problems() == ""


@pytest.mark.parametrize(
    ("method", "path", "content", "told"),
    [
        pytest.param("POST", "/books", b'{"title": ""}', '`title` is ""; `title` has at least 1 character', id="value"),
        pytest.param("POST", "/books", b"{}", "`title` is missing; `title` is required", id="member"),
        pytest.param("POST", "/books", b"", "the body is missing; a request body is required", id="body"),
        pytest.param("GET", "/books/0", b"", "`bookId` is 0; the path parameter `bookId` is at least 1", id="path"),
        pytest.param("PUT", "/books/1", b"", "PUT /api/books/1 is not in", id="method"),
        pytest.param("GET", "/shelves", b"", "it has no such path", id="no such path"),
    ],
)
def test_a_request_that_breaks_the_contract_is_a_problem(
    mock: ContractMock, method: str, path: str, content: bytes, told: str
) -> None:
    headers = {"Content-Type": "application/json"}
    assert httpx.request(method, mock.url + path, content=content, headers=headers).is_client_error
    assert told in str(mock.requests[0].findings[0])
    assert told in mock.problems() and "allow_invalid" in mock.problems()
    mock.allow_invalid = True
    assert mock.problems() == ""


def test_it_answers_what_it_is_told_to(mock: ContractMock) -> None:
    mock.respond("addBook", 201, {"id": 7, "title": "Emma", "state": "lent"}, {"X-Shelf": "3"})
    answer = add(mock, title="Momo")
    assert (answer.status_code, answer.json()["id"], answer.headers["x-shelf"]) == (201, 7, "3")
    mock.respond("getBook", 404)
    assert "message" in httpx.get(f"{mock.url}/books/1").json()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(("addBook", 201, {"id": 0}), "the mock would break the contract: the 201 response", id="body"),
        pytest.param(
            ("addBook", 418), "addBook does not document the status 418 (its statuses are 201, 400)", id="status"
        ),
        pytest.param(("adBook", 201), 'has no operation "adBook" (did you mean "addBook"?)', id="operation"),
    ],
)
def test_it_does_not_lie_by_accident(mock: ContractMock, arguments: tuple[object, ...], told: str) -> None:
    with pytest.raises(UsageError) as error:
        mock.respond(*arguments)  # type: ignore[arg-type]
    assert told in str(error.value)


def test_it_lies_on_demand(mock: ContractMock) -> None:
    mock.respond("addBook", 418, {"id": 0}, check=False)
    assert add(mock, title="Momo").status_code == 418


@pytest.mark.parametrize(
    "clause",
    ["#/components/schemas/Book/properties/state/enum", "response.201.body.state.enum"],
    ids=["by its pointer", "by its item's name"],
)
def test_it_breaks_one_clause(mock: ContractMock, clause: str) -> None:
    mock.fail(clause)
    assert add(mock, title="Momo").json()["state"] not in ("available", "lent")
    assert mock.problems() == ""


def test_a_fault_that_never_came_to_pass_is_a_problem(mock: ContractMock) -> None:
    mock.fail("response.200.body.state.enum")
    add(mock, title="Momo")
    assert "the mock was set to break response.200.body.state" in mock.problems()


def test_a_clause_that_there_is_not_is_told(mock: ContractMock) -> None:
    with pytest.raises(UsageError, match="has no clause"):
        mock.fail("response.201.body.colour.type")


def test_it_drops_connections(mock: ContractMock) -> None:
    mock.drop(times=1)
    with pytest.raises(httpx.TransportError):
        add(mock, title="Momo")
    assert add(mock, title="Momo").status_code == 201
    assert [received.response is None for received in mock.requests] == [True, False]


def test_it_is_slow(mock: ContractMock) -> None:
    mock.slow(0.5)
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(f"{mock.url}/books/1", timeout=0.1)
    # What the client gave up on may still be on its way, and is not to meet the mock of the next test.
    until = time.monotonic() + 10
    while not mock.requests and time.monotonic() < until:
        time.sleep(0.01)
    assert [received.operation for received in mock.requests] == ["getBook"]


def test_each_test_has_a_mock_as_new(contracts: Contracts) -> None:
    first = contracts.mock(None, "function")
    first.drop()
    second = contracts.mock(None, "function")
    assert second.url == first.url
    assert add(second, title="Momo").status_code == 201
    assert first.requests == [] and len(second.requests) == 1
    assert contracts.mock(None, "session").url != first.url


def test_a_test_that_sends_what_breaks_the_contract_fails_at_its_end(project: Project) -> None:
    project.write(
        test_client="""
        import httpx

        def test_good(contract_mock):
            assert httpx.post(f"{contract_mock.url}/names", json={"name": "Ann"}).status_code == 201

        def test_bad(contract_mock):
            httpx.post(f"{contract_mock.url}/names", json={"name": ""})

        def test_meant(contract_mock):
            contract_mock.allow_invalid = True
            httpx.post(f"{contract_mock.url}/names", json={"name": ""})

        def test_shared(contract_mock_session):
            assert httpx.get(f"{contract_mock_session.url}/greetings/Ann").json()["text"]

        def test_shared_still(contract_mock_session):
            assert len(contract_mock_session.requests) == 1
        """
    )
    done = project.pytest()
    assert "5 passed, 1 error" in done.stdout
    told = 'ERROR test_client.py::test_bad - Failed: addName was called with an invalid request: `name` is ""'
    assert told in done.stdout


def test_the_server_leaves_the_logging_of_the_process_alone(repo: Path) -> None:
    def state() -> list[tuple[int, list[logging.Handler], bool]]:
        loggers = [logging.getLogger(name) for name in ("", "uvicorn", "uvicorn.error", "uvicorn.access")]
        return [(logger.level, list(logger.handlers), logger.propagate) for logger in loggers]

    before = state()
    project = repo / "tests" / "acceptance" / "pytest_project"
    made = Contracts(read_options({"spec": project / "openapi.yaml"}, {}, project), "main")
    add(made.mock(None, "logging"), title="Momo")
    made.close()
    assert state() == before
