"""What is wrong with a document, without a server: each kind, and its innocent twin."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from clausewise.contract.contract import load
from clausewise.errors import SpecError
from clausewise.lint.document import examine


def examined(folder: Path, text: str) -> list[tuple[str, str, str]]:
    """Severity, place and message of each defect of a document."""
    file = folder / "api.yaml"
    file.write_text(dedent(text), encoding="utf-8")
    return [(defect.severity, defect.at, defect.message) for defect in examine(load(file, "api.yaml"))]


def with_answer(schema: str, version: str = "3.1.0") -> str:
    """A document whose only answer has this schema."""
    return f"""
        openapi: {version}
        info: {{title: Shop, version: "1"}}
        paths:
          /orders:
            get:
              responses:
                "200":
                  description: found
                  content: {{application/json: {{schema: {schema}}}}}
    """


_SCHEMA = "#/paths/~1orders/get/responses/200/content/application~1json/schema"

_HEAD = 'openapi: 3.1.0\ninfo: {title: Shop, version: "1"}\n'


@pytest.mark.parametrize(
    ("schema", "severity", "below", "message"),
    [
        ("{type: integer, minimum: 7, maximum: 2}", "error", "", "no value satisfies this schema"),
        ("{type: string, minLength: 3, maxLength: 2}", "error", "", "no value satisfies this schema"),
        ("{type: 'null', oneOf: [{type: string}]}", "error", "", "no value satisfies this schema"),
        ("{type: integer, enum: [a, b]}", "error", "", "no value satisfies this schema"),
        (
            "{type: object, required: [a], properties: {a: {type: 'null', enum: [1]}}}",
            "error",
            "/properties/a",
            "no value satisfies this schema",
        ),
        (
            "{oneOf: [{type: string}, {type: integer, const: a}]}",
            "warning",
            "/oneOf/1",
            "no value satisfies alternative 1 of `oneOf`",
        ),
        (
            "{oneOf: [{type: integer}, {type: number}]}",
            "warning",
            "/oneOf/0",
            "nothing reaches alternative 0 of `oneOf`: its values satisfy alternative 1 too",
        ),
        (
            "{type: object, required: [a], properties: {b: {}}}",
            "warning",
            "/required/0",
            "`a` is required, and `properties` does not describe it",
        ),
        (
            "{type: object, required: [a], properties: {b: {}}, additionalProperties: false}",
            "error",
            "/required/0",
            "`a` is required, and `properties` does not describe it",
        ),
        (
            "{type: object, properties: {a: {type: 'null', enum: [1]}}}",
            "warning",
            "/properties/a",
            "no value satisfies this schema",
        ),
        ("{type: string, maximum: 3}", "note", "/maximum", "`maximum` has no effect on a value of type string"),
        (
            "{type: string, minLength: x}",
            "error",
            "/minLength",
            '`minLength` must be an integer that is not negative, not "x"',
        ),
        ("{$ref: '#/components/schemas/Gone'}", "error", "/$ref", '"#/components/schemas/Gone" cannot be resolved'),
    ],
)
def test_a_schema(tmp_path: Path, schema: str, severity: str, below: str, message: str) -> None:
    assert (severity, f"{_SCHEMA}{below}", message) in examined(tmp_path, with_answer(schema))


@pytest.mark.parametrize(
    "schema",
    [
        "{type: integer, minimum: 2, maximum: 7}",
        "{type: [string, 'null'], minLength: 2, maxLength: 2}",
        "{type: number, enum: [1, 2.5]}",
        "{type: object, required: [a], properties: {a: {type: object, properties: {b: false}}}}",
        "{oneOf: [{type: string, maxLength: 2}, {type: integer}]}",
        "{anyOf: [{type: integer}, {type: number}]}",
        "{type: object, required: [a], allOf: [{properties: {a: {}}}], properties: {b: {}}}",
        "{type: object, required: [a], patternProperties: {^a: {}}, properties: {}, additionalProperties: false}",
        "{type: array, items: {type: integer, minimum: 7, maximum: 7}, minItems: 1}",
        "{$defs: {N: {type: object, properties: {n: {$ref: '"
        + _SCHEMA
        + "/$defs/N'}}}}, $ref: '"
        + _SCHEMA
        + "/$defs/N'}",
    ],
)
def test_a_schema_with_values(tmp_path: Path, schema: str) -> None:
    assert examined(tmp_path, with_answer(schema)) == []


def test_a_schema_that_needs_itself(tmp_path: Path) -> None:
    text = f"""{with_answer("{$ref: '#/components/schemas/Part'}")}
        components:
          schemas:
            Part: {{type: object, required: [part], properties: {{part: {{$ref: '#/components/schemas/Part'}}}}}}
    """
    message = "no value satisfies this schema: `part` is required, and nothing satisfies its schema"
    assert examined(tmp_path, text) == [("error", "#/components/schemas/Part", message)]


@pytest.mark.parametrize(
    ("paths", "found"),
    [
        (
            "{'/a/{x}': {get: {parameters: [{name: x, in: path, required: true, schema: {}}]}}, "
            "'/a/{y}': {get: {parameters: [{name: y, in: path, required: true, schema: {}}]}}}",
            [("error", "#/paths/~1a~1{y}", 'the path "/a/{y}" is the same to a client as "/a/{x}"')],
        ),
        (
            "{'/a/{x}': {get: {parameters: [{name: x, in: path, required: true, schema: {}}]}}, "
            "'/a/{y}': {put: {parameters: [{name: y, in: path, required: true, schema: {}}]}}}",
            [("warning", "#/paths/~1a~1{y}", 'the path "/a/{y}" is the same to a client as "/a/{x}"')],
        ),
        (
            "{/a: {get: {parameters: [{name: x, in: path, required: true, schema: {}}]}}}",
            [("warning", "#/paths/~1a/get/parameters/0", 'the path parameter "x" is not in the path "/a"')],
        ),
        (
            "{'/a/{x}': {get: {}}}",
            [("warning", "#/paths/~1a~1{x}", 'the path "/a/{x}" has the name "x", which no parameter describes')],
        ),
        ("{'/a/{x}': {get: {parameters: [{name: x, in: path, required: true, schema: {}}]}}, /a/b: {get: {}}}", []),
    ],
    ids=["one method of two", "two methods", "not in the path", "not described", "innocent"],
)
def test_paths(tmp_path: Path, paths: str, found: list[tuple[str, str, str]]) -> None:
    told = examined(tmp_path, f"{_HEAD}paths: {paths}\n")
    assert [(severity, at) for severity, at, _ in told] == [(severity, at) for severity, at, _ in found]
    assert all(message.startswith(start) for (_, _, message), (_, _, start) in zip(told, found, strict=True))


@pytest.mark.parametrize(
    ("text", "at", "message"),
    [
        ("openapi: 3.0.3\ninfo: {title: a}\npaths: {}\n", "#/info", "`info` lacks the field `version`"),
        (
            "openapi: 3.0.3\ninfo: {title: a, version: '1'}\npaths: {/a: {get: {responses: {'200': {}}}}}\n",
            "#/paths/~1a/get/responses/200",
            "`200` lacks the field `description`",
        ),
        (f"{_HEAD}paths: {{}}\nfoo: 1\n", "#", "the document has `foo`, which the standard has no field for"),
        (
            f"{_HEAD}paths: {{/a: {{get: {{summary: 1}}}}}}\n",
            "#/paths/~1a/get/summary",
            "`summary` must be of type string, and is 1",
        ),
        (
            f"{_HEAD}components: {{headers: {{H: {{schema: {{}}, example: 1, examples: {{}}}}}}}}",
            "#/components/headers/H/example",
            "`example` and `examples` exclude each other",
        ),
        (
            f"{_HEAD}components: {{parameters: {{P: {{name: 'p q', in: header, schema: {{}}}}}}}}\n",
            "#/components/parameters/P/name",
            '"p q" cannot be the name of a header field',
        ),
        (
            f"{_HEAD}servers: [{{url: '/{{v}}', variables: {{v: {{default: c, enum: [a, b]}}}}}}]\npaths: {{}}\n",
            "#/servers/0/variables/v/default",
            'the default "c" is not in `enum`',
        ),
        (
            f"{_HEAD}paths: {{/a: {{servers: [{{url: /, variables: {{v: {{default: '1', enum: [2]}}}}}}]}}}}\n",
            "#/paths/~1a/servers/0/variables/v/default",
            'the default "1" is not in `enum`',
        ),
        ("swagger: '2.0'\ninfo: {title: a}\npaths: {}\n", "#/info", "`info` lacks the field `version`"),
        ("openapi: 3.2.0\ninfo: {title: a}\npaths: {}\n", "#/info", "`info` lacks the field `version`"),
    ],
)
def test_rules_of_the_standard(tmp_path: Path, text: str, at: str, message: str) -> None:
    assert ("error", at, message) in examined(tmp_path, text)


@pytest.mark.parametrize("version", ["3.0", "3.1", "3.2"])
def test_the_folders_of_the_standard(shared: Path, version: str) -> None:
    """What the standard's own tests accept has no error here; what they refuse has one, or cannot be read."""
    folder = shared / "corpus" / f"oai-{version}"
    if not folder.is_dir():
        pytest.skip(f"there is no {folder}")
    wrong = []
    for file in sorted([*folder.glob("pass/*"), *folder.glob("fail/*")]):
        try:
            found = any(defect.severity == "error" for defect in examine(load(file)))
        except SpecError:
            found = True
        if found != (file.parent.name == "fail"):
            wrong.append(file.name)
    assert wrong == []


@pytest.mark.parametrize(
    ("schema", "at", "message"),
    [
        ("{$ref: '#/components/schemas/Nope'}", "/$ref", "cannot be resolved"),
        ("{type: objekt}", "/type", "`objekt` is not a type"),
        ("{properties: {a: {items: {maxLength: many}}}}", "/properties/a/items/maxLength", "maxLength"),
        ("{type: string, pattern: '['}", "/pattern", "cannot be read"),
    ],
)
def test_a_component_that_no_message_uses(tmp_path: Path, schema: str, at: str, message: str) -> None:
    text = with_answer("{type: integer}").rstrip() + f"\n        components: {{schemas: {{Unused: {schema}}}}}\n"
    (found,) = examined(tmp_path, text)
    assert found[:2] == ("error", f"#/components/schemas/Unused{at}")
    assert message in found[2]


def test_a_defect_in_a_component_is_told_once(tmp_path: Path) -> None:
    text = (
        with_answer("{$ref: '#/components/schemas/A'}").rstrip()
        + "\n        components: {schemas: {A: {type: objekt}}}\n"
    )
    assert [(severity, at) for severity, at, _ in examined(tmp_path, text)] == [
        ("error", "#/components/schemas/A/type")
    ]


def test_callbacks_of_callbacks_and_of_webhooks(tmp_path: Path) -> None:
    inner = "callbacks: {again: {'{$request.query.u}': {post: {responses: {'200': {description: ok}}}}}}"
    answers = f"responses: {{'200': {{description: ok}}}}, {inner}"
    text = f"""{_HEAD}webhooks: {{made: {{post: {{operationId: hook, {answers}}}}}}}
paths:
  /a:
    post:
      responses: {{'200': {{description: ok}}}}
      callbacks: {{done: {{'{{$request.query.u}}': {{post: {{operationId: told, {answers}}}}}}}}}
"""
    assert [(severity, at, message) for severity, at, message in examined(tmp_path, text)] == [
        (
            "note",
            "#/webhooks/made/post/callbacks",
            "the callbacks of a webhook are neither listed nor tested: hook has some",
        ),
        (
            "note",
            "#/paths/~1a/post/callbacks/done/{$request.query.u}/post/callbacks",
            "the callbacks of a callback are neither listed nor tested: told has some",
        ),
    ]
