"""Two answers look alike where they differ only in what repeats the request, in numbers and in ids."""

from __future__ import annotations

import json
from time import process_time
from typing import Any

import pytest

from clausewise.conformance.symptom import complaint, exceptions_in, says_why, symptom
from clausewise.exchange import Exchange, Failure, Request, Response


def symptom_of(body: Any, target: str = "/things/7", sent: Any = None, *, status: int = 500) -> str:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    written = None if sent is None else json.dumps(sent).encode()
    exchange = Exchange("e1", Request("POST", target, (), written), Response(status, (), content))
    return symptom(exchange, [target.rpartition("/")[0]])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(
            symptom_of({"error": "no thing 7"}), symptom_of({"error": "no thing 8"}, "/things/8"), id="a number"
        ),
        pytest.param(
            symptom_of("no thing bob", "/things/bob"), symptom_of("no user al-1", "/users/al-1"), id="words of the path"
        ),
        pytest.param(symptom_of("bad 'x'"), symptom_of("bad 'y z'"), id="quoted text"),
        pytest.param(
            symptom_of("colour purple is unknown", sent={"colour": "purple"}),
            symptom_of("shape oval is unknown", sent={"shape": "oval"}),
            id="words of the body",
        ),
        pytest.param(
            symptom_of({"id": "9f3b2c1d-0000-4000-8000-1f2e3d4c5b6a", "at": "2030-01-31T12:00:00Z"}),
            symptom_of({"id": "00000000-1111-4000-8000-1f2e3d4c5b6b", "at": "2031-02-01T00:00:00Z"}),
            id="ids and times",
        ),
        pytest.param(
            symptom_of("Odd. Look for JXMMyViGmsACurJtvdsoVP"),
            symptom_of("Odd. Look for acgPNsLxeFekXRuyDfJSak"),
            id="ids of letters",
        ),
        pytest.param(symptom_of({"errors": ["bad", "bad"]}), symptom_of({"errors": ["bad"]}), id="one error more"),
        pytest.param(
            symptom_of(b"<h1>Bad: page=1</h1>", "/x?page=1"),
            symptom_of(b"<h1>Bad: size=0</h1>", "/x?size=0"),
            id="HTML",
        ),
        pytest.param(
            symptom_of({"type": "about:blank", "detail": "The server has an error"}, sent={"text": "over the dog"}),
            symptom_of({"type": "about:blank", "detail": "The server has an error"}, sent={"type": "about:blank"}),
            id="of no origin, with words of the body",
        ),
        pytest.param(
            symptom_of("No Alias matches", "/aliases/3", ["aliases"]),
            symptom_of("No Address matches", "/addresses/3", ["addresses"]),
            id="words of the path in the singular",
        ),
        pytest.param(
            symptom_of("item 0: expected str instance, bool found"),
            symptom_of("item 0: expected str instance, NoneType found"),
            id="names of types",
        ),
        *(
            pytest.param(symptom_of(said.format(one)), symptom_of(said.format(other)), id=f"statements of SQL, {where}")
            for where, said, one, other in (
                (
                    "first",
                    "{} - bad byte",
                    'insert into "a" ("b") values ($1)',
                    'with "c" as (select 1) select 2 from c',
                ),
                ("first, to the last", "{} - bad byte", "select a - b as c from d", "update d set b = $1 where a = $2"),
                (
                    "in brackets",
                    "bad byte [SQL: {}] [parameters: {{}}] (Background on this error at: x)",
                    "insert into a (b) values (%s::text[])",
                    "delete from c where d = %s",
                ),
                ("in brackets with no name", "bad byte [{}]; SQL", "insert into a (b) values (?)", "select b from c"),
                ("last", "bad byte: {}", 'select "a".* from "a"', 'update "c" set d = 1'),
            )
        ),
    ],
)
def test_answers_that_look_alike(one: str, other: str) -> None:
    assert one == other


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(symptom_of("unknown id"), symptom_of("the file is gone"), id="two messages"),
        pytest.param(
            symptom_of("XMLHttpRequestURLException"), symptom_of("TooManyOpenFilesException"), id="two exceptions"
        ),
        pytest.param(symptom_of("nil pointer"), symptom_of("nil pointer", status=502), id="two statuses"),
        pytest.param(symptom_of({"error": "bad"}), symptom_of({"message": "bad"}), id="two handlers"),
        pytest.param(symptom_of("select a colour"), symptom_of("select a shape"), id="no statements of SQL"),
        pytest.param(
            symptom_of("select a from b - bad byte"), symptom_of("select a from b - no number"), id="of one statement"
        ),
        pytest.param(symptom_of({"error": None}), symptom_of({"error": "bad"}), id="with a reason and without"),
    ],
)
def test_answers_that_differ(one: str, other: str) -> None:
    assert one != other


def test_where_no_answer_came_it_is_the_kind_of_failure() -> None:
    assert symptom(Exchange("e1", Request("GET", "/"), None, Failure("timeout", "late")), []) == "timeout"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(b"", False, id="nothing"),
        pytest.param(b"Internal Server Error", False, id="the reason phrase"),
        pytest.param({"detail": "Internal Server Error", "status": 500}, False, id="as JSON"),
        pytest.param(
            b"<!doctype html><html lang=en><title>500 Internal Server Error</title><h1>Internal Server Error</h1>"
            b"<p>The server encountered an internal error and was unable to complete your request.</p>",
            False,
            id="a page",
        ),
        pytest.param(
            {
                "type": "https://tools.ietf.org/html/rfc9110#section-15.6.1",
                "title": "An error occurred while processing your request.",
                "status": 500,
                "traceId": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
            },
            False,
            id="problem details",
        ),
        pytest.param(
            {
                "timestamp": "2030-01-31T12:00:00Z",
                "status": 500,
                "error": "Internal Server Error",
                "path": "/v2/things",
            },
            False,
            id="with the path of the request",
        ),
        pytest.param({"error": "Internal Server Error", "input": {"colour": "teal"}}, False, id="with the body of it"),
        pytest.param(
            b"<html><head><style>h1 {color: red; margin: 0 auto}</style></head><body><h1>500 &ndash; Server Error</h1>"
            b"<p>The server encountered an unexpected condition that prevented it from fulfilling the request.</p>"
            b"<script>track('page')</script></body></html>",
            False,
            id="a page with a style",
        ),
        pytest.param(
            b"We're sorry, but something went wrong. If you are the application owner check the logs for more "
            b"information.",
            False,
            id="a page for owners",
        ),
        pytest.param({"message": "There was an error. It has been logged (ID a1b2)."}, False, id="the id of a log"),
        pytest.param({"error": "cannot paint teal", "path": "/v2/things"}, True, id="a message with the path"),
        pytest.param({"error": "Something went wrong, please try again later", "id": "a1b2"}, False, id="an apology"),
        pytest.param({"error": "colour has the wrong type"}, True, id="a kind of value"),
        pytest.param({"message": "RequestValidationError"}, True, id="the name of an exception"),
        pytest.param(b"KeyError: 'name'", True, id="an exception"),
        pytest.param({"error": "Internal Server Error", "message": "column is ambiguous"}, True, id="a message"),
    ],
)
def test_whether_an_answer_says_why(body: Any, expected: bool) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = Request("POST", "/v2/things", (), b'{"colour": "teal"}')
    assert says_why(Exchange("e1", request, Response(500, (), content)), ["/v2/things"]) is expected


def test_a_deeply_nested_answer_is_compared_in_no_time() -> None:
    nested = b"[" * 900 + b'"a"' + b"]" * 900
    assert symptom_of(nested, sent=[]) == symptom_of(b"[" * 800 + b'"b"' + b"]" * 800)
    assert symptom_of({"errors": [["a"], ["a"]]}) != symptom_of({"errors": [["b"]]})
    assert symptom_of({"errors": [["a"], ["a"]]}) == symptom_of({"errors": [["a"]]})


def _refusal(text: str, sent: Any, *names: str) -> str:
    content = json.dumps({"message": text}).encode()
    exchange = Exchange("e1", Request("POST", "/things", (), json.dumps(sent).encode()), Response(400, (), content))
    return complaint(exchange, names)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        pytest.param(
            _refusal("Names have 3-512 letters. Got: a'b", {"name": "a'b"}, "name"),
            _refusal("Names have 3-512 letters. Got: c d", {"name": "c d", "size": 1}, "name"),
            True,
            id="one rule, two values",
        ),
        pytest.param(
            _refusal("the name cannot be abc here", {"name": "abc"}, "name"),
            _refusal("the name cannot be xyz here", {"name": "xyz", "kind": "name"}, "name"),
            True,
            id="one rule, two words",
        ),
        pytest.param(
            _refusal("the name is short, allowed are 3 letters", {"name": "all"}, "name"),
            _refusal("the name is short, allowed are 3 letters", {"name": "xyz"}, "name"),
            True,
            id="a value inside of a word",
        ),
        pytest.param(
            _refusal("ids and texts differ in number", {"ids": []}, "ids"),
            _refusal("ids and texts differ in number", {"ids": ["x"], "texts": []}, "texts"),
            True,
            id="one rule about two members",
        ),
        pytest.param(
            _refusal("the name is too long", {"name": "x"}, "name"),
            _refusal("the name is taken", {"name": "x"}, "name"),
            False,
            id="two rules about one member",
        ),
        pytest.param(
            _refusal("the collection id is no UUID", {}, "collection_id"),
            _refusal("the id is no UUID", {}, "collection_id"),
            False,
            id="another name",
        ),
    ],
)
def test_a_rule_refuses_with_its_sentence(one: str, other: str, alike: bool) -> None:
    assert bool(one) and (one == other) is alike


def test_the_name_of_a_parameter_is_none_of_its_values() -> None:
    answer = Response(400, (), b'{"message": "page_token has invalid content"}')
    one, other = (
        complaint(Exchange("e1", Request("GET", f"/{path}?page_token={path}"), answer), ["page_token"])
        for path in ("cats", "dogs")
    )
    assert one and one == other


def test_a_sentence_for_every_refusal_tells_no_rule() -> None:
    assert _refusal("Validation failed", {"name": "x"}, "name") == ""


def _debugger(title: str, variable: str, sent: str) -> str:
    """The page of a debugger: the exception, the source of its frames, and what is in their variables."""
    source = "".join(f"<li>line of the {word} of a frame</li>" for word in (variable, "type", "name") * 60)
    page = f"<!doctype html><title>{title} // Debugger</title><h1>{title.partition(':')[0]}</h1>{source}"
    return symptom_of(page.encode(), sent={sent: "text"})


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        pytest.param(
            _debugger("KeyError: size", "type", "type"), _debugger("KeyError: size", "name", "name"), True, id="one"
        ),
        pytest.param(
            _debugger("KeyError: size", "type", "type"), _debugger("ValueError: date", "type", "type"), False, id="two"
        ),
    ],
)
def test_a_page_of_a_debugger_is_known_by_its_headline(one: str, other: str, alike: bool) -> None:
    assert (one == other) is alike


def test_a_value_counts_in_no_word_that_it_is_a_part_of() -> None:
    one, other = (symptom_of(f"cannot write untitled{sent}", sent={"ext": sent}) for sent in ("a/b", "../a"))
    assert one == other


def _seconds_for(count: int) -> float:
    """Seconds of the processor for a crash that repeats `count` values of its request."""
    sent = {"items": [{"name": f"name-{number}x"} for number in range(count)]}
    answer = {"errors": [{"message": f"item name-{number}x is wrong somehow"} for number in range(count)]}
    begun = process_time()
    symptom_of(answer, sent=sent)
    return process_time() - begun


def test_the_cost_of_a_large_answer_grows_with_its_size() -> None:
    small, large = _seconds_for(500), _seconds_for(4000)
    assert large < 30 * small


@pytest.mark.parametrize("word", ["select ", "with ", "update a set ", "insert into a - "])
def test_texts_of_many_words_of_sql_cost_no_more_than_others(word: str) -> None:
    def seconds(text: str) -> float:
        begun = process_time()
        symptom_of([f"{text}{number}" for number in range(100)])
        return process_time() - begun

    plain = f"{word} is no word of others: {'other ' * 1000}"[:3900]
    assert seconds((word * 1000)[:3900]) < 10 * seconds(plain)


_HTML = (
    "<html><head><title>Error 500 java.lang.IllegalArgumentException: Must be made with two matchers or more</title>"
    "</head><body><h2>HTTP ERROR 500</h2></body></html>"
)
_AS_JSON = {"cause0": "java.lang.IllegalArgumentException: Must be made with two matchers or more", "status": "500"}


def _exceptions(body: Any, sent: Any = None) -> list[str]:
    content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    request = Request("POST", "/things", (), json.dumps(sent).encode())
    return exceptions_in(Exchange("e1", request, Response(500, (), content)))


def test_an_exception_is_the_same_on_any_page() -> None:
    assert _exceptions(_HTML) == _exceptions(_AS_JSON) != []


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("E: no", "ValueError: not a number", False),
        ("NumberError: the number seven is wrong", "NumberError: the letter seven is wrong", False),
        (
            "x.NumberError: the purple number has too many digits",
            "NumberError: the yellow number has too many digits",
            True,
        ),
    ],
    ids=["no exception", "two messages", "words of the request"],
)
def test_exceptions_are_told_apart_by_what_they_say(one: str, other: str, alike: bool) -> None:
    first, second = _exceptions(one, {"a": "purple"}), _exceptions(other, {"a": "yellow"})
    assert (first == second and bool(first)) is alike


@pytest.mark.parametrize(
    "says", ["KeyError: 'name'", "ServletException: java.lang.reflect.InvocationTargetException", "Error: failed", ""]
)
def test_an_exception_that_says_nothing_is_like_no_other(says: str) -> None:
    assert _exceptions({"message": says}) == []
