"""The kinds of changes that oasdiff has rules for, each as a pair of our own: where its rule has the level ERR or WARN,
we call it breaking too, but for those that the documentation lists with the reason."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clausewise.comparison.compare import diff
from tests.conftest import Compile

_PAGE = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "changes.md"

TEXT, INTEGER, LIST = {"type": "string"}, {"type": "integer"}, {"type": "array", "items": {"type": "string"}}

#: kind -> a looser schema and a tighter one: the tighter breaks requests, the looser responses
RULES: dict[str, tuple[Any, Any]] = {
    "max": ({**INTEGER, "maximum": 9}, {**INTEGER, "maximum": 5}),
    "max set": (INTEGER, {**INTEGER, "maximum": 5}),
    "min": ({**INTEGER, "minimum": 5}, {**INTEGER, "minimum": 9}),
    "min set": (INTEGER, {**INTEGER, "minimum": 5}),
    "exclusive max": ({**INTEGER, "exclusiveMaximum": 9}, {**INTEGER, "exclusiveMaximum": 5}),
    "exclusive min": ({**INTEGER, "exclusiveMinimum": 5}, {**INTEGER, "exclusiveMinimum": 9}),
    "max length": ({**TEXT, "maxLength": 9}, {**TEXT, "maxLength": 5}),
    "max length set": (TEXT, {**TEXT, "maxLength": 5}),
    "min length": ({**TEXT, "minLength": 1}, {**TEXT, "minLength": 3}),
    "max items": ({**LIST, "maxItems": 9}, {**LIST, "maxItems": 5}),
    "min items": ({**LIST, "minItems": 1}, {**LIST, "minItems": 3}),
    "min items set": (LIST, {**LIST, "minItems": 3}),
    "unique items": (LIST, {**LIST, "uniqueItems": True}),
    "multiple of": ({**INTEGER, "multipleOf": 2}, {**INTEGER, "multipleOf": 4}),
    "pattern set": (TEXT, {**TEXT, "pattern": "^a"}),
    "pattern generalized": ({**TEXT, "pattern": "^[a-z0-9]+$"}, {**TEXT, "pattern": "^[a-z]+$"}),
    "enum value": ({"enum": ["a", "b"]}, {"enum": ["a"]}),
    "became enum": (TEXT, {**TEXT, "enum": ["a"]}),
    "const": (TEXT, {**TEXT, "const": "a"}),
    "nullable": ({"type": ["string", "null"]}, TEXT),
    "type generalized": ({"type": "number"}, INTEGER),
    "list of types": ({"type": ["string", "integer"]}, TEXT),
    "anyOf": ({"anyOf": [TEXT, INTEGER]}, {"anyOf": [TEXT]}),
    "oneOf": ({"oneOf": [TEXT, INTEGER]}, {"oneOf": [TEXT]}),
    "allOf": ({"allOf": [TEXT]}, {"allOf": [TEXT, {"maxLength": 3}]}),
    "format": (TEXT, {**TEXT, "format": "date"}),
    "not": ({"not": TEXT}, {"not": {"type": ["string", "integer"]}}),
    "property names": ({"propertyNames": {"maxLength": 9}}, {"propertyNames": {"maxLength": 5}}),
    "contains": ({"contains": {"enum": [1, 2]}}, {"contains": {"const": 1}}),
    "min contains": ({"contains": INTEGER, "minContains": 1}, {"contains": INTEGER, "minContains": 2}),
    "max contains": ({"contains": INTEGER, "maxContains": 3}, {"contains": INTEGER, "maxContains": 2}),
    "closed": ({"type": "object"}, {"type": "object", "additionalProperties": False}),
    "unevaluated": ({"type": "object"}, {"type": "object", "unevaluatedProperties": False}),
    "dependent required": ({"type": "object"}, {"type": "object", "dependentRequired": {"a": ["b"]}}),
    "if": ({}, {"if": {"type": "string"}, "then": {"maxLength": 3}}),
    "pattern properties": ({"type": "object"}, {"type": "object", "patternProperties": {"^x": INTEGER}}),
    "max items set": (LIST, {**LIST, "maxItems": 5}),
    "exclusive max set": (INTEGER, {**INTEGER, "exclusiveMaximum": 5}),
    "exclusive min set": (INTEGER, {**INTEGER, "exclusiveMinimum": 5}),
    "multiple of set": (INTEGER, {**INTEGER, "multipleOf": 3}),
    "max properties": ({"type": "object", "maxProperties": 9}, {"type": "object", "maxProperties": 3}),
    "max properties set": ({"type": "object"}, {"type": "object", "maxProperties": 3}),
    "min properties": ({"type": "object", "minProperties": 1}, {"type": "object", "minProperties": 3}),
    "property names set": ({"type": "object"}, {"type": "object", "propertyNames": {"maxLength": 3}}),
    "contains set": ({"type": "array"}, {"type": "array", "contains": INTEGER}),
    "then": ({"if": {"type": "string"}}, {"if": {"type": "string"}, "then": {"maxLength": 3}}),
    "else": ({"if": {"type": "string"}}, {"if": {"type": "string"}, "else": INTEGER}),
    "dependent schema": ({"type": "object"}, {"type": "object", "dependentSchemas": {"a": {"required": ["b"]}}}),
    "unevaluated items": (
        {"type": "array", "prefixItems": [INTEGER]},
        {"type": "array", "prefixItems": [INTEGER], "unevaluatedItems": False},
    ),
    "required": ({"properties": {"a": TEXT}}, {"properties": {"a": TEXT}, "required": ["a"]}),
}


def document(body: Any = None, answer: Any = None, **operation: Any) -> dict[str, Any]:
    """One operation with a body and an answer of these schemas."""

    def content(schema: Any) -> dict[str, Any]:
        return {"content": {"application/json": {"schema": {"type": "object", "properties": {"p": schema}}}}}

    described: dict[str, Any] = {"operationId": "it", "responses": {"200": {"description": ""}}, **operation}
    if body is not None:
        described["requestBody"] = content(body)
    if answer is not None:
        described["responses"]["200"] |= content(answer)
    return {"paths": {"/things": {"post": described}}}


def whole(body: Any = None, answer: Any = None) -> dict[str, Any]:
    """One operation whose body or answer as a whole has this schema."""
    if body is not None:
        return document(requestBody={"content": {"application/json": {"schema": body}}})
    return document(responses={"200": {"description": "", "content": {"application/json": {"schema": answer}}}})


def query(schema: Any = None, **described: Any) -> dict[str, Any]:
    return document(
        parameters=[{"name": "q", "in": "query", "schema": TEXT if schema is None else schema, **described}]
    )


def secured(*scopes: str) -> dict[str, Any]:
    flows = {"clientCredentials": {"tokenUrl": "https://a.example", "scopes": {"r": "", "w": ""}}}
    found = document(security=[{"o": list(scopes)}])
    return {**found, "components": {"securitySchemes": {"o": {"type": "oauth2", "flows": flows}}}}


def keyed(base: Any = None, own: Any = None) -> dict[str, Any]:
    """One operation in a document with two schemes: the requirements of the document and of the operation."""
    schemes = {
        "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    }
    found = document() if own is None else document(security=own)
    required = {} if base is None else {"security": base}
    return {**found, **required, "components": {"securitySchemes": schemes}}


def described(scheme: str, /, **fields: Any) -> dict[str, Any]:
    """One operation that takes either scheme, one of which is described otherwise."""
    found = keyed([{"key": []}, {"bearer": []}])
    found["components"]["securitySchemes"][scheme] |= fields
    return found


def oidc(host: str) -> dict[str, Any]:
    scheme = {"type": "openIdConnect", "openIdConnectUrl": f"https://{host}/.well-known/openid-configuration"}
    return {**document(security=[{"o": []}]), "components": {"securitySchemes": {"o": scheme}}}


def answered(*media_types: str) -> dict[str, Any]:
    content = {name: {"schema": TEXT} for name in media_types}
    return document(responses={"200": {"description": "", "content": content}})


def headed(**header: Any) -> dict[str, Any]:
    headers = {"X-Rest": {"schema": INTEGER, **header}} if header else {}
    return document(responses={"200": {"description": "", "headers": headers}})


def kept(**members: Any) -> dict[str, Any]:
    """An object with these members, all of which it requires."""
    return {"type": "object", "properties": members, "required": [*members]}


_NAMED = {"type": "object", "properties": {"a": TEXT, "b": TEXT}}

#: kind -> the old schema, the new one, and whether oasdiff calls it breaking in requests, and in responses
CHANGED: dict[str, tuple[Any, Any, bool, bool]] = {
    "content encoding": (TEXT, {**TEXT, "contentEncoding": "base64"}, True, True),
    "content media type": (
        {**TEXT, "contentMediaType": "image/png"},
        {**TEXT, "contentMediaType": "image/gif"},
        True,
        True,
    ),
    "content schema added": (TEXT, {**TEXT, "contentSchema": INTEGER}, True, False),
    "content schema removed": ({**TEXT, "contentSchema": INTEGER}, TEXT, False, True),
    "const changed": ({"const": "a"}, {"const": "b"}, True, True),
    "multiple of changed": ({**INTEGER, "multipleOf": 2}, {**INTEGER, "multipleOf": 3}, True, True),
    "type changed": (TEXT, INTEGER, True, True),
    "dependent required changed": (
        {"type": "object", "dependentRequired": {"a": ["b"]}},
        {"type": "object", "dependentRequired": {"a": ["c"]}},
        True,
        True,
    ),
    "default": (TEXT, {**TEXT, "default": "a"}, False, False),
    "deprecated": (TEXT, {**TEXT, "deprecated": True}, False, False),
    "stability increased": (
        {**TEXT, "x-stability-level": "alpha"},
        {**TEXT, "x-stability-level": "stable"},
        False,
        False,
    ),
    "stability decreased": (
        {**TEXT, "x-stability-level": "stable"},
        {**TEXT, "x-stability-level": "alpha"},
        True,
        True,
    ),
    "sunset past": (TEXT, {**TEXT, "deprecated": True, "x-sunset": "2001-01-01"}, True, True),
    "sunset no date": (TEXT, {**TEXT, "deprecated": True, "x-sunset": "soon"}, True, True),
    "wrapped in oneOf": (_NAMED, {"oneOf": [_NAMED, {"type": "object", "properties": {"a": TEXT}}]}, True, True),
    "nullable in a oneOf": ({"enum": ["a"]}, {"oneOf": [{"type": "null"}, {"enum": ["a"]}]}, False, True),
    "no longer nullable in a oneOf": ({"oneOf": [{"type": "null"}, {"enum": ["a"]}]}, {"enum": ["a"]}, True, False),
    "prefix items like the others": (LIST, {**LIST, "prefixItems": [TEXT]}, False, False),
    "prefix items in another order": (
        {"type": "array", "prefixItems": [TEXT, INTEGER]},
        {"type": "array", "prefixItems": [INTEGER, TEXT]},
        True,
        True,
    ),
    "type of a list's items": (LIST, {"type": "array", "items": INTEGER}, True, True),
    "list became an object": (LIST, {"type": "object"}, True, True),
    "required member new": (kept(a=TEXT), kept(a=TEXT, b=TEXT), True, False),
    "required member removed": (kept(a=TEXT, b=TEXT), kept(a=TEXT), True, True),
    "optional member new": ({"type": "object", "properties": {"a": TEXT}}, _NAMED, False, False),
}

#: like CHANGED, in responses alone
IN_RESPONSES: dict[str, tuple[Any, Any, bool]] = {
    "optional member removed": (_NAMED, {"type": "object", "properties": {"a": TEXT}}, False),
    "became write-only": (kept(a=TEXT), kept(a={**TEXT, "writeOnly": True}), False),
    "no longer write-only": (kept(a={**TEXT, "writeOnly": True}), kept(a=TEXT), True),
}

#: like CHANGED, in requests alone
IN_REQUESTS: dict[str, tuple[Any, Any, bool]] = {
    "became read-only": (kept(a=TEXT), kept(a={**TEXT, "readOnly": True}), False),
    "keyword without effect": ({**INTEGER, "maxLength": 5}, {**INTEGER, "maxLength": 3}, True),
    "required without property": (
        {"type": "object", "properties": {"a": TEXT}},
        {"type": "object", "properties": {"a": TEXT}, "required": ["b"]},
        False,
    ),
    "no longer read-only": (kept(a={**TEXT, "readOnly": True}), kept(a=TEXT), False),
}

_BODY: dict[str, Any] = {"requestBody": {"content": {"application/json": {}}}}
_DAY: dict[str, Any] = {"deprecated": True, "x-sunset": "2999-01-01"}

_KEY: Any = [{"key": []}]


def _labelled(style: str) -> dict[str, Any]:
    parameter = {"name": "id", "in": "path", "required": True, "schema": TEXT, "style": style}
    return {"paths": {"/things/{id}": {"get": {"parameters": [parameter], "responses": {"200": {"description": ""}}}}}}


#: kind -> the old document, the new one, and whether oasdiff calls it breaking
OTHERS: dict[str, tuple[dict[str, Any], dict[str, Any], bool]] = {
    "endpoint added": ({"paths": {}}, document(), False),
    "endpoint removed": (document(), {"paths": {}}, True),
    "endpoint removed after deprecation": (document(deprecated=True), {"paths": {}}, False),
    "endpoint removed before sunset": (document(**_DAY), {"paths": {}}, True),
    "endpoint deprecated": (document(), document(deprecated=True), False),
    "endpoint reactivated": (document(deprecated=True), document(), False),
    "sunset deleted": (document(**_DAY), document(deprecated=True), True),
    "stability decreased": (
        document(**{"x-stability-level": "stable"}),
        document(**{"x-stability-level": "alpha"}),
        True,
    ),
    "operation id": (document(), document(operationId="other"), False),
    "parameter removed": (query(), document(), True),
    "parameter removed after deprecation": (query(deprecated=True), document(), False),
    "optional parameter new": (document(), query(), False),
    "required parameter new": (document(), query(required=True), True),
    "parameter became required": (query(), query(required=True), True),
    "parameter became optional": (query(required=True), query(), False),
    "parameter default added": (query(), query({**TEXT, "default": "a"}), False),
    "parameter default changed": (query({**TEXT, "default": "a"}), query({**TEXT, "default": "b"}), False),
    "parameter type generalized": (query(INTEGER), query(TEXT), False),
    "parameter became a list": (query(), query(LIST), False),
    "parameter style": (query(LIST), query(LIST, explode=False), True),
    "extensible value removed": (
        query({**TEXT, "x-extensible-enum": ["a", "b"]}),
        query({**TEXT, "x-extensible-enum": ["a"]}),
        True,
    ),
    "body default": (document({**TEXT, "default": "a"}), document({**TEXT, "default": "b"}), False),
    "response default": (document(None, {**TEXT, "default": "a"}), document(None, {**TEXT, "default": "b"}), False),
    "optional body new": (document(), document(**_BODY), False),
    "required body new": (document(), document(requestBody={"required": True, **_BODY["requestBody"]}), True),
    "body removed": (document(**_BODY), document(), True),
    "success status removed": (
        document(responses={"200": {"description": ""}, "201": {"description": ""}}),
        document(),
        True,
    ),
    "error status removed": (
        document(responses={"200": {"description": ""}, "404": {"description": ""}}),
        document(),
        False,
    ),
    "error status added": (
        document(),
        document(responses={"200": {"description": ""}, "404": {"description": ""}}),
        False,
    ),
    "scope added": (secured("r"), secured("r", "w"), True),
    "OpenID Connect URL": (oidc("a.example"), oidc("b.example"), True),
    "security new": (keyed(), keyed(own=_KEY), True),
    "security of the document new": (keyed(), keyed(_KEY), True),
    "security gone": (keyed(own=_KEY), keyed(), False),
    "security of the document gone": (keyed(_KEY), keyed(), False),
    "operation became anonymous": (keyed(_KEY), keyed(_KEY, []), False),
    "operation no longer anonymous": (keyed(_KEY, []), keyed(_KEY), True),
    "anonymous alternative gone": (keyed(own=[{}, *_KEY]), keyed(own=_KEY), True),
    "anonymous alternative new": (keyed(own=_KEY), keyed(own=[{}, *_KEY]), False),
    "another scheme of an operation": (keyed(_KEY), keyed(_KEY, [{"bearer": []}]), True),
    "name of a key": (described("key"), described("key", name="X-Token"), True),
    "place of a key": (described("key"), described("key", **{"in": "query"}), True),
    "scheme of HTTP": (described("bearer"), described("bearer", scheme="basic"), True),
    "style of a path parameter": (_labelled("simple"), _labelled("label"), True),
    "reserved characters allowed": (query(), query(allowReserved=True), False),
    "reserved characters no longer allowed": (query(allowReserved=True), query(), True),
    "response header new": (headed(), headed(required=True), False),
    "response header removed": (headed(required=True), headed(), True),
    "optional response header removed": (headed(required=False), headed(), True),
    "response header became optional": (headed(required=True), headed(required=False), True),
    "response header became required": (headed(required=False), headed(required=True), False),
    "response media type removed": (answered("text/plain", "text/csv"), answered("text/csv"), True),
    "response media type new": (answered("text/csv"), answered("text/plain", "text/csv"), False),
    "charset": (answered("text/csv; charset=utf-8"), answered("text/csv; charset=utf-16"), True),
    "all stable levels removed": (document(**{"x-stability-level": "alpha"}), {"paths": {}}, False),
    "sunset earlier": (document(**_DAY), document(deprecated=True, **{"x-sunset": "2001-01-01"}), True),
    "stability unknown": (document(), document(**{"x-stability-level": "ga"}), True),
    "parameter removed before sunset": (query(**_DAY), document(), True),
    "parameter reactivated": (query(deprecated=True), query(), False),
    "default of a parameter removed": (query({**TEXT, "default": "a"}), query(), False),
    "required parameter default changed": (
        query({**TEXT, "default": "a"}, required=True),
        query({**TEXT, "default": "b"}, required=True),
        False,
    ),
    "scope removed": (secured("r", "w"), secured("r"), False),
}

#: kind -> where we judge otherwise
OTHERWISE = frozenset(
    {
        "optional member removed",
        "became write-only",
        "no longer write-only",
        "became read-only",
        "no longer read-only",
        "keyword without effect",
        "required without property",
    }
)


def pairs() -> Iterator[Any]:
    for kind, (loose, tight) in RULES.items():
        for before, after, way in ((loose, tight, "tighter"), (tight, loose, "looser")):
            in_requests, in_responses = way == "tighter", way == "looser"
            yield pytest.param(document(before), document(after), in_requests, kind, id=f"{kind}, {way} in requests")
            yield pytest.param(whole(before), whole(after), in_requests, kind, id=f"{kind}, {way} in request bodies")
            yield pytest.param(query(before), query(after), in_requests, kind, id=f"{kind}, {way} in parameters")
            answers = document(None, before), document(None, after)
            yield pytest.param(*answers, in_responses, kind, id=f"{kind}, {way} in responses")
            bodies = whole(None, before), whole(None, after)
            yield pytest.param(*bodies, in_responses, kind, id=f"{kind}, {way} in response bodies")
    for kind, (before, after, in_requests, in_responses) in CHANGED.items():
        yield pytest.param(document(before), document(after), in_requests, kind, id=f"{kind} in requests")
        yield pytest.param(document(None, before), document(None, after), in_responses, kind, id=f"{kind} in responses")
    for kind, (before, after, breaks) in IN_REQUESTS.items():
        yield pytest.param(document(before), document(after), breaks, kind, id=kind)
    for kind, (before, after, breaks) in IN_RESPONSES.items():
        yield pytest.param(document(None, before), document(None, after), breaks, kind, id=kind)
    for kind, (before, after, breaks) in OTHERS.items():
        yield pytest.param(before, after, breaks, kind, id=kind)


@pytest.mark.parametrize(("before", "after", "peer", "kind"), list(pairs()))
def test_kinds(compiled: Compile, before: Any, after: Any, peer: bool, kind: str) -> None:
    changes = diff(compiled(before), compiled(after))
    assert changes, "nothing is listed"
    assert any(change.breaking for change in changes) is (peer is not (kind in OTHERWISE)), changes


def test_nearly_all_kinds_agree_and_the_others_are_in_the_documentation() -> None:
    every = list(pairs())
    assert sum(pair.values[3] in OTHERWISE for pair in every) <= 0.05 * len(every)
    page = _PAGE.read_text(encoding="utf-8")
    assert all(f"| {kind} |" in page for kind in OTHERWISE)
