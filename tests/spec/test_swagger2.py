"""Documents of Swagger 2.0: what is read of their servers, parameters, bodies, forms, responses and security."""

from __future__ import annotations

from textwrap import dedent

import pytest

from clausewise.spec.operations import Operation
from clausewise.spec.specification import Specification, read_specification
from tests.spec.conftest import Open


def read(opened: Open, text: str) -> Specification:
    return read_specification(opened(api_yaml="swagger: '2.0'\n" + dedent(text)))


def operation(opened: Open, text: str, path: str = "/a") -> Operation:
    """The operation of `path` that `text` describes; `consumes` and `produces` of the document are JSON."""
    head = "swagger: '2.0'\nconsumes: [application/json]\nproduces: [application/json]\npaths:\n"
    head += f"  {path}:\n    post:\n"
    indented = "".join(f"      {line}\n" for line in dedent(text).strip().splitlines())
    return read_specification(opened(api_yaml=head + indented)).operations[0]


@pytest.mark.parametrize(
    ("head", "server", "base_paths"),
    [
        ("host: api.example.com\nbasePath: /v1\nschemes: [https, http]", "https://api.example.com/v1", ("/v1",)),
        ("host: api.example.com\nschemes: [wss, http]", "http://api.example.com", ("",)),
        ("host: https://api.example.com/\nbasePath: v1", "http://api.example.com/v1", ("/v1",)),
        ("basePath: /v1/", "/v1/", ("/v1",)),
        ("basePath: /", "/", ("",)),
        ("{}", None, ("",)),
    ],
)
def test_servers(opened: Open, head: str, server: str | None, base_paths: tuple[str, ...]) -> None:
    found = read(opened, f"{head if head != '{}' else 'info: {}'}\npaths: {{}}\n")
    assert (found.server, found.base_paths) == (server, base_paths)


@pytest.mark.parametrize(
    ("written", "style", "explode", "inner"),
    [
        ("in: query, type: array, items: {type: string}", "form", False, ()),
        ("in: query, type: array, collectionFormat: multi, items: {type: string}", "form", True, ()),
        ("in: query, type: array, collectionFormat: ssv, items: {type: string}", "spaceDelimited", False, ()),
        ("in: query, type: array, collectionFormat: tsv, items: {type: string}", "tabDelimited", False, ()),
        ("in: header, type: array, collectionFormat: pipes, items: {type: string}", "pipeDelimited", False, ()),
        ("in: path, type: array, collectionFormat: csv, items: {type: string}", "simple", False, ()),
        ("in: header, type: array, collectionFormat: multi, items: {type: string}", "simple", False, ()),
        (
            "in: query, type: array, collectionFormat: pipes, items: {type: array, items: {type: string}}",
            *("pipeDelimited", False, (",",)),
        ),
        ("in: query, type: string", "form", False, ()),
    ],
)
def test_collection_formats(opened: Open, written: str, style: str, explode: bool, inner: tuple[str, ...]) -> None:
    found = operation(opened, f"parameters:\n  - {{name: x, required: true, {written}}}", path="/a/{x}").parameters[0]
    assert (found.style, found.explode, found.inner_separators) == (style, explode, inner)
    assert found.schema == found.source


def test_parameters_of_the_path_item_and_of_the_document(opened: Open) -> None:
    found = read(
        opened,
        """
        parameters:
          Limit: {name: limit, in: query, type: integer, x-example: 7}
        paths:
          /a:
            parameters:
              - {name: pet, in: body, schema: {type: string}}
              - {name: limit, in: query, type: string}
            post:
              parameters:
                - $ref: '#/parameters/Limit'
                - {name: other, in: body, required: true, schema: {type: object}}
        """,
    ).operations[0]
    assert [str(one.source) for one in found.parameters] == ["#/parameters/Limit"]
    assert [example.value for example in found.parameters[0].examples] == [7]
    assert found.body is not None
    assert (str(found.body.source), found.body.required) == ("#/paths/~1a/post/parameters/1", True)
    assert [(one.name, str(one.schema)) for one in found.body.content] == [
        ("*/*", "#/paths/~1a/post/parameters/1/schema")
    ]


@pytest.mark.parametrize(
    ("consumes", "fields", "names"),
    [
        ("[]", "{name: a, in: formData, type: string}", ["application/x-www-form-urlencoded"]),
        ("[application/json]", "{name: a, in: formData, type: string}", ["application/x-www-form-urlencoded"]),
        ("[application/json]", "{name: a, in: formData, type: file}", ["multipart/form-data"]),
        ("[application/x-www-form-urlencoded, multipart/form-data]", "{name: a, in: formData, type: file}", None),
        ("[multipart/form-data]", "{name: a, in: formData, type: string}", ["multipart/form-data"]),
    ],
)
def test_forms(opened: Open, consumes: str, fields: str, names: list[str] | None) -> None:
    body = operation(opened, f"consumes: {consumes}\nparameters:\n  - {fields}").body
    assert body is not None
    assert [one.name for one in body.content] == (names or ["multipart/form-data"])
    assert not body.required


def test_a_form_is_required_where_a_field_is(opened: Open) -> None:
    body = operation(
        opened,
        """
        parameters:
          - {name: a, in: formData, type: string}
          - {name: b, in: formData, required: true, type: array, collectionFormat: pipes, items: {type: string}}
        """,
    ).body
    assert body is not None and body.content[0].form is not None
    assert (body.required, str(body.source)) == (True, "#/paths/~1a/post/parameters/1")
    assert [(one.name, one.required is not None) for one in body.content[0].form.fields] == [("a", False), ("b", True)]
    assert {name: (one.style, one.explode) for name, one in body.content[0].encoding.items()} == {
        "b": ("pipeDelimited", False)
    }


def test_responses(opened: Open) -> None:
    found = operation(
        opened,
        """
        produces: [application/json, text/csv]
        responses:
          200:
            description: one
            schema: {type: object}
            headers: {X-Ids: {type: array, collectionFormat: ssv, items: {type: integer}}}
            examples: {application/json: {a: 1}}
          201: {description: file, schema: {type: file}}
          204: {description: nothing}
        """,
    ).responses
    one, file, nothing = found
    assert [(media.name, str(media.schema)) for media in one.content] == [
        ("application/json", "#/paths/~1a/post/responses/200/schema"),
        ("text/csv", "#/paths/~1a/post/responses/200/schema"),
    ]
    assert str(one.content[0].source) == "#/paths/~1a/post/produces/0"
    assert [(each.value, str(each.source)) for each in one.content[0].examples] == [
        ({"a": 1}, "#/paths/~1a/post/responses/200/examples/application~1json")
    ]
    assert [(each.name, each.style) for each in one.headers] == [("X-Ids", "spaceDelimited")]
    assert [media.schema for media in file.content] == [None, None]
    assert nothing.content == ()


def test_security(opened: Open) -> None:
    found = read(
        opened,
        """
        securityDefinitions:
          plain: {type: basic}
          key: {type: apiKey, in: query, name: k}
          token: {type: oauth2, flow: application, tokenUrl: https://example.com/token, scopes: {}}
        security: [{plain: []}, {key: [], token: []}]
        paths: {/a: {get: {}}}
        """,
    )
    security = found.operations[0].security
    assert security is not None
    (plain,), (key, token) = security.alternatives
    assert (plain.type, plain.scheme) == ("http", "basic")
    assert (key.type, key.location, key.parameter) == ("apiKey", "query", "k")
    assert (token.type, token.token_urls) == ("oauth2", (("clientCredentials", "https://example.com/token"),))
    assert found.defined_schemes == ("plain", "key", "token")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            "[{name: a, in: body, schema: {}}, {name: b, in: formData, type: string}]",
            'the parameter "a" describes the body, and "b" does too',
        ),
        ("[{name: a, in: body, schema: {}}, {name: b, in: body, schema: {}}]", 'the parameter "b" describes the body'),
        ("[{name: a, in: cookie, type: string}]", "write path, query, header, formData or body"),
    ],
)
def test_defects_close_only_their_operation(opened: Open, parameters: str, message: str) -> None:
    found = read(opened, f"paths:\n  /a:\n    post: {{parameters: {parameters}}}\n    get: {{}}\n")
    (defect,) = found.defects
    assert message in str(defect)
    assert defect.closes == ("POST /a",)


@pytest.mark.parametrize(
    ("parameter", "schema"),
    [
        ("{name: a, in: query, schema: {type: integer}}", "#/paths/~1a/post/parameters/0/schema"),
        ("{name: a, in: query, type: integer}", "#/paths/~1a/post/parameters/0"),
    ],
)
def test_a_parameter_with_a_schema_of_its_own(opened: Open, parameter: str, schema: str) -> None:
    found = operation(opened, f"parameters: [{parameter}]").parameters[0]
    assert str(found.schema) == schema


def test_a_body_that_is_described_like_another_parameter(opened: Open) -> None:
    body = operation(opened, "parameters: [{name: a, in: body, type: array, items: {type: string}}]").body
    assert body is not None
    assert [(one.name, str(one.schema)) for one in body.content] == [
        ("application/json", "#/paths/~1a/post/parameters/0")
    ]
