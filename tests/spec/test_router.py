"""Which operation a method and a path belong to."""

from __future__ import annotations

from time import process_time

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


@pytest.mark.slow
def test_many_paths_are_compiled_once(understood: Understood) -> None:
    paths = "".join(f"  /{{tenant}}/p{number}: {{get: {{operationId: o{number}}}}}\n" for number in range(10_500))
    router = Router(understood(f"paths:\n{paths}").operations)
    taken = []
    for _ in range(2):
        begun = process_time()
        assert router.match("GET", "/a/p10499") is not None
        taken.append(process_time() - begun)
    assert taken[1] < taken[0] / 4


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


_WITHIN = ("/r/{id}", "/r/{id}.csv", "/r/{id}:cancel", "/r/{id}.{form}", "/r/all.csv", "/r/x-{id}")


@pytest.mark.parametrize("paths", [_WITHIN, _WITHIN[::-1]], ids=["written so", "the other way round"])
@pytest.mark.parametrize(
    ("path", "template", "parameters"),
    [
        ("/r/5", "/r/{id}", {"id": "5"}),
        ("/r/5.csv", "/r/{id}.csv", {"id": "5"}),
        ("/r/5.pdf", "/r/{id}.{form}", {"id": "5", "form": "pdf"}),
        ("/r/5:cancel", "/r/{id}:cancel", {"id": "5"}),
        ("/r/all.csv", "/r/all.csv", {}),
        ("/r/x-5", "/r/x-{id}", {"id": "5"}),
    ],
)
def test_the_more_concrete_template_is_meant(
    understood: Understood, paths: tuple[str, ...], path: str, template: str, parameters: dict[str, str]
) -> None:
    lines = "\n".join(f'  "{each}": {{get: {{}}}}' for each in paths)
    match = Router(understood(f"paths:\n{lines}\n").operations).match("GET", path)
    assert match is not None and (match.operation.path, match.path_parameters) == (template, parameters)


_SERVERS = """
    servers:
      - url: 'https://{region}.example.com/{version}'
        variables: {version: {default: v1, enum: [v1, v2, v3]}, region: {default: eu}}
    paths:
      /things: {get: {operationId: things}}
      /files:
        servers: [{url: /upload}]
        get: {operationId: files}
        put: {operationId: put, servers: [{url: 'https://cdn.example.com/raw/'}]}
"""


@pytest.mark.parametrize(
    ("method", "path", "key"),
    [
        ("GET", "/v1/things", "things"),
        ("GET", "/v3/things", "things"),
        ("GET", "/v4/things", None),
        ("GET", "/upload/files", "files"),
        ("PUT", "/upload/files", None),
        ("PUT", "/raw/files", "put"),
        ("GET", "/raw/files", None),
        ("GET", "/upload/things", None),
        ("PUT", "/files", "put"),
    ],
)
def test_servers_of_document_path_and_operation(
    understood: Understood, method: str, path: str, key: str | None
) -> None:
    specification = understood(_SERVERS)
    match = Router(specification.operations, specification.base_paths).match(method, path)
    assert (match.operation.key if match else None) == key
    assert specification.server == "https://eu.example.com/v1" and specification.base_paths[0] == "/v1"


@pytest.mark.parametrize(
    ("path", "near"), [("/things/7/", "/things/{id}"), ("/v1/things/7/", "/things/{id}"), ("/no/7/8", None)]
)
def test_a_slash_at_the_end_is_another_path(router: Router, path: str, near: str | None) -> None:
    assert router.match("GET", path) is None and router.near("GET", path) == near


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


@pytest.mark.parametrize("written", ["/café/a b/{id}", "/caf%C3%A9/a%20b/{id}", "/caf%c3%a9/a%20b/{id}"])
@pytest.mark.parametrize("sent", ["/café/a b/ä", "/caf%C3%A9/a%20b/%C3%A4", "/caf%c3%a9/a%20b/%c3%a4"])
def test_a_path_is_the_same_however_it_is_written(understood: Understood, written: str, sent: str) -> None:
    """RFC 3986 section 6.2.2.1, and section 3.1 of RFC 3987."""
    document = f"servers: [{{url: 'https://example.com/ü'}}]\npaths:\n  {written}: {{get: {{operationId: one}}}}\n"
    specification = understood(document)
    router = Router(specification.operations, specification.base_paths)
    for base in ("", "/ü", "/%C3%BC", "/%c3%bc"):
        match = router.match("GET", base + sent)
        assert match is not None and match.path_parameters == {"id": "%C3%A4"}
    assert router.match("GET", "/cafe/a%20b/c") is None


@pytest.mark.parametrize(
    ("path", "target", "is_elsewhere"),
    [
        ("/users/{id}", "/users/me", True),
        ("/users/{id}", "/users/7", False),
        ("/users/me", "/users/me", False),
        ("/{kind}/{id}/views", "/users/7/views", False),
        ("/{kind}/{id}/views", "/users/history/views", True),
        ("/{kind}/history/{n}", "/users/history/views", True),
        ("/files/{name}", "/files/a.csv", True),
        ("/files/{name}", "/files/a.txt", False),
        ("/files/{name}.csv", "/files/a.csv", False),
        ("/caf\u00e9/{id}", "/caf%C3%A9/menu", True),
    ],
)
def test_a_path_that_belongs_to_another_template(
    understood: Understood, path: str, target: str, is_elsewhere: bool
) -> None:
    """OpenAPI 3.1 section 4.8.8.2 for whole segments; where two templates are each more concrete in one, a server may
    take either."""
    templates = ["/users/{id}", "/users/me", "/{kind}/{id}/views", "/{kind}/history/{n}", "/caf\u00e9/menu"]
    templates += ["/files/{name}", "/files/{name}.csv", "/caf\u00e9/{id}"]
    document = "paths:\n" + "".join(f"  {each}: {{get: {{}}}}\n" for each in templates)
    router = Router(understood(document).operations)
    assert any(pattern.fullmatch(target) for pattern in router.rivals(path)) is is_elsewhere
