"""Which operation a method and a path belong to."""

from __future__ import annotations

import pytest

from clausewise.spec.router import Router
from tests.spec.conftest import Understood

_DOCUMENT = """
    servers: [{url: 'https://example.com/v1'}, {url: 'https://example.com/v1/beta'}]
    paths:
      /things/{id}: {get: {operationId: one}, delete: {operationId: drop}}
      /things/mine: {get: {operationId: mine}}
      /things/{id}.json: {get: {operationId: asJson}}
      /{kind}/mine: {put: {operationId: putMine}}
      /a.b: {get: {operationId: literal}}
      /{solo}: {patch: {operationId: solo}}
      /{first}/{second}: {patch: {operationId: two}}
"""


@pytest.fixture
def router(understood: Understood) -> Router:
    specification = understood(_DOCUMENT)
    return Router(specification.operations, specification.base_paths)


@pytest.mark.parametrize(
    ("method", "path", "key", "parameters"),
    [
        ("GET", "/things/mine", "mine", {}),
        ("GET", "/things/7", "one", {"id": "7"}),
        ("DELETE", "/things/mine", "drop", {"id": "mine"}),
        ("PUT", "/things/mine", "putMine", {"kind": "things"}),
        ("GET", "/v1/things/7", "one", {"id": "7"}),
        ("GET", "/v1/beta/things/7", "one", {"id": "7"}),
        ("PATCH", "/v1/beta/x", "solo", {"solo": "x"}),
        ("PATCH", "/beta/x", "two", {"first": "beta", "second": "x"}),
        ("GET", "/things/a%2Fb%20c%25", "one", {"id": "a%2Fb%20c%25"}),
        ("GET", "/things/%C3%A9", "one", {"id": "%C3%A9"}),
        ("GET", "/a.b", "literal", {}),
    ],
)
def test_match(router: Router, method: str, path: str, key: str, parameters: dict[str, str]) -> None:
    match = router.match(method, path)
    assert match is not None
    assert (match.operation.key, match.path_parameters) == (key, parameters)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/things/7"),
        ("GET", "/things"),
        ("GET", "/things/"),
        ("GET", "/things/7/8"),
        ("GET", "/v2/things/7"),
        ("GET", "/axb"),
    ],
)
def test_no_match(router: Router, method: str, path: str) -> None:
    assert router.match(method, path) is None


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/things/7", {"GET", "DELETE", "PATCH"}),
        ("/v1/things/mine", {"GET", "DELETE", "PUT", "PATCH"}),
        ("/a.b", {"GET", "PATCH"}),
        ("/no/such/path", set()),
    ],
)
def test_methods_of_every_template_that_a_path_matches(router: Router, path: str, methods: set[str]) -> None:
    assert set(router.methods(path)) == methods
