"""Members that requests, or responses, do not carry, however the document says it."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from tests.conftest import MessageOf, Schema

_REF = {"$ref": "#/components/schemas/Number"}
_NUMBER = {"type": "integer", "minimum": 1}


def _object(member: Schema) -> Schema:
    return {"type": "object", "required": ["it", "name"], "properties": {"it": member, "name": {"type": "string"}}}


def _spellings(mark: str) -> dict[str, tuple[str, Schema, Schema]]:
    """How an author may write it: version, the body's schema, the component "Number"."""
    marked, base = {**_NUMBER, mark: True}, {"properties": {"it": {**_NUMBER, mark: True}}}
    return {
        "inline": ("3.0.3", _object(marked), _NUMBER),
        "referred": ("3.0.3", _object(_REF), marked),
        "allOf beside": ("3.0.3", _object({"allOf": [_REF], mark: True}), _NUMBER),
        "allOf inside": ("3.0.3", _object({"allOf": [_REF]}), marked),
        "allOf apart": ("3.0.3", _object({"allOf": [{mark: True}, _NUMBER]}), {}),
        "every alternative": ("3.0.3", _object({"oneOf": [_REF, {"type": "string", mark: True}]}), marked),
        "or null": ("3.1.0", _object({"anyOf": [_REF, {"type": "null"}]}), marked),
        "sibling": ("3.1.0", _object({**_REF, mark: True}), _NUMBER),
        "sibling in 3.0": ("3.0.3", _object({**_REF, mark: True}), _NUMBER),
        "required apart": ("3.0.3", {"allOf": [base, {"required": ["it", "name"]}]}, {}),
        "required in an alternative": (
            "3.1.0",
            {**base, "oneOf": [{"required": ["it", "name"]}, {"required": ["it", "other"]}]},
            {},
        ),
        "described twice": (
            "3.0.3",
            {"allOf": [{"$ref": "#/components/schemas/Other"}, base]},
            {},
        ),
        "in an item": ("3.0.3", {"type": "array", "items": _object(marked)}, {}),
    }


_OTHER = _object(_NUMBER)


@pytest.mark.parametrize("spelling", _spellings(""))
@pytest.mark.parametrize("value", [1, 0, "text", None, {"a": 1}], ids=repr)
def test_a_request_may_leave_out_what_is_read_only_and_a_server_may_ignore_it(
    message_of: MessageOf, spelling: str, value: Any
) -> None:
    version, schema, number = _spellings("readOnly")[spelling]
    message = message_of(schema, "request", openapi=version, Number=number, Other=_OTHER)
    without: Any = {"name": "a"}
    with_it: Any = {"name": "a", "it": value}
    if spelling == "in an item":
        without, with_it = [without], [with_it]
    assert (message.judge(without).breaches, message.judge(with_it).breaches) == ((), ())
    assert [clause for clause in message.clauses if "it" in clause.path] == []
    assert len(message.hidden_in(with_it)) == 1


@pytest.mark.parametrize("spelling", _spellings(""))
@pytest.mark.parametrize(
    ("value", "leaks"), [(7, True), ("secret", True), (False, True), (None, False), ("", False), ("****", False)]
)
def test_a_response_has_no_value_of_what_is_write_only(
    message_of: MessageOf, spelling: str, value: Any, leaks: bool
) -> None:
    version, schema, number = _spellings("writeOnly")[spelling]
    message = message_of(schema, "response", openapi=version, Number=number, Other=_OTHER)
    within = (lambda body: [body]) if spelling == "in an item" else (lambda body: body)
    assert message.judge(within({"name": "a"})).breaches == ()
    (clause,) = [clause for clause in message.clauses if clause.keyword == "writeOnly"]
    assert clause.id.endswith("/writeOnly")
    assert clause in message.judge(within({"name": "a"})).upheld
    found = [breach.clause.keyword for breach in message.judge(within({"name": "a", "it": value})).breaches]
    assert found == ["writeOnly"] * leaks


_DIRECTIONS: list[tuple[Literal["request", "response"], str]] = [("request", "writeOnly"), ("response", "readOnly")]


@pytest.mark.parametrize("spelling", sorted(_spellings("").keys() - {"every alternative", "described twice"}))
@pytest.mark.parametrize(("direction", "mark"), _DIRECTIONS, ids=["request", "response"])
def test_the_other_direction_has_the_member_as_it_is_described(
    message_of: MessageOf, spelling: str, direction: str, mark: str
) -> None:
    version, schema, number = _spellings(mark)[spelling]
    message = message_of(schema, direction, openapi=version, Number=number)
    within = (lambda body: [body]) if spelling == "in an item" else (lambda body: body)
    assert message.is_valid(within({"name": "a", "it": 1}))
    assert not message.is_valid(within({"name": "a"}))
    assert not message.is_valid(within({"name": "a", "it": 0}))


_KIND = {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string", "readOnly": True}}}


@pytest.mark.parametrize(
    "schema",
    [
        {"oneOf": [{"$ref": "#/components/schemas/Kind"}], "discriminator": {"propertyName": "kind"}},
        {**_KIND, "discriminator": {"propertyName": "kind"}},
    ],
    ids=["of a union", "of a base"],
)
def test_what_a_discriminator_chooses_by_is_sent(message_of: MessageOf, schema: Schema) -> None:
    message = message_of(schema, "request", Kind=_KIND)
    assert (message.is_valid({"kind": "Kind"}), message.is_valid({})) == (True, False)


def test_alternatives_that_only_hidden_members_tell_apart_stay_so(message_of: MessageOf) -> None:
    schema = {"properties": {"id": {"readOnly": True}}, "oneOf": [{"required": ["id"]}, {"required": ["name"]}]}
    assert message_of(schema, "request").is_valid({"name": "a"})
