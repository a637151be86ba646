"""Cases of operations, their responses, credentials, announcements and servers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.comparison.peer.documents import (
    INTEGER,
    JSON,
    TEXT,
    Case,
    Document,
    Documents,
    answer,
    member,
    operation,
    pairs,
    with_header,
)

GONE: Document = {"paths": {}}
DEPRECATED: Document = {"deprecated": True}
STAYS: Document = {"deprecated": True, "x-sunset": "9999-01-01"}
PAST: Document = {"deprecated": True, "x-sunset": "2001-01-01"}
NO_DAY: Document = {"deprecated": True, "x-sunset": "soon"}


def two(get: Document | None, post: Document | None) -> Document:
    """A path with two operations; None where there is none."""
    made = {"get": get, "post": post}
    responses = {"responses": {"200": {"description": ""}}}
    return {"paths": {"/a": {method: {**responses, **found} for method, found in made.items() if found is not None}}}


def level(name: Any, **described: Any) -> Document:
    return {"x-stability-level": name, **described}


LIFECYCLE: Documents = {
    "new": (GONE, two({}, {}), "-"),
    "new beside another": (two({}, None), two({}, {}), "-"),
    "path gone": (two({}, {}), GONE, "B"),
    "operation gone": (two({}, {}), two(None, {}), "B"),
    "gone after its sunset": (two(PAST, {}), two(None, {}), "-"),
    "gone before its sunset": (two(STAYS, {}), two(None, {}), "B"),
    "gone after a deprecation": (two(DEPRECATED, {}), two(None, {}), "-"),
    "gone, with a sunset that is no date": (two(NO_DAY, {}), two(None, {}), "B"),
    "path gone after both sunsets": (two(PAST, PAST), GONE, "-"),
    "path gone before one sunset": (two(PAST, STAYS), GONE, "B"),
    "path gone before one time": (
        two({**DEPRECATED, "x-sunset": "2001-01-01T00:00:00Z"}, {**DEPRECATED, "x-sunset": "9999-01-01T00:00:00Z"}),
        GONE,
        "B",
    ),
    "path gone after both deprecations": (two(DEPRECATED, DEPRECATED), GONE, "-"),
    "path of alpha level gone": (two(level("alpha"), level("alpha")), GONE, "-"),
    "path of draft level gone": (two(level("draft"), level("draft")), GONE, "-"),
    "path of which one is alpha gone": (two(level("alpha"), {}), GONE, "B"),
    "path of which one is a draft gone": (two(level("draft"), {}), GONE, "B"),
    "deprecated": (two({}, {}), two(DEPRECATED, {}), "-"),
    "deprecated until a day": (two({}, {}), two(STAYS, {}), "-"),
    "deprecated until no date": (two({}, {}), two(NO_DAY, {}), "B"),
    "deprecated, of alpha level": (two(level("alpha"), {}), two(level("alpha", **DEPRECATED), {}), "-"),
    "deprecated, of draft level": (two(level("draft"), {}), two(level("draft", **DEPRECATED), {}), "-"),
    "deprecated, of a level that is none": (two({}, {}), two(level("sure", **DEPRECATED), {}), "B"),
    "no longer deprecated": (two(STAYS, {}), two({}, {}), "-"),
    "sunset gone": (two(STAYS, {}), two(DEPRECATED, {}), "B"),
    "sunset earlier": (two(STAYS, {}), two(PAST, {}), "B"),
    "sunset no date any more": (two(STAYS, {}), two(NO_DAY, {}), "B"),
    "sunset was no date": (two(NO_DAY, {}), two(STAYS, {}), "b"),
    "sunset unchanged": (two(STAYS, {}), two(STAYS, {}), "-"),
    "another extension gone": (two({**DEPRECATED, "x-other": 1}, {}), two(DEPRECATED, {}), "-"),
    "less stable, from beta": (two(level("beta"), {}), two(level("alpha"), {}), "B"),
    "less stable, from stable": (two(level("stable"), {}), two(level("draft"), {}), "B"),
    "more stable": (two(level("alpha"), {}), two(level("beta"), {}), "-"),
    "stability that is none": (two({}, {}), two(level("sure"), {}), "B"),
    "stability that is no text": (two({}, {}), two(level(1), {}), "B"),
    "stability that was none": (two(level("sure"), {}), two({}, {}), "b"),
}

KEY: Any = [{"key": []}]
BEARER: Any = [{"bearer": []}]
SCHEMES: Document = {
    "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "basic": {"type": "http", "scheme": "basic"},
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "oidc": {"type": "openIdConnect", "openIdConnectUrl": "https://a.example/.well-known/openid-configuration"},
    "oauth": {
        "type": "oauth2",
        "flows": {"implicit": {"authorizationUrl": "https://a.example/auth", "scopes": {"read": "", "write": ""}}},
    },
}
EACH: Any = [{"key": []}, {"basic": []}, {"bearer": []}, {"oidc": []}]


def secured(base: Any = None, own: Any = None, schemes: Document = SCHEMES, **described: Any) -> Document:
    """What the document and the operation require."""
    found = operation(method="get", **described, **({} if own is None else {"security": own}))
    required = {} if base is None else {"security": base}
    return {**found, **required, "components": {"securitySchemes": schemes}}


def scoped(*scopes: str) -> Any:
    return [{"oauth": [*scopes]}]


def changed(name: str, /, **fields: Any) -> Document:
    """The schemes, one of which is described otherwise."""
    described = fields if "type" in fields else {**SCHEMES[name], **fields}
    return {**SCHEMES, name: described}


def used(schemes: Document) -> Document:
    return secured(EACH, schemes=schemes)


def unused(schemes: Document) -> Document:
    return secured(schemes=schemes)


def flow(**fields: Any) -> Document:
    """The operation with another flow of its OAuth scheme."""
    flows = {"implicit": {**SCHEMES["oauth"]["flows"]["implicit"], **fields}}
    return secured(own=scoped("read"), schemes=changed("oauth", flows=flows))


SECURITY: Documents = {
    "required": (secured(), secured(own=KEY), "B"),
    "no longer required": (secured(own=KEY), secured(), "-"),
    "required by the document": (secured(), secured(KEY), "B"),
    "no longer required by the document": (secured(KEY), secured(), "-"),
    "anonymous": (secured(KEY), secured(KEY, []), "-"),
    "no longer anonymous": (secured(KEY, []), secured(KEY), "B"),
    "anonymous or not, no longer": (secured(own=[{}, *KEY]), secured(own=KEY), "B"),
    "anonymous or not": (secured(own=KEY), secured(own=[{}, *KEY]), "-"),
    "another scheme": (secured(KEY), secured(KEY, BEARER), "B"),
    "the document requires it too": (secured(own=KEY), secured(KEY, KEY), "-"),
    "anonymous in a document that requires it": (secured(own=[]), secured(KEY, []), "-"),
    "required, and by the document another": (secured(), secured(KEY, BEARER), "B"),
    "anonymous, said so": (secured(), secured(own=[]), "-"),
    "anonymous, of alpha level": (secured(KEY, **level("alpha")), secured(KEY, [], **level("alpha")), "-"),
    "alternative gone": (secured(own=[*KEY, *BEARER]), secured(own=BEARER), "B"),
    "alternative new": (secured(own=BEARER), secured(own=[*KEY, *BEARER]), "-"),
    "alternative of the document gone": (secured([*KEY, *BEARER]), secured(BEARER), "B"),
    "alternative of the document new": (secured(BEARER), secured([*KEY, *BEARER]), "-"),
    "scope gone": (secured(own=scoped("read", "write")), secured(own=scoped("write")), "-"),
    "scope new": (secured(own=scoped("write")), secured(own=scoped("read", "write")), "B"),
    "scope of the document gone": (secured(scoped("read", "write")), secured(scoped("write")), "-"),
    "scope of the document new": (secured(scoped("write")), secured(scoped("read", "write")), "B"),
    "name of a key": (used(SCHEMES), used(changed("key", name="X-Token")), "B"),
    "place of a key": (used(SCHEMES), used(changed("key", **{"in": "query"})), "B"),
    "scheme of HTTP": (used(SCHEMES), used(changed("basic", scheme="bearer")), "B"),
    "scheme of HTTP in capitals": (used(SCHEMES), used(changed("basic", scheme="Basic")), "-"),
    "format of a bearer's token": (used(SCHEMES), used(changed("bearer", bearerFormat="opaque")), "-"),
    "issuer of OpenID Connect": (
        used(SCHEMES),
        used(changed("oidc", openIdConnectUrl="https://b.example/.well-known/openid-configuration")),
        "B",
    ),
    "type of a scheme": (used(SCHEMES), used(changed("key", type="http", scheme="bearer")), "B"),
    "type of a scheme that nobody uses": (
        unused(SCHEMES),
        unused(changed("key", type="http", scheme="bearer")),
        "-",
    ),
    "authorization URL": (flow(), flow(authorizationUrl="https://b.example/auth"), "-"),
    "token URL": (flow(), flow(tokenUrl="https://b.example/token"), "-"),
    "scheme new": (unused({}), unused(SCHEMES), "-"),
    "scheme gone": (unused(SCHEMES), unused({}), "-"),
    "scope described": (flow(), flow(scopes={"read": "", "write": "", "all": ""}), "-"),
    "scope no longer described": (flow(), flow(scopes={"read": ""}), "-"),
    "scope described otherwise": (flow(), flow(scopes={"read": "what is", "write": ""}), "-"),
}


def statuses(*names: str) -> Document:
    return operation(responses={name: {"description": ""} for name in names})


def typed(*names: str, schema: Any = None) -> Document:
    return answer(content={name: {"schema": member(TEXT) if schema is None else schema} for name in names})


def linked(operation_id: str) -> Document:
    return answer(links={"next": {"operationId": operation_id}})


RESPONSES: Documents = {
    "status of a success gone": (statuses("200", "201"), statuses("200"), "B"),
    "status of a success new": (statuses("200"), statuses("200", "201"), "-"),
    "status of an error gone": (statuses("200", "404"), statuses("200"), "-"),
    "status of an error new": (statuses("200"), statuses("200", "404"), "-"),
    "any other status gone": (statuses("200", "default"), statuses("200"), "-"),
    "header optional": (with_header(required=True), with_header(required=False), "B"),
    "header gone": (with_header(required=True), answer(), "B"),
    "optional header gone": (with_header(), answer(), "B"),
    "header new": (answer(), with_header(required=True), "-"),
    "header deprecated": (with_header(), with_header({**INTEGER, "deprecated": True}), "-"),
    "media type gone": (typed(JSON, "text/csv"), typed("text/csv"), "B"),
    "media type new": (typed(JSON), typed(JSON, "text/csv"), "-"),
    "media type with another weight": (typed(JSON), typed("application/problem+json;q=1"), "B"),
    "media type more special": (typed(JSON), typed("application/problem+json"), "o"),
    "media type more general": (typed("application/problem+json"), typed(JSON), "B"),
    "charset of JSON": (typed(JSON), typed(f"{JSON}; charset=utf-8"), "-"),
    "charset of JSON gone": (typed(f"{JSON}; charset=utf-8"), typed(JSON), "b"),
    "charset of JSON, another": (typed(f"{JSON}; charset=utf-8"), typed(f"{JSON}; charset=utf-16"), "b"),
    "enum of a text": (
        typed("text/plain", schema={**TEXT, "enum": ["a"]}),
        typed("text/plain", schema=TEXT),
        "B",
    ),
    "link to another operation": (linked("it"), linked("other"), "-"),
}


def served(url: str) -> Document:
    return {**operation(method="get"), "servers": [{"url": url}]}


def hooked(*names: str) -> Document:
    return {
        **operation(method="get"),
        "webhooks": {name: {"post": {"responses": {"200": {"description": ""}}}} for name in names},
    }


WHOLE: Documents = {
    "operation id new": (two({}, None), two({"operationId": "it"}, None), "-"),
    "operation id gone": (two({"operationId": "it"}, None), two({}, None), "-"),
    "operation id, another": (two({"operationId": "it"}, None), two({"operationId": "other"}, None), "-"),
    "tag new": (two({}, None), two({"tags": ["a"]}, None), "-"),
    "tag gone": (two({"tags": ["a"]}, None), two({}, None), "-"),
    "tag, another": (two({"tags": ["a"]}, None), two({"tags": ["b"]}, None), "-"),
    "extension": (two({"x-a": 1}, None), two({"x-a": 2}, None), "-"),
    "description": (two({"description": "a"}, None), two({"description": "b"}, None), "-"),
    "shared schemas gone": ({**two({}, None), "components": {"schemas": {"A": TEXT}}}, two({}, None), "-"),
    "server, another": (served("https://a.example/v1"), served("https://a.example/v2"), "o"),
    "webhook new": (hooked(), hooked("made"), "-"),
    "webhook gone": (hooked("made"), hooked(), "B"),
}


def message_cases() -> Iterator[Case]:
    tables = {"lifecycle": LIFECYCLE, "security": SECURITY, "response": RESPONSES, "document": WHOLE}
    for name, table in tables.items():
        yield from (case._replace(title=f"{case.title} ({name})") for case in pairs(table))
