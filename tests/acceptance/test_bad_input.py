"""Bad input of every kind: one clear line, exit status 2, no traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import RunClausewise

FILES: dict[str, bytes] = {
    "empty.yaml": b"",
    "binary.yaml": b"\x89PNG\r\n\x1a\n\x00\x00",
    "broken.yaml": b"openapi: 3.1.0\npaths: [\n",
    "twice.yaml": b"openapi: 3.1.0\ninfo: {}\ninfo: {}\n",
    "broken.json": b'{"openapi": "3.1.0",}}',
    "list.yaml": b"- a\n- b\n",
    "other.yaml": b"name: not an API\n",
    "old.yaml": b"swagger: '1.2'\npaths: {}\n",
    "dangling.yaml": b"openapi: 3.1.0\npaths:\n  /a:\n    get:\n      responses:\n        '200':\n"
    b"          $ref: '#/components/responses/Gone'\n",
    "schema.yaml": b"openapi: 3.1.0\npaths:\n  /a:\n    get:\n      operationId: a\n      responses:\n        '200':\n"
    b"          content:\n            application/json:\n              schema: {type: strange}\n",
    "scheme.toml": b'[tool.clausewise.credentials]\n# a comment\nbearrAuth = "s3cret"\n',
    "key.yaml": b"openapi: 3.1.0\ninfo: {title: t, version: v}\n"
    b"paths: {/a: {get: {security: [{q: [], h: []}]}}}\ncomponents: {securitySchemes: {"
    b"q: {type: apiKey, in: query, name: k}, h: {type: apiKey, in: header, name: X-H}}}\n",
    "nothing.yaml": b"openapi: 3.1.0\ninfo: {title: t, version: v}\npaths: {}\n",
}

#: arguments and what the one line says, {dir} standing for the folder of the files
CASES = {
    "missing file": (["test", "{dir}/gone.yaml", "--mock"], "{dir}/gone.yaml: no such file"),
    "directory": (["test", "{dir}", "--mock"], "{dir} is a directory"),
    "empty file": (["test", "{dir}/empty.yaml", "--mock"], "{dir}/empty.yaml is empty"),
    "binary": (["test", "{dir}/binary.yaml", "--mock"], "{dir}/binary.yaml:1:1: is not UTF-8 text"),
    "YAML error": (["clauses", "{dir}/broken.yaml"], "{dir}/broken.yaml:3:1: is not valid YAML"),
    "duplicate key": (["clauses", "{dir}/twice.yaml"], '{dir}/twice.yaml:3:1: is not valid YAML: the key "info"'),
    "JSON error": (["clauses", "{dir}/broken.json"], "{dir}/broken.json:1:"),
    "a list": (["clauses", "{dir}/list.yaml"], "{dir}/list.yaml:1:1: is not an OpenAPI document"),
    "not OpenAPI": (["clauses", "{dir}/other.yaml"], "{dir}/other.yaml:1:1: is not an OpenAPI document"),
    "old version": (["clauses", "{dir}/old.yaml"], "{dir}/old.yaml:1:1: Swagger 1.2 is not supported"),
    "unresolvable $ref": (["clauses", "{dir}/dangling.yaml", "--strict"], "{dir}/dangling.yaml:7:11 (#/"),
    "invalid schema": (["clauses", "{dir}/schema.yaml", "--strict"], "{dir}/schema.yaml:10:"),
    "diff of one": (["diff", "{dir}/nothing.yaml"], "name OLD and NEW, or a git revision with --base"),
    "diff of two with --base": (["diff", "a", "b", "--base", "HEAD"], "with --base there is one document"),
    "diff of a missing file": (["diff", "{dir}/nothing.yaml", "{dir}/gone.yaml"], "{dir}/gone.yaml: no such file"),
    "diff outside of git": (["diff", "{dir}/nothing.yaml", "--base", "HEAD"], "is not in a git repository"),
    "unknown revision": (["diff", "--base", "no-such-revision"], 'git has no revision "no-such-revision" here'),
    "no operation": (["test", "{dir}/nothing.yaml", "--mock"], "nothing was tested"),
    "unreachable URL": (["test", "--url", "http://127.0.0.1:9"], "http://127.0.0.1:9 cannot be reached"),
    "no URL": (
        ["test", "--url", "localhost"],
        'expected url to begin with http:// or https:// and a host, got "localhost"',
    ),
    "unknown operation": (["test", "--mock", "--operation", "createClustr"], 'did you mean "createCluster"?'),
    "unknown phase": (["test", "--mock", "--phase", "claws"], 'engine or all, got "claws" (did you mean "clauses"?)'),
    "unknown report": (["test", "--mock", "--report", "pdf"], 'har or wfc, got "pdf"'),
    "unknown option": (["test", "--mok"], "No such option"),
    "unknown command": (["tset"], 'there is no command "tset", did you mean "test"?'),
    "unset header": (["test", "--mock", "-H", "Authorization: env:NO_SUCH_VARIABLE"], "NO_SUCH_VARIABLE"),
    "header form": (["test", "--mock", "-H", "Authorization"], "no colon"),
    "unknown app": (["test", "--app", "no_such_module:app"], '"no_such_module:app" cannot be imported'),
    "no app": (["test", "--app", "json:__name__"], "is not an ASGI or WSGI app"),
    "two targets": (["test", "--mock", "--url", "http://localhost"], "give only one of"),
    "missing config": (["gate", "--config", "{dir}/gone.toml"], "cannot read {dir}/gone.toml"),
    "unknown scheme": (
        ["test", "{dir}/key.yaml", "--mock", "--config", "{dir}/scheme.toml"],
        '{dir}/scheme.toml:3:1: the contract has no security scheme "bearrAuth" (it has q, h)',
    ),
    "a part of the credentials": (
        ["test", "{dir}/key.yaml", "--app", "tests.servers.faulty_cluster:app", "-H", "X-H: a"],
        "nothing was tested: credentials are required (`q` and `h`): give [tool.clausewise.credentials] q = ",
    ),
    "far away": (["test", "--url", "http://192.0.2.1"], "http://192.0.2.1 cannot be reached"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bad")
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize("case", CASES)
def test_one_clear_line(run_clausewise: RunClausewise, folder: Path, tmp_path: Path, case: str) -> None:
    arguments, wanted = CASES[case]
    written = [argument.replace("{dir}", str(folder)) for argument in arguments]
    if written[0] == "test":
        written += ["--output-dir", str(tmp_path)]
    done = run_clausewise(*written)
    lines = [line for line in done.stderr.splitlines() if not line.startswith("reports: ")]
    assert done.returncode == 2, done.stdout + done.stderr
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("clausewise: error: ") and wanted.replace("{dir}", str(folder)) in lines[0]


def test_a_new_operation_with_an_invalid_schema_is_noted(run_clausewise: RunClausewise, folder: Path) -> None:
    done = run_clausewise("diff", str(folder / "nothing.yaml"), str(folder / "schema.yaml"))
    assert done.returncode == 0, done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("note: ") and f"{folder}/schema.yaml:10:" in line


def test_without_a_command_the_help_is_shown(run_clausewise: RunClausewise) -> None:
    done = run_clausewise()
    assert done.returncode == 2
    assert "\nCommands:\n  init " in done.stderr
