"""The operations of a document, and the errors of documents that are not valid OpenAPI."""

from __future__ import annotations

import pytest

from clausewise.errors import SpecError
from clausewise.spec.specification import read_specification
from tests.spec.conftest import Open, Understood


def test_an_operations_own_parameter_takes_the_place_of_its_paths(understood: Understood) -> None:
    (operation,) = understood("""
        paths:
          /things/{id}/{part}:
            parameters:
              - {name: limit, in: query, schema: {type: string}}
              - {name: limit, in: header}
              - {name: id, in: path, schema: {type: string}}
            get:
              parameters:
                - {name: limit, in: query, required: true, schema: {type: integer}}
                - {name: Content-Type, in: header}
    """).operations
    found = [(p.location, p.name, p.required, p.schema is not None) for p in operation.parameters]
    assert found == [
        ("header", "limit", False, False),
        ("path", "id", True, True),
        ("query", "limit", True, True),
        ("path", "part", True, False),
    ]
    assert str(operation.parameters[2].source) == "#/paths/~1things~1{id}~1{part}/get/parameters/0"


@pytest.mark.parametrize(
    ("parameter", "style", "explode"),
    [
        ("in: query", "form", True),
        ("in: cookie", "form", True),
        ("in: path", "simple", False),
        ("in: header", "simple", False),
        ("in: query, explode: false", "form", False),
        ("in: query, style: pipeDelimited", "pipeDelimited", False),
        ("in: query, style: deepObject, explode: true", "deepObject", True),
    ],
)
def test_the_style_of_a_parameter(understood: Understood, parameter: str, style: str, explode: bool) -> None:
    text = f"paths: {{'/{{p}}': {{get: {{parameters: [{{name: p, {parameter}}}]}}}}}}"
    found = understood(text).operations[0].parameters[0]
    assert (found.style, found.explode) == (style, explode)


def test_the_encoding_of_a_forms_members(understood: Understood) -> None:
    (operation,) = understood("""
        paths:
          /files:
            post:
              requestBody:
                content:
                  multipart/form-data:
                    encoding:
                      photo:
                        contentType: image/png, image/jpeg
                        headers: {X-Size: {required: true, schema: {type: integer}}, Content-Type: {}}
                      tags: {style: pipeDelimited, explode: false, allowReserved: true}
                      note:
    """).operations
    assert operation.body is not None
    (media,) = operation.body.content
    assert media.encoding.keys() == {"photo", "tags"}
    photo, tags = media.encoding["photo"], media.encoding["tags"]
    assert (photo.content_type, photo.style, photo.explode) == ("image/png, image/jpeg", None, None)
    assert [(header.name, header.required) for header in photo.headers] == [("X-Size", True)]
    assert (tags.content_type, tags.style, tags.explode, tags.allow_reserved) == (None, "pipeDelimited", False, True)


def test_keys_methods_and_sources(understood: Understood) -> None:
    specification = understood("""
        info: {title: Things}
        paths:
          x-note: not a path
          /things:
            post: {operationId: make}
            get: {}
          /all: {$ref: '#/components/pathItems/All'}
        components:
          pathItems:
            All: {delete: {operationId: clear}}
    """)
    found = [(o.key, o.method, o.methods, str(o.source)) for o in specification.operations]
    assert found == [
        ("GET /things", "GET", ("GET", "POST"), "#/paths/~1things/get"),
        ("make", "POST", ("GET", "POST"), "#/paths/~1things/post"),
        ("clear", "DELETE", ("DELETE",), "#/components/pathItems/All/delete"),
    ]
    assert specification.title == "Things"


def test_operations_that_share_an_operation_id_are_named_by_method_and_path(understood: Understood) -> None:
    specification = understood("""
        paths:
          /a:
            get:
              operationId: one
          /b:
            get:
              operationId: one
            put:
              operationId: two
    """)
    assert [operation.key for operation in specification.operations] == ["GET /a", "GET /b", "two"]
    (defect,) = specification.defects
    assert str(defect) == (
        'api.yaml:9:7 (#/paths/~1b/get/operationId): the operationId "one" occurs twice; api.yaml:5:5 has it too '
        "(give each operation its own operationId)"
    )
    assert (defect.at, defect.closes) == ("#/paths/~1b/get/operationId", ())


@pytest.mark.parametrize(
    ("own", "alternatives", "required"),
    [
        ("", (("key",),), True),
        ("security: []", None, False),
        ("security: [{token: []}, {key: [], token: []}]", (("token",), ("key", "token")), True),
        ("security: [{}, {token: []}]", ((), ("token",)), False),
        ("security: [null, {token: []}]", ((), ("token",)), False),
        ("security: [null, token]", None, False),
    ],
    ids=["the document's", "none", "alternatives", "optional", "one unreadable", "unreadable"],
)
def test_security(
    understood: Understood, own: str, alternatives: tuple[tuple[str, ...], ...] | None, required: bool
) -> None:
    security = (
        understood(f"""
        security: [{{key: []}}]
        paths: {{/a: {{get: {{{own}}}}}}}
        components:
          securitySchemes:
            key: {{type: apiKey, in: header, name: X-Key}}
            token: {{type: http, scheme: Bearer}}
    """)
        .operations[0]
        .security
    )
    found = security and tuple(tuple(scheme.name for scheme in schemes) for schemes in security.alternatives)
    assert found == alternatives
    assert bool(security and security.required) is required


def test_a_name_that_no_header_has_is_read_up_to_where_one_ends(understood: Understood) -> None:
    specification = understood("""
        security: [{key: []}]
        paths: {/a: {get: {responses: {}}}}
        components: {securitySchemes: {key: {type: apiKey, in: header, name: "Authorization: Bearer"}}}
    """)
    security = specification.operations[0].security
    assert security is not None and security.alternatives[0][0].parameter == "Authorization"
    (defect,) = specification.defects
    assert (defect.message, defect.severity, defect.closes) == (
        '"Authorization: Bearer" is not the name of a header; it is read as "Authorization"',
        "warning",
        (),
    )


@pytest.mark.parametrize(
    ("servers", "server", "base_paths"),
    [
        ("[]", None, ("",)),
        ("[{url: 'https://example.com/v1/'}]", "https://example.com/v1/", ("/v1",)),
        ("[{url: /a}, {url: '//example.com/b'}, {url: 'http://x/a'}]", "/a", ("/a", "/b")),
        ("[{url: '/{v}', variables: {v: {default: v2}}}]", "/v2", ("/v2",)),
    ],
)
def test_servers(understood: Understood, servers: str, server: str | None, base_paths: tuple[str, ...]) -> None:
    specification = understood(f"servers: {servers}")
    assert (specification.server, specification.base_paths) == (server, base_paths)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("info: {}\n", "api.yaml:1:1: is not an OpenAPI document: it has no 'openapi' field"),
        ("- a\n", "api.yaml:1:1: is not an OpenAPI document: it has no 'openapi' field"),
        (
            "info: {}\nopenapi: 4.0.0\n",
            "api.yaml:2:1: OpenAPI 4.0.0 is not supported (convert the document to OpenAPI 3.1)",
        ),
        ("openapi: 3.11.0\n", "api.yaml:1:1: OpenAPI 3.11.0 is not supported"),
        ("swagger: '1.2'\n", "api.yaml:1:1: Swagger 1.2 is not supported"),
        ("openapi: 3.1\npaths: []\n", 'api.yaml:2:1: "paths" must be an object, not an array'),
    ],
)
def test_documents_that_cannot_be_read(opened: Open, text: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        read_specification(opened(api_yaml=text))
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("text", "message", "closes"),
    [
        ("paths:\n  a: {get: {}}\n", '3:3: the path "a" must start with "/" (write "/a")', ("GET a",)),
        ("paths:\n  /a:\n    get: 1\n", "4:5: expected an object, got a number", ("GET /a",)),
        ("paths:\n  /a: 1\n", "3:3: expected an object, got a number", ()),
        ("paths:\n  /a:\n    get: {$ref: '#/x'}\n", '4:11: "#/x" cannot be resolved', ("GET /a",)),
        (
            "paths:\n  /a:\n    get:\n      responses:\n        200 OK: {}\n",
            '6:9: "200 OK" is not a status (write a status such as 200, a range such as 4XX, or default)',
            (),
        ),
        (
            "paths:\n  /a:\n    get:\n      responses:\n        2xx: {}\n",
            '6:9: "2xx" is not a status (write "2XX")',
            (),
        ),
        ("paths:\n  /a:\n    get:\n      responses: []\n", '5:7: "responses" must be an object', ("GET /a",)),
        (
            "paths:\n  /a:\n    get:\n      responses:\n        200: {$ref: '#/x'}\n",
            '6:15: "#/x" cannot be resolved',
            (),
        ),
        (
            "paths:\n  /a:\n    parameters:\n      - in: query\n    get: {}\n    put: {}\n",
            '5:9: a parameter must have a "name"',
            ("GET /a", "PUT /a"),
        ),
        (
            "paths:\n  /a:\n    get:\n      parameters:\n      - name: x\n        in: body\n",
            '6:9: the parameter "x" must have an "in" (write path, query, header or cookie)',
            ("GET /a",),
        ),
        ("paths:\n  /a:\n    post:\n      requestBody: 1\n", "5:7: expected an object, got a number", ("POST /a",)),
        (
            "security:\n  - token: []\npaths: {/a: {get: {}}, /b: {get: {security: []}}}\n",
            '3:5: the security scheme "token" is not defined (define it in components.securitySchemes)',
            (),
        ),
        ("paths: {/a: {get: {security: [token]}}}\n", "2:31: a security requirement must be an object", ()),
        ("security: {token: []}\npaths: {/a: {get: {}}}\n", '2:1: "security" must be an array, not an object', ()),
        ("servers: [{}]\npaths: {/a: {get: {}}}\n", '2:11: a server must have a "url"', ()),
        ("info: 1\npaths: {/a: {get: {}}}\n", '2:1: "info" must be an object, not a number', ()),
    ],
)
def test_a_defect_closes_only_what_it_leaves_unknown(
    understood: Understood, text: str, message: str, closes: tuple[str, ...]
) -> None:
    specification = understood(text + "webhooks: {}\n")
    (defect,) = specification.defects
    remedy = f" ({defect.remedy})" if defect.remedy else ""
    line = f"{defect.location.line}:{defect.location.column}: {defect.message}{remedy}"
    assert line.startswith(message)
    assert defect.closes == closes
    assert specification.operations or "/a: 1" in text


def test_every_defect_is_listed(understood: Understood) -> None:
    specification = understood("""
        paths:
          /a:
            get: {parameters: [{in: query}, {name: b, in: query}, {name: c}]}
            put: 1
          /b: {get: {responses: {200: {}}}}
    """)
    assert [defect.at for defect in specification.defects] == [
        "#/paths/~1a/put",
        "#/paths/~1a/get/parameters/0",
        "#/paths/~1a/get/parameters/2",
    ]
    assert [operation.key for operation in specification.operations] == ["GET /a", "PUT /a", "GET /b"]
    assert [parameter.name for parameter in specification.operations[0].parameters] == ["b"]


def test_of_a_response_that_cannot_be_read_the_status_is_known(understood: Understood) -> None:
    (operation,) = understood("""
        paths: {/a: {get: {responses: {200: {content: {application/json: {}}}, 2xx: {}, 404: {$ref: '#/gone'}}}}}
    """).operations
    assert [(response.status, len(response.content)) for response in operation.responses] == [
        ("200", 1),
        ("2XX", 0),
        ("404", 0),
    ]


@pytest.mark.parametrize(
    ("link", "operation_id", "operation"),
    [
        ("operationId: get", "get", None),
        ("operationRef: '#/paths/~1things~1{id}/get'", None, "#/paths/~1things~1{id}/get"),
        ("operationRef: '#/paths/~1things~1%7Bid%7D/get'", None, "#/paths/~1things~1{id}/get"),
        ("operationRef: '#/paths/~1other/get'", None, "#/paths/~1things~1{id}/get"),
        ("$ref: '#/components/links/shared'", "get", None),
    ],
    ids=["by id", "by pointer", "percent-encoded", "behind a $ref", "a link behind a $ref"],
)
def test_a_link(understood: Understood, link: str, operation_id: str | None, operation: str | None) -> None:
    text = f"""
        paths:
            /a: {{post: {{responses: {{201: {{links: {{next: {{{link}}}}}}}}}}}}}
            /things/{{id}}: {{get: {{}}}}
            /other: {{$ref: '#/paths/~1things~1{{id}}'}}
        components: {{links: {{shared: {{operationId: get}}}}}}
    """
    (found,) = understood(text).operations[0].responses[0].links
    assert (found.operation_id, found.operation and str(found.operation)) == (operation_id, operation)


@pytest.mark.parametrize("reference", ["https://example.com/a", "#paths", "#/paths/~1a", "#/components/links/x"])
def test_a_link_to_no_operation_is_left_out(understood: Understood, reference: str) -> None:
    text = f"paths: {{/a: {{post: {{responses: {{201: {{links: {{next: {{operationRef: '{reference}'}}}}}}}}}}}}}}"
    assert understood(text).operations[0].responses[0].links == ()


_SHARED = """
    paths:
      /a:
        get:
          parameters: [{$ref: '#/components/parameters/Page'}]
          responses: {200: {$ref: '#/components/responses/Page'}}
      /b:
        get:
          parameters: [{$ref: '#/components/parameters/Page'}]
          responses: {2XX: {$ref: '#/components/responses/Page'}}
    components:
      parameters:
        Page: {name: page, in: query, content: {application/json: {schema: {type: object}}}}
      responses:
        Page:
          headers: {ETag: {$ref: '#/components/headers/Tag'}, X-Tag: {$ref: '#/components/headers/Tag'}}
          content: {application/json: {schema: {type: string}}}
      headers:
        Tag: {required: true, schema: {type: string}}
"""


def test_a_component_is_read_once_for_all_that_refer_to_it(understood: Understood) -> None:
    one, other = understood(_SHARED).operations
    assert one.parameters[0] is other.parameters[0]
    assert one.responses[0].content is other.responses[0].content
    assert one.responses[0].headers is other.responses[0].headers


def test_what_is_read_once_has_the_name_that_each_gives_it(understood: Understood) -> None:
    one, other = understood(_SHARED).operations
    assert (one.responses[0].status, str(one.responses[0].entry)) == ("200", "#/paths/~1a/get/responses/200")
    assert (other.responses[0].status, str(other.responses[0].entry)) == ("2XX", "#/paths/~1b/get/responses/2XX")
    assert [header.name for header in one.responses[0].headers] == ["ETag", "X-Tag"]


def test_what_is_not_valid_in_a_component_is_a_defect_of_each_that_refers_to_it(understood: Understood) -> None:
    text = _SHARED.replace("content: {application/json: {schema: {type: object}}}", "content: [1]")
    (defect,) = understood(text).defects
    assert (defect.at, defect.operations) == ("#/components/parameters/Page/content", ("GET /a", "GET /b"))
    assert defect.closes == ("GET /a", "GET /b")
