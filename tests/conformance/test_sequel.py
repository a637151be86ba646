"""What an answer must be after what came before it."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from clausewise.conformance.checker import Checker
from clausewise.contract.contract import Contract
from clausewise.exchange import Exchange, Failure, Probe, Request, Response, Sequel
from clausewise.media.json import digest
from clausewise.results.evidence import Observation
from tests.conftest import Compile

_ID = "t-7"


@pytest.fixture(scope="module")
def contract(compiled: Compile) -> Contract:
    answers = {str(status): {"description": "", "content": {"application/json": {}}} for status in (200, 403, 404, 410)}
    return compiled({"paths": {"/things": {"get": {"operationId": "see", "responses": answers}}}})


def observed(contract: Contract, sequel: Sequel | None, answer: Response | Failure) -> tuple[Observation, ...]:
    """What the checker says of an answer of which only what came before it says what is wrong with it."""
    probe = Probe("see", "lifecycle", "n", "any", sequel=sequel)
    exchange = Exchange(
        "x",
        Request("GET", "/things"),
        answer if isinstance(answer, Response) else None,
        answer if isinstance(answer, Failure) else None,
        probe,
    )
    return Checker(contract.operation("see")).check(exchange).observations


def response(body: Any, status: int = 200) -> Response:
    return Response(status, (("Content-Type", "application/json"),), json.dumps(body).encode())


def full(count: int) -> list[dict[str, Any]]:
    return [{"id": f"o-{number}"} for number in range(count)]


def named(count: int) -> dict[str, Any]:
    return {f"o-{number}": {"at": [1]} for number in range(count)}


def _cut(whole: Response) -> Response:
    """An answer of whose body only the beginning was kept."""
    return msgspec.structs.replace(whole, cut=9)


_SAME = "returns the same as before"


@pytest.mark.parametrize(
    ("expects", "value", "answer", "wrong"),
    [
        pytest.param("found", None, response({}), None, id="there"),
        pytest.param("found", None, response({}, 404), "answered 404", id="not there"),
        pytest.param("found", None, response({}, 410), "answered 410", id="not there any more"),
        pytest.param("found", None, _cut(response({}, 404)), "answered 404", id="not there, on a long page"),
        # Whoever may not see it does not learn whether it is there.
        pytest.param("found", None, response({}, 403), None, id="not to be seen"),
        pytest.param("holds", _ID, response([{"id": _ID}]), None, id="listed"),
        pytest.param("holds", _ID, response({"data": {"items": [{"a": {"id": _ID}}]}}), None, id="listed deep inside"),
        pytest.param("holds", _ID, response({_ID: {"name": "x"}, "t-8": {}}), None, id="listed by its name"),
        pytest.param("holds", _ID, response({_ID: {"at": [24.9, 60.2]}, "t-8": {}}), None, id="its name, arrays"),
        pytest.param("holds", _ID, response({_ID: {"at": [24.9]}}), None, id="alone by its name, with an array"),
        pytest.param("holds", _ID, response({"a": {"id": _ID, "tags": ["x"]}}), None, id="alone by another name"),
        pytest.param(
            "holds", _ID, response({"a": {"id": "t-8", "at": [1]}}), f'does not show "{_ID}"', id="another by name"
        ),
        pytest.param("holds", _ID, response(named(11)), f'does not show "{_ID}"', id="eleven by name"),
        pytest.param("holds", _ID, response(named(100)), None, id="a page of names"),
        pytest.param("holds", 5, response({"page": {"items": [{"id": 1}], "of": 5}}), "does not show 5", id="a total"),
        pytest.param("lacks", "name", response({"t-8": {"name": "x"}}), None, id="a member called as the id"),
        pytest.param("holds", 7, response([{"id": "7"}]), None, id="a number listed as text"),
        pytest.param("holds", 1, response([True]), 'does not show 1', id="true is no number"),
        pytest.param("holds", _ID, response([{"id": "t-70"}]), f'does not show "{_ID}"', id="another one listed"),
        pytest.param("holds", _ID, response([]), f'does not show "{_ID}"', id="an empty list"),
        pytest.param("holds", _ID, response([{"title": "x"}]), None, id="items that nothing names"),
        pytest.param("holds", _ID, response([{"links": {"self": "/t-8"}}]), f'does not show "{_ID}"', id="by link"),
        pytest.param("holds", _ID, response([], 404), None, id="no list at all"),
        pytest.param("holds", _ID, response(full(9)), f'does not show "{_ID}"', id="a list of nine"),
        pytest.param("holds", _ID, response(full(10)), None, id="a list of ten may go on"),
        pytest.param("holds", _ID, response(full(11)), f'does not show "{_ID}"', id="a list of eleven"),
        pytest.param("holds", _ID, response(full(24)), None, id="a page of twenty-four"),
        pytest.param("holds", _ID, response({"items": full(11), "total": 13}), None, id="there are more than it lists"),
        pytest.param(
            "holds", _ID, response({"items": full(11), "total": 11}), f'does not show "{_ID}"', id="these are all"
        ),
        pytest.param("holds", _ID, response({"items": full(25)}), None, id="a page in an envelope may go on"),
        pytest.param("holds", _ID, response({"items": [], "next_page": "?p=2"}), None, id="it says that it goes on"),
        pytest.param("holds", _ID, response({"items": [], "paging": {"hasMore": True}}), None, id="inside another"),
        pytest.param(
            "holds", _ID, response({"items": [], "next": None}), f'does not show "{_ID}"', id="nothing comes next"
        ),
        pytest.param("holds", _ID, response("many"), None, id="what is no list"),
        pytest.param("holds", _ID, _cut(response([])), None, id="a list that is cut short"),
        pytest.param("lacks", _ID, response([{"id": "t-70"}]), None, id="others are shown"),
        pytest.param("lacks", _ID, response({"thing": {"id": _ID}}), f'shows "{_ID}"', id="shown"),
        pytest.param("lacks", _ID, response({"message": _ID}, 404), None, id="named in a refusal"),
        pytest.param("lacks", _ID, response({"message": f"no {_ID} here"}), None, id="named in a sentence"),
        pytest.param("gone", digest({"id": _ID}), response({"id": _ID}), _SAME, id="still there"),
        pytest.param("gone", digest({"id": _ID}), response({"id": _ID}, 404), None, id="gone"),
        pytest.param("gone", digest({"id": _ID}), response({"id": _ID, "state": "deleted"}), None, id="said gone"),
        pytest.param("gone", digest({"a": 1, "b": 2}), response({"b": 2, "a": 1}), _SAME, id="any order"),
    ],
)  # fmt: skip
def test_sequels(contract: Contract, expects: Any, value: Any, answer: Response, wrong: str | None) -> None:
    rule = "use-after-delete"
    found = observed(contract, Sequel(rule, "it was told", expects, value), answer)
    assert [(observation.rule, observation.message) for observation in found] == (
        [] if wrong is None else [(rule, f"see {wrong}, after it was told")]
    )


_BOOK = ("bookid", "id", "name")


@pytest.mark.parametrize(
    ("value", "answer", "is_shown"),
    [
        pytest.param(3, [{"id": 3}], True, id="an item"),
        pytest.param(3, {"books": [{"bookId": 3}]}, True, id="an item in an envelope"),
        pytest.param("b-3", {"data": [{"attributes": {"id": "b-3"}}]}, True, id="an item inside of another"),
        pytest.param("b-3", ["b-1", "b-3"], True, id="names alone"),
        pytest.param(3, {"data": {"id": 3}}, True, id="one"),
        pytest.param(3, {"data": [{"id": 1}], "meta": {"total": 3}}, False, id="a total"),
        pytest.param(3, {"data": [], "page": {"number": 3, "id": 3}}, False, id="the number of a page"),
        pytest.param(3, [{"id": 1, "pages": 3}], False, id="another number of an item"),
        pytest.param(3, [{"id": 1, "author": {"id": 3}}], False, id="what belongs to an item"),
        pytest.param(3, [{"id": 1, "sequel_of": 3}], False, id="what an item refers to"),
        pytest.param("a book of mine", [{"title": "x", "ref": "a book of mine"}], True, id="a text of its own"),
        pytest.param(3, [{"title": "x", "stars": 3}], False, id="items that nothing names"),
        pytest.param(3, [{"id": 3, "deleted_at": "2026-01-01"}], False, id="marked by a time"),
        pytest.param(3, [{"id": 3, "state": "archived"}], False, id="marked by a state"),
        pytest.param(3, [{"id": 3, "status": {"state": "expired"}}], False, id="marked by a state that ends"),
        pytest.param(3, [{"id": 3, "name": "expired"}], True, id="called as a state that ends"),
        pytest.param(3, [{"id": 3, "active": False}], False, id="marked by a switch"),
        pytest.param(
            3, [{"id": 3, "status": {"id": 9, "name": "archived"}}], False, id="marked by a state with a name"
        ),
        pytest.param(3, [{"metadata": {"id": 3, "deletionTimestamp": "2026"}}], False, id="marked beside its name"),
        pytest.param(3, [{"id": 3, "attributes": {"isDeleted": True}}], False, id="marked inside of another"),
        pytest.param(3, [{"id": 3, "deleted_at": None, "active": True}], True, id="not marked"),
        pytest.param(3, [{"id": 3, "removed_items": 2, "cancelled orders": [1]}], True, id="something of it is gone"),
        pytest.param(3, [{"id": 3, "owner": {"id": 1, "active": False}}], True, id="what it belongs to is marked"),
        pytest.param(3, [{"id": 3, "parts": [{"deleted_at": "2026"}]}], True, id="a part of it is marked"),
    ],
)
def test_a_deleted_resource_is_known_by_its_name(contract: Contract, value: Any, answer: Any, is_shown: bool) -> None:
    sequel = Sequel("use-after-delete", "it was told", "lacks", value, _BOOK)
    assert bool(observed(contract, sequel, response(answer))) is is_shown


def test_a_number_beside_a_list_is_no_item_of_it(contract: Contract) -> None:
    sequel = Sequel("created-not-listed", "it was told", "holds", 2)
    (found,) = observed(contract, sequel, response({"data": [{"id": 1}, {"id": 3}], "meta": {"total": 2}}))
    assert found.rule == "created-not-listed"


@pytest.mark.parametrize(
    "rule", ["created-not-found", "created-not-listed", "update-not-visible", "foreign-access", "use-after-delete"]
)
def test_an_observation_has_its_rule_and_place(contract: Contract, rule: str) -> None:
    (found,) = observed(contract, Sequel(rule, "t", "lacks", _ID), response(_ID))
    assert (found.rule, found.where, found.exchange, found.operation) == (rule, "response.200", "x", "see")


def test_without_a_sequel_nothing_is_expected(contract: Contract) -> None:
    assert observed(contract, None, response({}, 404)) == ()


def test_no_answer_is_no_sequel(contract: Contract) -> None:
    (found,) = observed(contract, Sequel("created-not-found", "t", "found"), Failure("timeout", "silence"))
    assert found.rule == "transport-failure"


_KEPT = {"/size": ("#/size/readOnly", 7), "/of/whom": ("#/of/whom/readOnly", True)}


@pytest.mark.parametrize(
    ("answer", "names"),
    [
        (response({"size": 7, "of": {"whom": False}}), ["size"]),
        (response({"size": 7.0, "of": {"whom": True}}), ["size", "of.whom"]),
        (response({"data": {"size": 7, "of": {"whom": True}}}), ["size"]),
        (response({"size": 8, "old": {"size": 7}}), []),
        (response({"size": True, "of": {"whom": 1}}), []),
        (response([]), []),
        (response({"size": 7}, 404), []),
    ],
    ids=["one", "both", "in an envelope", "its own", "another type", "nothing", "a refusal"],
)
def test_what_a_client_set(contract: Contract, answer: Response, names: list[str]) -> None:
    found = observed(contract, Sequel("read-only-writable", "make was sent it", "own", _KEPT), answer)
    assert [each.where.removeprefix("response.200.body.") for each in found] == names
    assert [each.assertion for each in found] == [f"#/{name.replace('.', '/')}/readOnly" for name in names]
