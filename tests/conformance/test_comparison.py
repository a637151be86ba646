"""What two builds of a server answer differently to one request."""

from __future__ import annotations

from typing import Any

import pytest

from clausewise.conformance.comparison import Known, Race, compare
from clausewise.contract.contract import Contract
from clausewise.exchange import Exchange, Failure, Request, Response
from clausewise.media.json import json_text
from tests.conftest import Compile

_ITEM = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "size": {"type": "number"},
        "created_at": {"type": "string"},
        "parts": {"type": "array", "items": {"type": "object", "properties": {"id": {}, "name": {"type": "string"}}}},
        "tags": {"type": "array", "items": {"type": "string"}},
        "on": {"type": "boolean"},
        "kind": {},
    },
}
#: ids of the first build, and of the second one
_IDS = {1: 11, 2: 12, "c-1": "c-9"}


@pytest.fixture(scope="module")
def contract(compiled: Compile) -> Contract:
    content = {"application/json": {"schema": _ITEM}, "text/csv": {}}
    answers = {"200": {"description": "", "content": content}, "400": {"description": "", "content": content}}
    return compiled({"paths": {"/things": {"get": {"operationId": "see", "responses": answers}}}})


#: nothing else was on its way
_ALONE = Race()


def answer(body: Any, status: int = 200, media_type: str = "application/json") -> Response:
    return Response(status, (("Content-Type", media_type),) if media_type else (), json_text(body))


def told(
    contract: Contract, before: Response, after: Response | Failure, race: Race = _ALONE
) -> list[tuple[bool, str]]:
    """Whether each difference is a failure, and its sentence, where a client sent the name "mine" and made 14."""
    request = Request("GET", "/things")
    known = Known(lambda _, value: _IDS.get(value), lambda own: own == 14, lambda _, value: value in ("mine", ["mine"]))
    found = compare(
        contract.operation("see"),
        Exchange("e1", request, before),
        Exchange("e2", request, after) if isinstance(after, Response) else Exchange("e2", request, None, after),
        known,
        race,
    )
    return [(each.is_failure, each.message) for each in found]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param({"name": "a"}, {"name": "a"}, [], id="the same"),
        pytest.param({"name": "a"}, {"name": "b"}, [(False, '`name` is "b", and was "a" before')], id="another value"),
        pytest.param({"name": "mine"}, {"name": "b"}, [(True, '`name` is "b", and was "mine" before')], id="one sent"),
        pytest.param({"name": "a"}, {}, [(True, '`name` is gone; it was "a"')], id="gone"),
        pytest.param({"kind": None}, {}, [], id="null is gone"),
        pytest.param({"other": 1}, {}, [], id="what the contract does not name"),
        pytest.param({}, {"name": "a"}, [], id="a member more"),
        pytest.param({"kind": 1}, {"kind": "a"}, [(True, '`kind` is "a", and was 1 before')], id="another type"),
        pytest.param({"kind": 1}, {"kind": None}, [(True, "`kind` is null, and was 1 before")], id="null"),
        pytest.param({"kind": True}, {"kind": 1}, [(True, "`kind` is 1, and was true before")], id="true is no number"),
        pytest.param({"size": 1}, {"size": 1.0}, [], id="a number with a fraction"),
        pytest.param({"size": 1.5}, {"size": 2.5}, [], id="what counts"),
        pytest.param({"created_at": "a"}, {"created_at": "b"}, [], id="a time by its name"),
        pytest.param({"name": "2030-01-31"}, {"name": "2030-02-01T10:00:00Z"}, [], id="a time by its form"),
        pytest.param({"kind": "c-1"}, {"kind": "c-9"}, [], id="an id of each build"),
        pytest.param({"tags": ["a"]}, {"tags": ["b"]}, [(False, '`tags[0]` is "b", and was "a" before')], id="an item"),
        pytest.param({"tags": ["a"]}, {"tags": []}, [(False, '`tags` is [], and was ["a"] before')], id="fewer items"),
        pytest.param(
            {"tags": ["mine"]}, {"tags": []}, [(True, '`tags` is [], and was ["mine"] before')], id="fewer than sent"
        ),
        pytest.param({"parts": [{"name": "a"}]}, {"parts": []}, [], id="fewer things without ids"),
        pytest.param(
            {"parts": [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]},
            {"parts": [{"id": 12, "name": "b"}, {"id": 11, "name": "a"}]},
            [],
            id="things in another order",
        ),
        pytest.param(
            {"parts": [{"id": 1, "name": "a"}]},
            {"parts": [{"id": 11, "name": "c"}]},
            [(False, '`parts[0].name` is "c", and was "a" before')],
            id="another value in a thing",
        ),
        pytest.param(
            {"parts": [{"id": 1}, {"id": 2}]},
            {"parts": [{"id": 11}]},
            [(True, "`parts` lacks a thing that was in it before")],
            id="a thing less",
        ),
        pytest.param({"parts": [{"id": 3}]}, {"parts": []}, [], id="a thing less that nobody knows"),
        pytest.param({"parts": [{"id": 1}]}, {"parts": [{"id": 11}, {"id": 15}]}, [], id="a thing of another client"),
        pytest.param(
            {"parts": [{"id": 1}]},
            {"parts": [{"id": 11}, {"id": 14}]},
            [(True, "`parts` has a thing that was not in it before")],
            id="a thing more that was made",
        ),
    ],
)
def test_two_bodies(contract: Contract, before: Any, after: Any, expected: list[tuple[bool, str]]) -> None:
    assert told(contract, answer(before), answer(after)) == expected


_A, _B = {"name": "a"}, {"name": "b"}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(
            answer(_A), Failure("timeout", "silence"), [(True, "gave no answer, and 200 before: silence")], id="silence"
        ),
        pytest.param(answer(_A), answer(_A, 400), [(True, "answered 400, and 200 before")], id="refused now"),
        pytest.param(answer(_A, 400), answer(_A), [(True, "answered 200, and 400 before")], id="accepted now"),
        pytest.param(answer(_A), answer(_A, 500), [(True, "answered 500, and 200 before")], id="a crash"),
        pytest.param(
            answer(_A),
            answer(_A, media_type="text/csv"),
            [(False, "answers with text/csv, and with application/json before")],
            id="another media type",
        ),
        pytest.param(
            answer(_A, 400, ""),
            answer(_A, 400, "text/csv"),
            [(False, "answers with text/csv, and with no media type before")],
            id="a media type where there was none",
        ),
        pytest.param(answer(_A, 400), answer(_B, 400), [], id="another text of a refusal"),
        pytest.param(
            answer(_A),
            answer({"name": 5}),
            [
                (
                    True,
                    "the 200 response has `name` = 5; the contract says `name` is a string (response-schema), and did "
                    "not before",
                )
            ],
            id="a breach",
        ),
        pytest.param(
            answer({"name": 5}), answer({"name": 6}), [(False, "`name` is 6, and was 5 before")], id="a breach in both"
        ),
    ],
)
def test_two_answers(
    contract: Contract, before: Response, after: Response | Failure, expected: list[tuple[bool, str]]
) -> None:
    assert told(contract, before, after) == expected


_BOTH = {"parts": [{"id": 1}, {"id": 2}]}


@pytest.mark.parametrize(
    ("before", "after", "race", "expected"),
    [
        pytest.param({"name": "mine"}, _B, Race(True, (_A, _B)), [], id="either value may have been the last"),
        pytest.param(
            {"name": "mine"},
            _B,
            Race(True, (_A, {"name": "c"})),
            [(True, '`name` is "b", and was "mine" before')],
            id="a value that neither sent",
        ),
        pytest.param(_A, {}, Race(True, (_A, {"size": 1})), [], id="the last may have lacked it"),
        pytest.param(_A, {}, Race(True, (_A, _B)), [(True, '`name` is gone; it was "a"')], id="none lacked it"),
        pytest.param(_BOTH, {"parts": [{"id": 11}]}, Race(True), [], id="a thing may not have been there yet"),
        pytest.param(
            _BOTH,
            {"parts": [{"id": 11}]},
            Race(last=(_A, _B)),
            [(True, "`parts` lacks a thing that was in it before")],
            id="a thing was there",
        ),
    ],
)
def test_what_a_race_explains_is_no_difference(
    contract: Contract, before: Any, after: Any, race: Race, expected: list[tuple[bool, str]]
) -> None:
    assert told(contract, answer(before), answer(after), race) == expected
