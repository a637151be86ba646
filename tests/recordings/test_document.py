"""Documents: commands and the answers behind them, in Markdown, HTML and plain text."""

from __future__ import annotations

from typing import Any

import pytest

from clausewise.contract.contract import Contract
from clausewise.exchange import Unreadable
from clausewise.recordings.document import read_document
from clausewise.recordings.entry import Entry, RecordedExchange, Skipped
from tests.conftest import Compile

_MARKDOWN = """\
# Things

```sh
curl -X POST https://host/things --json '{"name": "a"}'
```

```json
{"id": "1"}
```

And then: `curl https://host/things/1`.
"""
_HTML = (
    "<pre>curl -d &#39;{&quot;name&quot;: &quot;a &lt; b&quot;}&#39; <b>https://host/things</b></pre>"
    "<script>curl /things/9</script>"
)


@pytest.fixture(scope="module")
def contract(compiled: Compile) -> Contract:
    answer = {"200": {"description": "", "content": {"application/json": {"schema": {}}}}}
    body: dict[str, Any] = {"requestBody": {"content": {"application/json": {"schema": {}}}}}
    one = {"name": "thingId", "in": "path", "required": True, "schema": {"type": "string"}}
    paths = {
        "/things": {"post": {"operationId": "make", "responses": answer, **body}},
        "/things/{thingId}": {"get": {"operationId": "look", "parameters": [one], "responses": answer}},
    }
    return compiled({"paths": paths})


def read(contract: Contract, text: str | bytes, file: str = "a.md") -> list[Entry]:
    return list(read_document(text if isinstance(text, bytes) else text.encode(), file, contract))


def summary(entry: Entry) -> tuple[str, ...]:
    if not isinstance(entry, RecordedExchange):
        return (type(entry).__name__, entry.source)
    request = entry.exchange.request
    return (str(entry.location), entry.operation or "", request.method, request.target)


@pytest.mark.parametrize(
    "text", [_MARKDOWN, "\ufeff" + _MARKDOWN, _MARKDOWN.replace("\n", "\r\n")], ids=["LF", "BOM", "CRLF"]
)
def test_commands_are_found_with_their_places_and_answers(contract: Contract, text: str) -> None:
    made, looked = read(contract, text)
    assert summary(made)[1:] == ("make", "POST", "/things") and summary(made)[0].startswith("a.md:4:")
    assert summary(looked)[1:] == ("look", "GET", "/things/1") and summary(looked)[0].startswith("a.md:11:")
    assert isinstance(made, RecordedExchange) and made.exchange.response is not None
    assert made.exchange.response.body.strip() == b'{"id": "1"}'


def test_tags_and_scripts_of_html_are_no_text(contract: Contract) -> None:
    (entry,) = read(contract, _HTML, "a.html")
    assert isinstance(entry, RecordedExchange)
    assert entry.exchange.request.body == b'{"name": "a < b"}' and entry.exchange.request.target == "/things"


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        ("", []),
        ("curl is a program. I'd use curl.", []),
        ("curl https://host/things/$ID", [("a.md:1:1", "look", "GET", "/things/$ID")]),
        ("curl /elsewhere", [("a.md:1:1", "", "GET", "/elsewhere")]),
        ("curl -d @body.json /things", [("Skipped", "a.md:1:1"), ("a.md:1:1", "make", "POST", "/things")]),
        ("curl --json '{\"a\": 1' /things", [("Unreadable", "a.md:1:21"), ("a.md:1:1", "make", "POST", "/things")]),
        (
            "curl /things/1\ncurl /things/1",
            [("a.md:1:1", "look", "GET", "/things/1"), ("a.md:2:1", "look", "GET", "/things/1")],
        ),
    ],
    ids=["empty", "prose", "a variable", "of no contract", "a body in a file", "a body cut off", "twice"],
)
def test_what_becomes_of_a_command(contract: Contract, text: str, entries: list[tuple[str, ...]]) -> None:
    assert [summary(entry) for entry in read(contract, text)] == entries


def test_the_same_command_twice_has_two_names(contract: Contract) -> None:
    read_twice = read(contract, "curl /things/1\ncurl /things/1")
    names = [entry.written for entry in read_twice if isinstance(entry, RecordedExchange)]
    assert names == ["a.md look 1", "a.md look 2"]


def test_what_is_not_utf_8_is_told_and_the_rest_is_read(contract: Contract) -> None:
    bad, good = read(contract, b"caf\xe9\ncurl /things/1")
    assert isinstance(bad, Unreadable) and bad.source == "a.md:1:4" and bad.message == "is not UTF-8 text"
    assert isinstance(good, RecordedExchange) and not isinstance(good, Skipped)
