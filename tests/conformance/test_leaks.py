"""Words of an exception in an answer, and what looks like them."""

from __future__ import annotations

import json
from html import escape
from typing import Any

import pytest

from clausewise.conformance.leaks import leaks
from clausewise.contract.operation import OperationContract
from clausewise.exchange import Exchange, Request, Response
from tests.conftest import Compile
from tests.servers.small import Answer, Call, drive

_DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "notes", "version": "1"},
    "paths": {
        "/notes": {
            "post": {
                "operationId": "addNote",
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "required": ["text"],
                                "properties": {"text": {"type": "string"}},
                            }
                        }
                    },
                },
                "responses": {
                    "200": {
                        "description": "done",
                        "content": {
                            "application/json": {
                                "schema": {"type": "object", "properties": {"trace": {"type": "string"}}}
                            }
                        },
                    },
                    "400": {"description": "refused", "content": {"application/json": {}, "text/html": {}}},
                    "422": {
                        "description": "refused, with what failed",
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Failed"}}},
                    },
                },
            }
        }
    },
    "components": {
        "schemas": {
            "Failed": {
                "type": "object",
                "properties": {"cause": {"type": "string", "example": "java.lang.IllegalStateException"}},
            }
        }
    },
}


@pytest.fixture(scope="module")
def operation(compiled: Compile) -> OperationContract:
    return compiled(_DOCUMENT).operations[0]


def _kinds(
    operation: OperationContract, body: Any, status: int = 400, sent: str = "a", media_type: str = "application/json"
) -> list[str]:
    content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    request = Request("POST", "/notes", (), json.dumps({"text": sent}).encode())
    answer = Response(status, (("Content-Type", media_type),), content)
    return [seen.seen for seen in leaks(operation, Exchange("e1", request, answer))]


_WORDS = [
    ("sql", 'duplicate key value violates unique constraint "notes_pkey"'),
    ("sql", "SQLSTATE[23000]: Integrity constraint violation"),
    ("sql", "UNIQUE constraint failed: note.title"),
    ("sql", "Error 1062: Duplicate entry 'a' for key 'title'"),
    ("sql", "(failed) SELECT id, title FROM notes WHERE id = 1"),
    ("sql", 'relation "notes" does not exist'),
    ("sql", "ORA-00942: table or view does not exist"),
    ("javascript", "Cannot read properties of null (reading 'endsWith')"),
    ("javascript", "Cannot read property 'id' of undefined"),
    ("javascript", "TypeError: Cannot use 'in' operator to search for 'a' in undefined"),
    ("javascript", "at Layer.handle (/srv/app/server.js:12:5)"),
    ("javascript", "req.body.title.trim is not a function"),
    ("python", 'Traceback (most recent call last):\n  File "/srv/app.py", line 3'),
    ("python", "'NoneType' object has no attribute 'strip'"),
    ("python", "KeyError: 'title'"),
    ("python", "ValueError('bad')"),
    ("python", "unsupported operand type(s) for +: 'int' and 'str'"),
    ("python", "invalid literal for int() with base 10: 'a'"),
    ("python", "argument must be a string, not <class 'dict'>"),
    ("python", "string indices must be integers, not 'str'"),
    ("java", "java.lang.NullPointerException"),
    ("java", "com.acme.notes.NoteMissingException: 7"),
    ("java", "at com.acme.notes.Notes.add(Notes.java:12)"),
    ("java", 'Cannot invoke "String.length()" because "title" is null'),
    ("java", "Cannot deserialize value of type `java.lang.Integer` from String"),
    ("dotnet", "System.NullReferenceException: Object reference not set"),
    ("dotnet", "The JSON value could not be converted to System.Int32."),
    ("dotnet", "at Notes.Store.Add(Note note) in /src/Store.cs:line 12"),
    ("go", "runtime error: invalid memory address or nil pointer dereference"),
    ("go", "json: cannot unmarshal string into Go struct field Note.count of type int"),
    ("go", 'strconv.ParseInt: parsing "a": invalid syntax'),
    ("go", "sql: no rows in result set"),
    ("rust", "thread 'main' panicked at 'no', src/main.rs:4:5"),
    ("rust", "called `Option::unwrap()` on a `None` value"),
    ("php", "Undefined array key \"title\""),
    ("php", "No query results for model [App\\Models\\Note] 5"),
    ("php", "Notes::add(): Argument #1 ($title) must be of type string, null given"),
    ("ruby", "undefined method `strip' for nil:NilClass"),
    ("ruby", "ActiveRecord::RecordNotFound"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "words"), _WORDS, ids=[words[:40] for _, words in _WORDS])
def test_words_of_an_exception_are_found_in_json_and_in_a_page(
    operation: OperationContract, kind: str, words: str
) -> None:
    assert _kinds(operation, {"error": {"message": f"it failed: {words}"}}) == [kind]
    assert _kinds(operation, f"<h1>{escape(words)}</h1>", media_type="text/html") == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "Select a plan from the list, then update it and set a date",
        "text: Input should be a valid string",
        "value_error.missing",
        "ValidationError: `text` is too long",
        "ResourceNotFoundException",
        "JSON parse error - Expecting value: line 1 column 1 (char 0)",
        "Unexpected token } in JSON at position 5",
        "None is not of type 'string'",
        "no such note; the note does not exist, or its system is down",
        "The index is out of range: it has to be at most 5",
        "C:\\Users\\Public\\notes.txt is locked",
        "expected one argument; the syntax is wrong at column 3",
        "constraint: `text` has at most 5 characters",
        "An error occurred at 12:30 (see the log)",
        "'ZJ\\U0001e0557\\U0004a896' contains a value that is no string",
    ],
)
def test_what_is_written_for_clients_is_none(operation: OperationContract, text: str) -> None:
    assert _kinds(operation, {"message": text}) == []


def test_what_the_client_sent_is_repeated_and_not_leaked(operation: OperationContract) -> None:
    words = "KeyError: 'title' is what the log says"
    assert _kinds(operation, {"message": f"{words} is too long"}, sent=words) == []
    assert _kinds(operation, {"message": words}) == ["python"]


def test_what_the_document_shows_in_an_example_is_none(operation: OperationContract) -> None:
    assert _kinds(operation, {"cause": "java.lang.NullPointerException"}, status=422) == []
    assert _kinds(operation, {"cause": "Traceback (most recent call last):"}, status=422) == ["python"]


def test_a_member_that_the_contract_names_may_have_them_where_nothing_failed(operation: OperationContract) -> None:
    assert _kinds(operation, {"trace": "Traceback (most recent call last):"}, status=200) == []
    assert _kinds(operation, {"error": "Traceback (most recent call last):"}, status=200) == ["python"]


def _server(call: Call) -> Answer:
    if not isinstance(call.body, dict) or not isinstance(call.body.get("text"), str):
        return 400, {"message": f"'{type(call.body).__name__}' object has no attribute 'strip'"}
    return 200, {"trace": ""}


def test_a_run_has_one_finding_for_all_answers_with_words_of_one_language(compiled: Compile) -> None:
    result = drive(compiled(_DOCUMENT), _server)
    (finding,) = [each for each in result.run.findings if each.rule == "leaked-internals"]
    assert (finding.severity, finding.operations) == ("warning", ("addNote",)) and finding.count > 1
    assert finding.message.startswith("addNote answered 400 with words of a Python exception: \"'")
