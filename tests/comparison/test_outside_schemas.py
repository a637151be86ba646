"""What changes outside of schemas: servers, credentials, announcements, links and names, each with its level."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from clausewise.comparison.compare import diff
from tests.conftest import Compile

_TODAY = date(2031, 6, 15)

Document = dict[str, Any]


def api(path: str = "/things", servers: Any = (), scopes: Any = None, **operation: Any) -> Document:
    """One operation; its servers, and the scopes of its credentials, an alternative each."""
    flows = {"clientCredentials": {"tokenUrl": "https://a.example/token", "scopes": {"read": "", "write": ""}}}
    described: Document = {"operationId": "it", "responses": {}, **operation}
    if scopes is not None:
        described["security"] = [{"oauth": alternative} for alternative in scopes]
    return {
        "servers": [server if isinstance(server, dict) else {"url": server} for server in servers],
        "paths": {path: {"get": described}},
        "components": {"securitySchemes": {"oauth": {"type": "oauth2", "flows": flows}}},
    }


def served(servers: list[str]) -> Document:
    """One operation with servers of its own, in a document with another one."""
    document = api(servers=["https://other"])
    document["paths"]["/things"]["get"]["servers"] = [{"url": url} for url in servers]
    return document


def scheme(document: Document, **described: Any) -> Document:
    """The document with another description of its scheme."""
    return {**document, "components": {"securitySchemes": {"oauth": {"type": "oauth2", **described}}}}


def parameter(**described: Any) -> Document:
    return api(parameters=[{"name": "q", "in": "query", "schema": {"type": "integer"}, **described}])


def until(sunset: str | None, stability: str = "stable") -> Document:
    """A deprecated operation that stays until a day."""
    day = {} if sunset is None else {"x-sunset": sunset}
    return level(stability, deprecated=True, **day)


def level(stability: str, **operation: Any) -> Document:
    return api(**{"x-stability-level": stability, **operation})


def issued(**urls: str) -> Document:
    """One operation whose tokens are those of an issuer."""
    return scheme(api(scopes=[[]]), type="openIdConnect", **urls)


def answer(**described: Any) -> Document:
    return api(responses={"200": {"description": "", **described}})


def member(**described: Any) -> Document:
    """A member of an answer."""
    schema = {"type": "object", "properties": {"m": {"type": "string", **described}}}
    return answer(content={"application/json": {"schema": schema}})


def body(media: str) -> Document:
    return api(requestBody={"content": {media: {"schema": {"type": "object"}}}})


_REGIONS = {"url": "https://{r}.example/v1", "variables": {"r": {"default": "eu", "enum": ["eu", "us"]}}}
_OTHER_DEFAULT = {"url": "https://{r}.example/v1", "variables": {"r": {"default": "us", "enum": ["us", "eu"]}}}


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ([["read"]], [["write"]], "requests with the old credentials are refused"),
        ([["read", "write"]], [["read"]], "valid requests stay valid"),
    ],
    ids=["refused", "accepted"],
)
def test_other_credentials_are_told_with_what_becomes_of_the_old_ones(
    compiled: Compile, before: Any, after: Any, reason: str
) -> None:
    (change,) = diff(compiled(api(scopes=before)), compiled(api(scopes=after)))
    assert change.reason == reason


_TOKENS = {"clientCredentials": {"tokenUrl": "https://a.example/token", "scopes": {"read": "", "write": ""}}}
_GONE: Document = {"paths": {}}
_LINK = {"operationId": "it", "parameters": {"id": "$response.body#/id"}}

#: what changes -> the old document, the new one, and the level and kind of each change
CHANGES: dict[str, tuple[Document, Document, list[str]]] = {
    "a prefix moved into the path": (
        api(servers=["https://h/v1"]),
        api("/v1/things", ["https://h"]),
        ["editorial changed"],
    ),
    "a prefix moved into the server": (
        api("/v1/things", ["https://h/"]),
        api(servers=["https://h/v1/"]),
        ["editorial changed"],
    ),
    "a prefix moved, beside an operation that took its place": (
        api(servers=["/v1"]),
        {"paths": {**api("/v1/things")["paths"], "/things": {"get": {"operationId": "new", "responses": {}}}}},
        ["compatible added", "editorial changed"],
    ),
    "another version of a server": (api(servers=["https://h/v1"]), api(servers=["https://h/v2"]), ["breaking changed"]),
    "another host": (api(servers=["https://a/v1"]), api(servers=["https://b/v1"]), ["breaking changed"]),
    "a slash at the end of a server": (api(servers=["https://h/v1"]), api(servers=["https://h/v1/"]), []),
    "a host in capital letters": (api(servers=["https://h/v1"]), api(servers=["https://H/v1"]), []),
    "a further server": (api(servers=["https://a"]), api(servers=["https://a", "https://b"]), ["compatible added"]),
    "a server gone": (api(servers=["https://a", "https://b"]), api(servers=["https://a"]), ["breaking removed"]),
    "a server relative to the document": (api(servers=["/v1"]), api(servers=["https://h/v1"]), []),
    "a server where none was": (api(), api(servers=["https://h/v1"]), ["risky added"]),
    "each value of a variable written out": (
        api(servers=[_REGIONS]),
        api(servers=["https://eu.example/v1", "https://us.example/v1"]),
        [],
    ),
    "a value of a variable gone": (
        api(servers=[_REGIONS]),
        api(servers=["https://eu.example/v1"]),
        ["breaking removed"],
    ),
    "a variable of any value": (
        api(servers=["https://eu.example/v1"]),
        api(servers=[{"url": "https://{r}.example/v1", "variables": {"r": {"default": "eu"}}}]),
        ["compatible added"],
    ),
    "another default of a variable": (api(servers=[_REGIONS]), api(servers=[_OTHER_DEFAULT]), ["risky changed"]),
    "servers of the path": (
        api(servers=["https://h/v1"]),
        {**api(), "paths": {"/things": {"servers": [{"url": "https://h/v1"}], **api()["paths"]["/things"]}}},
        [],
    ),
    "servers of the operation": (api(servers=["https://h/v1"]), served(["https://h/v1"]), []),
    "other servers of the operation": (api(servers=["https://h/v1"]), served(["https://h/v2"]), ["breaking changed"]),
    "a further scope needed": (api(scopes=[["read"]]), api(scopes=[["read", "write"]]), ["breaking tightened"]),
    "another scope needed": (api(scopes=[["read"]]), api(scopes=[["write"]]), ["breaking changed"]),
    "a scope no longer needed": (api(scopes=[["read", "write"]]), api(scopes=[["read"]]), ["compatible loosened"]),
    "the order of scopes": (api(scopes=[["read", "write"]]), api(scopes=[["write", "read"]]), []),
    "an alternative of other scopes": (
        api(scopes=[["read"]]),
        api(scopes=[["read"], ["write"]]),
        ["compatible loosened"],
    ),
    "an alternative gone": (api(scopes=[["read"], ["write"]]), api(scopes=[["read"]]), ["breaking tightened"]),
    "credentials needed by the whole document": (
        api(),
        {**api(), "security": [{"oauth": ["read"]}]},
        ["breaking added"],
    ),
    "credentials of the document no longer needed by one": (
        {**api(), "security": [{"oauth": ["read"]}]},
        {**api(scopes=[]), "security": [{"oauth": ["read"]}]},
        ["compatible removed"],
    ),
    "another token URL": (
        api(scopes=[["read"]]),
        scheme(api(scopes=[["read"]]), flows={"clientCredentials": {**_TOKENS["clientCredentials"], "tokenUrl": "/t"}}),
        ["risky changed"],
    ),
    "a flow gone": (
        scheme(api(scopes=[["read"]]), flows={**_TOKENS, "password": _TOKENS["clientCredentials"]}),
        scheme(api(scopes=[["read"]]), flows=_TOKENS),
        ["breaking removed"],
    ),
    "a scope that the scheme no longer has": (
        api(scopes=[["read"]]),
        scheme(
            api(scopes=[["read"]]),
            flows={"clientCredentials": {"tokenUrl": "https://a.example/token", "scopes": {"read": ""}}},
        ),
        ["risky removed"],
    ),
    "a scope that the scheme has now": (
        scheme(
            api(scopes=[["read"]]),
            flows={"clientCredentials": {"tokenUrl": "https://a.example/token", "scopes": {"read": ""}}},
        ),
        api(scopes=[["read"]]),
        ["compatible added"],
    ),
    "another issuer of tokens": (
        issued(openIdConnectUrl="https://a.example/.well-known/openid-configuration"),
        issued(openIdConnectUrl="https://b.example/.well-known/openid-configuration"),
        ["breaking changed"],
    ),
    "another authorization server": (
        issued(oauth2MetadataUrl="https://a.example/.well-known/oauth-authorization-server"),
        issued(oauth2MetadataUrl="https://b.example/.well-known/oauth-authorization-server"),
        ["breaking changed"],
    ),
    "an authorization server that was not named": (
        issued(),
        issued(oauth2MetadataUrl="https://a.example/.well-known/oauth-authorization-server"),
        [],
    ),
    "an operation deprecated": (api(), api(deprecated=True), ["compatible changed"]),
    "a deprecated operation gone": (api(deprecated=True), _GONE, ["compatible removed"]),
    "gone before its sunset": (api(deprecated=True, **{"x-sunset": "2031-06-16"}), _GONE, ["breaking removed"]),
    "gone on its sunset": (api(deprecated=True, **{"x-sunset": "2031-06-15"}), _GONE, ["compatible removed"]),
    "gone, with a sunset that is no date": (api(deprecated=True, **{"x-sunset": "soon"}), _GONE, ["breaking removed"]),
    "gone, never deprecated, with a sunset": (api(**{"x-sunset": "2031-01-01"}), _GONE, ["breaking removed"]),
    "a draft gone": (api(**{"x-stability-level": "draft"}), _GONE, ["compatible removed"]),
    "less stable": (level("stable"), level("beta"), ["breaking changed"]),
    "more stable": (level("alpha"), level("beta"), ["compatible changed"]),
    "a required parameter of a draft": (
        level("draft"),
        level("draft", parameters=[{"name": "q", "in": "query", "required": True, "schema": {}}]),
        ["compatible added"],
    ),
    "an answer of what was alpha": (
        level("alpha", responses={"200": {"description": ""}}),
        level("beta", responses={"201": {"description": ""}}),
        ["compatible removed", "compatible added", "compatible changed"],
    ),
    "a draft that was not named one": (api(), level("draft"), ["breaking changed"]),
    "a stability named that it had": (api(), level("stable"), ["compatible changed"]),
    "a stability that is none": (api(), level("ga"), ["breaking changed"]),
    "a stability that was none": (level("ga"), api(), ["compatible changed"]),
    "deprecated until a day to come": (level("stable"), until("2031-06-15"), ["compatible changed"]),
    "deprecated until a day that is past": (level("stable"), until("2031-06-14"), ["breaking changed"]),
    "deprecated until no date": (level("stable"), until("soon"), ["breaking changed"]),
    "a draft deprecated until no date": (level("draft"), until("soon", "draft"), ["compatible changed"]),
    "a sunset gone": (until("2031-08-01"), until(None), ["breaking changed"]),
    "a sunset gone that was past": (until("2031-06-15"), until(None), ["risky changed"]),
    "a sunset gone that was no date": (until("soon"), until(None), ["breaking changed"]),
    "a sunset where none was": (until(None), until("2031-08-01"), ["compatible changed"]),
    "a sunset that is no date, where none was": (until(None), until("soon"), ["risky changed"]),
    "a sunset that is no date any more": (until("2031-08-01"), until("soon"), ["breaking changed"]),
    "a sunset that was no date": (until("soon"), until("2031-08-01"), ["compatible changed"]),
    "a sunset that was no date, now past": (until("soon"), until("2031-06-01"), ["breaking changed"]),
    "an earlier sunset": (until("2032-01-01"), until("2031-08-01"), ["breaking changed"]),
    "an earlier sunset of what could be gone": (until("2031-06-01"), until("2031-05-01"), ["compatible changed"]),
    "a later sunset": (until("2031-08-01"), until("2032-01-01"), ["compatible changed"]),
    "an earlier sunset of a parameter": (
        parameter(deprecated=True, **{"x-sunset": "2032-01-01"}),
        parameter(deprecated=True, **{"x-sunset": "2031-08-01"}),
        ["breaking changed"],
    ),
    "a member less stable": (
        member(**{"x-stability-level": "beta"}),
        member(**{"x-stability-level": "alpha"}),
        ["breaking changed"],
    ),
    "a parameter deprecated": (parameter(), parameter(deprecated=True), ["compatible changed"]),
    "a deprecated parameter gone": (parameter(deprecated=True), api(), ["compatible removed"]),
    "a parameter gone before its sunset": (
        parameter(deprecated=True, **{"x-sunset": "2040-01-01"}),
        api(),
        ["breaking removed"],
    ),
    "a default of a parameter": (parameter(), parameter(schema={"type": "integer", "default": 5}), ["risky changed"]),
    "another default of a parameter": (
        parameter(schema={"type": "integer", "default": 5}),
        parameter(schema={"type": "integer", "default": 50}),
        ["risky changed"],
    ),
    "the same default": (
        parameter(schema={"type": "integer", "default": 5}),
        parameter(schema={"type": "integer", "default": 5.0}),
        [],
    ),
    "a deprecated member of an answer gone": (
        member(deprecated=True),
        answer(content={"application/json": {"schema": {"type": "object", "properties": {}}}}),
        ["compatible removed"],
    ),
    "a member that stays longer, gone": (
        member(deprecated=True, **{"x-sunset": "2040-01-01"}),
        answer(content={"application/json": {"schema": {"type": "object", "properties": {}}}}),
        ["breaking removed"],
    ),
    "a default in an answer": (member(), member(default="a"), ["compatible changed"]),
    "a further value of an extensible list": (
        member(**{"x-extensible-enum": ["a"]}),
        member(**{"x-extensible-enum": ["a", "b"]}),
        ["compatible changed"],
    ),
    "a value gone from an extensible list of a request": (
        parameter(schema={"type": "string", "x-extensible-enum": ["a", "b"]}),
        parameter(schema={"type": "string", "x-extensible-enum": ["a"]}),
        ["breaking changed"],
    ),
    "int64 where no format was": (
        parameter(),
        parameter(schema={"type": "integer", "format": "int64"}),
        ["editorial changed"],
    ),
    "int32 widened": (
        parameter(schema={"type": "integer", "format": "int32"}),
        parameter(schema={"type": "integer", "format": "int64"}),
        ["compatible loosened", "compatible loosened", "editorial changed"],
    ),
    "another charset of JSON": (
        body("application/json; charset=utf-8"),
        body("application/json; charset=utf-16"),
        [],
    ),
    "another charset of a text": (
        body("text/csv; charset=utf-8"),
        body('text/csv;charset="UTF-16"'),
        ["breaking changed"],
    ),
    "another charset of an answer": (
        answer(content={"text/csv; charset=utf-8": {}}),
        answer(content={"text/csv; charset=utf-16": {}}),
        ["breaking changed"],
    ),
    "a charset that holds the old one": (
        body("text/csv; charset=us-ascii"),
        body("text/csv; charset=utf-8"),
        ["compatible loosened"],
    ),
    "a charset that the old one holds": (
        answer(content={"text/csv; charset=utf-8": {}}),
        answer(content={"text/csv; charset=us-ascii": {}}),
        ["compatible tightened"],
    ),
    "the same charset of a text": (body("text/csv; charset=utf-8"), body('text/csv;charset="UTF-8"'), []),
    "a charset": (body("application/json"), body("application/json; charset=utf-8"), []),
    "another parameter of a media type": (
        body("application/json"),
        body("application/json; v=2"),
        ["breaking removed", "compatible added"],
    ),
    "an answer that is never sent any more": (
        answer(content={"application/json": {}}),
        answer(content={"application/json": {"schema": False}}),
        ["breaking removed"],
    ),
    "a body that is never taken any more": (
        api(requestBody={"content": {"application/json": {}}}),
        api(requestBody={"content": {"application/json": {"schema": False}}}),
        ["breaking tightened"],
    ),
    "a link gone": (answer(links={"next": _LINK}), answer(), ["risky removed"]),
    "a link new": (answer(), answer(links={"next": _LINK}), ["compatible added"]),
    "a link elsewhere": (
        answer(links={"next": _LINK}),
        answer(links={"next": {**_LINK, "parameters": {"id": "$response.body#/other"}}}),
        ["risky changed"],
    ),
    "a value that became a list of such": (
        parameter(schema={"type": "string"}),
        parameter(schema={"type": "array", "items": {"type": "string"}}),
        ["compatible loosened"],
    ),
    "a value that became a list of stricter ones": (
        parameter(schema={"type": "integer"}),
        parameter(schema={"type": "array", "items": {"type": "integer", "maximum": 5}}),
        ["breaking tightened", "compatible loosened"],
    ),
    "a value that became a list of two or more": (
        parameter(schema={"type": "integer"}),
        parameter(schema={"type": "array", "minItems": 2, "items": {"type": "integer"}}),
        ["breaking changed"],
    ),
    "a text that became a list with commas": (
        parameter(schema={"type": "string"}),
        parameter(schema={"type": "array", "items": {"type": "string"}}, explode=False),
        ["breaking changed"],
    ),
    "a number or a text that became a list": (
        parameter(schema={"oneOf": [{"type": "string"}, {"type": "integer"}]}),
        parameter(schema={"type": "array", "items": {"type": "string"}}),
        ["compatible loosened"],
    ),
    "one value, exploded or not": (parameter(), parameter(explode=False), []),
    "a list that is no longer exploded": (
        parameter(schema={"type": "array", "items": {"type": "integer"}}),
        parameter(schema={"type": "array", "items": {"type": "integer"}}, explode=False),
        ["breaking changed"],
    ),
    "anything that is no longer exploded": (
        parameter(schema={}),
        parameter(schema={}, explode=False),
        ["breaking changed"],
    ),
    "reserved characters as they are": (parameter(), parameter(allowReserved=True), ["compatible loosened"]),
    "reserved characters only encoded": (parameter(allowReserved=True), parameter(), ["breaking tightened"]),
    "a number that became any text": (parameter(), parameter(schema={"type": "string"}), ["compatible loosened"]),
    "an operationId renamed": (api(), api(operationId="other"), ["risky changed"]),
    "an operationId where none was": (
        {"paths": {"/things": {"get": {"responses": {}}}}},
        {"paths": {"/things": {"get": {"operationId": "it", "responses": {}}}}},
        [],
    ),
}


def hook(required: tuple[str, ...] = (), statuses: tuple[str, ...] = ("200",), **members: Any) -> Document:
    """One operation that the API calls at its clients: what it sends, and the statuses that it takes as answers."""
    schema = {"type": "object", "properties": members, "required": list(required)}
    content = {"content": {"application/json": {"schema": schema}}}
    answers = {status: {"description": ""} for status in statuses}
    return {"post": {"requestBody": content, "responses": answers}}


def webhook(*arguments: Any, **members: Any) -> Document:
    return {**api(), "webhooks": {"done": hook(*arguments, **members)}}


def callback(*arguments: Any, **members: Any) -> Document:
    return api(callbacks={"done": {"{$request.body#/url}": hook(*arguments, **members)}})


_TEXT, _SHORT = {"type": "string"}, {"type": "string", "maxLength": 5}

#: what changes in what the API sends -> the old document, the new one, and the level and kind of each change
SENT: dict[str, tuple[Document, Document, list[str]]] = {
    "a webhook gone": (webhook(), api(), ["breaking removed"]),
    "a webhook new": (api(), webhook(), ["compatible added"]),
    "a webhook sends less": (webhook(a=_TEXT), webhook(a=_SHORT), ["compatible tightened"]),
    "a webhook sends more": (webhook(a=_SHORT), webhook(a=_TEXT), ["breaking loosened"]),
    "a webhook may leave a member out": (webhook(("a",), a=_TEXT), webhook(a=_TEXT), ["breaking loosened"]),
    "a webhook always sends a member": (webhook(a=_TEXT), webhook(("a",), a=_TEXT), ["compatible tightened"]),
    "a webhook sends no member": (webhook(a=_TEXT), webhook(), ["breaking removed"]),
    "an answer is no longer taken": (webhook((), ("200", "204")), webhook(), ["breaking removed"]),
    "a further answer is taken": (webhook(), webhook((), ("200", "204")), ["compatible added"]),
    "a callback gone": (callback(), api(), ["breaking removed"]),
    "a callback sends more": (callback(a=_SHORT), callback(a=_TEXT), ["breaking loosened"]),
    "a callback sends less": (callback(a=_TEXT), callback(a=_SHORT), ["compatible tightened"]),
}


@pytest.mark.parametrize("name", SENT)
def test_what_the_api_sends(compiled: Compile, name: str) -> None:
    before, after, wanted = SENT[name]
    changes = diff(compiled(before), compiled(after), today=_TODAY)
    assert [f"{change.level} {change.kind}" for change in changes] == wanted, [change.text for change in changes]


@pytest.mark.parametrize("name", CHANGES)
def test_changes(compiled: Compile, name: str) -> None:
    before, after, wanted = CHANGES[name]
    changes = diff(compiled(before), compiled(after), today=_TODAY)
    assert [f"{change.level} {change.kind}" for change in changes] == wanted, [change.text for change in changes]


@pytest.mark.parametrize(("stability", "wanted"), [("alpha", "compatible"), ("beta", "breaking")])
def test_a_schema_that_what_is_alpha_shares(compiled: Compile, stability: str, wanted: str) -> None:
    """Two operations take the same schema, which becomes tighter; one of them is alpha."""

    def document(longest: int) -> Document:
        body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Name"}}}}
        found = level("alpha", requestBody=body, responses={"200": {"description": ""}})
        other = level(stability, requestBody=body, responses={"200": {"description": ""}}, operationId="other")
        schemas = {"schemas": {"Name": {"type": "string", "maxLength": longest}}}
        return {**found, "paths": {**found["paths"], "/others": other["paths"]["/things"]}, "components": schemas}

    (change,) = diff(compiled(document(9)), compiled(document(5)), today=_TODAY)
    assert (change.level, change.operations) == (wanted, ("it", "other"))


def test_a_scope_of_a_scheme_stands_where_it_is_described(compiled: Compile) -> None:
    one = {"clientCredentials": {"tokenUrl": "https://a.example/token", "scopes": {"read": ""}}}
    (change,) = diff(compiled(scheme(api(scopes=[["read"]]), flows=one)), compiled(api(scopes=[["read"]])))
    assert change.text == "the scheme `oauth` has the new scope write"
    assert change.clause == "#/components/securitySchemes/oauth/flows/clientCredentials/scopes/write"
