"""`@contract.cases`: what is drawn, how it is sent, and what a failure prints."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import pytest
import requests
import urllib3
from hypothesis import HealthCheck, settings
from starlette.testclient import TestClient

from clausewise.contract.request import judge_request
from clausewise.errors import UsageError
from clausewise.plugin.cases import Case
from clausewise.plugin.contracts import Contracts
from clausewise.plugin.fixture import ContractFixture
from clausewise.plugin.options import read_options
from tests.plugin.conftest import Project
from tests.servers.faulty_cluster import create_app, serve

#: as many as show the rule; a machine that is busy is no reason to fail
_FEW = settings(
    max_examples=40, database=None, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


@pytest.fixture(scope="module")
def contract(contract_file: Path) -> ContractFixture:
    contracts = Contracts(read_options({"spec": contract_file}, {}, contract_file.parent), "main")
    return ContractFixture(lambda: contracts, None, print)


def drawn(contract: ContractFixture, operation: str = "createCluster", **options: Any) -> list[Case]:
    found: list[Case] = []

    @contract.cases(operation, **options)
    @_FEW
    def collect(case: Case) -> None:
        found.append(case)

    run: Callable[..., None] = collect  # Hypothesis gives the case
    run()
    return found


def broken(contract: ContractFixture, case: Case) -> set[str]:
    """What a request breaks, credentials aside: those are the client's."""
    operation = contract.contract.operation(case.operation)
    judgement = judge_request(operation, case.request, operation.match(case.request.target))
    return {breach.clause.key for breach in judgement.breaches if breach.clause.keyword != "security"}


def test_positive_cases_keep_the_contract_in_every_branch(contract: ContractFixture) -> None:
    cases = drawn(contract)
    assert len({case.request.body for case in cases}) > 20
    assert {case.body["cloudProvider"] for case in cases} == {"AWS", "AZURE", "GCP"}
    assert not [case for case in cases if case.breaks or broken(contract, case)]


@pytest.mark.slow
def test_negative_cases_break_it_and_name_the_clause(contract: ContractFixture) -> None:
    cases = drawn(contract, mode="negative")
    assert all(case.breaks is not None for case in cases)
    assert [{clause.key for clause in case.all_breaks} for case in cases] == [broken(contract, c) for c in cases]
    assert len({case.breaks.keyword for case in cases if case.breaks}) > 2


@pytest.mark.slow
def test_the_path_names_what_is_there_unless_it_is_what_breaks(repo: Path) -> None:
    project = repo / "tests" / "acceptance" / "pytest_project"
    contracts = Contracts(read_options({"spec": project / "openapi.yaml"}, {}, project), "main")
    books = ContractFixture(lambda: contracts, None, print)
    good, bad = drawn(books, operation="getBook"), drawn(books, operation="getBook", mode="negative")
    assert len({case.request.target for case in good}) == 1
    assert {case.breaks.part for case in bad if case.breaks} == {"path.bookId"}


@pytest.mark.slow
def test_any_case_may_do_either(contract: ContractFixture) -> None:
    assert {case.breaks is None for case in drawn(contract, mode="any")} == {True, False}


@pytest.mark.slow
def test_nobody_is_logged_in_by_a_case(contract: ContractFixture) -> None:
    assert not [name for case in drawn(contract) for name, _ in case.request.headers if name == "Authorization"]


@pytest.mark.parametrize(
    ("operation", "mode", "told"),
    [("createClustr", "any", 'did you mean "createCluster"'), ("createCluster", "worst", 'there is no mode "worst"')],
    ids=["operation", "mode"],
)
def test_what_there_is_not_is_told_when_the_test_runs(
    contract: ContractFixture, operation: str, mode: Any, told: str
) -> None:
    @contract.cases(operation, mode=mode)
    def never(case: Case) -> None:
        raise AssertionError

    with pytest.raises(UsageError) as error:
        run: Callable[..., None] = never
        run()
    assert told in str(error.value)


@pytest.mark.slow
def test_what_is_printed_gives_the_same_case_again(contract: ContractFixture) -> None:
    for case in (*drawn(contract), *drawn(contract, mode="negative")):
        again = eval(repr(case), {"contract": contract})
        assert isinstance(again, Case)
        assert (again.request.target, again.request.body) == (case.request.target, case.request.body)
        assert again.breaks == case.breaks


def test_no_credentials_are_printed_wherever_they_stand(tmp_path: Path) -> None:
    places = {"X-Own": "header", "q": "query", "SID": "cookie"}
    key = {"name": "key", "in": "query", "required": True, "schema": {"const": "shown"}}
    read = {"operationId": "read", "parameters": [key], "responses": {"200": {"description": ""}}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "a", "version": "1"},
        "paths": {"/x": {"get": {**read, "security": [{name: [] for name in places}]}}},
        "components": {
            "securitySchemes": {name: {"type": "apiKey", "in": place, "name": name} for name, place in places.items()}
        },
    }
    (tmp_path / "api.json").write_text(json.dumps(document))
    given = "".join(f'{name} = "s3cret-{name}"\n' for name in places)
    (tmp_path / "pyproject.toml").write_text(
        f"[tool.clausewise.headers]\nX-Plain = 'seen'\n[tool.clausewise.credentials]\n{given}"
    )
    contracts = Contracts(read_options({"spec": tmp_path / "api.json"}, {}, tmp_path), "main")
    case = drawn(ContractFixture(lambda: contracts, None, print), "read")[0]
    assert str(case.request).count("s3cret-") == len(places)
    for printed in (repr(case), case.curl()):
        assert "s3cret" not in printed and "X-Own" in printed and "seen" in printed
    assert "key=shown" in repr(case)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serve(create_app()) as url:
        yield url


_BODY = {
    "cloudProvider": "AZURE",
    "name": "é",
    "region": "westeurope",
    "type": "DEDICATED",
    "vpcSubnetRange": "172.20.0.0/20",
}
_LOGIN = {"Authorization": "Bearer of-no-worth"}


#: sends a case to a URL and checks the response
SendAndCheck = Callable[[Case, str, Callable[[Any], None]], Any]


def by_requests(case: Case, url: str, check: Callable[[Any], None]) -> Any:
    with requests.Session() as client:
        client.headers.update(_LOGIN)
        check(response := case.send(client, base_url=url))
        return response.status_code


def by_httpx(case: Case, url: str, check: Callable[[Any], None]) -> Any:
    with httpx.Client(base_url=f"{url}/platform/v1beta1", headers=_LOGIN) as client:
        check(response := case.send(client))
        return response.status_code


def by_starlette(case: Case, _: str, check: Callable[[Any], None]) -> Any:
    check(response := case.send(TestClient(create_app(), headers=_LOGIN)))
    return response.status_code


def by_urllib3(case: Case, url: str, check: Callable[[Any], None]) -> Any:
    with urllib3.PoolManager() as client:
        check(response := case.send(client, base_url=url))
        return response.status


def by_aiohttp(case: Case, url: str, check: Callable[[Any], None]) -> Any:
    async def send() -> Any:
        async with aiohttp.ClientSession(url, headers=_LOGIN) as client:
            check(response := await case.send(client))
            return response.status

    return asyncio.run(send())


#: urllib3 has no headers of its own that a request adds to, so nobody is logged in there
@pytest.mark.parametrize(
    ("send", "status"),
    [(by_requests, 200), (by_httpx, 200), (by_starlette, 200), (by_urllib3, 401), (by_aiohttp, 200)],
)
def test_clients_send_it(contract: ContractFixture, url: str, send: SendAndCheck, status: int) -> None:
    case = contract.case("createCluster", "POST", "/organizations/clm88r8hi000008jwhzxu5crg/clusters", _BODY)
    assert case.breaks is None
    before = contract.collector.share.requests
    assert send(case, url, contract.check) == status
    assert contract.collector.share.requests == before + 1


def test_a_client_that_has_no_base_url_is_given_one(contract: ContractFixture) -> None:
    case = contract.case("createCluster", "POST", "/organizations/o/clusters", _BODY)

    async def by_session() -> None:
        async with aiohttp.ClientSession() as client:
            await case.send(client)

    def by(client: Any) -> None:
        with client:
            case.send(client)

    for name, work in (
        ("requests", lambda: by(requests.Session())),
        ("urllib3", lambda: by(urllib3.PoolManager())),
        ("httpx", lambda: by(httpx.Client())),
        ("aiohttp", lambda: asyncio.run(by_session())),
    ):
        with pytest.raises(UsageError, match=f"the {name} client has no base URL"):
            work()
    with pytest.raises(UsageError, match="is not a supported client"):
        case.send(object())


def test_a_failure_is_shrunk_and_printed_as_an_example_and_as_curl(project: Project) -> None:
    project.write(
        test_names="""
        from starlette.testclient import TestClient
        from app import app
        from hypothesis import Phase, settings
        from clausewise.pytest_plugin import open_contract

        contract = open_contract("contract.yaml")

        @contract.cases("addName", mode="negative")
        @settings(phases=[Phase.generate, Phase.shrink])
        def test_refused(case):
            assert case.send(TestClient(app)).status_code == 400
        """
    )
    done = project.pytest(env={"LONGEST": "9"})
    assert "1 failed" in done.stdout
    # How long it is shrinks, and of what character matters to nobody.
    again = r"contract\.case\('addName', 'POST', '/names', \{'name': '(.)\1{8}'\}\)"
    assert re.search(f"{again}  # breaks request.body.name: `name` has at most 8 characters", done.stdout)
    assert re.search(r"curl -X POST http://localhost:8000/names .*'\{\"name\": \"(.)\1{8}\"\}'", done.stdout)
    assert project.pytest().returncode == 0


_BUSY = """
    import time

    from hypothesis import settings

    from clausewise.plugin import cases

    settings.load_profile("default")  # that of CI lets every test take its time
    make = cases.CaseFactory._case

    def slow(self, drawn):
        time.sleep(0.15)
        return make(self, drawn)

    cases.CaseFactory._case = slow
"""

_DRAWING = """
    from hypothesis import settings

    from clausewise.pytest_plugin import open_contract

    contract = open_contract("contract.yaml")

    @settings(max_examples=12, database=None)
    @contract.cases("addName")
    def test_function(case):
        assert case.body

    class TestMethod:
        @contract.cases("addName")
        @settings(max_examples=12, database=None)
        def test_method(self, case):
            assert case.body
"""


@pytest.mark.slow
def test_a_busy_machine_fails_no_health_check(project: Project) -> None:
    project.write(conftest=_BUSY, test_drawing=_DRAWING)
    done = project.pytest("-q")
    assert done.returncode == 0 and "2 passed" in done.stdout, done.stdout
